"""Makes the cases of an elementwise operation: each of its types, each of the shape classes."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from conformance.case import Case, Param, crossed, output
from conformance.templates import INPUTS

# Rank 0 is scalars, one a program. The first shape has room for every pair of special values.
ALL_SHAPES = [(1024,), (), (16,), (2,), (1,), (1, 32), (32, 1), (4, 2, 8), (8, 16)]
FEW_SHAPES = [(1024,), (), (8, 16)]
SCALARS = 48  # programs of a rank 0 case


@dataclass(frozen=True)
class Operation:
    """One operation: its expression of a, b, c in Triton and its function in NumPy."""
    name: str
    arity: int
    expression: str
    function: Callable
    dtypes: list
    result: str = ""  # type of the result, where it isn't that of the operands
    ulp: int = 0
    ulps: tuple = ()  # of each type, where they differ: ((dtype, ulp), ...)
    make: Callable | None = None  # an input, from (dtype, count, arity, position)
    all_shapes: bool = False
    interpreter: bool = True
    since: tuple = (3, 0)
    until: tuple = (9, 9)


def make_case(operation, dtype, shape):
    """The case of one operation, type and shape."""
    count = int(np.prod(shape)) if shape else SCALARS
    make = operation.make or crossed
    inputs = [Param(f"{letter}_ptr", dtype, make(dtype, count, operation.arity, position))
              for position, letter in enumerate(INPUTS[:operation.arity])]

    def oracle(out, **arguments):
        value = operation.function(*arguments.values())
        return {"out": value.astype(out.dtype) if operation.result else value}
    name = "x".join(map(str, shape)) or "scalar"
    return Case(
        id=f"{operation.name}-{dtype}-{name}",
        kernel=f"elementwise.{operation.name}_r{len(shape)}",
        params=(*inputs, output("out", operation.result or dtype, count)),
        oracle=oracle,
        constexprs={f"D{axis}": extent for axis, extent in enumerate(shape)},
        grid=(1, 1, 1) if shape else (SCALARS, 1, 1),
        ulp=dict(operation.ulps).get(dtype, operation.ulp),
        interpreter=operation.interpreter and bool(shape),
        since=operation.since,
        until=operation.until,
    )


def cases_of(operations):
    """(cases, functions for templates.module_source)."""
    cases, functions = [], []
    for operation in operations:
        for index, dtype in enumerate(operation.dtypes):
            # Every shape class for one type of each operation, the types taking turns; a few for the others.
            everything = operation.all_shapes or index == len(operation.name) % len(operation.dtypes)
            for shape in ALL_SHAPES if everything else FEW_SHAPES:
                cases.append(make_case(operation, dtype, shape))
                functions.append((operation.name, len(shape), operation.arity, operation.expression))
    return cases, functions
