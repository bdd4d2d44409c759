"""Everything that depends on the version of Triton: docs/python-frontend.md.

Nothing else in the package imports Triton's insides or asks for its version.
"""

import importlib.util
import re
import threading

from .. import errors

# The oldest version that an adapter is for, newest first.
_ADAPTERS = (
    ((3, 9), "base", "Adapter"),
    ((3, 8), "v3_7", "Adapter38"),
    ((3, 7), "v3_7", "Adapter37"),
    ((3, 6), "v3_5", "Adapter36"),
    ((3, 5), "v3_5", "Adapter35"),
    ((3, 4), "v3_4", "Adapter34"),
    ((3, 3), "v3_3", "Adapter33"),
    ((3, 2), "v3_0", "Adapter32"),
    ((3, 0), "v3_0", "Adapter30"),
)
_NEWEST = (3, 9)

_lock = threading.RLock()
_adapter = None


def adapter():
    """The Adapter for the Triton of this Python, which is imported now at the latest."""
    global _adapter
    if _adapter is None:
        with _lock:
            if _adapter is None:
                _adapter = _create()
    return _adapter


def ensure_driver():
    """Gives Triton a driver for a machine without a GPU if none of its own can be active; see cpu_driver.py."""
    adapter()  # says what is wrong with the Triton that is installed
    from . import cpu_driver
    cpu_driver.ensure()


def watch():
    """ensure_driver() as soon as Triton is imported, by whomever; for the package's own import."""
    from .on_import import watch as install
    install()


def triton_version(text):
    """(3, 7) for "3.7.4+fb"."""
    match = re.match(r"(\d+)\.(\d+)", text)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def _create():
    try:
        import triton
        text = triton.__version__
    except ImportError as error:
        raise errors.Unavailable(
            f"compiling needs Triton, which this Python can't import ({error}): pip install triton. Artifacts run "
            "without it: TTIR on the CPU; PTX and cubins on a GPU") from error
    except AttributeError as error:
        raise errors.Unavailable(f"the module 'triton' that this Python imports isn't Triton ({error})") from error
    version = triton_version(text)
    if not _ADAPTERS[-1][0] <= version <= _NEWEST:
        raise errors.Unsupported(f"Triton {text}: Triton Runner compiles with 3.0 to 3.9; artifacts still run")
    module, name = _choose(version)
    return getattr(importlib.import_module("." + module, __name__), name)(text)


def _choose(version):
    if importlib.util.find_spec("triton.language.extra.tlx") is not None:
        return "tlx", "TlxAdapter"
    return next((module, name) for oldest, module, name in _ADAPTERS if version >= oldest)
