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


CASES = [*float_dots(), *integer_dots(), *accumulated()]
