"""Putting the runner in Triton's place: scripts, torch.compile and libraries then use it without a change."""

import atexit
import functools
import importlib
import os
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Callable, List, Tuple

from . import color_print

_INDUCTOR = "TORCHINDUCTOR_CACHE_DIR"
_CLOCK_NS = 10_000_000  # how far the clock of a file system may be behind


class _Patches:
    """Attributes that are replaced by the first configure and put back by the matching restore, however often both nest."""

    def __init__(self, make: Callable[[], List[Tuple[Any, str, Any]]]) -> None:
        """`make` lists (object, attribute, new value)."""
        self._make = make
        self._lock = threading.RLock()
        self._saved: List[Tuple[Any, str, Any]] = []
        self._depth = 0

    def configure(self) -> bool:
        """Whether something was replaced: True for the outermost call."""
        with self._lock:
            if self._depth == 0:
                patches = self._make()  # an error in here leaves everything as it was
                self._saved = [(owner, name, getattr(owner, name)) for owner, name, _ in patches]
                for owner, name, value in patches:
                    setattr(owner, name, value)
            self._depth += 1
            return self._depth == 1

    def restore(self) -> bool:
        """Whether something was put back. Without a configure before it, it does nothing."""
        with self._lock:
            if self._depth == 0:
                return False
            self._depth -= 1
            if self._depth == 0:
                for owner, name, value in reversed(self._saved):
                    setattr(owner, name, value)
                self._saved = []
            return self._depth == 0


def _jit_patches() -> List[Tuple[Any, str, Any]]:
    from .frontend import adapter

    found = adapter()
    triton = importlib.import_module("triton")
    compiler = importlib.import_module("triton.compiler.compiler")
    compile = _with_message(compiler.compile, compiler.ASTSource, found.cache_folder)
    patches = [(triton, "jit", importlib.import_module("triton_runner.jit").jit),
               (triton, "compile", compile), (compiler, "compile", compile)]
    if found.gluon_class is not None:
        gluon = importlib.import_module("triton.experimental.gluon")
        patches.append((gluon, "jit", importlib.import_module("triton_runner.jit.gluon").jit))
    return patches


def _with_message(compile: Callable[..., Any], ast_source: type, cache_folder: Callable[[Any], str]) -> Any:
    """Triton's `compile`, which then says where a kernel is that came from Python."""

    seen = set()

    @functools.wraps(compile)
    def compile_and_say(src: Any, *args: Any, **kwargs: Any) -> Any:
        started = time.time_ns()
        compiled = compile(src, *args, **kwargs)
        if isinstance(src, ast_source):
            metadata = Path(cache_folder(compiled), f"{compiled.name}.json")
            written = _time_written(metadata)
            hit = written < started - _CLOCK_NS or (metadata, written) in seen
            seen.add((metadata, written))
            color_print.print_triton_cache_dir(str(metadata), hit)
        return compiled

    return compile_and_say


def _time_written(path: Path) -> int:
    """In ns; never, for a file that isn't there."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return sys.maxsize


def _autotune_patches() -> List[Tuple[Any, str, Any]]:
    from .frontend import adapter
    from .runtime import autotune

    adapter()
    return [(importlib.import_module("triton"), "autotune", autotune)]


class _InductorFolder:
    """A new folder for torch.compile, so that it compiles its kernels anew, with the runner."""

    def __init__(self) -> None:
        self._folder = ""
        self._previous: Any = None

    def make(self) -> None:
        self._previous = os.environ.get(_INDUCTOR)
        self._folder = tempfile.mkdtemp(prefix="torchinductor_")
        os.environ[_INDUCTOR] = self._folder
        atexit.register(_remove, self._folder, os.getpid())

    def remove(self) -> None:
        if os.environ.get(_INDUCTOR) == self._folder:
            if self._previous is None:
                del os.environ[_INDUCTOR]
            else:
                os.environ[_INDUCTOR] = self._previous
        _remove(self._folder, os.getpid())


def _remove(folder: str, process: int) -> None:
    if os.getpid() == process:  # a forked child shares its parent's folder
        shutil.rmtree(folder, ignore_errors=True)


_jit = _Patches(_jit_patches)
_autotune = _Patches(_autotune_patches)
_inductor = _InductorFolder()


def configure_jit_backend() -> None:
    """Makes `triton.jit`, `triton.experimental.gluon.jit` (Triton 3.4 and newer) and, for kernels from Python,
    `triton.compile` and `triton.compiler.compiler.compile` the runner's, and TORCHINDUCTOR_CACHE_DIR a new folder.

    Calls nest: the outermost `restore_jit_backend()` puts everything back.
    """
    if _jit.configure():
        _inductor.make()


def restore_jit_backend() -> None:
    """Undoes `configure_jit_backend()` and deletes the folder. Without a configure before it, it does nothing."""
    if _jit.restore():
        _inductor.remove()


def configure_autotune_backend() -> None:
    """Makes `triton.autotune` the runner's. Calls nest as those of `configure_jit_backend()`."""
    _autotune.configure()


def restore_autotune_backend() -> None:
    """Undoes `configure_autotune_backend()`."""
    _autotune.restore()
