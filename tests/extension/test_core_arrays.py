"""What is read as an array, and what a kernel on the CPU then sees of it."""

import array
import ctypes

import ml_dtypes
import numpy as np
import pytest

from triton_runner import errors
from extension_helpers import AT_OFFSET, Named, Pointer, bind, copying, launch, load, specialized

AT = load(AT_OFFSET)


def at(x, offset=0):
    out = np.zeros(1, np.float32)
    launch(AT, out, x, offset)
    return out[0]


def copied(x, kind="f32", dtype=None):
    out = np.zeros(4, dtype or x.dtype)
    launch(load(copying(kind)), out, x)
    return out


# ---------------------------------------------------------------- NumPy


def test_strides_and_offsets():
    grid = np.arange(24, dtype=np.float32).reshape(4, 6)
    view = grid[1:, 2:]
    assert at(view) == 8 and at(view, 6) == 14 and at(view, 15) == 23
    with pytest.raises(errors.OutOfBounds, match="'x'"):
        at(view, 16)
    with pytest.raises(errors.OutOfBounds):
        at(view, -1)


def test_negative_strides_point_at_the_first_element():
    x = np.arange(5, dtype=np.float32)[::-1]
    assert [at(x, -i) for i in range(5)] == [4, 3, 2, 1, 0]
    for offset in (1, -5):
        with pytest.raises(errors.OutOfBounds):
            at(x, offset)
    both = np.arange(6, dtype=np.float32).reshape(2, 3)[::-1, ::-1]
    assert at(both) == 5 and at(both, -5) == 0


def test_strides_of_zero():
    x = np.broadcast_to(np.float32(7), (3, 100))
    assert at(x) == 7
    with pytest.raises(errors.OutOfBounds):
        at(x, 1)


def test_no_dimensions_and_no_elements():
    assert at(np.array(3, np.float32)) == 3
    assert specialized(np.array(1))[0] == "*i64"
    for empty in (np.zeros(0, np.float32), np.zeros((3, 0, 2), np.float32), np.zeros((4, 4), np.float32)[2:2]):
        with pytest.raises(errors.OutOfBounds):
            at(empty)


def test_subclasses(tmp_path):
    mapped = np.memmap(tmp_path / "x", np.float32, "w+", shape=4)
    mapped[:] = [1, 2, 3, 4]
    assert at(mapped, 3) == 4
    assert at(np.ma.masked_array(np.arange(3, dtype=np.float32)), 2) == 2


READ_ONLY = np.arange(4, dtype=np.float32)
READ_ONLY.flags.writeable = False


def test_read_only_arrays():
    assert at(READ_ONLY, 2) == 2
    with pytest.raises(errors.InvalidArgument, match="argument 'a0' is a read-only array"):
        launch(AT, READ_ONLY, READ_ONLY, 0)
    assert at(np.frombuffer(np.float32(5).tobytes(), np.float32)) == 5


@pytest.mark.parametrize("dtype, kind", [
    ("f2", "f16"), ("f4", "f32"), ("f8", "f64"), ("i1", "i8"), ("i2", "i16"), ("i4", "i32"), ("i8", "i64"),
    ("u1", "i8"), ("u2", "i16"), ("u4", "i32"), ("u8", "i64"), ("?", "i1"), ("?", "i8"),
    (ml_dtypes.bfloat16, "bf16"), (ml_dtypes.float8_e4m3fn, "f8E4M3FN"), (ml_dtypes.float8_e5m2, "f8E5M2"),
])
def test_every_element_type(dtype, kind):
    x = np.array([1, 0, 1, 1]).astype(dtype)
    assert (copied(x, kind) == x).all()


def test_ml_dtypes_have_strides_and_read_only_arrays_too():
    x = np.arange(8).astype(ml_dtypes.bfloat16)
    assert (copied(x[2:6], "bf16") == x[2:6]).all()
    backwards = x[::-1]
    with pytest.raises(errors.OutOfBounds):
        copied(backwards, "bf16")
    x.flags.writeable = False
    assert (copied(x, "bf16") == x[:4]).all()
    with pytest.raises(errors.InvalidArgument, match="read-only"):
        launch(load(copying("bf16")), x, x)


def test_integers_stand_for_the_bits_of_floats():
    values = np.array([1, 2, -3, 0.5], ml_dtypes.bfloat16)
    assert (copied(values.view(np.uint16), "bf16") == values.view(np.uint16)).all()
    with pytest.raises(errors.InvalidArgument, match="f16"):
        copied(values.view(np.float16), "bf16")
    with pytest.raises(errors.InvalidArgument, match="i32"):
        copied(values.view(np.uint16).astype(np.int32), "bf16")


@pytest.mark.parametrize("dtype", [">f4", ">i2", "c8", "U3", "S2", "O", "M8[s]", [("a", "i4")], "V4", np.longdouble])
def test_arrays_without_a_type_for_kernels(dtype):
    with pytest.raises(TypeError, match="argument 'x' is an array"):
        bind(np.zeros(3, dtype))


@pytest.mark.parametrize("dtype", [ml_dtypes.int4, ml_dtypes.float8_e3m4, ml_dtypes.float4_e2m1fn])
def test_small_types_without_a_pointer_type(dtype):
    with pytest.raises(TypeError, match="argument 'x' is an array"):
        bind(np.zeros(3, dtype))


def test_big_endian_is_named():
    with pytest.raises(TypeError, match="big-endian"):
        bind(np.zeros(3, ">f4"))


# ---------------------------------------------------------------- other objects


def test_the_buffer_protocol():
    assert at(array.array("f", [1, 2, 3]), 2) == 3
    assert at(memoryview(np.arange(6, dtype=np.float32))[2:], 1) == 3
    assert at((ctypes.c_float * 3)(4, 5, 6), 1) == 5
    assert specialized(bytearray(16))[0] == "*u8"


class Interface:
    """Nothing but an array interface."""

    def __init__(self, array, **changes):
        self.array = array
        self.__array_interface__ = {**array.__array_interface__, **changes}


def test_array_interfaces():
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert at(Interface(x), 5) == 5
    assert at(Interface(x.T), 5) == 5
    assert at(Interface(x[::-1, ::-1])) == 5
    with pytest.raises(errors.OutOfBounds):
        at(Interface(x), 6)


@pytest.mark.parametrize("changes", [
    {"shape": None}, {"shape": 5}, {"shape": (1,) * 17}, {"strides": (4,)}, {"data": 5}, {"data": ("a", False)},
    {"typestr": ">f4"}, {"typestr": "<c8"}, {"typestr": 5}, {"shape": (2**62, 2**62)}, {"shape": ("a",)},
])
def test_damaged_interfaces(changes):
    with pytest.raises((TypeError, ValueError)):
        bind(Interface(np.zeros((2, 3), np.float32), **changes))


def test_cuda_array_interfaces():
    class OnCuda:
        __cuda_array_interface__ = {"shape": (4,), "typestr": "<f4", "data": (4096, False), "version": 3}

    bound = bind(OnCuda())
    assert (bound.types, bound.specs, bound.device) == (("*fp32",), ("D",), "cuda")
    with pytest.raises(errors.Mismatch, match="'a1' is in the memory of a GPU"):
        at(OnCuda())


def test_objects_with_data_ptr():
    x = np.arange(4, dtype=np.float32)
    address = x.ctypes.data
    plain = Pointer(Named("torch.float32"), address)
    assert bind(plain).device == "cpu"
    assert at(plain, 3) == 3
    counted = Pointer("float32", address, numel=lambda: 4)
    assert at(counted, 3) == 3
    with pytest.raises(errors.OutOfBounds):
        at(counted, 4)
    strided = Pointer("float32", address, shape=(2,), stride=lambda: (2,))
    assert at(strided, 2) == 2
    with pytest.raises(errors.OutOfBounds):
        at(strided, 3)


@pytest.mark.parametrize("more", [{"is_cuda": True}, {"device": "cuda:1"}, {"device": Named("cuda")},
                                  {"device": type("device", (), {"type": "cuda"})()}])
def test_devices_of_objects_with_data_ptr(more):
    assert bind(Pointer("float16", 64, **more)).device == "cuda"
    assert bind(Pointer("float16", 64, device="cpu")).device == "cpu"


def test_a_type_with_data_ptr_is_no_array():
    with pytest.raises(TypeError, match="failed to specialize"):
        bind(Pointer)
    with pytest.raises(TypeError, match="complex64"):
        bind(Pointer("torch.complex64", 64))


class Dlpack:
    """Nothing but __dlpack__."""

    def __init__(self, array):
        self.__dlpack__ = array.__dlpack__


def test_dlpack():
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert at(Dlpack(x), 5) == 5
    assert at(Dlpack(x[::-1])) == 3 and at(Dlpack(x[::-1]), -3) == 0
    assert specialized(Dlpack(np.zeros(3, bool)))[0] == "*u1"
    with pytest.raises(TypeError, match="DLPack"):
        bind(Dlpack(np.zeros(3, np.complex64)))


def test_dlpack_holds_on_to_the_memory():
    import weakref
    x = np.arange(4, dtype=np.float32)
    alive = weakref.ref(x)
    bound = bind(Dlpack(x))
    del x
    assert alive() is not None
    del bound
    assert alive() is None


# ---------------------------------------------------------------- DLPack's C exchange API, as torch >= 2.10 has it


class DLDevice(ctypes.Structure):
    _fields_ = [("type", ctypes.c_int32), ("id", ctypes.c_int32)]


class DLDataType(ctypes.Structure):
    _fields_ = [("code", ctypes.c_uint8), ("bits", ctypes.c_uint8), ("lanes", ctypes.c_uint16)]


class DLTensor(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("device", DLDevice), ("ndim", ctypes.c_int32), ("dtype", DLDataType),
                ("shape", ctypes.POINTER(ctypes.c_int64)), ("strides", ctypes.POINTER(ctypes.c_int64)),
                ("byte_offset", ctypes.c_uint64)]


LOOK = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.py_object, ctypes.POINTER(DLTensor))


class Exchange(ctypes.Structure):
    _fields_ = [("major", ctypes.c_uint32), ("minor", ctypes.c_uint32), ("older", ctypes.c_void_p),
                ("functions", ctypes.c_void_p * 3), ("look", LOOK), ("stream", ctypes.c_void_p)]


def exchanging(fill, major=1, name=b"dlpack_exchange_api"):
    """A type whose instances are read by `fill(instance, DLTensor) -> int`."""
    api = Exchange(major, 3, None, (ctypes.c_void_p * 3)(), LOOK(lambda self, out: fill(self, out.contents)), None)
    new = ctypes.pythonapi.PyCapsule_New
    new.restype, new.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
    capsule = new(ctypes.addressof(api), name, None)
    return type("Tensor", (), {"__dlpack_c_exchange_api__": capsule, "api": (api, name), "calls": 0})


def fill_with(address, code, bits, shape, strides, device=1, offset=0):
    shape_array = (ctypes.c_int64 * 8)(*shape)
    stride_array = (ctypes.c_int64 * 8)(*(strides or ()))

    def fill(self, out):
        type(self).calls += 1
        out.data, out.device, out.ndim = address, DLDevice(device, 0), len(shape)
        out.dtype, out.byte_offset = DLDataType(code, bits, 1), offset
        out.shape = ctypes.cast(shape_array, ctypes.POINTER(ctypes.c_int64))
        out.strides = ctypes.cast(stride_array, ctypes.POINTER(ctypes.c_int64)) if strides is not None else None
        return 0

    return fill


def test_exchange_api():
    x = np.arange(12, dtype=np.float32)
    Tensor = exchanging(fill_with(x.ctypes.data, 2, 32, [2, 3], [6, 1], offset=4))
    tensor = Tensor()
    assert at(tensor) == 1 and at(tensor, 8) == 9
    with pytest.raises(errors.OutOfBounds):
        at(tensor, 9)
    assert Tensor.calls == 3
    dense = exchanging(fill_with(x.ctypes.data, 2, 32, [2, 3], None))()
    assert at(dense, 5) == 5


@pytest.mark.parametrize("code, bits, kind", [
    (0, 8, "*i8"), (0, 64, "*i64"), (1, 16, "*u16"), (2, 16, "*fp16"), (2, 64, "*fp64"), (4, 16, "*bf16"), (6, 8, "*u1"),
    (10, 8, "*fp8e4nv"), (12, 8, "*fp8e5"), (11, 8, "*fp8e4b8"), (13, 8, "*fp8e5b16"),
])
def test_exchange_api_types(code, bits, kind):
    assert specialized(exchanging(fill_with(64, code, bits, [4], None))()) == (kind, "D")


@pytest.mark.parametrize("device, expected", [(1, "cpu"), (2, "cuda"), (3, "cpu"), (13, "cuda")])
def test_exchange_api_devices(device, expected):
    assert bind(exchanging(fill_with(64, 2, 32, [4], None, device))()).device == expected


def test_where_the_exchange_api_fails_data_ptr_is_asked():
    for Tensor in (exchanging(lambda self, out: -1), exchanging(fill_with(64, 5, 64, [4], None)),
                   exchanging(fill_with(64, 2, 32, [4], None), major=2),
                   exchanging(fill_with(64, 2, 32, [4], None), name=b"other")):
        Tensor.dtype, Tensor.data_ptr = "torch.bfloat16", lambda self: 32
        assert specialized(Tensor()) == ("*bf16", "D")
        del Tensor.data_ptr
        with pytest.raises(TypeError, match="failed to specialize"):
            bind(Tensor())


def test_the_memory_of_an_array_stays():
    x = np.arange(1000, dtype=np.float32)
    bound = bind(x)
    with pytest.raises(ValueError, match="resize"):
        x.resize(2000)
    assert bound.values == (x,)
