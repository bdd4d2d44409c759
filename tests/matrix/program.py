"""Every example kernel through the package, in whichever Triton this interpreter has: from Python, and from the TTIR that
came of it, as text, as a file, as a folder of the cache. Results are compared with examples/references.py.

Runs with python/ (or the installed package), NumPy and ml_dtypes on the path, on the CPU, or with torch and --device cuda
on a GPU. Prints a JSON line for each launch: variant, level, "ok" or what went wrong.
"""

import argparse
import importlib
import json
import sys
import traceback
from pathlib import Path

import numpy as np
import triton_runner

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
LEVELS = ["python", "ttir", "ttgir", "llir", "ptx", "cubin"]


def modules():
    """The modules of examples/kernels by name, their functions decorated by triton_runner.jit."""
    sys.path.insert(0, str(EXAMPLES))
    names = sorted(path.stem for path in (EXAMPLES / "kernels").glob("*.py"))
    return {name: importlib.import_module(f"kernels.{name}") for name in names}


def variants(chosen):
    """(name, description, function) of each variant that this Triton has."""
    import triton
    version = tuple(int(part) for part in triton.__version__.split(".")[:2])
    for module in modules().values():
        for name, variant in module.VARIANTS.items():
            least = variant.get("min_triton", "3.0.0")
            if version < tuple(int(part) for part in least.split(".")[:2]) or (chosen and name not in chosen):
                continue
            yield name, variant, getattr(module, variant["kernel"])


def on_device(value, device):
    """A NumPy array where the launch wants it; bf16 and fp8 go by their bits."""
    if device == "cpu" or not isinstance(value, np.ndarray):
        return value
    import torch
    kinds = {"bfloat16": torch.bfloat16, "float8_e4m3fn": torch.float8_e4m3fn, "float8_e5m2": torch.float8_e5m2}
    if value.dtype.name not in kinds:
        return torch.from_numpy(value).cuda()
    bits = value.view(np.uint16 if value.dtype.itemsize == 2 else np.uint8)
    return torch.from_numpy(bits.copy()).cuda().view(kinds[value.dtype.name])


def back(value, like):
    """The array that a launch left, in the dtype of `like`."""
    if isinstance(value, np.ndarray):
        return value
    import torch
    bits = value.view({1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}[value.element_size()])
    return bits.cpu().numpy().view(like.dtype)


def problem(launch, given, results):
    """What is wrong with the results, or None."""
    import references
    for name, expected in references.expected_outputs(launch, given).items():
        actual = results[name].astype(np.float64)
        expected = np.asarray(expected).astype(np.float64).reshape(actual.shape)
        if not np.allclose(actual, expected, rtol=launch["rtol"], atol=launch["atol"], equal_nan=True):
            return f"{name} differs by {np.nanmax(np.abs(actual - expected)):g}"
    return None


def run_once(variant, function, device, **sources):
    """Launches; returns (what is wrong, the compiled kernel)."""
    import references
    given = references.make_arguments(variant)
    values = {name: on_device(value.copy() if isinstance(value, np.ndarray) else value, device)
              for name, value in given.items()}
    compiled = function[tuple(variant["grid"])](**values, **variant["constexprs"], num_warps=variant["num_warps"],
                                                **sources)
    results = {name: back(value, given[name]) for name, value in values.items() if isinstance(given[name], np.ndarray)}
    return problem(variant, given, results), compiled


def levels_of(compiled, name, device, folder):
    """(level, keywords) of every other way to run a kernel that was compiled."""
    for level in ["ttir"] if device == "cpu" else LEVELS[1:]:
        target = folder / level
        target.mkdir(parents=True, exist_ok=True)
        data = compiled.asm[level]
        path = target / f"{name}.{level}"
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        metadata = triton_runner.result.metadata_dict(compiled.metadata)
        path.with_suffix(".json").write_text(json.dumps(metadata))
        yield level, {f"{level}_dir": target}
        if level != "cubin":
            yield f"{level}_src", {f"{level}_src": data, "metadata_json": compiled.metadata}


def compile_only(function, arguments, arch=90):
    """Down to a cubin, which needs no GPU: {level: text or bytes}."""
    adapter, options = function._runner.adapter, {}
    options = adapter.call_options(function, options)
    bound = function._runner.binder(*arguments, **options)
    target = adapter.target(arch)
    request = adapter.request(function, bound, options, target)
    return adapter.compile(adapter.source(function, request), request, target).asm


def gluon_kernels():
    """(name, function, arguments) of the Gluon examples; none where Triton has no Gluon, or, as fbtriton's, a broken one."""
    try:
        import triton.experimental.gluon
    except ImportError:
        return
    if "+fb" in triton.__version__:
        return
    sys.path.insert(0, str(EXAMPLES / "runner"))
    from common import gluon_kernels as gluon
    x = np.ones(64, np.float16)
    yield "gluon/01-intro", gluon.scale_kernel, (x, x, 64, 1024)
    yield "gluon/02-layouts", gluon.transpose_kernel, (x, x, 8, 8, 32)


def tlx_kernels():
    """The same of TLX, which fbtriton has."""
    try:
        import triton.language.extra.tlx  # noqa: F401
    except ImportError:
        return
    sys.path.insert(0, str(EXAMPLES / "runner"))
    from common import tlx_kernels as tlx
    x = np.ones(1024, np.float32)
    yield "tlx/01-vector-add", tlx.add_kernel, (x, x, x, 1000, 1024)


def allow_scratch():
    """Descriptors that a kernel makes need memory, which Triton wants from the user."""
    import torch
    import triton
    if hasattr(triton, "set_allocator"):
        triton.set_allocator(lambda size, alignment, stream: torch.empty(size, dtype=torch.int8, device="cuda"))


def report(name, level, wrong):
    print(json.dumps({"variant": name, "level": level, "result": wrong or "ok"}), flush=True)


def attempt(call):
    try:
        return call()
    except Exception as error:
        traceback.print_exc()
        return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}", None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--folder", type=Path, help="for the artifacts")
    parser.add_argument("--list", action="store_true", help="print the variants that this Triton has")
    parser.add_argument("variants", nargs="*", help="default: all")
    arguments = parser.parse_args()
    import triton_runner.result  # noqa: F401
    triton_runner.configure_jit_backend()
    if arguments.device == "cuda":
        allow_scratch()
    if arguments.list:
        print("\n".join(name for name, _, _ in variants([])))
        return
    if arguments.folder is None:
        parser.error("--folder is needed")
    for name, variant, function in variants(arguments.variants):
        wrong, compiled = attempt(lambda: run_once(variant, function, arguments.device))
        report(name, "python", wrong)
        if compiled is None:
            continue
        for level, sources in levels_of(compiled, variant["kernel"], arguments.device, arguments.folder / name):
            report(name, level, attempt(lambda: run_once(variant, function, arguments.device, **sources))[0])
    if not arguments.variants:
        for name, function, given in (*gluon_kernels(), *tlx_kernels()):
            report(name, "compile", attempt(lambda: (None if compile_only(function, given)["cubin"] else "no cubin",))[0])


if __name__ == "__main__":
    main()
