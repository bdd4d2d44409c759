"""out = x^T, a tile at a time, so that loads and stores both run along rows."""

import triton
import triton.language as tl


@triton.jit
def transpose_kernel(x, out, n_rows, n_cols, x_row_stride, out_row_stride,
                     BLOCK_R: tl.constexpr, BLOCK_C: tl.constexpr):
    rows = tl.program_id(0) * BLOCK_R + tl.arange(0, BLOCK_R)
    cols = tl.program_id(1) * BLOCK_C + tl.arange(0, BLOCK_C)
    tile = tl.load(x + rows[:, None] * x_row_stride + cols[None, :],
                   mask=(rows[:, None] < n_rows) & (cols[None, :] < n_cols))
    tl.store(out + cols[:, None] * out_row_stride + rows[None, :], tl.trans(tile),
             mask=(cols[:, None] < n_cols) & (rows[None, :] < n_rows))


ROWS, COLS = 200, 333
BLOCK_R, BLOCK_C = 32, 64

VARIANTS = {
    "transpose_f32": {
        "kernel": "transpose_kernel",
        "constexprs": {"BLOCK_R": BLOCK_R, "BLOCK_C": BLOCK_C},
        "num_warps": 4,
        "divisible_by_16": ["x", "out"],
        "grid": [triton.cdiv(ROWS, BLOCK_R), triton.cdiv(COLS, BLOCK_C), 1],
        "params": [
            {"name": "x", "kind": "buffer", "dtype": "f32", "shape": [ROWS, COLS], "init": "rand", "role": "in"},
            {"name": "out", "kind": "buffer", "dtype": "f32", "shape": [COLS, ROWS], "init": "zeros", "role": "out"},
            {"name": "n_rows", "kind": "scalar", "dtype": "i32", "value": ROWS},
            {"name": "n_cols", "kind": "scalar", "dtype": "i32", "value": COLS},
            {"name": "x_row_stride", "kind": "scalar", "dtype": "i32", "value": COLS},
            {"name": "out_row_stride", "kind": "scalar", "dtype": "i32", "value": ROWS},
        ],
        "reference": "transpose",
        "rtol": 0.0,
        "atol": 0.0,
    },
}
