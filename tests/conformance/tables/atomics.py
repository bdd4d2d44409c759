"""Atomic operations: alone, in conflict within a tile, in conflict between programs."""

import numpy as np
from conformance.case import Case, Param, inout, output, scalar, values
from conformance.dtypes import DTYPES

INTEGERS = ["i32", "i64", "u32", "u64"]
BITWISE = {"and": np.bitwise_and, "or": np.bitwise_or, "xor": np.bitwise_xor}
OPERATIONS = {"add": np.add, "max": np.maximum, "min": np.minimum, **BITWISE, "xchg": lambda a, b: b}


def operations_of(dtype):
    """Names of the operations that Triton has for a type."""
    if not DTYPES[dtype].is_float:
        return list(OPERATIONS)
    if dtype in ("f16", "bf16"):
        return ["add"]
    return ["add", "max", "min", "xchg"]


def finite(dtype, count):
    """Small whole floats, of which every sum is exact; integers of any value."""
    if not DTYPES[dtype].is_float:
        return values(dtype, count)
    return lambda rng: rng.integers(-8, 9, count)


def case(kernel, dtype, params, oracle, constexprs, name="", **options):
    return Case(id=f"atomic_{kernel}-{dtype}{name}", kernel=f"atomics.{kernel}", params=tuple(params), oracle=oracle,
                constexprs=constexprs, **options)


def of_operation(dtype, operation):
    function = OPERATIONS[operation]
    since = (3, 4) if dtype == "bf16" else (3, 0)
    for count, n in [(64, 64), (128, 50), (1, 1)]:
        def distinct(x, memory, old, n, f=function):
            mask = np.arange(len(x)) < n
            return {"memory": np.where(mask, f(memory, x), memory), "old": np.where(mask, memory, old)}
        yield case("distinct", dtype, [Param("x", dtype, finite(dtype, count)), inout("memory", dtype, finite(dtype, count)),
                                       output("old", dtype, count), scalar("n", "i32", n)],
                   distinct, {"OP": operation, "N": count}, f"-{operation}-{count}-{n}", since=since)
    yield case("scalar_old", dtype, [Param("x", dtype, finite(dtype, 16)), inout("memory", dtype, finite(dtype, 16)),
                                     output("old", dtype, 16)],
               lambda x, memory, old, f=function: {"memory": f(memory, x), "old": memory}, {"OP": operation},
               f"-{operation}", grid=(16, 1, 1), since=since)
    if operation == "xchg":
        return
    for programs, count, cells in [(1, 64, 4), (1, 128, 1), (32, 32, 8), (64, 2, 1)]:
        def conflict(x, memory, f=function):
            for index, value in enumerate(x):
                memory[index % len(memory)] = f(memory[index % len(memory)], value)
            return {"memory": memory}
        if dtype in ("f16", "bf16") and programs * count > 256:
            continue  # the sums would round
        yield case("conflicting", dtype,
                   [Param("x", dtype, finite(dtype, programs * count)), inout("memory", dtype, finite(dtype, cells))],
                   conflict, {"OP": operation, "N": count, "CELLS": cells}, f"-{operation}-{programs}x{count}-{cells}",
                   grid=(programs, 1, 1), since=since)
    yield case("scalar", dtype, [Param("x", dtype, finite(dtype, 24)), inout("memory", dtype, finite(dtype, 1))],
               conflict, {"OP": operation}, f"-{operation}", grid=(24, 1, 1), since=since)


def zeros(count):
    return lambda rng: np.zeros(count)


def swaps():
    for dtype in ("i32", "i64", "u32"):
        def swap(expected, x, memory, old):
            return {"memory": np.where(memory == expected, x, memory), "old": memory}
        yield case("compare_and_swap", dtype,
                   [Param("expected", dtype, lambda rng: rng.integers(0, 2, 64)), Param("x", dtype, finite(dtype, 64)),
                    inout("memory", dtype, lambda rng: rng.integers(0, 2, 64)), output("old", dtype, 64)],
                   swap, {"N": 64})


def programs_together():
    for programs in (1, 7, 64):
        grid = (programs, 1, 1)
        yield case("tickets", "i32", [inout("counter", "i32", zeros(1)), inout("seen", "i32", zeros(programs))],
                   lambda counter, seen: {"counter": counter + len(seen), "seen": np.ones_like(seen)}, {},
                   f"-{programs}", grid=grid)
        yield case("tile_tickets", "i32",
                   [inout("counter", "i32", zeros(1)), inout("seen", "i32", zeros(programs * 32))],
                   lambda counter, seen: {"counter": counter + np.int32(len(seen)), "seen": np.ones_like(seen)},
                   {"N": 32}, f"-{programs}", grid=grid)
        yield case("locked", "i32",
                   [inout("lock", "i32", zeros(1)), inout("total", "i32", zeros(1)),
                    Param("x", "i32", values("i32", programs))],
                   lambda lock, total, x: {"lock": lock, "total": x.sum(keepdims=True, dtype=np.int32)}, {},
                   f"-{programs}", grid=grid)
        yield case("in_turn", "i32", [inout("turn", "i32", zeros(1)), output("log", "i32", programs)],
                   lambda turn, log: {"turn": turn + np.int32(len(log)),
                                      "log": np.arange(len(log), dtype=np.int32)[::-1]}, {},
                   f"-{programs}", grid=grid, interpreter=programs == 1)
    yield case("orders", "i32", [inout("memory", "i32", zeros(32)), output("old", "i32", 32)],
               lambda memory, old: {"memory": memory + 4, "old": np.full_like(old, 3210)}, {"N": 32})


def all_cases():
    for dtype in [*INTEGERS, "f16", "bf16", "f32", "f64"]:
        for operation in operations_of(dtype):
            yield from of_operation(dtype, operation)
    yield from swaps()
    yield from programs_together()


CASES = list(all_cases())
