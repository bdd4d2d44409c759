"""Keys are equal exactly when types, specializations and options are."""

import itertools
import struct
from collections import namedtuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from triton_runner import _core
from extension_helpers import Pointer, bind, binder

CONSTEXPR = _core.CONSTEXPR
NAN = float("nan")
OTHER_NAN = struct.unpack("d", struct.pack("Q", 0x7FF8000000000001))[0]
A = namedtuple("A", "x y")
B = namedtuple("B", "x y")


class Function:
    def __init__(self, key):
        self.cache_key = key


class constexpr:
    def __init__(self, value):
        self.value = value

    def __eq__(self, other):
        return constexpr(self.value == other.value)

    __hash__ = None


DIFFERENT = [
    1, True, 1.0, 0, False, 0.0, -0.0, None, "1", b"1", NAN, OTHER_NAN, 2, (1,), (True,), (1.0,), [1], [1.0], [True],
    A(1, 2), B(1, 2), (1, 2), {"a": 1}, {"a": 1.0}, 1j, 2j, len, min, int, float, np.float32(1), np.float64(1),
    np.float32(0.0), np.float32(-0.0), Function("a"), Function("b"), constexpr(1), constexpr(True), constexpr(1.0),
]


@pytest.mark.parametrize("one, other", list(itertools.combinations(range(len(DIFFERENT)), 2)))
def test_constants_that_differ(one, other):
    assert bind(DIFFERENT[one], CONSTEXPR).key != bind(DIFFERENT[other], CONSTEXPR).key


@pytest.mark.parametrize("number", range(len(DIFFERENT)))
def test_constants_that_are_the_same(number):
    value = DIFFERENT[number]
    one, other = bind(value, CONSTEXPR).key, bind(value, CONSTEXPR).key
    assert one == other and hash(one) == hash(other)


def test_equal_constants_of_two_objects():
    for make in (lambda: [1, {"a": 2}], lambda: Function("same"), lambda: constexpr(5), lambda: float("nan"),
                 lambda: A(1, (2.0, "x")), lambda: "".join(["a", "b"])):
        assert bind(make(), CONSTEXPR).key == bind(make(), CONSTEXPR).key


def test_a_constant_that_changes_changes_the_key():
    value = [1]
    before = bind(value, CONSTEXPR).key
    value.append(2)
    assert bind(value, CONSTEXPR).key != before


def test_what_is_no_constant_counts_by_its_specialization():
    assert bind(17).key == bind(18).key != bind(16).key
    assert bind(16).key == bind(32).key != bind(1).key
    assert bind(0.5).key == bind(-0.0).key
    assert bind(True).key == bind(False).key
    assert bind(2**40).key != bind(17).key
    assert bind(Pointer("float32", 16)).key == bind(Pointer("float32", 64)).key
    assert bind(Pointer("float32", 16)).key != bind(Pointer("float32", 20)).key
    assert bind(None).key != bind(Pointer("float32", 16)).key
    assert bind(None).key != bind(1).key
    assert bind(1, annotation="i64").key != bind(17, annotation="i64").key


def test_named_tuples_of_two_types():
    assert bind(A(2, 3)).key == bind(A(5, 6)).key
    assert bind(A(2, 3)).key != bind(B(2, 3)).key
    assert bind(A(2, 3)).key != bind((2, 3)).key
    assert bind(((2, 3), 4)).key != bind((2, (3, 4))).key


def test_options():
    call = binder("x")
    assert call(2, num_warps=4).key == call(3, num_warps=4).key
    assert call(2, num_warps=4).key != call(2, num_warps=8).key
    assert call(2, num_warps=4).key != call(2).key
    assert call(2, num_warps=4).key != call(2, num_stages=4).key
    assert call(2, debug=True).key != call(2, debug=1).key
    assert call(2, a=1, b=2).key == call(2, b=2, a=1).key
    assert call(2, libs={"a": "b"}).key == call(2, libs={"a": "b"}).key != call(2, libs={"a": "c"}).key


def test_the_key_is_made_once_and_serves_in_a_dictionary():
    bound = binder("x y")(Pointer("float16", 16), 5)
    assert bound.key is bound.key
    assert {bound.key: "kernel"}[binder("x y")(Pointer("float16", 32), 7).key] == "kernel"


def test_errors_while_a_key_is_made():
    class Bad:
        def __hash__(self):
            raise ZeroDivisionError("no hash")

    with pytest.raises(ZeroDivisionError):
        bind(Bad(), CONSTEXPR).key


SCALARS = st.one_of(st.integers(-2**63, 2**64 - 1), st.booleans(), st.floats(), st.none(), st.text(max_size=3))
CONSTANTS = st.recursive(SCALARS, lambda inner: st.tuples(inner, inner), max_leaves=4)


def exact(value):
    """A text that is equal only for the same constant."""
    if type(value) is tuple:
        return "(" + ", ".join(map(exact, value)) + ")"
    if type(value) is float:
        return f"float {struct.pack('d', value)!r}"
    return f"{type(value).__name__} {value!r}"


@given(CONSTANTS, CONSTANTS)
def test_any_constants(one, other):
    same = bind(one, CONSTEXPR).key == bind(other, CONSTEXPR).key
    assert same == (exact(one) == exact(other))


VALUES = st.one_of(st.integers(-2**63, 2**64 - 1), st.booleans(), st.floats(), st.none(), st.integers(-20, 20))


@given(st.recursive(VALUES, lambda inner: st.tuples(inner, inner), max_leaves=4),
       st.recursive(VALUES, lambda inner: st.tuples(inner, inner), max_leaves=4))
def test_any_arguments(one, other):
    first, second = bind(one), bind(other)
    same = exact(first.types) == exact(second.types) and exact(first.specs) == exact(second.specs)
    assert (first.key == second.key) == same
