"""Cross-entropy loss of each row of logits against its target column (forward).

loss = log(sum(exp(row))) - row[target], or 0 where the target is ignore_index.
"""

import triton
import triton.language as tl


@triton.jit
def cross_entropy_kernel(logits, targets, loss, lse, row_stride, n_cols, ignore_index, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    logits_row = logits + row * row_stride
    columns = tl.arange(0, BLOCK)

    row_max = -float("inf")
    row_sum = 0.0
    for start in range(0, n_cols, BLOCK):
        mask = start + columns < n_cols
        value = tl.load(logits_row + start + columns, mask=mask, other=-float("inf")).to(tl.float32)
        new_max = tl.maximum(row_max, tl.max(value, axis=0))
        row_sum = row_sum * tl.exp(row_max - new_max) + tl.sum(tl.exp(value - new_max), axis=0)
        row_max = new_max
    row_lse = row_max + tl.log(row_sum)

    target = tl.load(targets + row)
    counted = target != ignore_index
    target_logit = tl.load(logits_row + target, mask=counted, other=0.0).to(tl.float32)
    tl.store(lse + row, row_lse)
    tl.store(loss + row, tl.where(counted, row_lse - target_logit, 0.0))


ROWS, COLS = 64, 1000

VARIANTS = {
    "cross_entropy_f32": {
        "kernel": "cross_entropy_kernel",
        "constexprs": {"BLOCK": 256},
        "num_warps": 4,
        "divisible_by_16": ["logits", "targets", "loss", "lse"],
        "grid": [ROWS, 1, 1],
        "params": [
            {"name": "logits", "kind": "buffer", "dtype": "f32", "shape": [ROWS, COLS], "init": "randn", "role": "in"},
            {"name": "targets", "kind": "buffer", "dtype": "i64", "shape": [ROWS], "init": "randint",
             "low": 0, "high": 16, "role": "in"},
            {"name": "loss", "kind": "buffer", "dtype": "f32", "shape": [ROWS], "init": "zeros", "role": "out"},
            {"name": "lse", "kind": "buffer", "dtype": "f32", "shape": [ROWS], "init": "zeros", "role": "out"},
            {"name": "row_stride", "kind": "scalar", "dtype": "i32", "value": COLS},
            {"name": "n_cols", "kind": "scalar", "dtype": "i32", "value": COLS},
            {"name": "ignore_index", "kind": "scalar", "dtype": "i32", "value": 7},
        ],
        "reference": "cross_entropy",
        "rtol": 1e-5,
        "atol": 1e-5,
    },
}
