"""Compiles one variant of one example kernel with the Triton of this interpreter.

Works with every Triton from 3.0 to 3.9 and needs no GPU. generate.py runs it,
one process a variant, because some compilers abort on some targets.
"""

import argparse
import gc
import importlib
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from triton.runtime.jit import JITFunction

EXAMPLES = Path(__file__).resolve().parent
STAGES = ("source", "ttir", "ttgir", "llir", "ptx", "cubin", "json")
TRITON_TYPES = {
    "i1": "i1", "i8": "i8", "i16": "i16", "i32": "i32", "i64": "i64", "u8": "u8", "u32": "u32",
    "f16": "fp16", "bf16": "bf16", "f32": "fp32", "f64": "fp64",
    "f8e4m3": "fp8e4nv", "f8e5m2": "fp8e5",
}


def load_kernel_module(name):
    """Imports examples/kernels/NAME.py as kernels.NAME."""
    sys.path.insert(0, str(EXAMPLES))
    return importlib.import_module(f"kernels.{name}")


def triton_type(param):
    """The name that Triton's signatures use for a parameter of the launch table."""
    name = TRITON_TYPES[param["dtype"]]
    return f"*{name}" if param["kind"] == "buffer" else name


def make_source(kernel, variant):
    """An ASTSource for the variant, in the form that this Triton version expects."""
    types = {param["name"]: triton_type(param) for param in variant["params"]}
    constexprs = variant["constexprs"]
    divisible = [kernel.arg_names.index(name) for name in variant["divisible_by_16"]]
    version = tuple(int(part) for part in triton.__version__.split(".")[:2])
    if version >= (3, 3):
        signature = {name: types.get(name, "constexpr") for name in kernel.arg_names}
        attrs = {(index,): [["tt.divisibility", 16]] for index in divisible}
        return ASTSource(kernel, signature, constexprs, attrs)
    if version == (3, 2):
        from triton.backends.compiler import AttrsDescriptor
        return ASTSource(kernel, types, constexprs, AttrsDescriptor.from_hints({index: 16 for index in divisible}))
    from triton.compiler.compiler import AttrsDescriptor
    by_index = kernel.arg_names.index
    return ASTSource(kernel,
                     {by_index(name): type_name for name, type_name in types.items()},
                     {by_index(name): value for name, value in constexprs.items()},
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


def neutral_metadata(text):
    """The metadata file with paths into the Triton package made relative to it."""
    metadata = json.loads(text)
    for library in metadata.get("extern_libs", []):
        library[1] = "triton" + library[1].rpartition("/triton")[2]
    return json.dumps(metadata)


def collect(cache, out, stages):
    """Copies what Triton left in its cache directory to OUT."""
    out.mkdir(parents=True, exist_ok=True)
    for path in cache.glob("*/*"):
        stage = path.suffix[1:]
        if stage not in stages or path.name.startswith("__grp__"):
            continue
        if stage == "json":
            (out / path.name).write_text(neutral_metadata(path.read_text()))
        else:
            shutil.copyfile(path, out / path.name)


def compile_variant(module, name, arch, out, stages):
    """Writes every stage that the compiler reaches to OUT, even when a later one fails."""
    with tempfile.TemporaryDirectory(prefix="triton-runner-") as cache:
        os.environ["TRITON_CACHE_DIR"] = cache
        variant = module.VARIANTS[name]
        use_neutral_paths()
        source = make_source(getattr(module, variant["kernel"]), variant)
        try:
            triton.compile(source, target=GPUTarget("cuda", arch, 32), options={"num_warps": variant["num_warps"]})
        finally:
            collect(Path(cache), out, stages)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("module", help="file name in examples/kernels, without .py")
    parser.add_argument("variant", nargs="?", help="name in its VARIANTS; without it, print the table as JSON")
    parser.add_argument("--arch", type=int, default=90)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--stages", default=",".join(STAGES[1:]))
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    module = load_kernel_module(arguments.module)
    if arguments.variant is None:
        json.dump(module.VARIANTS, sys.stdout)
        return
    compile_variant(module, arguments.variant, arguments.arch, arguments.out, arguments.stages.split(","))


if __name__ == "__main__":
    main()
