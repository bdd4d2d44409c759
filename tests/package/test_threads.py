"""Launches from eight threads at once."""

import fcntl
import os
import threading

import numpy as np
import pytest

from package_helpers import SAVED, TRITON, aligned, counted, plain, run

pytest.importorskip("triton")

import triton.language as tl  # noqa: E402
import triton_runner  # noqa: E402

THREADS = 8


def in_threads(work):
    """work(number) in threads that start together; raises what one of them raised."""
    barrier, failures = threading.Barrier(THREADS), []

    def body(number):
        barrier.wait()
        try:
            work(number)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=body, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    if failures:
        raise failures[0]


def multiply(out, x, n, FACTOR: tl.constexpr, BLOCK: tl.constexpr = 16):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(out + at, tl.load(x + at, mask=at < n) * FACTOR, mask=at < n)


def check(kernel, number, factor):
    x, out = counted(100) + number, aligned(100)
    compiled = kernel[(7,)](out, x, 100, factor)
    assert (out == x * factor).all()
    return compiled


def test_one_kernel_for_the_first_time(capsys):
    kernel, compiled = triton_runner.jit(multiply), [None] * THREADS

    def work(number):
        for _ in range(20):
            compiled[number] = check(kernel, number, 23)

    in_threads(work)
    assert all(one is compiled[0] for one in compiled)
    assert plain(capsys.readouterr().out).count(SAVED) == 1


def test_different_constexprs(capsys):
    kernel = triton_runner.jit(multiply)
    in_threads(lambda number: [check(kernel, number, 100 + number) for _ in range(10)])
    assert plain(capsys.readouterr().out).count(SAVED) == THREADS


def test_every_thread_every_constexpr(capsys):
    kernel = triton_runner.jit(multiply)
    in_threads(lambda number: [check(kernel, number, 200 + (number + step) % 4) for step in range(8)])
    assert plain(capsys.readouterr().out).count(SAVED) == 4


def test_two_kernels_of_one_name():
    def work(number):
        kernel = make_one() if number % 2 else make_two()
        out = np.zeros(1, np.int32)
        kernel[(1,)](out)
        assert out[0] == (1 if number % 2 else 2)

    in_threads(work)


def make_one():
    @triton_runner.jit
    def same(out):
        tl.store(out, 1)
    return same


def make_two():
    @triton_runner.jit
    def same(out):
        tl.store(out, 2)
    return same


def test_errors_stay_in_their_thread():
    kernel = triton_runner.jit(multiply)

    def work(number):
        for _ in range(20):
            if number % 2:
                check(kernel, number, 3)
            else:
                with pytest.raises(IndexError, match="out"):
                    kernel[(7,)](aligned(10), counted(100), 100, 3)

    in_threads(work)


# ---------------------------------------------------------------- forks while another thread is at work

FORK = """\
import os, signal, threading
import numpy as np
import triton.language as tl
import triton_runner

@triton_runner.jit
def scale(out, x, F: tl.constexpr):
    at = tl.arange(0, 16)
    tl.store(out + at, tl.load(x + at) * F)

def launch(factor):
    x, out = np.arange(16, dtype=np.float32), np.zeros(16, np.float32)
    scale[(1,)](out, x, factor)
    assert (out == x * factor).all()

inside, go_on = threading.Event(), threading.Event()

def hook(*args, **kwargs):
    if threading.current_thread() is not threading.main_thread() and not go_on.is_set():
        inside.set()
        go_on.wait()

MAKE_HOOK
thread = threading.Thread(target=launch, args=(3,))
thread.start()
inside.wait()
child = os.fork()
if child == 0:
    signal.alarm(30)
    launch(3)
    launch(4)
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
go_on.set()
thread.join()
launch(5)
"""

HOOK = ("from triton import knobs\nknobs.runtime.jit_cache_hook = hook" if TRITON >= (3, 4) else
        "from triton.runtime.jit import JITFunction\nJITFunction.cache_hook = staticmethod(hook)")


def test_a_child_launches_what_a_thread_was_compiling(tmp_path):
    """The hook is called in the middle of a compilation, when what a second thread must wait for is held."""
    script = tmp_path / "script.py"
    script.write_text(FORK.replace("MAKE_HOOK", HOOK))
    run(script)


def test_a_child_does_not_keep_the_locks_of_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))
    from triton_runner import disk_cache
    read, write = os.pipe()
    with disk_cache.lock("ab"):
        child = os.fork()
        if child == 0:
            os.close(write)
            os.read(read, 1)  # until the parent is done
            os._exit(0)
    try:
        path, = (tmp_path / "runner_cache" / "locks").glob("ab*")
        with open(path) as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # BlockingIOError while the child has it
    finally:
        os.close(write)
        os.close(read)
        os.waitpid(child, 0)
