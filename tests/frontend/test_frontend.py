"""The package's front ends: the programs beside this file, run by Pythons that have a Triton and nothing else, and what
is said where Triton is missing or isn't one that is supported.

TRITON_RUNNER_VENVS is where those Pythons are (tools/triton_venvs.sh), TRITON_RUNNER_VENV_VERSIONS names the versions.
The extension is used where it is installed, else standin.py; NumPy where this Python has it.
"""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parents[1] / "python"
VENVS = Path(os.environ.get("TRITON_RUNNER_VENVS") or Path.home() / ".cache" / "triton-runner" / "venvs")
VERSIONS = os.environ.get("TRITON_RUNNER_VENV_VERSIONS", "3.0.0 3.4.0 3.9.0").split()
SECONDS = 600


def run(python, *arguments, **variables):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TRITON")}
    return subprocess.run([python, *arguments], env={**environment, **variables}, timeout=SECONDS,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


@pytest.mark.parametrize("program", ["compare.py", "compiling.py", "driving.py", "subclassing.py"])
@pytest.mark.parametrize("version", VERSIONS)
def test_program(version, program, tmp_path):
    python = VENVS / version / "bin" / "python"
    if not python.exists():
        pytest.skip(f"no Triton {version}: tools/triton_venvs.sh {version}")
    found = [importlib.util.find_spec(name) for name in ("triton_runner", "numpy")]
    path = os.pathsep.join(os.path.dirname(os.path.dirname(spec.origin)) for spec in found if spec and spec.origin)
    done = run(python, HERE / program, TRITON_CACHE_DIR=str(tmp_path), PYTHONPATH=path)
    assert done.returncode == 0, done.stdout[-6000:]


# What a module named triton says, and what comes of it.
FAKES = {
    "raise ImportError('no such thing')": ("Unavailable", "can't import (no such thing)"),
    "": ("Unavailable", "isn't Triton"),
    "__version__ = '2.1.0'": ("Unsupported", "Triton 2.1.0: Triton Runner compiles with 3.0 to 3.9; artifacts still run"),
    "__version__ = '3.10.0'": ("Unsupported", "Triton 3.10.0: "),
    "__version__ = '4.0.0'": ("Unsupported", "Triton 4.0.0: "),
    "__version__ = 'main'": ("Unsupported", "Triton main: "),
}
PROGRAM = """
from triton_runner import errors, frontend
frontend.watch()
try:
    import triton
except ImportError:
    pass
for ask in (frontend.adapter, frontend.ensure_driver):
    try:
        ask()
    except errors.TritonRunnerError as error:
        print(type(error).__name__, error)
"""


@pytest.mark.parametrize("source", FAKES)
def test_other_tritons(source, tmp_path):
    (tmp_path / "triton").mkdir()
    (tmp_path / "triton" / "__init__.py").write_text(source)
    kind, text = FAKES[source]
    path = os.pathsep.join([str(tmp_path), str(HERE), str(PACKAGE)])
    done = run(sys.executable, "-c", "import standin; standin.install()\n" + PROGRAM, PYTHONPATH=path)
    lines = done.stdout.splitlines()
    assert len(lines) == 2 and lines[0] == lines[1], done.stdout
    assert lines[0].startswith(kind) and text in lines[0]


def test_no_triton(tmp_path):
    done = run(sys.executable, "-I", "-S", "-c", f"import sys; sys.path[:0] = {[str(HERE), str(PACKAGE)]}\n"
               "import standin; standin.install()\n" + PROGRAM)
    assert done.stdout.count("Unavailable compiling needs Triton") == 2, done.stdout
    assert "Artifacts run without it: TTIR on the CPU" in done.stdout
