"""Causal attention, forward: softmax(scale * q @ k^T, masked) @ v, for each head.

One program takes one block of queries of one head and walks over the keys up to
the diagonal with a running maximum and sum. Also writes the log-sum-exp of each
row, which a backward pass needs. q, k, v and out are [heads, n_ctx, HEAD].
"""

import triton
import triton.language as tl


@triton.jit
def attention_kernel(q, k, v, out, lse, scale, n_ctx, head_stride, row_stride,
                     HEAD: tl.constexpr, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr):
    tile = tl.program_id(0)
    head = tl.program_id(1)
    head_offset = head * head_stride
    rows = tile * BLOCK_M + tl.arange(0, BLOCK_M)
    dims = tl.arange(0, HEAD)
    row_mask = rows[:, None] < n_ctx
    row_offsets = head_offset + rows[:, None] * row_stride + dims[None, :]
    q_tile = tl.load(q + row_offsets, mask=row_mask, other=0.0)

    scale_log2 = scale * 1.4426950408889634
    row_max = tl.full([BLOCK_M], -float("inf"), tl.float32)
    row_sum = tl.zeros([BLOCK_M], tl.float32)
    acc = tl.zeros([BLOCK_M, HEAD], tl.float32)
    for start in range(0, min(n_ctx, (tile + 1) * BLOCK_M), BLOCK_N):
        cols = start + tl.arange(0, BLOCK_N)
        k_ptrs = k + head_offset + cols[None, :] * row_stride + dims[:, None]
        v_ptrs = v + head_offset + cols[:, None] * row_stride + dims[None, :]
        k_tile = tl.load(k_ptrs, mask=cols[None, :] < n_ctx, other=0.0)
        v_tile = tl.load(v_ptrs, mask=cols[:, None] < n_ctx, other=0.0)

        scores = tl.dot(q_tile, k_tile) * scale_log2
        visible = (cols[None, :] <= rows[:, None]) & (cols[None, :] < n_ctx)
        scores = tl.where(visible, scores, -float("inf"))
        new_max = tl.maximum(row_max, tl.max(scores, axis=1))
        correction = tl.exp2(row_max - new_max)
        weights = tl.exp2(scores - new_max[:, None])
        row_sum = row_sum * correction + tl.sum(weights, axis=1)
        acc = tl.dot(weights.to(v_tile.dtype), v_tile, acc * correction[:, None])
        row_max = new_max

    result = acc / row_sum[:, None]
    tl.store(out + row_offsets, result.to(out.dtype.element_ty), mask=row_mask)
    row_lse = (row_max + tl.log2(row_sum)) * 0.6931471805599453
    tl.store(lse + head * n_ctx + rows, row_lse, mask=rows < n_ctx)


HEADS, N_CTX, HEAD = 2, 150, 64
BLOCK_M, BLOCK_N = 64, 32
SHAPE = [HEADS, N_CTX, HEAD]

VARIANTS = {
    "attention_f16": {
        "kernel": "attention_kernel",
        "constexprs": {"HEAD": HEAD, "BLOCK_M": BLOCK_M, "BLOCK_N": BLOCK_N},
        "num_warps": 4,
        "divisible_by_16": ["q", "k", "v", "out", "lse", "head_stride", "row_stride"],
        "grid": [triton.cdiv(N_CTX, BLOCK_M), HEADS, 1],
        "params": [
            {"name": "q", "kind": "buffer", "dtype": "f16", "shape": SHAPE, "init": "randn", "role": "in"},
            {"name": "k", "kind": "buffer", "dtype": "f16", "shape": SHAPE, "init": "randn", "role": "in"},
            {"name": "v", "kind": "buffer", "dtype": "f16", "shape": SHAPE, "init": "randn", "role": "in"},
            {"name": "out", "kind": "buffer", "dtype": "f16", "shape": SHAPE, "init": "zeros", "role": "out"},
            {"name": "lse", "kind": "buffer", "dtype": "f32", "shape": [HEADS, N_CTX], "init": "zeros", "role": "out"},
            {"name": "scale", "kind": "scalar", "dtype": "f32", "value": 0.125},
            {"name": "n_ctx", "kind": "scalar", "dtype": "i32", "value": N_CTX},
            {"name": "head_stride", "kind": "scalar", "dtype": "i32", "value": N_CTX * HEAD},
            {"name": "row_stride", "kind": "scalar", "dtype": "i32", "value": HEAD},
        ],
        "reference": "causal_attention",
        "rtol": 1e-2,
        "atol": 5e-3,
    },
}
