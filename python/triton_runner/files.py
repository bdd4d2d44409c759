"""Artifacts without a Python function: `load`. And the folder of a script: `get_file_dir`."""

import json
import os
from types import SimpleNamespace

from . import _core, artifacts, context, result
from .jit.launch import launch_again


def get_file_dir(file):
    """The folder of a file, absolute: `ttir_dir=get_file_dir(__file__)`."""
    return os.path.dirname(os.path.abspath(file))


def load(path, *, device=None, kernel=None, level=None, metadata=None):
    """A kernel from an artifact, a folder, or a folder of Triton's cache: `load(path)[grid](*args)`.

    `device` is "cpu", "cuda" or "cuda:1"; by default the CPU for TTIR where there is no GPU, else the GPU. `kernel` chooses
    where there are several, `level` ("ttir") where there are several levels, `metadata` is the path of a JSON file that
    isn't beside the artifact. The arguments of a launch are the kernel's own, by position or by name: no constexprs.
    """
    if device is None:
        device = "cuda" if context.has_gpu() else "cpu"
    loaded = context.context().load_path(path, device=device, level=level, kernel=kernel, metadata=metadata)
    values = json.loads(loaded.metadata) if loaded.metadata else {}
    values.setdefault("name", loaded.name)
    return result.CompiledKernel(loaded, values, "", _Launcher(loaded))


class _Launcher:
    """Launches a kernel with arguments by position, or by the names that the artifact has."""

    def __init__(self, kernel):
        self._kernel = kernel

    def __call__(self, grid, args, kwargs):
        stream = kwargs.pop("stream", None)
        names = [f"arg{number}" for number in range(len(args))]
        if kwargs:
            names = [param.name for param in self._kernel.params]
        # Nothing is specialized: what the artifact declares is what it gets.
        binder = _core.Binder([(name, _core.NO_SPECIALIZE, None, _core.REQUIRED) for name in names])
        bound = binder(*args, **kwargs)
        if bound.options:
            raise TypeError(f"{self._kernel.name} has no parameter {', '.join(bound.options)}; it has {', '.join(names)}")
        leaves = artifacts.choose_leaves(self._kernel, bound, (), SimpleNamespace(name=self._kernel.path))
        launch_again(self._kernel, grid, bound, leaves, stream)
