"""The names with their types; see __init__.py."""

from .. import _Jit
from .. import color_print as color_print
from .. import get_file_dir as get_file_dir
from .. import torch_utils as torch_utils
from ..backend import configure_autotune_backend as configure_autotune_backend
from ..backend import configure_jit_backend as configure_jit_backend
from ..backend import restore_autotune_backend as restore_autotune_backend
from ..backend import restore_jit_backend as restore_jit_backend
from .autotune import autotune as autotune
from .autotuner import Autotuner as Autotuner

jit: _Jit
