"""Atomic operations. Which one it is stands in a constant, OP."""

import triton
import triton.language as tl


@triton.jit
def apply(pointer, value, mask, OP: tl.constexpr):
    if OP == "add":
        old = tl.atomic_add(pointer, value, mask=mask)
    elif OP == "max":
        old = tl.atomic_max(pointer, value, mask=mask)
    elif OP == "min":
        old = tl.atomic_min(pointer, value, mask=mask)
    elif OP == "and":
        old = tl.atomic_and(pointer, value, mask=mask)
    elif OP == "or":
        old = tl.atomic_or(pointer, value, mask=mask)
    elif OP == "xor":
        old = tl.atomic_xor(pointer, value, mask=mask)
    else:
        old = tl.atomic_xchg(pointer, value, mask=mask)
    return old


@triton.jit
def distinct(x, memory, old, n, OP: tl.constexpr, N: tl.constexpr):
    """Every element has an address of its own; what was there comes back."""
    i = tl.arange(0, N)
    mask = i < n
    tl.store(old + i, apply(memory + i, tl.load(x + i), mask, OP), mask=mask)


@triton.jit
def conflicting(x, memory, OP: tl.constexpr, N: tl.constexpr, CELLS: tl.constexpr):
    """Elements of a tile, and of all programs, meet at few addresses."""
    i = tl.program_id(0) * N + tl.arange(0, N)
    apply(memory + i % CELLS, tl.load(x + i), i >= 0, OP)


@triton.jit
def scalar(x, memory, OP: tl.constexpr):
    """Scalars, all programs at one address."""
    apply(memory, tl.load(x + tl.program_id(0)), None, OP)


@triton.jit
def scalar_old(x, memory, old, OP: tl.constexpr):
    i = tl.program_id(0)
    tl.store(old + i, apply(memory + i, tl.load(x + i), None, OP))


@triton.jit
def tickets(counter, seen):
    """Every program draws a number; each number is drawn once."""
    ticket = tl.atomic_add(counter, 1)
    tl.store(seen + ticket, 1)


@triton.jit
def tile_tickets(counter, seen, N: tl.constexpr):
    """Every element of a tile draws a number from one counter."""
    ticket = tl.atomic_add(counter + tl.arange(0, N) * 0, 1)
    tl.store(seen + ticket, 1)


@triton.jit
def compare_and_swap(expected, x, memory, old, N: tl.constexpr):
    i = tl.arange(0, N)
    tl.store(old + i, tl.atomic_cas(memory + i, tl.load(expected + i), tl.load(x + i)))


@triton.jit
def locked(lock, total, x):
    """A spin lock around a plain addition."""
    while tl.atomic_cas(lock, 0, 1) == 1:
        pass
    tl.store(total, tl.load(total) + tl.load(x + tl.program_id(0)))
    tl.debug_barrier()
    tl.atomic_xchg(lock, 0)


@triton.jit
def in_turn(turn, log):
    """Program n waits until n - 1 is done, the last one first."""
    n = tl.num_programs(0) - 1 - tl.program_id(0)
    while tl.atomic_add(turn, 0) != n:
        pass
    tl.store(log + n, tl.program_id(0))
    tl.atomic_add(turn, 1)


@triton.jit
def orders(memory, old, N: tl.constexpr):
    """Memory orders and scopes don't change values."""
    i = tl.arange(0, N)
    a = tl.atomic_add(memory + i, 1, sem="relaxed")
    b = tl.atomic_add(memory + i, 1, sem="acquire", scope="cta")
    c = tl.atomic_add(memory + i, 1, sem="release", scope="sys")
    d = tl.atomic_add(memory + i, 1, sem="acq_rel", scope="gpu")
    tl.store(old + i, a + b * 10 + c * 100 + d * 1000)
