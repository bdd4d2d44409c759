"""This process's context of the C library, and which device and stream a launch goes to."""

import os
import sys
import threading
from functools import lru_cache

from . import _core

_lock = threading.Lock()
_before_fork = []  # contexts of the parent, whose threads a child doesn't have: kept, never used, never destroyed


@lru_cache(maxsize=None)
def _create():
    return _core.Context(python=os.environ.get("TRITON_RUNNER_PYTHON") or sys.executable)


def context():
    """The context that all kernels of this process share. Artifacts are lowered by this Python's Triton, unless
    TRITON_RUNNER_PYTHON names another."""
    with _lock:
        return _create()


def generation():
    """Changes in a process that was forked: kernels of its parent are no use to it."""
    return len(_before_fork)


def _after_fork():
    global _lock
    _lock = threading.Lock()
    _before_fork.append(_create() if _create.cache_info().currsize else None)
    _create.cache_clear()


os.register_at_fork(after_in_child=_after_fork)


def torch_with_gpu():
    """torch, if the program uses it and it has a GPU. It's never imported from here."""
    torch = sys.modules.get("torch")
    return torch if torch is not None and hasattr(torch, "cuda") and torch.cuda.is_available() else None


@lru_cache(maxsize=None)
def _gpus():
    """The architectures of the GPUs, in order."""
    return [arch for name, available, _, arch in _core.devices() if name.startswith("cuda") and available]


def has_gpu():
    return bool(_gpus())


def current_gpu():
    """The number of the device that torch has made current; 0 without torch."""
    torch = torch_with_gpu()
    return torch.cuda.current_device() if torch else 0


def current_stream(ordinal):
    """torch's current stream of that device and this thread as an int; without torch the default stream, 0."""
    torch = torch_with_gpu()
    if torch is None:
        return 0
    raw = getattr(torch._C, "_cuda_getCurrentRawStream", None)
    return raw(ordinal) if raw else torch.cuda.current_stream(ordinal).cuda_stream


def gpu_arch(ordinal):
    """90 for a GPU of compute capability 9.0."""
    return _gpus()[ordinal]
