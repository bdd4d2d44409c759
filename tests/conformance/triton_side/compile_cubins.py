"""Compiles jobs to cubins for sm_90 with the Triton of this interpreter.

usage: compile_cubins.py JOBS OUT      JOBS: a JSON list (jobs.py; a job with "text" is TTIR). OUT: a JSON object, id to
{"cubin": base64, "name", "shared", "warps", "scratch"} or to {"error": ...}
"""

import base64
import json
import sys
import tempfile
from pathlib import Path

import triton
from jobs import constexprs, import_kernels
from triton.backends.compiler import GPUTarget

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "examples"))
import compile_variant  # noqa: E402


def source_of(job, functions, folder):
    """What triton.compile takes: a kernel with its types, or the path of a file of TTIR."""
    if job["text"] is None:
        variant = {"params": job["params"], "constexprs": constexprs(job), "divisible_by_16": []}
        return compile_variant.make_source(functions[job["file"], job["kernel"]], variant)
    path = Path(folder) / "kernel.ttir"
    path.write_text(job["text"])
    return str(path)


def compile_job(job, functions, folder):
    try:
        kernel = triton.compile(source_of(job, functions, folder), target=GPUTarget("cuda", 90, 32))
    except Exception as error:  # whatever this version raises
        return {"error": f"{type(error).__name__}: {error.__cause__ or error}"[:500]}
    metadata = kernel.metadata
    return {"cubin": base64.b64encode(kernel.asm["cubin"]).decode(), "name": metadata.name, "shared": metadata.shared,
            "warps": metadata.num_warps, "scratch": metadata.global_scratch_size}


def main():
    jobs = json.loads(Path(sys.argv[1]).read_text())
    compile_variant.TRITON_TYPES.update({f"u{bits}": f"u{bits}" for bits in (8, 16, 32, 64)})
    functions = import_kernels([job for job in jobs if job["text"] is None])
    with tempfile.TemporaryDirectory() as folder:
        results = {job["id"]: compile_job(job, functions, folder) for job in jobs}
    Path(sys.argv[2]).write_text(json.dumps(results))


if __name__ == "__main__":
    main()
