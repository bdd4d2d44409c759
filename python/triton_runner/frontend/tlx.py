"""fbtriton, Meta's Triton with TLX: 3.7 with varargs and an option more."""

from .v3_7 import Adapter37


class TlxAdapter(Adapter37):
    is_tlx = True
    varargs = True

    def call_options(self, fn, options):
        from triton import knobs
        added = super().call_options(fn, options)
        wanted = options.get("sanitize_overflow", False) or knobs.runtime.sanitize_overflow or added["debug"]
        # In the order in which Triton adds them, which its key shows.
        mode = added.pop("instrumentation_mode")
        return {**added, "sanitize_overflow": wanted, "instrumentation_mode": mode}

    def _metadata(self, options, target):
        # Paths of libraries don't go into its metadata.
        return {**super()._metadata(options, target), "extern_libs": [name for name, _ in options.extern_libs]}
