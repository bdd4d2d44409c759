"""A kernel in TLX, Meta's extension of Triton for asynchronous copies and warps of their own: pip install fbtriton.

It needs a GPU: nothing runs TLX's level, TTGIR, on the CPU yet. Its PTX and cubin run without fbtriton.
"""

from __future__ import annotations

import sys

import triton_runner

from . import arrays

try:
    import triton.language as tl
    import triton.language.extra.tlx as tlx
except ImportError:
    tl = tlx = None

N = 5000


@triton_runner.jit
def add_kernel(x_ptr, y_ptr, out_ptr, n, BLOCK: tl.constexpr):
    """out = x + y, through shared memory: both copies are in flight at once."""
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < n
    buffers = tlx.local_alloc((BLOCK,), tl.float32, 2)
    x_buffer = tlx.local_view(buffers, 0)
    y_buffer = tlx.local_view(buffers, 1)
    x_copy = tlx.async_load(x_ptr + offsets, x_buffer, mask=mask)
    y_copy = tlx.async_load(y_ptr + offsets, y_buffer, mask=mask)
    copies = tlx.async_load_commit_group([x_copy, y_copy])
    tlx.async_load_wait_group(0, [copies])
    tl.store(out_ptr + offsets, tlx.local_load(x_buffer) + tlx.local_load(y_buffer), mask=mask)


def main(**source):
    """Runs the kernel from `source`, such as ttgir_dir=folder; from Python without one."""
    if tlx is None and not source:
        sys.exit("TLX is in fbtriton, which takes Triton's place: pip install fbtriton")
    kind = arrays.choose()
    x, y = (arrays.normal((N,), kind, seed, "float32") for seed in (1, 2))
    out = arrays.empty_like(x, (N,))
    add_kernel[(-(-N // 1024),)](x, y, out, N, BLOCK=1024, **source)
    level = next(iter(source), "python").partition("_")[0]
    arrays.check(f"TLX, vector add, from {level}", out, arrays.to_float(x) + arrays.to_float(y), 0.0)
