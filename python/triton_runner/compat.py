"""Which Triton is installed, for scripts that ask. Names are looked up when they are used, so nothing is imported before.

`triton_version` and `uni_triton_version` are None, and every `is_...` False, where there is no Triton. The package itself
doesn't ask here: what differs between versions is in `frontend`.
"""

import re
from functools import lru_cache
from typing import Any, Callable, Dict, Optional, Tuple

_KEYS = ("triton.runtime.cache", "triton.compiler.compiler")  # where triton_key is: 3.5 and newer, older ones


@lru_cache(maxsize=None)
def _version() -> Optional[str]:
    try:
        import triton
    except ImportError:
        return None
    return triton.__version__


def _parts() -> Tuple[int, int]:
    """(3, 6) for 3.6.0+git; (0, 0) without Triton."""
    match = re.match(r"(\d+)\.(\d+)", _version() or "")
    return (int(match[1]), int(match[2])) if match else (0, 0)


def _uni_version() -> Optional[str]:
    """Releases that share their examples have one name: 3.3.x and 3.5.x."""
    return "{}.{}.x".format(*_parts()) if _parts() in ((3, 3), (3, 5)) else _version()


@lru_cache(maxsize=None)
def _is_tlx() -> bool:
    try:
        import triton.language.extra.tlx  # noqa: F401
    except ImportError:
        return False
    return True


def triton_key() -> str:
    """Triton's hash of its own sources, part of every key in its cache."""
    import importlib

    from .errors import Unavailable

    for name in _KEYS:
        try:
            return importlib.import_module(name).triton_key()
        except (ImportError, AttributeError):
            continue
    raise Unavailable("triton_key: no Triton is installed here, or one that has no key")


def get_triton_cache_dir() -> str:
    """The folder that Triton caches kernels in."""
    from . import disk_cache

    return str(disk_cache.root())


def _is(minor: int) -> Callable[[], bool]:
    return lambda: _parts() == (3, minor)


def _at_least(minor: int) -> Callable[[], bool]:
    return lambda: _parts() >= (3, minor)


def _at_most(minor: int) -> Callable[[], bool]:
    return lambda: (3, 0) <= _parts() <= (3, minor)


_LAZY: Dict[str, Callable[[], Any]] = {
    "triton_version": _version,
    "uni_triton_version": _uni_version,
    "is_tlx": _is_tlx,
    **{f"is_triton_v3_{minor}": _is(minor) for minor in range(10)},
    **{f"is_triton_geq_v3_{minor}": _at_least(minor) for minor in range(1, 10)},
    **{f"is_triton_leq_v3_{minor}": _at_most(minor) for minor in range(1, 10)},
}

__all__ = [*_LAZY, "triton_key", "get_triton_cache_dir"]


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return _LAZY[name]()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> "list[str]":
    return sorted({*globals(), *_LAZY})
