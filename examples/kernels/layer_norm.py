"""Layer normalisation of each row of a matrix, with weight and bias (forward).

One program takes one row, a block of columns at a time: mean, variance, result.
"""

import triton
import triton.language as tl


@triton.jit
def layer_norm_kernel(x, out, weight, bias, mean, rstd, row_stride, n_cols, eps, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    x_row = x + row * row_stride
    out_row = out + row * row_stride
    columns = tl.arange(0, BLOCK)

    total = tl.zeros([BLOCK], tl.float32)
    for start in range(0, n_cols, BLOCK):
        mask = start + columns < n_cols
        total += tl.load(x_row + start + columns, mask=mask, other=0.0).to(tl.float32)
    row_mean = tl.sum(total, axis=0) / n_cols

    squares = tl.zeros([BLOCK], tl.float32)
    for start in range(0, n_cols, BLOCK):
        mask = start + columns < n_cols
        value = tl.load(x_row + start + columns, mask=mask, other=0.0).to(tl.float32)
        centred = tl.where(mask, value - row_mean, 0.0)
        squares += centred * centred
    variance = tl.sum(squares, axis=0) / n_cols
    row_rstd = 1.0 / tl.sqrt(variance + eps)

    tl.store(mean + row, row_mean)
    tl.store(rstd + row, row_rstd)
    for start in range(0, n_cols, BLOCK):
        mask = start + columns < n_cols
        value = tl.load(x_row + start + columns, mask=mask, other=0.0).to(tl.float32)
        w = tl.load(weight + start + columns, mask=mask)
        b = tl.load(bias + start + columns, mask=mask)
        result = (value - row_mean) * row_rstd * w + b
        tl.store(out_row + start + columns, result.to(out.dtype.element_ty), mask=mask)


ROWS, COLS = 128, 1000

VARIANTS = {
    "layer_norm_f32": {
        "kernel": "layer_norm_kernel",
        "constexprs": {"BLOCK": 256},
        "num_warps": 4,
        "divisible_by_16": ["x", "out", "weight", "bias", "mean", "rstd"],
        "grid": [ROWS, 1, 1],
        "params": [
            {"name": "x", "kind": "buffer", "dtype": "f32", "shape": [ROWS, COLS], "init": "randn", "role": "in"},
            {"name": "out", "kind": "buffer", "dtype": "f32", "shape": [ROWS, COLS], "init": "zeros", "role": "out"},
            {"name": "weight", "kind": "buffer", "dtype": "f32", "shape": [COLS], "init": "rand", "role": "in"},
            {"name": "bias", "kind": "buffer", "dtype": "f32", "shape": [COLS], "init": "rand", "role": "in"},
            {"name": "mean", "kind": "buffer", "dtype": "f32", "shape": [ROWS], "init": "zeros", "role": "out"},
            {"name": "rstd", "kind": "buffer", "dtype": "f32", "shape": [ROWS], "init": "zeros", "role": "out"},
            {"name": "row_stride", "kind": "scalar", "dtype": "i32", "value": COLS},
            {"name": "n_cols", "kind": "scalar", "dtype": "i32", "value": COLS},
            {"name": "eps", "kind": "scalar", "dtype": "f32", "value": 1e-5},
        ],
        "reference": "layer_norm",
        "rtol": 1e-4,
        "atol": 1e-5,
    },
}
