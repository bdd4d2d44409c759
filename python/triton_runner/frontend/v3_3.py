"""Triton 3.3."""

import os

from triton.compiler.compiler import CompiledKernel
from triton.runtime.jit import JITFunction

from .v3_4 import Adapter34

# A fixed set: annotations of these versions that aren't integers or bools come out as nonsense.
ANNOTATIONS = {sign + width for sign in "iu" for width in ("1", "8", "16", "32", "64")}


class Adapter33(Adapter34):
    """No knobs, no Gluon; a bool is an i1."""

    def call_options(self, fn, options):
        options = dict(options)
        options["debug"] = options.get("debug", fn.debug) or os.environ.get("TRITON_DEBUG", "0") == "1"
        return options

    def _annotation(self, param):
        annotation = super()._annotation(param)
        return annotation if annotation in ANNOTATIONS else None

    def _specializes(self, annotation):
        return True

    def extra_key(self, fn, bound):
        integers = tuple(_kind(value) for param, value in zip(fn.params, bound.values) if _is_bool(param)
                         and isinstance(value, int) and not isinstance(value, bool))
        return integers or None

    def _specialize(self, param, type_, spec, value):
        # Integers given for a bool are specialized, which the key of the call doesn't know.
        if _is_bool(param) and isinstance(value, int) and not isinstance(value, bool):
            divisible, one = _kind(value)
            return "u1", None if param.do_not_specialize else 1 if one else self._divisible(param, divisible), value
        return super()._specialize(param, type_, spec, value)

    def _divisible(self, param, divisible):
        return "D" if divisible and not param.do_not_specialize_on_alignment else ""

    def _type(self, type_):
        return type_[:-2] + "i1" if type_ in ("u1", "*u1", "*ku1") else type_

    def _add_stages(self, backend, stages, options, source):
        backend.add_stages(stages, options)

    def _asan(self):
        return os.environ.get("TRITON_ENABLE_ASAN", "0") == "1"

    def _is_gluon(self, fn):
        return False

    def _gluon(self):
        return None, None

    def _hook(self, before):
        return JITFunction.cache_hook if before else JITFunction.compiled_hook

    def _call_hook(self, fn, hook, before, key, request, target, device, warmup):
        return fn._call_hook(key, request.signature, device, request.constants, request.options, [request.attrs],
                             warmup, before=before)

    def _launch_hooks(self):
        return CompiledKernel.launch_enter_hook, CompiledKernel.launch_exit_hook


def _is_bool(param):
    return param.annotation_type == "u1" and not param.is_constexpr


def _kind(value):
    return value % 16 == 0, value == 1
