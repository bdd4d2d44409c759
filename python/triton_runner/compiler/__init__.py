"""Compiling from Python, a stage at a time. It comes in a later version; the names are here."""

from ..later import later
from . import pass_pipeline

native_compile = later(
    "compiler.native_compile", "kernel.warmup(*args, grid=grid) compiles without launching, ttir_dir= and the other launch "
    "keywords start from an artifact, and `triton-runner compile` brings a file to any lower level",
    "compiles a source or an artifact from the stage `start_pass` on")

__all__ = ["native_compile", "pass_pipeline"]
