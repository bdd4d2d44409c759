"""A decorated function where there is no Triton: it supplies parameters and their order, artifacts do the rest."""

import inspect

from .. import _core
from ..errors import Unavailable


def _is_constexpr(annotation):
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "")
    return text.rpartition(".")[2] == "constexpr"


def _listed(chosen, index, name):
    return chosen is not None and (index in chosen or name in chosen)


class StandaloneFunction:
    """As much of Triton's JITFunction as can be had without Triton. `reason` says why there is none."""

    reason = "there is no Triton"

    def __init__(self, fn, version=None, do_not_specialize=None, do_not_specialize_on_alignment=None, debug=None,
                 noinline=None, repr=None, launch_metadata=None):
        self.fn = fn
        self.signature = inspect.signature(fn)
        self.do_not_specialize = do_not_specialize
        self.do_not_specialize_on_alignment = do_not_specialize_on_alignment
        self.debug, self.noinline, self.launch_metadata = debug, noinline, launch_metadata
        self.arg_names = list(self.signature.parameters)
        self.pre_run_hooks = []
        self.__name__, self.__qualname__, self.__doc__ = fn.__name__, fn.__qualname__, fn.__doc__
        self.__module__, self.__globals__ = fn.__module__, fn.__globals__

    def binder_params(self):
        """What _core.Binder takes."""
        rows = []
        for index, (name, param) in enumerate(self.signature.parameters.items()):
            flags = 0
            if _is_constexpr(param.annotation):
                flags |= _core.CONSTEXPR
            if _listed(self.do_not_specialize, index, name):
                flags |= _core.NO_SPECIALIZE
            if _listed(self.do_not_specialize_on_alignment, index, name):
                flags |= _core.NO_ALIGNMENT
            if param.kind is inspect.Parameter.KEYWORD_ONLY:
                flags |= _core.KEYWORD_ONLY
            if param.kind is inspect.Parameter.VAR_POSITIONAL:
                flags |= _core.VARARGS
            default = _core.REQUIRED if param.default is inspect.Parameter.empty else param.default
            rows.append((name, flags, None, default))
        return rows

    def add_pre_run_hook(self, hook):
        assert callable(hook)
        self.pre_run_hooks.append(hook)

    def warmup(self, *args, grid, **kwargs):
        return self.run(*args, grid=grid, warmup=True, **kwargs)

    def __getitem__(self, grid):
        return lambda *args, **kwargs: self.run(*args, grid=grid, warmup=False, **kwargs)

    def __call__(self, *args, **kwargs):
        raise RuntimeError("Cannot call @triton_runner.jit'd outside of the scope of a kernel: launch it as "
                           f"{self.__name__}[grid](...)")

    def fail_to_compile(self):
        raise Unavailable(f"{self.__name__} can't be compiled from Python: {self.reason}. Artifacts run without it: give "
                          "one with ttir_dir=, ptx_dir= or cubin_dir=")

    def __repr__(self):
        return f"{type(self).__name__}({self.__module__}:{self.__name__})"
