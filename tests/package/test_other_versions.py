"""Artifacts of other versions of Triton, brought down by the one that is here, on a GPU that is a fake: how many
parameters are hidden depends on whoever made the machine code's parameters."""

import os
from pathlib import Path

import pytest

from package_helpers import ROOT, TRITON, finish, start

FAKE = Path(os.environ.get("TRITON_RUNNER_BUILD", ROOT / "build" / "release")) / "tests" / "fake_cuda" / "libfake_cuda.so"
SCRIPT = """
import sys
import numpy as np
sys.path.insert(0, {runner!r})
from common.matmul import BLOCKS, matmul_kernel

class OnGpu:
    def __init__(self):
        self.array = np.zeros((64, 64), np.float16)
        self.__cuda_array_interface__ = dict(self.array.__array_interface__, version=3)

arrays = [OnGpu() for _ in range(3)]
compiled = matmul_kernel[(2, 2)](*arrays, 64, 64, 64, 64, 64, 64, **BLOCKS, {level}_dir={folder!r})
compiled[(2, 2)](*arrays, 64, 64, 64, 64, 64, 64)
compiled[(2, 2)](*arrays, 64, 64, 64, 64, 64, 64, *BLOCKS.values())
print(*compiled.asm)
"""


@pytest.mark.skipif(not FAKE.exists(), reason=f"needs {FAKE}")
@pytest.mark.skipif(TRITON < (3, 5), reason="needs a Triton that can read what older ones wrote")
@pytest.mark.parametrize("folder, level", [("v3.0.0", "llir"), ("v3.3.x", "llir"), ("v3.4.0", "llir"), ("v3.5.x", "llir"),
                                           ("v3.3.x", "ttgir"), ("v3.4.0", "ttgir"), ("v3.5.x", "ttgir"),
                                           ("v3.0.0", "ttir"), ("v3.4.0", "ttir")])
def test_hidden_parameters(folder, level, tmp_path):
    runner = ROOT / "examples" / "runner"
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(runner=str(runner), level=level,
                                    folder=str(runner / folder / level / ("matmul" if level == "ttir" else "sm90"))))
    out, _ = finish(start(script, TRITON_RUNNER_CUDA_DRIVER=FAKE, TRITON_RUNNER_CACHE=tmp_path / "cache"))
    levels = ["ttir", "ttgir", "llir", "ptx", "cubin"]
    assert out.splitlines()[-1].split() == levels[levels.index(level):]
