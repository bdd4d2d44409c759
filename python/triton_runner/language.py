"""What a kernel may call beside `triton.language`.

Dumps of values come in a later version. The names are here so that a kernel that uses them says so when it is compiled.
"""

from typing import Any, NoReturn

_INSTEAD = "use tl.device_print(prefix, value), or tl.store the value through a pointer argument"


def _later(name: str) -> NoReturn:
    raise NotImplementedError(f"triton_runner.language.{name} comes in a later version: {_INSTEAD}")


def dump(val: Any, offset: int = 0, dump_grid: Any = None, **_: Any) -> None:
    """Not there yet: writes `val` of the program `dump_grid`, (0, 0, 0) by default, to the launch's `dump_tensor`."""
    _later("dump")


def dump_boundary(val: Any, offset: int = 0, **_: Any) -> None:
    """Not there yet: writes `val` of the last program of the grid to the launch's `dump_tensor`."""
    _later("dump_boundary")


def dump_grids(val: Any, offset: int = 0, **_: Any) -> None:
    """Not there yet: writes `val` of every program to the launch's `dump_tensor`."""
    _later("dump_grids")


# Triton lets a kernel call a name that was imported from a module only if it is a jitted function or a builtin. A
# builtin gets the builder as a further keyword, hence **_.
for _function in (dump, dump_boundary, dump_grids):
    setattr(_function, "__triton_builtin__", True)
