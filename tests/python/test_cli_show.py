"""triton-runner show, info, help and the program itself."""

import json
import re

import pytest

from cli_helpers import ADD, ARTIFACTS, add_text, fails, line_of, run, run_json, run_ok


def test_show_text(tmp_path):
    text = run_ok("show", ADD)
    assert f"{ADD}: ttir, {ADD.stat().st_size} bytes" in text
    assert "kernel vector_add_kernel\n" in text
    assert "triton_version: 3.9.0" in text and "num_warps: 4" in text
    assert "runs on cpu, tile VM" in text
    assert re.search(r"0  x +!tt\.ptr<f32>  divisible by 16", text)
    assert re.search(r"3  n +i32\n", text)
    assert re.search(r"12 ops, used 19 times", text)
    assert re.search(r"2  tt\.load\n", text)
    assert "can't run" not in text


def test_show_json():
    report = run_json("show", ADD)
    assert report["level"] == "ttir" and report["kernel"] == "vector_add_kernel" and report["runs"] is True
    assert report["reason"] is None and report["size"] == ADD.stat().st_size
    assert report["parameters"][0] == {
        "index": 0, "name": "x", "type": "!tt.ptr<f32>", "dtype": "f32", "is_pointer": True, "divisibility": 16,
        "optional": False}
    assert report["target"] is None and "text" not in report
    loads = next(op for op in report["ops"] if op["name"] == "tt.load")
    assert loads["count"] == 2 and loads["runs"] is True and loads["reason"] is None
    assert loads["source"]["file"] == "examples/kernels/vector_add.py" and loads["source"]["line"] > 0
    assert report["metadata"]["num_warps"] == "4"
    assert report["metadata"]["target"] == '{"backend": "cuda", "arch": 90, "warp_size": 32}'
    assert "steps" not in report


def test_show_a_folder():
    report = run_json("show", ADD.parent)
    assert report["level"] == "ttir"
    assert sorted(entry["level"] for entry in report["kernels"]) == ["cubin", "llir", "ptx", "ttgir", "ttir"]
    assert "levels there: cubin llir ptx ttgir ttir" in run_ok("show", ADD.parent)


def test_show_a_folder_of_folders():
    text = run_ok("show", ARTIFACTS / "3.9.0" / "sm90")
    assert "holds several kernels; name one with --kernel, or open its folder" in text
    assert "softmax_kernel" in text and "matmul_bf16/matmul_kernel.ttir" in text
    report = run_json("show", ARTIFACTS / "3.9.0" / "sm90")
    assert {"softmax_kernel", "matmul_kernel"} <= {entry["kernel"] for entry in report["kernels"]}
    assert run_json("show", ARTIFACTS / "3.9.0" / "sm90", "--kernel", "softmax_kernel")["level"] == "ttir"


@pytest.mark.parametrize("version", ["3.0.0", "3.4.0", "3.9.0"])
@pytest.mark.parametrize("level", ["ttir", "ttgir", "llir", "ptx", "cubin"])
def test_show_every_level(version, level):
    path = ARTIFACTS / version / "sm90" / "softmax_f32"
    report = run_json("show", path, "--level", level)
    assert report["level"] == level and report["kernel"] == "softmax_kernel"
    assert report["runs"] is (level == "ttir")
    if level != "ttir":
        assert f"is {level}, which can't run here" in report["reason"]
        assert "can't run: " in run_ok("show", path, "--level", level)


def test_show_several_kernels_of_a_file(tmp_path):
    (tmp_path / "k.ttir").write_text(
        "module {\n  tt.func public @one() {\n    tt.return\n  }\n  tt.func public @two() {\n    tt.return\n  }\n}\n")
    report = run_json("show", tmp_path / "k.ttir")
    assert [entry["kernel"] for entry in report["kernels"]] == ["one", "two"]
    assert run_json("show", tmp_path / "k.ttir", "--kernel", "two")["kernel"] == "two"


def test_show_what_cannot_run(tmp_path):
    text = add_text().replace("%sum = arith.addf %a, %b : tensor<16xf32> loc(#loc)",
                              '%sum = "tt.frobnicate"(%a, %b) : (tensor<16xf32>, tensor<16xf32>) -> tensor<16xf32> loc(#loc1)')
    path = tmp_path / "k.ttir"
    path.write_text(text)
    shown = run_ok("show", path)
    assert "can't run: " in shown and "1 of them can't run" in shown
    assert f"at {path}:{line_of('%sum = ')}:5, from add.py:7" in shown
    report = run_json("show", path)
    assert report["runs"] is False and "tt.frobnicate" in report["reason"]
    op = next(op for op in report["ops"] if op["name"] == "tt.frobnicate")
    assert op["runs"] is False and op["reason"] and (op["line"], op["column"]) == (line_of("%sum = "), 5)
    assert op["source"] == {"file": "add.py", "line": 7, "column": 9}
    fails("show", path, "--steps", code=4, parts="tt.frobnicate")


def test_show_steps():
    text = run_ok("show", ADD, "--steps")
    assert text.startswith(run_ok("show", ADD).rstrip("\n"))
    report = run_json("show", ADD, "--steps")
    assert report["steps"] in text and len(report["steps"].splitlines()) > 3


# ---------------------------------------------------------------- the text


@pytest.mark.parametrize("version", ["3.0.0", "3.4.0", "3.9.0"])
@pytest.mark.parametrize("level", ["ttir", "ttgir", "llir", "ptx"])
def test_print_gives_the_text_back(version, level):
    """Byte for byte: Triton printed it."""
    folder = ARTIFACTS / version / "sm90" / "softmax_f32"
    [path] = folder.glob(f"*.{level}")
    assert run_ok("show", path, "--print") == path.read_text()
    assert run_ok("show", folder, "--level", level, "--print") == path.read_text()


def test_print_in_other_forms(tmp_path):
    stripped = run_ok("show", ADD, "--strip-locations")
    assert "loc(" not in stripped and "#loc" not in stripped and "tt.load %" in stripped
    generic = run_ok("show", ADD, "--generic")
    assert '"tt.load"(' in generic and "loc(" in generic
    both = run_ok("show", ADD, "--print", "--generic", "--strip-locations")
    assert '"tt.load"(' in both and "loc(" not in both
    for number, text in enumerate((stripped, generic, both)):
        path = tmp_path / f"{number}.ttir"
        path.write_text(text)
        report = run_json("show", path)
        assert report["runs"] is True and [op["name"] for op in report["ops"]] == [
            op["name"] for op in run_json("show", ADD)["ops"]]
    assert run_ok("show", tmp_path / "2.ttir", "--generic", "--strip-locations") == both


def test_print_as_json():
    report = run_json("show", ADD, "--print", "--steps")
    assert report["text"] == ADD.read_text() and report["steps"]


def test_print_that_makes_no_sense():
    folder = ARTIFACTS / "3.9.0" / "sm90" / "softmax_f32"
    fails("show", ADD, "--print", "--steps", code=2, parts="both want stdout")
    fails("show", folder, "--level", "cubin", "--print", code=4, parts="is a cubin, which has no text to print")
    fails("show", folder, "--level", "ptx", "--generic", code=4, parts="is ptx, which can only be printed as it is")
    fails("show", folder, "--level", "llir", "--strip-locations", code=4, parts="is llir, which can only be printed as")


# ---------------------------------------------------------------- images


@pytest.mark.parametrize("level", ["ptx", "cubin"])
@pytest.mark.parametrize("version, hidden", [("3.0.0", 0), ("3.4.0", 1), ("3.9.0", 2)])
def test_images_say_their_target_and_parameters(tmp_path, version, hidden, level):
    [path] = (ARTIFACTS / version / "sm90" / "softmax_f32").glob(f"*.{level}")
    report = run_json("show", path)
    assert report["target"].startswith("sm_90") and len(report["parameters"]) == 5
    assert not any(param["optional"] for param in report["parameters"])
    assert re.search(r"\nmade for sm_90a?\n", run_ok("show", path))
    alone = tmp_path / path.name  # without the metadata nobody knows how many are hidden
    alone.write_bytes(path.read_bytes())
    report = run_json("show", alone)
    optional = [param["optional"] for param in report["parameters"]]
    assert len(optional) == 5 + hidden and sum(optional) >= hidden and not any(optional[:3])
    text = run_ok("show", alone)
    assert text.count("optional: it may be the compiler's own") == sum(optional)


def test_info():
    text = run_ok("info")
    assert "triton-runner 0." in text and "jansson" in text
    report = run_json("info", "--threads", "3")
    assert report["threads"] == 3 and report["isa"] in ("baseline", "avx2", "avx512")
    assert [device["name"] for device in report["devices"]] == ["cpu", "cuda"]
    assert [device["available"] for device in report["devices"]] == [True, False]
    levels = {row["level"]: row for row in report["levels"]}
    assert list(levels) == ["ttir", "ttgir", "llir", "ptx", "cubin"]
    assert levels["ttir"]["cpu"] == {"engine": "tile VM", "reason": None}
    assert levels["cubin"]["cpu"]["engine"] is None and "GPU" in levels["cubin"]["cpu"]["reason"]
    assert run_json("info", env={"TRITON_RUNNER_ISA": "baseline", "TRITON_RUNNER_THREADS": "2"})["isa"] == "baseline"
    fails("info", code=2, parts="instruction set 'mmx'", env={"TRITON_RUNNER_ISA": "mmx"})
    fails("info", "file", code=2, parts="'file' is too much: it takes no operand")


COMMANDS = ["run", "show", "info", "demo"]


def test_help():
    overview = run_ok("--help")
    assert run_ok("help") == overview == run_ok("-h")
    for command in COMMANDS:
        assert f"\n  {command} " in overview
        text = run_ok(command, "--help")
        assert text.startswith(f"usage: triton-runner {command}")
        assert "--json" in text and "examples:\n" in text
        assert run_ok("help", command) == text
        assert max(map(len, text.splitlines())) <= 240
    assert run_ok("--version").startswith("triton-runner 0.")


def test_commands_that_make_no_sense():
    fails(code=2, parts="a command is missing")
    fails("rum", code=2, parts="there is no command 'rum'; did you mean 'run'?")
    fails("frobnicate", code=2, parts="there is no command 'frobnicate'; see triton-runner --help")
    fails("help", "rum", code=2, parts="did you mean 'run'?")
    fails("show", code=2, parts="FILE|FOLDER is missing")


def test_a_full_disk_is_noticed():
    with open("/dev/full", "w") as full:
        import subprocess

        from cli_helpers import CLI

        result = subprocess.run([CLI, "info"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert result.returncode == 3 and "cannot write to stdout" in result.stderr


def test_every_example_of_the_help_has_known_options():
    for command in COMMANDS:
        options = set(re.findall(r"^  (--[\w-]+)", run_ok(command, "--help"), re.MULTILINE))
        lines = run_ok(command, "--help").split("examples:\n")[1].splitlines()
        assert lines
        for line in lines:
            assert line.startswith(f"  triton-runner {command}")
            assert set(re.findall(r" (--[\w-]+)", line)) <= options
    json.loads(run("info", "--json").stdout)
