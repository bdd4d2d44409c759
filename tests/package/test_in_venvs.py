"""Runs the tests of this folder again with other Pythons, whose Triton is older or newer.

TRITON_RUNNER_VENVS is where they are, a folder a version; TRITON_RUNNER_VENV_VERSIONS names the versions.
"""

import os
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import numpy
import pytest

import triton_runner
from package_helpers import TRITON, environment

HERE = Path(__file__).resolve().parent
VENVS = Path(os.environ.get("TRITON_RUNNER_VENVS") or Path.home() / ".cache" / "triton-runner" / "venvs")
VERSIONS = os.environ.get("TRITON_RUNNER_VENV_VERSIONS", "3.0.0 3.4.0 3.9.0").split()
SECONDS = 900


def problems(report):
    """The tests of a report that failed, by name, with the last line of why."""
    for case in ElementTree.parse(report).iter("testcase"):
        for bad in (*case.iter("failure"), *case.iter("error")):
            yield f"{case.get('classname')}::{case.get('name')}: {bad.get('message', '').splitlines()[:1]}"


@pytest.mark.skipif(TRITON != (0, 0), reason="these run from a Python without Triton")
@pytest.mark.parametrize("version", VERSIONS)
def test_with_triton(version, tmp_path):
    python = VENVS / version / "bin" / "python"
    if not python.exists():
        pytest.skip(f"there is no {python}")
    report = tmp_path / "report.xml"
    paths = [Path(module.__file__).resolve().parent.parent for module in (triton_runner, numpy, pytest)]
    done = subprocess.run(
        [python, "-m", "pytest", HERE, "-q", "-p", "no:cacheprovider", "-p", "no:hypothesispytest",
         f"--junit-xml={report}"], env=environment(PYTHONPATH=os.pathsep.join(map(str, paths))), cwd=HERE,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=SECONDS)
    assert report.exists(), done.stdout[-4000:]
    failed = list(problems(report))
    assert not failed, "\n".join([f"{len(failed)} failed with Triton {version}:", *failed])
    assert done.returncode == 0, done.stdout[-4000:]
    assert "passed" in done.stdout
