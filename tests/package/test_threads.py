"""Launches from eight threads at once."""

import threading

import numpy as np
import pytest

from package_helpers import SAVED, aligned, counted, plain

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
