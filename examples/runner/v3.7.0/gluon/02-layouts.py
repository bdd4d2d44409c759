"""Gluon, 02-layouts, from Python."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2]))
from common.gluon_kernels import layouts  # noqa: E402

layouts()
