"""Writes the TTIR of every workload's kernel, as the Triton of this interpreter compiles it for sm_90.

usage: compile_kernels.py FOLDER

Writes FOLDER/WORKLOAD.ttir. No GPU is needed. What Triton infers from the arguments of a launch is inferred here too:
arrays are aligned to 16 bytes, and ints divisible by 16 say so.
"""

import sys
from pathlib import Path

import kernels
import numpy as np
import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from workloads import WORKLOADS

TYPES = {np.dtype(np.float16): "*fp16", np.dtype(np.float32): "*fp32", np.dtype(np.int32): "*i32", int: "i32",
         float: "fp32"}


def signature_type(argument):
    return TYPES[argument.dtype if isinstance(argument, np.ndarray) else type(argument)]


def is_divisible(argument):
    return isinstance(argument, np.ndarray) or isinstance(argument, int) and argument % 16 == 0


def compile_to_ttir(workload):
    kernel = getattr(kernels, workload.kernel)
    arguments = workload.arguments()
    signature = {name: signature_type(arguments[name]) if name in arguments else "constexpr"
                 for name in kernel.arg_names}
    attributes = {(index,): [["tt.divisibility", 16]] for index, name in enumerate(kernel.arg_names)
                  if is_divisible(arguments.get(name))}
    source = ASTSource(kernel, signature, workload.constexprs, attributes)
    return triton.compile(source, target=GPUTarget("cuda", 90, 32)).asm["ttir"]


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for workload in WORKLOADS.values():
        (folder / f"{workload.name}.ttir").write_text(compile_to_ttir(workload))


if __name__ == "__main__":
    main()
