"""The Triton kernels of the benchmarks: four of the examples, and what the examples don't have.

Imported under Triton only: by compile_kernels.py to compile them, by interpreter.py to interpret them.
"""

import sys
from pathlib import Path

import triton
import triton.language as tl

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "examples" / "kernels"))
from attention import attention_kernel  # noqa: E402
from layer_norm import layer_norm_kernel  # noqa: E402
from matmul import matmul_kernel  # noqa: E402
from vector_add import vector_add_kernel  # noqa: E402

__all__ = ["attention_kernel", "chain_kernel", "collatz_kernel", "layer_norm_kernel", "lcg_kernel", "matmul_kernel",
           "softmax_kernel", "vector_add_kernel"]


@triton.jit
def softmax_kernel(out, x, out_row_stride, x_row_stride, n_cols, BLOCK: tl.constexpr):
    """Softmax of a row that fits into one block."""
    row = tl.program_id(0)
    columns = tl.arange(0, BLOCK)
    mask = columns < n_cols
    value = tl.load(x + row * x_row_stride + columns, mask=mask, other=-float("inf"))
    numerator = tl.exp(value - tl.max(value, axis=0))
    result = numerator / tl.sum(numerator, axis=0)
    tl.store(out + row * out_row_stride + columns, result, mask=mask)


@triton.jit
def chain_kernel(x, y, out, n, BLOCK: tl.constexpr):
    """Twenty elementwise operations between two loads and a store."""
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < n
    a = tl.load(x + offsets, mask=mask)
    b = tl.load(y + offsets, mask=mask)
    value = a
    for _ in tl.static_range(4):
        value = value * b
        value = value + a
        value = tl.maximum(value, b)
        value = value - a
        value = tl.abs(value)
    tl.store(out + offsets, value, mask=mask)


@triton.jit
def lcg_kernel(out, steps):
    """A scalar `for` loop: a linear congruential generator, and the exclusive or of its states."""
    state = 1
    mixed = 0
    for _ in range(steps):
        state = state * 1664525 + 1013904223
        mixed = mixed ^ state
    tl.store(out, mixed)


@triton.jit
def collatz_kernel(out, steps):
    """A scalar `while` loop with branches: that many Collatz steps, beginning anew with the next start at each 1."""
    start = 1
    value = 1
    done = 0
    while done < steps:
        if value == 1:
            start += 1
            value = start
        elif value % 2 == 0:
            value = value // 2
        else:
            value = 3 * value + 1
        done += 1
    tl.store(out, start)
    tl.store(out + 1, value)
