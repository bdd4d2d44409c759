"""What the tests of the package share: which Triton there is, arrays, scripts in a process of their own."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent.parent
SAVED = "[Triton Runner] Triton kernel saved at "
HIT = "[Triton Runner] Triton kernel cache hit and saved at "


def find_version():
    """(3, 4) for Triton 3.4.0, (0, 0) without Triton."""
    if importlib.util.find_spec("triton") is None:
        return (0, 0)
    import triton
    return tuple(int(part) for part in triton.__version__.split(".")[:2])


TRITON = find_version()


def aligned(count, dtype=np.float32, offset=0):
    """Zeros in a new array that starts `offset` bytes after a multiple of 64."""
    dtype = np.dtype(dtype)
    memory = np.zeros(count * dtype.itemsize + 128, np.uint8)
    start = -memory.ctypes.data % 64 + offset
    return memory[start:start + count * dtype.itemsize].view(dtype)


def counted(count, dtype=np.float32):
    """1, 2, 3... in a new aligned array."""
    array = aligned(count, dtype)
    array[:] = np.arange(1, count + 1).astype(dtype)
    return array


def parameters(compiled):
    """The parameters in a compiled kernel's TTIR: "i32", "f32*", with " D" behind them where they are divisible by 16."""
    header = re.search(r"tt\.func public @.*", compiled.asm["ttir"])[0]
    found = re.findall(r"%\w+: (!?[\w.]+(?:<[^>]*>)?)((?: \{[^}]*\})?)", header.partition("->")[0])
    return [type_.replace("!tt.ptr<", "").replace(">", "*") + (" D" if "tt.divisibility" in attributes else "")
            for type_, attributes in found]


def line_of(path, marker):
    """The number of the line that ends in `# marker`."""
    lines = Path(path).read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.endswith("# " + marker))


def environment(**changes):
    """The environment of a process that finds the modules that this one does. None removes a variable."""
    result = {**os.environ, "PYTHONPATH": os.pathsep.join(part for part in sys.path if part), **changes}
    return {name: str(value) for name, value in result.items() if value is not None}


def start(script, *arguments, options=(), **changes):
    """Starts a script under this Python; `changes` are those of environment()."""
    return subprocess.Popen([sys.executable, *options, str(script), *map(str, arguments)], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, env=environment(**changes))


def finish(process, timeout=90):
    """(standard output, standard error) of a process that must end well."""
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"it never ended\n{out}\n{err}")
    assert process.returncode == 0, f"exit status {process.returncode}\n{out}\n{err}"
    return out, err


def run(script, *arguments, **changes):
    return finish(start(script, *arguments, **changes))[0]


def plain(text):
    """A text without colours."""
    return re.sub(r"\x1b\[\d*m", "", text)
