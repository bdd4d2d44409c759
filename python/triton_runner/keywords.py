"""The keyword arguments of a launch that are Triton Runner's own: one table, and what a call gave of them."""

from typing import Any, NamedTuple, Optional

from .errors import InvalidArgument, Unsupported

LEVELS = ("ttir", "ttgir", "llir", "ptx", "cubin")  # highest first

_AMD = "runs kernels of AMD GPUs, which Triton Runner doesn't; it runs " + ", ".join(LEVELS)
_DUMP = ("is not there yet: this version of Triton Runner has no dumps; triton_runner.language has the names that "
         "kernels use")
_PASS = "is not there yet: give the level behind the pass as an artifact of its own"

# What each keyword is: the form and the level of an artifact, or why it is refused.
SOURCES = {f"{level}_{form}": (form, level) for level in LEVELS for form in ("dir", "src")}
REFUSED = {
    "amdgcn_dir": _AMD, "amdgcn_src": _AMD, "hsaco_dir": _AMD, "hsaco_src": _AMD,
    "dump_tensor": _DUMP, "dump_value": _DUMP, "dump_grid": _DUMP,
    "start_pass": _PASS,
}
OTHERS = ("metadata_json", "autotune_cubin_dir")
# Keyword arguments that Triton refuses, and what it uses instead; its text is part of its interface.
DEPRECATED = {"device_type": "target", "device": "device", "stream": "stream"}
NAMES = frozenset((*SOURCES, *REFUSED, *OTHERS))


class Given(NamedTuple):
    """What a call gave: an artifact (`form` "dir" or "src"), its metadata."""
    keyword: str
    form: str
    level: str
    value: Any
    metadata: Optional[Any]


def take(kwargs):
    """Removes the runner's keywords from `kwargs`; returns Given, or None when there is no artifact."""
    found = [name for name in kwargs if name in NAMES]
    if not found:
        _check_spelling(kwargs)
        return None
    values = {name: kwargs.pop(name) for name in found}
    values = {name: value for name, value in values.items() if value is not None}
    for name in values:
        if name in REFUSED:
            raise Unsupported(f"{name}= {REFUSED[name]}")
    if "autotune_cubin_dir" in values:
        values.setdefault("cubin_dir", values.pop("autotune_cubin_dir"))
    sources = [name for name in values if name in SOURCES]
    if len(sources) > 1:
        raise InvalidArgument(f"{sources[0]}= and {sources[1]}= both say what to run: give one of them")
    metadata = values.get("metadata_json")
    if not sources:
        if metadata is not None:
            raise InvalidArgument("metadata_json= belongs to an artifact: give one of " +
                                  ", ".join(f"{name}=" for name in SOURCES) + " with it")
        return None
    form, level = SOURCES[sources[0]]
    return Given(sources[0], form, level, values[sources[0]], metadata)


def _check_spelling(kwargs):
    """A runner's keyword in other letters would be taken for an option of the compiler."""
    for name in kwargs:
        if name.lower() in NAMES:
            raise KeyError(f"Keyword argument {name} was specified but unrecognised: did you mean {name.lower()}?")
