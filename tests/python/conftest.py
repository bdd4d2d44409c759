"""Puts this folder on the path: the tests import cli_helpers."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
