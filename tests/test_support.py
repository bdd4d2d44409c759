"""docs/support.md says what the tables say."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_support_page_is_up_to_date():
    subprocess.run([sys.executable, ROOT / "tools" / "support.py", "--check"], check=True)
