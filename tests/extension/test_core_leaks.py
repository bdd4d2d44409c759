"""Nothing is kept: after ten thousand binds, launches and errors there are as many blocks and references as before."""

import gc
import os
import sys

import ml_dtypes
import numpy as np
import pytest

from triton_runner import _core, errors
from extension_helpers import AT_OFFSET, PRINTING, Named, Pointer, binder, copying, launch, load, param, storing
from test_core_arrays import Dlpack, Interface, exchanging, fill_with
from test_core_launching import WHOLE, Descriptor

TIMES = 10000
UNDER_ASAN = "asan" in os.environ.get("LD_PRELOAD", "")
PAGE = os.sysconf("SC_PAGE_SIZE")


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * PAGE


def check(action, times=TIMES):
    """`action` may not make anything stay."""
    for _ in range(times // 10):
        action()
    gc.collect()
    blocks, memory = sys.getallocatedblocks(), resident()
    for _ in range(times):
        action()
    gc.collect()
    # Caches of the interpreter may grow a little; a leak is one block a call.
    assert sys.getallocatedblocks() - blocks < times // 20
    if not UNDER_ASAN:
        assert resident() - memory < max(times * 100, 1 << 20)


def raising(kind, action):
    def run():
        try:
            action()
        except kind:
            return
        raise AssertionError(f"no {kind}")

    return run


X = np.arange(16, dtype=np.float32)
OUT = np.zeros(16, np.float32)
CALL = _core.Binder([param("a"), param("b", 0, "i64"), param("c", _core.CONSTEXPR), param("d", 0, None, 5)])
ONE = binder("a")


class Function:
    cache_key = "key"


ARGUMENTS = {
    "numbers": lambda: CALL(3, 1, 2.5, d=2**40, num_warps=4),
    "arrays": lambda: CALL(X, 16, [1, 2]),
    "tuples": lambda: CALL((X, (1, None, 2.0), ()), 5, (1, 2)),
    "bfloat16": lambda: ONE(np.zeros(4, ml_dtypes.bfloat16)),
    "numpy scalars": lambda: CALL(np.float32(1.5), np.int8(3), np.float64(2)),
    "interface": lambda: ONE(Interface(X)),
    "dlpack": lambda: ONE(Dlpack(X)),
    "data_ptr": lambda: ONE(Pointer(Named("torch.float32"), 64, shape=(2,), stride=lambda: (1,), device="cpu")),
    "descriptor": lambda: ONE(Descriptor(X, [4, 4], [4, 1], [4, 4])),
    "function": lambda: ONE(Function()),
}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_binding(name):
    def run():
        bound = ARGUMENTS[name]()
        return bound.key, bound.leaves, bound.arguments(), bound.device

    check(run)


def test_binding_what_has_the_exchange_api():
    tensor = exchanging(fill_with(X.ctypes.data, 2, 32, [4], None))()
    check(lambda: ONE(tensor), 3000)


@pytest.mark.parametrize("kind, action", [
    (TypeError, lambda: CALL()), (TypeError, lambda: CALL(1, 2, 3, 4, 5)), (TypeError, lambda: CALL(1, 2, 3, a=4)),
    (TypeError, lambda: CALL(X, 1, 2, d="text")), (OverflowError, lambda: CALL(X, 1, 2, d=2**64)),
    (TypeError, lambda: ONE((X, (X, object())))), (TypeError, lambda: ONE(np.zeros(2, ">f4"))),
    (TypeError, lambda: ONE(Interface(X, typestr="<c8"))), (ValueError, lambda: ONE(Interface(X, shape=(1,) * 17))),
    (ValueError, lambda: ONE(Descriptor(X, [4, 4], [4], [4]))), (TypeError, lambda: ONE(Pointer("complex64", 64))),
    (TypeError, lambda: ONE(Dlpack(np.zeros(2, np.complex64)))), (TypeError, lambda: _core.Binder([(1,)])),
    (TypeError, lambda: _core.Binder([param("a"), ("b", 0, 3, 4)])),
])
def test_errors_of_binding(kind, action):
    check(raising(kind, action), 5000)


def test_launching():
    kernel = load(copying("f32"))
    check(lambda: launch(kernel, OUT, X))


def test_launching_with_descriptors_and_scalars():
    kernel, store = load(WHOLE), load(storing("bf16"))
    out = np.zeros(1, ml_dtypes.bfloat16)
    descriptor = Descriptor(X, [4, 4], [4, 1], [4, 4])
    check(lambda: (launch(kernel, descriptor, OUT), launch(store, out, 1.5)))


def test_printing(monkeypatch):
    class Out:
        def write(self, text):
            pass

    kernel = load(PRINTING)
    monkeypatch.setattr(sys, "stdout", Out())
    check(lambda: launch(kernel, 5), 5000)


@pytest.mark.parametrize("kind, args", [
    (errors.OutOfBounds, (OUT, X, 16)), (errors.InvalidArgument, (OUT, X)), (OverflowError, (OUT, X, 2**40)),
    (TypeError, (OUT, 1.5, 0)), (errors.InvalidArgument, (OUT, X.astype("f8"), 0)), (TypeError, (OUT, X, 1.5)),
])
def test_errors_of_launching(kind, args):
    kernel = load(AT_OFFSET)
    check(raising(kind, lambda: launch(kernel, *args)), 5000)


def test_loading():
    context = _core.Context(threads=1)

    def run():
        kernel = context.load(storing("i32"), "k.ttir", metadata='{"name": "k"}')
        return kernel.params, kernel.stages, kernel.metadata

    check(run, 1000)
    check(raising(errors.InvalidInput, lambda: context.load("module {", "k.ttir")), 1000)


def test_contexts_and_binders():
    check(lambda: _core.Context(threads=1), 500)
    check(raising(errors.InvalidArgument, lambda: _core.Context(threads=-1)), 1000)
    check(lambda: _core.Binder([param("a"), param("b", 0, "i64", 3)])(1), 5000)


def test_functions_of_the_module(tmp_path):
    check(_core.devices, 1000)
    check(lambda: _core.engine("ttgir", "cpu"), 1000)
    check(raising(errors.NotFound, lambda: _core.listing(tmp_path / "none")), 1000)
    check(raising(errors.NotFound, lambda: _core.compile(tmp_path / "none.ttir", to="ptx")), 1000)


def use(call, kernel, value):
    for _ in range(100):
        bound = call(OUT, X, value)
        bound.key, bound.leaves, bound.arguments()
        kernel.launch((1, 1, 1), bound, [0, 1])
        for bad in ((OUT, X), (OUT, object(), value), (OUT, X, value, 1)):
            raising(TypeError, lambda: call(*bad))()


def test_references_of_arguments():
    kernel, value = load(copying("f32")), ("a", 1.5)
    call = _core.Binder([param("a"), param("b"), param("c", _core.CONSTEXPR)])
    counts = []
    for _ in range(2):
        use(call, kernel, value)
        gc.collect()
        counts.append([sys.getrefcount(OUT), sys.getrefcount(X), sys.getrefcount(value), sys.getrefcount(call),
                       sys.getrefcount(kernel)])
    assert counts[0] == counts[1]
