"""The scripts of examples/runner. Those of TTIR run with any Triton and without one; those from Python run with theirs.

What needs a GPU says so. The scripts are what generate.py writes.
"""

import importlib.util
import json
import re
import subprocess
import sys

import pytest

from package_helpers import ROOT, TRITON, environment, find_version, run, start

RUNNER = ROOT / "examples" / "runner"
FOLDERS = {"v3.0.0": (3, 0), "v3.1.0": (3, 1), "v3.2.0": (3, 2), "v3.3.x": (3, 3), "v3.4.0": (3, 4), "v3.5.x": (3, 5),
           "v3.6.0": (3, 6), "v3.7.0": (3, 7), "v3.8.0": (3, 8), "v3.9.0": (3, 9)}
LEVELS = {"ttgir": "TTGIR", "llir": "LLIR", "ptx": "PTX", "cubin": "cubin"}
LARGEST = 1_500_000  # bytes


def has_gpu():
    import triton_runner

    return triton_runner.IS_CUDA


def is_tlx():
    return TRITON != (0, 0) and importlib.util.find_spec("triton.language.extra.tlx") is not None


def scripts(pattern):
    return sorted(path.relative_to(RUNNER).as_posix() for path in RUNNER.glob(pattern))


def suits(script):
    """Whether a script that compiles from Python is meant for the Triton that is here."""
    folder = script.split("/")[0]
    return is_tlx() if folder == "tlx" else FOLDERS[folder] == TRITON and not is_tlx()


KINDS = ["numpy"] + ["cpu"] * (importlib.util.find_spec("torch") is not None)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("script", scripts("v*/ttir/matmul/*.py"))
def test_ttir(script, kind):
    if "tma" in script and TRITON == (0, 0) and kind == "cpu":
        pytest.skip("descriptors of torch tensors are Triton's")
    assert re.search(r"^matmul( with TMA)? from ttir on .*: ok, largest error \S+$", run(RUNNER / script, kind),
                     re.MULTILINE)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("script", scripts("v*/python/matmul/*.py"))
def test_python(script, kind):
    if not suits(script):
        pytest.skip("another Triton's")
    assert re.search(r"^matmul( with TMA)? from python on .*: ok, largest error \S+$", run(RUNNER / script, kind),
                     re.MULTILINE)


def fails_with(script, text, status=None):
    process = start(RUNNER / script, "numpy")
    out, err = process.communicate(timeout=90)
    assert process.returncode != 0, out
    assert text in err.splitlines()[-1], err


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("folder", ["v3.0.0", "v3.4.0", "v3.9.0"])
def test_what_needs_a_gpu_says_so(folder, level):
    if has_gpu():
        pytest.skip("there is one")
    fails_with(f"{folder}/{level}/sm90/matmul.py", "'cpu' runs ttir")


@pytest.mark.parametrize("script", scripts("v*/gluon/*.py"))
def test_gluon_is_compiled(script):
    if not suits(script) or has_gpu():
        pytest.skip("another Triton's, or it can run")
    fails_with(script, "Gluon compiles to TTGIR")


def test_tlx_without_fbtriton():
    if is_tlx():
        pytest.skip("there it is")
    process = start(RUNNER / "tlx/python/01-vector-add.py", "numpy")
    assert "pip install fbtriton" in process.communicate(timeout=90)[1] and process.returncode == 1


# The folder


def files():
    return [path for path in RUNNER.rglob("*") if path.is_file() and "__pycache__" not in path.parts]


def test_it_is_small():
    assert sum(path.stat().st_size for path in files()) < LARGEST


def test_every_artifact_has_a_script_and_metadata():
    artifacts = [path for path in files() if path.suffix[1:] in ("ttir", *LEVELS)]
    assert len(artifacts) > 60
    for path in artifacts:
        level = path.suffix[1:]
        keyword = f"{level}_dir=triton_runner.get_file_dir(__file__)"
        assert [script for script in path.parent.glob("*.py") if keyword in script.read_text()], path
        if level != "ttir":
            assert json.loads(path.with_suffix(".json").read_text())["name"] == path.stem, path


@pytest.mark.parametrize("path", ["v3.4.0/ttir/matmul/matmul.py", "v3.4.0/ttgir/sm75/matmul.py",
                                  "v3.4.0/cubin/sm90/matmul-with-tma-v4.py", "v3.4.0/gluon/01-intro.py",
                                  "v3.4.0/gluon/02-layouts.py"])
def test_what_the_original_has_is_there(path):
    assert (RUNNER / path).is_file()


def test_scripts_are_those_of_the_generator(tmp_path):
    """Written anew they are the same."""
    import shutil

    shutil.copytree(RUNNER, tmp_path / "examples" / "runner", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "examples" / "generate.py", tmp_path / "examples")
    copy = tmp_path / "examples" / "runner"
    before = {path: path.read_text() for path in copy.rglob("v*/**/*.py")}
    for path in before:
        path.unlink()
    subprocess.run([sys.executable, copy / "generate.py", "--scripts"], check=True, env=environment())
    assert {path: path.read_text() for path in copy.rglob("v*/**/*.py")} == before and len(before) > 60


def test_versions_are_the_suites():
    """The folder of each version is made with the Triton that is tested."""
    spec = importlib.util.spec_from_file_location("runner_generate", RUNNER / "generate.py")
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    made = {folder: tuple(int(part) for part in version.split(".")[:2]) for folder, version in generate.VERSIONS.items()
            if folder != "tlx"}
    assert made == FOLDERS
    assert find_version() == TRITON
