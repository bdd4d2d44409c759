"""Triton 3.7 and 3.8."""

from .base import Adapter


class Adapter38(Adapter):
    """A keyword-only parameter is one like any other."""
    keyword_only = False

    def call_options(self, fn, options):
        from triton import knobs
        options = dict(options)
        options["debug"] = options.get("debug", fn.debug) or knobs.runtime.debug
        options["instrumentation_mode"] = knobs.compilation.instrumentation_mode
        return options


class Adapter37(Adapter38):
    """*args is a parameter that takes one tuple."""
    varargs = False
