"""triton_runner.testing and triton_runner.bench without a GPU, and torch_utils on NumPy arrays."""

import contextlib
import sys
import time
from types import SimpleNamespace

import ml_dtypes
import numpy as np
import pytest

import triton_runner
from triton_runner import testing, torch_utils
from triton_runner.bench import utils

SLEEP_MS = 2


def sleep():
    time.sleep(SLEEP_MS / 1e3)


def test_do_bench_measures_milliseconds():
    for result in (testing.do_bench(sleep, warmup=2, rep=10), testing.do_bench(sleep, 2, 10, return_mode="median"),
                   testing.do_bench_cudagraph(sleep, rep=10)):
        assert SLEEP_MS <= result < 50 * SLEEP_MS


def test_do_bench_forms():
    low, high = testing.do_bench(sleep, 0, 10, quantiles=[0.0, 1.0])
    assert SLEEP_MS <= low <= high
    assert isinstance(testing.do_bench(sleep, 0, 10, quantiles=[0.5]), float)
    times = testing.do_bench(sleep, 0, 10, return_mode="all")
    assert len(times) > 1 and min(times) >= SLEEP_MS
    with pytest.raises(AssertionError, match="'sum' is none of min, max"):
        testing.do_bench(sleep, return_mode="sum")
    with pytest.raises(ValueError, match="between 0 and 1"):
        testing.do_bench(sleep, 0, 1, quantiles=[1.5])


def test_do_bench_clears_gradients():
    tensor = SimpleNamespace(grad=1)
    seen = []
    testing.do_bench(lambda: (seen.append(tensor.grad), setattr(tensor, "grad", 1)), 0, 1, grad_to_none=[tensor])
    assert seen[-1] is None


@pytest.mark.parametrize("values", [[1.0], [3.0, 1.0], [5.0, 1.0, 4.0], list(range(100))])
def test_quantiles_are_numpys(values):
    fractions = [0, 0.1, 0.5, 0.77, 1]
    assert testing.quantile(values, fractions) == pytest.approx(np.quantile(values, fractions))


def test_assert_close():
    x = np.linspace(0, 1, 10)
    testing.assert_close(x, x + 0.009)
    with pytest.raises(AssertionError):
        testing.assert_close(x, x + 0.02)
    testing.assert_close(x, x + 0.02, atol=0.03)
    testing.assert_close([100.0, 200.0], [101.0, 202.0], atol=0, rtol=0.02)
    testing.assert_close(x.astype(np.float32), x, atol=lambda dtype: 1e-6 if dtype == np.float32 else 0)
    testing.assert_close(np.array([np.nan, 1]), np.array([np.nan, 1]))
    with pytest.raises(AssertionError, match="sum 1.0 is not close to 2.0"):
        testing.assert_close(1.0, 2.0, err_msg="sum")


@pytest.mark.parametrize("dtype", [ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn, ml_dtypes.float8_e5m2])
def test_assert_close_of_small_floats(dtype):
    x = np.array([0.5, 1.0, 2.0]).astype(dtype)
    testing.assert_close(x, np.array([0.5, 1.0, 2.0]), atol=0)
    with pytest.raises(AssertionError):
        testing.assert_close(x, np.array([0.5, 1.0, 4.0]))


def test_assert_close_of_torch_tensors():
    torch = pytest.importorskip("torch")
    x = torch.linspace(0, 1, 10, requires_grad=True)
    testing.assert_close(x, x.detach().numpy())
    testing.assert_close(x.bfloat16(), x, atol=0.01)
    with pytest.raises(AssertionError):
        testing.assert_close(x, x + 1)


def report(**kwargs):
    options = {"x_names": ["m", "n"], "x_vals": [1, (2, 3)], "line_arg": "how", "line_vals": ["a", "b"],
               "line_names": ["A", "B"], "plot_name": "sizes", "args": {"k": 10}}
    return testing.Benchmark(**{**options, **kwargs})


@testing.perf_report(report())
def measured(m, n, how, k, extra=0):
    value = float(m * n * k + extra)
    return value if how == "a" else (value * 2, value, value * 3)


def test_report(capsys, tmp_path):
    assert measured.run(print_data=True, save_path=str(tmp_path / "new"), extra=1) is None
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "sizes:"
    assert lines[1].split() == ["m", "n", "A", "B"]
    assert lines[2].split() == ["0", "1", "1", "11.000000", "22.000000"]
    assert lines[3].split() == ["1", "2", "3", "61.000000", "122.000000"]
    table = (tmp_path / "new" / "sizes.csv").read_text()
    assert table == "m,n,A,B\n1,1,11.000000,22.000000\n2,3,61.000000,122.000000\n"
    assert '<img src="sizes.png"/>' in (tmp_path / "new" / "results.html").read_text()


def test_report_faults(monkeypatch):
    with pytest.raises(ValueError, match="Expected 2 values"):
        testing.Mark(measured.fn, report(x_vals=[(1, 2, 3)])).run()
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="return_df=True needs pandas"):
        measured.run(return_df=True)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match="show_plots=True needs matplotlib"):
        measured.run(show_plots=True)


def test_nvsmi_without_a_gpu(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RuntimeError, match="no nvidia-smi"):
        testing.nvsmi(["clocks.current.sm"])
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\n[ \"$3\" = --query-gpu=clocks.current.sm,memory.used ] && echo '1980, 512'\n")
    program.chmod(0o755)
    assert testing.nvsmi(["clocks.current.sm", "memory.used"]) == [1980, 512]


class FakeTorch:
    """As much of torch as measuring on a GPU takes. A call of `run` takes 2 ms of the GPU's time, a graph those it caught."""

    int32 = "int32"

    def __init__(self):
        self.now, self.captured, self.log = 0.0, None, []
        self.cuda = self
        fake = self

        class Event:
            def __init__(self, enable_timing):
                assert enable_timing

            def record(self):
                self.at = fake.now

            def elapsed_time(self, end):
                assert fake.log[-1] == "synchronize", "times are read when they are there"
                return end.at - self.at

        class CUDAGraph:
            def replay(self):
                fake.now += 2.0 * self.calls

        self.Event, self.CUDAGraph = Event, CUDAGraph

    def run(self):
        if self.captured is None:
            self.now += 2.0
            self.log.append("run")
        else:
            self.captured += 1

    def synchronize(self):
        self.log.append("synchronize")

    def empty(self, count, dtype, device):
        assert (dtype, device) == ("int32", "cuda") and count * 4 >= 1 << 27, "larger than any L2 cache"
        return SimpleNamespace(zero_=lambda: self.log.append("zero"))

    def Stream(self):
        return None

    def stream(self, stream):
        return contextlib.nullcontext()

    @contextlib.contextmanager
    def graph(self, graph):
        self.captured = 0
        yield
        graph.calls, self.captured = self.captured, None


def test_do_bench_on_a_gpu(monkeypatch):
    torch = FakeTorch()
    monkeypatch.setattr(testing, "_torch_with_gpu", lambda: torch)
    assert testing.do_bench(torch.run, warmup=10, rep=20) == pytest.approx(2.0)
    assert torch.log.count("run") == 1 + 5 + 5 + 10, "once, to estimate, to warm up, to measure"
    assert all(torch.log[i - 1] == "zero" for i, what in enumerate(torch.log) if what == "run" and i > 0)
    assert testing.do_bench(torch.run, 0, 8, return_mode="all") == pytest.approx([2.0] * 4)


def test_do_bench_cudagraph_on_a_gpu(monkeypatch):
    torch = FakeTorch()
    monkeypatch.setattr(testing, "_torch_with_gpu", lambda: torch)
    assert testing.do_bench_cudagraph(torch.run, rep=20) == pytest.approx(2.0)
    assert testing.do_bench_cudagraph(torch.run, rep=20, quantiles=[0.5, 0.9]) == pytest.approx([2.0, 2.0])
    gradient = SimpleNamespace(grad=1, detach_=lambda: gradient, requires_grad_=lambda value: gradient)
    testing.do_bench_cudagraph(torch.run, rep=20, grad_to_none=[gradient])
    assert gradient.grad is None


def test_bandwidth_without_a_gpu():
    if triton_runner.IS_CUDA:
        pytest.skip("there is one")
    with pytest.raises(RuntimeError, match="no GPU|pip install triton"):
        testing.get_dram_gbps()


# bench.utils


def test_line():
    assert utils.format_line("nop", 0.005734, "us") == f"[{'nop':<50}|] time:    5.734 us"
    assert utils.format_line("matmul", 1.5) == f"[{'matmul':<50}|] time:    1.500 ms"
    with pytest.raises(ValueError, match="'min' is none of"):
        utils.benchmark("x", "min")


def test_benchmark_prints_and_returns(capsys):
    @utils.benchmark("sleep", unit_name="us")
    def run(times):
        for _ in range(times):
            sleep()

    milliseconds = run(1)
    assert SLEEP_MS <= milliseconds
    assert capsys.readouterr().out == utils.format_line("sleep", milliseconds, "us") + "\n"


def test_host_time():
    assert utils.bench_host_us(sleep, warmup=0, iters=2, repeats=2) >= SLEEP_MS * 1e3
    with pytest.raises(ValueError, match="at least one run"):
        utils.bench_host_us(sleep, iters=0)


def test_timer(capsys):
    with utils.TimerContext("block") as timer:
        sleep()
    assert timer.milliseconds >= SLEEP_MS
    assert capsys.readouterr().out.startswith(f"[{'block':<50}|] time:")


class Kernel:
    """Notes how it is launched."""

    def __getitem__(self, grid):
        return lambda *args, **kwargs: (grid, args, kwargs)

    def run(self, *args, grid, warmup, **kwargs):
        return grid, args, {**kwargs, "warmup": warmup}


def test_launches():
    kernel = Kernel()
    assert utils.make_subscript_launch(kernel, (1,), 2, BLOCK=3)() == ((1,), (2,), {"BLOCK": 3})
    assert utils.make_direct_launch(kernel, (1,), 2, BLOCK=3)() == ((1,), (2,), {"BLOCK": 3, "warmup": False})
    assert utils.make_compiled_launch(kernel, (1,), 2)() == ((1,), (2,), {})


# torch_utils


def test_sizes():
    assert torch_utils.get_grid_dim((100, 64), (32, 32)) == (4, 2)
    assert torch_utils.get_grid_dim(1000, 256) == (4,)
    assert torch_utils.get_pad_n_elements(np.zeros((100, 30)), (32, 32)) == 128 * 32
    assert torch_utils.get_n_elements_with_grid((32, 16), (2, 3)) == 32 * 16 * 6
    assert torch_utils.get_n_elements_with_grid(128, 4) == 512
    with pytest.raises(ValueError, match="differ in their number of dimensions"):
        torch_utils.get_grid_dim((1, 2), (3,))


def test_padding():
    t = np.arange(6, dtype=np.float16).reshape(2, 3)
    padded = torch_utils.pad_2d_to_block_shape(t, (4, 2))
    assert padded.shape == (4, 4) and padded.dtype == np.float32
    assert (padded[:2, :3] == t).all() and padded.sum() == t.sum()


def test_padding_of_torch_tensors():
    torch = pytest.importorskip("torch")
    padded = torch_utils.pad_2d_to_block_shape(torch.ones(2, 3, dtype=torch.float16), (4, 2))
    assert padded.shape == (4, 4) and padded.dtype == torch.float32 and padded.sum() == 6


def test_device():
    try:
        import torch
    except ImportError:
        assert torch_utils.get_active_torch_device() == "cpu"
    else:
        assert isinstance(torch_utils.get_active_torch_device(), torch.device)
