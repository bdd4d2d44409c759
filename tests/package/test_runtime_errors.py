"""Errors of running kernels name the argument, the program and the line of Python."""

import signal

import numpy as np
import pytest

from package_helpers import TRITON, aligned, counted, finish, line_of, start

pytest.importorskip("triton")

import triton.language as tl  # noqa: E402
import triton_runner  # noqa: E402
from triton_runner.errors import OutOfBounds, Trapped, TritonRunnerError, Unsupported  # noqa: E402


@triton_runner.jit
def read(out, x, first, step):
    at = first + tl.program_id(0) * step
    value = tl.load(x + at)  # load
    tl.store(out + tl.program_id(0), value)  # store


@triton_runner.jit
def read_block(out, x, BLOCK: tl.constexpr):
    at = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    tl.store(out + at, tl.load(x + at))  # block


def is_at(error, marker):
    """Whether a message names the line of this file, and the error the one of the text that ran."""
    return f"{__file__}:{line_of(__file__, marker)}" in str(error) and error.file.endswith(".ttir") and error.line > 0


# What x is, the first index, the step; the index and the program that fail.
OUTSIDE = [
    ("after", lambda: counted(10), 0, 3, 12, 4), ("before", lambda: counted(10), 5, -2, -1, 3),
    ("far", lambda: counted(10), 0, 2**28, 2**28, 1), ("a slice's end", lambda: counted(20)[4:8], 0, 2, 4, 2),
    ("a slice's start", lambda: counted(20)[4:8], 0, -1, -1, 1), ("empty", lambda: aligned(0), 0, 1, 0, 0),
]


@pytest.mark.parametrize("make,first,step,index,program", [row[1:] for row in OUTSIDE], ids=[row[0] for row in OUTSIDE])
def test_reading_outside(make, first, step, index, program):
    with pytest.raises(OutOfBounds, match=rf"(?s)(?=.*\bx\b)(?=.*(?<!\d){index}\b)(?=.*program.*\b{program}\b)") as caught:
        read[(8,)](aligned(8), make(), first, step)
    assert isinstance(caught.value, IndexError) and is_at(caught.value, "load")


def test_writing_outside():
    memory = aligned(20)
    out = memory[8:12]
    with pytest.raises(OutOfBounds, match=r"(?s)(?=.*\bout\b)(?=.*\b4\b)") as caught:
        read[(8,)](out, counted(100), 0, 1)
    assert is_at(caught.value, "store")
    assert (out == counted(4)).all() and not memory[:8].any() and not memory[12:].any()


def test_one_element_of_a_block():
    with pytest.raises(OutOfBounds, match=r"(?s)(?=.*\bx\b)(?=.*\b20\b)(?=.*program \(0, 1, 0\))") as caught:
        read_block[(1, 2)](aligned(32), counted(20), 16)
    assert is_at(caught.value, "block")


def test_a_kernel_runs_after_an_error():
    out = aligned(8)
    with pytest.raises(OutOfBounds):
        read[(8,)](out, counted(4), 0, 1)
    read[(8,)](out, counted(8), 0, 1)
    assert (out == counted(8)).all()


@triton_runner.jit
def checked(out, x):
    value = tl.load(x + tl.program_id(0))
    tl.device_assert(value < 5, "it grew too large")  # assert
    tl.store(out + tl.program_id(0), value)


@triton_runner.jit(debug=True)
def always_checked(out, x):
    value = tl.load(x + tl.program_id(0))
    tl.device_assert(value < 5, "it grew too large")  # assert always
    tl.store(out + tl.program_id(0), value)


# Triton 3.0 and 3.1 ask the decorator alone, 3.2 the launch alone.
CHECKED = [
    pytest.param(always_checked, {}, "assert always", id="decorator", marks=pytest.mark.skipif(TRITON == (3, 2), reason="3.2")),
    pytest.param(checked, {"debug": True}, "assert", id="launch", marks=pytest.mark.skipif(TRITON < (3, 2), reason="3.0")),
]


@pytest.mark.parametrize("kernel,options,marker", CHECKED)
def test_device_assert(kernel, options, marker):
    out = aligned(8)
    kernel[(4,)](out, counted(4), **options)
    assert (out[:4] == counted(4)).all()
    with pytest.raises(Trapped, match="(?s)(?=.*it grew too large)(?=.*program)(?=.*4)") as caught:
        kernel[(8,)](out, counted(8), **options)
    assert isinstance(caught.value, AssertionError) and is_at(caught.value, marker)


def test_device_assert_without_debug():
    out = aligned(8)
    checked[(8,)](out, counted(8))
    assert (out == counted(8)).all()


@pytest.mark.skipif(TRITON < (3, 2), reason="3.0 and 3.1 ask TRITON_DEBUG when Triton is imported")
def test_device_assert_by_environment(monkeypatch):
    if TRITON >= (3, 4):  # newer ones read it once
        from triton import knobs
        monkeypatch.setattr(knobs.runtime, "debug", True)
    else:
        monkeypatch.setenv("TRITON_DEBUG", "1")
    with pytest.raises(Trapped, match="it grew too large"):
        checked[(8,)](aligned(8), counted(8))
    monkeypatch.undo()
    checked[(8,)](aligned(8), counted(8))


@triton_runner.jit
def with_assembly(out, x):
    value = tl.load(x + tl.arange(0, 16))
    value = tl.inline_asm_elementwise("mov.b32 $0, $1;", "=r,r", [value], dtype=tl.float32, is_pure=True, pack=1)  # assembly
    tl.store(out + tl.arange(0, 16), value)


def test_an_op_without_an_engine():
    with pytest.raises(Unsupported, match="(?i)asm") as caught:
        with_assembly[(1,)](aligned(16), counted(16))
    assert isinstance(caught.value, NotImplementedError) and is_at(caught.value, "assembly")


# ---------------------------------------------------------------- what Triton raises

@triton_runner.jit
def asserts(out, N: tl.constexpr):
    tl.static_assert(N > 3, "N is too small")
    tl.store(out, N)


@triton_runner.jit
def undefined(out):
    tl.store(out, nobody_defined_this)  # noqa: F821


@triton_runner.jit
def mismatched(out):
    tl.store(out + tl.arange(0, 8), tl.arange(0, 16))


def test_static_assert():
    from triton.compiler.errors import CompileTimeAssertionFailure
    with pytest.raises(CompileTimeAssertionFailure, match="N is too small"):
        asserts[(1,)](aligned(1), 2)
    out = aligned(1)
    asserts[(1,)](out, 4)
    assert out[0] == 4


@pytest.mark.parametrize("kernel,text", [(undefined, "nobody_defined_this"), (mismatched, "(?s)8.*16")])
def test_compilation_errors(kernel, text):
    from triton.compiler.errors import CompilationError
    with pytest.raises((CompilationError, NameError), match=text) as caught:
        kernel[(1,)](aligned(16))
    assert not isinstance(caught.value, TritonRunnerError)


def test_static_print_goes_to_standard_output(capsys):
    printing[(1,)](aligned(1), 43)
    assert "it is 43" in capsys.readouterr().out


@triton_runner.jit
def printing(out, N: tl.constexpr):
    tl.static_print("it is", N)
    tl.store(out, N)


@triton_runner.jit
def printing_device(x):
    tl.device_print("value: ", tl.load(x + tl.program_id(0)))


def test_device_print(capsys):
    printing_device[(2,)](counted(2, np.int32))
    out = capsys.readouterr().out
    assert out.count("value") == 2 and "pid (1, 0, 0)" in out


# ---------------------------------------------------------------- Ctrl-C

ENDLESS = """\
import threading, time
import numpy as np
import triton.language as tl
import triton_runner

@triton_runner.jit
def endless(out, n):
    total = tl.load(out)
    for i in range(n):
        for j in range(n):
            total += tl.load(out)
    tl.store(out, total)

out = np.ones(1, np.float32)
endless[(1,)](out, 2)
assert out[0] == 5
beat = []
threading.Thread(target=lambda: [time.sleep(0.05) or beat.append(1) for _ in range(2**62)], daemon=True).start()
print("started", flush=True)
try:
    endless[(1,)](out, 2**31 - 1)
    print("ended")
except KeyboardInterrupt:
    print("interrupted", len(beat) > 5)
out[0] = 1
endless[(1,)](out, 2)
print(out[0])
"""


def test_ctrl_c_stops_a_launch(tmp_path):
    import time
    script = tmp_path / "script.py"
    script.write_text(ENDLESS)
    process = start(script, options=("-u",), TRITON_RUNNER_PROD=1, TRITON_DEFAULT_FP_FUSION=1)
    assert process.stdout.readline() == "started\n", process.communicate(timeout=10)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    out, err = finish(process, 30)
    assert (out, err) == ("interrupted True\n5.0\n", "")
