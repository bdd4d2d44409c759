"""c = a @ b through tensor descriptors that the kernel itself makes (TMA on sm_90 and newer).

The descriptors know the shapes, so no access needs a mask: what a tile reads
beyond the edge is zero, and what it writes there is dropped.
"""

import triton
import triton.language as tl


@triton.jit
def descriptor_matmul_kernel(a, b, c, M, N, K, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr):
    a_desc = tl.make_tensor_descriptor(a, shape=[M, K], strides=[K, 1], block_shape=[BLOCK_M, BLOCK_K])
    b_desc = tl.make_tensor_descriptor(b, shape=[K, N], strides=[N, 1], block_shape=[BLOCK_K, BLOCK_N])
    c_desc = tl.make_tensor_descriptor(c, shape=[M, N], strides=[N, 1], block_shape=[BLOCK_M, BLOCK_N])
    row = tl.program_id(0) * BLOCK_M
    col = tl.program_id(1) * BLOCK_N
    acc = tl.zeros([BLOCK_M, BLOCK_N], tl.float32)
    for k in range(0, K, BLOCK_K):
        acc = tl.dot(a_desc.load([row, k]), b_desc.load([k, col]), acc)
    c_desc.store([row, col], acc.to(c.dtype.element_ty))


M, N, K = 200, 240, 144
BLOCK_M, BLOCK_N, BLOCK_K = 64, 64, 32

VARIANTS = {
    "descriptor_matmul_f16": {
        "kernel": "descriptor_matmul_kernel",
        "constexprs": {"BLOCK_M": BLOCK_M, "BLOCK_N": BLOCK_N, "BLOCK_K": BLOCK_K},
        "num_warps": 4,
        "divisible_by_16": ["a", "b", "c", "N", "K"],
        "min_triton": "3.4.0",
        "grid": [triton.cdiv(M, BLOCK_M), triton.cdiv(N, BLOCK_N), 1],
        "params": [
            {"name": "a", "kind": "buffer", "dtype": "f16", "shape": [M, K], "init": "rand", "role": "in"},
            {"name": "b", "kind": "buffer", "dtype": "f16", "shape": [K, N], "init": "rand", "role": "in"},
            {"name": "c", "kind": "buffer", "dtype": "f16", "shape": [M, N], "init": "zeros", "role": "out"},
            {"name": "M", "kind": "scalar", "dtype": "i32", "value": M},
            {"name": "N", "kind": "scalar", "dtype": "i32", "value": N},
            {"name": "K", "kind": "scalar", "dtype": "i32", "value": K},
        ],
        "reference": "matmul",
        "rtol": 1e-3,
        "atol": 1e-3,
    },
}
