"""Kernels whose requests are compared with Triton's. They are compiled only where a test says so."""

import triton
import triton.language as tl

SCALE = tl.constexpr(3)


@triton.jit
def plain(x, y, n, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(y + at, tl.load(x + at, mask=at < n), mask=at < n)


@triton.jit
def scalars(x, a, b, c, d):
    tl.store(x, a + b + c + d)


@triton.jit
def nothing(x, a, b):
    pass


@triton.jit
def annotated(x, a: tl.int64, b: tl.uint32, c: bool, d: tl.float32, e: "i32", MODE: tl.constexpr = "D"):  # noqa: F821
    pass


@triton.jit
def pointers(x: tl.const, y: tl.pointer_type(tl.float32), z: "*fp16"):  # noqa: F722
    pass


@triton.jit(do_not_specialize=["a", 2])
def unspecialized(x, a, b, c):
    pass


@triton.jit
def defaults(x, n=16, m=1, o=None, num_warps: tl.constexpr = 2, MODE: tl.constexpr = "fast"):
    pass


def _unaligned(x, n, m):
    pass


try:
    unaligned = triton.jit(do_not_specialize_on_alignment=["x", "n"])(_unaligned)
except TypeError:  # before 3.2
    unaligned = triton.jit(_unaligned)


@triton.jit
def twice(v):
    return v * 2


@triton.jit
def helper_user(x, n, HELPER: tl.constexpr, BLOCK: tl.constexpr):
    at = tl.arange(0, BLOCK)
    tl.store(x + at, HELPER(tl.load(x + at, mask=at < n)) + SCALE, mask=at < n)


@triton.jit
def calls_twice(x, BLOCK: tl.constexpr):
    at = tl.arange(0, BLOCK)
    tl.store(x + at, twice(tl.load(x + at)))


@triton.jit
def wrong(x):
    tl.store(x, undefined_name)  # noqa: F821


@triton.jit
def keyword_only(x, *, n, m=16, BLOCK: tl.constexpr = 4):
    pass


@triton.jit
def varargs(x, *rest, BLOCK: tl.constexpr = 4):
    pass
