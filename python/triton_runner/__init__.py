"""Triton Runner: runs Triton kernels from any level of their compilation, on an NVIDIA GPU or on the CPU.

    @triton_runner.jit
    def kernel(x_ptr, n, BLOCK: tl.constexpr): ...

    kernel[grid](x, n, BLOCK=1024)                        # from Python
    kernel[grid](x, n, BLOCK=1024, ttir_dir="folder")     # from folder/kernel.ttir
    triton_runner.load("kernel.ttir")[grid](x, n)         # without the function

Arguments are NumPy arrays and CPU tensors (the kernel runs on the CPU) or GPU tensors. Importing this needs neither Triton
nor torch nor a GPU; Triton is imported when something is decorated or compiled.
"""

import importlib as _importlib

from . import errors, frontend
from .errors import TritonRunnerError
from .jit import jit

__version__ = "0.1.0"

# Where each public name is: imported when it is first asked for.
_LAZY = {
    "autotune": ("runtime", "autotune"),
    "Autotuner": ("runtime", "Autotuner"),
    "configure_jit_backend": ("backend", "configure_jit_backend"),
    "restore_jit_backend": ("backend", "restore_jit_backend"),
    "configure_autotune_backend": ("backend", "configure_autotune_backend"),
    "restore_autotune_backend": ("backend", "restore_autotune_backend"),
    "get_file_dir": ("files", "get_file_dir"),
    "load": ("files", "load"),
    "IS_CUDA": ("environment", "IS_CUDA"),
    "TRITON_RUNNER_PROD": ("environment", "TRITON_RUNNER_PROD"),
    "TRITON_RUNNER_PROD_TEST": ("environment", "TRITON_RUNNER_PROD_TEST"),
}
_MODULES = ("backend", "bench", "color_print", "compat", "compiler", "debug", "environment", "frontend", "gluon_runner",
            "language", "runtime", "testing", "torch_utils", "tvm_ffi")

# Not what needs Triton as soon as it is named: `from triton_runner import *` works without it.
__all__ = ["jit", "errors", "TritonRunnerError", *(name for name, (module, _) in _LAZY.items() if module != "runtime")]


# Scripts ask Triton's driver for a device before they decorate anything.
frontend.watch()


def __getattr__(name):
    if name in _LAZY:
        module, attribute = _LAZY[name]
        value = getattr(_importlib.import_module(f"{__name__}.{module}"), attribute)
        globals()[name] = value
        return value
    if name in _MODULES:
        return _importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted({*globals(), *_LAZY, *_MODULES})
