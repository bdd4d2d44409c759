"""Which calls share a compiled kernel, and which mustn't: Triton's rules."""

import enum
import importlib.util
import math
import typing

import ml_dtypes
import numpy as np
import pytest

from package_helpers import TRITON, aligned, counted, parameters

pytest.importorskip("triton")

import triton  # noqa: E402
import triton.language as tl  # noqa: E402
import triton_runner  # noqa: E402


@triton_runner.jit
def nothing(out, x):
    pass


@triton_runner.jit
def store(out, x):
    tl.store(out, x)


@triton_runner.jit
def exceeds_5(out, x):
    tl.store(out, (x > 5).to(tl.int32))


@triton_runner.jit
def store_constant(out, X: tl.constexpr):
    tl.store(out, X)


# ---------------------------------------------------------------- scalars

# Argument, the TTIR's parameter (None: it's a constant).
TYPES = [
    (2, "i32"), (3, "i32"), (16, "i32 D"), (0, "i32 D"), (-1, "i32"), (-16, "i32 D"), (1, None), (None, None),
    (2**31 - 1, "i32"), (-2**31, "i32 D"), (2**31, "i64 D"), (2**31 + 1, "i64"), (-2**31 - 1, "i64"), (2**63 - 1, "i64"),
    (-2**63, "i64 D"), (2**63, "i64 D"), (2**64 - 1, "i64"), (1.0, "f32"), (0.5, "f32"), (16.0, "f32"),
]


@pytest.mark.parametrize("value,expected", TYPES)
def test_type_of_a_scalar(value, expected):
    compiled = nothing[(1,)](aligned(1), value)
    assert parameters(compiled) == ["f32* D", *([expected] if expected else [])]


@pytest.mark.parametrize("value", [True, False])
def test_a_bool_is_no_integer(value):
    compiled = nothing[(1,)](aligned(1), value)
    assert parameters(compiled)[1:] in (["i1"], ["i1 D"])  # Triton 3.0 divides False by 16


@pytest.mark.parametrize("value", [0, 1, 2, 16, -1, 2**31 - 1, 2**31, -2**31, -2**31 - 1, 2**63 - 1, -2**63, True, False])
def test_value_of_an_integer(value):
    out = np.array([77], np.int64)
    store[(1,)](out, value)
    assert out[0] == value


@pytest.mark.parametrize("value", [2**63, 2**64 - 1, 2**64 - 16])
def test_an_integer_beyond_i64_is_unsigned(value):
    out = np.zeros(1, np.uint64)
    store[(1,)](out, value)
    assert int(out[0]) == value
    out = np.zeros(1, np.int32)
    exceeds_5[(1,)](out, value)
    assert out[0] == 1


@pytest.mark.parametrize("value", [2**64, -2**63 - 1, 10**30])
def test_an_integer_out_of_range_is_an_error(value):
    out = np.array([77], np.int64)
    with pytest.raises((OverflowError, ValueError)):
        store[(1,)](out, value)
    assert out[0] == 77


@pytest.mark.parametrize("value", [0.0, -0.0, 0.1, 1.0, -2.5, 3e38, 1e-45, math.inf, -math.inf, math.nan])
def test_value_of_a_float(value):
    out = np.array([77], np.float32)
    compiled = store[(1,)](out, value)
    assert out.view(np.uint32)[0] == np.float32(value).view(np.uint32)
    assert parameters(compiled)[1:] == ["f32"]


def test_floats_share_one_kernel():
    out = aligned(1)
    assert store[(1,)](out, 0.5) is store[(1,)](out, 1.0) is store[(1,)](out, 16.0)


def test_integers_share_a_kernel_by_their_rules():
    out = aligned(1, np.int32)
    kinds = [[2, 3, -7], [16, 32, 0], [1], [2**40, 2**50], [2**40 + 1], [True], [2.0]]
    kernels = [{id(store[(1,)](out, value)) for value in kind} for kind in kinds]
    assert [len(kernel) for kernel in kernels] == [1] * len(kinds)
    assert len(set.union(*kernels)) == len(kinds)


NUMPY_SCALARS = [np.int8(-3), np.int16(5), np.int32(16), np.int64(2**40), np.uint8(200), np.uint32(7), np.int64(1),
                 np.float32(0.25), np.float64(1.5), np.float16(2.5), np.bool_(True)]


@pytest.mark.parametrize("value", NUMPY_SCALARS, ids=lambda value: f"{type(value).__name__}-{value}")
def test_numpy_scalars(value):
    out = np.zeros(1, np.float64)
    store[(1,)](out, value)
    assert out[0] == float(value)


# ---------------------------------------------------------------- pointers

@triton_runner.jit
def add_or_copy(out, x, y, n, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    value = tl.load(x + at, mask=at < n)
    if y is not None:
        value += tl.load(y + at, mask=at < n)
    tl.store(out + at, value, mask=at < n)


def test_none_and_an_array_alternate():
    x = counted(20)
    for y in (x, None, x, None, None, x):
        out = np.zeros(20, np.float32)
        add_or_copy[(2,)](out, x, y, 20, BLOCK=16)
        assert (out == (x if y is None else x + y)).all()


@pytest.mark.parametrize("offset", [0, 4, 8, 12, 16, 20])
def test_a_slice_changes_the_alignment_only(offset):
    x = counted(40)[offset // 4:][:20]
    out = aligned(20, offset=offset)
    compiled = add_or_copy[(2,)](out, x, None, 20, BLOCK=16)
    assert (out == x).all()
    assert parameters(compiled)[:2] == (["f32* D"] * 2 if offset % 16 == 0 else ["f32*"] * 2)


def test_dtypes_of_arrays_alternate():
    kinds = [np.float32, np.int8, np.bool_, np.float16, np.int64, np.uint8, ml_dtypes.bfloat16, np.uint64, np.float32,
             ml_dtypes.float8_e5m2, np.float64, ml_dtypes.float8_e4m3fn, np.int8]
    for kind in kinds:
        x, out = counted(20, kind), aligned(20, kind)
        add_or_copy[(2,)](out, x, None, 20, BLOCK=16)
        assert (out == x).all()


@triton_runner.jit
def from_const(out, x: tl.const, n, BLOCK: tl.constexpr):
    at = tl.arange(0, BLOCK)
    tl.store(out + at, tl.load(x + at, mask=at < n), mask=at < n)


@triton_runner.jit
def to_const(out: tl.const, x):
    tl.store(out, x)


def test_a_const_pointer_is_for_reading():
    x, out = counted(20), aligned(20)
    x.flags.writeable = False
    from_const[(1,)](out, x, 20, BLOCK=32)
    assert (out == x).all()
    with pytest.raises(Exception, match="(?i)const") as caught:
        to_const[(1,)](out, 2.0)
    assert "Compilation" in type(caught.value).__name__


# ---------------------------------------------------------------- what the declaration says

@triton_runner.jit(do_not_specialize=["n"])
def by_name(out, n):
    tl.store(out, n)


@triton_runner.jit(do_not_specialize=[1])
def by_number(out, n):
    tl.store(out, n)


@pytest.mark.parametrize("kernel", [by_name, by_number], ids=["name", "number"])
@pytest.mark.parametrize("n", [1, 2, 16])
def test_do_not_specialize(kernel, n):
    out = aligned(1, np.int32)
    compiled = kernel[(1,)](out, n)
    assert out[0] == n
    assert parameters(compiled) == ["i32* D", "i32"]


@triton_runner.jit(do_not_specialize_on_alignment=["n", "x"])
def unaligned(out, x, n):
    tl.store(out, tl.load(x) + n)


@pytest.mark.parametrize("n,expected", [(1, []), (2, ["i32"]), (16, ["i32"])])
def test_do_not_specialize_on_alignment(n, expected):
    x, out = counted(1, np.int32), aligned(1, np.int32)
    compiled = unaligned[(1,)](out, x, n)
    assert out[0] == 1 + n
    if TRITON >= (3, 2):  # older ones don't have it, and it's dropped
        assert parameters(compiled) == ["i32* D", "i32*", *expected]


@triton_runner.jit
def square_i64(out, n: tl.int64):
    tl.store(out, n * n)


@triton_runner.jit
def add_f16(out, x: tl.float16):
    tl.store(out, x + x)


@triton_runner.jit
def add_f64(out, x: tl.float64):
    tl.store(out, x + x)


@triton_runner.jit
def store_i8(out, x: tl.int8):
    tl.store(out, x)


@triton_runner.jit
def store_u8(out, x: tl.uint8):
    tl.store(out, x)


@triton_runner.jit
def store_i1(out, x: tl.int1):
    tl.store(out, x)


# Kernel, type of the output, argument, result.
ANNOTATED = [
    (square_i64, np.int64, 2**20, 2**40), (square_i64, np.int64, 1, 1), (square_i64, np.int64, -16, 256),
    (store_i8, np.int32, -3, -3), (store_u8, np.int32, 200, 200), (store_i1, np.int32, True, 1),
    (store_i1, np.int32, False, 0),
]
if TRITON >= (3, 4):  # a float's annotation counts for nothing before
    ANNOTATED += [(add_f64, np.float64, 0.1, 0.2), (add_f16, np.float32, 1.5, 3.0), (add_f16, np.float32, 2048.5, 4096)]


@pytest.mark.parametrize("kernel,dtype,value,expected", ANNOTATED, ids=lambda value: getattr(value, "__name__", None))
def test_an_annotation_decides(kernel, dtype, value, expected):
    out = np.full(1, 77, dtype)
    kernel[(1,)](out, value)
    assert out[0] == expected


@pytest.mark.parametrize("dtype,value", [(np.int32, 5), (np.int64, 2**40)])
def test_defaults(dtype, value):
    out = np.zeros(4, dtype)
    with_defaults[(1,)](out)
    assert list(out) == [16, 7, 3, 1]
    with_defaults[(1,)](out, value, C=9)
    assert list(out) == [value, 7, 9, 1]
    with_defaults[(1,)](b=value, out=out, flag=False)
    assert list(out) == [16, value, 3, 0]


@triton_runner.jit
def with_defaults(out, a=16, b=7, C: tl.constexpr = 3, flag=True):
    tl.store(out, a)
    tl.store(out + 1, b)
    tl.store(out + 2, C)
    tl.store(out + 3, flag)


WRONG_CALLS = [
    ((), {}, "out"), ((1, 2, 3, 4, 5, 6), {}, None), ((1,), {"out": 2}, "out"),
]


@pytest.mark.parametrize("args,kwargs,name", WRONG_CALLS, ids=["missing", "too many", "twice"])
def test_a_wrong_call_is_a_type_error(args, kwargs, name):
    with pytest.raises(TypeError, match=name):
        with_defaults[(1,)](*args, **kwargs)


KEYWORD_ONLY = """\
import triton_runner
import triton.language as tl

@triton_runner.jit
def scaled(out, x, *, factor, BLOCK: tl.constexpr = 16):
    at = tl.arange(0, BLOCK)
    tl.store(out + at, tl.load(x + at) * factor)
"""


@pytest.fixture
def module(tmp_path):
    """Makes a module of a text."""
    def make(text, name="made"):
        path = tmp_path / f"{name}.py"
        path.write_text(text)
        spec = importlib.util.spec_from_file_location(name, path)
        result = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(result)
        return result
    return make


@pytest.mark.skipif(TRITON < (3, 9), reason="keyword-only parameters came with 3.9")
def test_keyword_only_parameters(module):
    scaled = module(KEYWORD_ONLY).scaled
    x, out = counted(16), aligned(16)
    for factor in (3, 1, 16, 2.5):
        scaled[(1,)](out, x, factor=factor)
        assert (out == x * factor).all()
    with pytest.raises(TypeError):
        scaled[(1,)](out, x, 3)
    with pytest.raises(TypeError, match="factor"):
        scaled[(1,)](out, x)


@pytest.mark.parametrize("count", [64, 65, 130])
def test_many_parameters(module, count):
    names = [f"a{number}" for number in range(count)]
    text = (f"import triton_runner\nimport triton.language as tl\n\n@triton_runner.jit\ndef many(out, {', '.join(names)}):\n"
            + "".join(f"    tl.store(out + {number}, {name})\n" for number, name in enumerate(names)))
    out = np.zeros(count, np.int64)
    values = [number * number + 1 for number in range(count)]
    module(text).many[(1,)](out, *values)
    assert list(out) == values


# ---------------------------------------------------------------- constexprs

@triton_runner.jit
def kind_of(out, X: tl.constexpr):
    if X is True:
        tl.store(out, 100)
    else:
        # In f32 the sum is rounded to 16777220.
        three = tl.full((1,), 3, tl.int32)
        tl.store(out + tl.arange(0, 1), (three * X + 16777216).to(tl.int64))


@triton_runner.jit
def cast(out, x, T: tl.constexpr):
    tl.store(out, tl.load(x).to(T).to(tl.float64))


@triton_runner.jit
def double(x):
    return x * 2


@triton_runner.jit
def negate(x):
    return -x


@triton.jit
def plus_one(x):
    return x + 1


@triton_runner.jit
def apply(out, x, F: tl.constexpr):
    tl.store(out, F(tl.load(x)))


@triton_runner.jit
def by_text(out, MODE: tl.constexpr):
    if MODE == "one":
        tl.store(out, 1)
    elif MODE == "1":
        tl.store(out, 2)
    else:
        tl.store(out, 3)


@triton_runner.jit
def is_none(out, X: tl.constexpr):
    if X is None:
        tl.store(out, 1)
    else:
        tl.store(out, 2)


class Color(enum.IntEnum):
    RED = 5
    BLUE = 6


# Name, kernel, further arguments, pairs of (constexpr, result). Each row is called from left to right and back.
CONSTEXPRS = [
    ("one", kind_of, (), [(1, 16777219), (1.0, 16777220), (True, 100)]),
    ("integers", store_constant, (), [(0, 0), (1, 1), (16, 16), (-1, -1), (2**40, 2**40)]),
    ("dtype", cast, (np.array([2.6], np.float32),), [(tl.float32, np.float32(2.6)), (tl.int32, 2), (tl.float16, 2.599609375),
                                                     (tl.float64, np.float32(2.6))]),
    ("function", apply, (np.array([5.0], np.float32),), [(double, 10), (negate, -5), (plus_one, 6)]),
    ("text", by_text, (), [("one", 1), ("1", 2), (1, 3), ("'one'", 3), ("", 3)]),
    ("none", is_none, (), [(None, 1), ("None", 2), (0, 2), (False, 2)]),
    ("enum", store_constant, (), [(Color.RED, 5), (Color.BLUE, 6), (5, 5)]),
    ("wrapped", store_constant, (), [(tl.constexpr(7), 7), (7, 7), (tl.constexpr(8), 8)]),
]
if TRITON < (3, 3):  # no callable is a constexpr, and tl.constexpr is one
    CONSTEXPRS = [row for row in CONSTEXPRS if row[0] not in ("function", "wrapped")]


@pytest.mark.parametrize("kernel,more,cases", [row[1:] for row in CONSTEXPRS], ids=[row[0] for row in CONSTEXPRS])
def test_constexprs_alternate(kernel, more, cases):
    for value, expected in [*cases, *reversed(cases)]:
        out = np.full(1, 77, np.float64)
        kernel[(1,)](out, *more, value)
        assert out[0] == expected, value


@triton_runner.jit
def multiply_constant(out, x, X: tl.constexpr):
    tl.store(out, tl.load(x) * X)


def test_zeros_alternate():
    kernels = []
    for value in (0.0, -0.0, 0.0, -0.0):
        out, x = np.full(1, 77, np.float32), np.ones(1, np.float32)
        kernels.append(multiply_constant[(1,)](out, x, value))
        if TRITON >= (3, 9):  # most older ones compile -0.0 to 0.0
            assert (out[0], math.copysign(1, out[0])) == (0.0, math.copysign(1, value))
    assert kernels[0] is kernels[2] and kernels[1] is kernels[3] and kernels[0] is not kernels[1]


def test_a_nan_is_found_again():
    out = np.zeros(1)
    kernels = set()
    for value in (math.nan, 1.5, math.nan, float("nan")):
        kernels.add(id(store_constant[(1,)](out, value)))
        assert math.isnan(out[0]) == math.isnan(value)
    assert len(kernels) == 2


@triton_runner.jit
def value_of(out, X: tl.constexpr):
    tl.store(out, X.held)


class Holder:
    def __init__(self, value):
        self.held = value


@pytest.mark.skipif(TRITON < (3, 4), reason="a constexpr has attributes from 3.4 on")
def test_an_object_that_is_gone_is_not_found_again():
    """The next one may lie where it lay."""
    for value in range(8):
        out = np.full(1, 77, np.int64)
        value_of[(1,)](out, Holder(value))
        assert out[0] == value


@pytest.mark.skipif(TRITON < (3, 4), reason="a constexpr can be subscripted from 3.4 on")
def test_a_list_that_changed_is_another_constexpr():
    given = [4, 2]
    for first in (4, 7, 4):
        given[0] = first
        out = np.full(1, 77, np.int64)
        weigh[(1,)](out, given)
        assert out[0] == 10 * first + 2


class Pair(typing.NamedTuple):
    first: int
    second: int


class Other(typing.NamedTuple):
    second: int
    first: int


@triton_runner.jit
def first_of(out, P: tl.constexpr):
    tl.store(out, P.first)


@triton_runner.jit
def weigh(out, T: tl.constexpr):
    tl.store(out, T[0] * 10 + T[1])


@triton_runner.jit
def weigh_arguments(out, t):
    tl.store(out, t[0] * 10 + t[1])


@triton_runner.jit
def add_of_tuple(out, t, n, BLOCK: tl.constexpr):
    at = tl.arange(0, BLOCK)
    value = tl.load(t[0] + at, mask=at < n) * t[1][0]
    if t[1][1] is not None:
        value += tl.load(t[1][1] + at, mask=at < n)
    tl.store(out + at, value, mask=at < n)


@triton_runner.jit
def first_argument(out, p):
    tl.store(out, p.first)


TUPLES = pytest.mark.skipif(TRITON < (3, 3), reason="tuples are arguments from 3.3 on")


def alternate(kernel, cases):
    for value, expected in [*cases, *reversed(cases)]:
        out = np.full(1, 77, np.int64)
        kernel[(1,)](out, value)
        assert out[0] == expected, value


@pytest.mark.skipif(TRITON < (3, 4), reason="a constexpr can be subscripted from 3.4 on")
def test_tuples_as_constexprs():
    alternate(weigh, [((4, 2), 42), ((4, 1), 41), ((2, 4), 24), ((True, 4), 14)])


@TUPLES
def test_tuples_as_arguments():
    alternate(weigh_arguments, [((4, 2), 42), ((4, 1), 41), ((1, 4), 14), ((16, 2), 162), ((2**40, 16), 10 * 2**40 + 16)])


@pytest.mark.skipif(TRITON < (3, 4), reason="named tuples keep their class from 3.4 on")
def test_named_tuples():
    alternate(first_of, [(Pair(4, 2), 4), (Other(4, 2), 2), (Pair(2, 4), 2)])
    alternate(first_argument, [(Pair(4, 2), 4), (Other(4, 2), 2), (Pair(2, 4), 2), (Pair(1, 16), 1)])


@TUPLES
def test_tuples_of_arrays():
    x, y = counted(20), counted(20) * 100
    for pair in ((x, (3, y)), (x, (3, None)), (x[1:], (1, y)), (x, (3, y))):
        out = np.zeros(20, np.float32)
        n = len(pair[0])
        add_of_tuple[(1,)](out, pair, n, BLOCK=32)
        expected = pair[0] * pair[1][0] + (0 if pair[1][1] is None else y[:n])
        assert (out[:n] == expected).all()


@pytest.mark.skipif(TRITON < (3, 8), reason="varargs came with 3.8")
def test_varargs(module):
    text = ("import triton_runner\nimport triton.language as tl\n\n@triton_runner.jit\ndef sum_of(out, *args):\n"
            "    total = 0\n    for i in tl.static_range(len(args)):\n        total += args[i]\n    tl.store(out, total)\n")
    sum_of = module(text).sum_of
    for args in ((1, 2, 3), (4, 5), (7,), (16, 16, 16, 16), (1, 2, 3)):
        out = np.full(1, 77, np.int64)
        sum_of[(1,)](out, *args)
        assert out[0] == sum(args)


# ---------------------------------------------------------------- options

@triton_runner.jit
def warps(out, num_warps: tl.constexpr):
    tl.store(out, num_warps)


def test_options_are_part_of_the_key():
    out = aligned(1)
    kernels = [store[(1,)](out, 2.0, num_warps=count) for count in (2, 8, 2)]
    assert kernels[0] is kernels[2] and kernels[0] is not kernels[1]
    assert [kernel.metadata.num_warps for kernel in kernels] == [2, 8, 2]
    assert store[(1,)](out, 2.0, num_stages=4).metadata.num_stages == 4


def test_an_option_may_be_a_constexpr_too():
    for count in (2, 8, 2):
        out = np.zeros(1, np.int32)
        compiled = warps[(1,)](out, num_warps=count)
        assert (out[0], compiled.metadata.num_warps) == (count, count)


def test_an_unknown_keyword():
    with pytest.raises(KeyError, match="Keyword argument num_wraps was specified but unrecognised"):
        store[(1,)](aligned(1), 2.0, num_wraps=4)


@pytest.mark.parametrize("name,current", [("device", "device"), ("device_type", "target"), ("stream", "stream")])
def test_deprecated_keywords(name, current):
    with pytest.raises(AssertionError, match=f"{name} option is deprecated; current {current} will be used"):
        store[(1,)](aligned(1), 2.0, **{name: 0})


# ---------------------------------------------------------------- descriptors

class Pointed(np.ndarray):
    """What Triton's TensorDescriptor asks of a tensor."""

    def data_ptr(self):
        return self.ctypes.data


@triton_runner.jit
def copy_block(out, desc, x, y, BY: tl.constexpr, BX: tl.constexpr):
    rows, columns = tl.arange(0, BY), tl.arange(0, BX)
    tl.store(out + rows[:, None] * BX + columns[None, :], desc.load([y, x]))


@triton_runner.jit
def fill_block(desc, value, x, y, BY: tl.constexpr, BX: tl.constexpr):
    desc.store([y, x], tl.full((BY, BX), value, tl.float32))


@pytest.mark.skipif(TRITON < (3, 4), reason="tensor descriptors came with 3.4")
def test_tensor_descriptors():
    from triton.tools.tensor_descriptor import TensorDescriptor
    base = counted(20 * 32).reshape(20, 32).view(Pointed)
    padded = np.zeros((40, 64), np.float32)
    padded[:20, :32] = base
    for block in ((8, 16), (16, 8), (8, 16)):
        desc = TensorDescriptor(base, [20, 32], [32, 1], list(block))
        for x, y in ((0, 0), (16, 8), (24, 16)):
            out = np.full(block, 77, np.float32)
            copy_block[(1,)](out, desc, x, y, *block)
            assert (out == padded[y:y + block[0], x:x + block[1]]).all()
    fill_block[(1,)](TensorDescriptor(base, [20, 32], [32, 1], [8, 16]), -1.0, 24, 16, 8, 16)
    padded[16:24, 24:40] = -1
    assert (base == padded[:20, :32]).all()
