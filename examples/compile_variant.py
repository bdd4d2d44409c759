"""Compiles one variant of one example kernel with the Triton of this interpreter.

Works with every Triton from 3.0 to 3.9 and needs no GPU. The stages end up in
$TRITON_CACHE_DIR. generate.py runs this, one process a variant, because some
compilers abort on some targets; it also asks here, with --list, what there is.
"""

import argparse
import gc
import importlib
import json
import sys
from pathlib import Path

import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from triton.runtime.jit import JITFunction

EXAMPLES = Path(__file__).resolve().parent
TRITON_TYPES = {
    "i1": "i1", "i8": "i8", "i16": "i16", "i32": "i32", "i64": "i64",
    "f8e4m3": "fp8e4nv", "f8e5m2": "fp8e5", "f16": "fp16", "bf16": "bf16", "f32": "fp32", "f64": "fp64",
}


def import_kernels(name):
    """Imports examples/kernels/NAME.py."""
    return importlib.import_module(f"kernels.{name}")


def list_variants():
    """The VARIANTS of every kernel file, by file."""
    names = sorted(path.stem for path in (EXAMPLES / "kernels").glob("*.py"))
    return {name: import_kernels(name).VARIANTS for name in names}


def triton_type(param):
    """The name that Triton's signatures use for a parameter of a VARIANTS table."""
    name = TRITON_TYPES[param["dtype"]]
    return f"*{name}" if param["kind"] == "buffer" else name


def make_source(kernel, variant):
    """An ASTSource for the variant, in the form that this Triton version expects."""
    types = {param["name"]: triton_type(param) for param in variant["params"]}
    constexprs = variant["constexprs"]
    index_of = {name: index for index, name in enumerate(kernel.arg_names)}
    divisible = [index_of[name] for name in variant["divisible_by_16"]]
    version = tuple(int(part) for part in triton.__version__.split(".")[:2])
    if version >= (3, 3):
        signature = {name: types.get(name, "constexpr") for name in kernel.arg_names}
        return ASTSource(kernel, signature, constexprs, {(index,): [["tt.divisibility", 16]] for index in divisible})
    if version == (3, 2):
        from triton.backends.compiler import AttrsDescriptor
        return ASTSource(kernel, types, constexprs, AttrsDescriptor.from_hints({index: 16 for index in divisible}))
    from triton.compiler.compiler import AttrsDescriptor
    return ASTSource(kernel,
                     {index_of[name]: type_name for name, type_name in types.items()},
                     {index_of[name]: value for name, value in constexprs.items()},
                     AttrsDescriptor(divisible_by_16=divisible, equal_to_1=[]))


def use_neutral_paths():
    """Makes every jitted function claim a source path that says nothing about this machine.

    The frontend takes the file name of each location from the function (3.8 and
    newer) or its code object, and every later stage, down to the line tables of
    the cubin, from there.
    """
    roots = (EXAMPLES.parent, Path(triton.__file__).resolve().parent.parent)
    for jitted in [obj for obj in gc.get_objects() if isinstance(obj, JITFunction)]:
        code = jitted.fn.__code__
        path = Path(code.co_filename)
        neutral = next((path.relative_to(root).as_posix() for root in roots if path.is_relative_to(root)), None)
        if neutral is None:
            continue
        jitted.fn.__code__ = code.replace(co_filename=neutral)
        if hasattr(jitted, "file_name"):
            jitted.file_name = neutral


def compile_variant(name, variant_name, arch):
    """Compiles down to the cubin; leaves the stages that it reaches in Triton's cache."""
    module = import_kernels(name)
    variant = module.VARIANTS[variant_name]
    use_neutral_paths()
    source = make_source(getattr(module, variant["kernel"]), variant)
    triton.compile(source, target=GPUTarget("cuda", arch, 32), options={"num_warps": variant["num_warps"]})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="print the variants of every kernel file as JSON")
    parser.add_argument("file", nargs="?", help="name of a file in examples/kernels, without .py")
    parser.add_argument("variant", nargs="?", help="name in its VARIANTS")
    parser.add_argument("arch", nargs="?", type=int, help="compute capability, such as 90")
    arguments = parser.parse_args()
    if arguments.list:
        json.dump(list_variants(), sys.stdout)
    elif arguments.arch is None:
        parser.error("FILE, VARIANT and ARCH are needed")
    else:
        compile_variant(arguments.file, arguments.variant, arguments.arch)


if __name__ == "__main__":
    main()
