"""Seeded dropout: keeps each element with probability 1 - p, scaled by 1 / (1 - p).

The random numbers (Philox 4x32-10) depend on the seed and the element's index
alone, so that a backward pass draws the same ones again.
"""

import triton
import triton.language as tl


@triton.jit
def dropout_kernel(x, out, n, p, seed, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < n
    value = tl.load(x + offsets, mask=mask)
    keep = tl.rand(seed, offsets) > p
    tl.store(out + offsets, tl.where(keep, value / (1.0 - p), 0.0), mask=mask)


N = 20011
BLOCK = 1024

VARIANTS = {
    "dropout_f32": {
        "kernel": "dropout_kernel",
        "constexprs": {"BLOCK": BLOCK},
        "num_warps": 4,
        "divisible_by_16": ["x", "out"],
        "grid": [triton.cdiv(N, BLOCK), 1, 1],
        "params": [
            {"name": "x", "kind": "buffer", "dtype": "f32", "shape": [N], "init": "rand", "role": "in"},
            {"name": "out", "kind": "buffer", "dtype": "f32", "shape": [N], "init": "zeros", "role": "out"},
            {"name": "n", "kind": "scalar", "dtype": "i32", "value": N},
            {"name": "p", "kind": "scalar", "dtype": "f32", "value": 0.25},
            {"name": "seed", "kind": "scalar", "dtype": "i32", "value": 123},
        ],
        "reference": "dropout",
        "rtol": 1e-6,
        "atol": 0.0,
    },
}
