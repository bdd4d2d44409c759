"""c = a @ dequantised(b), where b holds 4-bit weights, eight along K in each int32.

Weight k of a column is bits 4 * (k % 8) and up of word k // 8, minus 8, times
the scale of its group of GROUP_K rows. A block of K is one group.
"""

import triton
import triton.language as tl


@triton.jit
def int4_matmul_kernel(a, b, scales, c, M, N, K, a_row_stride, b_row_stride, scales_row_stride, c_row_stride,
                       BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, GROUP_K: tl.constexpr):
    rows = tl.program_id(0) * BLOCK_M + tl.arange(0, BLOCK_M)
    cols = tl.program_id(1) * BLOCK_N + tl.arange(0, BLOCK_N)
    ks = tl.arange(0, GROUP_K)
    a_ptrs = a + rows[:, None] * a_row_stride + ks[None, :]
    b_ptrs = b + (ks[:, None] // 8) * b_row_stride + cols[None, :]
    shifts = ks[:, None] % 8 * 4

    acc = tl.zeros([BLOCK_M, BLOCK_N], tl.float32)
    for group in range(0, tl.cdiv(K, GROUP_K)):
        k_left = K - group * GROUP_K
        a_tile = tl.load(a_ptrs, mask=(rows[:, None] < M) & (ks[None, :] < k_left), other=0.0)
        words = tl.load(b_ptrs, mask=(ks[:, None] < k_left) & (cols[None, :] < N), other=0)
        scale = tl.load(scales + group * scales_row_stride + cols, mask=cols < N, other=0.0)
        weights = (((words >> shifts) & 0xF) - 8).to(a_tile.dtype) * scale[None, :]
        acc = tl.dot(a_tile, weights, acc)
        a_ptrs += GROUP_K
        b_ptrs += GROUP_K // 8 * b_row_stride

    c_ptrs = c + rows[:, None] * c_row_stride + cols[None, :]
    tl.store(c_ptrs, acc.to(c.dtype.element_ty), mask=(rows[:, None] < M) & (cols[None, :] < N))


M, N, K = 70, 112, 144
BLOCK_M, BLOCK_N, GROUP_K = 32, 32, 32
GROUPS = triton.cdiv(K, GROUP_K)

VARIANTS = {
    "int4_matmul_f16": {
        "kernel": "int4_matmul_kernel",
        "constexprs": {"BLOCK_M": BLOCK_M, "BLOCK_N": BLOCK_N, "GROUP_K": GROUP_K},
        "num_warps": 4,
        "divisible_by_16": ["a", "b", "scales", "c",
                            "a_row_stride", "b_row_stride", "scales_row_stride", "c_row_stride"],
        "grid": [triton.cdiv(M, BLOCK_M), triton.cdiv(N, BLOCK_N), 1],
        "params": [
            {"name": "a", "kind": "buffer", "dtype": "f16", "shape": [M, K], "init": "rand", "role": "in"},
            {"name": "b", "kind": "buffer", "dtype": "i32", "shape": [K // 8, N], "init": "bits", "role": "in"},
            {"name": "scales", "kind": "buffer", "dtype": "f16", "shape": [GROUPS, N], "init": "rand", "role": "in"},
            {"name": "c", "kind": "buffer", "dtype": "f16", "shape": [M, N], "init": "zeros", "role": "out"},
            {"name": "M", "kind": "scalar", "dtype": "i32", "value": M},
            {"name": "N", "kind": "scalar", "dtype": "i32", "value": N},
            {"name": "K", "kind": "scalar", "dtype": "i32", "value": K},
            {"name": "a_row_stride", "kind": "scalar", "dtype": "i32", "value": K},
            {"name": "b_row_stride", "kind": "scalar", "dtype": "i32", "value": N},
            {"name": "scales_row_stride", "kind": "scalar", "dtype": "i32", "value": N},
            {"name": "c_row_stride", "kind": "scalar", "dtype": "i32", "value": N},
        ],
        "reference": "int4_matmul",
        "rtol": 1e-3,
        "atol": 1e-2,
    },
}
