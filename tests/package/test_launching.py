"""What surrounds a launch: grids, hooks, globals, results, copies of functions."""

import copy
import pickle

import numpy as np
import pytest

from package_helpers import TRITON, aligned, counted, parameters, run

pytest.importorskip("triton")

import triton  # noqa: E402
import triton.language as tl  # noqa: E402
import triton_runner  # noqa: E402
from triton_runner import errors  # noqa: E402

SCALE = tl.constexpr(3)


@triton_runner.jit
def scale(out, x, n, BLOCK: tl.constexpr = 16):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(out + at, tl.load(x + at, mask=at < n) * SCALE, mask=at < n)


@triton_runner.jit
def count_programs(out, width):
    row = tl.program_id(1) + tl.program_id(2) * tl.num_programs(1)
    tl.store(out + row * width + tl.program_id(0), tl.num_programs(0) * 100 + tl.num_programs(1) * 10 + tl.num_programs(2))


@triton_runner.jit
def outside(out):
    tl.store(out + 10, 1.0)


# ---------------------------------------------------------------- grids

GRIDS = [
    ((3,), (3, 1, 1)), ((3, 2), (3, 2, 1)), ((3, 2, 2), (3, 2, 2)), ([3, 2], (3, 2, 1)),
    ((np.int64(3), np.int32(2)), (3, 2, 1)), ((np.uint8(3),), (3, 1, 1)), (np.array([3, 2]), (3, 2, 1)),
    ((np.array(3), 2), (3, 2, 1)), ((True, 3), (1, 3, 1)), (lambda _: (3, 2), (3, 2, 1)), (lambda _: [np.int64(4)], (4, 1, 1)),
]


@pytest.mark.parametrize("grid,expected", GRIDS, ids=lambda value: str(value) if isinstance(value, tuple) else "")
def test_grids(grid, expected):
    x, y, z = expected
    out = np.zeros(x * y * z + 1, np.int32)
    count_programs[grid](out, x)
    assert (out[:-1] == x * 100 + y * 10 + z).all()
    assert out[-1] == 0


def test_a_callable_grid_sees_every_argument():
    seen = []

    def grid(meta):
        seen.append(dict(meta))
        return (triton.cdiv(meta["n"], meta["BLOCK"]),)

    x, out = counted(50), aligned(50)
    scale[grid](out, x, n=50)
    scale[grid](out, x, 50, BLOCK=32)
    assert (out == x * 3).all()
    assert [(list(meta)[:4], meta["n"], meta["BLOCK"]) for meta in seen] == [
        (["out", "x", "n", "BLOCK"], 50, 16), (["out", "x", "n", "BLOCK"], 50, 32)]
    assert seen[0]["x"] is x


@pytest.mark.parametrize("grid", [(0,), (4, 0), (4, 1, 0), (0, 0, 0), lambda _: (0,)])
def test_an_empty_grid_does_nothing(grid):
    out = aligned(16)
    compiled = outside[grid](out)
    assert compiled.name == "outside"
    assert not out.any()


BAD_GRIDS = [((-1,), ValueError), ((3, -2), ValueError), ((2**31,), ValueError), ((1, 65536), ValueError),
             ((1, 1, 2**40), ValueError), ((1, 2, 3, 4), (ValueError, TypeError)), ((), (ValueError, TypeError, IndexError)),
             ((1.5,), TypeError), (("3",), TypeError)]


@pytest.mark.parametrize("grid,kind", BAD_GRIDS, ids=lambda value: str(value) if isinstance(value, tuple) else "")
def test_a_grid_that_makes_no_sense(grid, kind):
    out = aligned(16)
    with pytest.raises(kind):
        count_programs[grid](out, 1)
    assert not out.any()


@pytest.mark.parametrize("grid", [(2**20, 2**12), (2**16, 2**8, 2**8), (2**30, 4)])
def test_a_product_of_2_to_32_programs_is_no_empty_grid(grid):
    with pytest.raises(errors.OutOfBounds):
        outside[grid](aligned(10))


# ---------------------------------------------------------------- globals and hooks

def test_a_global_that_changed(monkeypatch):
    x, out = counted(16), aligned(16)
    scale[(1,)](out, x, 16)
    assert (out == x * 3).all()
    monkeypatch.setitem(globals(), "SCALE", tl.constexpr(4))
    with pytest.raises(RuntimeError,
                       match="Global variable SCALE has changed since we compiled this kernel, from .*3.* to .*4"):
        scale[(1,)](out, x, 16)
    monkeypatch.undo()
    out[:] = 0
    scale[(1,)](out, x, 16)
    assert (out == x * 3).all()


@triton_runner.jit
def hooked(out, n):
    tl.store(out, n)


@triton_runner.jit
def counted_launches(out, n, BLOCK: tl.constexpr = 4):
    tl.store(out, n)


def test_pre_run_hooks():
    calls = []
    out = aligned(1, np.int32)
    counted_launches.add_pre_run_hook(lambda *args, **kwargs: calls.append((args, kwargs)))
    counted_launches[(1,)](out, 5, BLOCK=8)
    counted_launches[(1,)](out, n=6)
    assert out[0] == 6
    assert calls[0][0][0] is out and calls[0][0][1:] == (5,) and calls[0][1]["BLOCK"] == 8
    assert calls[1][0][0] is out and len(calls[1][0]) == 1 and calls[1][1]["n"] == 6
    assert len(calls) == 2


class Hooks:
    """Sets Triton's hooks, which moved in 3.4 and became chains in 3.5."""
    OLD = {"jit_cache_hook": ("runtime.jit", "JITFunction", "cache_hook"),
           "jit_post_compile_hook": ("runtime.jit", "JITFunction", "compiled_hook"),
           "launch_enter_hook": ("compiler", "CompiledKernel", "launch_enter_hook"),
           "launch_exit_hook": ("compiler", "CompiledKernel", "launch_exit_hook")}

    def __init__(self, patch):
        self.patch, self.undo = patch, []

    def set(self, name, hook):
        if TRITON < (3, 4):
            module, kind, attribute = self.OLD[name]
            owner = getattr(__import__("triton." + module, fromlist=[kind]), kind)
            # As a static method: it's looked up through instances, too.
            self.patch.setattr(owner, attribute, staticmethod(hook))
            return
        from triton import knobs
        chain = getattr(knobs.runtime, name)
        if hasattr(chain, "add"):
            chain.add(hook)
            self.undo.append(lambda: chain.remove(hook))
        else:
            self.patch.setattr(knobs.runtime, name, hook)


@pytest.fixture
def hooks(monkeypatch):
    result = Hooks(monkeypatch)
    yield result
    for undo in result.undo:
        undo()


def test_the_cache_hook_sees_what_is_compiled(hooks):
    seen = []
    hooks.set("jit_cache_hook", lambda **keywords: seen.append(keywords))
    out = aligned(1, np.int32)
    hooked[(1,)](out, 5)
    hooked[(1,)](out, 7)
    hooked[(1,)](out, 16)
    assert len(seen) == 2 and seen[0]["key"] != seen[1]["key"]
    assert seen[0]["repr"].startswith("hooked[num_warps=4") and not seen[0]["already_compiled"]
    assert seen[0]["fn"].name.endswith("hooked") and seen[0]["is_manual_warmup"] is False
    assert seen[0]["compile"]["num_warps"] == 4


def test_a_cache_hook_can_say_no(hooks):
    out = aligned(1, np.int32)
    hooks.set("jit_cache_hook", lambda **keywords: True)
    assert hooked[(1,)](out, 2**40) is None
    assert out[0] == 0


@pytest.mark.skipif(TRITON < (3, 2), reason="this hook came with 3.2")
def test_the_hook_after_compiling(hooks):
    seen = []
    hooks.set("jit_cache_hook", lambda **keywords: seen.append(("before", keywords["key"])) or False)
    hooks.set("jit_post_compile_hook", lambda **keywords: seen.append(("after", keywords["key"])))
    out = aligned(1, np.float32)
    hooked[(1,)](out, 5)
    hooked[(1,)](out, 5)
    assert [when for when, _ in seen] == ["before", "after"] and seen[0][1] == seen[1][1]


def test_launch_hooks(hooks):
    out = aligned(1, np.int32)
    seen = []
    hooked[(1,)](out, 3)
    hooks.set("launch_enter_hook", lambda metadata: seen.append(("enter", metadata.get()["name"], int(out[0]))))
    hooks.set("launch_exit_hook", lambda metadata: seen.append(("exit", metadata.get()["name"], int(out[0]))))
    hooked[(1,)](out, 5)
    assert seen == [("enter", "hooked", 3), ("exit", "hooked", 5)]


@triton_runner.jit(launch_metadata=lambda grid, metadata, args: {"flops": grid[0] * args["n"]})
def measured(out, n):
    tl.store(out, n)


def test_launch_metadata(hooks):
    seen = []
    hooks.set("launch_enter_hook", lambda metadata: seen.append(metadata.get()))
    measured[(3,)](aligned(1, np.int32), 5)
    assert [(data["name"], data["flops"]) for data in seen] == [("measured", 15)]


# ---------------------------------------------------------------- results

def test_what_a_launch_returns():
    out = aligned(16, np.float32)
    compiled = scale[(1,)](out, counted(16), 16)
    assert compiled is scale[(1,)](out, counted(16), 16)
    assert compiled.name == compiled.metadata.name == "scale"
    assert "tt.func public @scale" in compiled.asm["ttir"]
    assert compiled.metadata.num_warps == 4 and compiled.metadata.target.backend == "cuda"
    assert compiled.metadata.target.arch == 90
    assert (compiled.n_regs, compiled.n_spills) == (0, 0)
    assert isinstance(compiled.hash, str) and compiled.hash


def test_a_result_launches_again():
    x, out = counted(16), aligned(16)
    compiled = scale[(1,)](out, x, 16)
    out[:] = 0
    arguments = (out, x) if len(parameters(compiled)) == 2 else (out, x, 16)
    compiled[(1,)](*arguments)
    assert (out == x * 3).all()


def test_the_target_can_be_chosen(monkeypatch):
    monkeypatch.setenv("TRITON_RUNNER_TARGET", "sm_80")
    out = aligned(16, np.float32)
    assert scale[(1,)](out, counted(16), 16).metadata.target.arch == 80
    monkeypatch.setenv("TRITON_RUNNER_TARGET", "sm_90")
    assert scale[(1,)](out, counted(16), 16).metadata.target.arch == 90
    monkeypatch.setenv("TRITON_RUNNER_TARGET", "nine")
    with pytest.raises(ValueError, match="TRITON_RUNNER_TARGET"):
        scale[(1,)](out, counted(16), 16)


def test_warmup_compiles_and_runs_nothing():
    out = aligned(16)
    compiled = scale.warmup(out, counted(16), 16, grid=(1,))
    assert "tt.func public @scale" in compiled.asm["ttir"]
    assert not out.any()
    assert scale[(1,)](out, counted(16), 16).hash == compiled.hash
    assert out.any()


def test_warmup_with_a_stand_in():
    from triton.runtime.jit import MockTensor
    compiled = hooked.warmup(MockTensor(tl.float32), 5, grid=(1,))
    assert parameters(compiled) == ["f32* D", "i32"]


@triton_runner.jit
def described(out, n):
    """What it's for."""
    tl.store(out, n)


def test_a_decorated_function_keeps_its_name():
    assert described.__name__ == "described" and described.__doc__ == "What it's for."
    assert described.__module__ == __name__ and described.arg_names == ["out", "n"]
    assert "tl.store(out, n)" in described.src
    with pytest.raises(RuntimeError, match="(?i)cannot call"):
        described(1, 2)


def make_name(specialization):
    return "renamed"


@triton_runner.jit(repr=make_name)
def with_a_name(out):
    tl.store(out, 4)


def test_repr_names_the_kernel():
    out = aligned(1, np.int32)
    assert with_a_name[(1,)](out).name == "renamed"
    assert out[0] == 4


# ---------------------------------------------------------------- copies

COPIES = [copy.copy, copy.deepcopy, lambda fn: pickle.loads(pickle.dumps(fn)), lambda fn: copy.deepcopy([fn])[0]]


@pytest.mark.parametrize("make", COPIES, ids=["copy", "deepcopy", "pickle", "inside"])
@pytest.mark.parametrize("launched", [False, True])
def test_copies_launch(make, launched):
    x, out = counted(16), aligned(16)
    if launched:
        scale[(1,)](out, x, 16)
    twin = make(scale)
    out[:] = 0
    twin[(1,)](out, x, 16)
    assert (out == x * 3).all()
    assert twin[(1,)](out, x, 16).name == "scale"


SPAWNED = """\
import multiprocessing
import numpy as np
import triton.language as tl
import triton_runner

@triton_runner.jit
def scale(out, x, F: tl.constexpr):
    at = tl.arange(0, 16)
    tl.store(out + at, tl.load(x + at) * F)

def work(kernel, factor):
    x, out = np.arange(16, dtype=np.float32), np.zeros(16, np.float32)
    kernel[(1,)](out, x, factor)
    return bool((out == x * factor).all())

if __name__ == "__main__":
    assert work(scale, 2)
    with multiprocessing.get_context(METHOD).Pool(2) as pool:
        assert pool.starmap_async(work, [(scale, 2), (scale, 3), (scale, 4)]).get(60) == [True] * 3
    assert work(scale, 5)
    print("done")
"""


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_other_processes_launch(method, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SPAWNED.replace("METHOD", repr(method)))
    assert run(script, TRITON_RUNNER_PROD=1) == "done\n"


# ---------------------------------------------------------------- helpers

@triton.jit
def of_triton(x):
    return x + 1


@triton_runner.jit
def of_runner(x, BLOCK: tl.constexpr):
    return of_triton(x) * BLOCK


@triton_runner.jit
def calls_helpers(out, x, BLOCK: tl.constexpr):
    at = tl.arange(0, BLOCK)
    tl.store(out + at, of_runner(of_triton(tl.load(x + at)), BLOCK))


@triton_runner.jit(noinline=True)
def not_inlined(x):
    return x * 5


@triton_runner.jit
def calls_not_inlined(out, x):
    tl.store(out, not_inlined(tl.load(x)))


def test_functions_call_each_other():
    x, out = counted(16), aligned(16)
    calls_helpers[(1,)](out, x, BLOCK=16)
    assert (out == (x + 2) * 16).all()
    calls_not_inlined[(1,)](out, x)
    assert out[0] == 5


def test_plain_triton_may_be_replaced():
    before = triton.jit
    triton_runner.configure_jit_backend()
    try:
        assert triton.jit is not before

        @triton.jit
        def replaced(out):
            tl.store(out, 5)
    finally:
        triton_runner.restore_jit_backend()
    assert triton.jit is before
    out = aligned(1, np.int32)
    replaced[(1,)](out)
    assert out[0] == 5
