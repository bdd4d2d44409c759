"""triton_runner.autotune by itself, with a function that stands in for a jitted one: which config is chosen, what is skipped,
what happens to the arguments. test_autotuning.py has it around real kernels.
"""

import importlib.util
import json
import time
import warnings

import numpy as np
import pytest

pytest.importorskip("triton")

import triton  # noqa: E402
import triton_runner  # noqa: E402
from package_helpers import ROOT  # noqa: E402
from triton_runner.errors import NotFound, Unsupported  # noqa: E402
from triton_runner.runtime import Autotuner  # noqa: E402

if triton_runner.compat.is_tlx and importlib.util.find_spec("torch") is None:
    pytest.skip("fbtriton's autotuner needs torch", allow_module_level=True)


class Function:
    """Looks like a jitted function. A launch takes SIZE milliseconds and adds 1 to `out`; some SIZEs raise an error."""

    arg_names = ["x", "out", "n", "SIZE"]
    __name__ = "kernel"

    def __init__(self, errors=None):
        self.fn = lambda: None
        self.errors = errors or {}
        self.launches = []

    def run(self, x, out, n, SIZE, grid, warmup, **options):
        if SIZE in self.errors:
            raise self.errors[SIZE]
        self.launches.append((SIZE, options["num_warps"]))
        time.sleep(SIZE / 1e3)
        out[...] += 1
        return SIZE


def tune(*sizes, errors=None, key=("n",), **options):
    """A tuned Function with a config a size, measured by what each launch is meant to take."""
    function = Function(errors)

    def do_bench(kernel_call, quantiles):
        kernel_call()
        return [float(function.launches[-1][0])] * len(quantiles)

    configs = [triton.Config({"SIZE": size}, num_warps=size) for size in sizes]
    return triton_runner.autotune(configs, key=list(key), **{"do_bench": do_bench, **options})(function)


def launch(tuned, x=None, n=8):
    """(what the launch returned, out)"""
    out = np.zeros(4, np.float32)
    return tuned[(1,)](np.zeros(4, np.float32) if x is None else x, out, n), out


def test_the_fastest_is_kept_for_each_key():
    tuned = tune(8, 1, 4)
    assert isinstance(tuned, Autotuner) and isinstance(tuned, triton.runtime.Autotuner)
    assert launch(tuned)[0] == 1 and tuned.best_config.kwargs["SIZE"] == 1
    launches = tuned.fn.launches
    assert launches == [(8, 8), (1, 1), (4, 4), (1, 1)]
    launch(tuned)
    assert len(launches) == 5, "a known key isn't measured again"
    launch(tuned, n=9)
    assert len(launches) == 9, "another value of a key is"
    launch(tuned, x=np.zeros(4, np.float64))
    assert len(launches) == 13, "so is another dtype"


@pytest.mark.parametrize("how", [{}, {"warmup": 1, "rep": 5}, {"use_cuda_graph": True, "rep": 5}])
def test_the_default_benchmark_needs_no_gpu(how):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        assert launch(tune(25, 1, do_bench=None, **how))[0] == 1


def test_arguments_between_measurements():
    assert (launch(tune(2, 1))[1] == 3).all()
    assert (launch(tune(2, 1, reset_to_zero=["out"]))[1] == 1).all(), "only the last launch counts"
    assert (launch(tune(2, 1, restore_value=["out"]))[1] == 1).all(), "measuring leaves no trace"
    assert (launch(tune(2, 1, restore_value=["out"], errors={2: Unsupported("no engine")}))[1] == 1).all()


def test_hooks_of_the_caller_replace_them():
    seen = []
    tuned = tune(2, 1, reset_to_zero=["out"], pre_hook=lambda args, reset_only=False: seen.append(reset_only))
    assert (launch(tuned)[1] == 3).all()
    assert seen == [False, False, True]
    seen = []
    launch(tune(2, 1, errors={2: Unsupported("no engine")}, restore_value=["out"],
                post_hook=lambda args, exception: seen.append(type(exception).__name__)))
    assert seen == ["Unsupported", "NoneType"]


def reasons_to_skip():
    errors = triton.runtime.errors
    bad_cubin = errors.PTXASError("bad") if hasattr(errors, "PTXASError") else NotFound("autotune_cubin_dir is error")
    return [errors.OutOfResources(2, 1, "shared memory"), Unsupported("no engine"), bad_cubin]


@pytest.mark.parametrize("error", reasons_to_skip(), ids=lambda error: type(error).__name__)
def test_a_config_that_cannot_run_is_skipped(error):
    assert launch(tune(1, 2, errors={1: error}))[0] == 2
    with pytest.raises(type(error)) as found:
        launch(tune(1, 2, errors={1: error, 2: error}))
    assert found.value is error


def test_another_error_is_not_skipped():
    with pytest.raises(IndexError, match="a bug"):
        launch(tune(1, 2, errors={1: IndexError("a bug")}))


def test_a_name_of_caller_and_config():
    with pytest.raises(ValueError, match="Conflicting meta-parameters: SIZE"):
        tune(1, 2)[(1,)](None, np.zeros(1), 1, SIZE=3)


def test_cache_results_where_triton_has_none():
    if hasattr(triton.runtime.Autotuner, "check_disk_cache"):
        pytest.skip("this Triton has it")
    with pytest.raises(Unsupported, match="cache_results needs Triton 3.4 or newer"):
        tune(1, 2, cache_results=True)


def test_results_on_disk(monkeypatch, tmp_path):
    """They are found again, and a CPU's aren't taken for a GPU's."""
    if not hasattr(triton.runtime.Autotuner, "check_disk_cache"):
        pytest.skip("Triton keeps them since 3.4")
    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))
    measured = []

    def bench(kernel_call, quantiles):
        measured.append(kernel_call)
        return [float(len(measured))] * 3

    for total in (2, 2):
        tuned = triton_runner.autotune([triton.Config({"BLOCK": block}) for block in (16, 32)], key=["n"],
                                       do_bench=bench, cache_results=True)(triton_runner.jit(fill))
        out = np.zeros(50, np.float32)
        tuned[lambda meta: (triton.cdiv(50, meta["BLOCK"]),)](out, 50)
        assert len(measured) == total and tuned.best_config.kwargs == {"BLOCK": 16} and (out == 1).all()
    files = list(tmp_path.glob("*/fill.autotune.json"))
    assert len(files) == 1 and "on the CPU" in files[0].read_text()


def vector_add_kernel(x, y, out, n, BLOCK: "tl.constexpr"):  # noqa: F821
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)  # noqa: F821
    tl.store(out + at, tl.load(x + at, mask=at < n) + tl.load(y + at, mask=at < n), mask=at < n)  # noqa: F821


def cubin_folder(path):
    """A cubin as this package leaves it: its metadata says which constants it was compiled with."""
    made = ROOT / "examples/artifacts/3.9.0/sm90/vector_add_f32"
    path.mkdir()
    (path / "vector_add_kernel.cubin").write_bytes((made / "vector_add_kernel.cubin").read_bytes())
    metadata = json.loads((made / "vector_add_kernel.json").read_text())
    metadata["kernel_signature"] = repr((("BLOCK", "constexpr", 1024, True),))
    (path / "vector_add_kernel.json").write_text(json.dumps(metadata))
    return path


def test_cubins_among_the_configs(tmp_path):
    """On the CPU a cubin can't run, and what isn't there can't anywhere: both are passed over."""
    cubin, missing = cubin_folder(tmp_path / "cubin"), tmp_path / "missing"
    configs = [triton.Config({"autotune_cubin_dir": str(folder)}) for folder in (cubin, missing)]
    tuned = triton_runner.autotune([*configs, triton.Config({"BLOCK": 64})], key=["n"])(
        triton_runner.jit(vector_add_kernel))
    x, y, out = (np.full(100, value, np.float32) for value in (1, 2, 0))
    tuned[(2,)](x, y, out, 100)
    assert tuned.best_config.kwargs["BLOCK"] == 64 and (out == 3).all()
    only = triton_runner.autotune(configs, key=["n"])(triton_runner.jit(vector_add_kernel))
    with pytest.raises(Unsupported, match="a cubin holds machine code of a GPU"):
        only[(2,)](x, y, out, 100)


def fill(out, n, BLOCK: "tl.constexpr"):  # noqa: F821
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)  # noqa: F821
    tl.store(out + at, 1.0, mask=at < n)  # noqa: F821


tl = triton.language
