"""The messages that the package prints, in colour. Everything here writes to standard output."""

import os
from typing import Any, Optional

from . import environment

_PROJECT = "[Triton Runner]"
_BLUE, _YELLOW, _RED = 94, 93, 91


def _print(color: int, text: Any) -> None:
    print(text if environment.get("NO_COLOR") else f"\033[{color}m{text}\033[0m", flush=True)


def blue_print(t: Any) -> None:
    """Prints `t` in blue."""
    _print(_BLUE, t)


def yellow_print(t: Any) -> None:
    """Prints `t` in yellow."""
    _print(_YELLOW, t)


def red_print(t: Any) -> None:
    """Prints `t` in red."""
    _print(_RED, t)


def get_project_name() -> str:
    """What every message begins with."""
    return _PROJECT


def print_triton_cache_dir(metadata_path: Optional[str], cache_hit: bool = False) -> None:
    """Says in which folder of Triton's cache a kernel is, given the path of its metadata there.

    In production mode nothing is printed.
    """
    if metadata_path is None or environment.is_prod():
        return
    how = "cache hit and saved at" if cache_hit else "saved at"
    blue_print(f"{_PROJECT} Triton kernel {how} {os.path.dirname(os.fspath(metadata_path))}")


def warning_dump_mode_ssa_and_op(ssa: str, op: str, loc: str, size: str, encoding: Optional[str] = None) -> None:
    """Says which value is dumped."""
    suffix = f" with encoding={encoding}" if encoding else ""
    blue_print(f"{_PROJECT} In dump mode, ssa={ssa}, op={op}, loc={loc}, size={size}{suffix}")


def check_dump_tensor_dtype(t: Any) -> None:
    """Warns when a tensor that is to receive a dump isn't float32."""
    if str(t.dtype).rpartition(".")[2] != "float32":
        yellow_print(f"Warning: tensor dtype is {t.dtype}, not torch.float32!")
