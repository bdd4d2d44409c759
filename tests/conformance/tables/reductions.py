"""Reductions, scans, sorts and histograms."""

from functools import reduce as fold

import numpy as np
from conformance import oracles
from conformance.case import Bound, Case, Param, output, scalar, values
from conformance.dtypes import DTYPES, FLOATS, SIGNED, of_array, random_values

SHAPES_2D = [(4, 8), (1, 16), (16, 1), (32, 64)]


def case(kernel, dtype, params, oracle, constexprs, name="", **options):
    return Case(id=f"{kernel}-{dtype}{name}", kernel=f"reductions.{kernel}", params=tuple(params), oracle=oracle,
                constexprs=constexprs, **options)


def whole(dtype, count, most=4):
    """Makes small integers: their sums are exact in every order and type."""
    return lambda rng: rng.integers(-most, most + 1, count)


def no_nan(dtype, count):
    """Special values without NaN, in random order."""
    def make(rng):
        picked = values(dtype, count)(rng)
        picked[np.isnan(picked)] = 1
        return rng.permutation(picked)
    return make if DTYPES[dtype].is_float else values(dtype, count)


def with_nan(dtype, count):
    return lambda rng: rng.permutation(values(dtype, count)(rng))


# ---------------------------------------------------------------- reductions

# Operation: (function of an array and an axis, input, types, type of the result or "" for the input's)
FOLDS = {"max": (oracles.number_maximum, np.maximum), "min": (oracles.number_minimum, np.minimum)}


def reduced(function, x, axis):
    """A fold of a two-place function over an axis."""
    return fold(function, np.moveaxis(x, axis, 0))


def total(x, axis, result):
    return x.astype(result).sum(axis, dtype=result)


def extreme(name, is_float):
    function = FOLDS[name][0 if is_float else 1]
    return lambda x, axis, result: reduced(function, x, axis)


def product_of(x, axis, result):
    return reduced(np.multiply, x, axis).astype(result)


def signs(dtype, count):
    """1, -1 and a few 2: products are exact."""
    def make(rng):
        picked = rng.choice([-1, 1], count)
        picked[rng.integers(0, count, 3)] = 2
        return picked
    return make


def reductions_of(dtype):
    """(operation, input, function, type of the result)."""
    is_float, size = DTYPES[dtype].is_float, DTYPES[dtype].size
    accumulator = dtype if size >= 4 or is_float else "i32"
    yield "sum", whole, total, accumulator
    yield "max", with_nan, extreme("max", is_float), dtype
    yield "min", with_nan, extreme("min", is_float), dtype
    yield "argmax", no_nan, lambda x, axis, result: x.argmax(axis).astype(result), "i32"
    yield "argmin", no_nan, lambda x, axis, result: x.argmin(axis).astype(result), "i32"
    yield "product", signs, product_of, dtype
    if not is_float:
        yield "xor", values, lambda x, axis, result: reduced(np.bitwise_xor, x, axis), dtype
        yield "or", values, lambda x, axis, result: reduced(np.bitwise_or, x, axis), dtype


def reduction(dtype, row, shape, axis, keep=False):
    """One launch: `axis` may be None, for all of them."""
    operation, make, function, result = row
    kept = 1 if axis is None else int(np.prod(shape)) // shape[axis]
    result_type = DTYPES[result].numpy

    def oracle(x, out):
        x = x.reshape(shape)
        value = function(x.reshape(-1), 0, result_type) if axis is None else function(x, axis, result_type)
        return {"out": np.asarray(value).astype(result_type).reshape(-1)}
    constexprs = {"OP": operation}
    if axis is None:
        kernel = "reduce_everything"
    else:
        kernel = f"reduce_{len(shape)}d"
        if len(shape) > 1:
            constexprs |= {"AXIS": axis, "KEEP": keep, "COUNT": kept}
    constexprs |= dict(zip({1: "N", 2: "MN", 3: "ABC"}[len(shape)], shape))
    return case(kernel, dtype, [Param("x", dtype, make(dtype, int(np.prod(shape)))), output("out", result, kept)],
                oracle, constexprs, f"-{operation}-{'x'.join(map(str, shape))}-{axis}{'-keep' if keep else ''}")


def reductions(dtype, turn):
    """A few shapes of each operation; all of them for one type an operation, the types taking turns."""
    for number, row in enumerate(reductions_of(dtype)):
        largest = 128 if row[0] == "sum" and DTYPES[dtype].size <= 2 else 1024
        yield reduction(dtype, row, (largest,), 0)
        yield reduction(dtype, row, (32, 64), 0)
        yield reduction(dtype, row, (32, 64), 1)
        yield reduction(dtype, row, (2, 4, 8), 1, keep=True)
        if number % len(SIGNED + FLOATS) != turn:
            continue
        for count in (1, 2, 16):
            yield reduction(dtype, row, (count,), 0)
        for shape in [(4, 8), (1, 16), (16, 1)]:
            yield reduction(dtype, row, shape, 0)
            yield reduction(dtype, row, shape, 1, keep=True)
        yield reduction(dtype, row, (2, 4, 8), 0)
        yield reduction(dtype, row, (2, 4, 8), 2)
        if row[0] not in ("argmax", "argmin"):
            yield reduction(dtype, row, (4, 8), None)


def rounded_sums():
    """Sums that round: in any order, so with a bound."""
    for dtype, count in [("f32", 1024), ("f64", 1024), ("f16", 128), ("bf16", 128)]:
        def oracle(x, out, count=count):
            wide = x.astype(np.float64).astype(np.longdouble)
            error = count * np.abs(wide).sum() * 2.0 ** -(of_array(x).mantissa + 1)
            return {"out": Bound(wide.sum(keepdims=True).astype(np.float64).astype(x.dtype), np.array([float(error)]))}
        yield case("reduce_1d", dtype, [Param("x", dtype, lambda rng, d=dtype, n=count: random_values(d, n, rng)),
                                        output("out", dtype, 1)], oracle, {"OP": "sum", "N": count}, "-rounded")


def combined(dtype):
    for m, n in [(4, 8), (16, 2), (1, 64)]:
        sizes = {"M": m, "N": n}
        x = Param("x", dtype, whole(dtype, m * n))

        def twice(x, out, s=(m, n)):
            rows = x.reshape(s).sum(1)
            return {"out": np.array([(rows * rows).max() + rows.min()], x.dtype)}
        yield case("reduce_twice", dtype, [x, output("out", dtype, 1)], twice, sizes, f"-{m}x{n}")

        def softmax(x, out, s=(m, n)):
            value = x.reshape(s)
            value = value - value.max(1)[:, None]
            return {"out": (value * 2 - value.min(0)[None, :]).astype(x.dtype).reshape(-1)}
        yield case("softmax_like", dtype, [x, output("out", dtype, m * n)], softmax, sizes, f"-{m}x{n}")

        for left in (True, False):
            def place(x, out, place, s=(m, n)):
                return {"out": x.reshape(s).max(1), "place": x.reshape(s).argmax(1).astype(np.int32)}
            distinct = Param("x", dtype, lambda rng, k=m * n: rng.permutation(k) - k // 2)
            yield case("max_and_place", dtype, [x if left else distinct, output("out", dtype, m),
                                                output("place", "i32", m)],
                       place, {**sizes, "LEFT": left}, f"-{m}x{n}-{left}")
        for axis in range(2):
            def pair(x, y, most, total, s=(m, n), axis=axis):
                return {"most": x.reshape(s).max(axis), "total": y.reshape(s).sum(axis, dtype=y.dtype)}
            kept = m * n // (m, n)[axis]
            yield case("reduce_pair", dtype,
                       [x, Param("y", dtype, whole(dtype, m * n)), output("most", dtype, kept),
                        output("total", dtype, kept)],
                       pair, {**sizes, "AXIS": axis, "COUNT": kept}, f"-{m}x{n}-{axis}")


def affine(left, right):
    """x -> a x + b, one after the other."""
    return left[0] * right[0], left[1] * right[0] + right[1]


def several_types():
    for n in (2, 64, 512):
        yield case("reduce_extremes", "i32",
                   [Param("x", "i32", whole("i32", n, 1000)), output("low", "i32", 1), output("high", "f32", 1),
                    output("count", "i64", 1)],
                   lambda x, low, high, count: {"low": x.min(keepdims=True),
                                                "high": x.max(keepdims=True).astype(np.float32),
                                                "count": np.array([x.size])}, {"N": n}, f"-{n}")


# ---------------------------------------------------------------- scans

SCANS = {
    "sum": (whole, np.add),
    "product": (signs, np.multiply),
    "max": (whole, np.maximum),
    "or": (values, np.bitwise_or),
    "second": (values, lambda a, b: b),
}


def accumulate(function, x, axis=0, reverse=False):
    """An inclusive scan."""
    rows = list(np.moveaxis(x, axis, 0))
    if reverse:
        rows.reverse()
    results = [rows[0]]
    for row in rows[1:]:
        results.append(function(results[-1], row))
    if reverse:
        results.reverse()
    return np.moveaxis(np.stack(results), 0, axis).astype(x.dtype)


def scans(dtype):
    for operation, (make, function) in SCANS.items():
        if operation == "or" and DTYPES[dtype].is_float:
            continue
        for count in (1, 2, 64, 512) if dtype == "i32" else (512,):
            for reverse in (False, True):
                yield case("scan_1d", dtype, [Param("x", dtype, make(dtype, count)), output("out", dtype, count)],
                           lambda x, out, f=function, r=reverse: {"out": accumulate(f, x, 0, r)},
                           {"OP": operation, "REVERSE": reverse, "N": count},
                           f"-{operation}-{count}-{'reverse' if reverse else 'forward'}")
    for m, n in SHAPES_2D:
        for axis, reverse in [(0, False), (1, False), (1, True)]:
            yield case("scan_2d", dtype, [Param("x", dtype, whole(dtype, m * n)), output("out", dtype, m * n)],
                       lambda x, out, s=(m, n), a=axis, r=reverse:
                       {"out": accumulate(np.add, x.reshape(s), a, r).reshape(-1)},
                       {"AXIS": axis, "REVERSE": reverse, "M": m, "N": n}, f"-{m}x{n}-{axis}-{reverse}")
    for axis in range(3):
        yield case("scan_3d", dtype, [Param("x", dtype, whole(dtype, 64)), output("out", dtype, 64)],
                   lambda x, out, a=axis: {"out": accumulate(np.maximum, x.reshape(2, 4, 8), a).reshape(-1)},
                   {"AXIS": axis, "A": 2, "B": 4, "C": 8}, f"-{axis}")
    for count in (4, 128):
        for reverse in (False, True):
            def recurrence(x, y, scale, shift, reverse=reverse):
                pairs = list(zip(x, y))[::-1 if reverse else 1]
                results = [pairs[0]]
                for pair in pairs[1:]:
                    results.append(affine(results[-1], pair))
                a, b = zip(*results[::-1 if reverse else 1])
                return {"scale": np.array(a, x.dtype), "shift": np.array(b, x.dtype)}
            yield case("scan_affine", dtype,
                       [Param("x", dtype, signs(dtype, count)), Param("y", dtype, whole(dtype, count)),
                        output("scale", dtype, count), output("shift", dtype, count)], recurrence,
                       {"REVERSE": reverse, "N": count}, f"-{count}-{reverse}")


# ---------------------------------------------------------------- sorts and histograms


def finite(dtype, count):
    """Without NaN and without zeros of both signs, which sort as equals."""
    def make(rng):
        picked = no_nan(dtype, count)(rng)
        return np.where(picked == 0, picked.dtype.type(0), picked)
    return make


def sorts(dtype):
    for descending in (False, True):
        step = -1 if descending else 1
        for count in (1, 2, 16, 256):
            yield case("sort_1d", dtype, [Param("x", dtype, finite(dtype, count)), output("out", dtype, count)],
                       lambda x, out, step=step: {"out": np.sort(x)[::step]},
                       {"DESCENDING": descending, "N": count}, f"-{count}-{descending}")
        for m, n in [(4, 8), (16, 2), (1, 32)]:
            yield case("sort_2d", dtype, [Param("x", dtype, finite(dtype, m * n)), output("out", dtype, m * n)],
                       lambda x, out, step=step, s=(m, n): {"out": np.sort(x.reshape(s), 1)[:, ::step].reshape(-1)},
                       {"DESCENDING": descending, "M": m, "N": n}, f"-{m}x{n}-{descending}")
    for m, n, k in [(4, 16, 4), (1, 64, 8), (8, 8, 1)]:
        yield case("topk_2d", dtype, [Param("x", dtype, finite(dtype, m * n)), output("out", dtype, m * k)],
                   lambda x, out, s=(m, n), k=k: {"out": np.sort(x.reshape(s), 1)[:, ::-1][:, :k].reshape(-1)},
                   {"K": k, "M": m, "N": n}, f"-{m}x{n}-{k}", since=(3, 4))


def histograms():
    for dtype in ("i32", "i64"):
        for count, bins in [(16, 2), (128, 16), (1024, 128), (512, 8)]:
            def in_bins(rng, count=count, bins=bins):
                return rng.integers(0, bins, count)
            yield case("histogram", dtype, [Param("x", dtype, in_bins), output("out", "i32", bins)],
                       lambda x, out, bins=bins: {"out": np.bincount(x, minlength=bins).astype(np.int32)},
                       {"N": count, "BINS": bins}, f"-{count}-{bins}")
            for n in (0, count // 3, count):
                yield case("masked_histogram", dtype, [Param("x", dtype, in_bins), output("out", "i32", bins),
                                                       scalar("n", "i32", n)],
                           lambda x, out, n, bins=bins: {"out": np.bincount(x[:n], minlength=bins).astype(np.int32)},
                           {"N": count, "BINS": bins}, f"-{count}-{bins}-{n}", since=(3, 4))


def all_cases():
    for turn, dtype in enumerate(SIGNED + FLOATS):
        yield from reductions(dtype, turn)
    for dtype in ("i32", "i64", "f16", "f32", "f64"):
        yield from scans(dtype)
    for dtype in ("i32", "f32"):
        yield from combined(dtype)
    for dtype in ("i8", "i32", "i64", "f16", "f32", "u16"):
        yield from sorts(dtype)
    yield from rounded_sums()
    yield from several_types()
    yield from histograms()


CASES = list(all_cases())
