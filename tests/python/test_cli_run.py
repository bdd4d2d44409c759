"""triton-runner run: arguments, results, comparisons, timing."""

import json
import signal
import subprocess
import time

import ml_dtypes
import numpy as np
import pytest

from cli_helpers import ADD, ARTIFACTS, CLI, add_text, copy_text, fails, run, run_json, run_ok, save


@pytest.fixture
def add(tmp_path):
    path = tmp_path / "add.ttir"
    path.write_text(add_text())
    return path


def test_a_whole_run(tmp_path):
    x, y = np.random.default_rng(1).random((2, 98432), dtype=np.float32)
    save(tmp_path / "x.npy", x)
    save(tmp_path / "y.npy", y)
    save(tmp_path / "sum.npy", x + y)
    text = run_ok("run", ADD, "--grid", "97", "--arg", f"x=@{tmp_path}/x.npy", "--arg", f"y=@{tmp_path}/y.npy",
                  "--arg", "out=zeros:f32:98432", "--arg", "n=98432", "--out", f"out={tmp_path}/out.npy",
                  "--expect", f"out={tmp_path}/sum.npy")
    assert np.array_equal(np.load(tmp_path / "out.npy"), x + y)
    assert "vector_add_kernel (ttir) on cpu" in text
    assert "out agrees with" in text and "98432 elements" in text


def test_arguments_by_position_and_in_order(tmp_path):
    save(tmp_path / "x.npy", np.arange(20, dtype=np.float32))
    for arguments in (
        ["0=@x.npy", "1=ones:f32:20", "2=zeros:f32:20", "3=20"],
        ["@x.npy", "ones:f32:20", "zeros:f32:20", "i32:20"],
        ["n=20", "@x.npy", "1=ones:f32:20", "zeros:f32:20"],
        ["n=0x14", "x=@x.npy", "ones:20", "out=zeros:20"],
    ):
        words = [word for argument in arguments for word in ("--arg", argument)]
        run_ok("run", ADD, "--grid", "1", *words, "--out", "out=out.npy", cwd=tmp_path)
        assert np.array_equal(np.load(tmp_path / "out.npy"), np.arange(1, 21))


def test_older_versions_number_their_arguments(tmp_path):
    path = ARTIFACTS / "3.0.0" / "sm90" / "vector_add_f32"
    run_ok("run", path, "--grid", "1", "--arg", "arg0=arange:f32:100", "--arg", "arg1=ones:100", "--arg",
           "arg2=zeros:100", "--arg", "arg3=100", "--out", f"arg2={tmp_path}/out.npy")
    assert np.array_equal(np.load(tmp_path / "out.npy"), np.arange(1, 101))


TYPES = {
    "i8": np.int8, "i16": np.int16, "i32": np.int32, "i64": np.int64, "f16": np.float16, "bf16": ml_dtypes.bfloat16,
    "f32": np.float32, "f64": np.float64, "f8E4M3FN": ml_dtypes.float8_e4m3fn, "f8E5M2": ml_dtypes.float8_e5m2,
}


@pytest.mark.parametrize("dtype", TYPES)
def test_element_types_go_in_and_out_as_numpy_has_them(tmp_path, dtype):
    """bf16 and fp8 come back from np.load as void: .view() gives them their type again."""
    values = np.array([0, 1, -2, 3.5, 100, -7, 0.25, 16] * 2).astype(TYPES[dtype])
    (tmp_path / "copy.ttir").write_text(copy_text(dtype))
    save(tmp_path / "x.npy", values)
    run_ok("run", "copy.ttir", "--grid", "1", "--arg", "@x.npy", "--arg", "zeros:16", "--arg", "16", "--out",
           "out=out.npy", "--expect", "out=x.npy", cwd=tmp_path)
    back = np.load(tmp_path / "out.npy")
    assert back.view(TYPES[dtype]).tobytes() == values.tobytes()
    assert back.dtype.itemsize == values.dtype.itemsize


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("byte_order", ["<", ">"])
@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_files_in_other_forms(tmp_path, order, byte_order, version):
    array = np.arange(16, dtype=np.float32).reshape(2, 8)
    with open(tmp_path / "x.npy", "wb") as file:
        stored = np.asarray(array, order=order).astype(byte_order + "f4", order=order)
        np.lib.format.write_array(file, stored, version=version)
    (tmp_path / "copy.ttir").write_text(copy_text("f32"))
    run_ok("run", "copy.ttir", "--grid", "1", "--arg", "@x.npy", "--arg", "zeros:2x8", "--arg", "16", "--out",
           "out=out.npy", cwd=tmp_path)
    assert np.array_equal(np.load(tmp_path / "out.npy"), array)


def test_bits_saved_as_integers(tmp_path):
    values = np.array([1.5, -2, 0, 3] * 4).astype(ml_dtypes.bfloat16)
    save(tmp_path / "x.npy", values.view(np.uint16))
    (tmp_path / "copy.ttir").write_text(copy_text("bf16"))
    words = ["run", "copy.ttir", "--grid", "1", "--arg", "zeros:16", "--arg", "16", "--print", "out"]
    fails(*words, "--arg", "x=@x.npy", cwd=tmp_path, code=2, parts="needs a buffer of bf16, got one of u16")
    assert "1.5 -2 0 3" in run_ok(*words, "--arg", "x=@x.npy:bf16", cwd=tmp_path)


def test_random_arrays_have_seeds(add):
    def values(spec_x, spec_y):
        report = run_json("run", add, "--grid", "1", "--arg", spec_x, "--arg", spec_y, "--arg", "zeros:16", "--arg",
                          "n=16", "--print", "x", "--print", "y")
        return [row["values"] for row in report["values"]]

    x, y = values("rand:f32:16", "rand:f32:16")
    assert x != y, "arrays of one kernel differ without a seed"
    assert values("rand:f32:16", "rand:f32:16") == [x, y]
    x, y = values("rand:f32:16:5", "rand:f32:16:5")
    assert x == y
    x, y = values("randn:f32:16:5", "randn:16:6")
    assert x != y and min(x) < 0


def test_json_report(tmp_path, add):
    save(tmp_path / "bad.npy", np.where(np.arange(64) == 37, 5, np.arange(64) + 1).astype(np.float32))
    report = run_json("run", add, "--grid", "4", "--arg", "arange:f32:64", "--arg", "ones:64", "--arg", "zeros:64",
                      "--arg", "64", "--out", f"out={tmp_path}/out.npy", "--expect", f"out={tmp_path}/bad.npy",
                      "--repeat", "3", "--warmup", "1", "--flops", "64", "--threads", "1", code=1)
    assert report["kernel"] == "add" and report["level"] == "ttir" and report["device"] == "cpu"
    assert report["grid"] == [4, 1, 1] and report["threads"] == 1 and report["time_ms"] >= 0
    assert report["outputs"] == [{"name": "out", "dtype": "f32", "shape": [64], "file": f"{tmp_path}/out.npy"}]
    [comparison] = report["comparisons"]
    assert comparison["count"] == 64 and comparison["differing"] == 1 and comparison["verdict"] == "differs"
    assert comparison["max_abs_error"] == 33
    assert comparison["first"] == {"index": 37, "position": [37], "actual": 38, "expected": 5, "program": [2, 0, 0]}
    timing = report["timing"]
    assert timing["repeat"] == 3 and timing["warmup"] == 1 and timing["buffer_bytes"] == 3 * 64 * 4
    assert 0 < timing["min_ms"] <= timing["median_ms"] and timing["gbytes_per_second"] > 0
    assert timing["gflops_per_second"] > 0
    assert report["verdict"] == "differs"


# ---------------------------------------------------------------- comparisons


def compare(add, tmp_path, expected, *options):
    save(tmp_path / "expected.npy", expected)
    return run("run", add, "--grid", "2", "--arg", "arange:f32:32", "--arg", "zeros:32", "--arg", "zeros:32", "--arg",
               "32", "--expect", f"out={tmp_path}/expected.npy", *options)


def test_a_difference_names_the_program_that_wrote_it(tmp_path, add):
    expected = np.arange(32, dtype=np.float32)
    expected[20:23] += 0.5
    result = compare(add, tmp_path, expected)
    assert result.returncode == 1
    assert "out DIFFERS" in result.stdout and "3 of 32 elements" in result.stdout
    assert "[20] (element 20): 20, expected 20.5; written by program (1, 0, 0)" in result.stdout
    expected = np.full(32, -1, dtype=np.float32)
    result = run("run", add, "--grid", "1", "--arg", "ones:32", "--arg", "ones:32", "--arg", "zeros:32", "--arg", "0",
                 "--expect", f"out={save(tmp_path / 'e.npy', expected)}")
    assert result.returncode == 1 and "no program wrote it" in result.stdout


def test_programs_of_a_grid_in_three_dimensions(tmp_path):
    text = add_text().replace("    %start = arith.muli %pid, %c16", """\
    %c2 = arith.constant 2 : i32 loc(#loc)
    %py = tt.get_program_id y : i32 loc(#loc)
    %pz = tt.get_program_id z : i32 loc(#loc)
    %zy = arith.muli %pz, %c2 : i32 loc(#loc)
    %zy1 = arith.addi %zy, %py : i32 loc(#loc)
    %zyx = arith.muli %zy1, %c2 : i32 loc(#loc)
    %linear = arith.addi %zyx, %pid : i32 loc(#loc)
    %start = arith.muli %linear, %c16""")
    (tmp_path / "add.ttir").write_text(text)
    expected = np.arange(128, dtype=np.float32)
    expected[16 * 6 + 3] = -1
    report = run_json("run", tmp_path / "add.ttir", "--grid", "2,2,2", "--arg", "arange:f32:128", "--arg", "zeros:128",
                      "--arg", "zeros:8x16", "--arg", "128", "--expect",
                      f"out={save(tmp_path / 'e.npy', expected.reshape(8, 16))}", code=1)
    first = report["comparisons"][0]["first"]
    assert first["position"] == [6, 3] and first["program"] == [0, 1, 1]


def test_tolerances(tmp_path, add):
    expected = np.arange(32, dtype=np.float32) * np.float32(1 + 1e-4)
    assert compare(add, tmp_path, expected).returncode == 1
    assert compare(add, tmp_path, expected, "--rtol", "1e-3").returncode == 0
    assert compare(add, tmp_path, expected, "--rtol", "1e-5").returncode == 1
    assert compare(add, tmp_path, expected, "--atol", "1e-2").returncode == 0
    assert compare(add, tmp_path, expected, "--ulp", "3000").returncode == 0
    assert compare(add, tmp_path, expected, "--ulp", "3").returncode == 1
    assert compare(add, tmp_path, np.arange(32, dtype=np.float32) * np.float32(1 + 1e-6)).returncode == 0
    expected[3] = np.nan
    assert compare(add, tmp_path, expected, "--rtol", "1").returncode == 1
    assert compare(add, tmp_path, expected.astype(np.float64), "--rtol", "1e-3").returncode == 1


def test_equal_nan(tmp_path, add):
    nan = save(tmp_path / "nan.npy", np.full(16, np.nan, dtype=np.float32))
    words = ["run", add, "--grid", "1", "--arg", f"@{nan}", "--arg", "zeros:16", "--arg", "zeros:16", "--arg", "16",
             "--expect", f"out={nan}"]
    assert run(*words).returncode == 1
    assert run(*words, "--equal-nan").returncode == 0


def test_several_comparisons_are_all_of_the_first_launch(tmp_path):
    """A kernel that adds to its input: a second launch, which looks for the writer, must not be seen."""
    text = add_text().replace("tt.splat %out", "tt.splat %x")
    (tmp_path / "add.ttir").write_text(text)
    save(tmp_path / "good.npy", np.arange(16, dtype=np.float32) + 1)
    save(tmp_path / "bad.npy", np.zeros(16, dtype=np.float32))
    report = run_json("run", "add.ttir", "--grid", "1", "--arg", "arange:f32:16", "--arg", "ones:16", "--arg",
                      "zeros:16", "--arg", "16", "--expect", "x=bad.npy", "--expect", "x=good.npy", "--expect",
                      "y=bad.npy", "--repeat", "5", "--out", "x=x.npy", cwd=tmp_path, code=1)
    assert [row["verdict"] for row in report["comparisons"]] == ["differs", "ok", "differs"]
    assert report["comparisons"][0]["first"]["program"] == [0, 0, 0]
    assert report["comparisons"][2]["first"]["program"] is None
    assert np.array_equal(np.load(tmp_path / "x.npy"), np.arange(16) + 1)


def test_a_comparison_of_another_shape(tmp_path, add):
    save(tmp_path / "expected.npy", np.zeros((4, 8), dtype=np.float32))
    result = run("run", add, "--grid", "2", "--arg", "arange:f32:32", "--arg", "zeros:32", "--arg", "zeros:32", "--arg",
                 "32", "--expect", f"out={tmp_path}/expected.npy")
    assert result.returncode == 3 and "the array has 32, expected is 4x8" in result.stderr


# ---------------------------------------------------------------- arguments that make no sense

BUFFERS = ["--arg", "x=zeros:32", "--arg", "y=zeros:32", "--arg", "out=zeros:32"]


@pytest.mark.parametrize(
    "grid, part",
    [
        ("0", "is 0 in x"), ("1,0", "is 0 in y"), ("1,1,0", "is 0 in z"), ("2147483648", "too large in x"),
        ("1,65536", "too large in y"), ("99999999999999999999", "too large"), ("4294967296", "too large"),
        ("", "is not a grid"), ("x", "is not a grid"), ("4,", "is not a grid"), ("1,2,3,4", "is not a grid"),
        ("-1", "is not a grid"), ("1.5", "is not a grid"), ("1 2", "is not a grid"), (",1", "is not a grid"),
    ],
)
def test_grids(add, grid, part):
    fails("run", add, f"--grid={grid}", *BUFFERS, "--arg", "32", code=2, parts=part)


def test_no_grid(add):
    fails("run", add, *BUFFERS, "--arg", "32", code=2, parts="--grid is missing")


def test_numbers_of_arguments(add):
    fails("run", add, "--grid", "1", "--arg", "zeros:32", code=2,
          parts=["too few arguments: missing y: !tt.ptr<f32>, out: !tt.ptr<f32>, n: i32", "kernel 'add' takes x:"])
    fails("run", add, "--grid", "1", *BUFFERS, "--arg", "32", "--arg", "33", code=2,
          parts=["too many arguments: '33' is one too many", "takes x: !tt.ptr<f32>"])
    fails("run", add, "--grid", "1", *BUFFERS, "--arg", "n=32", "--arg", "3=33", code=2, parts="'n' is given twice")
    fails("run", add, "--grid", "1", *BUFFERS, "--arg", "m=32", code=2, parts=["no parameter 'm'", "it takes x: !tt.ptr"])
    fails("run", add, "--grid", "1", "--arg", "otu=zeros:32", code=2, parts="did you mean 'out'?")
    fails("run", add, "--grid", "1", "--arg", "4=32", code=2, parts="no parameter '4'")


@pytest.mark.parametrize(
    "value, code, part",
    [
        ("x=32", 2, "the parameter is a pointer and needs a buffer, such as @x.npy or zeros:f32:1024"),
        ("x=i32:32", 2, "argument 0 'x' (!tt.ptr<f32>) needs a buffer, got a scalar i32"),
        ("x=zeros:f16:32", 2, "argument 0 'x' (!tt.ptr<f32>) needs a buffer of f32, got one of f16"),
        ("n=zeros:f32:32", 2, "argument 3 'n' (i32) needs a scalar, got a buffer"),
        ("n=f32:1.5", 2, "argument 3 'n' (i32) needs a scalar i32, got f32"),
        ("n=1.5", 2, "argument 3 'n' (i32): '1.5' is not an integer, as i32 needs"),
        ("n=i64:4294967296", 2, "does not hold 4294967296"),
        ("n=4294967296", 2, "4294967296 does not fit i32"),
        ("n=-2147483649", 2, "does not fit i32"),
        ("n=i1:2", 2, "2 does not fit i1"),
        ("n=f16:1e6", 2, "1e6 is too large for f16"),
        ("n=", 2, "'' is not an integer"),
        ("n=abc", 2, "'abc' is not an integer"),
        ("n=abc:3", 2, "cannot read 'abc:3' as a value"),
        ("n= 3", 2, "is not an integer"),
        ("x=zero:f32:32", 2, "did you mean 'zeros:'?"),
        ("x=zeros:f33:32", 2, "'f33' is not an element type"),
        ("x=zeros:f32", 2, "needs a shape"),
        ("x=zeros:f32:", 2, "'' is not a shape"),
        ("x=zeros:f32:3x", 2, "'3x' is not a shape"),
        ("x=zeros:f32:-3", 2, "'-3' is not a shape"),
        ("x=zeros:f32:99999999999999999999", 2, "is not a shape"),
        ("x=rand:f32:32:x", 2, "'x' is not a seed"),
        ("x=randn:i32:32", 2, "randn makes floats, not i32"),
        ("x=@none.npy", 3, "cannot read 'none.npy'"),
        ("x=zeros:f32:9999999999999999", 5, "out of memory"),
    ],
)
def test_values_that_make_no_sense(add, value, code, part):
    others = [word for name in ("x", "y", "out", "n") if not value.startswith(name + "=")
              for word in ("--arg", f"{name}={'32' if name == 'n' else 'zeros:32'}")]
    fails("run", add, "--grid", "1", *others, "--arg", value, code=code, parts=part)


@pytest.mark.parametrize("value", ["32", "i32:32", "i64:32", "u8:32", "i16:0x20", "+32", "u64:32"])
def test_numbers(add, value):
    report = run_json("run", add, "--grid", "2", "--arg", "ones:32", "--arg", "ones:32", "--arg", "zeros:32", "--arg",
                      f"n={value}", "--print", "out")
    assert report["values"][0]["values"] == [2] * 32


@pytest.mark.parametrize("value, stored", [("inf", "inf"), ("-inf", "-inf"), ("nan", "nan"), ("f32:1e-3", "0.00100000005"),
                                           ("0x1p-2", "0.25"), ("-3", "-3")])
def test_floats(tmp_path, value, stored):
    (tmp_path / "k.ttir").write_text(
        "module {\n  tt.func public @k(%out: !tt.ptr<f32>, %x: f32) {\n"
        "    tt.store %out, %x : !tt.ptr<f32>\n    tt.return\n  }\n}\n")
    text = run_ok("run", tmp_path / "k.ttir", "--grid", "1", "--arg", "zeros:1", "--arg", f"x={value}", "--print", "out")
    assert f"out: f32 1: {stored}\n" in text


@pytest.mark.parametrize(
    "option, part",
    [
        (["--out", "n=n.npy"], "--out: argument 'n' is not a buffer"),
        (["--out", "out"], "--out needs NAME=FILE"),
        (["--out", "out="], "--out needs NAME=FILE"),
        (["--expect", "outt=e.npy"], "did you mean 'out'?"),
        (["--print", "n"], "--print: argument 'n' is not a buffer"),
        (["--level", "ttirr"], "there is no level 'ttirr'"),
        (["--threads", "0"], "--threads must be 1 or more, not 0"),
        (["--threads", "x"], "--threads needs a whole number, not 'x'"),
        (["--threads", "99999999999"], "threads is 2147483647"),
        (["--rtol", "-1"], "--rtol must be 0 or more"),
        (["--rtol", "nan"], "--rtol needs a number"),
        (["--repeat"], "--repeat needs a value, N"),
        (["--equal-nan=1"], "--equal-nan takes no value"),
        (["--gird", "1"], "there is no option --gird; did you mean --grid?"),
        (["--frobnicate"], "there is no option --frobnicate; see triton-runner run --help"),
        (["-j", "3"], "options begin with two dashes"),
        (["more.ttir"], "'more.ttir' is too much: there is one FILE|FOLDER"),
        (["--device", "tpu"], "there is no device 'tpu'; there are 'cpu', 'cuda'"),
    ],
)
def test_options_that_make_no_sense(add, option, part):
    fails("run", add, "--grid", "1", *BUFFERS, "--arg", "32", *option, code=2, parts=part)


def test_files_that_cannot_be_written(add):
    result = run("run", add, "--grid", "1", *BUFFERS, "--arg", "32", "--out", "out=no/such/folder/out.npy")
    assert result.returncode == 3 and "cannot write 'no/such/folder/out.npy'" in result.stderr


def test_cuda_is_not_there_yet(add):
    fails("run", add, "--device", "cuda", "--grid", "1", *BUFFERS, "--arg", "32", code=4,
          parts="device 'cuda' is not there")


def test_hints_that_do_not_hold_are_noted(add):
    words = ["run", add, "--grid", "2", *BUFFERS, "--arg"]
    assert run(*words, "n=32").stderr == ""
    result = run(*words, "n=30")
    assert result.returncode == 0
    assert "note: the kernel was compiled for 'n' divisible by 16, which 30 is not" in result.stderr


# ---------------------------------------------------------------- launches that end early


def test_out_of_bounds_names_everything(add):
    fails("run", add, "--grid", "4", "--threads", "1", "--arg", "zeros:64", "--arg", "zeros:40", "--arg", "zeros:64",
          "--arg", "64", code=3, parts=["'y'", "(2, 0, 0)", "40", "add.py:7"])


def test_errors_as_json(add):
    report = run_json("run", add, "--grid", "4", "--arg", "zeros:64", "--arg", "zeros:40", "--arg", "zeros:64", "--arg",
                      "64", code=3)
    assert report["error"]["status"] == "out of bounds" and "'y'" in report["error"]["message"]
    report = run_json("run", add, "--grid", "0", *BUFFERS, "--arg", "64", code=2)
    assert report["error"]["status"] == "invalid argument"


ENDLESS = """\
module {
  tt.func public @k(%out: !tt.ptr<i32>) {
    %0 = arith.constant 7 : i32
    tt.store %out, %0 : !tt.ptr<i32>
    cf.br ^bb1
  ^bb1:
    cf.br ^bb1
  }
}
"""


def test_timeout(tmp_path):
    (tmp_path / "k.ttir").write_text(ENDLESS)
    fails("run", tmp_path / "k.ttir", "--grid", "1", "--arg", "zeros:1", "--timeout", "0.1", code=124, parts="")


def test_interrupt_saves_what_is_there(tmp_path):
    (tmp_path / "k.ttir").write_text(ENDLESS)
    out = tmp_path / "out.npy"
    command = [CLI, "run", str(tmp_path / "k.ttir"), "--grid", "1", "--arg", "zeros:1", "--out", f"out={out}"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=20)
    assert process.returncode == 130, stderr
    assert np.load(out).tolist() == [7]


def test_results_do_not_depend_on_threads(tmp_path):
    path = ARTIFACTS / "3.9.0" / "sm90" / "softmax_f32"
    outputs = []
    for threads in (1, 2):
        run_ok("run", path, "--grid", "256", "--threads", threads, "--arg", "zeros:256x781", "--arg", "randn:256x781",
               "--arg", "781", "--arg", "781", "--arg", "781", "--out", f"out={tmp_path}/{threads}.npy")
        outputs.append(np.load(tmp_path / f"{threads}.npy"))
    assert np.array_equal(*outputs)
    assert np.allclose(outputs[0].sum(axis=1), 1)


def test_stdout_is_one_json_object_whatever_happens(tmp_path, add):
    for words in (["--grid", "2", *BUFFERS, "--arg", "32"], ["--grid", "2"], ["--grid", "0"]):
        json.loads(run("run", add, *words, "--json").stdout)
