"""`autotune`, `Autotuner`, and the public names of `triton_runner` once more. Triton is imported when one needs it."""

import importlib
from typing import Any

from .autotune import autotune

# name -> (module, name there)
_LAZY = {
    "Autotuner": ("triton_runner.runtime.autotuner", "Autotuner"),
    "configure_jit_backend": ("triton_runner.backend", "configure_jit_backend"),
    "restore_jit_backend": ("triton_runner.backend", "restore_jit_backend"),
    "configure_autotune_backend": ("triton_runner.backend", "configure_autotune_backend"),
    "restore_autotune_backend": ("triton_runner.backend", "restore_autotune_backend"),
    "jit": ("triton_runner.jit", "jit"),
    "get_file_dir": ("triton_runner", "get_file_dir"),
    "color_print": ("triton_runner.color_print", None),
    "torch_utils": ("triton_runner.torch_utils", None),
}

__all__ = ["autotune", *_LAZY]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _LAZY[name]
    module = importlib.import_module(module)
    return module if attribute is None else getattr(module, attribute)


def __dir__() -> "list[str]":
    return sorted({*globals(), *_LAZY})
