"""Two Gluon kernels, for Triton 3.4 and newer: Triton's language in which the kernel chooses the layouts.

They need a GPU: nothing runs Gluon's level, TTGIR, on the CPU yet.
"""

import triton_runner
from triton.experimental.gluon import language as gl

from . import arrays

N = 5000


@triton_runner.jit.gluon.jit
def scale_kernel(x_ptr, out_ptr, n, BLOCK: gl.constexpr):
    """out = 3 x. A thread has four neighbours, a warp 128, so that loads are wide."""
    layout: gl.constexpr = gl.BlockedLayout([4], [32], [4], [0])
    offsets = gl.program_id(0) * BLOCK + gl.arange(0, BLOCK, layout=layout)
    mask = offsets < n
    x = gl.load(x_ptr + offsets, mask=mask)
    gl.store(out_ptr + offsets, x * 3.0, mask=mask)


def intro(**source):
    """Runs scale_kernel from `source`, such as ttgir_dir=folder; from Python without one."""
    x = arrays.normal((N,), arrays.choose(), 1)
    out = arrays.empty_like(x, (N,))
    scale_kernel[(-(-N // 1024),)](x, out, N, BLOCK=1024, **source)
    arrays.check("Gluon, 01-intro", out, arrays.to_float(x) * 3, 0.02)


@triton_runner.gluon_runner.jit
def transpose_kernel(x_ptr, out_ptr, rows, cols, BLOCK: gl.constexpr):
    """out = x transposed: read with threads along rows of x, written with threads along rows of out."""
    reading: gl.constexpr = gl.BlockedLayout([1, 1], [1, 32], [4, 1], [1, 0])
    writing: gl.constexpr = gl.BlockedLayout([1, 1], [32, 1], [1, 4], [0, 1])
    first_row = gl.program_id(1) * BLOCK
    first_col = gl.program_id(0) * BLOCK

    row = first_row + gl.arange(0, BLOCK, layout=gl.SliceLayout(1, reading))[:, None]
    col = first_col + gl.arange(0, BLOCK, layout=gl.SliceLayout(0, reading))[None, :]
    tile = gl.load(x_ptr + row * cols + col, mask=(row < rows) & (col < cols))

    tile = gl.convert_layout(tile, writing)
    row = first_row + gl.arange(0, BLOCK, layout=gl.SliceLayout(1, writing))[:, None]
    col = first_col + gl.arange(0, BLOCK, layout=gl.SliceLayout(0, writing))[None, :]
    gl.store(out_ptr + col * rows + row, tile, mask=(row < rows) & (col < cols))


def layouts(**source):
    """Runs transpose_kernel from `source`; from Python without one."""
    rows, cols, block = 100, 200, 32
    x = arrays.normal((rows, cols), arrays.choose(), 1)
    out = arrays.empty_like(x, (cols, rows))
    transpose_kernel[(-(-cols // block), -(-rows // block))](x, out, rows, cols, BLOCK=block, **source)
    arrays.check("Gluon, 02-layouts", out, arrays.to_float(x).T, 0.0)
