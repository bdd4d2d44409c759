"""`triton_runner.autotune`."""

from typing import Any, Callable, Dict, List, Optional


def autotune(configs: List[Any], key: List[str], prune_configs_by: Optional[Dict[str, Any]] = None,
             reset_to_zero: Optional[List[str]] = None, restore_value: Optional[List[str]] = None,
             pre_hook: Optional[Callable[..., Any]] = None, post_hook: Optional[Callable[..., Any]] = None,
             warmup: Optional[float] = None, rep: Optional[float] = None, use_cuda_graph: bool = False,
             do_bench: Optional[Callable[..., Any]] = None, cache_results: bool = False) -> Callable[[Any], Any]:
    """Decorator: measures a kernel with each of `configs` and keeps the fastest, anew when an argument in `key` changes.

    As `triton.autotune` of the Triton that is installed, and besides:

    - it works on the CPU, on NumPy arrays too (`reset_to_zero`, `restore_value`);
    - a config may be a compiled kernel: `triton.Config({"autotune_cubin_dir": folder})`;
    - a config that can't be assembled or that this machine can't run is skipped, as one is that needs more shared memory
      than there is; when none can run, the first one's error is raised.
    """

    def decorator(fn: Any) -> Any:
        from .autotuner import Autotuner

        return Autotuner(fn, fn.arg_names, configs, key, reset_to_zero, restore_value, pre_hook=pre_hook,
                         post_hook=post_hook, prune_configs_by=prune_configs_by, warmup=warmup, rep=rep,
                         use_cuda_graph=use_cuda_graph, do_bench=do_bench, cache_results=cache_results)

    return decorator
