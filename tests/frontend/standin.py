"""A stand-in for triton_runner._core where the extension isn't built: Triton 3.6's rules for arguments in Python.

The programs here run under Pythons that have a Triton and nothing else, so this uses the standard library only.
"""

import importlib.util
import sys
import types
from collections import namedtuple
from pathlib import Path

if importlib.util.find_spec("triton_runner") is None:
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))

CONSTEXPR, CONST, NO_SPECIALIZE, NO_ALIGNMENT, KEYWORD_ONLY, VARARGS = (1 << bit for bit in range(6))
REQUIRED = object()

Bound = namedtuple("Bound", "values names options types specs leaves")

DTYPES = {"bool": "u1", "float16": "fp16", "bfloat16": "bf16", "float32": "fp32", "float64": "fp64", "int8": "i8",
          "int16": "i16", "int32": "i32", "int64": "i64", "uint8": "u8", "uint16": "u16", "uint32": "u32",
          "uint64": "u64", "float8_e4m3fn": "fp8e4nv", "float8_e5m2": "fp8e5"}


def install():
    """Makes `from triton_runner import _core` find this where there is no extension."""
    try:
        from triton_runner import _core  # noqa: F401
    except ImportError:
        import triton_runner
        core = types.ModuleType("triton_runner._core")
        for name in ("CONSTEXPR", "CONST", "NO_SPECIALIZE", "NO_ALIGNMENT", "KEYWORD_ONLY", "VARARGS", "REQUIRED"):
            setattr(core, name, globals()[name])
        core.Binder = Binder
        sys.modules["triton_runner._core"] = triton_runner._core = core


class Binder:
    def __init__(self, params):
        self.params = params

    def __call__(self, *args, **kwargs):
        values, args = {}, list(args)
        for name, flags, _, default in self.params:
            if flags & VARARGS:
                values[name], args = tuple(args), []
            elif args and not flags & KEYWORD_ONLY:
                values[name] = args.pop(0)
            elif name in kwargs:
                values[name] = kwargs.pop(name)
            elif default is not REQUIRED:
                values[name] = default
            else:
                raise TypeError(f"missing a required argument: {name!r}")
        if args:
            raise TypeError("too many positional arguments")
        pairs = [specialize(flags, annotation, values[name]) for name, flags, annotation, _ in self.params]
        leaves = [(number, *leaf) for number, pair in enumerate(pairs) for leaf in flat(*pair)]
        return Bound(tuple(values.values()), tuple(values), kwargs, *zip(*pairs), tuple(leaves))


def flat(type_, spec):
    if not isinstance(type_, tuple):
        return [(type_, spec)]
    return [leaf for pair in zip(type_, spec) for leaf in flat(*pair)]


def specialize(flags, annotation, value):
    if flags & CONSTEXPR:
        return "constexpr", value
    type_, spec = leaf(value, flags & CONST, not flags & NO_SPECIALIZE, not flags & NO_ALIGNMENT)
    if annotation is None:
        return type_, spec
    known = annotation == "u1" or annotation[:2] in ("fp", "bf")
    return annotation, spec if spec == "D" and not known else None


def leaf(value, const=False, specialized=True, aligned=True):
    if hasattr(value, "item"):
        return leaf(value.item(), const, specialized, aligned)
    if value is None:
        return "constexpr", None
    if isinstance(value, bool):
        return "u1", None
    if isinstance(value, int):
        if value == 1 and specialized:
            return "constexpr", 1
        small, unsigned = -2**31 <= value < 2**31, 2**63 <= value < 2**64
        return "i32" if small else "u64" if unsigned else "i64", divisible(value, specialized and aligned)
    if isinstance(value, float):
        return "fp32", None
    if isinstance(value, tuple):
        pairs = [leaf(item) for item in value]
        return tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs)
    if hasattr(value, "data_ptr"):
        dtype = DTYPES[str(value.dtype).split(".")[-1]]
        return ("*k" if const else "*") + dtype, divisible(value.data_ptr(), specialized and aligned)
    if hasattr(value, "block_shape"):
        layout = f",{value.layout!r}" if hasattr(value, "layout") else ""
        kind = "tensordesc_im2col" if getattr(value, "mode", "") == "im2col" else "tensordesc"
        return f"{kind}<{DTYPES[str(value.base.dtype).split('.')[-1]]}{list(value.block_shape)}{layout}>", None
    return "constexpr", value


def divisible(number, looked_at):
    return "D" if looked_at and number % 16 == 0 else None
