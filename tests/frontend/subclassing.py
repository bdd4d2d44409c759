"""Subclasses of Triton's classes of functions, hooks, globals, allocators. Run under a Python with Triton."""

import copy
import json
import pickle
import sys

import compare
import triton
import triton.language as tl
from compare import ADAPTER, TARGET, VERSION, Tensor, of_adapter

LIMIT = tl.constexpr(8)


class Runner(ADAPTER.jit_class):
    def run(self, *args, grid, warmup, **kwargs):
        return args, kwargs


def _double(v):
    return v * 2


def _calls_double(x, BLOCK: tl.constexpr):
    at = tl.arange(0, BLOCK)
    tl.store(x + at, double(tl.load(x + at)))


def _takes_function(x, HELPER: tl.constexpr, BLOCK: tl.constexpr):
    at = tl.arange(0, BLOCK)
    tl.store(x + at, HELPER(tl.load(x + at)))


def _uses_limit(x):
    tl.store(x, LIMIT)


double = Runner(_double)
calls_double = Runner(_calls_double)
takes_function = Runner(_takes_function)
uses_limit = Runner(_uses_limit)


def text(fn, args, kwargs):
    source, request, _ = of_adapter(fn, args, kwargs)
    return ADAPTER.make_ttir(source, request, TARGET)[0]


def helpers_in_kernels():
    global double
    ours = text(calls_double, (Tensor(),), {"BLOCK": 64})
    from_plain = text(triton.jit(_calls_double), (Tensor(),), {"BLOCK": 64})
    double = triton.jit(_double)
    plain = triton.jit(_calls_double)
    assert ours == from_plain == text(plain, (Tensor(),), {"BLOCK": 64}) and "arith.mul" in ours
    assert plain.cache_key == calls_double.cache_key
    assert "arith.mul" in text(Runner(_calls_double), (Tensor(),), {"BLOCK": 64})
    double = Runner(_double)


def functions_as_constants():
    call = (Tensor(), double), {"BLOCK": 64}
    if VERSION < (3, 3):
        try:
            text(takes_function, *call)
        except TypeError as error:
            assert "Callable constexpr" in str(error)
        else:
            raise AssertionError("no error")
        return
    ours = text(takes_function, *call)
    call = (Tensor(), triton.jit(_double)), {"BLOCK": 64}
    assert ours == text(triton.jit(_takes_function), *call) and "arith.mul" in ours


def copies():
    """As far as Triton's own can be copied and pickled, a subclass can."""
    for copier in (copy.copy, copy.deepcopy, lambda fn: pickle.loads(pickle.dumps(fn))):
        try:
            copier(triton.jit(_double))
        except Exception:
            continue
        made = copier(double)
        assert type(made) is Runner and made.cache_key == double.cache_key and made.fn is _double
        assert ADAPTER.params(made) == ADAPTER.params(double)


def wrapped():
    @triton.heuristics({"BLOCK": lambda args: 32})
    @Runner
    def kernel(x, BLOCK: tl.constexpr):
        pass
    assert kernel[(1,)](3) == ((3,), {"BLOCK": 32})


def hooks():
    seen = []

    def hook(**kwargs):
        seen.append(kwargs)
        return True

    functions = VERSION >= (3, 7)  # where Triton can tell its hooks about functions
    call = (takes_function, (Tensor(), double), {"BLOCK": 64}) if functions else (uses_limit, (Tensor(),), {})
    source, request, bound = of_adapter(*call)
    fn = call[0]
    if VERSION >= (3, 4):
        from triton import knobs
        holder, before, after = knobs.runtime, "jit_cache_hook", "jit_post_compile_hook"
    else:
        holder, before, after = triton.JITFunction, "cache_hook", "compiled_hook"
    assert ADAPTER.call_hook(fn, True, object(), request, TARGET, 0, False) is False
    setattr(holder, before, hook)
    assert ADAPTER.call_hook(fn, True, object(), request, TARGET, 3, True) is True
    setattr(holder, before, None)
    if VERSION >= (3, 2):
        setattr(holder, after, hook)
        ADAPTER.call_hook(fn, False, object(), request, TARGET, 3, True)
        setattr(holder, after, None)
    assert len(seen) == (2 if VERSION >= (3, 2) else 1)
    for told in seen:
        assert told["fn"].jit_function is fn and told["compile"]["device"] == 3
        assert isinstance(told["key"], str) and "*fp32" in told["key"], told["key"]
        assert told["compile"]["signature"] == request.signature
        saved = json.loads(told["compile"]["specialization_data"])
        assert saved["key"] == told["key"]
        assert not functions or {"jit_function": "__main__:_double"} in saved["constant_vals"]
        assert told["is_manual_warmup"] is (VERSION >= (3, 2))


def launch_hooks():
    def told(grid, metadata, args):
        return {"bytes": args["x"], "grid": grid}

    fn = Runner(_uses_limit, launch_metadata=told)
    source, request, _ = of_adapter(fn, (Tensor(),), {})
    compiled = ADAPTER.compile(source, request, TARGET)
    assert ADAPTER.launch_hooks() is None
    assert ADAPTER.launch_metadata(compiled, (1,), 0, {"x": 5}, 77) is None
    enter, leave = [], []
    if VERSION >= (3, 5):
        from triton import knobs
        knobs.runtime.launch_enter_hook.add(enter.append)
        knobs.runtime.launch_exit_hook.add(leave.append)
    elif VERSION >= (3, 4):
        from triton import knobs
        knobs.runtime.launch_enter_hook, knobs.runtime.launch_exit_hook = enter.append, leave.append
    else:
        from triton.compiler import CompiledKernel
        CompiledKernel.launch_enter_hook, CompiledKernel.launch_exit_hook = enter.append, leave.append
    before, after = ADAPTER.launch_hooks()
    before(1)
    after(2)
    assert (enter, leave) == ([1], [2])
    metadata = ADAPTER.launch_metadata(compiled, (1, 2, 3), 9, {"x": 5}, 77)
    assert metadata.get() == {"name": "_uses_limit", "function": 77, "stream": 9, "bytes": 5, "grid": (1, 2, 3)}


def inspection():
    assert ADAPTER.inspection_key() is None
    if VERSION < (3, 7):
        return
    from triton import knobs
    knobs.runtime.add_stages_inspection_hook = lambda *stages: ("key", "hash")
    try:
        assert ADAPTER.inspection_key() == "hash"
        call = uses_limit, (Tensor(),), {}
        theirs, ours = compare.of_triton(*call)[0], of_adapter(*call)[0]
        assert theirs.hash() == ours.hash(), (theirs.attrs, ours.attrs)
        assert (1,) in ours.attrs
    finally:
        knobs.runtime.add_stages_inspection_hook = None


def used_globals():
    global LIMIT
    text(uses_limit, (Tensor(),), {})
    ADAPTER.check_globals(uses_limit)
    LIMIT = tl.constexpr(9)
    try:
        ADAPTER.check_globals(uses_limit)
    except RuntimeError as error:
        assert str(error) == ("Global variable LIMIT has changed since we compiled this kernel, from constexpr[8] to "
                              "constexpr[9]"), error
    else:
        raise AssertionError("no error")
    LIMIT = tl.constexpr(8)
    ADAPTER.check_globals(uses_limit)


def allocators():
    if VERSION < (3, 3):
        assert ADAPTER.allocator() is None
        return
    try:
        ADAPTER.allocator()(16, 16, 0)
    except RuntimeError as error:
        assert "no allocator was set" in str(error)
    else:
        raise AssertionError("no error")
    assert ADAPTER.profile_allocator() is None
    triton.set_allocator(lambda size, alignment, stream: (size, alignment, stream))
    assert ADAPTER.allocator()(1, 2, 3) == (1, 2, 3)


def main():
    import triton.compiler
    kept = triton.compiler.compile
    for check in (helpers_in_kernels, functions_as_constants, copies, wrapped, hooks, used_globals, launch_hooks,
                  allocators):
        check()
        print(f"{check.__name__}: ok")
    triton.runtime.driver.set_active(compare.Driver())
    triton.compiler.compile = compare.catch
    try:
        globals()["uses_limit"] = triton.jit(_uses_limit)
        inspection()
    finally:
        triton.compiler.compile = kept
    print("inspection: ok")
    return 0


if __name__ == "__main__":
    sys.exit(main())
