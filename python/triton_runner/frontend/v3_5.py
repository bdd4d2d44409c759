"""Triton 3.5 and 3.6."""

from .v3_7 import Adapter37


class Adapter36(Adapter37):
    """The hook that inspects stages has no key, and hooks aren't told the target."""

    def inspection_key(self):
        return None

    def _call_hook(self, fn, hook, before, key, request, target, device, warmup):
        return fn._call_hook(hook, key, request.signature, device, request.constants, request.options,
                             [request.attrs], warmup)


class Adapter35(Adapter36):
    """No instrumentation_mode; contexts have thread pools that mustn't be alive when the process forks."""

    def call_options(self, fn, options):
        from triton import knobs
        options = dict(options)
        options["debug"] = options.get("debug", fn.debug) or knobs.runtime.debug
        return options

    def _release(self, context):
        # With the address sanitizer pass Triton leaves it on, since switching it off hangs.
        if not self._asan():
            context.disable_multithreading()

    def _asan(self):
        from triton import knobs
        return knobs.compilation.enable_asan
