"""Conversions: one kernel a way to convert."""

import triton
import triton.language as tl


@triton.jit
def cast(x, out, TO: tl.constexpr, N: tl.constexpr):
    i = tl.arange(0, N)
    tl.store(out + i, tl.load(x + i).to(TO))


@triton.jit
def cast_rtne(x, out, TO: tl.constexpr, N: tl.constexpr):
    i = tl.arange(0, N)
    tl.store(out + i, tl.load(x + i).to(TO, fp_downcast_rounding="rtne"))


@triton.jit
def cast_rtz(x, out, TO: tl.constexpr, N: tl.constexpr):
    i = tl.arange(0, N)
    tl.store(out + i, tl.load(x + i).to(TO, fp_downcast_rounding="rtz"))


@triton.jit
def bitcast(x, out, TO: tl.constexpr, N: tl.constexpr):
    i = tl.arange(0, N)
    tl.store(out + i, tl.load(x + i).to(TO, bitcast=True))
