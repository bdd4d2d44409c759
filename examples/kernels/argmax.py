"""The largest element of each row of a matrix and the first column that holds it."""

import triton
import triton.language as tl


@triton.jit
def argmax_kernel(x, values, indices, row_stride, n_cols, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    columns = tl.arange(0, BLOCK)
    best = -float("inf")
    best_index = 0
    for start in range(0, n_cols, BLOCK):
        mask = start + columns < n_cols
        block = tl.load(x + row * row_stride + start + columns, mask=mask, other=-float("inf"))
        value, index = tl.max(block, axis=0, return_indices=True)
        better = value > best
        best = tl.where(better, value, best)
        best_index = tl.where(better, start + index, best_index)
    tl.store(values + row, best)
    tl.store(indices + row, best_index)


ROWS, COLS = 64, 1000

VARIANTS = {
    "argmax_f32": {
        "kernel": "argmax_kernel",
        "constexprs": {"BLOCK": 256},
        "num_warps": 4,
        "divisible_by_16": ["x", "values", "indices"],
        "grid": [ROWS, 1, 1],
        "params": [
            {"name": "x", "kind": "buffer", "dtype": "f32", "shape": [ROWS, COLS], "init": "rand", "role": "in"},
            {"name": "values", "kind": "buffer", "dtype": "f32", "shape": [ROWS], "init": "zeros", "role": "out"},
            {"name": "indices", "kind": "buffer", "dtype": "i32", "shape": [ROWS], "init": "zeros", "role": "out"},
            {"name": "row_stride", "kind": "scalar", "dtype": "i32", "value": COLS},
            {"name": "n_cols", "kind": "scalar", "dtype": "i32", "value": COLS},
        ],
        "reference": "argmax",
        "rtol": 0.0,
        "atol": 0.0,
    },
}
