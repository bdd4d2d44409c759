"""Triton Runner's C API through ctypes: as much of it as the conformance suite launches with."""

import ctypes
import os
from pathlib import Path

import numpy as np
from conformance.dtypes import DTYPES

ROOT = Path(__file__).resolve().parents[2]
STATUS = ["ok", "invalid argument", "invalid input", "not found", "mismatch", "unsupported", "unavailable",
          "out of bounds", "trapped", "interrupted", "timed out", "deadlock", "out of memory", "io", "internal"]
BUFFER, SCALAR = 0, 1


class Error(ctypes.Structure):
    """tr_error"""
    _fields_ = [("status", ctypes.c_int), ("os_errno", ctypes.c_int), ("line", ctypes.c_uint32),
                ("column", ctypes.c_uint32), ("file", ctypes.c_char * 256), ("message", ctypes.c_char * 768),
                ("excerpt", ctypes.c_char * 512)]


class Arg(ctypes.Structure):
    """tr_arg"""
    _fields_ = [("kind", ctypes.c_int), ("dtype", ctypes.c_int), ("data", ctypes.c_void_p), ("size", ctypes.c_size_t),
                ("bits", ctypes.c_uint64)]


class Grid(ctypes.Structure):
    """tr_grid"""
    _fields_ = [("x", ctypes.c_uint32), ("y", ctypes.c_uint32), ("z", ctypes.c_uint32)]


class LaunchOptions(ctypes.Structure):
    """tr_launch_options: the time limit, and zeros for all that follows it."""
    _fields_ = [("timeout_seconds", ctypes.c_double), ("rest", ctypes.c_uint64 * 32)]


class ContextOptions(ctypes.Structure):
    """tr_context_options: threads and instruction set, and zeros for all that follows them."""
    _fields_ = [("threads", ctypes.c_int32), ("isa", ctypes.c_char_p), ("rest", ctypes.c_uint64 * 32)]


class RunnerError(Exception):
    """A call that failed: `status` by name, the library's own text."""

    def __init__(self, status, text):
        super().__init__(f"{status}: {text}")
        self.status = status
        self.text = text


def library_path():
    """$TRITON_RUNNER_LIBRARY, or what $TRITON_RUNNER_BUILD or build/release holds."""
    build = Path(os.environ.get("TRITON_RUNNER_BUILD", ROOT / "build" / "release"))
    return Path(os.environ.get("TRITON_RUNNER_LIBRARY", build / "src" / "libtriton_runner.so"))


class Library:
    """A context of the library and the kernels loaded into it."""

    def __init__(self, threads=0, isa=None):
        self._api = ctypes.CDLL(str(library_path()))
        self._context = ctypes.c_void_p()
        self._call("tr_context_create", ContextOptions(threads, isa.encode() if isa else None),
                   out=self._context)

    def close(self):
        self._api.tr_context_destroy(self._context)

    def load(self, text, name):
        """A kernel from TTIR text."""
        data, kernel = text.encode(), ctypes.c_void_p()
        self._call("tr_kernel_load_memory", self._context, data, ctypes.c_size_t(len(data)), name.encode(), None,
                   out=kernel)
        return kernel

    def destroy(self, kernel):
        self._api.tr_kernel_destroy(kernel)

    def launch(self, kernel, grid, args, timeout=60.0):
        """`args`: NumPy arrays, which the kernel changes, and (dtype, value) for scalars."""
        packed = (Arg * len(args))(*map(_pack, args))
        options = LaunchOptions(timeout_seconds=timeout)
        self._call("tr_launch", kernel, Grid(*grid), packed, ctypes.c_int32(len(args)), ctypes.byref(options))

    def run(self, text, name, grid, args, **options):
        kernel = self.load(text, name)
        try:
            self.launch(kernel, grid, args, **options)
        finally:
            self.destroy(kernel)

    def _call(self, function, *arguments, out=None):
        error = Error()
        pointers = [ctypes.byref(argument) if isinstance(argument, ContextOptions) else argument
                    for argument in arguments]
        if out is not None:
            pointers.append(ctypes.byref(out))
        status = getattr(self._api, function)(*pointers, ctypes.byref(error))
        if status:
            buffer = ctypes.create_string_buffer(2048)
            self._api.tr_error_format(ctypes.byref(error), buffer, ctypes.c_size_t(len(buffer)))
            raise RunnerError(STATUS[status], buffer.value.decode())


def _pack(argument):
    """tr_arg of a NumPy array or of a (dtype, value)."""
    if isinstance(argument, np.ndarray):
        return Arg(BUFFER, 0, argument.ctypes.data, argument.nbytes, 0)
    name, value = argument
    dtype = DTYPES[name]
    raw = np.array([value]).astype(dtype.numpy).tobytes()
    return Arg(SCALAR, dtype.code, None, 0, int.from_bytes(raw, "little"))
