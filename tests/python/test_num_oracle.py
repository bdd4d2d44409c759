"""Conversions of single values (src/num/dtype.c) against NumPy and ml_dtypes, over all codes of the narrow formats.

The C tests compare every kernel with these conversions, and these with a search for the nearest code; here two
implementations by other people are asked.
"""

import ctypes
import os
import shutil
import subprocess
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]

# name in C, NumPy type, storage type, largest finite code, saturates
FORMATS = [
    ("f8e4m3", ml_dtypes.float8_e4m3fn, np.uint8, 0x7E, True),
    ("f8e5m2", ml_dtypes.float8_e5m2, np.uint8, 0x7B, True),
    ("f16", np.float16, np.uint16, 0x7BFF, False),
    ("bf16", ml_dtypes.bfloat16, np.uint16, 0x7F7F, False),
]

# Loops in C: a call from Python for each value would take minutes.
LOOPS = r"""
#include "num/dtype.h"
#define WIDEN(f, T) void widen_##f(size_t n, const T *a, float *d) { while (n--) *d++ = tr_##f##_to_f32(*a++); }
#define NARROW(f, T, name, call) void name##_##f(size_t n, const float *a, T *d) { while (n--) *d++ = call(*a++); }
#define BOTH(f, T) WIDEN(f, T) NARROW(f, T, rne, tr_f32_to_##f) NARROW(f, T, rtz, tr_f32_to_##f##_rtz)
BOTH(f8e4m3, uint8_t)
BOTH(f8e5m2, uint8_t)
BOTH(f16, uint16_t)
BOTH(bf16, uint16_t)
void f64_f16(size_t n, const double *a, uint16_t *d) { while (n--) *d++ = tr_f64_to_f16(*a++); }
void f64_bf16(size_t n, const double *a, uint16_t *d) { while (n--) *d++ = tr_f64_to_bf16(*a++); }
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    compiler = next((c for c in [os.environ.get("CC"), "gcc", "clang", "cc"] if c and shutil.which(c)), None)
    if not compiler:
        pytest.skip("no C compiler")
    folder = tmp_path_factory.mktemp("num")
    (folder / "loops.c").write_text(LOOPS)
    command = [compiler, "-std=gnu17", "-O2", "-ffp-contract=off", "-D_GNU_SOURCE", "-shared", "-fPIC"]
    command += [f"-I{ROOT}/include", f"-I{ROOT}/src", str(folder / "loops.c"), str(ROOT / "src/num/dtype.c")]
    subprocess.run([*command, "-o", str(folder / "num.so"), "-lm"], check=True)
    return ctypes.CDLL(str(folder / "num.so"))


def call(function, source, result_type):
    source = np.ascontiguousarray(source)
    result = np.empty(source.size, result_type)
    pointer = ctypes.c_void_p
    function(ctypes.c_size_t(source.size), source.ctypes.data_as(pointer), result.ctypes.data_as(pointer))
    return result


def same_numbers(a, b):
    """Equal, signs of zeros too, or NaN both."""
    return ((a == b) & (np.signbit(a) == np.signbit(b))) | (np.isnan(a) & np.isnan(b))


def around(values):
    """The values, the middles between neighbours, and the next f32 on both sides of each; of both signs."""
    values = np.sort(values.astype(np.float64))
    middles = (values[1:] + values[:-1]) / 2
    near = np.concatenate([values, middles]).astype(np.float32)
    near = np.concatenate([near, np.nextafter(near, np.float32(np.inf)), np.nextafter(near, np.float32(-np.inf))])
    return np.concatenate([near, -near])


@pytest.mark.parametrize("name, dtype, storage, largest, saturates", FORMATS, ids=[f[0] for f in FORMATS])
class TestFormat:
    def finite(self, dtype, storage, largest):
        return np.arange(largest + 1, dtype=storage).view(dtype).astype(np.float32)

    def test_widening(self, library, name, dtype, storage, largest, saturates):
        codes = np.arange(2 ** (8 * np.dtype(storage).itemsize), dtype=np.uint32).astype(storage)
        got = call(getattr(library, f"widen_{name}"), codes, np.float32)
        with np.errstate(invalid="ignore"):
            expected = codes.view(dtype).astype(np.float32)
        assert same_numbers(got, expected).all()

    def test_to_nearest(self, library, name, dtype, storage, largest, saturates):
        random = np.random.default_rng(1).integers(0, 2**32, 1_000_000, dtype=np.uint32).view(np.float32)
        special = np.float32([0, -0.0, np.inf, -np.inf, np.nan, 1e38, -1e38, 1e-45, 65504, 65519.996, 65520, 448, 464, 465])
        source = np.concatenate([around(self.finite(dtype, storage, largest)), random, special])
        got = call(getattr(library, f"rne_{name}"), source, storage).view(dtype).astype(np.float32)
        with np.errstate(over="ignore", invalid="ignore"):
            expected = source.astype(dtype).astype(np.float32)
        if saturates:
            limit = np.float32(np.uint8(largest).view(dtype))
            overflow = (np.abs(source) > limit) & ~np.isnan(source)
            expected = np.where(overflow & ~(np.abs(expected) <= limit), np.copysign(limit, source), expected)
        assert same_numbers(got, expected).all()

    def test_toward_zero(self, library, name, dtype, storage, largest, saturates):
        """The largest number of the format that is not further from zero."""
        finite = self.finite(dtype, storage, largest)
        source = around(finite)
        got = call(getattr(library, f"rtz_{name}"), source, storage).view(dtype).astype(np.float32)
        cut = finite[np.searchsorted(finite, np.abs(source), side="right") - 1]
        inside = np.isfinite(source)
        assert same_numbers(got, np.copysign(cut, source))[inside].all()


@pytest.mark.parametrize("name, dtype, largest", [("f16", np.float16, 0x7BFF), ("bf16", ml_dtypes.bfloat16, 0x7F7F)])
def test_f64_is_rounded_once(library, name, dtype, largest):
    """Beside the middle of two codes, nearer than an f32 can say."""
    values = np.arange(largest + 1, dtype=np.uint16).view(dtype).astype(np.float64)
    middles = (values[1:] + values[:-1]) / 2
    below, above = np.nextafter(middles, 0), np.nextafter(middles, np.inf)
    function = getattr(library, f"f64_{name}")
    codes = np.arange(largest, dtype=np.uint16)
    assert (call(function, below, np.uint16) == codes).all()
    assert (call(function, above, np.uint16) == codes + 1).all()
    assert (call(function, middles, np.uint16) == codes + (codes & 1)).all()
    if name == "f16":
        assert (call(function, above, np.uint16) == above.astype(np.float16).view(np.uint16)).all()
