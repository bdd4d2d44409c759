"""c = a @ b in fp16 through tensor descriptors that the host makes: TMA on sm_90 and newer. For Triton 3.4 and newer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, List

import triton_runner

from . import arrays

try:
    import triton.language as tl
except ImportError:
    tl = None


@triton_runner.jit
def matmul_tma_kernel(a_desc, b_desc, c_desc, K, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr):
    row = tl.program_id(1) * BLOCK_M
    col = tl.program_id(0) * BLOCK_N
    tile = tl.zeros((BLOCK_M, BLOCK_N), dtype=tl.float32)
    for start in range(0, K, BLOCK_K):
        tile = tl.dot(a_desc.load([row, start]), b_desc.load([start, col]), tile)
    c_desc.store([row, col], tile.to(tl.float16))


@dataclass
class Descriptor:
    """What triton.tools.tensor_descriptor.TensorDescriptor is, for NumPy arrays and without Triton."""
    base: Any
    shape: List[int]
    strides: List[int]
    block_shape: List[int]
    padding: str = "zero"


def describe(array, block_shape):
    if hasattr(array, "data_ptr"):
        try:
            from triton.tools.tensor_descriptor import TensorDescriptor

            return TensorDescriptor.from_tensor(array, block_shape)
        except ImportError:
            pass
    return Descriptor(array, list(array.shape), [array.shape[1], 1], block_shape)


M, N, K = 192, 160, 96
BLOCK_M, BLOCK_N, BLOCK_K = 64, 32, 32


def main(**source):
    """Runs the kernel from `source`, such as cubin_dir=folder; from Python without one."""
    kind = arrays.choose()
    a, b = arrays.normal((M, K), kind, 1), arrays.normal((K, N), kind, 2)
    c = arrays.empty_like(a, (M, N))
    descriptors = describe(a, [BLOCK_M, BLOCK_K]), describe(b, [BLOCK_K, BLOCK_N]), describe(c, [BLOCK_M, BLOCK_N])
    grid = (-(-N // BLOCK_N), -(-M // BLOCK_M))
    matmul_tma_kernel[grid](*descriptors, K, BLOCK_M, BLOCK_N, BLOCK_K, **source)
    level = next(iter(source), "python").partition("_")[0]
    arrays.check(f"matmul with TMA from {level}", c, arrays.to_float(a) @ arrays.to_float(b), 0.05)
