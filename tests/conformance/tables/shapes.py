"""Broadcasts, reshapes, permutations, joins and the like."""

from itertools import permutations

import numpy as np
from conformance.case import Case, Param, array, output, values
from conformance.dtypes import DTYPES

# One type of each size, and i1, whose buffers have bytes.
DTYPES_BY_SIZE = ["i8", "f16", "i32", "f64"]
MORE = ["i1", "f8e5m2", "bf16", "f32", "i64"]


def _size(shape):
    return int(np.prod(shape))


def move(kernel, dtype, shapes, result, function, constexprs, name="", same_nan=True, **options):
    """A case of an operation on inputs of the given shapes, whose result has `result` elements."""
    letters = "xy"[:len(shapes)]
    params = [Param(letter, dtype, values(dtype, _size(shape))) for letter, shape in zip(letters, shapes)]

    def oracle(out, **inputs):
        arrays = [inputs[letter].reshape(shape) for letter, shape in zip(letters, shapes)]
        return {"out": np.ascontiguousarray(function(*arrays)).reshape(-1)}
    return Case(id=f"{kernel}{name}-{dtype}-{'_'.join('x'.join(map(str, shape)) or '1' for shape in shapes)}",
                kernel=f"shapes.{kernel}", params=(*params, output("out", dtype, result)), oracle=oracle,
                constexprs=constexprs, same_nan=same_nan, **options)


def broadcasts(dtype):
    for m, n in [(4, 8), (1, 32), (32, 1), (16, 2), (64, 32)]:
        sizes = {"M": m, "N": n}
        yield move("broadcast_column", dtype, [(m,)], m * n, lambda x, n=n: np.repeat(x[:, None], n, 1), sizes,
                   f"_{m}x{n}")
        yield move("broadcast_row", dtype, [(n,)], m * n, lambda x, m=m: np.repeat(x[None, :], m, 0), sizes,
                   f"_{m}x{n}")
        yield move("broadcast_scalar", dtype, [(1,)], m * n, lambda x, k=m * n: np.repeat(x, k), sizes, f"_{m}x{n}")
    for a, b, c in [(2, 4, 8), (4, 1, 2), (8, 16, 4)]:
        yield move("broadcast_middle", dtype, [(b,)], a * b * c,
                   lambda x, s=(a, b, c): np.broadcast_to(x[None, :, None], s), {"A": a, "B": b, "C": c},
                   f"_{a}x{b}x{c}")
    yield move("broadcast_4d", dtype, [(1, 4, 1, 2)], 64, lambda x: np.broadcast_to(x, (2, 4, 4, 2)),
               {"A": 2, "B": 4, "C": 4, "D": 2})


def reshapes(dtype):
    for axis in range(3):
        yield move("expand", dtype, [(8, 4)], 32, lambda x: x, {"AXIS": axis, "M": 8, "N": 4}, f"_{axis}")
    for (m, n), (p, q) in [((8, 4), (4, 8)), ((1, 64), (64, 1)), ((16, 16), (2, 128)), ((32, 2), (1, 64))]:
        yield move("reshape_2d", dtype, [(m, n)], m * n, lambda x: x, {"M": m, "N": n, "P": p, "Q": q}, f"_{p}x{q}")
    yield move("reshape_3d", dtype, [(4, 2, 8)], 64, lambda x: x, {"A": 4, "B": 2, "C": 8})
    yield move("ravel", dtype, [(8, 16)], 128, lambda x: x, {"M": 8, "N": 16})
    yield move("reshape_offsets", dtype, [(8, 16)], 128, lambda x: x.T, {"M": 8, "N": 16})


def transposes(dtype):
    for m, n in [(2, 2), (16, 4), (1, 32), (32, 1), (32, 64)]:
        yield move("trans", dtype, [(m, n)], m * n, lambda x: x.T, {"M": m, "N": n})
    for order in permutations(range(3)):
        yield move("permute_3d", dtype, [(4, 2, 8)], 64, lambda x, order=order: x.transpose(order),
                   {"A": 4, "B": 2, "C": 8, **dict(zip("PQR", order))}, "_" + "".join(map(str, order)))
    for order in [(3, 2, 1, 0), (0, 2, 1, 3), (1, 3, 0, 2)]:
        yield move("permute_4d", dtype, [(2, 4, 2, 8)], 128, lambda x, order=order: x.transpose(order),
                   {"A": 2, "B": 4, "C": 2, "D": 8, **dict(zip("PQRS", order))}, "_" + "".join(map(str, order)))


def joins(dtype):
    for n in (1, 16, 128):
        yield move("join_1d", dtype, [(n,), (n,)], 2 * n, lambda x, y: np.stack([x, y], -1), {"N": n})
        yield move("interleave_1d", dtype, [(n,), (n,)], 2 * n, lambda x, y: np.stack([x, y], -1), {"N": n})
    for m, n in [(4, 8), (1, 16), (16, 1)]:
        sizes = {"M": m, "N": n}
        yield move("join_2d", dtype, [(m, n), (m, n)], 2 * m * n, lambda x, y: np.stack([x, y], -1), sizes)
        yield move("interleave_2d", dtype, [(m, n), (m, n)], 2 * m * n, lambda x, y: np.stack([x, y], -1), sizes)
        yield split("split_2d", dtype, (m, n, 2), sizes)
    yield move("join_scalars", dtype, [(1,), (1,)], 2, lambda x, y: np.stack([x, y], -1), {}, since=(3, 2))
    for n in (2, 64):
        yield split("split_1d", dtype, (n, 2), {"N": n})


def split(kernel, dtype, shape, constexprs):
    """A case with two results."""
    half = _size(shape) // 2

    def oracle(x, out, rest):
        x = x.reshape(shape)
        return {"out": x[..., 0].reshape(-1), "rest": x[..., 1].reshape(-1)}
    return Case(id=f"{kernel}-{dtype}-{'x'.join(map(str, shape))}", kernel=f"shapes.{kernel}",
                params=(Param("x", dtype, values(dtype, 2 * half)), output("out", dtype, half),
                        output("rest", dtype, half)),
                oracle=oracle, constexprs=constexprs, same_nan=True)


def flips(dtype):
    for n in (2, 16, 128):
        yield move("flip_1d", dtype, [(n,)], n, lambda x: x[::-1], {"N": n})
    yield move("flip_2d", dtype, [(8, 16)], 128, lambda x: x[:, ::-1], {"M": 8, "N": 16})


def gathers(dtype):
    for n, k in [(16, 32), (64, 1), (2, 128)]:
        yield gather("gather_1d", dtype, (n,), (k,), 0, {"N": n, "K": k})
    for shape, index_shape, axis in [((8, 16), (4, 16), 0), ((8, 16), (8, 32), 1), ((16, 1), (2, 1), 0)]:
        sizes = dict(zip("MNPQ", (*shape, *index_shape)))
        yield gather("gather_2d", dtype, shape, index_shape, axis, {**sizes, "AXIS": axis})


def gather(kernel, dtype, shape, index_shape, axis, constexprs):
    def indices(rng):
        return rng.integers(0, shape[axis], _size(index_shape))

    def oracle(x, index, out):
        return {"out": np.take_along_axis(x.reshape(shape), index.reshape(index_shape), axis).reshape(-1)}
    return Case(id=f"{kernel}-{dtype}-{'x'.join(map(str, shape))}-{'x'.join(map(str, index_shape))}-{axis}",
                kernel=f"shapes.{kernel}",
                params=(Param("x", dtype, values(dtype, _size(shape))), Param("index", "i32", indices),
                        output("out", dtype, _size(index_shape))),
                oracle=oracle, constexprs=constexprs, same_nan=True, since=(3, 3))


def constants():
    """Tiles that come from no memory."""
    for dtype, value in [("i8", -3), ("i16", 300), ("i32", -(2**31)), ("i64", 2**40 + 1), ("f16", 0.1), ("bf16", 1.1),
                         ("f32", 0.1), ("f64", 0.1), ("u8", 255), ("i32", 0)]:
        triton = {"f16": "float16", "bf16": "bfloat16", "f32": "float32", "f64": "float64", "u8": "uint8"}.get(
            dtype, f"int{dtype[1:]}")
        expected = np.full(64, value, DTYPES[dtype].numpy)
        yield Case(id=f"full-{dtype}-{value}", kernel="shapes.full", params=(output("out", dtype, 64),),
                   oracle=lambda out, expected=expected: {"out": expected},
                   constexprs={"VALUE": value, "TO": f"tl.{triton}", "M": 4, "N": 16})
    for start, end in [(0, 1), (0, 128), (5, 13), (16, 32)]:
        yield Case(id=f"ranges-{start}-{end}", kernel="shapes.ranges", params=(output("out", "i32", end - start),),
                   oracle=lambda out, start=start, end=end: {"out": np.arange(start, end, dtype=np.int32)},
                   constexprs={"START": start, "END": end})
    for m, n, group in [(4, 6, 2), (5, 3, 3), (1, 4, 8)]:
        yield Case(id=f"swizzle-{m}x{n}-{group}", kernel="shapes.swizzle", params=(output("out", "i32", m * n),),
                   oracle=lambda out, s=(m, n, group): {"out": swizzled(*s)},
                   constexprs={"M": m, "N": n, "GROUP": group}, grid=(m, n, 1))


def swizzled(m, n, group):
    """tl.swizzle2d: columns by columns within each group of rows."""
    places = []
    for first in range(0, m, group):
        rows = range(first, min(first + group, m))
        places += [row * n + column for column in range(n) for row in rows]
    return np.array(places, np.int32)


def outer_sums(dtype):
    for m, n in [(4, 8), (32, 32), (1, 16), (16, 1)]:
        yield move("broadcast_outer", dtype, [(m,), (n,)], m * n, lambda x, y: x[:, None] + y[None, :],
                   {"M": m, "N": n}, same_nan=False)


def cats(dtype):
    for n in (4, 128):
        yield Case(id=f"cat_1d-{dtype}-{n}", kernel="shapes.cat_1d",
                   params=(array("x", dtype, np.arange(n) % 50), array("y", dtype, 50 + np.arange(n) % 50),
                           output("out", dtype, 1)),
                   oracle=lambda x, y, out: {"out": np.maximum(x.max(), y.max()).reshape(1)}, constexprs={"N": n})


def all_cases():
    for dtype in DTYPES_BY_SIZE:
        for family in (broadcasts, reshapes, transposes, joins, flips, gathers):
            yield from family(dtype)
    for dtype in MORE:
        yield from reshapes(dtype)
        yield from transposes(dtype)
    for dtype in ("i8", "i32", "f32"):
        yield from outer_sums(dtype)
        yield from cats(dtype)
    yield from constants()


CASES = list(all_cases())
