"""Triton without a GPU: a driver for it, so that scripts which ask the active driver for a device, autotune or measure
run as they are.

Nothing is decided before it has to be: when Triton wants its default driver and none of its own can be active, it gets
this one. A driver that the program set itself stays.
"""

import functools
import importlib
import importlib.util
import os
import threading
import time
import types

from triton import testing
from triton.backends import backends
from triton.backends.compiler import GPUTarget
from triton.backends.driver import DriverBase
from triton.runtime import autotuner
from triton.runtime import driver as config

from .. import environment, errors

_lock = threading.Lock()
_installed = False

# Bytes of shared memory that a block can have, by compute capability.
_SHARED = {75: 64 << 10, 80: 163 << 10, 86: 99 << 10, 87: 163 << 10, 89: 99 << 10, 90: 227 << 10, 100: 227 << 10,
           103: 227 << 10, 120: 99 << 10, 121: 99 << 10}

_NO_LAUNCH = ("{} needs a GPU, and Triton finds none here. A kernel runs on the CPU when it is decorated with "
              "@triton_runner.jit, or after triton_runner.configure_jit_backend()")


def ensure():
    """Installs the driver for the case that it is needed. May be called any number of times."""
    global _installed
    with _lock:
        if not _installed:
            _replace_default()
            _replace_do_bench()
            _installed = True


def gpu_is_active():
    """Whether a driver of Triton's own can be active."""
    return any(_is_active(backend.driver) for backend in backends.values())


def _is_active(driver):
    try:
        return driver.is_active()
    except Exception:  # those of old versions need torch
        return False


def is_cpu():
    """Whether Triton's active driver is the one for the CPU."""
    try:
        return getattr(config.active, "is_triton_runner_cpu", False)
    except Exception:  # two kinds of GPU, say: Triton's own error comes when Triton asks
        return False


def _replace_default():
    module = importlib.import_module("triton.runtime.driver")
    original = module._create_driver

    def create():
        return original() if gpu_is_active() or os.environ.get("TRITON_DEFAULT_BACKEND") else CpuDriver()

    module._create_driver = create
    default = vars(config).get("default")
    if default is not None and default._obj is None:  # until 3.4 a proxy that has the function
        default._init_fn = create


def _replace_do_bench():
    original = testing.do_bench

    @functools.wraps(original)
    def do_bench(*args, **kwargs):
        return bench(*args, **kwargs) if is_cpu() else original(*args, **kwargs)

    testing.do_bench = do_bench
    if hasattr(autotuner, "do_bench"):  # until 3.1 the autotuner has a name of its own for it
        autotuner.do_bench = do_bench
        _free_of_torch(autotuner.Autotuner)


def _free_of_torch(autotuner_class):
    """The autotuner of these versions asks torch whether there is a GPU, even where there is no torch."""
    original = autotuner_class.__init__

    @functools.wraps(original)
    def __init__(self, *args, **kwargs):
        try:
            original(self, *args, **kwargs)
        except ImportError as error:
            if error.name != "torch":
                raise
            self.use_cuda_graph = False  # the last thing it does

    autotuner_class.__init__ = __init__


def bench(fn, warmup=25, rep=100, grad_to_none=None, quantiles=None, return_mode="mean", **ignored):
    """triton.testing.do_bench by the clock. What it has for GPUs only, `fast_flush` and `device_type`, is ignored."""
    if isinstance(return_mode, bool):  # fast_flush, which comes before it until 3.1
        return_mode = "mean"
    from ..testing import do_bench
    return do_bench(fn, warmup, rep, grad_to_none, quantiles, return_mode)


class CpuDriver(DriverBase):
    """What Triton's driver says, of the CPU: the target is environment.cpu_target()."""
    is_triton_runner_cpu = True

    def __init__(self):
        super().__init__()
        self.utils = _Utils()
        self.binary_ext = "cubin"

    @staticmethod
    def is_active():
        return True

    def get_current_target(self):
        return GPUTarget("cuda", environment.cpu_target(), 32)

    def get_device_capability(self, device=0):
        return divmod(environment.cpu_target(), 10)

    def get_current_device(self):
        return 0

    def set_current_device(self, device):
        if device != 0:
            raise errors.InvalidArgument(f"device {device}: there is only the CPU, which is 0")

    def get_current_stream(self, device=0):
        return 0

    def get_active_torch_device(self):
        """torch.device("cpu"), or "cpu" where there is no torch."""
        if importlib.util.find_spec("torch") is None:
            return "cpu"
        import torch
        return torch.device("cpu")

    def get_device_interface(self):
        return _Interface

    def get_benchmarker(self):
        return bench

    def get_empty_cache_for_benchmark(self):
        return _Cache()

    def clear_cache(self, cache):
        cache.zero_()

    def map_python_to_cpp_type(self, ty):
        from triton.backends.nvidia.driver import ty_to_cpp
        return ty_to_cpp(ty)

    def launcher_cls(self, source, metadata):
        raise errors.Unavailable(_NO_LAUNCH.format(f"launching {metadata.name}"))


class _Utils:
    def get_device_properties(self, device=0):
        target = environment.cpu_target()
        return {"max_shared_mem": _SHARED.get(target, 99 << 10), "max_num_regs": 65536, "warpSize": 32,
                "multiprocessor_count": os.cpu_count() or 1}

    def load_binary(self, name, *rest):
        raise errors.Unavailable(_NO_LAUNCH.format(f"loading {name}"))

    def set_printf_fifo_size(self, size):
        """There is no such buffer."""

    def unload_module(self, module):
        """Nothing was ever loaded."""


class _Cache:
    """Stands for the memory that is written to empty a GPU's cache."""

    def zero_(self):
        return self


class _Event:
    """torch.cuda.Event: a launch has ended when it returns, so the clock says it all."""

    def __init__(self, enable_timing=False, **ignored):
        self._time = None

    def record(self, stream=None):
        self._time = time.perf_counter()

    def elapsed_time(self, end):
        return (end._time - self._time) * 1e3

    def synchronize(self):
        pass

    def query(self):
        return True


_Interface = types.SimpleNamespace(
    Event=_Event, synchronize=lambda device=None: None, current_device=lambda: 0, device_count=lambda: 1,
    set_device=lambda device: None, is_available=lambda: True,
    get_device_capability=lambda device=None: divmod(environment.cpu_target(), 10))
