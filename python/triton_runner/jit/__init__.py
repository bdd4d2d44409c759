"""triton_runner.jit: the decorator. This package is its implementation; the name `triton_runner.jit` is the function."""

import os
from typing import Any, Callable, Optional, Sequence, Union


def jit(fn: Optional[Callable] = None, *, version: Any = None, repr: Optional[Callable] = None,
        launch_metadata: Optional[Callable] = None,
        do_not_specialize: Optional[Sequence[Union[int, str]]] = None,
        do_not_specialize_on_alignment: Optional[Sequence[Union[int, str]]] = None,
        debug: Optional[bool] = None, noinline: Optional[bool] = None):
    """@triton.jit, whose kernels also run from artifacts, and on the CPU.

    Takes the arguments of @triton.jit. A launch takes, besides the function's own arguments and Triton's options:
    ttir_dir, ttgir_dir, llir_dir, ptx_dir, cubin_dir (a directory with NAME.ttir and so on, NAME that of the function),
    ttir_src, ttgir_src, llir_src, ptx_src, cubin_src (a text, or a path), and metadata_json.
    """
    options = {"version": version, "repr": repr, "launch_metadata": launch_metadata,
               "do_not_specialize": do_not_specialize,
               "do_not_specialize_on_alignment": do_not_specialize_on_alignment, "debug": debug, "noinline": noinline}
    if fn is None:
        return lambda function: _decorate(function, options)
    return _decorate(fn, options)


def _decorate(fn, options):
    from .function import make
    if not callable(fn):
        raise TypeError(f"@triton_runner.jit decorates a function, not {type(fn).__name__}")
    if hasattr(fn, "fn") and hasattr(fn, "arg_names"):  # decorated already, by @triton.jit
        fn = fn.fn
    if os.environ.get("TRITON_INTERPRET", "0").lower() in ("1", "true", "on", "yes", "y"):
        import triton  # which gives an interpreter of its own
        options = {name: value for name, value in options.items() if value is not None}
        return triton.jit(fn, **options)
    return make(fn, **options)


from . import gluon  # noqa: E402  (it uses what stands above)

jit.gluon = gluon
