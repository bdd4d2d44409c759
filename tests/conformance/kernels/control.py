"""Control flow, calls, random numbers, program ids."""

import triton
import triton.language as tl


@triton.jit
def for_scalar(out, n):
    total = 0
    for i in range(n):
        total += i * i
    tl.store(out, total)


@triton.jit
def for_range(out, begin, end, STEP: tl.constexpr):
    """Every value of a range is written in order."""
    place = 0
    for i in range(begin, end, STEP):
        tl.store(out + place, i)
        place += 1


@triton.jit
def for_tensor(x, out, n, N: tl.constexpr):
    i = tl.arange(0, N)
    total = tl.zeros((N,), tl.int32)
    for k in range(n):
        total = total * 3 + tl.load(x + i) + k
    tl.store(out + i, total)


@triton.jit
def for_swap(out, n):
    """Carried values that trade places."""
    a = 0
    b = 1
    for _ in range(n):
        a, b = b, a + b
    tl.store(out, a)
    tl.store(out + 1, b)


@triton.jit
def for_many(x, out, n, N: tl.constexpr):
    """Scalars, tensors and pointers carried together."""
    i = tl.arange(0, N)
    pointer = x + i
    low = tl.full((N,), 1000000, tl.int32)
    count = 0
    mean = tl.zeros((N,), tl.float32)
    for _ in range(n):
        value = tl.load(pointer)
        low = tl.minimum(low, value)
        count += 1
        mean += (value.to(tl.float32) - mean) / count
        pointer += N
    tl.store(out + i, low + (mean * 0).to(tl.int32) + count)


@triton.jit
def for_swap_tensors(x, y, out, n, N: tl.constexpr):
    """Two tiles trade places each time."""
    i = tl.arange(0, N)
    a = tl.load(x + i)
    b = tl.load(y + i)
    for _ in range(n):
        a, b = b, a - b
    tl.store(out + i, a)
    tl.store(out + N + i, b)


@triton.jit
def nested(out, n, m):
    place = 0
    for i in range(n):
        row = 0
        for j in range(i, m):
            row += i * j
            for k in range(2):
                row ^= k
        tl.store(out + place, row)
        place += 1


@triton.jit
def for_if(x, out, n, N: tl.constexpr):
    """A branch in a loop, on the counter and on a scalar that is loaded."""
    i = tl.arange(0, N)
    total = tl.zeros((N,), tl.int32)
    for k in range(n):
        flag = tl.load(x + k)
        if flag > 0:
            total += i * flag
        elif k % 2 == 0:
            total -= 1
        else:
            total = total * 2
    tl.store(out + i, total)


@triton.jit
def while_scalar(x, out):
    """Collatz: how many steps."""
    value = tl.load(x + tl.program_id(0))
    steps = 0
    while value != 1:
        if value % 2 == 0:
            value = value // 2
        else:
            value = 3 * value + 1
        steps += 1
    tl.store(out + tl.program_id(0), steps)


@triton.jit
def while_tensor(x, out, N: tl.constexpr):
    """Halves a tile until its largest is small."""
    i = tl.arange(0, N)
    value = tl.load(x + i)
    rounds = 0
    while tl.max(value, axis=0) > 10:
        value = value // 2
        rounds += 1
    tl.store(out + i, value)
    tl.store(out + N, rounds)


@triton.jit
def while_never(out, n):
    value = 7
    while value < n:
        value += 1
    tl.store(out, value)


@triton.jit
def if_scalar(x, out):
    i = tl.program_id(0)
    value = tl.load(x + i)
    if value < 0:
        value = -value
    if value > 100:
        value = 100
    elif value > 50:
        value += 1000
    else:
        value *= 2
    tl.store(out + i, value)


@triton.jit
def if_tensor(x, out, N: tl.constexpr):
    """Tiles come out of a branch."""
    i = tl.arange(0, N)
    value = tl.load(x + i)
    if tl.program_id(0) == 0:
        value = value * 2
        other = value + 1
    else:
        other = -value
        value = other * other
    tl.store(out + tl.program_id(0) * N + i, value + other)


@triton.jit
def if_store(x, out, n, N: tl.constexpr):
    """A branch with effects and no results."""
    i = tl.arange(0, N)
    if n > 5:
        tl.store(out + i, tl.load(x + i))
    if n > 50:
        tl.store(out + i, tl.load(x + i) * 10)


@triton.jit
def early_return(x, out):
    i = tl.program_id(0)
    value = tl.load(x + i)
    if value < 0:
        return
    tl.store(out + i, value)
    if value > 10:
        return
    tl.store(out + i, value + 100)


@triton.jit
def pick(value, LIMIT: tl.constexpr):
    if value > LIMIT:
        return value
    return LIMIT - value


@triton.jit
def returning_helper(x, out):
    i = tl.program_id(0)
    tl.store(out + i, pick(tl.load(x + i), 10))


@triton.jit(noinline=True)
def helper_scalar(a, b):
    return a * b + 1


@triton.jit(noinline=True)
def helper_pair(a, b):
    return a + b, a - b


@triton.jit(noinline=True)
def helper_store(pointer, value):
    tl.store(pointer, value)


@triton.jit(noinline=True)
def helper_loop(n):
    total = 0
    for i in range(n):
        total += helper_scalar(i, i)
    return total


@triton.jit
def calls(x, out):
    i = tl.program_id(0)
    value = tl.load(x + i)
    a, b = helper_pair(value, 3)
    helper_store(out + i, helper_scalar(a, b) + helper_loop(i))


@triton.jit
def call_in_loop(x, out, n):
    total = 0
    for i in range(n):
        if tl.load(x + i) > 0:
            total = helper_scalar(total, tl.load(x + i))
    tl.store(out, total)


@triton.jit
def unrolled(x, out, N: tl.constexpr, TIMES: tl.constexpr):
    i = tl.arange(0, N)
    value = tl.load(x + i)
    for k in tl.static_range(TIMES):
        value = value * 2 + k
    tl.store(out + i, value)


@triton.jit
def range_options(x, out, n, N: tl.constexpr):
    i = tl.arange(0, N)
    value = tl.load(x + i)
    for k in tl.range(0, n, num_stages=3, loop_unroll_factor=2):
        value = value + k
    tl.store(out + i, value)


@triton.jit
def break_flag(x, out, n, limit):
    """The first place at which a running sum passes a limit."""
    total = 0
    found = -1
    for i in range(n):
        if found < 0:
            total += tl.load(x + i)
            if total > limit:
                found = i
    tl.store(out, found)


@triton.jit
def short_circuit(x, out, n):
    """A condition made of several."""
    i = tl.program_id(0)
    value = tl.load(x + i)
    if (value > 0 and value < n) or value == -5:
        tl.store(out + i, 1)
    if not (value > 0):
        tl.store(out + i, 2)


@triton.jit
def grid_ids(out):
    """All three program ids and grid sizes."""
    x = tl.program_id(0)
    y = tl.program_id(1)
    z = tl.program_id(2)
    place = (z * tl.num_programs(1) + y) * tl.num_programs(0) + x
    tl.store(out + place, x + 100 * y + 10000 * z + 1000000 * tl.num_programs(2))


@triton.jit
def scalar_types(out, a, b, c, d):
    """Scalar arguments of several types."""
    tl.store(out, a.to(tl.float64))
    tl.store(out + 1, b.to(tl.float64))
    tl.store(out + 2, c.to(tl.float64))
    tl.store(out + 3, d.to(tl.float64))


@triton.jit
def integer_arguments(out, a, b):
    """32 and 64 bit scalars in one expression."""
    tl.store(out, a * b + a)
    tl.store(out + 1, b // a)
    tl.store(out + 2, (a + 1).to(tl.int64) - b)


@triton.jit
def philox_words(out, seed, N: tl.constexpr):
    i = tl.arange(0, N)
    a, b, c, d = tl.randint4x(seed, i)
    tl.store(out + i, a)
    tl.store(out + N + i, b)
    tl.store(out + 2 * N + i, c)
    tl.store(out + 3 * N + i, d)


@triton.jit
def philox_integer(out, seed, N: tl.constexpr):
    i = tl.arange(0, N)
    tl.store(out + i, tl.randint(seed, i + 5))


@triton.jit
def philox_uniform(out, seed, N: tl.constexpr):
    i = tl.arange(0, N)
    tl.store(out + i, tl.rand(seed, i))


@triton.jit
def philox_normal(out, seed, N: tl.constexpr):
    i = tl.arange(0, N)
    tl.store(out + i, tl.randn(seed, i))


@triton.jit
def dropout(x, out, seed, p, N: tl.constexpr):
    i = tl.program_id(0) * N + tl.arange(0, N)
    keep = tl.rand(seed, i) > p
    tl.store(out + i, tl.where(keep, tl.load(x + i) / (1 - p), 0.0))


@triton.jit
def asserted(x, out, limit):
    i = tl.program_id(0)
    value = tl.load(x + i)
    tl.device_assert(value < limit, "value is too large")
    tl.store(out + i, value)


@triton.jit
def asserted_tile(x, out, limit, N: tl.constexpr):
    i = tl.arange(0, N)
    value = tl.load(x + i)
    tl.device_assert(value < limit, "a value is too large")
    tl.store(out + i, value)


@triton.jit
def out_of_bounds_load(x, out, offset, N: tl.constexpr):
    i = tl.arange(0, N)
    tl.store(out + i, tl.load(x + i + offset))


@triton.jit
def out_of_bounds_store(x, out, offset, N: tl.constexpr):
    i = tl.arange(0, N)
    tl.store(out + i + offset, tl.load(x + i))


@triton.jit
def out_of_bounds_gather(x, index, out, N: tl.constexpr):
    i = tl.arange(0, N)
    tl.store(out + i, tl.load(x + tl.load(index + i)))


@triton.jit
def out_of_bounds_atomic(x, out, offset):
    tl.atomic_add(out + offset, tl.load(x))


@triton.jit
def out_of_bounds_scalar(x, out, offset):
    tl.store(out, tl.load(x + offset))


@triton.jit
def gcd_like(a, b):
    """A loop for each element."""
    while b != 0:
        a, b = b, a % b
    return a


@triton.jit
def map_loop(x, y, out, N: tl.constexpr):
    i = tl.arange(0, N)
    tl.store(out + i, tl.map_elementwise(gcd_like, tl.load(x + i), tl.load(y + i)))


@triton.jit
def two_ways(a, b):
    if a < b:
        return a * 2, b
    else:
        return b, a - 1


@triton.jit
def map_pair(x, y, out, rest, N: tl.constexpr):
    i = tl.arange(0, N)
    first, last = tl.map_elementwise(two_ways, tl.load(x + i), tl.load(y + i))
    tl.store(out + i, first)
    tl.store(rest + i, last)


@triton.jit
def inline_asm(x, out, N: tl.constexpr):
    i = tl.arange(0, N)
    value = tl.inline_asm_elementwise("shl.b32 $0, $1, 3;", "=r,r", [tl.load(x + i)], dtype=tl.int32, is_pure=True,
                                      pack=1)
    tl.store(out + i, value)
