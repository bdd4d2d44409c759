"""Calls are bound as Python binds them; what it says is compared with what Python says."""

import inspect

import pytest

from triton_runner import _core
from extension_helpers import binder, param


def dynamic(signature):
    """A function of that signature, and a binder for it."""
    names = {}
    exec(f"def dynamic_func({signature}, **options): return dict(locals())", names)
    function = names["dynamic_func"]
    params = []
    for p in list(inspect.signature(function).parameters.values())[:-1]:
        flags = {p.KEYWORD_ONLY: _core.KEYWORD_ONLY, p.VAR_POSITIONAL: _core.VARARGS}.get(p.kind, 0)
        params.append(param(p.name, flags, None, _core.REQUIRED if p.default is p.empty else p.default))
    return function, _core.Binder(params)


SIGNATURES = ["a", "a, b", "a, b=2", "a, b=2, c=3", "a, *, k", "a, *, k=5, l", "a, *rest", "a, *rest, k=7", "*rest", "a=1"]
CALLS = [
    ((), {}), ((1,), {}), ((1, 2), {}), ((1, 2, 3), {}), ((1, 2, 3, 4), {}), ((), {"a": 1}), ((1,), {"a": 2}),
    ((1,), {"b": 2}), ((1, 2), {"b": 2}), ((1,), {"k": 2}), ((1,), {"k": 2, "l": 3}), ((), {"b": 1, "c": 2}),
    ((1,), {"num_warps": 4}), ((1, 2), {"rest": 3}), ((1, 2, 3), {"k": 4}),
]


@pytest.mark.parametrize("signature", SIGNATURES)
@pytest.mark.parametrize("args, kwargs", CALLS)
def test_as_python_binds(signature, args, kwargs):
    function, bind = dynamic(signature)
    try:
        expected = function(*args, **kwargs)
    except TypeError as error:
        with pytest.raises(TypeError) as found:
            bind(*args, **kwargs)
        # Python counts keyword-only arguments, too, when there are too many positional ones.
        if "keyword-only argument" not in str(error) or "missing" in str(error):
            assert str(found.value) == str(error)
        return
    bound = bind(*args, **kwargs)
    options = expected.pop("options")
    assert bound.arguments() == expected
    assert bound.options == options
    assert bound.names == bind.names and sorted(bound.names) == sorted(expected)
    assert bound.values == tuple(expected[name] for name in bound.names)


def test_leaves_are_numbered_through_tuples():
    bound = binder("a b c")(1, (2, (3.0, None)), ())
    assert bound.leaves == ((0, "constexpr", 1), (1, "i32", ""), (1, "fp32", None), (1, "constexpr", None))


def test_many_parameters():
    names = [f"p{i}" for i in range(300)]
    bound = _core.Binder([param(name) for name in names])(*range(300))
    assert bound.values == tuple(range(300)) and len(bound.leaves) == 300
    assert bound.types[1] == "constexpr" and bound.types[299] == "i32"


def test_names_that_are_not_interned():
    bound = binder("alpha")(**{"".join(["al", "pha"]): 3})
    assert bound.values == (3,)


def test_no_parameters():
    bound = _core.Binder([])(num_warps=4)
    assert (bound.values, bound.types, bound.leaves, bound.device) == ((), (), (), None)
    with pytest.raises(TypeError, match=r"takes 0 positional arguments but 1 was given"):
        _core.Binder([])(1)


@pytest.mark.parametrize("params, error", [
    (5, TypeError), ([1], TypeError), ([("a",)], TypeError), ([("a", 0, 5, None)], TypeError),
    ([(1, 0, None, None)], TypeError), ([("a", "b", None, None)], TypeError),
    ([param("k", _core.KEYWORD_ONLY), param("a")], ValueError),
    ([param("r", _core.VARARGS), param("s", _core.VARARGS)], ValueError),
    ([param("r", _core.VARARGS | _core.KEYWORD_ONLY)], ValueError),
])
def test_parameters_that_make_no_sense(params, error):
    with pytest.raises(error):
        _core.Binder(params)


def test_annotations_may_be_empty():
    assert _core.Binder([param("a", 0, "")])(5).types == ("i32",)


def test_bound_and_kernel_are_made_by_others_only():
    for kind in (_core.Bound, _core.Kernel):
        with pytest.raises(TypeError):
            kind()


def test_what_is_bound_lives_as_long_as_the_binding():
    import weakref

    class Thing:
        pass

    thing = Thing()
    held = weakref.ref(thing)
    bound = _core.Binder([param("a", _core.CONSTEXPR)])(thing)
    del thing
    assert held() is bound.values[0]
    del bound
    assert held() is None
