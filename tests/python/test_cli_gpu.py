"""The command line on a GPU, with a driver that has none: its kernels do nothing, but what they get is checked.

The driver is tests/fake_cuda, which FAKE_CUDA_* variables steer."""

import shutil

import numpy as np
import pytest

from cli_helpers import ARTIFACTS, BUILD, ROOT, fails, run, run_json, run_ok, save

DRIVER = BUILD / "tests" / "fake_cuda" / "libfake_cuda.so"
FAKE = {"TRITON_RUNNER_CUDA_DRIVER": str(DRIVER)}
FOLDER = ARTIFACTS / "3.9.0" / "sm90" / "vector_add_f32"
ARGS = ["--grid", "4", "--arg", "arange:f32:4096", "--arg", "ones:f32:4096", "--arg", "zeros:f32:4096", "--arg", "4096"]

pytestmark = pytest.mark.skipif(not DRIVER.exists(), reason="the fake driver is not built")


@pytest.fixture
def cubin(tmp_path):
    """Without its metadata."""
    return shutil.copy(FOLDER / "vector_add_kernel.cubin", tmp_path)


def test_a_cubin_runs():
    report = run_json("run", FOLDER, "--device", "cuda", *ARGS, "--print", "0", env=FAKE)
    assert report["level"] == "cubin" and report["device"] == "cuda"
    assert report["values"][0]["values"] == list(range(32))
    assert " on cuda, grid 4x1x1: " in run_ok("run", FOLDER, "--device", "cuda", *ARGS, env=FAKE)


def test_hidden_parameters_may_be_left_out(cubin):
    words = ["run", cubin, "--device", "cuda", *ARGS]
    run_ok(*words, env=FAKE)
    run_ok(*words, "--arg", "null", "--arg", "null", env=FAKE)
    fails(*words[:-2], env=FAKE, code=2, parts=["too few arguments: missing arg3: 4 bytes (kernel", "arg5: pointer)"])
    fails(*words[:-2], "--arg", "4=null", env=FAKE, code=2, parts="missing arg3: 4 bytes (kernel")
    fails(*words, *["--arg", "null"] * 3, env=FAKE, code=2, parts="too many arguments: 'null' is one too many")


@pytest.mark.parametrize("value", ["4096", "i32:4096", "1.5", "f32:inf", "-1", "0x10"])
def test_numbers_where_only_the_size_is_known(cubin, value):
    run_ok("run", cubin, "--device", "cuda", *ARGS[:-1], value, env=FAKE)


@pytest.mark.parametrize(
    "value, part",
    [
        ("i64:4096", "argument 3 is a parameter of 4 bytes, got i64"), ("f16:1", "4 bytes, got f16"),
        ("4294967296", "4294967296 does not fit i32"), ("x", "'x' is not a number"),
        ("zeros:f32:4", "is a parameter of 4 bytes, no buffer"),
    ],
)
def test_numbers_that_do_not_fit(cubin, value, part):
    fails("run", cubin, "--device", "cuda", *ARGS[:-1], value, env=FAKE, code=2, parts=part)


def test_repeated_launches_keep_their_buffers_on_the_device(tmp_path):
    """One copy of each of three buffers for the first launch, one more for all that are timed, and no copy back."""
    words = ["run", FOLDER, "--device", "cuda", *ARGS, "--repeat", "5", "--warmup", "2", "--out", f"2={tmp_path}/o.npy"]
    timing = run_json(*words, env=FAKE)["timing"]
    assert timing["repeat"] == 5 and timing["buffer_bytes"] == 3 * 4096 * 4
    assert np.load(tmp_path / "o.npy").tolist() == [0] * 4096
    result = run(*words, env={**FAKE, "FAKE_CUDA_FAIL": "cuMemAlloc:5:2"})
    assert result.returncode == 5 and "CUDA_ERROR_OUT_OF_MEMORY" in result.stderr
    run_ok(*words, env={**FAKE, "FAKE_CUDA_FAIL": "cuMemAlloc:7:2"})


def test_a_difference_has_no_program(tmp_path):
    save(tmp_path / "e.npy", np.arange(4096, dtype=np.float32) + 1)
    words = ["run", FOLDER, "--device", "cuda", *ARGS, "--expect", f"2={tmp_path}/e.npy"]
    assert run_json(*words, env=FAKE, code=1)["comparisons"][0]["first"]["program"] is None
    result = run(*words, env=FAKE)
    assert "[0] (element 0): 0, expected 1\n" in result.stdout


@pytest.mark.parametrize("option, part", [(["--programs", "1"], "a GPU has no chosen programs"),
                                          (["--profile"], "only a kernel of the tile VM has steps to profile")])
def test_what_a_gpu_does_not_have(option, part):
    fails("run", FOLDER, "--device", "cuda", *ARGS, *option, env=FAKE, code=4, parts=part)


def test_a_kernel_that_faults():
    error = run_json("run", FOLDER, "--device", "cuda", *ARGS, env={**FAKE, "FAKE_CUDA_FAULT": "700"}, code=3)["error"]
    assert error["status"] == "out of bounds" and "CUDA_ERROR_ILLEGAL_ADDRESS" in error["message"]


def test_the_ptxas_that_is_asked_for(tmp_path):
    path = FOLDER / "vector_add_kernel.ptx"
    fails("run", path, "--device", "cuda", *ARGS, "--ptxas", tmp_path / "none", "--no-cache", env=FAKE, code=3,
          parts=["ptxas", str(tmp_path / "none")])


def test_the_python_that_is_asked_for(tmp_path):
    path = FOLDER / "vector_add_kernel.ttir"
    fails("run", path, "--device", "cuda", *ARGS, "--python", tmp_path / "none", "--no-cache", env=FAKE, code=4,
          parts=str(tmp_path / "none"))


def test_other_devices():
    two = {**FAKE, "FAKE_CUDA_DEVICES": "2"}
    assert run_json("run", FOLDER, "--device", "cuda:1", *ARGS, env=two)["device"] == "cuda:1"
    fails("run", FOLDER, "--device", "cuda:2", *ARGS, env=two, code=4, parts="this machine has 2 GPUs")
    assert len(run_json("info", env=two)["devices"]) == 3
    other = {**FAKE, "FAKE_CUDA_ARCH": "80"}
    fails("run", FOLDER, "--device", "cuda", *ARGS, env=other, code=3, parts=["sm_90a", "sm_80"])


# ---------------------------------------------------------------- demo

DEMO = ["demo", "--examples", ROOT / "examples", "--kernel", "vector", "--triton", "3.4.0"]


def ways(*words, code, env):
    rows = run_json(*DEMO, *words, code=code, env=env)["rows"]
    assert all(set(row) == {"kernel", "triton", "level", "device", "time_ms", "max_error", "verdict"} for row in rows)
    return [(row["level"], row["device"], row["verdict"]) for row in rows]


def test_demo_has_rows_for_a_gpu():
    """Kernels of this driver do nothing, so whatever they should have computed is wrong."""
    gpu = [("cubin", "cuda", "wrong"), ("ptx", "cuda", "wrong")]
    assert ways(code=1, env=FAKE)[:2] == [("ttir", "cpu", "ok"), gpu[0]]
    assert ways("--device", "cpu", code=0, env=FAKE) == [("ttir", "cpu", "ok")]
    assert ways("--device", "cuda", code=1, env=FAKE)[0] == gpu[0]
    assert ways("--device", "cuda:1", code=1, env={**FAKE, "FAKE_CUDA_DEVICES": "2"})[0] == ("cubin", "cuda:1", "wrong")


def test_demo_of_all_levels():
    env = {**FAKE, "TRITON_RUNNER_PYTHON": "/no/such/python"}
    rows = ways("--device", "cuda", "--all-levels", code=1, env=env)
    assert [level for level, _, _ in rows] == ["cubin", "ptx", "llir", "ttgir", "ttir"]
    assert [verdict for _, _, verdict in rows[2:]] == ["unsupported"] * 3
    assert "/no/such/python" in run(*DEMO, "--device", "cuda", "--all-levels", env=env).stderr


def test_demo_on_another_gpu():
    env = {**FAKE, "FAKE_CUDA_ARCH": "80"}
    assert ways("--device", "cuda", code=0, env=env) == [("cubin", "cuda", "unsupported"), ("ptx", "cuda", "unsupported")]
    assert "vector_add_f32, Triton 3.4.0, cubin on cuda: error: " in run(*DEMO, env=env).stderr
