"""Sums the rows of a matrix into n_groups partial sums, each guarded by a spin lock.

Row r goes to group r % n_groups. The first program to get a group's lock stores
its row, the others add to what is there, so out needs no initial value; counts
ends as the number of rows in each group.
"""

import triton
import triton.language as tl


@triton.jit
def locked_sum_kernel(x, out, locks, counts, row_stride, n_cols, n_groups, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    group = row % n_groups
    columns = tl.arange(0, BLOCK)
    mask = columns < n_cols
    total = tl.load(x + row * row_stride + columns, mask=mask, other=0.0)
    out_ptrs = out + group * n_cols + columns

    while tl.atomic_cas(locks + group, 0, 1) == 1:
        pass
    if tl.load(counts + group) != 0:
        total += tl.load(out_ptrs, mask=mask)
    tl.store(out_ptrs, total, mask=mask)
    # Every thread must have read the count and stored its part before one of them opens the lock.
    tl.debug_barrier()
    tl.atomic_add(counts + group, 1)
    tl.atomic_xchg(locks + group, 0)


ROWS, COLS, GROUPS = 64, 200, 4

VARIANTS = {
    "locked_sum_f32": {
        "kernel": "locked_sum_kernel",
        "constexprs": {"BLOCK": 256},
        "num_warps": 4,
        "divisible_by_16": ["x", "out", "locks", "counts"],
        "grid": [ROWS, 1, 1],
        "params": [
            {"name": "x", "kind": "buffer", "dtype": "f32", "shape": [ROWS, COLS], "init": "rand", "role": "in"},
            {"name": "out", "kind": "buffer", "dtype": "f32", "shape": [GROUPS, COLS], "init": "zeros", "role": "out"},
            {"name": "locks", "kind": "buffer", "dtype": "i32", "shape": [GROUPS], "init": "zeros", "role": "inout"},
            {"name": "counts", "kind": "buffer", "dtype": "i32", "shape": [GROUPS], "init": "zeros", "role": "inout"},
            {"name": "row_stride", "kind": "scalar", "dtype": "i32", "value": COLS},
            {"name": "n_cols", "kind": "scalar", "dtype": "i32", "value": COLS},
            {"name": "n_groups", "kind": "scalar", "dtype": "i32", "value": GROUPS},
        ],
        "reference": "locked_sum",
        "rtol": 1e-5,
        "atol": 1e-5,
    },
}
