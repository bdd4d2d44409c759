"""Element types: their names in Triton, in the C API and in NumPy, their special values, distances in ulps."""

from dataclasses import dataclass

import ml_dtypes
import numpy as np


@dataclass(frozen=True)
class Dtype:
    """One element type. `mantissa` (stored bits) and `bias` are those of a float."""
    name: str
    numpy: np.dtype
    code: int  # tr_dtype
    torch: str  # what Triton's interpreter calls it
    mantissa: int = 0
    bias: int = 0

    @property
    def size(self):
        return self.numpy.itemsize

    @property
    def bits(self):
        return 1 if self.name == "i1" else 8 * self.size

    @property
    def is_float(self):
        return self.mantissa > 0

    @property
    def is_signed(self):
        return self.name.startswith("i")

    @property
    def carrier(self):
        """The unsigned integer of the same size."""
        return np.dtype(f"u{self.size}")


def _dtype(name, numpy, code, torch, mantissa=0, bias=0):
    return name, Dtype(name, np.dtype(numpy), code, torch, mantissa, bias)


DTYPES = dict([
    _dtype("i1", np.bool_, 1, "bool"),
    _dtype("i8", np.int8, 2, "int8"),
    _dtype("i16", np.int16, 3, "int16"),
    _dtype("i32", np.int32, 4, "int32"),
    _dtype("i64", np.int64, 5, "int64"),
    _dtype("f8e4m3", ml_dtypes.float8_e4m3fn, 6, "float8_e4m3fn", 3, 7),
    _dtype("f8e5m2", ml_dtypes.float8_e5m2, 7, "float8_e5m2", 2, 15),
    _dtype("f16", np.float16, 8, "float16", 10, 15),
    _dtype("bf16", ml_dtypes.bfloat16, 9, "bfloat16", 7, 127),
    _dtype("f32", np.float32, 10, "float32", 23, 127),
    _dtype("f64", np.float64, 11, "float64", 52, 1023),
    _dtype("u8", np.uint8, 12, "uint8"),
    _dtype("u16", np.uint16, 13, "uint16"),
    _dtype("u32", np.uint32, 14, "uint32"),
    _dtype("u64", np.uint64, 15, "uint64"),
])
SIGNED = ["i8", "i16", "i32", "i64"]
UNSIGNED = ["u8", "u16", "u32", "u64"]
FLOATS = ["f16", "bf16", "f32", "f64"]
FP8 = ["f8e4m3", "f8e5m2"]


def of_array(array):
    """The Dtype of a NumPy array."""
    return next(dtype for dtype in DTYPES.values() if dtype.numpy == array.dtype)


def special_values(name):
    """The values of a type at which functions like to go wrong."""
    dtype = DTYPES[name]
    if name == "i1":
        return np.array([False, True])
    return _special_floats(dtype) if dtype.is_float else _special_integers(dtype)


def _special_integers(dtype):
    width = dtype.bits
    low, high = (-(1 << width - 1), (1 << width - 1) - 1) if dtype.is_signed else (0, (1 << width) - 1)
    values = [0, 1, 2, 3, 5, 7, 10, width - 1, width, width + 1, high, high - 1, high // 2, high // 2 + 1, high // 3,
              low, low + 1]
    if dtype.is_signed:
        values += [-1, -2, -3, -7, -10, low // 2, low // 3]
    return np.array(sorted(set(values)), dtype.numpy)


def _special_floats(dtype):
    """As bit patterns: zero, the subnormals' ends, around 1, halves, odd integers, the largest, infinity, NaN."""
    one = dtype.bias << dtype.mantissa
    least_normal = 1 << dtype.mantissa
    sign = 1 << dtype.bits - 1
    if dtype.name == "f8e4m3":
        largest, beyond = 0x7E, [0x7F]
    else:
        infinity = (sign - 1) >> dtype.mantissa << dtype.mantissa
        largest, beyond = infinity - 1, [infinity, infinity | least_normal >> 1]
    patterns = [0, 1, 2, 3, least_normal - 1, least_normal, least_normal + 1, one - 1, one, one + 1, largest, *beyond]
    positive = np.concatenate([
        np.array(patterns, dtype.carrier).view(dtype.numpy),
        np.array([0.5, 1.5, 2.5, 3.5, 2, 3, 10, 0.1, 100.25], np.float32).astype(dtype.numpy),
    ])
    return np.concatenate([positive, (positive.view(dtype.carrier) | dtype.carrier.type(sign)).view(dtype.numpy)])


def random_values(name, count, rng):
    """Integers and fp8 of any bits; wider floats normal and of several magnitudes, so that sums don't only round."""
    dtype = DTYPES[name]
    if name == "i1":
        return rng.integers(0, 2, count).astype(bool)
    if not dtype.is_float or dtype.size == 1:
        return rng.integers(0, 256, count * dtype.size, np.uint8).view(dtype.numpy)
    magnitude = 2.0 ** rng.integers(-8, 8, count)
    return (rng.standard_normal(count) * magnitude).astype(dtype.numpy)


def ulp_distance(actual, expected):
    """How many representable values apart, elementwise; 0 for two NaNs, huge for one. Zeros of both signs are one."""
    dtype = of_array(expected)
    distance = np.abs(_ordered(actual, dtype) - _ordered(expected, dtype))
    nan_actual, nan_expected = np.isnan(actual), np.isnan(expected)
    distance[nan_actual | nan_expected] = np.inf
    distance[nan_actual & nan_expected] = 0
    return distance


def _ordered(array, dtype):
    """Floats as integers in the same order, in long double (64 bits of mantissa: nothing is lost)."""
    bits = array.view(dtype.carrier)
    magnitude = bits & dtype.carrier.type((1 << dtype.bits - 1) - 1)
    return np.where(bits >> (dtype.bits - 1), -magnitude.astype(np.longdouble), magnitude.astype(np.longdouble))
