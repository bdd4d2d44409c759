"""The public names with their types; see __init__.py."""

import os
from typing import Any, Callable, Optional, Sequence, Union

from . import backend as backend
from . import bench as bench
from . import color_print as color_print
from . import compat as compat
from . import compiler as compiler
from . import debug as debug
from . import environment as environment
from . import errors as errors
from . import frontend as frontend
from . import gluon_runner as gluon_runner
from . import language as language
from . import runtime as runtime
from . import testing as testing
from . import torch_utils as torch_utils
from . import tvm_ffi as tvm_ffi
from .backend import configure_autotune_backend as configure_autotune_backend
from .backend import configure_jit_backend as configure_jit_backend
from .backend import restore_autotune_backend as restore_autotune_backend
from .backend import restore_jit_backend as restore_jit_backend
from .errors import TritonRunnerError as TritonRunnerError
from .result import CompiledKernel
from .runtime import Autotuner as Autotuner
from .runtime import autotune as autotune

__version__: str
IS_CUDA: bool
TRITON_RUNNER_PROD: bool
TRITON_RUNNER_PROD_TEST: bool

_Path = Union[str, "os.PathLike[str]"]

class _Jit:
    """`jit`, and as its attribute the decorator of Gluon kernels: `jit.gluon.jit`."""

    gluon: Any
    def __call__(self, fn: Optional[Callable[..., Any]] = None, *, version: Any = None,
                 repr: Optional[Callable[..., Any]] = None, launch_metadata: Optional[Callable[..., Any]] = None,
                 do_not_specialize: Optional[Sequence[Union[int, str]]] = None,
                 do_not_specialize_on_alignment: Optional[Sequence[Union[int, str]]] = None,
                 debug: Optional[bool] = None, noinline: Optional[bool] = None) -> Any: ...

jit: _Jit

def get_file_dir(file: _Path) -> str: ...
def load(path: _Path, *, device: Optional[str] = None, kernel: Optional[str] = None, level: Optional[str] = None,
         metadata: Optional[_Path] = None) -> CompiledKernel: ...
