"""TLX, vector add, from Python."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2]))
from common.tlx_kernels import main  # noqa: E402

main()
