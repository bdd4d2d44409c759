"""TLX, vector add, from the TTIR of fbtriton."""

import sys
from pathlib import Path

import triton_runner

sys.path.append(str(Path(__file__).resolve().parents[2]))
from common.tlx_kernels import main  # noqa: E402

main(ttir_dir=triton_runner.get_file_dir(__file__))
