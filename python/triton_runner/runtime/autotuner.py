"""The autotuner: Triton's own, with what it lacks on a CPU, without torch, and in older versions. Imports Triton."""

import inspect
from functools import partial
from typing import Any, Callable, Dict, List, Optional

from .. import testing
from ..errors import NotFound, Unsupported
from ..frontend import adapter, ensure_driver

adapter()  # a missing Triton, or one that is too old, is an error with advice
from triton.compiler.errors import CompileTimeAssertionFailure  # noqa: E402
from triton.runtime import errors as _errors  # noqa: E402
from triton.runtime.autotuner import Autotuner as _TritonAutotuner  # noqa: E402

_ARGUMENTS = inspect.signature(_TritonAutotuner.__init__).parameters
_CHOOSES_BENCHMARK = "do_bench" in _ARGUMENTS  # 3.2 and newer; their hooks get names, those of older ones positions
_QUANTILES = (0.5, 0.2, 0.8)
# What makes a config one to skip. Where Triton has no PTXASError yet, a bad autotune_cubin_dir is NotFound.
_SKIPPED = (_errors.OutOfResources, CompileTimeAssertionFailure, Unsupported, getattr(_errors, "PTXASError", NotFound))


class Autotuner(_TritonAutotuner):
    """Chooses the fastest of several configs of a kernel; what `triton_runner.autotune` makes."""

    def __init__(self, fn: Any, arg_names: List[str], configs: List[Any], key: List[str],
                 reset_to_zero: Optional[List[str]], restore_value: Optional[List[str]],
                 pre_hook: Optional[Callable[..., Any]] = None, post_hook: Optional[Callable[..., Any]] = None,
                 prune_configs_by: Optional[Dict[str, Any]] = None, warmup: Optional[float] = None,
                 rep: Optional[float] = None, use_cuda_graph: bool = False,
                 do_bench: Optional[Callable[..., Any]] = None, cache_results: bool = False) -> None:
        ensure_driver()
        extra: Dict[str, Any] = {"do_bench": do_bench} if _CHOOSES_BENCHMARK else {}
        if "cache_results" in _ARGUMENTS:
            extra["cache_results"] = cache_results
        elif cache_results:
            raise Unsupported(f"autotune: cache_results needs Triton 3.4 or newer, this is {adapter().version}")
        if warmup is not None:
            extra["warmup"] = warmup
        if rep is not None:
            extra["rep"] = rep
        try:
            super().__init__(fn, arg_names, configs, key, reset_to_zero, restore_value, pre_hook, post_hook,
                             prune_configs_by, use_cuda_graph=use_cuda_graph, **extra)
        except ImportError as error:
            # The last thing that Triton 3.0 and 3.1 do here is to ask torch about CUDA graphs.
            if error.name != "torch":
                raise
            self.use_cuda_graph = False
        self._choose_benchmark(do_bench, warmup, rep, use_cuda_graph)
        self._choose_hooks(pre_hook, post_hook)

    def _choose_benchmark(self, do_bench: Any, warmup: Any, rep: Any, use_cuda_graph: bool) -> None:
        """Sets `_measure`, what Triton's `do_bench` is called through."""
        rep = 100 if rep is None else rep
        if do_bench is None and use_cuda_graph:
            do_bench = partial(testing.do_bench_cudagraph, rep=rep)
        elif do_bench is None and (warmup is not None or rep != 100 or not _CHOOSES_BENCHMARK):
            do_bench = partial(testing.do_bench, warmup=25 if warmup is None else warmup, rep=rep)
        self._measure = do_bench
        self.do_bench = self._measure_or_skip

    def _measure_or_skip(self, kernel_call: Callable[[], Any], quantiles: Any = _QUANTILES) -> Any:
        """The times of a config, infinite for one that can't run here."""
        if self._measure is None:
            from triton.runtime import driver

            self._measure = driver.active.get_benchmarker()
        try:
            return self._measure(kernel_call, quantiles=quantiles)
        except _SKIPPED:
            return [float("inf")] * len(quantiles)

    def _choose_hooks(self, pre_hook: Any, post_hook: Any) -> None:
        """Triton's own hooks know torch's tensors only."""
        self._reset = list(getattr(self, "reset_to_zero" if _CHOOSES_BENCHMARK else "reset_idx"))
        self._restore = list(getattr(self, "restore_value" if _CHOOSES_BENCHMARK else "restore_idx"))
        self._saved: Dict[Any, Any] = {}
        if not pre_hook and (self._reset or self._restore):
            self.pre_hook = self._before
        if not post_hook and self._restore:
            self.post_hook = self._after

    def _before(self, args: Any, reset_only: bool = False) -> None:
        for place in self._reset:
            if args[place] is not None:
                _set_to_zero(args[place])
        if not reset_only:
            self._saved = {place: _copy(args[place]) for place in self._restore if args[place] is not None}

    def _after(self, args: Any, exception: Optional[BaseException]) -> None:
        for place, saved in self._saved.items():
            _assign(args[place], saved)
        self._saved = {}

    if not _CHOOSES_BENCHMARK:

        def _bench(self, *args: Any, config: Any, **meta: Any) -> Any:
            """As Triton 3.2's, measuring with `do_bench`: that of 3.0 and 3.1 needs torch and a GPU."""
            conflicts = meta.keys() & config.kwargs.keys()
            if conflicts:
                raise ValueError(f"Conflicting meta-parameters: {', '.join(conflicts)}."
                                 " Make sure that you don't re-define auto-tuned symbols.")
            current = {**meta, **config.all_kwargs()}

            def kernel_call() -> None:
                if config.pre_hook:
                    config.pre_hook({**self.nargs, **current})
                self.pre_hook(args)
                try:
                    self.fn.run(*args, **current)
                except Exception as error:
                    self.post_hook(args, exception=error)
                    raise
                self.post_hook(args, exception=None)

            return self.do_bench(kernel_call, quantiles=_QUANTILES)

    if hasattr(_TritonAutotuner, "check_disk_cache"):

        def check_disk_cache(self, tuning_key: Any, configs: Any, bench_fn: Callable[[], None]) -> Any:
            """Times on a CPU are kept apart from a GPU's: Triton's key has the target of the compiler only."""
            if not tuning_key or any(_is_on_gpu(value) for value in (self.nargs or {}).values()):
                return super().check_disk_cache(tuning_key, configs, bench_fn)
            marked = (*tuning_key, "on the CPU")
            was_cached = super().check_disk_cache(marked, configs, bench_fn)
            if marked in self.cache:
                self.cache[tuning_key] = self.cache.pop(marked)
            return was_cached


def _is_on_gpu(value: Any) -> bool:
    return bool(getattr(value, "is_cuda", False)) or (not hasattr(value, "is_cuda")
                                                      and hasattr(value, "__cuda_array_interface__"))


def _set_to_zero(tensor: Any) -> None:
    if hasattr(tensor, "zero_"):
        tensor.zero_()
    else:
        tensor[...] = 0


def _copy(tensor: Any) -> Any:
    return tensor.clone() if hasattr(tensor, "clone") else tensor.copy()


def _assign(tensor: Any, values: Any) -> None:
    if hasattr(tensor, "copy_"):
        tensor.copy_(values)
    else:
        tensor[...] = values
