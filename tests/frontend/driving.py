"""Triton on a machine without a GPU: the driver, measuring, autotuning. Run under a Python with Triton; "torch" is used
where it is there."""

import importlib.util
import os
import sys
import time

import standin

standin.install()
from triton_runner import errors, frontend  # noqa: E402

frontend.watch()
frontend.watch()
assert "triton" not in sys.modules
import triton  # noqa: E402

import kernels  # noqa: E402

HAS_TORCH = importlib.util.find_spec("torch") is not None


def asks_the_driver():
    active = triton.runtime.driver.active
    assert active.get_current_device() == 0 and active.get_current_stream(0) == 0
    target = active.get_current_target()
    assert (target.backend, target.arch, target.warp_size) == ("cuda", 90, 32)
    os.environ["TRITON_RUNNER_TARGET"] = "sm_80"
    assert active.get_current_target().arch == 80
    del os.environ["TRITON_RUNNER_TARGET"]
    device = active.get_active_torch_device()
    if HAS_TORCH:
        import torch
        assert device == torch.device("cpu")
    else:
        assert device == "cpu"
    assert active.utils.get_device_properties(0)["max_shared_mem"] == 227 << 10
    assert active.map_python_to_cpp_type("fp32") in ("float", "double")


def measures():
    runs = []

    def work():
        runs.append(None)
        time.sleep(0.001)

    median, low, high = triton.testing.do_bench(work, warmup=2, rep=20, quantiles=[0.5, 0.2, 0.8])
    assert 1 <= low <= median <= high < 100, (low, median, high)
    assert 1 <= triton.testing.do_bench(work, rep=5) < 100
    assert 1 <= triton.testing.do_bench(work, 1, 5, None, None, return_mode="min") < 100
    assert 1 <= triton.testing.do_bench(work, 1, 5, quantiles=[0.5]) < 100
    assert len(runs) > 20
    if hasattr(triton.backends.driver.DriverBase, "get_benchmarker"):
        times = triton.runtime.driver.active.get_benchmarker()(work, quantiles=(0.5, 0.2, 0.8))
        assert len(times) == 3


def measures_with_tritons_own():
    """Which asks the driver for events and memory; until 3.1 it asks torch, and from then to 3.5 it needs torch."""
    import triton.testing
    own = triton.testing.do_bench.__wrapped__
    version = frontend.triton_version(triton.__version__)
    if version < (3, 2) or version < (3, 6) and not HAS_TORCH:
        return
    assert 1 <= own(lambda: time.sleep(0.001), warmup=1, rep=5) < 100


class Slow(triton.JITFunction):
    """Takes as long as its BLOCK says."""
    calls = []

    def run(self, *args, grid, warmup, **kwargs):
        self.calls.append(kwargs["BLOCK"])
        time.sleep(kwargs["BLOCK"] / 10000)
        return kwargs


def plain(x, n, BLOCK):
    pass


def tunes():
    if frontend.adapter().is_tlx and not HAS_TORCH:
        return  # its autotuner needs torch
    configs = [triton.Config({"BLOCK": block}, num_warps=warps) for block, warps in ((64, 4), (16, 2), (128, 8))]
    tuned = triton.autotune(configs, key=["n"])(Slow(plain))
    result = tuned[(1,)](None, 5)
    assert (result["BLOCK"], result["num_warps"]) == (16, 2), result
    assert len(tuned.cache) == 1 and set(Slow.calls) == {16, 64, 128}
    calls = len(Slow.calls)
    tuned[(1,)](None, 5)
    assert len(Slow.calls) == calls + 1
    tuned[(1,)](None, 6)
    assert len(tuned.cache) == 2
    heuristic = triton.heuristics({"BLOCK": lambda args: args["n"]})(Slow(plain))
    assert heuristic[(1,)](None, 7)["BLOCK"] == 7


def tells_plain_kernels():
    try:
        kernels.nothing[(1,)](None, 3, 4)
    except errors.Unavailable as error:
        assert "nothing" in str(error) and "@triton_runner.jit" in str(error), error
    else:
        raise AssertionError("no error")


def leaves_other_drivers():
    class Other:
        def get_current_target(self):
            return "other"
    kept = dict(vars(triton.runtime.driver))
    triton.runtime.driver.set_active(Other())
    frontend.ensure_driver()
    assert triton.runtime.driver.active.get_current_target() == "other"
    from triton_runner.frontend import cpu_driver
    assert not cpu_driver.is_cpu()
    triton.runtime.driver.reset_active()
    assert triton.runtime.driver.active.get_current_target().arch == 90
    vars(triton.runtime.driver).update(kept)


def main():
    for check in (asks_the_driver, measures, measures_with_tritons_own, tunes, tells_plain_kernels, leaves_other_drivers):
        check()
        print(f"{check.__name__}: ok")
    return 0


if __name__ == "__main__":
    sys.exit(main())
