"""The older place of Gluon's decorator: `triton_runner.gluon_runner.jit` is `triton_runner.jit.gluon.jit`."""

import importlib
from typing import Any


def jit(fn: Any = None, **kwargs: Any) -> Any:
    """Decorator for Gluon kernels, for Triton 3.4 and newer; takes the keywords of `triton_runner.jit`."""
    return importlib.import_module("triton_runner.jit.gluon").jit(fn, **kwargs)
