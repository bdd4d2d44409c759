"""Every environment variable that the package reads, in one table.

docs/python.md shows the same table and a test compares the two. A variable is read when it is needed, not at import,
so a test or a script may set it at any time.
"""

import os
import re
from typing import Any, Callable, Dict, NamedTuple, Optional

_FALSE = {"", "0", "false", "off", "no"}


def is_true(text: Optional[str]) -> bool:
    """True for anything except unset, 0, false, off, no and the empty text, in upper or lower case."""
    return text is not None and text.strip().lower() not in _FALSE


def parse_target(text: Optional[str]) -> int:
    """The compute capability in "sm_90", "sm_90a", "cuda:90" or "90"; 90 when there is no text."""
    if text is None or not text.strip():
        return DEFAULT_TARGET
    match = re.fullmatch(r"(?:sm_?|cuda:)?(\d{2,3})a?", text.strip().lower())
    if match is None:
        raise ValueError(f"TRITON_RUNNER_TARGET={text!r} names no target: write it as sm_90")
    return int(match[1])


def text_or_none(text: Optional[str]) -> Optional[str]:
    """The text itself; None when it is empty."""
    return text or None


DEFAULT_TARGET = 90


class Variable(NamedTuple):
    """One environment variable: how its text is read, and what it does."""

    name: str
    parse: Callable[[Optional[str]], Any]
    meaning: str
    reader: str = "Triton Runner"


_ROWS = [
    Variable("TRITON_RUNNER_TARGET", parse_target,
             "the GPU that a kernel is compiled for when it runs on the CPU, such as `sm_80`; `sm_90` if unset"),
    Variable("TRITON_RUNNER_THREADS", text_or_none, "threads of the CPU engine; one a core if unset"),
    Variable("TRITON_RUNNER_ISA", text_or_none, "caps the instruction set of the CPU engine, such as `avx2`"),
    Variable("TRITON_RUNNER_PYTHON", text_or_none,
             "the Python whose Triton brings artifacts down a level; the running one if unset"),
    Variable("TRITON_RUNNER_CACHE", text_or_none, "where lowered artifacts are kept; `~/.cache/triton-runner` if unset"),
    Variable("TRITON_RUNNER_VERBOSE", is_true, "says on standard error for which target a kernel is compiled, and why"),
    Variable("TRITON_RUNNER_PROD", is_true, "production mode: the cache messages aren't printed"),
    Variable("TRITON_RUNNER_PROD_TEST", is_true, "implies `TRITON_RUNNER_PROD`"),
    Variable("TRITON_CACHE_DIR", text_or_none, "Triton's cache, shared with plain Triton; `~/.triton/cache` if unset",
             "Triton"),
    Variable("TRITON_ALWAYS_COMPILE", is_true, "compile even what the cache has", "Triton"),
    Variable("TRITON_KERNEL_OVERRIDE", is_true, "take stages from `TRITON_OVERRIDE_DIR`", "Triton"),
    Variable("TRITON_KERNEL_DUMP", is_true, "write every stage to `TRITON_DUMP_DIR`", "Triton"),
    Variable("TRITON_STORE_BINARY_ONLY", is_true, "keep only the binary in the cache", "Triton"),
    Variable("TRITON_DEBUG", is_true, "`tl.device_assert` is checked", "Triton"),
    Variable("MLIR_ENABLE_DUMP", text_or_none, "print the IR before each pass", "Triton"),
    Variable("MLIR_DUMP_PATH", text_or_none, "the file that `MLIR_ENABLE_DUMP` writes to", "Triton"),
    Variable("USE_IR_LOC", text_or_none, "locations point into the IR of this stage", "Triton"),
    Variable("TRITON_ENABLE_ASAN", is_true, "compile with the address sanitizer", "Triton"),
    Variable("TRITON_PRINT_AUTOTUNING", is_true, "print what the autotuner chose", "Triton"),
    Variable("TRITON_CACHE_AUTOTUNING", is_true, "keep the autotuner's timings on disk", "Triton"),
    Variable("TORCHINDUCTOR_CACHE_DIR", text_or_none,
             "set by `configure_jit_backend()` to a new folder, put back by `restore_jit_backend()`", "torch"),
    Variable("NO_COLOR", text_or_none, "messages have no colours"),
]

VARIABLES: Dict[str, Variable] = {row.name: row for row in _ROWS}


def get(name: str) -> Any:
    """The value of a variable of the table."""
    return VARIABLES[name].parse(os.environ.get(name))


def cpu_target() -> int:
    """The compute capability for which kernels are compiled that run on the CPU."""
    return get("TRITON_RUNNER_TARGET")


def is_prod_test() -> bool:
    return get("TRITON_RUNNER_PROD_TEST")


def is_prod() -> bool:
    """Whether the cache messages are silenced."""
    return get("TRITON_RUNNER_PROD") or is_prod_test()


def is_verbose() -> bool:
    return get("TRITON_RUNNER_VERBOSE")


_FIXED: Dict[str, Any] = {}


def __getattr__(name: str) -> Any:
    """IS_CUDA, TRITON_RUNNER_PROD, TRITON_RUNNER_PROD_TEST: what they are when they are first asked for, they stay."""
    if name not in ("IS_CUDA", "TRITON_RUNNER_PROD", "TRITON_RUNNER_PROD_TEST"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name not in _FIXED:
        if name == "IS_CUDA":
            from . import context

            _FIXED[name] = context.has_gpu()
        else:
            _FIXED[name] = is_prod() if name == "TRITON_RUNNER_PROD" else is_prod_test()
    return _FIXED[name]
