"""Hand-written TTIR: ops and types that Triton's frontend has no expression for. They need no Triton."""

import math

import numpy as np
from conformance import oracles
from conformance.case import Case, Param, crossed, output
from conformance.dtypes import DTYPES, FLOATS, FP8, SIGNED
from conformance.oracles import wide

TILE, SCALARS = 1024, 48
MLIR = {"f8e4m3": "f8E4M3FN", "f8e5m2": "f8E5M2"}
FUNCTION = """module {{
  tt.func public @kernel({parameters}) {{
    {index}
{loads}
    {body}
{stores}
    tt.return
  }}
}}
"""
ACCESS = {
    True: """    %p{name} = tt.splat %{name}_ptr : !tt.ptr<{type}> -> tensor<{count}x!tt.ptr<{type}>>
    %q{name} = tt.addptr %p{name}, %i : tensor<{count}x!tt.ptr<{type}>>, tensor<{count}xi32>
    {access} : tensor<{count}x!tt.ptr<{type}>>""",
    False: """    %q{name} = tt.addptr %{name}_ptr, %i : !tt.ptr<{type}>, i32
    {access} : !tt.ptr<{type}>""",
}


def mlir(dtype):
    return MLIR.get(dtype, dtype)


def access(is_tile, name, dtype, line):
    return ACCESS[is_tile].format(name=name, type=mlir(dtype), count=TILE, access=line)


def text(is_tile, inputs, outputs, body):
    """A function that loads (name, dtype) inputs, runs `body` and stores the outputs. In the body T(i8) is i8 or a tile of
    it, and C(i8) the types that arith.select prints.
    """
    def type_of(dtype):
        return f"tensor<{TILE}x{mlir(dtype)}>" if is_tile else mlir(dtype)
    for dtype in [*SIGNED, *FLOATS, *FP8, "i1"]:
        body = body.replace(f"C({dtype})", f"T(i1), T({dtype})" if is_tile else f"T({dtype})")
        body = body.replace(f"T({dtype})", type_of(dtype))
    index = (f"%i = tt.make_range {{end = {TILE} : i32, start = 0 : i32}} : tensor<{TILE}xi32>" if is_tile
             else "%i = tt.get_program_id x : i32")
    return FUNCTION.format(
        parameters=", ".join(f"%{name}_ptr: !tt.ptr<{mlir(dtype)}>" for name, dtype in [*inputs, *outputs]),
        index=index,
        loads="\n".join(access(is_tile, name, dtype, f"%{name} = tt.load %q{name}") for name, dtype in inputs),
        body=body,
        stores="\n".join(access(is_tile, name, dtype, f"tt.store %q{name}, %{name}") for name, dtype in outputs),
    )


def cases(name, inputs, outputs, body, function, **options):
    """A tile and a scalar case. `inputs` are types; `outputs` are (name, type); `function` gives a tuple of arrays."""
    named = list(zip("abc", inputs))
    for is_tile in (True, False):
        count = TILE if is_tile else SCALARS
        params = [Param(f"{letter}_ptr", dtype, crossed(dtype, count, len(inputs), position))
                  for position, (letter, dtype) in enumerate(named)]

        def oracle(results=tuple(f"{result}_ptr" for result, _ in outputs), **arguments):
            arrays = [value for key, value in arguments.items() if key not in results]
            return {key: value.astype(arguments[key].dtype) for key, value in zip(results, function(*arrays))}
        yield Case(id=f"{name}-{'tile' if is_tile else 'scalar'}", kernel="",
                   params=(*params, *[output(f"{result}_ptr", dtype, count) for result, dtype in outputs]),
                   oracle=oracle, grid=(1 if is_tile else SCALARS, 1, 1),
                   text=text(is_tile, named, outputs, body), **options)


def simple(op, dtype, arity, function, result=None, ulp=0, suffix=""):
    """An op of operands of one type."""
    operands = ", ".join(f"%{letter}" for letter in "abc"[:arity])
    result = result or dtype
    if result == "i1":
        body = f"%flag = {op} {operands} : T({dtype})\n    %out = arith.extui %flag : T(i1) to T(i8)"
        result = "i8"
    else:
        body = f"%out = {op} {operands} : T({dtype})"
    return cases(f"{op.replace(' ', '_').rstrip(',')}{suffix}-{dtype}", [dtype] * arity, [("out", result)], body,
                 lambda *arrays: (function(*arrays),), ulp=ulp)


# ---------------------------------------------------------------- integers


def unsigned(function):
    """A function of the operands read as unsigned."""
    return lambda *arrays: function(*[array.view(array.dtype.str.replace("i", "u")) for array in arrays])


PREDICATES = {"eq": np.equal, "ne": np.not_equal, "slt": np.less, "sle": np.less_equal, "sgt": np.greater,
              "sge": np.greater_equal, "ult": unsigned(np.less), "ule": unsigned(np.less_equal),
              "ugt": unsigned(np.greater), "uge": unsigned(np.greater_equal)}


def count_zeros(from_top):
    def count(a):
        width = DTYPES[f"i{a.dtype.itemsize * 8}"].bits
        texts = [format(value & (1 << width) - 1, f"0{width}b") for value in a.tolist()]
        return np.array([width - len(bits.lstrip("0") if from_top else bits.rstrip("0")) for bits in texts], a.dtype)
    return count


def integers():
    for dtype in SIGNED:
        for predicate, function in PREDICATES.items():
            yield from simple(f"arith.cmpi {predicate},", dtype, 2, function, "i1")
        for op, function in [("arith.divui", unsigned(oracles.divide)), ("arith.remui", unsigned(oracles.remainder)),
                             ("arith.shrui", unsigned(oracles.shift_right)), ("arith.maxui", unsigned(np.maximum)),
                             ("arith.minui", unsigned(np.minimum))]:
            yield from simple(op, dtype, 2, function)
        yield from simple("math.absi", dtype, 1, np.abs)
        yield from simple("math.ctpop", dtype, 1, lambda a: np.array([(int(v) & (1 << 64) - 1 if v >= 0 else
                                                                      int(v) & (1 << 8 * a.dtype.itemsize) - 1)
                                                                     .bit_count() for v in a], a.dtype))
        yield from simple("math.ctlz", dtype, 1, count_zeros(True))
        yield from simple("math.cttz", dtype, 1, count_zeros(False))
        yield from extended(dtype)
        yield from simple("math.ipowi", dtype, 2, power)
    for dtype in ("i32", "i64"):
        yield from simple("tt.mulhiui", dtype, 2, oracles.high_product)


def power(a, b):
    """Wrapping; what is left of 1 / a^-b for a negative b, and of 1 / 0 all ones."""
    def of(a, b):
        if b >= 0:
            return pow(a, b, 1 << 64)
        return {0: (1 << 64) - 1, 1: 1, -1: (1 << 64) - 1 if b % 2 else 1}.get(a, 0)
    return np.array([of(*pair) for pair in zip(a.tolist(), b.tolist())], np.uint64).astype(a.dtype)


def extended(dtype):
    """The ops with two results."""
    def low_product(a, b):
        return a * b

    def signed_high(a, b):
        bits = 8 * a.dtype.itemsize
        return np.array([x * y >> bits for x, y in zip(a.tolist(), b.tolist())], a.dtype)
    for op, high in [("arith.mului_extended", oracles.high_product), ("arith.mulsi_extended", signed_high)]:
        yield from cases(f"{op}-{dtype}", [dtype] * 2, [("low", dtype), ("high", dtype)],
                         f"%low, %high = {op} %a, %b : T({dtype})",
                         lambda a, b, high=high: (low_product(a, b), high(a, b)))
    yield from cases(f"arith.addui_extended-{dtype}", [dtype] * 2, [("sum", dtype), ("carry", "i8")],
                     f"%sum, %flag = arith.addui_extended %a, %b : T({dtype}), T(i1)\n"
                     "    %carry = arith.extui %flag : T(i1) to T(i8)",
                     lambda a, b: (a + b, unsigned(np.less)(a + b, a)))


def booleans():
    """Arithmetic in one bit."""
    into = "%x = arith.trunci %a : T(i8) to T(i1)\n    %y = arith.trunci %b : T(i8) to T(i1)\n    "
    back = "\n    %out = arith.extui %r : T(i1) to T(i8)"
    for op, function in [("andi", np.bitwise_and), ("ori", np.bitwise_or), ("xori", np.bitwise_xor),
                         ("addi", np.bitwise_xor), ("subi", np.bitwise_xor), ("muli", np.bitwise_and),
                         ("maxui", np.bitwise_or), ("minui", np.bitwise_and), ("maxsi", np.bitwise_and),
                         ("minsi", np.bitwise_or), ("cmpi eq,", lambda a, b: a ^ b ^ 1),
                         ("cmpi slt,", lambda a, b: a & (b ^ 1)), ("cmpi ult,", lambda a, b: (a ^ 1) & b)]:
        yield from cases(f"arith.{op.replace(' ', '_').rstrip(',')}-i1", ["i8", "i8"], [("out", "i8")],
                         f"{into}%r = arith.{op} %x, %y : T(i1){back}",
                         lambda a, b, function=function: (function(a & 1, b & 1),))
    for target in [*SIGNED[1:], *FLOATS]:
        for op, sign in [("extsi", -1), ("extui", 1)] if target in SIGNED else [("sitofp", -1), ("uitofp", 1)]:
            yield from cases(f"arith.{op}-i1-{target}", ["i8"], [("out", target)],
                             f"%x = arith.trunci %a : T(i8) to T(i1)\n    %out = arith.{op} %x : T(i1) to T({target})",
                             lambda a, sign=sign: ((a & 1) * a.dtype.type(sign),))


# ---------------------------------------------------------------- floats

ORDERED = {"oeq": np.equal, "ogt": np.greater, "oge": np.greater_equal, "olt": np.less, "ole": np.less_equal,
           "one": lambda a, b: (a < b) | (a > b)}
UNORDERED = {"ueq": "oeq", "ugt": "ogt", "uge": "oge", "ult": "olt", "ule": "ole"}
COMPARISONS = {
    **ORDERED,
    **{name: lambda a, b, f=ORDERED[other]: f(a, b) | np.isnan(a) | np.isnan(b) for name, other in UNORDERED.items()},
    "une": np.not_equal,
    "ord": lambda a, b: ~(np.isnan(a) | np.isnan(b)),
    "uno": lambda a, b: np.isnan(a) | np.isnan(b),
    "false": lambda a, b: np.zeros(a.shape, bool),
    "true": lambda a, b: np.ones(a.shape, bool),
}


def each(function):
    """A function of Python floats, elementwise."""
    def apply(a):
        return np.array([function(float(value)) for value in a], np.float64)
    return apply


def round_away(a):
    """Halves away from zero."""
    return np.copysign(np.floor(np.abs(a) + (np.abs(a) % 1 == 0.5) * 0.5 + (np.abs(a) % 1 != 0.5) * 0.5), a)


# op: (function, arity, ulp of f32 and f64); halves are rounded once from f32, so one ulp
MATH = {
    "math.exp": (np.exp, 1, 2), "math.exp2": (np.exp2, 1, 2), "math.expm1": (np.expm1, 1, 2),
    "math.log": (np.log, 1, 2), "math.log2": (np.log2, 1, 2), "math.log10": (np.log10, 1, 2),
    "math.log1p": (np.log1p, 1, 2), "math.sin": (np.sin, 1, 2), "math.cos": (np.cos, 1, 2),
    "math.tan": (np.tan, 1, 2), "math.asin": (np.arcsin, 1, 2), "math.acos": (np.arccos, 1, 2),
    "math.atan": (np.arctan, 1, 2), "math.sinh": (np.sinh, 1, 2), "math.cosh": (np.cosh, 1, 2),
    "math.tanh": (np.tanh, 1, 2), "math.asinh": (np.arcsinh, 1, 2), "math.acosh": (np.arccosh, 1, 2),
    "math.atanh": (np.arctanh, 1, 2), "math.sqrt": (np.sqrt, 1, 0), "math.rsqrt": (lambda a: 1 / np.sqrt(a), 1, 2),
    "math.cbrt": (np.cbrt, 1, 2), "math.erf": (each(math.erf), 1, 2), "math.erfc": (each(math.erfc), 1, 2),
    "math.floor": (np.floor, 1, 0), "math.ceil": (np.ceil, 1, 0), "math.trunc": (np.trunc, 1, 0),
    "math.roundeven": (np.rint, 1, 0), "math.absf": (np.abs, 1, 0), "arith.negf": (np.negative, 1, 0),
    "math.powf": (np.power, 2, 2), "math.atan2": (np.arctan2, 2, 2), "math.copysign": (np.copysign, 2, 0),
    "arith.remf": (np.fmod, 2, 0),
}


def floats():
    for dtype in FP8:
        for op, function in [("math.absf", np.abs), ("arith.negf", np.negative)]:
            yield from cases(f"{op}-{dtype}", [dtype], [("out", dtype)], f"%out = {op} %a : T({dtype})",
                             lambda a, function=function: (function(a),))
    for dtype in FLOATS:
        for predicate, function in COMPARISONS.items():
            yield from simple(f"arith.cmpf {predicate},", dtype, 2, function, "i1")
        for op, (function, arity, ulp) in MATH.items():
            # Exact functions as NumPy has them; the others with more bits, rounded once.
            yield from simple(op, dtype, arity, wide(function) if ulp or DTYPES[dtype].size == 2 else function,
                              ulp=min(ulp, 1) if DTYPES[dtype].size == 2 else ulp)
        for op, function in [("math.isnan", np.isnan), ("math.isinf", np.isinf), ("math.isfinite", np.isfinite)]:
            yield from simple(op, dtype, 1, function, "i1")
        for op, function in [("arith.maxnumf", oracles.number_maximum), ("arith.minnumf", oracles.number_minimum),
                             ("arith.maximumf", oracles.nan_maximum), ("arith.minimumf", oracles.nan_minimum),
                             ("tt.precise_divf", np.divide)]:
            yield from simple(op, dtype, 2, function)
        yield from simple("math.fma", dtype, 3, oracles.fma)
        yield from simple("tt.precise_sqrt", dtype, 1, np.sqrt)


# ---------------------------------------------------------------- conversions


def conversions():
    """What the frontend reaches only in steps: fp8 to fp8, halves to halves, toward zero, and between small types."""
    for source in [*FLOATS, *FP8]:
        for target in [*FLOATS, *FP8]:
            if source == target:
                continue
            narrower = DTYPES[target].size < DTYPES[source].size
            same = DTYPES[target].size == DTYPES[source].size
            for mode, toward_zero in [("rtne", False), ("rtz", True)] if narrower or same else [("", False)]:
                rounding = f", rounding = {mode}" if mode else ""
                yield from cases(f"tt.fp_to_fp-{source}-{target}-{mode or 'exact'}", [source], [("out", target)],
                                 f"%out = tt.fp_to_fp %a{rounding} : T({source}) -> T({target})",
                                 lambda a, t=target, z=toward_zero: (oracles.convert(a, t, z),))
    for source, target in [("f32", "f16"), ("f32", "bf16"), ("f64", "f32")]:
        yield from cases(f"arith.truncf-{source}-{target}-toward_zero", [source], [("out", target)],
                         f"%out = arith.truncf %a toward_zero : T({source}) to T({target})",
                         lambda a, t=target: (oracles.convert(a, t, True),))
    for source in FLOATS:
        for target in SIGNED:
            yield from cases(f"arith.fptoui-{source}-{target}", [source], [("out", target)],
                             f"%out = arith.fptoui %a : T({source}) to T({target})",
                             lambda a, t=f"u{target[1:]}": (oracles.convert(a, t),))
            yield from cases(f"arith.uitofp-{target}-{source}", [target], [("out", source)],
                             f"%out = arith.uitofp %a : T({target}) to T({source})",
                             lambda a, t=source: (oracles.convert(a.view(a.dtype.str.replace("i", "u")), t),))


# ---------------------------------------------------------------- select


def selects():
    """Conditions that are tiles and conditions that are scalars."""
    for dtype in [*SIGNED, *FLOATS, *FP8]:
        yield from cases(f"arith.select-{dtype}", ["i8", dtype, dtype], [("out", dtype)],
                         "%x = arith.trunci %a : T(i8) to T(i1)\n    "
                         f"%out = arith.select %x, %b, %c : C({dtype})",
                         lambda a, b, c: (np.where(a & 1, b, c),), same_nan=True)


def all_cases():
    for family in (integers, booleans, floats, conversions, selects):
        yield from family()


CASES = list(all_cases())
