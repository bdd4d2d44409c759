"""Triton's wrappers around a decorated function, and the runner's autotuner, on the CPU."""

import numpy as np
import pytest

from package_helpers import TRITON, aligned, counted

pytest.importorskip("triton")

import triton  # noqa: E402
import triton.language as tl  # noqa: E402
import triton_runner  # noqa: E402

CONFIGS = [triton.Config({"BLOCK": 16}, num_warps=2), triton.Config({"BLOCK": 32}, num_warps=8)]


def grid(meta):
    return (triton.cdiv(meta["n"], meta["BLOCK"]),)


def add_one(out, x, n, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(out + at, tl.load(x + at, mask=at < n) + 1, mask=at < n)


def accumulate(out, n, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(out + at, tl.load(out + at, mask=at < n) + 1, mask=at < n)


def decorated(autotune, function, configs=CONFIGS, **keywords):
    return autotune(configs=configs, key=["n"], **keywords)(triton_runner.jit(function))


AUTOTUNERS = [triton.autotune, triton_runner.autotune]


@pytest.fixture(params=AUTOTUNERS, ids=["triton", "runner"])
def autotune(request):
    return request.param


def has_timer(autotune):
    """Triton before 3.2 measures with torch on a GPU, and nothing else."""
    return autotune is triton_runner.autotune or TRITON >= (3, 2)


def test_one_config(autotune):
    kernel = decorated(autotune, add_one, CONFIGS[1:])
    x, out = counted(50), aligned(50)
    compiled = kernel[grid](out, x, 50)
    assert (out == x + 1).all()
    assert compiled.metadata.num_warps == 8 and "tensor<32x" in compiled.asm["ttir"]


def test_several_configs(autotune):
    if not has_timer(autotune):
        pytest.skip("it can't measure")
    kernel = decorated(autotune, add_one)
    x = counted(100)
    for n in (50, 100, 50):
        out = aligned(100)
        compiled = kernel[grid](out, x, n)
        assert (out[:n] == x[:n] + 1).all() and not out[n:].any()
        assert kernel.best_config in CONFIGS
        assert compiled.metadata.num_warps == kernel.best_config.num_warps
    assert len(kernel.cache) == 2


@pytest.mark.parametrize("best", [0, 1])
def test_the_fastest_config_wins(autotune, best):
    if autotune is triton.autotune and TRITON < (3, 3):
        pytest.skip("3.2 has do_bench= and forgets it")
    measured = []

    def do_bench(call, quantiles):
        call()
        measured.append(call)
        return [1.0 if len(measured) - 1 == best else 2.0] * 3

    kernel = decorated(autotune, add_one, do_bench=do_bench)
    x, out = counted(50), aligned(50)
    compiled = kernel[grid](out, x, 50)
    assert len(measured) == 2 and kernel.best_config is CONFIGS[best]
    assert compiled.metadata.num_warps == CONFIGS[best].num_warps
    kernel[grid](out, x, 50)
    assert len(measured) == 2 and (out == x + 1).all()


def test_restore_value_and_reset_to_zero():
    out = np.full(50, 5, np.float32)
    kernel = decorated(triton_runner.autotune, accumulate, restore_value=["out"])
    kernel[grid](out, 50)
    assert (out == 6).all()
    kernel[grid](out, 50)
    assert (out == 7).all()
    out = np.full(50, 5, np.float32)
    kernel = decorated(triton_runner.autotune, accumulate, reset_to_zero=["out"])
    kernel[grid](out, 50)
    assert (out == 1).all()


def test_pre_hooks_of_configs(autotune):
    calls = []
    configs = [triton.Config({"BLOCK": 16}, pre_hook=lambda args: calls.append(args["n"]))]
    kernel = decorated(autotune, add_one, configs)
    x, out = counted(50), aligned(50)
    kernel[grid](out, x, 50)
    kernel[grid](out, x, 50)
    assert calls == [50, 50] and (out == x + 1).all()


def add_even(out, x, n, BLOCK: tl.constexpr, EVEN: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    if EVEN:
        tl.store(out + at, tl.load(x + at) + 1)
    else:
        tl.store(out + at, tl.load(x + at, mask=at < n) + 2, mask=at < n)


HEURISTICS = triton.heuristics({"BLOCK": lambda args: 16, "EVEN": lambda args: args["n"] % args["BLOCK"] == 0})


def test_heuristics():
    kernel = HEURISTICS(triton_runner.jit(add_even))
    x = counted(64)
    for n, added in ((64, 1), (50, 2), (64, 1)):
        out = aligned(64)
        kernel[grid](out, x, n)
        assert (out[:n] == x[:n] + added).all() and not out[n:].any()


def test_heuristics_under_an_autotuner(autotune):
    even = triton.heuristics({"EVEN": lambda args: args["n"] % args["BLOCK"] == 0})(triton_runner.jit(add_even))
    kernel = autotune(configs=CONFIGS[:1], key=["n"])(even)
    x, out = counted(64), aligned(64)
    kernel[grid](out, x, 64)
    assert (out == x + 1).all()
    kernel[grid](out, x, 50)
    assert (out[:50] == x[:50] + 2).all()


def test_a_config_that_cannot_be_compiled_is_passed_over():
    kernel = decorated(triton_runner.autotune, needs_32)
    out = aligned(64)
    kernel[grid](out, 50)
    assert kernel.best_config is CONFIGS[1] and (out == 1).all()


def needs_32(out, n, BLOCK: tl.constexpr):
    tl.static_assert(BLOCK >= 32)
    tl.store(out + tl.program_id(0) * BLOCK + tl.arange(0, BLOCK), 1.0)


def test_the_autotuner_may_be_replaced():
    before = triton.autotune
    triton_runner.configure_autotune_backend()
    try:
        assert triton.autotune is triton_runner.autotune
    finally:
        triton_runner.restore_autotune_backend()
    assert triton.autotune is before
