"""What may be an argument on the CPU, and what a refusal says. Kernels are texts here, so Triton isn't needed."""

import array

import ml_dtypes
import numpy as np
import pytest

import triton_runner
from package_helpers import aligned, counted
from triton_runner.errors import TritonRunnerError

# out[i * out_step] = x[i * x_step], i < n.
COPY = """\
module {
  tt.func public @copier(%out: !tt.ptr<TYPE>, %x: !tt.ptr<TYPE>, %n: i32, %out_step: i32, %x_step: i32) {
    %i = tt.make_range {end = 32 : i32, start = 0 : i32} : tensor<32xi32>
    %limit = tt.splat %n : i32 -> tensor<32xi32>
    %mask = arith.cmpi slt, %i, %limit : tensor<32xi32>
    %xs = tt.splat %x_step : i32 -> tensor<32xi32>
    %xi = arith.muli %i, %xs : tensor<32xi32>
    %xb = tt.splat %x : !tt.ptr<TYPE> -> tensor<32x!tt.ptr<TYPE>>
    %xp = tt.addptr %xb, %xi : tensor<32x!tt.ptr<TYPE>>, tensor<32xi32>
    %v = tt.load %xp, %mask : tensor<32x!tt.ptr<TYPE>>
    %os = tt.splat %out_step : i32 -> tensor<32xi32>
    %oi = arith.muli %i, %os : tensor<32xi32>
    %ob = tt.splat %out : !tt.ptr<TYPE> -> tensor<32x!tt.ptr<TYPE>>
    %op = tt.addptr %ob, %oi : tensor<32x!tt.ptr<TYPE>>, tensor<32xi32>
    tt.store %op, %v, %mask : tensor<32x!tt.ptr<TYPE>>
    tt.return
  }
}
"""


@triton_runner.jit
def copier(out, x, n, out_step, x_step):
    pass


def copy(out, x, n, out_step=1, x_step=1, dtype="f32"):
    copier[(1,)](out, x, n, out_step, x_step, ttir_src=COPY.replace("TYPE", dtype))


# NumPy's type, the IR's, some values.
DTYPES = [
    (np.bool_, "i1", [0, 1]), (np.int8, "i8", [-128, 127]), (np.uint8, "i8", [0, 255]), (np.int16, "i16", [-2**15, 5]),
    (np.uint16, "i16", [2**16 - 1]), (np.int32, "i32", [-2**31, 7]), (np.uint32, "i32", [2**32 - 1]),
    (np.int64, "i64", [-2**63, 7]), (np.uint64, "i64", [2**64 - 1]), (np.float16, "f16", [0.1, -65504]),
    (np.float32, "f32", [0.1, np.nan]), (np.float64, "f64", [0.1, -1e300]), (ml_dtypes.bfloat16, "bf16", [0.1, 1e38]),
    (ml_dtypes.float8_e4m3fn, "f8E4M3FN", [0.3, -448]), (ml_dtypes.float8_e5m2, "f8E5M2", [0.3, 57344]),
]


@pytest.mark.parametrize("dtype,ir,values", DTYPES, ids=[np.dtype(row[0]).name for row in DTYPES])
def test_dtypes(dtype, ir, values):
    x = np.array(values * 4, dtype)
    out = np.zeros(len(x) + 1, dtype)
    copy(out, x, len(x), dtype=ir)
    assert out[:-1].tobytes() == x.tobytes()
    assert not out[-1]


def rows(count=8, columns=12):
    return counted(count * columns).reshape(count, columns)


# Name, a view, its step in elements.
VIEWS = [
    ("every second", lambda: counted(20)[::2], 2), ("backwards", lambda: counted(20)[::-1], -1),
    ("backwards by 3", lambda: counted(30)[::-3], -3), ("from the middle", lambda: counted(20)[7:], 1),
    ("a column", lambda: rows()[:, 5], 12), ("a column upwards", lambda: rows()[::-1, 5], -12),
    ("a transposed row", lambda: rows().T[3], 12), ("a diagonal", lambda: rows(8, 8).diagonal(), 9),
    ("one value", lambda: np.broadcast_to(counted(1), (20,)), 0), ("a field", lambda: fields()["b"], 3),
]


def fields():
    result = np.zeros(10, [("a", "f4"), ("b", "f4"), ("c", "f4")])
    result["b"] = range(10)
    return result


@pytest.mark.parametrize("make,step", [row[1:] for row in VIEWS], ids=[row[0] for row in VIEWS])
def test_strided_inputs(make, step):
    x = make()
    out = np.zeros(len(x), np.float32)
    copy(out, x, len(x), 1, step)
    assert (out == x).all()


WRITABLE = [row for row in VIEWS if row[2] and row[0] != "a diagonal"]


@pytest.mark.parametrize("make,step", [row[1:] for row in WRITABLE], ids=[row[0] for row in WRITABLE])
def test_strided_outputs(make, step):
    out = make()
    around, before = out.base.copy(), out.copy()
    x = counted(len(out)) * -1
    copy(out, x, len(out), step, 1)
    assert (out == x).all()
    out[...] = before
    assert (out.base == around).all()


def test_transposed_arrays_are_not_copied():
    x = np.asfortranarray(rows(4, 8))
    out = np.zeros(32, np.float32)
    copy(out, x, 32)
    assert (out == x.T.ravel()).all()
    copy(x.T, out * 2, 32)
    assert (x.T.ravel() == out * 2).all()


def test_arrays_without_dimensions():
    x, out = np.array(2.5, np.float32), np.array(0, np.float32)
    copy(out, x, 1)
    assert out == 2.5


def test_arrays_of_size_zero():
    out = np.full(4, 7, np.float32)
    copy(out, np.zeros(0, np.float32), 0)
    copy(np.zeros((0, 3), np.float32), np.zeros((3, 0), np.float32), 0)
    assert (out == 7).all()
    with pytest.raises(IndexError, match="x"):
        copy(out, np.zeros(0, np.float32), 1)


@pytest.mark.parametrize("offset", [1, 2, 3, 4, 8])
def test_odd_alignment(offset):
    x, out = aligned(20, offset=offset), aligned(20, offset=4 - offset % 4)
    x[:] = range(20)
    copy(out, x, 20)
    assert (out == x).all()


def test_overlapping_arguments():
    memory = counted(33)
    expected = memory.copy()
    copy(memory, memory, 32)
    assert (memory == expected).all()
    copy(memory[1:], memory[:-1], 32)
    assert memory[0] == 1 and (memory[1:] == expected[:-1]).all()
    windows = np.lib.stride_tricks.sliding_window_view(counted(20), 4)
    out = np.zeros(20, np.float32)
    copy(out, windows, 20)
    assert (out == counted(20)).all()


def test_read_only_arrays():
    x, out = counted(20), aligned(20)
    x.flags.writeable = False
    copy(out, x, 20)
    assert (out == x).all()
    before = x.copy()
    with pytest.raises((TritonRunnerError, ValueError, TypeError), match=r"(?s)(out.*read.only|read.only.*out)"):
        copy(x, out, 20)
    assert (x == before).all()


def test_other_buffers():
    memory, x = bytearray(20), array.array("b", range(20))
    copy(memory, x, 20, dtype="i8")
    assert memory == bytes(range(20))
    copy(memory, memoryview(bytes(range(100, 120))), 20, dtype="i8")
    assert memory == bytes(range(100, 120))
    out = array.array("f", [0] * 20)
    copy(memoryview(out), memoryview(counted(20)), 20)
    assert (np.array(out) == counted(20)).all()
    doubles = array.array("d", [0.5] * 20)
    with pytest.raises((TritonRunnerError, TypeError), match="x"):
        copy(out, doubles, 20)


def test_memory_maps(tmp_path):
    path = tmp_path / "memory"
    out = np.memmap(path, np.float32, "w+", shape=(20,))
    copy(out, counted(20), 20)
    out.flush()
    assert (np.fromfile(path, np.float32) == counted(20)).all()
    x = np.memmap(path, np.float32, "r", offset=16)
    back = aligned(16)
    copy(back, x, 16)
    assert (back == counted(20)[4:]).all()


class Tagged(np.ndarray):
    pass


def test_subclasses_of_arrays():
    x, out = counted(20).view(Tagged), np.ma.masked_array(aligned(20), mask=False)
    copy(out, x, 20)
    assert (out.data == counted(20)).all()
    records = np.rec.array(np.zeros(4, "f4"))
    copy(records, x, 4)
    assert list(records) == [1, 2, 3, 4]


class Interface:
    """Only __array_interface__."""

    def __init__(self, base):
        self.base, self.__array_interface__ = base, base.__array_interface__


class Capsule:
    """Only DLPack."""

    def __init__(self, base):
        self.base = base

    def __dlpack__(self, **keywords):
        return self.base.__dlpack__(**keywords)

    def __dlpack_device__(self):
        return self.base.__dlpack_device__()


@pytest.mark.parametrize("wrap", [Interface, Capsule])
def test_protocols(wrap):
    x, out = counted(20), aligned(20)
    copy(wrap(out), wrap(x[::-1]), 20, 1, -1)
    assert (out == x[::-1]).all()


REFUSED = [
    ("list", [1.0] * 20), ("complex", np.zeros(20, np.complex64)), ("object", np.array([None] * 20)),
    ("text", np.array(["a"] * 20)), ("big-endian", np.zeros(20, ">f4")), ("date", np.zeros(20, "M8[s]")),
    ("record", np.zeros(20, [("a", "f4")])), ("a string", "abc"), ("a dict", {}), ("an object", object()),
    ("another type", np.zeros(20, np.float64)), ("a float", 1.0), ("long double", np.zeros(20, np.longdouble)),
    ("bytes", b"abc"), ("None", None),
]


@pytest.mark.parametrize("value", [row[1] for row in REFUSED], ids=[row[0] for row in REFUSED])
@pytest.mark.parametrize("name", ["out", "x"])
def test_a_refusal_names_the_argument(name, value):
    arguments = {"out": aligned(20), "x": counted(20), name: value}
    with pytest.raises((TritonRunnerError, TypeError, ValueError), match=rf"\b{name}\b"):
        copy(arguments["out"], arguments["x"], 20)
    assert arguments["out"] is value or not arguments["out"].any()


@pytest.mark.parametrize("dtype", [np.int32, np.uint32])
def test_integers_are_no_floats(dtype):
    with pytest.raises((TritonRunnerError, TypeError, ValueError), match=r"\bx\b"):
        copy(aligned(20), np.zeros(20, dtype), 20)


@pytest.mark.parametrize("ir,bits", [("bf16", np.uint16), ("bf16", np.int16), ("f8E5M2", np.uint8), ("f8E4M3FN", np.int8)])
def test_bits_of_types_that_numpy_has_not(ir, bits):
    x, out = counted(20, bits), aligned(20, bits)
    copy(out, x, 20, dtype=ir)
    assert (out == x).all()


SCALARS = [("an array", np.zeros(4, np.int32)), ("a text", "4"), ("a float", 4.0), ("too large", 2**40), ("None", None)]


@pytest.mark.parametrize("value", [row[1] for row in SCALARS], ids=[row[0] for row in SCALARS])
def test_a_wrong_scalar_is_refused_by_name(value):
    with pytest.raises((TritonRunnerError, TypeError, ValueError, OverflowError), match=r"\bn\b"):
        copy(aligned(20), counted(20), value)


@pytest.mark.parametrize("value", [20, np.int8(20), np.uint64(20), np.int64(20), True + 19])
def test_integers_of_any_kind(value):
    out = aligned(20)
    copy(out, counted(20), value)
    assert (out == counted(20)).all()


def test_arguments_are_not_kept():
    import sys
    x, out = counted(20), aligned(20)
    copy(out, x, 20)
    before = [sys.getrefcount(value) for value in (x, out)]
    for _ in range(100):
        copy(out, x, 20)
    assert [sys.getrefcount(value) for value in (x, out)] == before
