"""Reductions, scans, sorts and histograms. Which one it is stands in a constant, OP."""

import triton
import triton.language as tl


@triton.jit
def product(a, b):
    return a * b


@triton.jit
def bitwise_or(a, b):
    return a | b


@triton.jit
def larger(a, b):
    return tl.maximum(a, b)


@triton.jit
def second(a, b):
    """Associative, but order matters: the last one stays."""
    return b


@triton.jit
def affine(scale_a, shift_a, scale_b, shift_b):
    """x -> scale x + shift, one after the other: associative, not commutative."""
    return scale_a * scale_b, shift_a * scale_b + shift_b


@triton.jit
def extremes(low_a, high_a, count_a, low_b, high_b, count_b):
    return tl.minimum(low_a, low_b), tl.maximum(high_a, high_b), count_a + count_b


@triton.jit
def most_and_total(most_a, total_a, most_b, total_b):
    return tl.maximum(most_a, most_b), total_a + total_b


@triton.jit
def store_all(out, value, COUNT: tl.constexpr):
    tl.store(out + tl.arange(0, COUNT), tl.reshape(value, (COUNT,)))


@triton.jit
def load_2d(x, M: tl.constexpr, N: tl.constexpr):
    return tl.load(x + tl.arange(0, M)[:, None] * N + tl.arange(0, N)[None, :])


@triton.jit
def load_3d(x, A: tl.constexpr, B: tl.constexpr, C: tl.constexpr):
    i = tl.arange(0, A)[:, None, None]
    j = tl.arange(0, B)[None, :, None]
    return tl.load(x + (i * B + j) * C + tl.arange(0, C)[None, None, :])


@triton.jit
def apply(value, OP: tl.constexpr, AXIS: tl.constexpr, KEEP: tl.constexpr):
    if OP == "sum":
        result = tl.sum(value, axis=AXIS, keep_dims=KEEP)
    elif OP == "max":
        result = tl.max(value, axis=AXIS, keep_dims=KEEP)
    elif OP == "min":
        result = tl.min(value, axis=AXIS, keep_dims=KEEP)
    elif OP == "argmax":
        result = tl.argmax(value, axis=AXIS, keep_dims=KEEP)
    elif OP == "argmin":
        result = tl.argmin(value, axis=AXIS, keep_dims=KEEP)
    elif OP == "xor":
        result = tl.xor_sum(value, axis=AXIS, keep_dims=KEEP)
    elif OP == "product":
        result = tl.reduce(value, AXIS, product, keep_dims=KEEP)
    elif OP == "or":
        result = tl.reduce(value, AXIS, bitwise_or, keep_dims=KEEP)
    return result


@triton.jit
def reduce_1d(x, out, OP: tl.constexpr, N: tl.constexpr):
    tl.store(out, apply(tl.load(x + tl.arange(0, N)), OP, 0, False))


@triton.jit
def reduce_2d(x, out, OP: tl.constexpr, AXIS: tl.constexpr, KEEP: tl.constexpr, M: tl.constexpr, N: tl.constexpr,
              COUNT: tl.constexpr):
    store_all(out, apply(load_2d(x, M, N), OP, AXIS, KEEP), COUNT)


@triton.jit
def reduce_3d(x, out, OP: tl.constexpr, AXIS: tl.constexpr, KEEP: tl.constexpr, A: tl.constexpr, B: tl.constexpr,
              C: tl.constexpr, COUNT: tl.constexpr):
    store_all(out, apply(load_3d(x, A, B, C), OP, AXIS, KEEP), COUNT)


@triton.jit
def reduce_everything(x, out, OP: tl.constexpr, M: tl.constexpr, N: tl.constexpr):
    """axis=None: all axes at once."""
    tl.store(out, apply(load_2d(x, M, N), OP, None, False))


@triton.jit
def reduce_twice(x, out, M: tl.constexpr, N: tl.constexpr):
    """One axis after the other, with arithmetic between."""
    rows = tl.sum(load_2d(x, M, N), axis=1)
    tl.store(out, tl.max(rows * rows, axis=0) + tl.min(rows, axis=0))


@triton.jit
def softmax_like(x, out, M: tl.constexpr, N: tl.constexpr):
    """Reduced values are broadcast back."""
    value = load_2d(x, M, N)
    value = value - tl.max(value, axis=1)[:, None]
    store_all(out, value * 2 - tl.min(value, axis=0)[None, :], M * N)


@triton.jit
def max_and_place(x, out, place, LEFT: tl.constexpr, M: tl.constexpr, N: tl.constexpr):
    value, index = tl.max(load_2d(x, M, N), axis=1, return_indices=True, return_indices_tie_break_left=LEFT)
    store_all(out, value, M)
    store_all(place, index, M)


@triton.jit
def reduce_pair(x, y, most, total, M: tl.constexpr, N: tl.constexpr, AXIS: tl.constexpr, COUNT: tl.constexpr):
    """Two operands, two results."""
    a, b = tl.reduce((load_2d(x, M, N), load_2d(y, M, N)), AXIS, most_and_total)
    store_all(most, a, COUNT)
    store_all(total, b, COUNT)


@triton.jit
def reduce_extremes(x, low, high, count, N: tl.constexpr):
    """Three operands of different types."""
    value = tl.load(x + tl.arange(0, N))
    a, b, c = tl.reduce((value, value.to(tl.float32), tl.full((N,), 1, tl.int64)), 0, extremes)
    tl.store(low, a)
    tl.store(high, b)
    tl.store(count, c)


@triton.jit
def scan_1d(x, out, OP: tl.constexpr, REVERSE: tl.constexpr, N: tl.constexpr):
    i = tl.arange(0, N)
    value = tl.load(x + i)
    if OP == "sum":
        result = tl.cumsum(value, axis=0, reverse=REVERSE)
    elif OP == "product":
        result = tl.cumprod(value, axis=0, reverse=REVERSE)
    elif OP == "max":
        result = tl.associative_scan(value, 0, larger, reverse=REVERSE)
    elif OP == "or":
        result = tl.associative_scan(value, 0, bitwise_or, reverse=REVERSE)
    elif OP == "second":
        result = tl.associative_scan(value, 0, second, reverse=REVERSE)
    tl.store(out + i, result)


@triton.jit
def scan_2d(x, out, AXIS: tl.constexpr, REVERSE: tl.constexpr, M: tl.constexpr, N: tl.constexpr):
    store_all(out, tl.cumsum(load_2d(x, M, N), axis=AXIS, reverse=REVERSE), M * N)


@triton.jit
def scan_3d(x, out, AXIS: tl.constexpr, A: tl.constexpr, B: tl.constexpr, C: tl.constexpr):
    store_all(out, tl.associative_scan(load_3d(x, A, B, C), AXIS, larger), A * B * C)


@triton.jit
def scan_affine(x, y, scale, shift, REVERSE: tl.constexpr, N: tl.constexpr):
    """A linear recurrence: two operands, not commutative."""
    i = tl.arange(0, N)
    a, b = tl.associative_scan((tl.load(x + i), tl.load(y + i)), 0, affine, reverse=REVERSE)
    tl.store(scale + i, a)
    tl.store(shift + i, b)


@triton.jit
def sort_1d(x, out, DESCENDING: tl.constexpr, N: tl.constexpr):
    i = tl.arange(0, N)
    tl.store(out + i, tl.sort(tl.load(x + i), descending=DESCENDING))


@triton.jit
def sort_2d(x, out, DESCENDING: tl.constexpr, M: tl.constexpr, N: tl.constexpr):
    store_all(out, tl.sort(load_2d(x, M, N), dim=1, descending=DESCENDING), M * N)


@triton.jit
def topk_2d(x, out, K: tl.constexpr, M: tl.constexpr, N: tl.constexpr):
    store_all(out, tl.topk(load_2d(x, M, N), K), M * K)


@triton.jit
def histogram(x, out, N: tl.constexpr, BINS: tl.constexpr):
    tl.store(out + tl.arange(0, BINS), tl.histogram(tl.load(x + tl.arange(0, N)), BINS))


@triton.jit
def masked_histogram(x, out, n, N: tl.constexpr, BINS: tl.constexpr):
    i = tl.arange(0, N)
    tl.store(out + tl.arange(0, BINS), tl.histogram(tl.load(x + i), BINS, mask=i < n))
