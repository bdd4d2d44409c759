"""Bad files: kernels, metadata and arrays that are missing, damaged or not what they seem. Each gets its own message,
with the place where it went wrong, and exit code 3, or 4 where the file is sound and nothing here runs it."""

import json

import ml_dtypes
import numpy as np
import pytest

from cli_helpers import ADD, ARTIFACTS, add_text, copy_text, fails, line_of, run, run_json, run_ok, save

SUM, LOAD = line_of("%sum = "), line_of("%a = ")
ARGUMENTS = ["--grid", "1", "--arg", "zeros:16", "--arg", "zeros:16", "--arg", "zeros:16", "--arg", "16"]


def fails_to_run(path, code, parts):
    return fails("run", path, *ARGUMENTS, code=code, parts=parts)


# ---------------------------------------------------------------- IR


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.9, 0.99])
def test_truncated_ir(tmp_path, share):
    text = add_text()
    (tmp_path / "k.ttir").write_text(text[: int(len(text) * share)])
    stderr = fails_to_run(tmp_path / "k.ttir", 3, "error: ")
    place, *_ = stderr.split(": error: ")
    path, line, column = place.rsplit(":", 2)
    assert path == str(tmp_path / "k.ttir") and int(line) > 0 and int(column) > 0
    assert stderr.rstrip().splitlines()[-1].strip() == "^"


@pytest.mark.parametrize("text", ["garbage", "\0\1\2\3", "%", "\xff\xfe", "module {", "}}}}", "tt.func @", '"'])
def test_garbage_ir(tmp_path, text):
    (tmp_path / "k.ttir").write_bytes(text.encode("latin-1"))
    fails_to_run(tmp_path / "k.ttir", 3, "k.ttir:1:")


def test_files_that_are_no_kernels(tmp_path):
    (tmp_path / "k.ttir").write_text("")
    fails_to_run(tmp_path / "k.ttir", 3, "is empty")
    (tmp_path / "notes.txt").write_text("Dear diary")
    fails_to_run(tmp_path / "notes.txt", 3, "is not a kernel: neither Triton IR (TTIR, TTGIR), LLVM IR, PTX nor a cubin")
    fails_to_run("/bin/ls", 3, "is an ELF file for another machine, not a cubin")
    fails_to_run(tmp_path / "none.ttir", 3, "No such file")


def test_unknown_op(tmp_path):
    text = add_text().replace("%sum = arith.addf %a, %b : tensor<16xf32>",
                              '%sum = "tt.frobnicate"(%a, %b) : (tensor<16xf32>, tensor<16xf32>) -> tensor<16xf32>')
    (tmp_path / "k.ttir").write_text(text)
    fails_to_run(tmp_path / "k.ttir", 4, [f"k.ttir:{SUM}:", "tt.frobnicate", "add.py:3"])


def test_unknown_op_that_does_not_run(tmp_path):
    """It is in a function that the kernel doesn't call."""
    other = '  tt.func private @other(%x: i32) {\n    %0 = "tt.frobnicate"(%x) : (i32) -> i32\n    tt.return\n  }\n'
    (tmp_path / "k.ttir").write_text(add_text().replace("module {\n", "module {\n" + other))
    run_ok("run", tmp_path / "k.ttir", *ARGUMENTS)


@pytest.mark.parametrize(
    "old, new, parts",
    [
        ("arith.addf %a, %b : tensor<16xf32>", "arith.addf %a, %offsets : tensor<16xf32>", [f"k.ttir:{SUM}:", "offsets"]),
        ("arith.addf %a, %b : tensor<16xf32>", "arith.addf %a, %b : tensor<8xf32>", [f"k.ttir:{SUM}:"]),
        ("arith.addf %a, %b : tensor<16xf32>", "arith.addi %a, %b : tensor<16xf32>", [f"k.ttir:{SUM}:"]),
        ("arith.addf %a, %b", "arith.addf %a, %c", [f"k.ttir:{SUM}:", "%c"]),
        ("arith.addf %a, %b", "arith.addf %a, %sum", [f"k.ttir:{SUM}:", "%sum"]),
        ("arith.addf %a, %b", "arith.addf %a", [f"k.ttir:{SUM}:"]),
        ("tt.load %xp, %mask : tensor<16x!tt.ptr<f32>>", "tt.load %offsets, %mask : tensor<16x!tt.ptr<f32>>", [f"k.ttir:{LOAD}:"]),
        ("loc(#loc1)", "loc(#loc7)", [f"k.ttir:{LOAD}:", "#loc7"]),
    ],
)
def test_ir_that_is_wrong(tmp_path, old, new, parts):
    text = add_text()
    assert old in text
    (tmp_path / "k.ttir").write_text(text.replace(old, new, 1))
    fails_to_run(tmp_path / "k.ttir", 3, parts)


def test_several_kernels(tmp_path):
    (tmp_path / "k.ttir").write_text(
        "module {\n  tt.func public @one() {\n    tt.return\n  }\n  tt.func public @two() {\n    tt.return\n  }\n}\n")
    fails("run", tmp_path / "k.ttir", "--grid", "1", code=2, parts="holds several kernels, name one: one, two")
    run_ok("run", tmp_path / "k.ttir", "--grid", "1", "--kernel", "two")
    fails("run", tmp_path / "k.ttir", "--grid", "1", "--kernel", "three", code=3,
          parts="holds no kernel 'three'; there is: one, two")


@pytest.mark.parametrize("version", ["3.0.0", "3.4.0", "3.9.0"])
@pytest.mark.parametrize("level", ["ttgir", "llir", "ptx", "cubin"])
def test_levels_without_an_engine(version, level):
    path = ARTIFACTS / version / "sm90" / "vector_add_f32"
    for words in ([path / f"vector_add_kernel.{level}"], [path, "--level", level]):
        fails("run", *words, "--grid", "1", code=4, parts=[f"is {level}, which can't run here", "'cpu' runs ttir"])


# ---------------------------------------------------------------- metadata


@pytest.mark.parametrize(
    "text, parts",
    [
        ("", ["k.json:1:1:", "metadata is not JSON"]),
        ("not JSON", ["k.json:1:", "metadata is not JSON"]),
        ('{"name": "add",', ["k.json:1:", "metadata is not JSON"]),
        ('{"name": "add"\n "num_warps": 4}', ["k.json:2:", "metadata is not JSON"]),
        ("[]", ["k.json:1:1:", "must be a JSON object, this is a list"]),
        ("{}", ['lacks the key "name", which ttir needs']),
        ('{"num_warps": 4}', ['lacks the key "name"']),
        ('{"name": 4}', ["k.json:1:2:", '"name" is an integer; it must be a string']),
        ('{"name": "add",\n  "num_warps": "4"}', ["k.json:2:3:", '"num_warps" is a string; it must be an integer']),
        ('{"name": "sub"}', ["that is of kernel 'sub', this holds: add"]),
    ],
)
def test_metadata_that_is_wrong(tmp_path, text, parts):
    (tmp_path / "k.ttir").write_text(add_text())
    (tmp_path / "k.json").write_text(text)
    fails_to_run(tmp_path / "k.ttir", 3, parts)
    (tmp_path / "k.json").rename(tmp_path / "other.json")
    fails("run", tmp_path / "k.ttir", "--metadata", tmp_path / "other.json", *ARGUMENTS, code=3,
          parts=[part.replace("k.json", "other.json") for part in parts])


def test_metadata_that_is_missing(tmp_path):
    (tmp_path / "k.ttir").write_text(add_text())
    run_ok("run", tmp_path / "k.ttir", *ARGUMENTS)
    fails("run", tmp_path / "k.ttir", "--metadata", tmp_path / "none.json", *ARGUMENTS, code=3, parts="none.json")


def test_metadata_lacks_what_a_compiled_kernel_needs(tmp_path):
    (tmp_path / "k.ptx").write_text(".version 8.0\n.target sm_90\n.visible .entry k(\n)\n")
    (tmp_path / "k.json").write_text('{"name": "k"}')
    fails("run", tmp_path / "k.ptx", "--grid", "1", code=3,
          parts='lacks the keys "num_warps", "shared", which ptx needs')


# ---------------------------------------------------------------- folders


def test_folders(tmp_path):
    fails("run", tmp_path, "--grid", "1", code=3, parts="holds no kernel: no .ttir")
    for name in ("AAA", "BBB"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "add.ttir").write_text(add_text())
    fails_to_run(tmp_path, 2, "holds this kernel in several folders, open one of them: AAA, BBB")
    run_ok("run", tmp_path / "AAA", *ARGUMENTS)
    (tmp_path / "BBB" / "copy.ttir").write_text(copy_text("f32"))
    fails("run", tmp_path / "BBB", "--grid", "1", code=2, parts="holds several kernels, name one: add, copy")
    run_ok("run", tmp_path, "--kernel", "copy", "--grid", "1", "--arg", "ones:16", "--arg", "zeros:16", "--arg", "16")
    fails("run", tmp_path, "--kernel", "cop", "--grid", "1", code=3, parts="holds no kernel 'cop'; there are: AAA/add")


# ---------------------------------------------------------------- .npy


@pytest.fixture
def copy(tmp_path):
    (tmp_path / "copy.ttir").write_text(copy_text("f32"))

    def fails_with(array_file, code, parts, hint=""):
        fails("run", "copy.ttir", "--grid", "1", "--arg", f"x=@{array_file}{hint}", "--arg", "zeros:16", "--arg", "16",
              cwd=tmp_path, code=code, parts=parts)

    return fails_with


@pytest.mark.parametrize("size", [0, 3, 6, 9, 11, 50, 127, 128, 130, 191])
def test_truncated_arrays(tmp_path, copy, size):
    save(tmp_path / "x.npy", np.arange(16, dtype=np.float32))
    data = (tmp_path / "x.npy").read_bytes()
    assert len(data) == 192
    (tmp_path / "x.npy").write_bytes(data[:size])
    copy("x.npy", 3, ["argument 0 'x' (!tt.ptr<f32>): 'x.npy' is " + ("truncated" if size else "empty")])
    if size >= 128:
        copy("x.npy", 3, f"f32 of shape 16 takes 64 bytes of data, the file has {size - 128}")


@pytest.mark.parametrize(
    "dtype, part",
    [("f8", "needs a buffer of f32, got one of f64"), ("i4", "got one of i32"), ("f2", "got one of f16"),
     (">f8", "got one of f64"), ("?", "got one of i1"), ("u1", "got one of u8")],
)
def test_arrays_of_another_type(tmp_path, copy, dtype, part):
    save(tmp_path / "x.npy", np.zeros(16, dtype=dtype))
    copy("x.npy", 2, part)


@pytest.mark.parametrize("dtype", ["c8", "U3", "S3", "M8[s]", "f4,i4", "V8"])
def test_arrays_of_types_that_no_kernel_has(tmp_path, copy, dtype):
    save(tmp_path / "x.npy", np.zeros(16, dtype=dtype))
    copy("x.npy", 3, "elements")


def test_hints(tmp_path, copy):
    save(tmp_path / "x.npy", np.zeros(16, dtype=np.float64))
    copy("x.npy", 3, "holds f64 ('<f8'), not bf16", hint=":bf16")
    save(tmp_path / "x.npy", np.zeros(16, dtype=ml_dtypes.float8_e4m3fn))
    copy("x.npy", 2, "say which it is, f8e4m3fn or f8e5m2")
    copy("x.npy", 2, "needs a buffer of f32, got one of f8e5m2", hint=":float8_e5m2")


def test_files_that_are_no_arrays(tmp_path, copy):
    np.savez(tmp_path / "x.npz", a=np.zeros(3))
    copy("x.npz", 3, "is not a .npy file")
    copy("copy.ttir", 3, "is not a .npy file")
    copy("none.npy", 3, ["'none.npy'", "No such file"])
    copy(".", 3, "Is a directory")
    (tmp_path / "x.npy").write_bytes(b"\x93NUMPY\x01\x00\x10\x00{'descr': 12345}\n")
    copy("x.npy", 3, "the .npy header is damaged: expected the element type")


def test_files_with_more_behind_the_array(tmp_path):
    """np.load takes no notice of it either."""
    (tmp_path / "copy.ttir").write_text(copy_text("f32"))
    save(tmp_path / "x.npy", np.arange(16, dtype=np.float32))
    with open(tmp_path / "x.npy", "ab") as file:
        file.write(b"more")
    run_ok("run", "copy.ttir", "--grid", "1", "--arg", "@x.npy", "--arg", "zeros:16", "--arg", "16", "--expect",
           "out=x.npy", cwd=tmp_path)


def test_a_pipe_is_a_file_too(tmp_path):
    (tmp_path / "copy.ttir").write_text(copy_text("f32"))
    save(tmp_path / "x.npy", np.arange(16, dtype=np.float32))
    data = (tmp_path / "x.npy").read_bytes()
    import subprocess

    from cli_helpers import CLI

    command = [CLI, "run", "copy.ttir", "--grid", "1", "--arg", "@/dev/stdin", "--arg", "zeros:16", "--arg", "16",
               "--expect", "out=x.npy"]
    result = subprocess.run(command, input=data, capture_output=True, cwd=tmp_path, timeout=60)
    assert result.returncode == 0, result.stderr


def test_errors_say_where_as_json(tmp_path):
    (tmp_path / "k.ttir").write_text(add_text().replace("%b : tensor", "%c : tensor", 1))
    error = run_json("run", tmp_path / "k.ttir", *ARGUMENTS, code=3)["error"]
    assert error["status"] == "invalid input" and error["line"] == SUM and error["column"] > 1
    assert error["file"] == str(tmp_path / "k.ttir")
    assert "%c" in error["message"]
    assert json.loads(run("show", tmp_path / "none.ttir", "--json").stdout)["error"]["status"] == "not found"


def test_examples_with_one_byte_changed(tmp_path):
    """Whatever is done to a kernel's text, the program ends with a message, not a crash."""
    text = ADD.read_bytes()
    random = np.random.default_rng(5)
    for _ in range(60):
        damaged = bytearray(text)
        damaged[random.integers(len(damaged))] = random.integers(256)
        (tmp_path / "k.ttir").write_bytes(bytes(damaged))
        result = run("show", tmp_path / "k.ttir", "--json")
        assert result.returncode in (0, 3, 4), (result.returncode, result.stderr)
        json.loads(result.stdout)
