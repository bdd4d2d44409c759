"""matmul from the TTIR of Triton 3.2.0."""

import sys
from pathlib import Path

import triton_runner

sys.path.append(str(Path(__file__).resolve().parents[3]))
from common.matmul import main  # noqa: E402

main(ttir_dir=triton_runner.get_file_dir(__file__))
