"""The extension as tools/build.sh python links it into the tree, unless the package is installed."""

import importlib.util
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
if importlib.util.find_spec("triton_runner") is None:
    sys.path.insert(0, str(ROOT / "python"))
