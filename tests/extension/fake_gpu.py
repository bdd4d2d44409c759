"""The driver of tests/fake_cuda, looked into from Python. Used by scripts that test_core_cuda.py starts."""

import ctypes
import os

import numpy as np


class Launch(ctypes.Structure):
    _fields_ = [("entry", ctypes.c_char_p), ("kernel", ctypes.c_char * 128), ("grid", ctypes.c_uint * 3),
                ("block", ctypes.c_uint * 3), ("shared", ctypes.c_uint), ("stream", ctypes.c_void_p),
                ("cooperative", ctypes.c_int), ("programmatic", ctypes.c_int), ("spread", ctypes.c_int),
                ("cluster", ctypes.c_uint * 3), ("param_count", ctypes.c_int),
                ("params", (ctypes.c_ubyte * 128) * 600)]


class TensorMap(ctypes.Structure):
    _fields_ = [("words", ctypes.c_int * 5), ("rank", ctypes.c_uint32), ("address", ctypes.c_uint64),
                ("shape", ctypes.c_uint64 * 5), ("strides", ctypes.c_uint64 * 5), ("box", ctypes.c_uint32 * 5)]


CONTROL = ctypes.cast(ctypes.CDLL(os.environ["TRITON_RUNNER_CUDA_DRIVER"]).fake_cuda, ctypes.POINTER(ctypes.c_void_p))
LAUNCH_COUNT = ctypes.cast(CONTROL[14], ctypes.POINTER(ctypes.c_int))
LAUNCHES = ctypes.cast(CONTROL[15], ctypes.POINTER(Launch))


TENSOR_MAP = ctypes.cast(CONTROL[17], ctypes.POINTER(TensorMap))


def ptx(*params):
    """A kernel that does nothing, with these parameters."""
    listed = ",\n".join(f"    .param {kind} k_param_{i}" if "[" not in kind else
                        f"    .param {kind.replace('[', f' k_param_{i}[')}" for i, kind in enumerate(params))
    return f".version 8.0\n.target sm_90\n.address_size 64\n.visible .entry k(\n{listed}\n)\n.reqntid 128\n{{\n ret;\n}}\n"


def last():
    return LAUNCHES[LAUNCH_COUNT[0] - 1]


def params(formats):
    """The parameters of the last launch, as struct's characters name them."""
    values = [np.frombuffer(bytes(last().params[i])[:8], formats[i])[0].item() for i in range(len(formats))]
    return values


class OnGpu:
    """An array in the memory of a GPU that nobody looks into."""

    def __init__(self, address, typestr="<f4", shape=(4096,)):
        self.__cuda_array_interface__ = {"shape": shape, "typestr": typestr, "data": (address, False), "version": 3}
