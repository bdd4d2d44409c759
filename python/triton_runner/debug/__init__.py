"""Older names: `debug.console` is `triton_runner.color_print`."""

from . import console

__all__ = ["console"]
