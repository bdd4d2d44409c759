"""c = a @ b in fp16, accumulated in fp32: a program computes one tile of c."""

from __future__ import annotations  # so that an artifact runs without Triton: nothing looks at tl.constexpr then

import triton_runner

from . import arrays

try:
    import triton.language as tl
except ImportError:
    tl = None


@triton_runner.jit
def matmul_kernel(a_ptr, b_ptr, c_ptr, M, N, K, a_stride, b_stride, c_stride,
                  BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr):
    rows = tl.program_id(1) * BLOCK_M + tl.arange(0, BLOCK_M)[:, None]
    cols = tl.program_id(0) * BLOCK_N + tl.arange(0, BLOCK_N)[None, :]
    inner = tl.arange(0, BLOCK_K)
    tile = tl.zeros((BLOCK_M, BLOCK_N), dtype=tl.float32)
    for start in range(0, K, BLOCK_K):
        left = K - start
        a = tl.load(a_ptr + rows * a_stride + (start + inner)[None, :],
                    mask=(rows < M) & (inner[None, :] < left), other=0.0)
        b = tl.load(b_ptr + (start + inner)[:, None] * b_stride + cols,
                    mask=(inner[:, None] < left) & (cols < N), other=0.0)
        tile += tl.dot(a, b)
    tl.store(c_ptr + rows * c_stride + cols, tile.to(tl.float16), mask=(rows < M) & (cols < N))


M, N, K = 192, 160, 96
BLOCKS = {"BLOCK_M": 32, "BLOCK_N": 32, "BLOCK_K": 32}


def main(**source):
    """Runs the kernel from `source`, such as ttir_dir=folder; from Python without one."""
    kind = arrays.choose()
    a, b = arrays.normal((M, K), kind, 1), arrays.normal((K, N), kind, 2)
    c = arrays.empty_like(a, (M, N))
    grid = (-(-N // BLOCKS["BLOCK_N"]), -(-M // BLOCKS["BLOCK_M"]))
    matmul_kernel[grid](a, b, c, M, N, K, K, N, N, **BLOCKS, **source)
    level = next(iter(source), "python").partition("_")[0]
    arrays.check(f"matmul from {level}", c, arrays.to_float(a) @ arrays.to_float(b), 0.05)
