"""triton-runner demo."""

import shutil

import pytest

from cli_helpers import ROOT, fails, run, run_json, run_ok

KEYS = {"kernel", "triton", "level", "device", "time_ms", "max_error", "verdict"}


@pytest.fixture
def examples(tmp_path):
    """A copy of the examples that may be damaged."""
    folder = tmp_path / "examples"
    for name in ("vector_add_f32", "softmax_f32"):
        shutil.copytree(ROOT / "examples" / "artifacts" / "3.9.0" / "sm90" / name,
                        folder / "artifacts" / "3.9.0" / "sm90" / name)
    shutil.copy(ROOT / "examples" / "launches.json", folder)
    return folder


def ttir(examples):
    return examples / "artifacts" / "3.9.0" / "sm90" / "vector_add_f32" / "vector_add_kernel.ttir"


def test_every_example_is_right():
    rows = run_json("demo", "--examples", ROOT / "examples", "--device", "cpu", timeout=300)["rows"]
    assert all(set(row) == KEYS for row in rows)
    assert all(row["verdict"] == "ok" for row in rows)
    assert all(row["level"] == "ttir" and row["device"] == "cpu" and row["time_ms"] > 0 for row in rows)
    kernels = {row["kernel"] for row in rows}
    assert {"vector_add_f32", "softmax_f32", "layer_norm_f32", "matmul_f32_tf32", "matmul_f32_ieee", "matmul_f16",
            "matmul_bf16"} <= kernels
    assert {row["triton"] for row in rows} >= {"3.0.0", "3.4.0", "3.9.0"}
    there = {path.parent.name for path in (ROOT / "examples" / "artifacts").glob("*/*/*/*.ttir")}
    assert kernels == there, "every example has a launch and a reference"


def test_table():
    text = run_ok("demo", "--examples", ROOT / "examples", "--kernel", "vector", "--triton", "3.9.0", "--device",
                  "cpu")
    lines = text.splitlines()
    assert lines[0].split() == ["kernel", "Triton", "level", "device", "time", "largest", "error", "verdict"]
    assert lines[1].split()[:4] == ["vector_add_f32", "3.9.0", "ttir", "cpu"]
    assert lines[1].endswith("ok") and lines[2] == "1 ok, 0 wrong, 0 unsupported" and len(lines) == 3


def test_devices_and_targets(examples):
    words = ["demo", "--examples", examples]
    fails(*words, "--device", "tpu", code=2, parts="there is no device 'tpu'; there are cpu, cuda, cuda:N and all")
    nothing = {"TRITON_RUNNER_CUDA_DRIVER": str(examples / "none.so")}
    fails(*words, "--device", "cuda", code=4, parts="device 'cuda' is not there: ", env=nothing)
    for device in ([], ["--device", "all"], ["--device", "cpu"], ["--target", "sm90"]):
        rows = run_json(*words, *device, env=nothing)["rows"]
        assert [row["device"] for row in rows] == ["cpu", "cpu"], "a GPU that isn't there has no rows"
    fails(*words, "--target", "sm80", code=3, parts="no example in")


def test_the_newest_target_is_taken(examples):
    folder = examples / "artifacts" / "3.9.0"
    shutil.copytree(folder / "sm90", folder / "sm100")
    path = folder / "sm100" / "vector_add_f32" / "vector_add_kernel.ttir"
    path.write_text(path.read_text().replace("arith.addf", "arith.subf"))
    words = ["demo", "--examples", examples, "--kernel", "vector", "--device", "cpu"]
    assert [row["verdict"] for row in run_json(*words, code=1)["rows"]] == ["wrong"]
    assert [row["verdict"] for row in run_json(*words, "--target", "sm90")["rows"]] == ["ok"]


def test_a_wrong_kernel_is_found(examples):
    text = ttir(examples).read_text()
    ttir(examples).write_text(text.replace("arith.addf", "arith.subf"))
    rows = run_json("demo", "--examples", examples, code=1)["rows"]
    assert {row["kernel"]: row["verdict"] for row in rows} == {"softmax_f32": "ok", "vector_add_f32": "wrong"}
    wrong = next(row for row in rows if row["verdict"] == "wrong")
    assert 1 < wrong["max_error"] <= 2


def test_a_broken_kernel_is_wrong(examples):
    ttir(examples).write_text(ttir(examples).read_text()[:1000])
    result = run("demo", "--examples", examples, "--kernel", "vector")
    assert result.returncode == 1
    assert "wrong" in result.stdout and "vector_add_f32, Triton 3.9.0, ttir on cpu: " in result.stderr


def test_an_unsupported_kernel(examples):
    text = ttir(examples).read_text()
    ttir(examples).write_text(text.replace(
        "arith.addf %a_7, %b_9 : tensor<1024xf32>",
        '"tt.frobnicate"(%a_7, %b_9) : (tensor<1024xf32>, tensor<1024xf32>) -> tensor<1024xf32>'))
    [row] = run_json("demo", "--examples", examples, "--kernel", "vector")["rows"]
    assert row["verdict"] == "unsupported" and row["time_ms"] is None and row["max_error"] is None


def test_where_the_examples_are(examples, tmp_path):
    assert len(run_json("demo", env={"TRITON_RUNNER_EXAMPLES": str(examples)})["rows"]) == 2
    fails("demo", "--examples", tmp_path / "none", code=3, parts="there is no launches.json in")
    fails("demo", "--examples", examples, "--kernel", "nothing", code=3, parts="no example in")
    (examples / "launches.json").write_text("[{}]")
    fails("demo", "--examples", examples, code=3, parts="lacks a key of 'variant kernel")
    (examples / "launches.json").write_text("[")
    fails("demo", "--examples", examples, code=3, parts="is not a list of launches")
