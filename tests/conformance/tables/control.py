"""Control flow, calls, random numbers, program ids, launches that must fail."""

import math

import numpy as np
from conformance import philox
from conformance.case import Bound, Case, Param, array, output, scalar, values


def case(kernel, params, oracle, constexprs=None, name="", **options):
    return Case(id=f"{kernel}{name}", kernel=f"control.{kernel}", params=tuple(params), oracle=oracle,
                constexprs=constexprs or {}, **options)


def out(count, dtype="i32"):
    return output("out", dtype, count)


def small(name, count, low=-100, high=100, dtype="i32"):
    return Param(name, dtype, lambda rng: rng.integers(low, high, count))


def one(value):
    return {"out": np.array([value], np.int32)}


def wrap(value):
    return (value + 2**31) % 2**32 - 2**31


# ---------------------------------------------------------------- loops


def loops():
    for n in (0, 1, 10, 2000, -5):
        yield case("for_scalar", [out(1), scalar("n", "i32", n)],
                   lambda out, n: one(wrap(sum(i * i for i in range(n)))), name=f"-{n}")
        yield case("for_swap", [out(2), scalar("n", "i32", n)], fibonacci, name=f"-{n}")
        yield case("while_never", [out(1), scalar("n", "i32", n)], lambda out, n: one(max(n, 7)), name=f"-{n}")
    for begin, end, step in [(0, 10, 1), (3, 20, 4), (10, 0, -1), (20, 3, -4), (-7, 7, 3), (5, 5, 1), (6, 5, 1)]:
        def ranged(out, begin, end, step=step):
            visited = list(range(begin, end, step))
            out[:len(visited)] = visited
            return {"out": out}
        yield case("for_range", [out(16), scalar("begin", "i32", begin), scalar("end", "i32", end)], ranged,
                   {"STEP": step}, f"-{begin}-{end}-{step}")
    for n, count in [(0, 16), (1, 1), (5, 64), (20, 1024)]:
        name = f"-{n}-{count}"
        times = scalar("n", "i32", n)
        yield case("for_tensor", [Param("x", "i32", values("i32", count)), out(count), times], repeated, {"N": count},
                   name)
        yield case("for_if", [small("x", max(n, 1)), out(count), times], branched, {"N": count}, name)
        yield case("for_swap_tensors", [Param("x", "i32", values("i32", count)), Param("y", "i32", values("i32", count)),
                                        out(2 * count), times], swapped, {"N": count}, name)
        yield case("for_many", [small("x", max(n, 1) * count), out(count), times],
                   lambda x, out, n: {"out": x[:n * len(out)].reshape(n, len(out)).min(0, initial=1000000) + np.int32(n)},
                   {"N": count}, name)
    for n, m in [(0, 5), (5, 5), (7, 3), (3, 12)]:
        def rows(out, n, m):
            for i in range(n):
                row = 0
                for j in range(i, m):
                    row = row + i * j ^ 1
                out[i] = row
            return {"out": out}
        yield case("nested", [out(8), scalar("n", "i32", n), scalar("m", "i32", m)], rows, name=f"-{n}-{m}")
    yield case("while_scalar", [array("x", "i32", np.arange(1, 33)), out(32)],
               lambda x, out: {"out": np.array([collatz(int(value)) for value in x], np.int32)}, grid=(32, 1, 1))
    for count in (1, 32, 256):
        yield case("while_tensor", [small("x", count, 0, 100000), out(count + 1)], halved, {"N": count}, f"-{count}")
    for times in (0, 1, 7):
        def doubled(x, out, times=times):
            for k in range(times):
                x = x * np.int32(2) + np.int32(k)
            return {"out": x}
        yield case("unrolled", [Param("x", "i32", values("i32", 32)), out(32)], doubled, {"N": 32, "TIMES": times},
                   f"-{times}")
        yield case("range_options", [Param("x", "i32", values("i32", 32)), out(32), scalar("n", "i32", times)],
                   lambda x, out, n: {"out": x + np.int32(n * (n - 1) // 2)}, {"N": 32}, f"-{times}", since=(3, 2))
    for limit in (-1, 30, 10**6):
        def passed(x, out, n, limit):
            beyond = np.flatnonzero(np.cumsum(x) > limit)
            return one(beyond[0] if len(beyond) else -1)
        yield case("break_flag", [small("x", 20, 1, 10), out(1), scalar("n", "i32", 20), scalar("limit", "i32", limit)],
                   passed, name=f"-{limit}")


def fibonacci(out, n):
    a, b = 0, 1
    for _ in range(n):
        a, b = b, wrap(a + b)
    return {"out": np.array([a, b], np.int32)}


def repeated(x, out, n):
    total = np.zeros_like(x)
    for k in range(n):
        total = total * np.int32(3) + x + np.int32(k)
    return {"out": total}


def branched(x, out, n):
    i = np.arange(len(out), dtype=np.int32)
    total = np.zeros_like(i)
    for k in range(n):
        total = total + i * x[k] if x[k] > 0 else total - np.int32(1) if k % 2 == 0 else total * np.int32(2)
    return {"out": total}


def swapped(x, y, out, n):
    for _ in range(n):
        x, y = y, x - y
    return {"out": np.concatenate([x, y])}


def collatz(value):
    steps = 0
    while value != 1:
        value = value // 2 if value % 2 == 0 else 3 * value + 1
        steps += 1
    return steps


def halved(x, out):
    rounds = 0
    while x.max() > 10:
        x, rounds = x // 2, rounds + 1
    return {"out": np.append(x, np.int32(rounds))}


# ---------------------------------------------------------------- branches and calls


def branches():
    yield case("if_scalar", [small("x", 64, -200, 200), out(64)],
               lambda x, out: {"out": np.where(np.abs(x) > 100, 100, np.where(np.abs(x) > 50, np.abs(x) + 1000,
                                                                             np.abs(x) * 2)).astype(np.int32)},
               grid=(64, 1, 1))
    for count in (1, 128):
        yield case("if_tensor", [Param("x", "i32", values("i32", count)), out(3 * count)],
                   lambda x, out: {"out": np.concatenate([4 * x + np.int32(1), x * x - x, x * x - x])}, {"N": count},
                   f"-{count}", grid=(3, 1, 1))
    for n in (0, 20, 200):
        yield case("if_store", [Param("x", "i32", values("i32", 32)), out(32), scalar("n", "i32", n)],
                   lambda x, out, n: {"out": x * np.int32(10) if n > 50 else x if n > 5 else out}, {"N": 32}, f"-{n}")
    yield case("early_return", [small("x", 48, -20, 40), out(48)],
               lambda x, out: {"out": np.where(x < 0, out, np.where(x > 10, x, x + 100)).astype(np.int32)},
               grid=(48, 1, 1))
    yield case("returning_helper", [small("x", 48, -20, 40), out(48)],
               lambda x, out: {"out": np.where(x > 10, x, 10 - x).astype(np.int32)}, grid=(48, 1, 1))
    yield case("calls", [small("x", 16), out(16)],
               lambda x, out: {"out": ((x + 3) * (x - 3) + 1 + [sum(i * i + 1 for i in range(n)) for n in range(16)])
                               .astype(np.int32)}, grid=(16, 1, 1))
    yield case("call_in_loop", [small("x", 20, -3, 4), out(1), scalar("n", "i32", 20)], chained)
    yield case("short_circuit", [small("x", 64, -10, 20), out(64), scalar("n", "i32", 10)],
               lambda x, out, n: {"out": np.where(x <= 0, 2, np.where(x < n, 1, out)).astype(np.int32)},
               grid=(64, 1, 1))


def chained(x, out, n):
    total = 0
    for value in x.tolist():
        if value > 0:
            total = wrap(total * value + 1)
    return one(total)


# ---------------------------------------------------------------- programs, arguments


def programs():
    for grid in [(1, 1, 1), (7, 1, 1), (1, 5, 1), (1, 1, 9), (3, 4, 5), (16, 2, 3)]:
        def numbered(out, grid=grid):
            z, y, x = np.meshgrid(*(np.arange(extent) for extent in reversed(grid)), indexing="ij")
            return {"out": (x + 100 * y + 10000 * z + 1000000 * grid[2]).astype(np.int32).reshape(-1)}
        yield case("grid_ids", [out(math.prod(grid))], numbered, name=f"-{'x'.join(map(str, grid))}", grid=grid)
    for kinds in [("i8", "i16", "i32", "i64"), ("f16", "bf16", "f32", "f64"), ("u8", "u16", "u32", "u64")]:
        numbers = [100, 200.0 if kinds[0] == "u8" else -20, 70000 if kinds[2] != "f16" else 0.5, 2**40]
        if kinds[0] == "f16":
            numbers = [0.5, -2.5, 1e10, 1e300]
        yield case("scalar_types", [out(4, "f64"), *[scalar(name, kind, number)
                                                     for name, kind, number in zip("abcd", kinds, numbers)]],
                   lambda out, a, b, c, d: {"out": np.array([a, b, c, d], np.float64)}, name=f"-{kinds[0]}",
                   interpreter=False)
    for a, b in [(3, 2**40), (-7, -2**62), (1, 5 * 2**40)]:
        yield case("integer_arguments", [out(3, "i64"), scalar("a", "i32", a), scalar("b", "i64", b)],
                   lambda out, a, b: {"out": np.array([(a * b + a + 2**63) % 2**64 - 2**63, int(abs(b) // abs(a)) *
                                                       (1 if (a < 0) == (b < 0) else -1), a + 1 - b])}, name=f"-{a}-{b}")


# ---------------------------------------------------------------- random numbers


def random_numbers():
    for seed in (0, 42, 2**31 - 1, 123456789):
        seeded = scalar("seed", "i32", seed)
        for count in (1, 128):
            name = f"-{seed}-{count}"
            i = np.arange(count)
            yield case("philox_words", [out(4 * count), seeded],
                       lambda out, seed, i=i: {"out": np.concatenate(philox.words(seed, i)).view(np.int32)}, {"N": count},
                       name)
            yield case("philox_integer", [out(count), seeded],
                       lambda out, seed, i=i: {"out": philox.words(seed, i + 5)[0].view(np.int32)}, {"N": count}, name)
            yield case("philox_uniform", [out(count, "f32"), seeded],
                       lambda out, seed, i=i: {"out": philox.uniform(philox.words(seed, i)[0])}, {"N": count}, name)
            yield case("philox_normal", [out(count, "f32"), seeded],
                       lambda out, seed, i=i: {"out": near(philox.normal(*philox.words(seed, i)[:2]))}, {"N": count},
                       name)
    yield case("dropout", [Param("x", "f32", values("f32", 256)), out(256, "f32"), scalar("seed", "i32", 7),
                           scalar("p", "f32", 0.5)],
               lambda x, out, seed, p: {"out": np.where(philox.uniform(philox.words(seed, np.arange(256))[0]) > p,
                                                        x / np.float32(1 - p), np.float32(0))}, {"N": 64},
               grid=(4, 1, 1))


def near(value):
    """A few ulps for a product of a square root, a logarithm and a cosine."""
    return Bound(value, np.abs(value) * 2.0**-20 + 2.0**-22)


# ---------------------------------------------------------------- one element at a time


def mapped():
    options = {"since": (3, 5), "interpreter": False}
    for count in (1, 64):
        yield case("map_loop", [small("x", count, 0, 1000), small("y", count, 0, 1000), out(count)],
                   lambda x, y, out: {"out": np.gcd(x, y)}, {"N": count}, f"-{count}", **options)
        yield case("map_pair", [small("x", count), small("y", count), out(count), output("rest", "i32", count)],
                   lambda x, y, out, rest: {"out": np.where(x < y, x * 2, y).astype(np.int32),
                                            "rest": np.where(x < y, y, x - 1).astype(np.int32)}, {"N": count},
                   f"-{count}", **options)


# ---------------------------------------------------------------- launches that fail


def failures():
    """Asserts, accesses outside an argument, what no engine runs."""
    for limit, status in [(100, "ok"), (5, "trapped")]:
        yield case("asserted", [array("x", "i32", np.arange(8)), out(8), scalar("limit", "i32", limit)],
                   lambda x, out, limit: {"out": x}, name=f"-{limit}", grid=(8, 1, 1), debug=True, status=status,
                   interpreter=status == "ok")
        yield case("asserted_tile", [array("x", "i32", np.arange(32)), out(32), scalar("limit", "i32", limit)],
                   lambda x, out, limit: {"out": x}, {"N": 32}, f"-{limit}", debug=True, status=status,
                   interpreter=status == "ok")
    yield case("asserted", [array("x", "i32", np.arange(8)), out(8), scalar("limit", "i32", 5)],
               lambda x, out, limit: {"out": x}, name="-ignored", grid=(8, 1, 1), interpreter=False)
    for kernel in ("out_of_bounds_load", "out_of_bounds_store"):
        for offset, status in [(0, "ok"), (1, "out of bounds"), (-1, "out of bounds"), (10**9, "out of bounds")]:
            yield case(kernel, [Param("x", "f32", values("f32", 64)), out(64, "f32"), scalar("offset", "i32", offset)],
                       lambda x, out, offset: {"out": x}, {"N": 64}, f"-{offset}", status=status,
                       interpreter=status == "ok", same_nan=True)
    for kernel in ("out_of_bounds_atomic", "out_of_bounds_scalar"):
        for offset in (4, -1):
            yield case(kernel, [small("x", 4), out(4), scalar("offset", "i32", offset)], lambda **_: {},
                       name=f"-{offset}", status="out of bounds", interpreter=False)
    for bad in (64, -1, 2**31 - 1):
        yield case("out_of_bounds_gather", [small("x", 64), array("index", "i32", [*range(63), bad]), out(64)],
                   lambda **_: {}, {"N": 64}, f"-{bad}", status="out of bounds", interpreter=False)
    yield case("inline_asm", [small("x", 32), out(32)], lambda **_: {}, {"N": 32}, status="unsupported",
               interpreter=False)


CASES = [*loops(), *branches(), *programs(), *random_numbers(), *mapped(), *failures()]
