"""Triton's cache on disk: messages, several processes, what is left of a process that died, plain Triton beside it."""

import os
import signal
import time
from pathlib import Path

import pytest

from package_helpers import HIT, SAVED, finish, plain, run, start

pytest.importorskip("triton")

# Launches a kernel, and once more with another constant where one is given.
SCRIPT = """\
import sys
import numpy as np
import triton.language as tl
import triton_runner

@triton_runner.jit
def scale(out, x, n, FACTOR: tl.constexpr, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(out + at, tl.load(x + at, mask=at < n) * FACTOR, mask=at < n)

x = np.arange(1, 51, dtype=np.float32)
for factor in map(int, sys.argv[1:]):
    out = np.zeros_like(x)
    compiled = scale[(4,)](out, x, 50, factor, BLOCK=16)
    assert (out == x * factor).all()
    assert compiled.name == "scale" and "tt.func public @scale" in compiled.asm["ttir"]
"""

# The same, in a process that waits until all are there.
TOGETHER = """\
import os, sys, time
import triton
import triton_runner.frontend
folder, number = sys.argv.pop(1), sys.argv.pop(1)
open(os.path.join(folder, "ready" + number), "w").close()
while not os.path.exists(os.path.join(folder, "go")):
    time.sleep(0.001)
"""


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    return path


@pytest.fixture
def cache(tmp_path):
    path = tmp_path / "cache"
    path.mkdir()
    return path


def launch(script, cache, *factors, **changes):
    return run(script, *factors, **{"TRITON_CACHE_DIR": cache, "NO_COLOR": None, **changes})


def kernel_folders(cache):
    return sorted({path.parent for path in cache.rglob("scale.ttir")})


def leftovers(cache):
    """What nobody would ever read or remove."""
    return [path for path in cache.rglob("*") if "tmp" in path.name.lower() or ".pid_" in path.name]


# ---------------------------------------------------------------- messages

def test_messages_word_for_word(script, cache):
    first = launch(script, cache, 3, 3)
    folder, = kernel_folders(cache)
    assert first == f"\x1b[94m{SAVED}{folder}\x1b[0m\n"
    assert launch(script, cache, 3, 3, 3) == f"\x1b[94m{HIT}{folder}\x1b[0m\n"
    assert launch(script, cache, 3, NO_COLOR=1) == f"{HIT}{folder}\n"
    assert sorted(path.suffix for path in folder.glob("scale.*")) >= [".json", ".ttir"]


def test_each_kernel_has_its_line(script, cache):
    lines = plain(launch(script, cache, 2, 3, 2, 4)).splitlines()
    assert len(lines) == len(set(lines)) == 3 and all(line.startswith(SAVED) for line in lines)
    lines = plain(launch(script, cache, 4, 5)).splitlines()
    assert lines[0].startswith(HIT) and lines[1].startswith(SAVED)


SILENT = [("PROD", "1", True), ("PROD", "on", True), ("PROD", "0", False), ("PROD", "False", False), ("PROD", "", False),
          ("PROD_TEST", "1", True)]


@pytest.fixture
def fresh(monkeypatch):
    """Launches a kernel that this process hasn't compiled."""
    import numpy as np
    import triton_runner
    from test_threads import multiply

    def launch(cache):
        monkeypatch.setenv("TRITON_CACHE_DIR", str(cache))
        x, out = np.arange(16, dtype=np.float32), np.zeros(16, np.float32)
        triton_runner.jit(multiply)[(1,)](out, x, 16, 77)
        assert (out == x * 77).all()
    return launch


@pytest.mark.parametrize("name,value,silent", SILENT)
def test_prod_is_silent(fresh, cache, monkeypatch, capsys, name, value, silent):
    monkeypatch.setenv("TRITON_RUNNER_" + name, value)
    for text in (SAVED, HIT):
        fresh(cache)
        assert (text not in capsys.readouterr().out) == silent


def test_the_folder_may_change_while_it_runs(fresh, tmp_path, capsys):
    for name in ("one", "two"):
        fresh(tmp_path / name)
        assert f"{SAVED}{tmp_path / name}{os.sep}" in plain(capsys.readouterr().out)


def test_an_edited_function_is_another_kernel(script, cache):
    launch(script, cache, 3)
    script.write_text(SCRIPT.replace("mask=at < n) * FACTOR", "mask=at < n) * FACTOR * 1"))
    assert SAVED in launch(script, cache, 3)
    assert len(kernel_folders(cache)) == 2


def test_always_compile(script, cache):
    launch(script, cache, 3)
    assert HIT not in launch(script, cache, 3, TRITON_ALWAYS_COMPILE=1)


# ---------------------------------------------------------------- several processes

def test_eight_processes_at_once(tmp_path, cache):
    path = tmp_path / "together.py"
    path.write_text(TOGETHER + SCRIPT)
    processes = [start(path, tmp_path, number, 3, TRITON_CACHE_DIR=cache) for number in range(8)]
    deadline = time.monotonic() + 90
    while len(list(tmp_path.glob("ready*"))) < 8 and time.monotonic() < deadline:
        time.sleep(0.01)
    (tmp_path / "go").touch()
    outputs = [plain(finish(process)[0]) for process in processes]
    folder, = kernel_folders(cache)
    assert sorted(outputs) == sorted([f"{SAVED}{folder}\n", *[f"{HIT}{folder}\n"] * 7])
    assert not leftovers(cache)


# What is done to a finished folder, as if its process had died, or the machine had.
DAMAGE = {
    "no group": lambda folder: [path.unlink() for path in folder.glob("__grp__*")],
    "half a group": lambda folder: [path.write_bytes(path.read_bytes()[:20]) for path in folder.glob("__grp__*")],
    "an empty group": lambda folder: [path.write_bytes(b"") for path in folder.glob("__grp__*")],
    "no text": lambda folder: (folder / "scale.ttir").unlink(),
    "no metadata": lambda folder: (folder / "scale.json").unlink(),
    "half the metadata": lambda folder: (folder / "scale.json").write_text((folder / "scale.json").read_text()[:30]),
    "an empty folder": lambda folder: [path.unlink() for path in folder.iterdir()],
    "files of a writer": lambda folder: [(folder / "tmp.pid_1_abc").mkdir(), (folder.parent / ".tmp-abc").mkdir(),
                                         (folder / "scale.ttir.tmp.pid_1_ab").write_text("half")],
}


def test_damaged_folders_recover(script, cache):
    factors = dict(zip(range(2, 100), DAMAGE))
    lines = plain(launch(script, cache, *factors)).splitlines()
    folders = {name: Path(line[len(SAVED):]) for name, line in zip(factors.values(), lines)}
    for name, folder in folders.items():
        DAMAGE[name](folder)
    launch(script, cache, *factors)
    lines = plain(launch(script, cache, *factors)).splitlines()
    assert dict(zip(factors.values(), lines)) == {name: f"{HIT}{folder}" for name, folder in folders.items()}


def test_killed_half_way(script, cache):
    """Whenever a process dies, the next one launches and finds one finished folder at most."""
    launch(script, cache / "other", 3)
    began = time.monotonic()
    launch(script, cache / "another", 3)
    seconds = time.monotonic() - began
    for part in (0.7, 0.85, 1.0):
        process = start(script, 3, TRITON_CACHE_DIR=cache)
        time.sleep(seconds * part)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    launch(script, cache, 3)
    assert plain(launch(script, cache, 3)).startswith(HIT)
    assert len([folder for folder in kernel_folders(cache) if "other" not in str(folder)]) == 1


# ---------------------------------------------------------------- folders that can't be written

@pytest.mark.parametrize("place", ["file/cache", "/dev/null/cache", "/proc/cache"])
def test_a_folder_that_cannot_be_written(fresh, cache, capsys, place):
    (cache / "file").touch()
    fresh(cache / place)
    assert capsys.readouterr().out == ""


UNPRIVILEGED = SCRIPT.replace("for factor in", """\
scale[(4,)](np.zeros_like(x), x, 50, 99, BLOCK=16)
import os
os.environ["TRITON_CACHE_DIR"] = sys.argv.pop(1)
os.setegid(65534)
os.seteuid(65534)
for factor in""")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_folder_of_somebody_else(script, cache, tmp_path):
    launch(script, cache, 3)
    for path in (tmp_path, *tmp_path.parents[:2]):
        path.chmod(0o755)
    folder, = kernel_folders(cache)
    script.write_text(UNPRIVILEGED)
    out = plain(run(script, cache, 3, 4, TRITON_CACHE_DIR=tmp_path / "mine"))
    assert kernel_folders(cache) == [folder]
    assert out.splitlines()[1:] == [f"{HIT}{folder}"]  # of the other kernel there is nothing to say


# ---------------------------------------------------------------- plain Triton

# Compiles the kernel to a cubin, by plain Triton's own warmup or by the runner's adapter, and prints its folder; or
# launches it. One text, since the lines of a function are part of its key.
COMPILE = """\
import sys
import numpy as np
import triton
import triton.language as tl
from triton.runtime.jit import MockTensor
import triton_runner
from triton_runner import _core, frontend

HOW = sys.argv[1]

@(triton.jit if HOW == "plain" else triton_runner.jit)
def scale(out, x, n, FACTOR: tl.constexpr, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(out + at, tl.load(x + at, mask=at < n) * FACTOR, mask=at < n)

def launch():
    memory = np.zeros(256, np.uint8)
    x = memory[-memory.ctypes.data % 16:][:200].view(np.float32)
    x[:] = 2
    sources = {"ttir_dir": sys.argv[2]} if len(sys.argv) > 2 else {}
    scale[(4,)](x, x, 50, 5 if sources else 3, BLOCK=16, num_warps=2, **sources)
    print("factor", int(x[0] / 2))
    assert (x == 6).all()

def compile():
    adapter = frontend.adapter()
    target = adapter.target(90)
    floats = MockTensor(tl.float32)
    if HOW == "plain":
        frontend.ensure_driver()
        return scale.warmup(floats, floats, 50, 3, BLOCK=16, num_warps=2, grid=(1,))
    bound = _core.Binder(adapter.params(scale))(floats, floats, 50, 3, BLOCK=16, num_warps=2)
    request = adapter.request(scale, bound, adapter.call_options(scale, bound.options), target)
    return adapter.compile(adapter.source(scale, request), request, target)

if HOW == "launch":
    launch()
else:
    compiled = compile()
    assert compiled.asm["cubin"][:4] == b"\\x7fELF"
    print(frontend.adapter().cache_folder(compiled))
"""


@pytest.fixture
def both(tmp_path, cache):
    path = tmp_path / "compile.py"
    path.write_text(COMPILE)
    return lambda *how: run(path, *how, TRITON_CACHE_DIR=cache)


@pytest.mark.parametrize("first,second", [("plain", "runner"), ("runner", "plain")])
def test_plain_triton_and_the_runner_share_a_cache(both, cache, first, second):
    folder = both(first)
    cubin, = cache.rglob("scale.cubin")
    stamp = cubin.stat().st_mtime_ns
    assert both(second) == folder == f"{cubin.parent}\n"
    assert [found.stat().st_mtime_ns for found in cache.rglob("scale.cubin")] == [stamp]


def test_a_launch_on_the_cpu_leaves_plain_triton_nothing_half(both):
    """What runs on the CPU has no cubin: plain Triton mustn't take it for a finished kernel."""
    assert SAVED in both("launch")
    folder = both("plain").strip()
    assert os.path.exists(os.path.join(folder, "scale.cubin"))
    assert HIT in both("launch")


def test_what_plain_triton_made_serves_a_launch_on_the_cpu(both):
    """As an artifact: the CPU's own cache has folders of its own (docs/decisions/0005)."""
    folder = both("plain").strip()
    assert "factor 3" in both("launch", folder)


def test_a_launch_on_the_cpu_leaves_plain_tritons_folders_alone(both, cache):
    both("plain")
    before = {path: path.stat().st_mtime_ns for path in cache.rglob("*") if path.is_file()}
    both("launch")
    assert {path: path.stat().st_mtime_ns for path in before} == before
