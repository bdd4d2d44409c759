"""Conversions between all types, and reinterpretations of bits."""

import numpy as np
from conformance import oracles
from conformance.case import Case, Param, output, values
from conformance.dtypes import DTYPES, FLOATS, FP8, SIGNED, UNSIGNED

COUNT = 1024
VALUES = ["i1", *SIGNED, *UNSIGNED, *FLOATS, *FP8]
TRITON = {"i1": "tl.int1", **{name: f"tl.{'u' * (name[0] == 'u')}int{name[1:]}" for name in SIGNED + UNSIGNED},
          "f16": "tl.float16", "bf16": "tl.bfloat16", "f32": "tl.float32", "f64": "tl.float64",
          "f8e4m3": "tl.float8e4nv", "f8e5m2": "tl.float8e5"}
BY_WIDTH = [["i8", "u8", *FP8], ["i16", "u16", "f16", "bf16"], ["i32", "u32", "f32"], ["i64", "u64", "f64"]]


def _case(kind, source, target, oracle, constexprs, **options):
    return Case(
        id=f"{kind}-{source}-{target}",
        kernel=f"conversions.{kind}",
        params=(Param("x", source, values(source, COUNT)), output("out", target, COUNT)),
        oracle=lambda x, out: {"out": oracle(x)},
        constexprs={"TO": TRITON[target], "N": COUNT, **constexprs},
        **options,
    )


def supported(source, target):
    """What Triton's frontend converts: fp8 from and to floats only, not from one fp8 to the other."""
    if source == target:
        return False
    fp8 = [name for name in (source, target) if name in FP8]
    others = [name for name in (source, target) if name not in FP8]
    return not fp8 or (len(fp8) == 1 and others[0] in FLOATS)


def cast_cases():
    return [_case("cast", source, target, lambda x, target=target: oracles.convert(x, target), {})
            for source in VALUES for target in VALUES if supported(source, target)]


def rounding_cases():
    """Downcasts that say how to round."""
    pairs = [("f32", "f16"), ("f32", "bf16"), ("f32", "f8e5m2")]
    return [_case(f"cast_{mode}", source, target,
                  lambda x, target=target, mode=mode: oracles.convert(x, target, toward_zero=mode == "rtz"), {})
            for source, target in pairs for mode in ("rtne", "rtz") if not (target in FP8 and mode == "rtz")]


def bitcast_cases():
    return [_case("bitcast", source, target, lambda x, target=target: x.view(DTYPES[target].numpy), {}, same_nan=True)
            for names in BY_WIDTH for source in names for target in names if source != target]


CASES = cast_cases() + rounding_cases() + bitcast_cases()
