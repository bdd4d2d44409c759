"""Arguments for the examples: torch tensors on the GPU, torch tensors on the CPU, or NumPy arrays.

The first argument of a script chooses ("cuda", "cpu", "numpy"); without one it is the first that there is.
"""

import sys

try:
    import torch
except ImportError:
    torch = None


def choose():
    """"cuda", "cpu" (torch tensors) or "numpy"."""
    if len(sys.argv) > 1:
        return sys.argv[1]
    if torch is None:
        return "numpy"
    return "cuda" if torch.cuda.is_available() else "cpu"


def normal(shape, kind, seed, dtype="float16"):
    """Normal values, the same for a seed on every machine."""
    import numpy

    values = numpy.random.default_rng(seed).standard_normal(shape, dtype=numpy.float32).astype(dtype)
    return values if kind == "numpy" else torch.from_numpy(values).to(kind)


def empty_like(array, shape):
    """An array of the same kind with nothing sensible in it."""
    if hasattr(array, "new_full"):
        return array.new_full(shape, float("nan"))
    import numpy

    return numpy.full(shape, numpy.nan, dtype=array.dtype)


def to_float(array):
    """The values in fp32."""
    return array.float() if hasattr(array, "float") else array.astype("float32")


def check(what, actual, expected, tolerance):
    """Prints one line; ends the script with an error if the values differ by more than the tolerance."""
    error = float(abs(to_float(actual) - expected).max())  # NaN, which nothing equals, where nothing was written
    where = "NumPy arrays" if type(actual).__module__ == "numpy" else f"torch tensors on {actual.device}"
    verdict = "ok" if error <= tolerance else "WRONG"
    print(f"{what} on {where}: {verdict}, largest error {error:.2g}")
    if verdict != "ok":
        sys.exit(1)
