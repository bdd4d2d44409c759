"""Importing the package needs nothing, prints nothing and warns of nothing."""

import pytest

from package_helpers import finish, run, start

# Importing these is forbidden; libcuda isn't asked for either.
LONELY = """\
import builtins, ctypes, sys

def refuse(name, *arguments, **keywords):
    if name.split(".")[0] in ("triton", "torch"):
        raise AssertionError("it imports " + name)
    return importer(name, *arguments, **keywords)

importer, builtins.__import__ = builtins.__import__, refuse
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("triton", "torch"):
            raise AssertionError("it looks for " + name)
sys.meta_path.insert(0, Finder())
import triton_runner
assert not {"triton", "torch"} & set(sys.modules)
assert "libcuda" not in open("/proc/self/maps").read()
assert triton_runner.__version__ and callable(triton_runner.jit) and callable(triton_runner.load)
"""

TIME = """\
import time
start = time.perf_counter()
import triton_runner
print(time.perf_counter() - start)
"""


@pytest.fixture
def script(tmp_path):
    def write(text):
        path = tmp_path / "script.py"
        path.write_text(text)
        return path
    return write


def test_importing_needs_neither_triton_nor_torch_nor_a_gpu(script):
    assert finish(start(script(LONELY))) == ("", "")


@pytest.mark.parametrize("statement", ["import triton_runner", "from triton_runner import jit, load, get_file_dir, errors"])
def test_importing_prints_and_warns_nothing(script, statement):
    assert finish(start(script(statement), options=("-W", "error"))) == ("", "")


def test_a_first_launch_warns_nothing(script):
    import package_helpers
    text = f"""\
import numpy as np
import triton_runner
x = np.ones(98432, np.float32)
out = np.zeros_like(x)
kernel = triton_runner.load({str(package_helpers.ROOT / "examples/artifacts/3.9.0/sm90/vector_add_f32")!r}, level="ttir")
kernel[(97,)](x, x, out, len(x))
assert (out == 2).all()
"""
    assert finish(start(script(text), options=("-W", "error", "-X", "dev"))) == ("", "")


def test_how_long_importing_takes(script):
    seconds = float(run(script(TIME)))
    print(f"import triton_runner: {seconds * 1e3:.0f} ms")
    assert seconds < 20  # a machine may be slow; what it takes is printed
