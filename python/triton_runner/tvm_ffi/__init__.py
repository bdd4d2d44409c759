"""Kernels as functions of TVM FFI. They come in a later version; the names are here."""

from typing import Any

from ..later import later, refuse
from . import driver

INSTEAD = "every launch, kernel[grid](...), already goes through a launcher in C, whatever the version of Triton"


class CompiledTVMFFIKernel:
    """Not there yet: a kernel that TVM FFI launches, with `run(gx, gy, gz, enter_hook, exit_hook, *args)` and
    `[grid](*args, stream=None)`."""

    def __init__(self, function: Any, metadata: Any) -> None:
        refuse("tvm_ffi.CompiledTVMFFIKernel", INSTEAD)

    run = later("tvm_ffi.CompiledTVMFFIKernel.run", INSTEAD, "launches the kernel")

    def __getitem__(self, grid: Any) -> Any:
        refuse("tvm_ffi.CompiledTVMFFIKernel", INSTEAD)


build_module = later("tvm_ffi.build_module", INSTEAD, "compiles the launcher of TVM FFI")

__all__ = ["CompiledTVMFFIKernel", "build_module", "driver"]
