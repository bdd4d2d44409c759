"""What one launch of the suite is: a kernel, its arguments, what NumPy says it computes, how near is near enough."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from conformance.dtypes import DTYPES, of_array, random_values, special_values, ulp_distance


@dataclass(frozen=True)
class Param:
    """One parameter of a kernel.

    `make` gives an input's array or scalar from a random generator; None is an output, whose `shape` is given and which
    starts as all ones bits, so that what a kernel leaves alone shows.
    """
    name: str
    dtype: str
    make: Callable | None = None
    shape: tuple = ()
    is_scalar: bool = False
    is_output: bool = False

    def value(self, rng):
        dtype = DTYPES[self.dtype]
        if self.make is None:
            return np.full(int(np.prod(self.shape)) * dtype.size, 0xFF, np.uint8).view(dtype.numpy).reshape(self.shape)
        made = self.make(rng)
        return made if self.is_scalar else np.ascontiguousarray(made, dtype.numpy)


def scalar(name, dtype, value):
    return Param(name, dtype, lambda rng: value, is_scalar=True)


def array(name, dtype, values):
    """An input with fixed values."""
    return Param(name, dtype, lambda rng: np.asarray(values, DTYPES[dtype].numpy))


def output(name, dtype, shape):
    return Param(name, dtype, None, shape if isinstance(shape, tuple) else (shape,), is_output=True)


def inout(name, dtype, make):
    return Param(name, dtype, make, is_output=True)


@dataclass(frozen=True)
class Bound:
    """Expected values and, where they aren't exact, the largest absolute error of each."""
    value: np.ndarray
    error: np.ndarray


@dataclass(frozen=True)
class Case:
    """One launch. `oracle` takes the inputs by name and gives the expected outputs by name (arrays or Bounds).

    `kernel` is FILE.FUNCTION; FILE is in kernels/, or is "elementwise", which templates.py writes, or "" for a
    `text` of TTIR. `interpreter` is False where Triton's interpreter can't run the kernel.
    """
    id: str
    kernel: str
    params: tuple
    oracle: Callable
    constexprs: dict = field(default_factory=dict)
    grid: tuple = (1, 1, 1)
    ulp: int = 0
    same_nan: bool = False  # NaNs must have the same bits
    interpreter: bool = True
    text: str | None = None
    since: tuple = (3, 0)  # Triton versions whose frontend can compile it
    until: tuple = (9, 9)
    stage: str = "ttir"  # or "source", before Triton's passes
    debug: bool = False  # with device asserts
    status: str = "ok"  # how loading and launching end
    message: str = ""  # what a failure's text has in it

    def inputs(self):
        """The arguments by name, the same in every process."""
        rng = np.random.default_rng(zlib.crc32(self.id.encode()))
        return {param.name: param.value(rng) for param in self.params}

    def expected(self, inputs):
        with np.errstate(all="ignore"):
            return self.oracle(**{name: value.copy() if isinstance(value, np.ndarray) else value
                                  for name, value in inputs.items()})

    def outputs(self):
        return [param for param in self.params if param.is_output]


def values(dtype, count):
    """Makes `count` special and random values of a type."""
    def make(rng):
        specials = special_values(dtype)
        if count < len(specials):
            return rng.choice(specials, count)
        return np.concatenate([specials, random_values(dtype, count - len(specials), rng)])
    return make


def crossed(dtype, count, arity, position):
    """Makes argument `position` of `arity`: every combination of special values, as far as there is room; the rest random.

    The arguments of one launch draw from the same order of combinations, which the type and the count decide.
    """
    def make(rng):
        specials = special_values(dtype)
        order = np.random.default_rng(zlib.crc32(f"{dtype}{count}{arity}".encode()))
        combinations = order.permutation(len(specials) ** arity)[:count]
        picked = specials[combinations // len(specials) ** position % len(specials)]
        return np.concatenate([picked, random_values(dtype, count - len(picked), rng)])
    return make


def describe_difference(actual, expected, case):
    """None when `actual` is what was expected, else a text with the first differences."""
    value = expected.value if isinstance(expected, Bound) else expected
    value = np.asarray(value)
    assert value.dtype == actual.dtype, f"the oracle gives {value.dtype}, not {actual.dtype}"
    if actual.shape != value.shape:
        value = value.reshape(actual.shape)
    wrong = _wrong(actual, value, expected, case)
    if not wrong.any():
        return None
    places = np.argwhere(wrong)
    lines = [f"{len(places)} of {actual.size} elements differ"]
    for place in places[:8]:
        index = tuple(int(i) for i in place)
        lines.append(f"  {index}: got {_show(actual[index])}, expected {_show(value[index])}")
    return "\n".join(lines)


def _wrong(actual, value, expected, case):
    carrier = f"u{value.dtype.itemsize}"
    differs = actual.view(carrier) != np.ascontiguousarray(value).view(carrier)
    if not of_array(value).is_float:
        return differs
    if not case.same_nan:
        with np.errstate(invalid="ignore"):  # ml_dtypes warns of signalling NaNs
            differs &= ~(np.isnan(actual) & np.isnan(value))
    if isinstance(expected, Bound):
        error = np.abs(actual.astype(np.float64) - value.astype(np.float64))
        return differs & ~(error <= expected.error.reshape(actual.shape))
    if case.ulp:
        differs &= ulp_distance(actual, value) > case.ulp
    return differs


def _show(element):
    raw = element.tobytes()[::-1].hex()
    return f"{element} (0x{raw})"
