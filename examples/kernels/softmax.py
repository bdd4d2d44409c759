"""Softmax of each row of a matrix. One program takes one row, a block of columns at a time.

Two passes over the row: the first keeps a running maximum and a running sum
(rescaled whenever the maximum grows), the second normalises.
"""

import triton
import triton.language as tl


@triton.jit
def softmax_kernel(out, x, out_row_stride, x_row_stride, n_cols, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    x_row = x + row * x_row_stride
    out_row = out + row * out_row_stride
    columns = tl.arange(0, BLOCK)

    # Finite, so that a lane which has seen no column yet doesn't compute inf - inf.
    lane_max = tl.full([BLOCK], -1.0e30, tl.float32)
    lane_sum = tl.zeros([BLOCK], tl.float32)
    for start in range(0, n_cols, BLOCK):
        mask = start + columns < n_cols
        value = tl.load(x_row + start + columns, mask=mask, other=-float("inf")).to(tl.float32)
        new_max = tl.maximum(lane_max, value)
        lane_sum = lane_sum * tl.exp(lane_max - new_max) + tl.exp(value - new_max)
        lane_max = new_max
    row_max = tl.max(lane_max, axis=0)
    row_sum = tl.sum(lane_sum * tl.exp(lane_max - row_max), axis=0)

    for start in range(0, n_cols, BLOCK):
        mask = start + columns < n_cols
        value = tl.load(x_row + start + columns, mask=mask, other=-float("inf")).to(tl.float32)
        result = tl.exp(value - row_max) / row_sum
        tl.store(out_row + start + columns, result.to(out.dtype.element_ty), mask=mask)


ROWS, COLS = 256, 781

VARIANTS = {
    "softmax_f32": {
        "kernel": "softmax_kernel",
        "constexprs": {"BLOCK": 256},
        "num_warps": 4,
        "divisible_by_16": ["out", "x"],
        "grid": [ROWS, 1, 1],
        "params": [
            {"name": "out", "kind": "buffer", "dtype": "f32", "shape": [ROWS, COLS], "init": "zeros", "role": "out"},
            {"name": "x", "kind": "buffer", "dtype": "f32", "shape": [ROWS, COLS], "init": "randn", "role": "in"},
            {"name": "out_row_stride", "kind": "scalar", "dtype": "i32", "value": COLS},
            {"name": "x_row_stride", "kind": "scalar", "dtype": "i32", "value": COLS},
            {"name": "n_cols", "kind": "scalar", "dtype": "i32", "value": COLS},
        ],
        "reference": "softmax",
        "rtol": 1e-5,
        "atol": 1e-7,
    },
}
