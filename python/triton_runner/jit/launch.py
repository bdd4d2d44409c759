"""What a launch needs besides its arguments: the grid as three numbers, the options of artifacts; launching again."""

import operator

from .. import context
from ..errors import InvalidArgument
from ..keywords import DEPRECATED

# Options of NVIDIA's compiler in Triton 3.0 to 3.9 that a caller may choose. Where Triton compiles it says itself what it
# knows; artifacts may be run without Triton.
OPTIONS = frozenset("""
    num_warps num_ctas num_stages cluster_dims maxnreg ptx_version ptx_options ir_override enable_fp_fusion
    launch_cooperative_grid launch_pdl supported_fp8_dtypes deprecated_fp8_dtypes deprecated_fp8_dot_operand_dtypes
    default_dot_input_precision allowed_dot_input_precisions max_num_imprecise_acc_default extern_libs debug
    backend_name sanitize_overflow arch instrumentation_mode enable_reflect_ftz num_consumer_groups
    num_buffers_warp_spec reg_dec_producer reg_inc_consumer allow_fp8e4nv allow_fp8e4b15 warp_size clc min_shared_mem
    sched4reg fpsan_homomorphic_casts
""".split())
_FIXED_BY_TEXT = {"ttgir": ("num_warps", "num_ctas")}


def check_options(options):
    """Raises what Triton raises for keyword arguments that are neither parameters nor options."""
    for name in options:
        if name in DEPRECATED:
            raise AssertionError(f"{name} option is deprecated; current {DEPRECATED[name]} will be used")
        if name not in OPTIONS:
            raise KeyError(f"Keyword argument {name} was specified but unrecognised")


def artifact_options(level, options):
    """(options for lowering, metadata that the call itself gives) of a call's options, as dicts."""
    check_options(options)
    chosen = {name: value for name, value in options.items() if value is not None}
    if level in ("ttir", "ttgir"):
        fixed = _FIXED_BY_TEXT.get(level, ())
        return {name: value for name, value in chosen.items() if name not in fixed}, {}
    return {}, chosen


def canonical_grid(grid, bound):
    """(x, y, z). `grid` is one to three integers, or a function of the arguments by name that gives them."""
    if callable(grid):
        grid = grid(bound.arguments())
    if hasattr(grid, "__index__") and not getattr(grid, "ndim", 0):
        grid = (grid,)
    try:
        sizes = [_integer(size) for size in grid]
    except TypeError:
        raise TypeError(f"the grid is {grid!r}: it takes one to three integers, or a function that gives them") from None
    if not 1 <= len(sizes) <= 3:
        raise InvalidArgument(f"the grid {grid!r} has {len(sizes)} dimensions: it takes one to three")
    if min(sizes) < 0:
        raise InvalidArgument(f"the grid {tuple(sizes)} has a negative size")
    return tuple(sizes + [1] * (3 - len(sizes)))


def _integer(size):
    """Also what holds one integer: a constexpr, an array of one element."""
    try:
        return operator.index(size)
    except TypeError:
        value = getattr(size, "value", None)
        if value is None and callable(getattr(size, "item", None)):
            value = size.item()
        return operator.index(value)


def launch_again(kernel, grid, bound, leaves, stream):
    """compiled[grid](...): a kernel of the extension, in the current stream of its own device where none is given."""
    sizes = canonical_grid(grid, bound)
    if stream is None:
        stream = 0 if kernel.device == "cpu" else context.current_stream(int(kernel.device.partition(":")[2] or 0))
    if 0 not in sizes:
        kernel.launch(sizes, bound, leaves, stream)
