"""Matrix products: exact on small integers, with a bound on random values."""

import numpy as np
from conformance.case import Bound, Case, Param, output, scalar
from conformance.dtypes import DTYPES

SHAPES = [(16, 16, 16), (32, 16, 64), (16, 128, 32), (64, 64, 64), (128, 128, 32)]
FEW = [(16, 16, 16), (32, 64, 128)]
UNIT = {"f16": 2.0**-11, "f32": 2.0**-24, "f64": 2.0**-53}  # half an ulp, relative
TF32 = 2.0**-10  # both operands' rounding to 10 bits, to nearest or truncated


def whole(dtype, *shape):
    """Small integers: every product and sum is exact in every type."""
    most = 2 if dtype.startswith("f8") else 4
    return lambda rng: rng.integers(-most, most + 1, int(np.prod(shape)))


def random(dtype, *shape):
    return lambda rng: rng.standard_normal(int(np.prod(shape))).astype(DTYPES[dtype].numpy)


def case(kernel, dtype, params, oracle, constexprs, name, **options):
    return Case(id=f"{kernel}-{dtype}-{name}", kernel=f"dots.{kernel}", params=tuple(params), oracle=oracle,
                constexprs=constexprs, **options)


def product(x, y, accumulator, extra=0.0, start=None):
    """The product in long double with the error that any order of summing in the accumulator may have."""
    wide = np.longdouble if accumulator == "f64" else np.float64
    a, b = x.astype(np.float64).astype(wide), y.astype(np.float64).astype(wide)
    value, size = a @ b, np.abs(a) @ np.abs(b)
    if start is not None:
        value, size = value + start, size + np.abs(start)
    error = size * ((x.shape[-1] + 2) * UNIT[accumulator] + extra)
    return value.astype(DTYPES[accumulator].numpy), error.astype(np.float64)


def sizes(m, n, k):
    return {"M": m, "N": n, "K": k}


def dot_case(dtype, m, n, k, precision, accumulator, make, kind):
    triton = {"f16": "tl.float16", "f32": "tl.float32", "f64": "tl.float64"}[accumulator]
    extra = TF32 if precision == "tf32" and kind == "random" else 0.0

    def oracle(x, y, out):
        value, error = product(x.reshape(m, k), y.reshape(k, n), accumulator, extra)
        return {"out": value.reshape(-1) if kind == "whole" else Bound(value.reshape(-1), error)}
    return case("dot", dtype, [Param("x", dtype, make(dtype, m, k)), Param("y", dtype, make(dtype, k, n)),
                               output("out", accumulator, m * n)],
                oracle, {**sizes(m, n, k), "PRECISION": precision, "TO": triton},
                f"{m}x{n}x{k}-{precision}-{accumulator}-{kind}")


def float_dots():
    for dtype, precision, accumulator in [("f16", "ieee", "f32"), ("bf16", "ieee", "f32"), ("f32", "ieee", "f32"),
                                          ("f32", "tf32", "f32"), ("f32", "tf32x3", "f32"), ("f64", "ieee", "f64"),
                                          ("f16", "ieee", "f16"), ("f8e4m3", "ieee", "f32"), ("f8e5m2", "ieee", "f32")]:
        for shape in SHAPES if accumulator == "f32" else FEW:
            if dtype.startswith("f8") and shape[2] < 32:
                continue
            yield dot_case(dtype, *shape, precision, accumulator, whole, "whole")
            yield dot_case(dtype, *shape, precision, accumulator, random, "random")


def integer_dots():
    for m, n, k in [(16, 16, 32), (32, 64, 32), (64, 32, 128)]:
        yield case("dot_integers", "i8", [Param("x", "i8", lambda rng, c=m * k: rng.integers(-128, 128, c)),
                                          Param("y", "i8", lambda rng, c=k * n: rng.integers(-128, 128, c)),
                                          output("out", "i32", m * n)],
                   lambda x, y, out, s=(m, n, k):
                   {"out": (x.reshape(s[0], s[2]).astype(np.int32) @ y.reshape(s[2], s[1]).astype(np.int32))
                    .reshape(-1)},
                   sizes(m, n, k), f"{m}x{n}x{k}")


def accumulated():
    for dtype in ("f16", "bf16", "f32"):
        for m, n, k in FEW:
            def oracle(x, y, z, out, s=(m, n, k)):
                value, error = product(x.reshape(s[0], s[2]), y.reshape(s[2], s[1]), "f32",
                                       start=z.reshape(s[:2]).astype(np.float64))
                return {"out": Bound(value.reshape(-1), error)}
            yield case("dot_accumulate", dtype,
                       [Param("x", dtype, random(dtype, m, k)), Param("y", dtype, random(dtype, k, n)),
                        Param("z", "f32", random("f32", m, n)), output("out", "f32", m * n)],
                       oracle, {**sizes(m, n, k), "PRECISION": "ieee"}, f"{m}x{n}x{k}")

            def transposed(x, y, out, s=(m, n, k)):
                value, error = product(x.reshape(s[2], s[0]).T, y.reshape(s[1], s[2]).T, "f32")
                return {"out": Bound(value.reshape(-1), error)}
            yield case("dot_transposed", dtype,
                       [Param("x", dtype, random(dtype, k, m)), Param("y", dtype, random(dtype, n, k)),
                        output("out", "f32", m * n)], transposed, sizes(m, n, k), f"{m}x{n}x{k}")
        for b in (1, 4):
            def batched(x, y, out, b=b):
                value, error = product(x.reshape(b, 16, 32), y.reshape(b, 32, 64), "f32")
                return {"out": Bound(value.reshape(-1), error.reshape(-1))}
            yield case("dot_batched", dtype,
                       [Param("x", dtype, random(dtype, b, 16, 32)), Param("y", dtype, random(dtype, b, 32, 64)),
                        output("out", "f32", b * 16 * 64)], batched, {"B": b, **sizes(16, 64, 32)}, f"{b}x16x64x32")
        for k in (64, 100):
            def loop(x, y, out, k):
                value, error = product(x.reshape(32, k), y.reshape(k, 16), "f32")
                return {"out": Bound(value.reshape(-1), error)}
            yield case("dot_loop", dtype,
                       [Param("x", dtype, random(dtype, 32, k)), Param("y", dtype, random(dtype, k, 16)),
                        output("out", "f32", 32 * 16), scalar("k", "i32", k)], loop, sizes(32, 16, 32), f"{k}")


# ---------------------------------------------------------------- microscaled formats

STORED = {"e2m1": "u8", "e4m3": "f8e4m3", "e5m2": "f8e5m2", "bf16": "bf16", "fp16": "f16"}
# left, right, which are scaled, elements to a scale, e2m1 packed along K, since which Triton
SCALED = [
    ("e4m3", "e4m3", 3, 32, (True, True), (3, 4)),
    ("e5m2", "e4m3", 3, 32, (True, True), (3, 4)),
    ("e5m2", "e5m2", 1, 32, (True, True), (3, 4)),
    ("e4m3", "e5m2", 0, 32, (True, True), (3, 4)),
    ("e2m1", "e2m1", 3, 32, (True, True), (3, 4)),
    ("e2m1", "e4m3", 3, 32, (True, True), (3, 4)),
    ("e5m2", "e2m1", 2, 32, (True, True), (3, 4)),
    ("e2m1", "e2m1", 0, 32, (True, True), (3, 4)),
    ("bf16", "e2m1", 2, 32, (True, True), (3, 4)),
    ("e2m1", "bf16", 1, 32, (True, True), (3, 4)),
    ("fp16", "e2m1", 2, 32, (True, True), (3, 4)),
    ("e4m3", "fp16", 1, 32, (True, True), (3, 4)),
    ("fp16", "bf16", 0, 32, (True, True), (3, 4)),
    ("e2m1", "e2m1", 3, 32, (False, False), (3, 4)),
    ("e2m1", "e4m3", 3, 32, (False, True), (3, 4)),
    ("fp16", "e2m1", 2, 32, (True, False), (3, 4)),
    ("e2m1", "e2m1", 3, 16, (True, True), (3, 6)),
    ("e4m3", "e2m1", 3, 16, (True, True), (3, 9)),
]
NIBBLES = np.array([0, 0.5, 1, 1.5, 2, 3, 4, 6, -0.0, -0.5, -1, -1.5, -2, -3, -4, -6], np.float32)


def unpacked(stored, shape, axis):
    """e2m1 numbers of bytes; two along `axis` of the (rows, columns) to a byte, the lower half first."""
    packed = [size // 2 if dim == axis else size for dim, size in enumerate(shape)]
    bytes_ = stored.reshape(packed)
    return np.stack([NIBBLES[bytes_ & 15], NIBBLES[bytes_ >> 4]], axis + 1).reshape(shape)


def scaled_values(stored, scales, format, shape, k_axis, pack_k, factor, compute):
    """An operand times its scales in f16 or bf16, as float64."""
    if format == "e2m1":
        values = unpacked(stored, shape, k_axis if pack_k else 1 - k_axis)
    else:
        values = stored.reshape(shape)
    values = values.astype(np.float32).astype(compute).astype(np.float64)
    if scales is None:
        return values
    if scales.dtype == np.uint8:
        scales = np.where(scales == 255, np.nan, np.exp2(scales.astype(np.float64) - 127))
    scales = scales.astype(np.float64).astype(compute).astype(np.float64).reshape(shape[1 - k_axis], -1)
    scales = np.repeat(scales, factor, 1)
    return (values * (scales if k_axis else scales.T)).astype(compute).astype(np.float64)


def any_bits(dtype, count):
    """Random bytes; numbers that are no NaNs and no infinities."""
    def make(rng):
        if dtype == "u8":
            return rng.integers(0, 256, count).astype(np.uint8)
        if dtype in ("f16", "bf16"):
            return rng.standard_normal(count).astype(DTYPES[dtype].numpy)
        drawn = rng.integers(0, 256, count).astype(np.uint8).view(DTYPES[dtype].numpy)
        return np.where(np.isfinite(drawn.astype(np.float32)), drawn, drawn.dtype.type(1))
    return make


def scale_bits(factor, count):
    """Scales about 1."""
    if factor == 16:
        return lambda rng: np.exp2(rng.integers(-6, 8, count)) * rng.choice([1, 1.125, 1.875], count)
    return lambda rng: rng.integers(120, 135, count)


def dot_scaled_case(left, right, scaled, factor, k_packs, since, m, n, k, kind="", **given):
    """`given` replaces what an input is made from; then the result is exact."""
    compute = DTYPES["f16" if "fp16" in (left, right) else "bf16"].numpy
    counts = {"x": m * k // (2 if left == "e2m1" else 1), "y": k * n // (2 if right == "e2m1" else 1)}
    scale_type = "u8" if factor == 32 else "f8e4m3"
    make = {"x": any_bits(STORED[left], counts["x"]), "xs": scale_bits(factor, m * k // factor),
            "y": any_bits(STORED[right], counts["y"]), "ys": scale_bits(factor, n * k // factor),
            "z": random("f32", m, n), **given}

    def oracle(x, xs, y, ys, z, out):
        a = scaled_values(x, xs if scaled & 1 else None, left, (m, k), 1, k_packs[0], factor, compute)
        b = scaled_values(y, ys if scaled & 2 else None, right, (k, n), 0, k_packs[1], factor, compute)
        value, error = product(a, b, "f32", start=z.astype(np.float64).reshape(m, n))
        return {"out": value.reshape(-1) if given else Bound(value.reshape(-1), error.reshape(-1))}
    types = {"x": STORED[left], "xs": scale_type, "y": STORED[right], "ys": scale_type, "z": "f32"}
    return case("dot_scaled", f"{left}-{right}",
                [*[Param(name, dtype, make[name]) for name, dtype in types.items()], output("out", "f32", m * n)],
                oracle, {**sizes(m, n, k), "FACTOR": factor, "LEFT": left, "RIGHT": right, "SCALED": scaled,
                         "LEFT_K": k_packs[0], "RIGHT_K": k_packs[1]},
                f"{m}x{n}x{k}-{scaled}-{factor}-{''.join('nk'[along] for along in k_packs)}{kind}",
                since=since, interpreter=False)


def every_scale():
    """All 256 exponents, seen through a product with the identity matrix."""
    for left, right in [("e4m3", "bf16"), ("e4m3", "fp16"), ("e2m1", "fp16")]:
        for first in (0, 128):
            yield dot_scaled_case(left, right, 1, 32, (True, True), (3, 4), 128, 64, 64, f"-every-{first}",
                                  xs=lambda rng, first=first: np.stack([np.arange(first, first + 128),
                                                                        np.full(128, 127)], 1).reshape(-1),
                                  y=lambda rng: np.eye(64).reshape(-1), z=lambda rng: np.zeros(128 * 64))


def scaled_dots():
    for row in SCALED:
        for shape in [(128, 128, 64), (128, 64, 128)]:
            yield dot_scaled_case(*row, *shape)


CASES = [*float_dots(), *integer_dots(), *accumulated(), *scaled_dots(), *every_scale()]
