"""TLX, vector add, from the LLIR of fbtriton for sm_90."""

import sys
from pathlib import Path

import triton_runner

sys.path.append(str(Path(__file__).resolve().parents[3]))
from common.tlx_kernels import main  # noqa: E402

main(llir_dir=triton_runner.get_file_dir(__file__))
