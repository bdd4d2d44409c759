"""Triton 3.0 to 3.2: constants by name, no tuples, and a specialization that looks at values once more."""

import os

from triton.compiler import compiler
from triton.runtime.jit import JITFunction

from ..keywords import DEPRECATED
from .base import Request
from .v3_3 import Adapter33


class Adapter32(Adapter33):

    def call_options(self, fn, options):
        options = dict(options)
        options["debug"] = options.get("debug", False) or os.environ.get("TRITON_DEBUG", "0") == "1"
        return options

    def extra_key(self, fn, bound):
        # A bool counts as the integer that it is, and annotated integers are specialized: False is divisible by 16.
        looked_at = [_kind(_python_number(value, type_))
                     for param, type_, value in zip(fn.params, bound.types, bound.values)
                     if not param.is_constexpr and not param.do_not_specialize
                     and (type_ == "u1" or param.annotation_type)]
        return tuple(looked_at) or None

    def request(self, fn, bound, options, target):
        backend = compiler.make_backend(target)
        parsed = backend.parse_options(dict(options))
        for name, other in DEPRECATED.items():
            assert name not in options, f"{name} option is deprecated; current {other} will be used"
        excess = {name: value for name, value in options.items() if name not in bound.names}
        for name in excess:
            if name not in parsed.__dict__:
                raise KeyError("Keyword argument %s was specified but unrecognised" % name)
        values = [_python_number(value, type_) for value, type_ in zip(bound.values, bound.types)]
        # None counts as a pointer, but not in the key.
        types = [self._signature_type(*leaf) for leaf in zip(fn.params, bound.types, values)]
        signature = {param.name: "*i8" if type_ == "none" else type_
                     for param, type_ in zip(fn.params, types) if type_ is not None}
        attrs = self._attrs(fn, backend, [_looked_at(*leaf) for leaf in zip(values, bound.types, bound.specs)])
        ones = self._ones(attrs)
        constants = {param.name: value for param, value in zip(fn.params, values)
                     if param.is_constexpr or param.num in ones or value is None}
        for name, value in constants.items():
            if callable(value):
                raise TypeError(f"Callable constexpr at index {name} is not supported")
        specialization = [type_ for type_ in types if type_ is not None] + self._spec_keys(fn, bound, values)
        constexprs = tuple(value for param, value in zip(fn.params, values) if param.is_constexpr)
        return Request(signature, constants, attrs, parsed, backend, (specialization, constexprs), excess)

    def _signature_type(self, param, type_, value):
        """None for a constexpr."""
        if param.is_constexpr:
            return None
        if param.annotation_type:
            return param.annotation_type
        if value is None:
            return "none"
        if type_ == "constexpr" and isinstance(value, int):
            return "i32"
        if not isinstance(type_, str) or type_ == "constexpr":
            value.dtype  # Triton takes it for a tensor, and fails
            raise TypeError(f"argument {param.name}: Triton {self.version} doesn't take {type(value).__name__}")
        return self._type(type_)

    def _attrs(self, fn, backend, values):
        return backend.get_attrs_descriptor(fn.params, values)

    def _ones(self, attrs):
        """The numbers of parameters that are 1."""
        return attrs.get_constants()

    def _spec_keys(self, fn, bound, values):
        keys = []
        for param, type_, spec, value in zip(fn.params, bound.types, bound.specs, values):
            if param.is_constexpr or param.do_not_specialize:
                continue
            divisible, one = _kind(_looked_at(value, type_, spec))
            aligned = not getattr(param, "do_not_specialize_on_alignment", False)
            keys.append("D" if divisible and aligned else "1" if one else "N")
        return keys

    def _key(self, request):
        specialization, constexprs = request.specialization
        return "".join(specialization) + str((constexprs, request.excess))

    def leaves(self, bound, request):
        return [number for number, (param, _, _) in enumerate(bound.leaves)
                if bound.names[param] not in request.constants]

    def _make_ir(self, source, backend, target, options, context):
        return source.make_ir(options, backend.get_codegen_implementation(), backend.get_module_map(), context)

    def _release(self, context):
        context.disable_multithreading()

    def _metadata(self, options, target):
        metadata = super()._metadata(options, target)
        del metadata["triton_version"]
        return metadata

    def _call_hook(self, fn, hook, before, key, request, target, device, warmup):
        return fn._call_hook(key, request.signature, device, request.constants, request.options, (request.attrs,),
                             warmup, before=before)

    def allocator(self):
        return None


class Adapter30(Adapter32):
    """3.0 and 3.1."""

    def call_options(self, fn, options):
        # What the caller says doesn't count.
        return {**options, "debug": fn.debug}

    def _attrs(self, fn, backend, values):
        return fn._get_config(*values)

    def _ones(self, attrs):
        return attrs.equal_to_1

    def _make_ir(self, source, backend, target, options, context):
        return source.make_ir(options, backend.get_codegen_implementation(), context)

    def _release(self, context):
        pass

    def _hook(self, before):
        return JITFunction.cache_hook if before else None

    def _call_hook(self, fn, hook, before, key, request, target, device, warmup):
        return fn._call_hook(key, request.signature, device, request.constants, request.options, (request.attrs,))


class _Pointer:
    """Stands for memory where Triton looks at an address only."""

    def __init__(self, aligned):
        self._address = 16 if aligned else 1

    def data_ptr(self):
        return self._address


def _looked_at(value, type_, spec):
    return _Pointer(spec == "D") if isinstance(type_, str) and type_[0] == "*" else value


def _kind(value):
    """(divisible by 16, equal to 1) as these versions see it."""
    if hasattr(value, "data_ptr"):
        return value.data_ptr() % 16 == 0, False
    if isinstance(value, int):
        return value % 16 == 0, value == 1 and not isinstance(value, bool)
    return value is None, False


def _python_number(value, type_):
    """A NumPy scalar as Python's number; everything else as it is."""
    if isinstance(value, (int, float)) or not isinstance(type_, str) or getattr(value, "shape", None) != ():
        return value
    return value.item() if type_[0] != "*" and hasattr(value, "item") else value
