#!/usr/bin/env python3
"""Writes the scripts of examples/runner and compiles their artifacts, with every Triton, on a machine without a GPU.

    examples/runner/generate.py                # everything that is committed
    examples/runner/generate.py --versions 3.4.0

tools/triton_venvs.sh makes the environments that this needs. Two runs give the same bytes.
"""

import argparse
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parent

# Folder -> the Triton that wrote its artifacts.
VERSIONS = {"v3.0.0": "3.0.0", "v3.1.0": "3.1.0", "v3.2.0": "3.2.0", "v3.3.x": "3.3.1", "v3.4.0": "3.4.0",
            "v3.5.x": "3.5.1", "v3.6.0": "3.6.0", "v3.7.0": "3.7.1", "v3.8.0": "3.8.0", "v3.9.0": "3.9.0",
            "tlx": "fbtriton"}
ALL_LEVELS = ("ttgir", "llir", "ptx", "cubin")  # those that depend on the GPU
NAMES = {"ttgir": "TTGIR", "llir": "LLIR", "ptx": "PTX", "cubin": "cubin"}
MAIN_ARCH = 90
# The folder is kept small: one version has artifacts for other GPUs, the larger kernel has all levels for some versions.
MAIN_VERSION, OTHER_ARCHS, OTHER_LEVELS = "v3.4.0", (75, 80, 86, 120), ("ttgir", "ptx", "cubin")
TMA_VERSIONS = ("v3.4.0", "v3.6.0")

# Module of common/ -> kernel, its parameters, constants, script, folder of the script below python/ and ttir/.
KERNELS = {
    "matmul": {
        "kernel": "matmul_kernel",
        "types": {"a_ptr": "*fp16", "b_ptr": "*fp16", "c_ptr": "*fp16", "M": "i32", "N": "i32", "K": "i32",
                  "a_stride": "i32", "b_stride": "i32", "c_stride": "i32"},
        "constants": {"BLOCK_M": 32, "BLOCK_N": 32, "BLOCK_K": 32},
        "script": "matmul.py",
        "title": "matmul",
        "folder": "matmul",
    },
    "matmul_tma": {
        "kernel": "matmul_tma_kernel",
        "types": {"a_desc": "tensordesc<fp16[64, 32]>", "b_desc": "tensordesc<fp16[32, 32]>",
                  "c_desc": "tensordesc<fp16[64, 32]>", "K": "i32"},
        "constants": {"BLOCK_M": 64, "BLOCK_N": 32, "BLOCK_K": 32},
        "script": "matmul-with-tma-v4.py",
        "title": "matmul with TMA",
        "folder": "matmul",
    },
    "tlx_kernels": {
        "kernel": "add_kernel",
        "types": {"x_ptr": "*fp32", "y_ptr": "*fp32", "out_ptr": "*fp32", "n": "i32"},
        "constants": {"BLOCK": 1024},
        "script": "01-vector-add.py",
        "title": "TLX, vector add,",
        "folder": "",
    },
}
NOT_DIVISIBLE = {"a_desc", "b_desc", "c_desc", "n"}  # everything else is a multiple of 16 in these launches

SCRIPT = '''"""{title}{origin}."""

import sys
from pathlib import Path

{imports}sys.path.append(str(Path(__file__).resolve().parents[{depth}]))
from common.{module} import {main}  # noqa: E402

{call}
'''


# Scripts


def has_descriptors(folder):
    """Triton 3.4 has them, and Gluon."""
    return folder != "tlx" and int(folder.split(".")[1]) >= 4


def modules_of(folder):
    if folder == "tlx":
        return ["tlx_kernels"]
    return ["matmul", "matmul_tma"] if has_descriptors(folder) else ["matmul"]


def write_script(path, title, origin, module, main="main", level=None):
    keyword = f"{level}_dir=triton_runner.get_file_dir(__file__)" if level else ""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(SCRIPT.format(
        title=title, origin=origin, imports="import triton_runner\n\n" if level else "",
        depth=len(path.relative_to(HERE).parts) - 1, module=module, main=main, call=f"{main}({keyword})"))


def write_scripts(folder):
    triton = VERSIONS[folder] if folder == "tlx" else f"Triton {VERSIONS[folder]}"
    for module in modules_of(folder):
        spec = KERNELS[module]
        write_script(HERE / folder / "python" / spec["folder"] / spec["script"], spec["title"], " from Python", module)
        if (HERE / folder / "ttir" / spec["folder"] / f"{spec['kernel']}.ttir").exists():
            write_script(HERE / folder / "ttir" / spec["folder"] / spec["script"], spec["title"],
                         f" from the TTIR of {triton}", module, level="ttir")
        for arch, levels in targets(folder, module):
            for level in levels:
                if (HERE / folder / level / f"sm{arch}" / f"{spec['kernel']}.{level}").exists():
                    write_script(HERE / folder / level / f"sm{arch}" / spec["script"], spec["title"],
                                 f" from the {NAMES[level]} of {triton} for sm_{arch}", module, level=level)
    if has_descriptors(folder):
        for script, main in (("01-intro.py", "intro"), ("02-layouts.py", "layouts")):
            write_script(HERE / folder / "gluon" / script, f"Gluon, {script[:-3]}", ", from Python", "gluon_kernels",
                         main)


# Artifacts


def examples_generator():
    spec = importlib.util.spec_from_file_location("examples_generate", EXAMPLES / "generate.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def targets(folder, module):
    """(GPU, levels) that a version has of a kernel. The first also gives the TTIR."""
    if module == "matmul_tma" and folder not in TMA_VERSIONS:
        return [(MAIN_ARCH, ())]
    others = OTHER_ARCHS if module == "matmul" and folder == MAIN_VERSION else ()
    return [(MAIN_ARCH, ALL_LEVELS), *((arch, OTHER_LEVELS) for arch in others)]


def neutral_metadata(data, tools):
    """Without paths of this machine. fbtriton has only the names of its libraries there."""
    names_only = all(isinstance(library, str) for library in json.loads(data)["extern_libs"])
    return data if names_only else tools.neutral_metadata(data).encode()


def compile_kernel(folder, module, arch, tools, places):
    """Compiles one kernel for one GPU; copies {stage: folder} of what came out. Returns what went wrong, or None."""
    kernel = KERNELS[module]["kernel"]
    with tempfile.TemporaryDirectory(prefix="triton-runner-") as cache:
        environment = {key: value for key, value in os.environ.items()
                       if not key.startswith(("TRITON_", "MLIR_", "LLVM_"))}
        # Line tables are two thirds of a PTX, and nothing needs them; TTIR and TTGIR keep their locations.
        environment.update(TRITON_CACHE_DIR=cache, TMPDIR=cache, PYTHONDONTWRITEBYTECODE="1",
                           TRITON_DISABLE_LINE_INFO="1")
        command = [tools.venv_python(VERSIONS[folder]), Path(__file__).resolve(), "--worker", module, str(arch)]
        worker = subprocess.run(command, env=environment, cwd=cache, capture_output=True, text=True, errors="replace",
                                timeout=600)
        for stage, target in places.items():
            found = next(Path(cache).glob(f"*/{kernel}.{stage}"), None)
            if found is None:
                continue
            data = found.read_bytes()
            if stage == "json":
                data = neutral_metadata(data, tools) + b"\n"
            for place in (EXAMPLES.parent, tools.VENVS, cache):
                if str(place).encode() in data:
                    raise RuntimeError(f"{found.name} contains the path {place}")
            for folder_of_stage in target:
                folder_of_stage.mkdir(parents=True, exist_ok=True)
                (folder_of_stage / found.name).write_bytes(data)
        return tools.failure_reason(worker.stderr, worker.returncode) if worker.returncode else None


def compile_all(folder, tools):
    shutil.rmtree(HERE / folder, ignore_errors=True)
    base = HERE / folder
    for module in modules_of(folder):
        for arch, levels in targets(folder, module):
            places = {level: [base / level / f"sm{arch}"] for level in levels}
            places["json"] = [base / level / f"sm{arch}" for level in levels]
            if arch == MAIN_ARCH and folder != "tlx":  # TLX's TTIR has layouts: it isn't TTIR to anybody else
                places["ttir"] = [base / "ttir" / KERNELS[module]["folder"]]
            failure = compile_kernel(folder, module, arch, tools, places)
            print(f"{folder} {module} sm_{arch}: {failure or 'ok'}", file=sys.stderr)


# In the Python of a Triton


def compile_here(module, arch):
    """Compiles with this process's Triton, by plain @triton.jit; leaves the stages in $TRITON_CACHE_DIR."""
    import triton
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    sys.path[:0] = [str(HERE), str(EXAMPLES)]
    from compile_variant import use_neutral_paths

    sys.modules["triton_runner"] = SimpleNamespace(jit=triton.jit)
    spec = KERNELS[module]
    kernel = getattr(importlib.import_module(f"common.{module}"), spec["kernel"])
    use_neutral_paths()
    source = make_source(ASTSource, kernel, spec["types"], spec["constants"])
    triton.compile(source, target=GPUTarget("cuda", arch, 32), options={"num_warps": 4, "num_stages": 1})


def make_source(ASTSource, kernel, types, constants):
    import triton

    index_of = {name: index for index, name in enumerate(kernel.arg_names)}
    divisible = [index_of[name] for name, kind in types.items() if name not in NOT_DIVISIBLE]
    version = tuple(int(part) for part in triton.__version__.split(".")[:2])
    if version >= (3, 3):
        signature = {name: types.get(name, "constexpr") for name in kernel.arg_names}
        return ASTSource(kernel, signature, constants, {(index,): [["tt.divisibility", 16]] for index in divisible})
    if version == (3, 2):
        from triton.backends.compiler import AttrsDescriptor

        return ASTSource(kernel, types, constants, AttrsDescriptor.from_hints({index: 16 for index in divisible}))
    from triton.compiler.compiler import AttrsDescriptor

    return ASTSource(kernel, {index_of[name]: kind for name, kind in types.items()},
                     {index_of[name]: value for name, value in constants.items()},
                     AttrsDescriptor(divisible_by_16=divisible, equal_to_1=[]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--versions", metavar="3.4.0,…", help="Triton versions (default: all)")
    parser.add_argument("--scripts", action="store_true", help="write the scripts only")
    parser.add_argument("--worker", nargs=2, metavar=("MODULE", "ARCH"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        compile_here(arguments.worker[0], int(arguments.worker[1]))
        return
    wanted = arguments.versions.split(",") if arguments.versions else list(VERSIONS.values())
    tools = examples_generator()
    for folder, version in VERSIONS.items():
        if version in wanted:
            if not arguments.scripts:
                compile_all(folder, tools)
            write_scripts(folder)


if __name__ == "__main__":
    main()
