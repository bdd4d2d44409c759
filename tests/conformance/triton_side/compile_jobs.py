"""Compiles jobs to TTIR with the Triton of this interpreter, for sm_90.

usage: compile_jobs.py JOBS OUT      JOBS: a JSON list (jobs.py); OUT: a JSON object, id to text, or to "!error " and a message
"""

import json
import sys
from pathlib import Path

import triton
from jobs import constexprs, import_kernels
from triton.backends import backends
from triton.backends.compiler import GPUTarget

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "examples"))
import compile_variant  # noqa: E402


class Reached(Exception):
    """Ends a compilation at the stage that was asked for, with its text."""


class StageCapture:
    """Makes triton.compile end in Reached at `stage`: "source", what the frontend gives, or "ttir"."""

    def __init__(self):
        self.stage = "ttir"
        nvidia = backends["nvidia"].compiler
        original = nvidia.add_stages

        def add_stages(backend, stages, *arguments):
            original(backend, stages, *arguments)
            to_ttir = stages["ttir"]

            def reach(module, metadata):
                raise Reached(str(module if self.stage == "source" else to_ttir(module, metadata)))
            stages["ttir"] = reach
        nvidia.add_stages = add_stages


def compile_job(job, function, capture):
    variant = {"params": job["params"], "constexprs": constexprs(job), "divisible_by_16": []}
    capture.stage = job["stage"]
    try:
        source = compile_variant.make_source(function, variant)
        triton.compile(source, target=GPUTarget("cuda", 90, 32), options={"debug": job["debug"]})
    except Reached as reached:
        return str(reached)
    except Exception as error:  # whatever this version's frontend raises
        return f"!error {type(error).__name__}: {error.__cause__ or error}"[:2000]


def main():
    jobs = json.loads(Path(sys.argv[1]).read_text())
    compile_variant.TRITON_TYPES.update({f"u{bits}": f"u{bits}" for bits in (8, 16, 32, 64)})
    functions = import_kernels(jobs)
    compile_variant.use_neutral_paths()
    capture = StageCapture()
    texts = {job["id"]: compile_job(job, functions[job["file"], job["kernel"]], capture) for job in jobs}
    Path(sys.argv[2]).write_text(json.dumps(texts))


if __name__ == "__main__":
    main()
