"""Matrix products."""

import triton
import triton.language as tl


@triton.jit
def tile(x, M: tl.constexpr, N: tl.constexpr):
    return tl.load(x + tl.arange(0, M)[:, None] * N + tl.arange(0, N)[None, :])


@triton.jit
def place(out, M: tl.constexpr, N: tl.constexpr):
    return out + tl.arange(0, M)[:, None] * N + tl.arange(0, N)[None, :]


@triton.jit
def dot(x, y, out, M: tl.constexpr, N: tl.constexpr, K: tl.constexpr, PRECISION: tl.constexpr, TO: tl.constexpr):
    tl.store(place(out, M, N), tl.dot(tile(x, M, K), tile(y, K, N), input_precision=PRECISION, out_dtype=TO))


@triton.jit
def dot_integers(x, y, out, M: tl.constexpr, N: tl.constexpr, K: tl.constexpr):
    tl.store(place(out, M, N), tl.dot(tile(x, M, K), tile(y, K, N), out_dtype=tl.int32))


@triton.jit
def dot_accumulate(x, y, z, out, M: tl.constexpr, N: tl.constexpr, K: tl.constexpr, PRECISION: tl.constexpr):
    tl.store(place(out, M, N), tl.dot(tile(x, M, K), tile(y, K, N), acc=tile(z, M, N), input_precision=PRECISION))


@triton.jit
def dot_transposed(x, y, out, M: tl.constexpr, N: tl.constexpr, K: tl.constexpr):
    """Both operands are transposed in the program."""
    tl.store(place(out, M, N), tl.dot(tl.trans(tile(x, K, M)), tl.trans(tile(y, N, K)), input_precision="ieee"))


@triton.jit
def dot_batched(x, y, out, B: tl.constexpr, M: tl.constexpr, N: tl.constexpr, K: tl.constexpr):
    batch = tl.arange(0, B)[:, None, None]
    a = tl.load(x + (batch * M + tl.arange(0, M)[None, :, None]) * K + tl.arange(0, K)[None, None, :])
    b = tl.load(y + (batch * K + tl.arange(0, K)[None, :, None]) * N + tl.arange(0, N)[None, None, :])
    c = tl.dot(a, b, input_precision="ieee")
    tl.store(out + (batch * M + tl.arange(0, M)[None, :, None]) * N + tl.arange(0, N)[None, None, :], c)


@triton.jit
def dot_loop(x, y, out, k, M: tl.constexpr, N: tl.constexpr, K: tl.constexpr):
    """An accumulator carried by a loop, the last step masked."""
    total = tl.zeros((M, N), tl.float32)
    rows = tl.arange(0, M)[:, None]
    columns = tl.arange(0, N)[None, :]
    for start in range(0, k, K):
        inner = start + tl.arange(0, K)
        a = tl.load(x + rows * k + inner[None, :], mask=inner[None, :] < k, other=0)
        b = tl.load(y + inner[:, None] * N + columns, mask=inner[:, None] < k, other=0)
        total = tl.dot(a, b, total, input_precision="ieee")
    tl.store(place(out, M, N), total)
