"""Writes the Triton source of the elementwise kernels: one function an operation and rank.

A function is NAME_rRANK(inputs..., out, D0, D1, ...): it computes one expression of the inputs `a`, `b`, `c` over a tile
of that shape. Rank 0 takes scalars, one a program.
"""

INDEX = {
    0: "tl.program_id(0)",
    1: "tl.arange(0, D0)",
    2: "tl.arange(0, D0)[:, None] * D1 + tl.arange(0, D1)[None, :]",
    3: "(tl.arange(0, D0)[:, None, None] * D1 + tl.arange(0, D1)[None, :, None]) * D2 + tl.arange(0, D2)[None, None, :]",
}
HEADER = '''"""Written by tests/conformance/templates.py."""

import triton
import triton.language as tl
from triton.language.extra import libdevice
'''
FUNCTION = '''

@triton.jit
def {name}_r{rank}({inputs}, out{dimensions}):
    i = {index}
{loads}
    tl.store(out + i, {expression})
'''
INPUTS = "abc"


def function_source(name, rank, arity, expression):
    """The text of one function. `expression` may be several lines, of which the last is what is stored."""
    *statements, result = expression.split("\n")
    loads = [f"    {letter} = tl.load({letter}_ptr + i)" for letter in INPUTS[:arity]]
    return FUNCTION.format(
        name=name,
        rank=rank,
        inputs=", ".join(f"{letter}_ptr" for letter in INPUTS[:arity]),
        dimensions="".join(f", D{axis}: tl.constexpr" for axis in range(rank)),
        index=INDEX[rank],
        loads="\n".join(loads + [f"    {statement}" for statement in statements]),
        expression=result,
    )


def module_source(functions):
    """A module with every (name, rank, arity, expression)."""
    return HEADER + "".join(function_source(*function) for function in sorted(set(functions)))
