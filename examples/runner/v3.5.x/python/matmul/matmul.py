"""matmul from Python."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[3]))
from common.matmul import main  # noqa: E402

main()
