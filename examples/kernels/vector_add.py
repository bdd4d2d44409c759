"""out = x + y, element by element."""

import triton
import triton.language as tl


@triton.jit
def vector_add_kernel(x, y, out, n, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < n
    a = tl.load(x + offsets, mask=mask)
    b = tl.load(y + offsets, mask=mask)
    tl.store(out + offsets, a + b, mask=mask)


N = 98432
BLOCK = 1024

VARIANTS = {
    "vector_add_f32": {
        "kernel": "vector_add_kernel",
        "constexprs": {"BLOCK": BLOCK},
        "num_warps": 4,
        "divisible_by_16": ["x", "y", "out"],
        "grid": [triton.cdiv(N, BLOCK), 1, 1],
        "params": [
            {"name": "x", "kind": "buffer", "dtype": "f32", "shape": [N], "init": "rand", "role": "in"},
            {"name": "y", "kind": "buffer", "dtype": "f32", "shape": [N], "init": "rand", "role": "in"},
            {"name": "out", "kind": "buffer", "dtype": "f32", "shape": [N], "init": "zeros", "role": "out"},
            {"name": "n", "kind": "scalar", "dtype": "i32", "value": N},
        ],
        "reference": "vector_add",
        "rtol": 0.0,
        "atol": 0.0,
    },
}
