"""What Triton Runner prints, real Triton reads and prints alike: three versions, where tools/triton_venvs.sh has put them.

The texts are the committed examples, every form of tests/unit/mlir_forms.txt, and what examples/generate.py makes of
all example kernels for two targets.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("TRITON_RUNNER_BUILD", ROOT / "build" / "gcc"))
PRINTER = BUILD / "tests" / "tools" / "mlir_print"
VENVS = Path(os.environ.get("TRITON_RUNNER_VENVS") or Path.home() / ".cache" / "triton-runner" / "venvs")
VERSIONS = ["3.0.0", "3.4.0", "3.9.0"]


def check(version, *files):
    command = [sys.executable, ROOT / "tools" / "check_print.py", "--printer", PRINTER, version, *files]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]


@pytest.fixture(params=VERSIONS)
def version(request):
    if not (VENVS / request.param / "bin" / "python").exists():
        pytest.skip(f"no Triton {request.param}: tools/triton_venvs.sh {request.param}")
    if not PRINTER.exists():
        pytest.skip(f"{PRINTER} is not built")
    return request.param


def test_examples_and_forms(version):
    check(version)


def test_generated(version, tmp_path):
    generate = [sys.executable, ROOT / "examples" / "generate.py", "--versions", version, "--arch", "75,90"]
    subprocess.run([*generate, "--stages", "ttir", "--out", tmp_path], check=True, capture_output=True, timeout=900)
    texts = sorted(tmp_path.rglob("*.ttir"))
    assert len(texts) >= 30
    check(version, *texts)
