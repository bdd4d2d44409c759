"""What the tests of the command line share: the program, kernels, and a way to run it."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = Path(os.environ.get("TRITON_RUNNER_BUILD", ROOT / "build" / "gcc"))
CLI = os.environ.get("TRITON_RUNNER_CLI", str(BUILD / "cli" / "triton-runner"))
ARTIFACTS = ROOT / "examples" / "artifacts"
ADD = ARTIFACTS / "3.9.0" / "sm90" / "vector_add_f32" / "vector_add_kernel.ttir"

# out[i] = x[i] + y[i] for i < n, 16 elements a program.
ADD_TEXT = """\
#loc = loc("add.py":3:1)
#loc1 = loc("add.py":7:9)
module {
  tt.func public @add(%x: !tt.ptr<TYPE> loc(#loc), %y: !tt.ptr<TYPE> loc(#loc), %out: !tt.ptr<TYPE> loc(#loc), %n: i32 {tt.divisibility = 16 : i32} loc(#loc)) {
    %c16 = arith.constant 16 : i32 loc(#loc)
    %pid = tt.get_program_id x : i32 loc(#loc)
    %start = arith.muli %pid, %c16 : i32 loc(#loc)
    %range = tt.make_range {end = 16 : i32, start = 0 : i32} : tensor<16xi32> loc(#loc)
    %base = tt.splat %start : i32 -> tensor<16xi32> loc(#loc)
    %offsets = arith.addi %base, %range : tensor<16xi32> loc(#loc)
    %limit = tt.splat %n : i32 -> tensor<16xi32> loc(#loc)
    %mask = arith.cmpi slt, %offsets, %limit : tensor<16xi32> loc(#loc)
    %xs = tt.splat %x : !tt.ptr<TYPE> -> tensor<16x!tt.ptr<TYPE>> loc(#loc)
    %xp = tt.addptr %xs, %offsets : tensor<16x!tt.ptr<TYPE>>, tensor<16xi32> loc(#loc)
    %a = tt.load %xp, %mask : tensor<16x!tt.ptr<TYPE>> loc(#loc1)
    %ys = tt.splat %y : !tt.ptr<TYPE> -> tensor<16x!tt.ptr<TYPE>> loc(#loc)
    %yp = tt.addptr %ys, %offsets : tensor<16x!tt.ptr<TYPE>>, tensor<16xi32> loc(#loc)
    %b = tt.load %yp, %mask : tensor<16x!tt.ptr<TYPE>> loc(#loc1)
    %sum = ADD %a, %b : tensor<16xTYPE> loc(#loc)
    %os = tt.splat %out : !tt.ptr<TYPE> -> tensor<16x!tt.ptr<TYPE>> loc(#loc)
    %op = tt.addptr %os, %offsets : tensor<16x!tt.ptr<TYPE>>, tensor<16xi32> loc(#loc)
    tt.store %op, %sum, %mask : tensor<16x!tt.ptr<TYPE>> loc(#loc1)
    tt.return loc(#loc)
  } loc(#loc)
} loc(#loc)
"""


def add_text(dtype="f32"):
    return ADD_TEXT.replace("TYPE", dtype).replace("ADD", "arith.addf" if "f" in dtype else "arith.addi")


def line_of(part, text=ADD_TEXT):
    """The number of the first line that holds `part`."""
    return next(number for number, line in enumerate(text.splitlines(), 1) if part in line)


def copy_text(dtype):
    """A kernel that copies 16 elements of any type."""
    lines = [line for line in ADD_TEXT.splitlines() if not any(name in line for name in ("%ys", "%yp", "%sum ="))]
    text = "\n".join(lines).replace("%sum", "%a").replace("TYPE", dtype).replace("@add", "@copy")
    return text.replace(f"%y: !tt.ptr<{dtype}> loc(#loc), ", "") + "\n"


def run(*words, env=None, timeout=60, **options):
    """Runs the program; the result has returncode, stdout and stderr as text."""
    command = [CLI, *map(str, words)]
    environment = {**os.environ, **(env or {})}
    return subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", timeout=timeout, env=environment, **options)


def run_ok(*words, **options):
    result = run(*words, **options)
    assert result.returncode == 0, result.stderr
    return result.stdout


def run_json(*words, code=0, **options):
    result = run(*words, "--json", **options)
    assert result.returncode == code, result.stderr
    return json.loads(result.stdout)


def fails(*words, code, parts, **options):
    """The program exits with `code` and says each of `parts` on stderr, and nothing on stdout."""
    result = run(*words, **options)
    assert result.returncode == code, (result.stdout, result.stderr)
    for part in parts if isinstance(parts, (list, tuple)) else [parts]:
        assert part in result.stderr
    assert result.stdout == ""
    return result.stderr


def save(path, array):
    np.save(path, array)
    return path
