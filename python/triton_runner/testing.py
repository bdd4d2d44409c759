"""Measuring and comparing, with the interface of `triton.testing`, on a GPU and without one.

torch, pandas and matplotlib are used where they are installed, none is needed. Times are in milliseconds.
"""

import math
import os
import statistics
import subprocess
import time
from typing import Any, Callable, Dict, List, Optional, Sequence, Union

_MODES = ("min", "max", "mean", "median", "all")
_CACHE_BYTES = 256 << 20  # more than any L2 cache: writing so much empties it
_GRAPH_REPLAYS = 10


def nvsmi(attrs: Sequence[str]) -> List[int]:
    """What nvidia-smi says about GPU 0, such as `nvsmi(["clocks.current.sm"])`."""
    command = ["nvidia-smi", "-i", "0", "--query-gpu=" + ",".join(attrs), "--format=csv,noheader,nounits"]
    try:
        out = subprocess.check_output(command, text=True)
    except FileNotFoundError:
        raise RuntimeError("nvsmi: this machine has no nvidia-smi, so probably no NVIDIA GPU") from None
    return [int(field) for field in out.split(",")]


def get_dram_gbps(device: Optional[int] = None) -> float:
    """The bandwidth of a GPU's memory in GB/s, from its clock and the width of its bus."""
    from .frontend import adapter, ensure_driver

    adapter()
    ensure_driver()
    from triton.runtime import driver

    found = driver.active.utils.get_device_properties(driver.active.get_current_device() if device is None else device)
    if "mem_clock_rate" not in found:  # the stand-in of a machine without a GPU
        raise RuntimeError("get_dram_gbps: there is no GPU on this machine")
    return found["mem_clock_rate"] * found["mem_bus_width"] * 2 / 1e6 / 8


# Measuring


def quantile(values: Sequence[float], fractions: Sequence[float]) -> List[float]:
    """Quantiles with linear interpolation, as NumPy's default."""
    ordered = sorted(values)
    found = []
    for fraction in fractions:
        if not 0 <= fraction <= 1:
            raise ValueError(f"a quantile is between 0 and 1, not {fraction}")
        place = fraction * (len(ordered) - 1)
        low, high = ordered[math.floor(place)], ordered[math.ceil(place)]
        found.append(low + (high - low) * (place - math.floor(place)))
    return found


def _summary(times: List[float], quantiles: Optional[Sequence[float]], return_mode: str) -> Any:
    if quantiles is not None:
        found = quantile(times, quantiles)
        return found[0] if len(found) == 1 else found
    if return_mode == "all":
        return times
    summaries: Dict[str, Callable[[List[float]], float]] = {"min": min, "max": max, "mean": statistics.mean,
                                                            "median": statistics.median}
    return summaries[return_mode](times)


def _check_mode(return_mode: str) -> None:
    if return_mode not in _MODES:
        raise AssertionError(f"return_mode={return_mode!r} is none of {', '.join(_MODES)}")


def _torch_with_gpu() -> Any:
    try:
        import torch
    except ImportError:
        return None
    return torch if torch.cuda.is_available() else None


def _forget_gradients(tensors: Optional[Sequence[Any]]) -> None:
    for tensor in tensors or ():
        tensor.grad = None


class _WallClock:
    """Times runs by the clock: right on the CPU, where a launch returns when the kernel has ended."""

    def prepare(self) -> None:
        pass

    def start(self) -> float:
        return time.perf_counter()

    def stop(self, started: float) -> float:
        return (time.perf_counter() - started) * 1e3

    def read(self, times: List[float]) -> List[float]:
        return times


class _Events:
    """Times runs by events in torch's current stream, each with an empty L2 cache."""

    def __init__(self, torch: Any) -> None:
        self._torch = torch
        self._cache = torch.empty(_CACHE_BYTES // 4, dtype=torch.int32, device="cuda")

    def prepare(self) -> None:
        self._cache.zero_()

    def start(self) -> Any:
        return self._event()

    def stop(self, started: Any) -> Any:
        return started, self._event()

    def read(self, pairs: List[Any]) -> List[float]:
        self._torch.cuda.synchronize()
        return [start.elapsed_time(end) for start, end in pairs]

    def _event(self) -> Any:
        event = self._torch.cuda.Event(enable_timing=True)
        event.record()
        return event


def _time(clock: Any, fn: Callable[[], Any], runs: int, grad_to_none: Optional[Sequence[Any]] = None) -> List[float]:
    measured = []
    for _ in range(runs):
        _forget_gradients(grad_to_none)
        clock.prepare()
        started = clock.start()
        fn()
        measured.append(clock.stop(started))
    return clock.read(measured)


def do_bench(fn: Callable[[], Any], warmup: float = 25, rep: float = 100, grad_to_none: Optional[Sequence[Any]] = None,
             quantiles: Optional[Sequence[float]] = None, return_mode: str = "mean") -> Any:
    """How long `fn` takes, in milliseconds.

    It runs for about `warmup` ms and is then measured for about `rep` ms. `quantiles` gives these quantiles of the
    times, else `return_mode` "min", "max", "mean", "median", or "all" for the list. The gradients of `grad_to_none`
    are cleared before each run.

    With a GPU that torch sees, times are the GPU's, from events; else the clock's.
    """
    _check_mode(return_mode)
    torch = _torch_with_gpu()
    clock = _Events(torch) if torch else _WallClock()
    fn()
    estimate = max(statistics.mean(_time(clock, fn, 5)), 1e-6)
    _time(clock, fn, max(1, min(int(warmup / estimate), 1_000_000)))
    times = _time(clock, fn, max(1, min(int(rep / estimate), 1_000_000)), grad_to_none)
    return _summary(times, quantiles, return_mode)


def do_bench_cudagraph(fn: Callable[[], Any], rep: float = 20, grad_to_none: Optional[Sequence[Any]] = None,
                       quantiles: Optional[Sequence[float]] = None, return_mode: str = "mean") -> Any:
    """How long `fn` takes in a CUDA graph, so without the costs of launching, in milliseconds.

    Without a GPU there are no graphs and no such costs: it is `do_bench`.
    """
    _check_mode(return_mode)
    torch = _torch_with_gpu()
    if torch is None:
        return do_bench(fn, 0, rep, grad_to_none, quantiles, return_mode)
    with torch.cuda.stream(torch.cuda.Stream()):
        fn()
        for tensor in grad_to_none or ():
            tensor.detach_().requires_grad_(True)
        clock = _Events(torch)
        estimate = max(statistics.mean(_time(clock, fn, 5)), 1e-6)
        runs = max(1, min(int(rep / estimate), 100_000))
        graph = _capture(torch, fn, runs, grad_to_none)
        times = [elapsed / runs for elapsed in _time(clock, graph.replay, _GRAPH_REPLAYS)]
    return _summary(times, quantiles, return_mode)


def _capture(torch: Any, fn: Callable[[], Any], runs: int, grad_to_none: Optional[Sequence[Any]]) -> Any:
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        for _ in range(runs):
            _forget_gradients(grad_to_none)
            fn()
    torch.cuda.synchronize()
    return graph


# Comparing


def _to_numpy(value: Any) -> Any:
    """Any tensor, array, list or number as an array of a type that NumPy itself has."""
    import numpy

    if hasattr(value, "detach"):  # a torch tensor
        value = value.detach().cpu()
        if str(value.dtype) == "torch.bfloat16" or "float8" in str(value.dtype):
            value = value.float()
        value = value.numpy()
    value = numpy.asarray(value)
    return value.astype(numpy.float32) if value.dtype.kind == "V" or value.dtype.name.startswith("float8") else value


def _tolerance(given: Any, default: float, value: Any) -> float:
    if given is None:
        return default
    return given(getattr(value, "dtype", None)) if callable(given) else given


def assert_close(x: Any, y: Any, atol: Any = None, rtol: Any = None, err_msg: str = "") -> None:
    """Raises AssertionError unless |x - y| <= atol + rtol |y| everywhere; NaN is equal to NaN in arrays.

    `x` and `y` are torch tensors, NumPy arrays (of ml_dtypes too), lists or numbers. `atol` is 1e-2 and `rtol` 0 unless
    given, as a number or as a function of x's dtype.
    """
    import numpy

    atol, rtol = _tolerance(atol, 1e-2, x), _tolerance(rtol, 0.0, x)
    x, y = _to_numpy(x), _to_numpy(y)
    if x.size > 1 or y.size > 1:
        numpy.testing.assert_allclose(x, y, atol=atol, rtol=rtol, equal_nan=True, err_msg=err_msg)
    elif not numpy.allclose(x, y, atol=atol, rtol=rtol):
        raise AssertionError(f"{err_msg} {x} is not close to {y} (atol={atol}, rtol={rtol})")


# Reports


class Benchmark:
    """What `perf_report` measures: a line for each of `line_vals`, a point for each of `x_vals`.

    Each x is one value for all of `x_names`, or a tuple with one for each. `args` are further arguments of the
    function; `styles` has a (colour, line style) for each line.
    """

    def __init__(self, x_names: List[str], x_vals: List[Any], line_arg: str, line_vals: List[Any],
                 line_names: List[str], plot_name: str, args: Dict[str, Any], xlabel: str = "", ylabel: str = "",
                 x_log: bool = False, y_log: bool = False, styles: Optional[List[Any]] = None) -> None:
        self.x_names, self.x_vals = x_names, x_vals
        self.line_arg, self.line_vals, self.line_names = line_arg, line_vals, line_names
        self.plot_name, self.args = plot_name, args
        self.xlabel, self.ylabel, self.x_log, self.y_log = xlabel, ylabel, x_log, y_log
        self.styles = styles


class Mark:
    """A function with its benchmarks; `run` measures them."""

    def __init__(self, fn: Callable[..., Any], benchmarks: Union[Benchmark, List[Benchmark]]) -> None:
        self.fn, self.benchmarks = fn, benchmarks

    def run(self, show_plots: bool = False, print_data: bool = False, save_path: str = "", return_df: bool = False,
            diff_col: bool = False, save_precision: int = 6, **kwargs: Any) -> Any:
        """Measures everything. `print_data` prints tables, `save_path` is a folder for tables and plots, `show_plots`
        shows them (needs matplotlib), `return_df` returns a pandas DataFrame for each benchmark (needs pandas)."""
        single = isinstance(self.benchmarks, Benchmark)
        benchmarks = [self.benchmarks] if isinstance(self.benchmarks, Benchmark) else list(self.benchmarks)
        if save_path:
            os.makedirs(save_path, exist_ok=True)
        tables = []
        for bench in benchmarks:
            table = _Table(bench, _measure(self.fn, bench, kwargs), diff_col)
            tables.append(table)
            if print_data:
                print(f"{bench.plot_name}:\n{table.text()}")
            if save_path:
                table.save(save_path, save_precision)
            _plot(table, save_path, show_plots)
        if save_path:
            _write_index(save_path, benchmarks)
        if not return_df:
            return None
        frames = [table.frame() for table in tables]
        return frames[0] if single else frames


def perf_report(benchmarks: Union[Benchmark, List[Benchmark]]) -> Callable[[Callable[..., Any]], Mark]:
    """Decorator: the function, called with one point of a benchmark, returns a number or (mean, min, max)."""
    return lambda fn: Mark(fn, benchmarks)


def _measure(fn: Callable[..., Any], bench: Benchmark, kwargs: Dict[str, Any]) -> List[List[Any]]:
    """For each x: its values, and (mean, min, max) of each line."""
    rows = []
    for x in bench.x_vals:
        xs = list(x) if isinstance(x, (list, tuple)) else [x] * len(bench.x_names)
        if len(xs) != len(bench.x_names):
            raise ValueError(f"Expected {len(bench.x_names)} values, got {x}")
        points = []
        for line in bench.line_vals:
            point = fn(**dict(zip(bench.x_names, xs)), **{bench.line_arg: line}, **bench.args, **kwargs)
            points.append(tuple(point) if isinstance(point, (tuple, list)) else (point, None, None))
        rows.append([xs, points])
    return rows


class _Table:
    """The results of one benchmark: the x values, and the mean of each line."""

    def __init__(self, bench: Benchmark, measured: List[List[Any]], diff_col: bool) -> None:
        self.bench, self.measured = bench, measured
        self.columns = [*bench.x_names, *bench.line_names]
        self.rows = [[*xs, *(point[0] for point in points)] for xs, points in measured]
        if diff_col and len(self.columns) == 2:
            self.columns.append("Diff")
            self.rows = [[*row, row[1] - row[0]] for row in self.rows]

    def frame(self) -> Any:
        try:
            import pandas
        except ImportError:
            raise ImportError("return_df=True needs pandas; print_data and save_path work without it") from None
        return pandas.DataFrame(self.rows, columns=self.columns)

    def text(self) -> str:
        cells = [["", *self.columns]]
        cells += [[str(number), *(_cell(value) for value in row)] for number, row in enumerate(self.rows)]
        widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
        return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(row, widths)) for row in cells)

    def save(self, folder: str, precision: int) -> None:
        import csv

        with open(os.path.join(folder, f"{self.bench.plot_name}.csv"), "w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(self.columns)
            writer.writerows([[f"{value:.{precision}f}" if isinstance(value, float) else value for value in row]
                              for row in self.rows])


def _cell(value: Any) -> str:
    return f"{value:.6f}" if isinstance(value, float) else str(value)


def _plot(table: _Table, folder: str, show: bool) -> None:
    """Draws a benchmark where matplotlib is; only who asks to see plots must have it."""
    bench = table.bench
    if not bench.plot_name or not (folder or show):
        return
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        if show:
            raise ImportError("show_plots=True needs matplotlib") from None
        return
    figure, axes = plt.subplots()
    xs = [row[0][0] for row in table.measured]
    for number, name in enumerate(bench.line_names):
        points = [row[1][number] for row in table.measured]
        color, style = bench.styles[number] if bench.styles else (None, None)
        axes.plot(xs, [point[0] for point in points], label=name, color=color, linestyle=style)
        if all(point[1] is not None and point[2] is not None for point in points):
            axes.fill_between(xs, [point[1] for point in points], [point[2] for point in points], alpha=0.15, color=color)
    axes.legend()
    axes.set_xlabel(bench.xlabel or bench.x_names[0])
    axes.set_ylabel(bench.ylabel)
    axes.set_xscale("log" if bench.x_log else "linear")
    axes.set_yscale("log" if bench.y_log else "linear")
    if show:
        plt.show()
    if folder:
        figure.savefig(os.path.join(folder, f"{bench.plot_name}.png"))
    plt.close(figure)


def _write_index(folder: str, benchmarks: List[Benchmark]) -> None:
    images = "".join(f'<img src="{bench.plot_name}.png"/>\n' for bench in benchmarks)
    with open(os.path.join(folder, "results.html"), "w") as file:
        file.write(f"<html><body>\n{images}</body></html>\n")
