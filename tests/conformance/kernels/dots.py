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


@triton.jit
def dot_scaled(x, xs, y, ys, z, out, M: tl.constexpr, N: tl.constexpr, K: tl.constexpr, FACTOR: tl.constexpr,
               LEFT: tl.constexpr, RIGHT: tl.constexpr, SCALED: tl.constexpr, LEFT_K: tl.constexpr,
               RIGHT_K: tl.constexpr):
    """SCALED: 1 left, 2 right, 3 both. LEFT_K, RIGHT_K: e2m1 is packed along K."""
    HALF_M: tl.constexpr = M // 2 if LEFT == "e2m1" and not LEFT_K else M
    LEFT_DEPTH: tl.constexpr = K // 2 if LEFT == "e2m1" and LEFT_K else K
    HALF_N: tl.constexpr = N // 2 if RIGHT == "e2m1" and not RIGHT_K else N
    RIGHT_DEPTH: tl.constexpr = K // 2 if RIGHT == "e2m1" and RIGHT_K else K
    a = tile(x, HALF_M, LEFT_DEPTH)
    b = tile(y, RIGHT_DEPTH, HALF_N)
    acc = tile(z, M, N)
    if SCALED == 3:
        c = tl.dot_scaled(a, tile(xs, M, K // FACTOR), LEFT, b, tile(ys, N, K // FACTOR), RIGHT, acc,
                          lhs_k_pack=LEFT_K, rhs_k_pack=RIGHT_K)
    elif SCALED == 2:
        c = tl.dot_scaled(a, None, LEFT, b, tile(ys, N, K // FACTOR), RIGHT, acc, lhs_k_pack=LEFT_K,
                          rhs_k_pack=RIGHT_K)
    elif SCALED == 1:
        c = tl.dot_scaled(a, tile(xs, M, K // FACTOR), LEFT, b, None, RIGHT, acc, lhs_k_pack=LEFT_K,
                          rhs_k_pack=RIGHT_K)
    else:
        c = tl.dot_scaled(a, None, LEFT, b, None, RIGHT, acc, lhs_k_pack=LEFT_K, rhs_k_pack=RIGHT_K)
    tl.store(place(out, M, N), c)
