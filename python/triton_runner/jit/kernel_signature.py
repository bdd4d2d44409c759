"""What this package adds to the metadata of kernels that it compiles: `kernel_signature`, which says how the kernel was
called, and the version. An autotuner that is given a cubin (`autotune_cubin_dir=`) reads constants back from it.
"""

import ast
import json
import time
from pathlib import Path

from .. import _core, disk_cache
from ..errors import NotFound

_LAUNCH_OPTIONS = ("num_warps", "num_stages", "num_ctas", "maxnreg")
_IMPORTED = time.time()
_saved = set()  # metadata that this process has written


def signature(bound, positional):
    """((name, type, specialization, given by keyword), ...) as a text."""
    rows = zip(bound.names, bound.types, bound.specs)
    return repr(tuple((name, _literal(kind), _literal(spec), number >= positional)
                      for number, (name, kind, spec) in enumerate(rows)))


def _literal(value):
    """What ast.literal_eval reads back; anything else by its text."""
    if isinstance(value, (tuple, list)):
        return tuple(map(_literal, value))
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def added(values, bound, positional):
    """The metadata with what is added."""
    return {**values, "kernel_signature": signature(bound, positional), "triton_runner_version": _core.version}


def complete(folder, name, bound, positional):
    """Adds to the metadata that Triton wrote, unless it's there. (path, metadata, whether the kernel was there before)"""
    path = Path(folder) / f"{name}.json"
    values = json.loads(path.read_text())
    hit = "kernel_signature" in values or str(path) in _saved or _older_than_process(path)
    if "kernel_signature" not in values:
        values = added(values, bound, positional)
        try:
            disk_cache.replace(path, json.dumps(values))
        except OSError:
            pass  # a cache that can only be read
    _saved.add(str(path))
    return path, values, hit


def _older_than_process(path):
    return path.stat().st_mtime < _IMPORTED


def fill_from_cubin(kernel, kwargs):
    """Replaces `autotune_cubin_dir` in `kwargs` by `cubin_dir` and the constants and options that the cubin was made
    with. What the cubin lacks is a PTXASError, which makes an autotuner pass it over."""
    folder = Path(kwargs.pop("autotune_cubin_dir"))
    path = folder / f"{kernel}.json"
    try:
        if not (folder / f"{kernel}.cubin").is_file():
            raise NotFound(f"{folder} has no {kernel}.cubin")
        values = json.loads(path.read_text())
        rows = values.get("kernel_signature", ())
        rows = ast.literal_eval(rows) if isinstance(rows, str) else rows
    except (OSError, ValueError, SyntaxError) as error:
        raise _ptxas_error(f"autotune_cubin_dir is error: {error}") from error
    for row in rows:
        if len(row) == 4 and row[3] and row[1] == "constexpr":
            kwargs.setdefault(row[0], row[2])
    for name in _LAUNCH_OPTIONS:
        if values.get(name) is not None:
            kwargs[name] = values[name]
    kwargs["cubin_dir"] = folder


def _ptxas_error(message):
    try:
        from triton.runtime.errors import PTXASError
    except ImportError:
        return NotFound(message)
    return PTXASError(message)
