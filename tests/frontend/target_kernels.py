"""A kernel that asks for its target, from 3.5 on."""

import triton
import triton.language as tl
from triton.language.target_info import cuda_capability_geq


@triton.jit
def knows_target(x):
    if cuda_capability_geq(9, 0):
        tl.store(x, 90)
    else:
        tl.store(x, 0)
