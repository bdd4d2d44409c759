"""c = a @ b for row-major matrices, accumulated in f32.

Programs are numbered so that GROUP_M rows of tiles share their tiles of b in
the cache. Every edge is masked, in M, N and K.
"""

import triton
import triton.language as tl


@triton.jit
def matmul_kernel(a, b, c, M, N, K, a_row_stride, b_row_stride, c_row_stride,
                  BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr,
                  GROUP_M: tl.constexpr, INPUT_PRECISION: tl.constexpr):
    program = tl.program_id(0)
    tiles_m = tl.cdiv(M, BLOCK_M)
    tiles_n = tl.cdiv(N, BLOCK_N)
    tiles_in_group = GROUP_M * tiles_n
    first_m = program // tiles_in_group * GROUP_M
    group_m = min(tiles_m - first_m, GROUP_M)
    tile_m = first_m + program % tiles_in_group % group_m
    tile_n = program % tiles_in_group // group_m

    rows = tile_m * BLOCK_M + tl.arange(0, BLOCK_M)
    cols = tile_n * BLOCK_N + tl.arange(0, BLOCK_N)
    ks = tl.arange(0, BLOCK_K)
    a_ptrs = a + rows[:, None] * a_row_stride + ks[None, :]
    b_ptrs = b + ks[:, None] * b_row_stride + cols[None, :]

    acc = tl.zeros([BLOCK_M, BLOCK_N], tl.float32)
    for k in range(0, K, BLOCK_K):
        a_mask = (rows[:, None] < M) & (k + ks[None, :] < K)
        b_mask = (k + ks[:, None] < K) & (cols[None, :] < N)
        a_tile = tl.load(a_ptrs, mask=a_mask, other=0.0)
        b_tile = tl.load(b_ptrs, mask=b_mask, other=0.0)
        acc = tl.dot(a_tile, b_tile, acc, input_precision=INPUT_PRECISION)
        a_ptrs += BLOCK_K
        b_ptrs += BLOCK_K * b_row_stride

    c_ptrs = c + rows[:, None] * c_row_stride + cols[None, :]
    c_mask = (rows[:, None] < M) & (cols[None, :] < N)
    tl.store(c_ptrs, acc.to(c.dtype.element_ty), mask=c_mask)


M, N, K = 200, 240, 144


def variant(dtype, input_precision, block, rtol, atol, out_dtype=None, **restrictions):
    block_m, block_n, block_k = block
    out_dtype = out_dtype or dtype
    return {
        "kernel": "matmul_kernel",
        "constexprs": {"BLOCK_M": block_m, "BLOCK_N": block_n, "BLOCK_K": block_k,
                       "GROUP_M": 4, "INPUT_PRECISION": input_precision},
        "num_warps": 4,
        "divisible_by_16": ["a", "b", "c", "a_row_stride", "b_row_stride", "c_row_stride"],
        "grid": [triton.cdiv(M, block_m) * triton.cdiv(N, block_n), 1, 1],
        "params": [
            {"name": "a", "kind": "buffer", "dtype": dtype, "shape": [M, K], "init": "rand", "role": "in"},
            {"name": "b", "kind": "buffer", "dtype": dtype, "shape": [K, N], "init": "rand", "role": "in"},
            {"name": "c", "kind": "buffer", "dtype": out_dtype, "shape": [M, N], "init": "zeros", "role": "out"},
            {"name": "M", "kind": "scalar", "dtype": "i32", "value": M},
            {"name": "N", "kind": "scalar", "dtype": "i32", "value": N},
            {"name": "K", "kind": "scalar", "dtype": "i32", "value": K},
            {"name": "a_row_stride", "kind": "scalar", "dtype": "i32", "value": K},
            {"name": "b_row_stride", "kind": "scalar", "dtype": "i32", "value": N},
            {"name": "c_row_stride", "kind": "scalar", "dtype": "i32", "value": N},
        ],
        "reference": "matmul",
        "rtol": rtol,
        "atol": atol,
        **restrictions,
    }


VARIANTS = {
    "matmul_f32_tf32": variant("f32", "tf32", (32, 32, 32), rtol=1e-2, atol=3e-2),
    "matmul_f32_ieee": variant("f32", "ieee", (32, 32, 32), rtol=1e-5, atol=1e-5),
    "matmul_f16": variant("f16", "tf32", (64, 64, 32), rtol=1e-3, atol=1e-3),
    "matmul_bf16": variant("bf16", "tf32", (32, 32, 32), rtol=1e-2, atol=1e-2),
    "matmul_f8e4m3": variant("f8e4m3", "tf32", (64, 64, 32), rtol=1e-3, atol=1e-2, out_dtype="f32", min_arch=89),
    "matmul_f8e5m2": variant("f8e5m2", "tf32", (64, 64, 32), rtol=1e-3, atol=1e-2, out_dtype="f32"),
}
