"""Where a case's TTIR and its interpreter's outputs come from: stored/, or a Triton environment.

What stored/ has for exactly this case and kernel is taken as it is; the rest is made by an environment, if there is one,
and kept in build/conformance/.
"""

import hashlib
import json
import os
import re
import subprocess
from functools import cache
from pathlib import Path

from conformance import archive
import numpy as np
from conformance import templates
from conformance.dtypes import DTYPES
from conformance.library import ROOT
from conformance.tables import ALL_CASES, ELEMENTWISE_FUNCTIONS

HERE = Path(__file__).resolve().parent
STORED = HERE / "stored"
WORK = ROOT / "build" / "conformance"
VENVS = Path(os.environ.get("TRITON_RUNNER_VENVS") or Path.home() / ".cache/triton-runner/venvs")
INTERPRETER = "3.6.0"
# Cases, by their ids, that a version's frontend refuses besides, or writes as another computation: in 3.0.0 tl.flip and
# tl.sort are sums of products, x % y of floats is x - floor(x / y) * y, tl.cdiv adds in another order, and tl.swizzle2d
# takes a smaller last group for a whole one.
LEFT_OUT = {
    "3.0.0": r"^(cdiv|fmod|bitcast|sort_.d|swizzle-5x3)-|^flip_.d-f|^dot-f64",
    "3.4.0": r"^(sort_1d-\w+-1-|dot-f64)",
    "3.9.0": r"histogram-i64",
}
FAILED = "!error "  # begins what stands for a text or outputs that there are none of
GENERATED = "elementwise"  # the kernel file that templates.py writes


def number(version):
    """(3, 6) of "3.6.0"."""
    return tuple(int(part) for part in version.split(".")[:2])


@cache
def compiled_cases(version):
    """The cases that this version's frontend compiles; hand-written TTIR isn't among them."""
    left_out, release = LEFT_OUT.get(version), number(version)
    return [case for case in ALL_CASES if case.text is None and case.since <= release <= case.until
            and not (left_out and re.search(left_out, case.id))]


def interpreted_cases():
    return [case for case in compiled_cases(INTERPRETER) if case.interpreter]


def venv_python(version):
    """The interpreter of that environment, or None."""
    python = VENVS / version / "bin/python"
    return python if python.exists() else None


# ---------------------------------------------------------------- jobs


def job(case):
    """What a program of triton_side/ needs to know of a case."""
    file, kernel = case.kernel.split(".")
    inputs = case.inputs()
    return {
        "id": case.id,
        "folder": str(WORK / "generated" if file == GENERATED else HERE / "kernels"),
        "file": file,
        "kernel": kernel,
        "params": [job_param(param, inputs[param.name]) for param in case.params],
        "constexprs": case.constexprs,
        "grid": case.grid,
        "stage": case.stage,
        "debug": case.debug,
    }


def job_param(param, value):
    return {
        "name": param.name,
        "dtype": param.dtype,
        "kind": "scalar" if param.is_scalar else "buffer",
        "torch": DTYPES[param.dtype].torch,
        "is_output": param.is_output,
        "value": value if param.is_scalar else None,
    }


def write_generated_kernels():
    """Writes the elementwise kernels, if they changed."""
    path = WORK / "generated" / f"{GENERATED}.py"
    text = templates.module_source(ELEMENTWISE_FUNCTIONS)
    if not path.exists() or path.read_text() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@cache
def kernel_source(kernel):
    """The text that decides what FILE.FUNCTION does."""
    file, name = kernel.split(".")
    if file != GENERATED:
        return (HERE / "kernels" / f"{file}.py").read_text()
    return next(templates.function_source(*function) for function in ELEMENTWISE_FUNCTIONS
                if f"{function[0]}_r{function[1]}" == name)


def compile_key(case):
    """Changes whenever the case's TTIR may."""
    if case.text is not None:
        return digest(case.text)
    described = job(case)
    return digest([described["kernel"], described["constexprs"], described["stage"], described["debug"],
                   [[param["name"], param["dtype"], param["kind"]] for param in described["params"]],
                   kernel_source(case.kernel)])


def interpret_key(case):
    """Changes whenever the case's outputs may."""
    inputs = [value.tobytes().hex() if isinstance(value, np.ndarray) else value for value in case.inputs().values()]
    return digest([compile_key(case), inputs, case.grid])


def digest(content):
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:12]


def run_program(version, program, cases, *arguments, **environment):
    """Runs a program of triton_side/ on cases, inside an environment."""
    write_generated_kernels()
    jobs = WORK / "jobs.json"
    jobs.write_text(json.dumps([job(case) for case in cases]))
    subprocess.run([venv_python(version), HERE / "triton_side" / program, jobs, *arguments], check=True,
                   env={**os.environ, "TRITON_CACHE_DIR": str(WORK / "triton"), **environment})


def gather(name, cases, key, make):
    """{id: bytes} of cases: from the archive NAME of stored/ or build/conformance/ where the keys match, else made."""
    keys = {case.id: key(case) for case in cases}
    kept = WORK / f"{name}.archive"
    known = archive.load(kept) | archive.load(STORED / f"{name}.xz")
    current = {id: piece for id, piece in known.items() if keys.get(id) == piece[0]}
    missing = [case for case in cases if case.id not in current]
    if missing and make:
        WORK.mkdir(parents=True, exist_ok=True)
        try:
            current |= {id: (keys[id], data) for id, data in make(missing).items()}
        except (subprocess.CalledProcessError, OSError) as error:
            return {case.id: f"{FAILED}{error}".encode() for case in cases}
        archive.save(kept, known | current)
    return {id: data for id, (_, data) in current.items()}


# ---------------------------------------------------------------- TTIR


def texts(version, cases):
    """TTIR by id; FAILED and a message where this version can't compile a case."""
    def make(cases):
        out = WORK / "compiled.json"
        run_program(version, "compile_jobs.py", cases, out)
        return {id: text.encode() for id, text in json.loads(out.read_text()).items()}
    pieces = gather(f"ttir-{version}", cases, compile_key, make if venv_python(version) else None)
    return {id: data.decode() for id, data in pieces.items()}


# ---------------------------------------------------------------- Triton's interpreter


def raw_inputs(cases):
    """The bytes of every buffer."""
    return {f"{case.id}/{name}": value.view(np.uint8).reshape(-1) for case in cases
            for name, value in case.inputs().items() if isinstance(value, np.ndarray)}


@cache
def interpreted():
    """What Triton's interpreter gives, by id: the outputs' bytes one after the other, or FAILED and a message."""
    def make(cases):
        inputs, out = WORK / "inputs.npz", WORK / "outputs.npz"
        np.savez(inputs, **raw_inputs(cases))
        run_program(INTERPRETER, "interpret_jobs.py", cases, inputs, out, TRITON_INTERPRET="1")
        with np.load(out) as outputs:
            return {id: data.tobytes() for id, data in outputs.items()}
    return gather(f"interpreter-{INTERPRETER}", interpreted_cases(), interpret_key,
                  make if venv_python(INTERPRETER) else None)


def split_outputs(case, data):
    """Outputs by name from their bytes."""
    outputs, begin = {}, 0
    for param in case.outputs():
        template = case.inputs()[param.name]
        outputs[param.name] = np.frombuffer(data[begin:begin + template.nbytes], template.dtype)
        begin += template.nbytes
    return outputs
