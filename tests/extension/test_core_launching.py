"""Launches on the CPU: scalars, pointers, descriptors, printing, Ctrl-C, errors."""

import math
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import ml_dtypes
import numpy as np
import pytest

from triton_runner import _core, errors
from extension_helpers import AT_OFFSET, ENDLESS, PRINTING, ROOT, bind, binder, copying, launch, load, param, storing

DTYPES = {"i1": np.bool_, "i8": np.int8, "i16": np.int16, "i32": np.int32, "i64": np.int64, "f16": np.float16,
          "bf16": ml_dtypes.bfloat16, "f32": np.float32, "f64": np.float64}


def stored(kind, value):
    out = np.zeros(1, DTYPES[kind])
    launch(load(storing(kind)), out, value)
    return out[0]


# ---------------------------------------------------------------- scalars


@pytest.mark.parametrize("kind, value, expected", [
    ("i8", -128, -128), ("i8", 255, -1), ("i16", -1, -1), ("i16", 65535, -1), ("i32", 2**31 - 1, 2**31 - 1),
    ("i32", 2**32 - 1, -1), ("i32", 1, 1), ("i64", 2**63, -2**63), ("i64", -2**63, -2**63), ("i64", 2**64 - 1, -1),
    ("i32", True, 1), ("i32", np.int8(-3), -3), ("i64", np.uint64(2**63), -2**63),
    ("i1", True, True), ("i1", False, False), ("i1", 2, True), ("i1", 0, False),
    ("f32", 1.1, np.float32(1.1)), ("f32", 3, 3.0), ("f32", 1e300, math.inf), ("f32", np.float16(0.1), np.float16(0.1)),
    ("f64", 0.1, 0.1), ("f64", 2**53 + 1, 2.0**53), ("f16", 0.1, np.float16(0.1)), ("f16", 65504, 65504),
    ("f16", 65519.9, 65504), ("f16", math.inf, math.inf), ("f16", 1e-8, np.float16(1e-8)),
    ("f16", 2049.0, 2048.0), ("f16", 2051.0, 2052.0),
])
def test_scalars(kind, value, expected):
    assert stored(kind, value) == expected


@pytest.mark.parametrize("value", [1.0, 1.01, -1.01, 3.14159, 1.9999999, 1e-40, 65535.0, math.inf, -math.inf])
def test_bf16_is_cut_off(value):
    """As Triton's launchers do it: the upper half of the 32-bit float."""
    bits = np.float32(value).view(np.uint32) >> 16
    out = np.zeros(1, np.uint16)
    launch(load(storing("bf16")), out, value)
    assert out[0] == bits


def test_nan():
    assert all(math.isnan(stored(kind, math.nan)) for kind in ("f16", "bf16", "f32", "f64"))


@pytest.mark.parametrize("kind, value", [
    ("i8", 256), ("i8", -129), ("i16", 65536), ("i32", 2**32), ("i32", -2**31 - 1), ("i32", 2**40), ("i8", 2**64 - 1),
])
def test_integers_that_do_not_fit(kind, value):
    with pytest.raises(OverflowError, match=f"argument 'a1' is {value}, which its parameter \\({kind}\\) does not hold"):
        stored(kind, value)


def test_i64_does_not_hold_everything():
    """Annotated, since without that it ends at the specialization."""
    bound = _core.Binder([param("out"), param("x", 0, "fp32")])(np.zeros(1, np.int64), 2**64)
    with pytest.raises(OverflowError):
        load(storing("i64")).launch((1, 1, 1), bound, [0, 1])


@pytest.mark.parametrize("value", [65520, 1e10, -65520.0])
def test_floats_that_do_not_fit_into_fp16(value):
    with pytest.raises(OverflowError, match="float too large to pack with e format.*'a1'"):
        stored("f16", value)


@pytest.mark.parametrize("kind, value, error", [
    ("i32", 1.5, "'a1' is a float, and its parameter takes an integer"), ("i32", None, "a scalar|buffer|number"),
    ("f32", np.zeros(1, "f4"), "scalar|buffer|number"),
])
def test_values_of_the_wrong_kind(kind, value, error):
    with pytest.raises((TypeError, errors.InvalidArgument), match=error):
        stored(kind, value)


def test_annotated_numbers_may_be_any_object_with_a_number():
    class Number:
        def __index__(self):
            return 7

        def __float__(self):
            return 7.5

    out = np.zeros(1, np.int64)
    load(storing("i64")).launch((1, 1, 1), _core.Binder([param("o"), param("x", 0, "i64")])(out, Number()), [0, 1])
    assert out[0] == 7
    out = np.zeros(1, np.float32)
    call = _core.Binder([param("o"), param("x", 0, "fp32")])
    load(storing("f32")).launch((1, 1, 1), call(out, Number()), [0, 1])
    assert out[0] == 7.5
    load(storing("f32")).launch((1, 1, 1), call(out, np.array(2.5)), [0, 1])
    assert out[0] == 2.5


# ---------------------------------------------------------------- pointers and leaves


def test_null_pointers():
    kernel = load(AT_OFFSET)
    with pytest.raises(errors.OutOfBounds):
        launch(kernel, np.zeros(1, "f4"), None, 0)


def test_addresses():
    x = np.arange(4, dtype=np.float32)
    out = np.zeros(1, np.float32)
    launch(load(AT_OFFSET), out, x.ctypes.data, 3)
    assert out[0] == 3
    with pytest.raises(OverflowError):
        launch(load(AT_OFFSET), out, -1, 0)
    with pytest.raises(TypeError, match="Pointer argument must be either uint64 or have data_ptr method"):
        launch(load(AT_OFFSET), out, 1.5, 0)


def test_leaves_are_chosen_by_number():
    out = np.zeros(1, np.float32)
    bound = binder("n rest")(3, (1.5, out, 2.5))
    load(storing("f32")).launch((1, 1, 1), bound, [2, 3])
    assert out[0] == 2.5
    load(storing("f32")).launch((1, 1, 1), bound, (2, 1))
    assert out[0] == 1.5
    for wrong in ([2, 4], [2, -1], [2]):
        with pytest.raises((IndexError, errors.InvalidArgument)):
            load(storing("f32")).launch((1, 1, 1), bound, wrong)
    with pytest.raises(TypeError):
        load(storing("f32")).launch((1, 1, 1), bound, ["a"])


def test_constants_that_a_kernel_has_a_parameter_for():
    out = np.zeros(1, np.int32)
    bound = _core.Binder([param("out"), param("x", _core.CONSTEXPR)])(out, 5)
    load(storing("i32")).launch((1, 1, 1), bound, [0, 1])
    assert out[0] == 5
    with pytest.raises(TypeError, match="'x' is a str"):
        bound = _core.Binder([param("out"), param("x", _core.CONSTEXPR)])(out, "five")
        load(storing("i32")).launch((1, 1, 1), bound, [0, 1])


def test_more_arguments_than_fit_on_the_stack():
    count = 150
    params = ", ".join(f"%a{i}: i32" for i in range(count))
    sums = "\n".join(f"    %s{i + 1} = arith.addi %s{i}, %a{i} : i32" for i in range(count))
    text = f"""module {{
  tt.func public @sum(%out: !tt.ptr<i32>, {params}) {{
    %s0 = arith.constant 0 : i32
{sums}
    tt.store %out, %s{count} : !tt.ptr<i32>
    tt.return
  }}
}}
"""
    out = np.zeros(1, np.int32)
    launch(load(text), out, *range(count))
    assert out[0] == sum(range(count))


# ---------------------------------------------------------------- descriptors


class Descriptor:
    def __init__(self, base, shape, strides, block_shape, padding="zero", round_f32_to_tf32=False):
        self.base, self.shape, self.strides, self.block_shape = base, shape, strides, block_shape
        self.padding, self.round_f32_to_tf32 = padding, round_f32_to_tf32


WHOLE = """module {
  tt.func public @load(%d: !tt.tensordesc<tensor<4x4xf32>>, %s0: i32, %s1: i32, %t0: i64, %t1: i64, %out: !tt.ptr<f32>) {
    %c0 = arith.constant 0 : i32
    %c1 = arith.constant 1 : i32
    %v = tt.descriptor_load %d[%c1, %c0] : !tt.tensordesc<tensor<4x4xf32>> -> tensor<4x4xf32>
    %r = tt.make_range {end = 16 : i32, start = 0 : i32} : tensor<16xi32>
    %f = tt.reshape %v : tensor<4x4xf32> -> tensor<16xf32>
    %os = tt.splat %out : !tt.ptr<f32> -> tensor<16x!tt.ptr<f32>>
    %op = tt.addptr %os, %r : tensor<16x!tt.ptr<f32>>, tensor<16xi32>
    tt.store %op, %f : tensor<16x!tt.ptr<f32>>
    tt.return
  }
}
"""


def apart(flags):
    """What make_ttir makes of a descriptor for a GPU without a copy engine: out gets every number it is called with."""
    names = ["p: !tt.ptr<f32>"] + [f"a{i}: i64" for i in range(4)] + [f"f{i}: i1" for i in range(flags)]
    names += ["s0: i32", "s1: i32", "t0: i64", "t1: i64", "out: !tt.ptr<i64>"]
    lines, values = [], []
    for name in names[1:-1]:
        name, kind = name.split(": ")
        values.append(f"%{name}" if kind == "i64" else f"%w_{name}")
        if kind != "i64":
            lines.append(f"%w_{name} = {'arith.extui' if kind == 'i1' else 'arith.extsi'} %{name} : {kind} to i64")
    for index, value in enumerate(values):
        lines.append(f"%c{index} = arith.constant {index} : i32")
        lines.append(f"%q{index} = tt.addptr %out, %c{index} : !tt.ptr<i64>, i32")
        lines.append(f"tt.store %q{index}, {value} : !tt.ptr<i64>")
    body = "\n    ".join(lines)
    params = ", ".join("%" + name for name in names)
    return f"module {{\n  tt.func public @k({params}) {{\n    {body}\n    tt.return\n  }}\n}}\n"


def test_whole_descriptors():
    x = np.arange(24, dtype=np.float32).reshape(4, 6)
    out = np.full(16, -1, np.float32)
    launch(load(WHOLE), Descriptor(x, [4, 6], [6, 1], [4, 4]), out)
    expected = np.zeros((4, 4), np.float32)
    expected[:3] = x[1:, :4]
    assert (out.reshape(4, 4) == expected).all()


@pytest.mark.parametrize("flags", [0, 1, 2])
@pytest.mark.parametrize("padding, rounding", [("zero", False), ("nan", False), ("nan", True)])
def test_descriptors_that_were_taken_apart(flags, padding, rounding):
    x = np.zeros((4, 6), np.float32)
    out = np.full(8 + flags, -1, np.int64)
    launch(load(apart(flags)), Descriptor(x, (4, 6), (6, 1), [4, 4], padding, rounding), out)
    choices = [padding == "nan", rounding][:flags]
    assert out.tolist() == [4, 6, 6, 1, *choices, 4, 6, 6, 1]


@pytest.mark.parametrize("options, name", [({"padding": "nan"}, "padding"), ({"round_f32_to_tf32": True}, "round")])
def test_choices_that_a_whole_descriptor_can_not_pass(options, name):
    descriptor = Descriptor(np.zeros((4, 4), "f4"), [4, 4], [4, 1], [4, 4], **options)
    with pytest.raises(errors.Unsupported, match=f"'a0': {name}"):
        launch(load(WHOLE), descriptor, np.zeros(16, "f4"))


# ---------------------------------------------------------------- printing, interrupts, limits


def run_script(text, **options):
    script = f"import sys\nsys.path[:0] = {[str(ROOT / 'tests' / 'extension'), *sys.path]!r}\n{textwrap.dedent(text)}"
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, **options)


def test_what_a_kernel_prints_goes_to_stdout(capsys):
    print("before")
    launch(load(PRINTING), 40, grid=(3, 1, 1))
    print("after")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "before" and lines[-1] == "after" and len(lines) == 5
    assert sorted(line.split()[-1] for line in lines[1:4]) == ["40", "41", "42"]


def test_printing_without_or_with_a_broken_stdout(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    launch(load(PRINTING), 1)

    class Broken:
        def write(self, text):
            raise OSError("disk full")

    monkeypatch.setattr(sys, "stdout", Broken())
    with pytest.raises(OSError, match="disk full"):
        launch(load(PRINTING), 1)


def after(seconds, action, *args):
    timer = threading.Timer(seconds, action, args)
    timer.start()
    return timer


def test_ctrl_c_stops_a_launch():
    begin = time.monotonic()
    timer = after(0.3, os.kill, os.getpid(), signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        launch(load(ENDLESS), np.zeros(1, np.int64))
    timer.join()
    assert time.monotonic() - begin < 10


def test_any_exception_of_a_signal_handler_stops_a_launch():
    class Alarm(Exception):
        pass

    def on_alarm(number, frame):
        raise Alarm

    before = signal.signal(signal.SIGALRM, on_alarm)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(Alarm):
            launch(load(ENDLESS), np.zeros(1, np.int64))
    finally:
        signal.signal(signal.SIGALRM, before)


def test_a_handler_that_returns_does_not_stop_a_launch():
    seen = []
    before = signal.signal(signal.SIGALRM, lambda *args: seen.append(args))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        with pytest.raises(errors.TimedOut):
            launch(load(ENDLESS), np.zeros(1, np.int64), timeout=0.6)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert len(seen) == 1


def test_time_limits():
    with pytest.raises(errors.TimedOut, match="0.2"):
        launch(load(ENDLESS), np.zeros(1, np.int64), timeout=0.2)


def test_other_threads_run_meanwhile():
    counted = []
    stop = threading.Event()

    def count():
        while not stop.is_set():
            counted.append(1)
            time.sleep(0.01)

    thread = threading.Thread(target=count)
    thread.start()
    with pytest.raises(errors.TimedOut):
        launch(load(ENDLESS), np.zeros(1, np.int64), timeout=0.5)
    stop.set()
    thread.join()
    assert len(counted) > 10


def test_threads_launch_one_kernel():
    kernel = load(copying("f32", 64))
    failures = []

    def work(number):
        for i in range(300):
            x = np.full(64, number * 1000 + i, np.float32)
            out = np.zeros(64, np.float32)
            launch(kernel, out, x)
            if not (out == x).all():
                failures.append((number, i))

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_threads_load_kernels_of_one_context():
    context = _core.Context(threads=1)
    results = []

    def work(number):
        for _ in range(20):
            out = np.zeros(1, np.int32)
            launch(context.load(storing("i32"), f"{number}.ttir"), out, number + 2)
            results.append(int(out[0]) == number + 2)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 160


# ---------------------------------------------------------------- errors


@pytest.mark.parametrize("grid", [(0, 1, 1), (1, 65536, 1), (1, 1, 65536), (-1, 1, 1), (2**31, 1, 1), (2**40, 1, 1)])
def test_grids(grid):
    with pytest.raises(errors.InvalidArgument, match="grid"):
        launch(load(storing("i32")), np.zeros(1, "i4"), 1, grid=grid)


def test_errors_have_their_place():
    with pytest.raises(errors.OutOfBounds) as found:
        launch(load(AT_OFFSET), np.zeros(1, "f4"), np.zeros(4, "f4"), 4)
    error = found.value
    assert isinstance(error, errors.TritonRunnerError) and isinstance(error, IndexError)
    assert (error.status, error.file, error.line) == ("out of bounds", "kernel.ttir", 4)
    assert "tt.load" in error.excerpt and "'x'" in str(error)


def test_wrong_numbers_of_arguments():
    kernel = load(AT_OFFSET)
    out = np.zeros(1, "f4")
    with pytest.raises(errors.InvalidArgument, match=r"too few arguments.*missing:\] offset"):
        launch(kernel, out, out)
    with pytest.raises(errors.InvalidArgument, match="too many arguments"):
        launch(kernel, out, out, 0, 0)


@pytest.mark.parametrize("args", [(), ((1, 1),), ((1, 1, 1), None, []), ((1, 1, 1), 5, []), ("abc", None, [])])
def test_launch_is_called_with_what_makes_no_sense(args):
    with pytest.raises(TypeError):
        load(storing("i32")).launch(*args)
    with pytest.raises(TypeError):
        load(storing("i32")).launch((1, 1, 1), bind(1), 5)


def test_an_interpreter_that_ends_while_a_daemon_thread_launches():
    result = run_script("""
        import threading, time
        import numpy as np
        from extension_helpers import ENDLESS, launch, load
        kernel = load(ENDLESS)
        thread = threading.Thread(target=launch, args=(kernel, np.zeros(1, np.int64)), daemon=True)
        thread.start()
        time.sleep(0.3)
        print("end")
    """)
    assert (result.returncode, result.stdout) == (0, "end\n"), result.stderr


def test_a_forked_child_launches():
    result = run_script("""
        import os
        import numpy as np
        from extension_helpers import copying, launch, load
        kernel = load(copying("f32"))
        x = np.arange(4, dtype=np.float32)
        launch(kernel, np.zeros(4, np.float32), x, grid=(8, 1, 1))
        child = os.fork()
        out = np.zeros(4, np.float32)
        launch(kernel, out, x, grid=(8, 1, 1))
        assert (out == x).all()
        if child == 0:
            os._exit(0)
        print(os.waitpid(child, 0)[1])
    """)
    assert (result.returncode, result.stdout) == (0, "0\n"), result.stderr
