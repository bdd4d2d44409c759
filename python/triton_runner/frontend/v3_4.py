"""Triton 3.4."""

from .base import check_options
from .target_driver import driver_for
from .v3_5 import Adapter35


class Adapter34(Adapter35):
    """run() packs arguments itself; Gluon asks the active driver for the target; allocators aren't context variables."""

    def _pack(self, fn, backend, options, arguments, specialization):
        from triton._utils import find_paths_if, get_iterable_path
        parsed = backend.parse_options(options)
        check_options(options, parsed, arguments)
        types = [type_ for type_, _ in specialization]
        specs = [spec for _, spec in specialization]
        values = list(arguments.values())
        constants = {path: get_iterable_path(values, path)
                     for path in find_paths_if(types, lambda _, type_: type_ == "constexpr")}
        # The text of a constexpr counts, too: one with a "D" in it says divisible by 16.
        attrs = {path: backend.parse_attr(get_iterable_path(specs, path))
                 for path in find_paths_if(specs, lambda _, spec: isinstance(spec, str))}
        return parsed, dict(zip(arguments, types)), constants, attrs

    def _key(self, request):
        return str(request.specialization) + str(request.excess)

    def _make_ir(self, source, backend, target, options, context):
        return source.make_ir(options, backend.get_codegen_implementation(options), backend.get_module_map(), context)

    def _compiling_for(self, source, target):
        return driver_for(target) if self._is_gluon(source.fn) else super()._compiling_for(source, target)

    def allocator(self):
        from triton.runtime import _allocation
        return _allocation._allocator

    def profile_allocator(self):
        return None
