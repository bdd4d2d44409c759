"""Loads, stores and pointers."""

import triton
import triton.language as tl


@triton.jit
def masked(x, out, n, N: tl.constexpr):
    i = tl.arange(0, N)
    tl.store(out + i, tl.load(x + i, mask=i < n, other=0))


@triton.jit
def masked_other(x, out, n, OTHER: tl.constexpr, N: tl.constexpr):
    i = tl.arange(0, N)
    tl.store(out + i, tl.load(x + i, mask=i < n, other=OTHER))


@triton.jit
def masked_tensor_other(x, y, out, n, N: tl.constexpr):
    i = tl.arange(0, N)
    tl.store(out + i, tl.load(x + i, mask=i >= n, other=tl.load(y + i)))


@triton.jit
def masked_store(x, out, n, N: tl.constexpr):
    i = tl.arange(0, N)
    tl.store(out + i, tl.load(x + i), mask=i < n)


@triton.jit
def loaded_mask(x, mask, out, N: tl.constexpr):
    """A mask that isn't a comparison of a range."""
    i = tl.arange(0, N)
    chosen = tl.load(mask + i) != 0
    tl.store(out + i, tl.load(x + i, mask=chosen, other=1), mask=chosen)


@triton.jit
def odd_mask(x, out, N: tl.constexpr):
    """Every other element."""
    i = tl.arange(0, N)
    tl.store(out + i, tl.load(x + i, mask=i % 2 == 1, other=7), mask=i % 4 != 0)


@triton.jit
def no_lane(x, out, N: tl.constexpr):
    """Nothing is accessed, though every address is outside."""
    i = tl.arange(0, N)
    tl.store(out + 1000000 + i, tl.load(x - 1000000 + i, mask=i < 0, other=3), mask=i > N)


@triton.jit
def scalar_masked(x, out, n):
    """Scalar accesses under scalar masks, one a program."""
    i = tl.program_id(0)
    tl.store(out + i, tl.load(x + i, mask=i < n, other=5), mask=i != 2)


@triton.jit
def strided(x, out, STRIDE: tl.constexpr, N: tl.constexpr):
    i = tl.arange(0, N)
    tl.store(out + i, tl.load(x + i * STRIDE))


@triton.jit
def strided_store(x, out, stride, N: tl.constexpr):
    i = tl.arange(0, N)
    tl.store(out + i * stride, tl.load(x + i))


@triton.jit
def reversed_load(x, out, N: tl.constexpr):
    i = tl.arange(0, N)
    tl.store(out + i, tl.load(x + (N - 1) - i))


@triton.jit
def reversed_store(x, out, N: tl.constexpr):
    i = tl.arange(0, N)
    tl.store(out + N - 1 - i, tl.load(x + i))


@triton.jit
def copy_2d(x, out, m, n, x_row, x_column, out_row, out_column, M: tl.constexpr, N: tl.constexpr):
    """A tile of a matrix with any strides, masked at both edges, a program a tile."""
    rows = tl.program_id(0) * M + tl.arange(0, M)
    columns = tl.program_id(1) * N + tl.arange(0, N)
    mask = (rows[:, None] < m) & (columns[None, :] < n)
    value = tl.load(x + rows[:, None] * x_row + columns[None, :] * x_column, mask=mask, other=0)
    tl.store(out + rows[:, None] * out_row + columns[None, :] * out_column, value, mask=mask)


@triton.jit
def copy_2d_other(x, out, m, n, x_row, M: tl.constexpr, N: tl.constexpr):
    """The whole tile is stored: what the mask leaves out is `other`."""
    rows = tl.arange(0, M)
    columns = tl.arange(0, N)
    mask = (rows[:, None] < m) & (columns[None, :] < n)
    value = tl.load(x + rows[:, None] * x_row + columns[None, :], mask=mask, other=9)
    tl.store(out + rows[:, None] * N + columns[None, :], value)


@triton.jit
def triangle(x, out, N: tl.constexpr):
    """A mask of two dimensions that isn't a product of two ranges."""
    rows = tl.arange(0, N)[:, None]
    columns = tl.arange(0, N)[None, :]
    offsets = rows * N + columns
    tl.store(out + offsets, tl.load(x + offsets, mask=columns <= rows, other=0))


@triton.jit
def copy_3d(x, out, a, b, c, s0, s1, s2, A: tl.constexpr, B: tl.constexpr, C: tl.constexpr):
    i = tl.arange(0, A)[:, None, None]
    j = tl.arange(0, B)[None, :, None]
    k = tl.arange(0, C)[None, None, :]
    mask = (i < a) & (j < b) & (k < c)
    value = tl.load(x + i * s0 + j * s1 + k * s2, mask=mask, other=0)
    tl.store(out + (i * B + j) * C + k, value)


@triton.jit
def gathered(x, index, out, N: tl.constexpr):
    i = tl.arange(0, N)
    tl.store(out + i, tl.load(x + tl.load(index + i)))


@triton.jit
def gathered_rows(x, index, out, row, M: tl.constexpr, N: tl.constexpr):
    """Whole rows, chosen by an index tensor."""
    columns = tl.arange(0, N)
    rows = tl.load(index + tl.arange(0, M))
    value = tl.load(x + rows[:, None] * row + columns[None, :])
    tl.store(out + tl.arange(0, M)[:, None] * N + columns[None, :], value)


@triton.jit
def scattered(x, index, out, N: tl.constexpr):
    i = tl.arange(0, N)
    tl.store(out + tl.load(index + i), tl.load(x + i))


@triton.jit
def wide_offsets(x, out, base, N: tl.constexpr):
    """Offsets in 64 bits that would overflow in 32 on the way."""
    i = tl.arange(0, N).to(tl.int64) + base
    tl.store(out + (i - base), tl.load(x + (i * 3 - base * 3)))


@triton.jit
def narrow_offsets(x, out, N: tl.constexpr):
    """Offsets of 8 and 16 bits, sign-extended."""
    i = tl.arange(0, N)
    small = (i - N // 2).to(tl.int8)
    tl.store(out + i, tl.load(x + N // 2 + small) + tl.load(x + i.to(tl.int16)))


@triton.jit
def wrapped_offsets(x, out, big, N: tl.constexpr):
    """32-bit offsets that wrap: (big + big + i) is i - 2^32 + 2 big."""
    i = tl.arange(0, N)
    tl.store(out + i, tl.load(x + (big + big + i)))


@triton.jit
def modular_offsets(x, out, n, shift, N: tl.constexpr):
    """(i + shift) % n, as matmul kernels do at the edge."""
    i = tl.arange(0, N)
    tl.store(out + i, tl.load(x + (i + shift) % n))


@triton.jit
def divided_offsets(x, out, step, N: tl.constexpr):
    i = tl.arange(0, N)
    tl.store(out + i, tl.load(x + i // step))


@triton.jit
def xor_offsets(x, out, mask, N: tl.constexpr):
    i = tl.arange(0, N)
    tl.store(out + i, tl.load(x + (i ^ mask)))


@triton.jit
def masked_offsets(x, out, mask, N: tl.constexpr):
    """i & mask, and a shift."""
    i = tl.arange(0, N)
    tl.store(out + i, tl.load(x + (i & mask)) + tl.load(x + (i >> 1)))


@triton.jit
def bounded_offsets(x, out, n, N: tl.constexpr):
    """Clamped to the last element."""
    i = tl.arange(0, N)
    tl.store(out + i, tl.load(x + tl.minimum(tl.maximum(i - 3, 0), n - 1)))


@triton.jit
def same_address(x, out, N: tl.constexpr):
    i = tl.arange(0, N)
    tl.store(out + i, tl.load(x + i * 0 + 3))


@triton.jit
def advancing(x, out, n, N: tl.constexpr):
    """Tiles of pointers are carried by a loop."""
    source = x + tl.arange(0, N)
    target = out + tl.arange(0, N)
    for start in range(0, n, N):
        mask = tl.arange(0, N) < n - start
        tl.store(target, tl.load(source, mask=mask, other=0), mask=mask)
        source += N
        target += N


@triton.jit
def advancing_scalar(x, out, n):
    """Scalar pointers are carried by a loop."""
    for _ in range(n):
        tl.store(out, tl.load(x))
        x += 2
        out += 1


@triton.jit
def chosen_pointer(x, y, out, N: tl.constexpr):
    """A program reads one of two arguments."""
    i = tl.arange(0, N)
    source = x
    if tl.program_id(0) % 2 == 1:
        source = y
    tl.store(out + tl.program_id(0) * N + i, tl.load(source + i))


@triton.jit
def pointers_as_integers(x, out, N: tl.constexpr):
    """Pointers through integers and back."""
    i = tl.arange(0, N)
    address = (x + i).to(tl.int64) + 4
    pointer = address.to(tl.pointer_type(tl.int32))
    tl.store(out + i, tl.load(pointer))


@triton.jit
def reinterpreted(x, out, N: tl.constexpr):
    """The bytes of 32-bit elements."""
    i = tl.arange(0, N)
    tl.store(out + i, tl.load(x.to(tl.pointer_type(tl.int8), bitcast=True) + i))


@triton.jit
def modifiers(x, out, N: tl.constexpr):
    """What says how to cache doesn't change values."""
    i = tl.arange(0, N)
    a = tl.load(x + i, cache_modifier=".ca", eviction_policy="evict_last")
    b = tl.load(x + i, cache_modifier=".cg", eviction_policy="evict_first")
    c = tl.load(x + i, volatile=True)
    tl.store(out + i, a + b + c, cache_modifier=".wb", eviction_policy="evict_first")


@triton.jit
def hinted(x, out, n, N: tl.constexpr):
    i = tl.max_contiguous(tl.multiple_of(tl.arange(0, N), 16), 16)
    tl.assume(n > 0)
    tl.store(out + i, tl.load(x + i, mask=i < n, other=0))


@triton.jit
def load_after_store(x, out, N: tl.constexpr):
    """A program sees its own stores, also through another shape."""
    i = tl.arange(0, N)
    tl.store(out + i, tl.load(x + i) + 1)
    tl.debug_barrier()
    swapped = tl.load(out + (i ^ 1))
    tl.store(out + i, swapped + tl.load(x + i))


@triton.jit
def in_place(x, N: tl.constexpr):
    i = tl.arange(0, N)
    tl.store(x + (N - 1 - i), tl.load(x + i))


@triton.jit
def block_copy(x, out, m, n, row, column, M: tl.constexpr, N: tl.constexpr, FIRST: tl.constexpr, SECOND: tl.constexpr,
               CHECK: tl.constexpr):
    """Block pointers in two dimensions."""
    source = tl.make_block_ptr(x, (m, n), (row, column), (FIRST, SECOND), (M, N), (1, 0))
    target = tl.make_block_ptr(out, (M, N), (N, 1), (0, 0), (M, N), (1, 0))
    if CHECK == 0:
        value = tl.load(source)
    elif CHECK == 1:
        value = tl.load(source, boundary_check=(0, 1), padding_option="zero")
    elif CHECK == 2:
        value = tl.load(source, boundary_check=(0, 1), padding_option="nan")
    else:
        value = tl.load(source, boundary_check=(1,), padding_option="zero")
    tl.store(target, value)


@triton.jit
def block_store(x, out, m, n, FIRST: tl.constexpr, SECOND: tl.constexpr, M: tl.constexpr, N: tl.constexpr):
    """What lies outside isn't stored."""
    source = tl.make_block_ptr(x, (M, N), (N, 1), (0, 0), (M, N), (1, 0))
    target = tl.make_block_ptr(out, (m, n), (n, 1), (FIRST, SECOND), (M, N), (1, 0))
    tl.store(target, tl.load(source), boundary_check=(0, 1))


@triton.jit
def block_advance(x, out, n, N: tl.constexpr):
    """A block pointer carried by a loop."""
    source = tl.make_block_ptr(x, (n,), (1,), (0,), (N,), (0,))
    total = tl.zeros((N,), tl.float32)
    for _ in range(0, n, N):
        total += tl.load(source, boundary_check=(0,), padding_option="zero").to(tl.float32)
        source = tl.advance(source, (N,))
    tl.store(tl.make_block_ptr(out, (N,), (1,), (0,), (N,), (0,)), total.to(out.dtype.element_ty))


@triton.jit
def descriptor_copy(x, out, m, n, row, M: tl.constexpr, N: tl.constexpr, FIRST: tl.constexpr, SECOND: tl.constexpr):
    """A tile through a descriptor: zero outside."""
    source = tl.make_tensor_descriptor(x, [m, n], [row, 1], [M, N])
    value = source.load([FIRST, SECOND])
    tl.store(out + tl.arange(0, M)[:, None] * N + tl.arange(0, N)[None, :], value)


@triton.jit
def descriptor_store(x, out, m, n, row, M: tl.constexpr, N: tl.constexpr, FIRST: tl.constexpr, SECOND: tl.constexpr):
    target = tl.make_tensor_descriptor(out, [m, n], [row, 1], [M, N])
    target.store([FIRST, SECOND], tl.load(x + tl.arange(0, M)[:, None] * N + tl.arange(0, N)[None, :]))


@triton.jit
def descriptor_3d(x, out, a, b, c, A: tl.constexpr, B: tl.constexpr, C: tl.constexpr, FIRST: tl.constexpr):
    source = tl.make_tensor_descriptor(x, [a, b, c], [b * c, c, 1], [A, B, C])
    value = tl.reshape(source.load([FIRST, 0, 0]), (A * B * C,))
    tl.store(out + tl.arange(0, A * B * C), value)


@triton.jit
def descriptor_add(x, out, m, n, M: tl.constexpr, N: tl.constexpr):
    """Adds atomically; every program to the same tile."""
    target = tl.make_tensor_descriptor(out, [m, n], [n, 1], [M, N])
    target.atomic_add([0, 0], tl.load(x + tl.arange(0, M)[:, None] * N + tl.arange(0, N)[None, :]))
