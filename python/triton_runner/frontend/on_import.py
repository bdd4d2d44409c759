"""`import triton` after `import triton_runner` gets the driver for machines without a GPU, too: a script may ask the
active driver for a device before it decorates anything. Imports no Triton itself."""

import importlib.abc
import importlib.util
import re
import sys


def watch():
    """Installs the driver now if Triton is imported, else when it will be."""
    if "triton" in sys.modules:
        _ensure(sys.modules["triton"])
    elif not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


def _ensure(triton):
    match = re.match(r"3\.[0-9](\.|$)", getattr(triton, "__version__", ""))
    if match is None:
        return  # adapter() says what is wrong, when somebody compiles
    from . import cpu_driver
    cpu_driver.ensure()


class _Finder(importlib.abc.MetaPathFinder):
    """Finds nothing, but lets the loader of the real one call back when Triton has been imported."""

    _asking = False  # the other finders

    def find_spec(self, name, path=None, target=None):
        if name != "triton" or self._asking:
            return None
        self._asking = True
        try:
            spec = importlib.util.find_spec(name)
        finally:
            self._asking = False
        if spec is not None and hasattr(spec.loader, "exec_module"):
            spec.loader = _Loader(spec.loader)
        return spec


class _Loader(importlib.abc.Loader):
    def __init__(self, loader):
        self._loader = loader

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        module.__loader__ = module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        _ensure(module)

    def __getattr__(self, name):
        return getattr(self._loader, name)
