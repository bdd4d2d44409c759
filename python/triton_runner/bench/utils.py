"""Measuring calls and printing a line for each.

    [vector_add                                        |] time:    5.734 us
"""

import functools
import statistics
import time
from typing import Any, Callable, Optional

from .. import testing

_UNITS = {"s": 1e-3, "ms": 1.0, "us": 1e3, "ns": 1e6}  # how many there are in a millisecond


def format_line(name: str, milliseconds: float, unit_name: str = "ms") -> str:
    """The line of a result."""
    if unit_name not in _UNITS:
        raise ValueError(f"unit_name={unit_name!r} is none of {', '.join(_UNITS)}")
    return f"[{name:<50}|] time: {milliseconds * _UNITS[unit_name]:8.3f} {unit_name}"


def benchmark(name: str, unit_name: str = "ms") -> Callable[[Callable[..., Any]], Callable[..., float]]:
    """Decorator: calling the function measures it with `triton_runner.testing.do_bench`, prints a line, and returns the
    milliseconds that a call takes."""
    format_line(name, 0, unit_name)  # a wrong unit is an error at once

    def decorator(fn: Callable[..., Any]) -> Callable[..., float]:

        @functools.wraps(fn)
        def measure(*args: Any, **kwargs: Any) -> float:
            milliseconds = testing.do_bench(lambda: fn(*args, **kwargs))
            print(format_line(name, milliseconds, unit_name))
            return milliseconds

        return measure

    return decorator


def _synchronize() -> None:
    torch = testing._torch_with_gpu()
    if torch is not None:
        torch.cuda.synchronize()


def bench_host_us(fn: Callable[[], Any], *, warmup: int = 100, iters: int = 1000, repeats: int = 5) -> float:
    """How many microseconds a call keeps the caller busy: the median of `repeats` runs of `iters` calls. What a launch
    has queued is waited for between the runs, outside of the time."""
    if iters < 1 or repeats < 1:
        raise ValueError(f"bench_host_us needs at least one run of one call, not repeats={repeats}, iters={iters}")
    for _ in range(warmup):
        fn()
    runs = []
    for _ in range(repeats):
        _synchronize()
        started = time.perf_counter_ns()
        for _ in range(iters):
            fn()
        runs.append((time.perf_counter_ns() - started) / iters / 1e3)
    _synchronize()
    return statistics.median(runs)


def make_subscript_launch(kernel: Any, grid: Any, *args: Any, **kwargs: Any) -> Callable[[], Any]:
    """A call of `kernel[grid](*args, **kwargs)`."""
    return lambda: kernel[grid](*args, **kwargs)


def make_direct_launch(kernel: Any, grid: Any, *args: Any, **kwargs: Any) -> Callable[[], Any]:
    """A call of `kernel.run(*args, grid=grid, warmup=False, **kwargs)`."""
    return lambda: kernel.run(*args, grid=grid, warmup=False, **kwargs)


def make_compiled_launch(compiled: Any, grid: Any, *args: Any) -> Callable[[], Any]:
    """A call of `compiled[grid](*args)`, of the kernel that a launch or warmup() returned."""
    launch = compiled[grid]
    return lambda: launch(*args)


class TimerContext:
    """`with TimerContext("name"):` prints how long the block took; `milliseconds` has it afterwards."""

    def __init__(self, name: str = "", unit_name: str = "ms") -> None:
        format_line(name, 0, unit_name)
        self.name, self.unit_name = name, unit_name
        self.milliseconds: Optional[float] = None

    def __enter__(self) -> "TimerContext":
        _synchronize()
        self._started = time.perf_counter()
        return self

    def __exit__(self, *exception: Any) -> None:
        _synchronize()
        self.milliseconds = (time.perf_counter() - self._started) * 1e3
        print(format_line(self.name, self.milliseconds, self.unit_name))
