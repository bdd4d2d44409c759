"""TLX, which fbtriton has."""

import triton
import triton.language as tl
import triton.language.extra.tlx as tlx


@triton.jit
def through_shared_memory(x, y, BLOCK: tl.constexpr):
    at = tl.arange(0, BLOCK)
    buffer = tlx.local_view(tlx.local_alloc((BLOCK,), tl.float32, 1), 0)
    tlx.local_store(buffer, tl.load(x + at))
    tl.store(y + at, tlx.local_load(buffer))
