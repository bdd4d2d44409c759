"""The wheel of tools/wheel.sh, in an environment with NumPy and nothing else: no header, library or tool of this tree."""

import os
import re
import subprocess
import sys

import pytest

from extension_helpers import ARTIFACTS, ROOT

UNDER_ASAN = "asan" in os.environ.get("LD_PRELOAD", "")
pytestmark = pytest.mark.skipif(UNDER_ASAN, reason="compilers don't run with the sanitizer's library")

CLEAN = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "TRITON_RUNNER"))}
SCRIPT = """
import sys
from pathlib import Path
import numpy as np
import triton_runner
from triton_runner import _core
assert "triton" not in sys.modules and "torch" not in sys.modules
kernel = _core.Context().load_path(sys.argv[1])
x, y, out = np.arange(100, dtype=np.float32), np.ones(100, np.float32), np.zeros(100, np.float32)
names = ["x", "y", "out", "n"]
bound = _core.Binder([(name, 0, None, _core.REQUIRED) for name in names])(x, y, out, 100)
kernel.launch((1, 1, 1), bound, range(4))
assert (out == x + y).all()
folder = Path(_core.__file__).parent
assert (folder / "include" / "triton_runner.h").is_file() and (folder / "lib" / "libtriton_runner.so").is_file()
print(folder)
"""


def run(*words, **options):
    result = subprocess.run([str(word) for word in words], capture_output=True, text=True, env=CLEAN, **options)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """The folder of programs of an environment with the wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    python = os.path.realpath(sys.executable)
    run(python, "-m", "venv", folder / "venv")
    pip = [folder / "venv" / "bin" / "python", "-m", "pip", "--quiet", "--disable-pip-version-check"]
    if subprocess.run([*pip, "install", "numpy"], capture_output=True, env=CLEAN).returncode:
        pytest.skip("packages can't be had here")
    made = subprocess.run([ROOT / "tools" / "wheel.sh", folder / "made"], capture_output=True, text=True,
                          env={**CLEAN, "PYTHON": python})
    assert made.returncode == 0, made.stdout + made.stderr
    [wheel] = (folder / "made").glob("triton_runner-*.whl")
    assert "manylinux" in wheel.name
    run(*pip, "install", wheel)
    return folder / "venv" / "bin"


def test_an_artifact_runs(environment):
    folder = run(environment / "python", "-c", SCRIPT, ARTIFACTS / "3.9.0" / "sm90" / "vector_add_f32", cwd="/").strip()
    assert folder.startswith(str(environment.parent))
    files = [f"{folder}/lib/libtriton_runner.so", f"{folder}/bin/triton-runner"]
    files += [f"{folder}/{name}" for name in os.listdir(folder) if name.startswith("_core.") and name.endswith(".so")]
    for file in files:
        for line in run("ldd", file).splitlines():
            if any(name in line for name in ("jansson", "xxhash", "triton_runner")):
                assert str(environment.parent) in line, f"{file}: {line}"


def readme_block(word):
    """The block of Python in the README that has this word, and the last line of what it prints."""
    text = (ROOT / "README.md").read_text()
    blocks = re.findall(r"^```python\n(.*?)^```\n```text\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    [(code, printed)] = [block for block in blocks if word in block[0]]
    return code, printed.splitlines()[-1]


def test_the_readme_with_numpy_alone(environment, tmp_path):
    code, last = readme_block("ttir_dir=")
    (tmp_path / "script.py").write_text(code)
    assert run(environment / "python", tmp_path / "script.py", cwd=ROOT).splitlines()[-1] == last


def test_the_readme_with_triton_too(environment, tmp_path):
    pip = [environment / "python", "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    # 3.4 needs setuptools without saying so.
    if subprocess.run([*pip, "triton==3.4.0", "setuptools"], capture_output=True, env=CLEAN).returncode:
        pytest.skip("Triton can't be had here")
    code, last = readme_block("import triton.language")
    (tmp_path / "script.py").write_text(code)
    assert run(environment / "python", tmp_path / "script.py", cwd="/").splitlines()[-1] == last


def test_the_command_line_runs(environment):
    assert run(environment / "triton-runner", "--version", cwd="/").startswith("triton-runner ")
    assert "vector_add_f32" in run(environment / "triton-runner", "demo", cwd="/")
    refused = subprocess.run([environment / "triton-runner", "no-such-command"], capture_output=True, env=CLEAN)
    assert refused.returncode == 2


def test_the_stubs_are_installed(environment):
    folder = run(environment / "python", "-c", "import triton_runner; print(triton_runner.__path__[0])", cwd="/").strip()
    assert {"_core.pyi", "py.typed", "errors.py", "frontend", "jit"} <= set(os.listdir(folder))
