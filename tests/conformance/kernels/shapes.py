"""Operations that move elements without changing them."""

import triton
import triton.language as tl


@triton.jit
def load_flat(x, N: tl.constexpr):
    return tl.load(x + tl.arange(0, N))


@triton.jit
def store_flat(out, value, N: tl.constexpr):
    tl.store(out + tl.arange(0, N), tl.reshape(value, (N,)))


@triton.jit
def offsets_2d(M: tl.constexpr, N: tl.constexpr):
    return tl.arange(0, M)[:, None] * N + tl.arange(0, N)[None, :]


@triton.jit
def offsets_3d(A: tl.constexpr, B: tl.constexpr, C: tl.constexpr):
    return ((tl.arange(0, A)[:, None, None] * B + tl.arange(0, B)[None, :, None]) * C
            + tl.arange(0, C)[None, None, :])


@triton.jit
def broadcast_column(x, out, M: tl.constexpr, N: tl.constexpr):
    tl.store(out + offsets_2d(M, N), tl.broadcast_to(load_flat(x, M)[:, None], (M, N)))


@triton.jit
def broadcast_row(x, out, M: tl.constexpr, N: tl.constexpr):
    tl.store(out + offsets_2d(M, N), tl.broadcast_to(load_flat(x, N)[None, :], (M, N)))


@triton.jit
def broadcast_middle(x, out, A: tl.constexpr, B: tl.constexpr, C: tl.constexpr):
    tl.store(out + offsets_3d(A, B, C), tl.broadcast_to(load_flat(x, B)[None, :, None], (A, B, C)))


@triton.jit
def broadcast_outer(x, y, out, M: tl.constexpr, N: tl.constexpr):
    tl.store(out + offsets_2d(M, N), load_flat(x, M)[:, None] + load_flat(y, N)[None, :])


@triton.jit
def broadcast_scalar(x, out, M: tl.constexpr, N: tl.constexpr):
    tl.store(out + offsets_2d(M, N), tl.broadcast_to(tl.load(x), (M, N)))


@triton.jit
def broadcast_4d(x, out, A: tl.constexpr, B: tl.constexpr, C: tl.constexpr, D: tl.constexpr):
    value = tl.reshape(load_flat(x, B * D), (1, B, 1, D))
    store_flat(out, tl.broadcast_to(value, (A, B, C, D)), A * B * C * D)


@triton.jit
def expand(x, out, AXIS: tl.constexpr, M: tl.constexpr, N: tl.constexpr):
    value = tl.reshape(load_flat(x, M * N), (M, N))
    store_flat(out, tl.expand_dims(value, AXIS), M * N)


@triton.jit
def reshape_2d(x, out, M: tl.constexpr, N: tl.constexpr, P: tl.constexpr, Q: tl.constexpr):
    value = tl.load(x + offsets_2d(M, N))
    tl.store(out + offsets_2d(P, Q), tl.reshape(value, (P, Q)))


@triton.jit
def reshape_3d(x, out, A: tl.constexpr, B: tl.constexpr, C: tl.constexpr):
    value = tl.load(x + offsets_3d(A, B, C))
    tl.store(out + offsets_2d(A * B, C), tl.reshape(value, (A * B, C)))


@triton.jit
def ravel(x, out, M: tl.constexpr, N: tl.constexpr):
    value = tl.load(x + offsets_2d(M, N))
    tl.store(out + tl.arange(0, M * N), tl.ravel(value))


@triton.jit
def reshape_offsets(x, out, M: tl.constexpr, N: tl.constexpr):
    """The offsets themselves are reshaped and transposed."""
    offsets = tl.trans(tl.reshape(tl.arange(0, M * N), (M, N)))
    tl.store(out + tl.arange(0, M * N), tl.reshape(tl.load(x + offsets), (M * N,)))


@triton.jit
def trans(x, out, M: tl.constexpr, N: tl.constexpr):
    tl.store(out + offsets_2d(N, M), tl.trans(tl.load(x + offsets_2d(M, N))))


@triton.jit
def permute_3d(x, out, A: tl.constexpr, B: tl.constexpr, C: tl.constexpr, P: tl.constexpr, Q: tl.constexpr,
               R: tl.constexpr):
    value = tl.load(x + offsets_3d(A, B, C))
    store_flat(out, tl.permute(value, (P, Q, R)), A * B * C)


@triton.jit
def permute_4d(x, out, A: tl.constexpr, B: tl.constexpr, C: tl.constexpr, D: tl.constexpr, P: tl.constexpr,
               Q: tl.constexpr, R: tl.constexpr, S: tl.constexpr):
    value = tl.reshape(load_flat(x, A * B * C * D), (A, B, C, D))
    store_flat(out, tl.permute(value, (P, Q, R, S)), A * B * C * D)


@triton.jit
def join_1d(x, y, out, N: tl.constexpr):
    store_flat(out, tl.join(load_flat(x, N), load_flat(y, N)), 2 * N)


@triton.jit
def join_2d(x, y, out, M: tl.constexpr, N: tl.constexpr):
    joined = tl.join(tl.load(x + offsets_2d(M, N)), tl.load(y + offsets_2d(M, N)))
    tl.store(out + offsets_3d(M, N, 2), joined)


@triton.jit
def join_scalars(x, y, out):
    store_flat(out, tl.join(tl.load(x), tl.load(y)), 2)


@triton.jit
def split_1d(x, out, rest, N: tl.constexpr):
    left, right = tl.split(tl.load(x + offsets_2d(N, 2)))
    store_flat(out, left, N)
    store_flat(rest, right, N)


@triton.jit
def split_2d(x, out, rest, M: tl.constexpr, N: tl.constexpr):
    left, right = tl.split(tl.load(x + offsets_3d(M, N, 2)))
    tl.store(out + offsets_2d(M, N), left)
    tl.store(rest + offsets_2d(M, N), right)


@triton.jit
def interleave_1d(x, y, out, N: tl.constexpr):
    store_flat(out, tl.interleave(load_flat(x, N), load_flat(y, N)), 2 * N)


@triton.jit
def interleave_2d(x, y, out, M: tl.constexpr, N: tl.constexpr):
    mixed = tl.interleave(tl.load(x + offsets_2d(M, N)), tl.load(y + offsets_2d(M, N)))
    tl.store(out + offsets_2d(M, 2 * N), mixed)


@triton.jit
def cat_1d(x, y, out, N: tl.constexpr):
    """The order of the elements of tl.cat is open, so that only a sum over it is looked at."""
    both = tl.cat(load_flat(x, N), load_flat(y, N), can_reorder=True)
    tl.store(out, tl.max(both, axis=0))


@triton.jit
def flip_1d(x, out, N: tl.constexpr):
    store_flat(out, tl.flip(load_flat(x, N), 0), N)


@triton.jit
def flip_2d(x, out, M: tl.constexpr, N: tl.constexpr):
    tl.store(out + offsets_2d(M, N), tl.flip(tl.load(x + offsets_2d(M, N)), 1))


@triton.jit
def full(out, VALUE: tl.constexpr, TO: tl.constexpr, M: tl.constexpr, N: tl.constexpr):
    tl.store(out + offsets_2d(M, N), tl.full((M, N), VALUE, TO))


@triton.jit
def ranges(out, START: tl.constexpr, END: tl.constexpr):
    tl.store(out + tl.arange(0, END - START), tl.arange(START, END))


@triton.jit
def swizzle(out, M: tl.constexpr, N: tl.constexpr, GROUP: tl.constexpr):
    row, column = tl.swizzle2d(tl.program_id(0), tl.program_id(1), M, N, GROUP)
    tl.store(out + tl.program_id(0) * N + tl.program_id(1), row * N + column)


@triton.jit
def gather_1d(x, index, out, N: tl.constexpr, K: tl.constexpr):
    store_flat(out, tl.gather(load_flat(x, N), load_flat(index, K), 0), K)


@triton.jit
def gather_2d(x, index, out, M: tl.constexpr, N: tl.constexpr, P: tl.constexpr, Q: tl.constexpr, AXIS: tl.constexpr):
    value = tl.load(x + offsets_2d(M, N))
    tl.store(out + offsets_2d(P, Q), tl.gather(value, tl.load(index + offsets_2d(P, Q)), AXIS))
