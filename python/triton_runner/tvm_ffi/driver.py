"""The launcher of TVM FFI. It comes in a later version; the name is here."""

from typing import Any

from ..later import refuse


class TvmFfiLauncher:
    """Not there yet: launches a CUfunction through TVM FFI."""

    def __init__(self, metadata: Any, function_handle: Any) -> None:
        refuse("tvm_ffi.driver.TvmFfiLauncher", "the kernel that a launch returns can be launched again: compiled[grid]")
