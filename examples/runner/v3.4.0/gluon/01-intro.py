"""Gluon, 01-intro, from Python."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2]))
from common.gluon_kernels import intro  # noqa: E402

intro()
