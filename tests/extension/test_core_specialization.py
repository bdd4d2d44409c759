"""Types and specializations, as Triton 3.6 to 3.9 make them: each row was compared with their native_specialize_impl."""

import enum
from collections import namedtuple

import ml_dtypes
import numpy as np
import pytest

from triton_runner import _core
from extension_helpers import Named, Pointer, bind, specialized

NO_SPECIALIZE, NO_ALIGNMENT, CONST, CONSTEXPR = _core.NO_SPECIALIZE, _core.NO_ALIGNMENT, _core.CONST, _core.CONSTEXPR


class Size(enum.IntEnum):
    ONE = 1
    TWO = 2


INTEGERS = [
    (1, "constexpr", 1), (0, "i32", "D"), (16, "i32", "D"), (17, "i32", ""), (-1, "i32", ""), (-16, "i32", "D"),
    (2**31 - 1, "i32", ""), (2**31, "i64", "D"), (-2**31, "i32", "D"), (-2**31 - 1, "i64", ""), (2**63 - 1, "i64", ""),
    (-2**63, "i64", "D"), (2**63, "u64", "D"), (2**63 + 1, "u64", ""), (2**64 - 1, "u64", ""),
]


@pytest.mark.parametrize("value, kind, spec", INTEGERS)
def test_integers(value, kind, spec):
    assert specialized(value) == (kind, spec)


@pytest.mark.parametrize("value", [2**64, -2**63 - 1, 10**30])
def test_integers_out_of_range(value):
    with pytest.raises(OverflowError, match="integer to be specialized too large to represent.*'x'"):
        specialized(value)


@pytest.mark.parametrize("value, kind, spec", [
    (None, "constexpr", None), (True, "u1", None), (False, "u1", None), (1.0, "fp32", None), (0.5, "fp32", None),
    (float("nan"), "fp32", None), (Size.ONE, "constexpr", Size.ONE), (Size.TWO, "i32", ""),
])
def test_other_scalars(value, kind, spec):
    assert specialized(value) == (kind, spec)
    assert type(specialized(value)[1]) is type(spec)


@pytest.mark.parametrize("value, same", [
    (np.int32(1), 1), (np.int64(16), 16), (np.uint64(2**63), 2**63), (np.int8(-3), -3), (np.float16(1.5), 1.5),
    (np.float32(2), 2.0), (np.float64(3), 3.0), (np.bool_(True), True), (ml_dtypes.bfloat16(2.5), 2.5),
    (np.longdouble(1.25), 1.25),
])
def test_numpy_scalars_are_pythons(value, same):
    assert specialized(value) == specialized(same)


@pytest.mark.parametrize("value, flags, expected", [
    (1, NO_SPECIALIZE, ("i32", None)), (16, NO_SPECIALIZE, ("i32", None)), (17, NO_SPECIALIZE, ("i32", None)),
    (1, NO_ALIGNMENT, ("constexpr", 1)), (16, NO_ALIGNMENT, ("i32", "")), (True, NO_SPECIALIZE, ("u1", None)),
    (None, NO_SPECIALIZE, ("constexpr", None)), (2**63, NO_SPECIALIZE, ("u64", None)),
])
def test_flags_of_integers(value, flags, expected):
    assert specialized(value, flags) == expected


def aligned(dtype, offset=0):
    """An array whose address is `offset` bytes behind a multiple of 16."""
    raw = np.zeros(64, np.uint8)
    start = -raw.ctypes.data % 16 + offset
    return raw[start:start + 16].view(dtype)


def test_addresses_decide_not_objects():
    assert specialized(aligned("f4")) == ("*fp32", "D")
    assert specialized(aligned("f4", 4)) == ("*fp32", "")
    assert specialized(aligned("f4")[1:]) == ("*fp32", "")
    assert specialized(aligned("f4"), NO_ALIGNMENT) == ("*fp32", "")
    assert specialized(aligned("f4"), NO_SPECIALIZE) == ("*fp32", None)
    assert specialized(aligned("f4"), CONST) == ("*kfp32", "D")


DTYPES = [
    ("bool", "*u1"), ("int8", "*i8"), ("uint8", "*u8"), ("int16", "*i16"), ("uint16", "*u16"), ("int32", "*i32"),
    ("uint32", "*u32"), ("int64", "*i64"), ("uint64", "*u64"), ("float16", "*fp16"), ("float32", "*fp32"),
    ("float64", "*fp64"), ("bfloat16", "*bf16"), ("float8_e4m3fn", "*fp8e4nv"), ("float8_e5m2", "*fp8e5"),
    ("float8_e4m3fnuz", "*fp8e4b8"), ("float8_e5m2fnuz", "*fp8e5b16"),
]


@pytest.mark.parametrize("name, kind", DTYPES)
def test_element_types(name, kind):
    dtype = np.dtype(name) if name[:5] not in ("bfloa", "float") or name[5:] in ("16", "32", "64") else None
    dtype = np.dtype(getattr(ml_dtypes, name)) if dtype is None or name == "bfloat16" else dtype
    assert specialized(aligned(dtype)) == (kind, "D")
    assert specialized(Pointer(Named("torch." + name), 32)) == (kind, "D")
    assert specialized(Pointer(Named(kind[1:]), 36)) == (kind, "")


class Point(namedtuple("Point", "a b")):
    pass


def test_tuples():
    types, specs = specialized((1, 2, (3.0, None)))
    assert (types, specs) == (("constexpr", "i32", ("fp32", "constexpr")), (1, "", (None, None)))
    types, specs = specialized((Pointer("float16", 16), 1, ()))
    assert (types, specs) == (("*fp16", "constexpr", ()), ("D", 1, ()))
    types, specs = specialized((1, 16), NO_SPECIALIZE | NO_ALIGNMENT | CONST)
    assert (types, specs) == (("constexpr", "i32"), (1, "D"))


def test_named_tuples_stay_so():
    types, specs = specialized(Point(1, 2.0))
    assert type(types) is Point and type(specs) is Point
    assert (types, specs) == (Point("constexpr", "fp32"), Point(1, None))


@pytest.mark.parametrize("annotation, value, expected", [
    ("i64", 5, ("i64", "")), ("i64", 16, ("i64", "D")), ("i64", 1, ("i64", 1)), ("i8", True, ("i8", None)),
    ("i64", None, ("i64", None)), ("u32", 2**31, ("u32", "D")),
    ("fp32", 1.0, ("fp32", None)), ("fp32", 1, ("fp32", None)), ("fp64", 16, ("fp64", None)),
    ("bf16", np.float32(2), ("bf16", None)), ("fp16", None, ("fp16", None)), ("u1", 1, ("u1", None)),
    ("u1", True, ("u1", None)),
])
def test_annotations_beat_the_value(annotation, value, expected):
    assert specialized(value, 0, annotation) == expected


def test_annotated_integers_are_specialized_as_others():
    assert specialized(1, NO_SPECIALIZE, "i64") == ("i64", None)
    assert specialized(16, NO_ALIGNMENT, "i64") == ("i64", "")
    with pytest.raises(OverflowError):
        specialized(2**64, 0, "i64")


def test_annotated_pointers():
    assert specialized(aligned("f4"), 0, "*fp16") == ("*fp16", "D")
    assert specialized(None, 0, "*fp16") == ("*fp16", None)
    assert specialized(4096, 0, "*fp16") == ("*fp16", "D")


@pytest.mark.parametrize("value", [1, True, 1.0, None, "text", [1, 2], (1, (2,)), {"a": 1}, len, np.float32(1)])
def test_constexpr_parameters_take_anything_as_it_is(value):
    kind, spec = specialized(value, CONSTEXPR)
    assert kind == "constexpr" and spec is value
    assert bind(value, CONSTEXPR).leaves == ((0, "constexpr", value),)


class JITFunction:
    cache_key = "abc"


class Descriptor:
    def __init__(self, base, shape, strides, block_shape, **more):
        self.base, self.shape, self.strides, self.block_shape = base, shape, strides, block_shape
        self.__dict__.update(more)


def of_triton(name, module, **members):
    """An instance of a class that looks like one of Triton's."""
    return type(name, (), {"__module__": module, **members})()


def test_objects_of_triton():
    assert specialized(JITFunction()) == ("constexpr", "abc")
    constant = of_triton("constexpr", "triton.language.core", value=3)
    assert specialized(constant) == ("constexpr", constant)
    dtype = of_triton("dtype", "triton.language.core")
    assert specialized(dtype) == ("constexpr", dtype)
    tensor_map = of_triton("TmaDescKernelParam", "triton.tools", tma_desc_cpu_ptr=lambda self: 4096)
    assert specialized(tensor_map) == ("nvTmaDesc", None)


def test_descriptors():
    base = np.zeros((64, 64), np.float16)
    descriptor = Descriptor(base, [64, 64], [64, 1], [32, 64])
    assert specialized(descriptor) == ("tensordesc<fp16[32, 64]>", None)
    descriptor.block_shape = (32, 64)
    assert specialized(descriptor) == ("tensordesc<fp16[32, 64]>", None)
    descriptor.layout = Named("")
    assert specialized(descriptor)[0] == f"tensordesc<fp16[32, 64],{descriptor.layout!r}>"
    assert bind((1, descriptor)).leaves[1][1].startswith("tensordesc<fp16")


def test_a_descriptor_says_its_own_type_if_it_can():
    class Im2Col(Descriptor):
        def __mangle__(self):
            return "tensordesc_im2col<fp16[32,64],L>"

    assert specialized(Im2Col(np.zeros(8, "f2"), [8], [1], [8]))[0] == "tensordesc_im2col<fp16[32,64],L>"


@pytest.mark.parametrize("shape, strides, error", [
    ([1, 2], [1], "1 strides"), ([1] * 9, [1] * 9, "9 sizes"), (5, [1], "sequence"), (["a"], [1], "integer"),
])
def test_damaged_descriptors(shape, strides, error):
    with pytest.raises((ValueError, TypeError), match=error):
        specialized(Descriptor(np.zeros(8, "f2"), shape, strides, [8]))


@pytest.mark.parametrize("value, name", [("text", "str"), (b"bytes", "bytes"), ([1], "list"), ({}, "dict"),
                                         (object(), "object"), (1j, "complex"), (np.complex64(1), "complex64"),
                                         (int, "type"), (Named("x"), "Named")])
def test_what_triton_refuses_is_refused(value, name):
    with pytest.raises(TypeError, match=f"failed to specialize argument of type: .*{name}.*'x'"):
        specialized(value)


def test_errors_of_the_argument_come_through():
    class Broken:
        dtype = "float32"

        def data_ptr(self):
            raise RuntimeError("no memory here")

    with pytest.raises(RuntimeError, match="no memory here"):
        specialized(Broken())


def test_nesting_without_end():
    value = ()
    for _ in range(100000):
        value = (value,)
    with pytest.raises(RecursionError):
        specialized(value)
