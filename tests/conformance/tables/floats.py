"""Float operations and functions."""

import math

import numpy as np
from conformance import oracles
from conformance.dtypes import FLOATS
from conformance.oracles import wide
from conformance.tables.elementwise import Operation, cases_of

WIDE = ["f32", "f64"]  # what Triton's math functions take
HALVES = ["f16", "bf16"]


def _erf(x):
    return np.array([math.erf(value) for value in x.ravel()], x.dtype).reshape(x.shape)


def _compare(name, symbol, function):
    return Operation(f"f{name}", 2, f"a {symbol} b", function, FLOATS, result="i8")


ARITHMETIC = [
    Operation("fadd", 2, "a + b", np.add, FLOATS),
    Operation("fsub", 2, "a - b", np.subtract, FLOATS),
    Operation("fmul", 2, "a * b", np.multiply, FLOATS),
    Operation("fdiv", 2, "a / b", np.divide, FLOATS),
    Operation("fmod", 2, "a % b", np.fmod, FLOATS),
    Operation("fma", 3, "tl.fma(a, b, c)", oracles.fma, FLOATS),
    Operation("fneg", 1, "-a", lambda a: a.dtype.type(0) - a, FLOATS, until=(3, 7)),
    Operation("fneg_op", 1, "-a", np.negative, FLOATS, since=(3, 8)),
    Operation("fabs", 1, "tl.abs(a)", np.abs, FLOATS),
    Operation("fmax", 2, "tl.maximum(a, b)", oracles.number_maximum, FLOATS),
    Operation("fmin", 2, "tl.minimum(a, b)", oracles.number_minimum, FLOATS),
    Operation("fmax_nan", 2, "tl.maximum(a, b, propagate_nan=tl.PropagateNan.ALL)", oracles.nan_maximum, FLOATS),
    Operation("fmin_nan", 2, "tl.minimum(a, b, propagate_nan=tl.PropagateNan.ALL)", oracles.nan_minimum, FLOATS),
    Operation("clamp", 3, "low = tl.minimum(b, c)\nhigh = tl.maximum(b, c)\ntl.clamp(a, low, high)",
              lambda a, b, c: oracles.number_minimum(oracles.number_maximum(a, oracles.number_minimum(b, c)),
                                                     oracles.number_maximum(b, c)), FLOATS),
    Operation("clamp_nan", 3,
              "low = tl.minimum(b, c)\nhigh = tl.maximum(b, c)\n"
              "tl.clamp(a, low, high, propagate_nan=tl.PropagateNan.ALL)",
              lambda a, b, c: oracles.nan_minimum(oracles.nan_maximum(a, oracles.number_minimum(b, c)),
                                                  oracles.number_maximum(b, c)), FLOATS),
    Operation("fwhere", 3, "tl.where(a > b, b, c)", lambda a, b, c: np.where(a > b, b, c), FLOATS),
    _compare("eq", "==", np.equal),
    _compare("ne", "!=", np.not_equal),
    _compare("lt", "<", np.less),
    _compare("le", "<=", np.less_equal),
    _compare("gt", ">", np.greater),
    _compare("ge", ">=", np.greater_equal),
]


def _function(name, expression, function, ulp=2, **options):
    return Operation(name, 1, expression, function, WIDE, ulp=ulp, **options)


FUNCTIONS_OF_ONE = [
    _function("floor", "tl.floor(a)", np.floor, 0),
    _function("ceil", "tl.ceil(a)", np.ceil, 0),
    _function("sqrt", "tl.sqrt(a)", np.sqrt, 0),
    _function("rsqrt", "tl.rsqrt(a)", wide(lambda a: 1 / np.sqrt(a))),
    _function("exp", "tl.exp(a)", wide(np.exp)),
    _function("exp2", "tl.exp2(a)", wide(np.exp2)),
    _function("log", "tl.log(a)", wide(np.log)),
    _function("log2", "tl.log2(a)", wide(np.log2)),
    _function("sin", "tl.sin(a)", wide(np.sin)),
    _function("cos", "tl.cos(a)", wide(np.cos)),
    _function("erf", "tl.erf(a)", _erf),
    _function("tanh", "libdevice.tanh(a)", wide(np.tanh), interpreter=False),
    _function("sigmoid", "tl.sigmoid(a)", lambda a: 1 / (1 + np.exp(-a)), 4),
    Operation("sqrt_rn", 1, "tl.sqrt_rn(a)", np.sqrt, ["f32"]),
    Operation("div_rn", 2, "tl.div_rn(a, b)", np.divide, ["f32"]),
    Operation("fdiv_ieee", 2, "tl.fdiv(a, b, ieee_rounding=True)", np.divide, ["f32"]),
]
# Halves compute in f32 and round: the frontend casts.
HALF_FUNCTIONS = [
    Operation(f"{name}_half", 1, f"tl.{name}(a.to(tl.float32)).to(a.dtype)", wide(function), HALVES, ulp=1)
    for name, function in [("exp", np.exp), ("log", np.log), ("sqrt", np.sqrt), ("sin", np.sin)]
]
LIBDEVICE = [
    _function(name, f"libdevice.{name}(a)", wide(function), ulp, interpreter=False, since=since)
    for name, function, ulp, since in [
        ("tan", np.tan, 4, (3, 0)), ("asin", np.arcsin, 4, (3, 0)), ("acos", np.arccos, 4, (3, 0)),
        ("atan", np.arctan, 4, (3, 0)), ("sinh", np.sinh, 4, (3, 0)), ("cosh", np.cosh, 4, (3, 0)),
        ("asinh", np.arcsinh, 4, (3, 0)), ("acosh", np.arccosh, 4, (3, 0)), ("atanh", np.arctanh, 4, (3, 0)),
        ("expm1", np.expm1, 4, (3, 0)), ("log1p", np.log1p, 4, (3, 0)), ("log10", np.log10, 4, (3, 0)),
        ("cbrt", np.cbrt, 4, (3, 0)), ("trunc", np.trunc, 0, (3, 0)), ("rint", np.rint, 0, (3, 0)),
    ]
] + [
    Operation("pow", 2, "libdevice.pow(a, b)", wide(np.power), WIDE, ulp=4, interpreter=False),
    Operation("atan2", 2, "libdevice.atan2(a, b)", wide(np.arctan2), WIDE, ulp=4, interpreter=False),
    Operation("copysign", 2, "libdevice.copysign(a, b)", np.copysign, WIDE, interpreter=False),
    Operation("fmod_lib", 2, "libdevice.fmod(a, b)", np.fmod, WIDE, interpreter=False),
]
CASES, FUNCTIONS = cases_of(ARITHMETIC + FUNCTIONS_OF_ONE + HALF_FUNCTIONS + LIBDEVICE)
