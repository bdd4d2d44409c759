"""The part of include/triton_runner.h that a launch needs, through ctypes."""

import ctypes
from ctypes import POINTER, Structure, byref, c_bool, c_char, c_char_p, c_float, c_int, c_int32, c_size_t, c_uint32
from ctypes import c_uint64, c_void_p

import numpy as np

class Error(Structure):
    _fields_ = [("status", c_int), ("os_errno", c_int), ("line", c_uint32), ("column", c_uint32),
                ("file", c_char * 256), ("message", c_char * 768), ("excerpt", c_char * 512)]


class ContextOptions(Structure):
    _fields_ = [("threads", c_int32), ("isa", c_char_p), ("python", c_char_p), ("ptxas", c_char_p),
                ("no_cache", c_bool)]


class Grid(Structure):
    _fields_ = [("x", c_uint32), ("y", c_uint32), ("z", c_uint32)]


class Arg(Structure):
    _fields_ = [("kind", c_int), ("dtype", c_int), ("data", c_void_p), ("size", c_size_t), ("bits", c_uint64)]


# name: (result, parameters)
FUNCTIONS = {
    "tr_version": (c_char_p, []),
    "tr_build_info": (c_char_p, []),
    "tr_error_format": (c_size_t, [POINTER(Error), c_char_p, c_size_t]),
    "tr_context_create": (c_int, [POINTER(ContextOptions), POINTER(c_void_p), POINTER(Error)]),
    "tr_context_destroy": (None, [c_void_p]),
    "tr_context_threads": (c_int32, [c_void_p]),
    "tr_context_isa": (c_char_p, [c_void_p]),
    "tr_kernel_load": (c_int, [c_void_p, c_char_p, c_void_p, POINTER(c_void_p), POINTER(Error)]),
    "tr_kernel_destroy": (None, [c_void_p]),
    "tr_arg_buffer": (Arg, [c_void_p, c_size_t]),
    "tr_arg_i32": (Arg, [c_int32]),
    "tr_arg_f32": (Arg, [c_float]),
    "tr_launch": (c_int, [c_void_p, Grid, POINTER(Arg), c_int32, c_void_p, POINTER(Error)]),
}


class Context:
    """A context of a libtriton_runner.so; `threads` as tr_context_options has it."""

    def __init__(self, library, threads):
        self.functions = ctypes.CDLL(str(library))
        for name, (result, parameters) in FUNCTIONS.items():
            function = getattr(self.functions, name)
            function.restype, function.argtypes = result, parameters
        self.error = Error()
        self.handle = c_void_p()
        options = ContextOptions(threads=threads)
        self.require(self.functions.tr_context_create(byref(options), byref(self.handle), byref(self.error)))

    def close(self):
        self.functions.tr_context_destroy(self.handle)

    def require(self, status):
        if status != 0:
            text = ctypes.create_string_buffer(2048)
            self.functions.tr_error_format(byref(self.error), text, len(text))
            raise RuntimeError(text.value.decode())

    @property
    def threads(self):
        return self.functions.tr_context_threads(self.handle)

    def describe(self):
        version, build, isa = (text.decode() for text in (self.functions.tr_version(), self.functions.tr_build_info(),
                                                          self.functions.tr_context_isa(self.handle)))
        return f"Triton Runner {version} ({build}), {isa}"

    def load(self, path):
        """The kernel in a file. To be released with `unload`."""
        kernel = c_void_p()
        self.require(self.functions.tr_kernel_load(self.handle, str(path).encode(), None, byref(kernel),
                                                   byref(self.error)))
        return kernel

    def unload(self, kernel):
        self.functions.tr_kernel_destroy(kernel)

    def argument(self, value):
        if isinstance(value, np.ndarray):
            return self.functions.tr_arg_buffer(value.ctypes.data, value.nbytes)
        return self.functions.tr_arg_f32(value) if isinstance(value, float) else self.functions.tr_arg_i32(value)

    def launcher(self, kernel, grid, values):
        """A function without parameters that makes the launch."""
        args = (Arg * len(values))(*map(self.argument, values))
        grid = Grid(*grid, *[1] * (3 - len(grid)))
        launch, error = self.functions.tr_launch, byref(self.error)
        return lambda: self.require(launch(kernel, grid, args, len(args), None, error))
