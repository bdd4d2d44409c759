"""What operations give on an NVIDIA GPU, in NumPy, where NumPy itself gives something else (docs/semantics.md)."""

from fractions import Fraction

import ml_dtypes
import numpy as np
from conformance.dtypes import DTYPES, of_array


# ---------------------------------------------------------------- integers


def _trapless(a, b, divide, zero):
    """Elementwise Python integers: `zero(a)` where b is 0, the quotient or remainder wrapped otherwise."""
    mask = (1 << of_array(a).bits) - 1
    results = [(zero(x) if y == 0 else divide(x, y)) & mask for x, y in zip(a.ravel().tolist(), b.ravel().tolist())]
    return np.array(results, of_array(a).carrier).view(a.dtype).reshape(a.shape)


def _quotient(x, y):
    quotient = abs(x) // abs(y)
    return quotient if (x < 0) == (y < 0) else -quotient


def divide(a, b):
    """Toward zero; all ones by zero; the least divided by -1 wraps."""
    return _trapless(a, b, _quotient, lambda x: -1)


def remainder(a, b):
    """With the sign of the dividend; the dividend itself by zero."""
    return _trapless(a, b, lambda x, y: x - y * _quotient(x, y), lambda x: x)


def ceil_divide(a, b):
    """tl.cdiv: (a + b - 1) / b, each step wrapping."""
    return divide(a + (b - a.dtype.type(1)), b)


def shift_left(a, b):
    """Zero where the count, read as unsigned, isn't below the width."""
    width = a.dtype.type(of_array(a).bits)
    inside = b.view(of_array(b).carrier) < width
    return np.where(inside, a << np.where(inside, b, 0).astype(a.dtype), 0).astype(a.dtype)


def shift_right(a, b):
    """Arithmetic for signed types; all sign bits, or zero, from the width on."""
    last = a.dtype.type(of_array(a).bits - 1)
    inside = b.view(of_array(b).carrier) <= last
    beyond = a >> last if of_array(a).is_signed else np.zeros_like(a)
    return np.where(inside, a >> np.where(inside, b, 0).astype(a.dtype), beyond).astype(a.dtype)


def high_product(a, b):
    """The upper half of the unsigned product."""
    dtype = of_array(a)
    pairs = zip(a.view(dtype.carrier).ravel().tolist(), b.view(dtype.carrier).ravel().tolist())
    return np.array([x * y >> dtype.bits for x, y in pairs], dtype.carrier).view(a.dtype).reshape(a.shape)


# ---------------------------------------------------------------- floats


def number_maximum(a, b):
    """A NaN loses; +0 is more than -0."""
    return _pick(a, b, np.where((a > b) | ((a == b) & ~np.signbit(a)), a, b))


def number_minimum(a, b):
    return _pick(a, b, np.where((a < b) | ((a == b) & np.signbit(a)), a, b))


def _pick(a, b, ordered):
    return np.where(np.isnan(a), b, np.where(np.isnan(b), a, ordered)).astype(a.dtype)


def nan_maximum(a, b):
    """A NaN wins."""
    return np.where(np.isnan(a) | np.isnan(b), a.dtype.type(np.nan), number_maximum(a, b)).astype(a.dtype)


def nan_minimum(a, b):
    return np.where(np.isnan(a) | np.isnan(b), a.dtype.type(np.nan), number_minimum(a, b)).astype(a.dtype)


def wide(function):
    """A function computed with more bits than the type has, then rounded once."""
    def rounded(*arrays):
        wider = np.longdouble if arrays[0].dtype == np.float64 else np.float64
        return function(*[array.astype(wider) for array in arrays]).astype(arrays[0].dtype)
    return rounded


def fma(a, b, c):
    """a * b + c, rounded once."""
    plain = wide(lambda x, y, z: x * y + z)(a, b, c)
    exact = np.isfinite(a) & np.isfinite(b) & np.isfinite(c)
    for place in np.argwhere(exact & (a != 0) & (b != 0)):
        index = tuple(place)
        total = Fraction(float(a[index])) * Fraction(float(b[index])) + Fraction(float(c[index]))
        if total != 0:
            plain[index] = round_fraction(total, of_array(a))
    return plain


def round_fraction(value, dtype):
    """A Fraction to the nearest float of a type, ties to even."""
    magnitude = abs(value)
    exponent = magnitude.numerator.bit_length() - magnitude.denominator.bit_length()
    if Fraction(2) ** exponent > magnitude:
        exponent -= 1
    quantum = Fraction(2) ** (max(exponent, 1 - dtype.bias) - dtype.mantissa)
    steps = round(magnitude / quantum)  # Python rounds halves to even
    rounded = steps * quantum
    if rounded >= Fraction(2) ** (dtype.bias + 1):
        rounded = np.inf
    return dtype.numpy.type(float(rounded) if value > 0 else -float(rounded))


# ---------------------------------------------------------------- conversions


def convert(x, name, toward_zero=False):
    """As Triton's `.to` does on a GPU: float to integer saturates and takes NaN to 0, to fp8 saturates, to i1 is x != 0."""
    target = DTYPES[name]
    if name == "i1":
        return x != 0
    if not of_array(x).is_float:
        return _from_integer(x, target)
    if not target.is_float:
        return _to_integer(x, target)
    if target.size == 1:
        x = _saturate(x, target)
    return _truncate(x, target) if toward_zero else x.astype(target.numpy)


def _saturate(x, target):
    """In double, what is beyond the largest replaced by it; NaN stays."""
    x = x.astype(np.float64)
    largest = float(ml_dtypes.finfo(target.numpy).max)
    return np.where(np.abs(x) > largest, np.copysign(largest, x), x)


def _from_integer(x, target):
    """Integers wrap; floats are rounded once (ml_dtypes would go through f32)."""
    if not target.is_float:
        return x.astype(target.numpy)
    if target.size >= 4 or x.dtype == np.bool_:
        return x.astype(target.numpy)
    return np.array([round_fraction(Fraction(value), target) if value else target.numpy.type(0)
                     for value in x.tolist()], target.numpy)


def _to_integer(x, target):
    limits = np.iinfo(target.numpy)
    wide_x = x.astype(np.longdouble)
    inside = np.clip(np.nan_to_num(np.trunc(wide_x), nan=0.0, posinf=np.inf, neginf=-np.inf),
                     np.longdouble(limits.min), np.longdouble(limits.max))
    return np.array([int(value) for value in inside], target.numpy)


def _truncate(x, target):
    """Toward zero: the nearest, or the one before it where that is farther from zero."""
    nearest = x.astype(target.numpy)
    too_far = np.abs(nearest.astype(np.float64)) > np.abs(x.astype(np.float64))
    bits = nearest.view(target.carrier) - too_far.astype(target.carrier)
    return bits.view(target.numpy)
