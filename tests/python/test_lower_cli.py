"""triton-runner compile: with real Tritons where tools/triton_venvs.sh has put them, and without any."""

import json
import os
import subprocess
import time
from pathlib import Path

import pytest
from cli_helpers import ARTIFACTS, CLI, run, run_json, run_ok

pytestmark = pytest.mark.skipif(run("compile", "--help").returncode != 0, reason="this build has no compile command")

VENVS = Path(os.environ.get("TRITON_RUNNER_VENVS") or Path.home() / ".cache" / "triton-runner" / "venvs")
PTX_TEXT = ".version 8.4\n.target sm_90a\n.address_size 64\n.visible .entry add(\n)\n.reqntid 128, 1, 1\n{\nret;\n}\n"


def python_of(version):
    path = VENVS / version / "bin" / "python"
    if not path.exists():
        pytest.skip(f"no Triton {version}: tools/triton_venvs.sh {version}")
    return path


def artifact(version, kernel, suffix):
    return next((ARTIFACTS / version / "sm90" / kernel).glob(f"*.{suffix}"))


@pytest.fixture(autouse=True)
def places(tmp_path, monkeypatch):
    """A cache, a folder for temporary files and a working folder of the test's own."""
    for name in ("tmp", "work"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("TRITON_RUNNER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.chdir(tmp_path / "work")
    yield
    assert list((tmp_path / "tmp").iterdir()) == []


def wait_until(true):
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def write_program(path, text):
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.fixture
def ptxas(tmp_path):
    """A program that stands in for ptxas: the cubin is the PTX."""
    return write_program(tmp_path / "ptxas", """#!/bin/sh
case $1 in
--version) echo 'Cuda compilation tools, release 12.4, V12.4.99'; exit;;
--help) echo "'sm_90a', 'sm_90', 'sm_75'"; exit;;
esac
for word; do case $word in *.ptx) in=$word;; *.cubin) out=$word;; esac; done
grep -q broken $in && { echo "ptxas $in, line 8; error   : broken" >&2; exit 255; }
echo 'ptxas info    : Used 8 registers' >&2
cp $in $out
""")


@pytest.fixture
def ptx():
    Path("add.ptx").write_text(PTX_TEXT)
    return Path("add.ptx")


# ---------------------------------------------------------------- with Triton


@pytest.mark.parametrize("version", ["3.0.0", "3.4.0", "3.9.0"])
def test_ttir_to_cubin_is_what_triton_makes(version):
    source = artifact(version, "softmax_f32", "ttir")
    report = run_json("compile", source, "--to", "cubin", "--python", python_of(version), timeout=200)
    assert (report["from"], report["to"], report["target"], report["cached"]) == ("ttir", "cubin", "sm_90", False)
    assert report["kernel"] == "softmax_kernel" and f"Triton {version}" in report["tools"]
    assert [row["path"] for row in report["written"]] == ["softmax_kernel.sm_90.cubin", "softmax_kernel.sm_90.json"]
    assert Path("softmax_kernel.sm_90.cubin").read_bytes() == artifact(version, "softmax_f32", "cubin").read_bytes()
    made = json.loads(Path("softmax_kernel.sm_90.json").read_text())
    theirs = json.loads(artifact(version, "softmax_f32", "json").read_text())
    assert made == report["metadata"]
    ours = {"hash", "extern_libs", "triton_version"}
    assert {k: v for k, v in made.items() if k not in ours} == {k: v for k, v in theirs.items() if k not in ours}


def test_results_come_from_the_cache(tmp_path):
    source, python = artifact("3.4.0", "vector_add_f32", "ttir"), python_of("3.4.0")
    words = ["compile", source, "--to", "ptx", "--target", "sm_80", "--python", python]
    assert not run_json(*words, "--no-cache", timeout=200)["cached"]
    assert not (tmp_path / "cache").exists()
    first = run_json(*words, timeout=200)
    text = Path("vector_add_kernel.sm_80.ptx").read_text()
    Path("vector_add_kernel.sm_80.ptx").unlink()
    again = run_json(*words, timeout=200)
    assert (first["cached"], again["cached"]) == (False, True)
    assert Path("vector_add_kernel.sm_80.ptx").read_text() == text
    assert not run_json(*words, "--option", "num_warps=8", timeout=200)["cached"]
    assert ".maxntid 256" in Path("vector_add_kernel.sm_80.ptx").read_text() or ".reqntid 256" in Path(
        "vector_add_kernel.sm_80.ptx").read_text()


def test_stages_are_kept_and_can_go_further():
    python = python_of("3.4.0")
    report = run_json("compile", artifact("3.4.0", "softmax_f32", "ttir"), "--to", "ptx", "--target", "sm_75", "--keep",
                      "stages", "--python", python, timeout=200)
    names = ["softmax_kernel.ttgir", "softmax_kernel.llir", "softmax_kernel.ptx", "softmax_kernel.json"]
    assert [row["path"] for row in report["written"]] == [f"stages/{name}" for name in names]
    assert sorted(path.name for path in Path("stages").iterdir()) == sorted(names)
    further = ["--to", "cubin", "--target", "sm_90", "--python", python]
    upward = run_json("compile", "stages/softmax_kernel.ttgir", *further, timeout=200)
    assert upward["metadata"]["target"]["arch"] == 90 and upward["metadata"]["shared"] > 0
    assert ".target sm_75" in Path("stages/softmax_kernel.ptx").read_text()
    run_json("compile", "stages/softmax_kernel.ptx", *further, timeout=200)


def test_an_abort_of_triton_is_an_error():
    result = run("compile", artifact("3.0.0", "matmul_f16", "ttir"), "--to", "cubin", "--target", "sm_100", "--python",
                 python_of("3.1.0"), timeout=200)
    assert result.returncode == 3
    assert "killed by SIGABRT" in result.stderr and "sm_100" in result.stderr
    assert "computeCapability not supported" in result.stderr


def test_nothing_stays_when_the_program_is_killed(tmp_path):
    """The Python process notices, and takes its folder with it."""
    words = ["compile", artifact("3.4.0", "matmul_f16", "ttir"), "--to", "ptx", "--python", python_of("3.4.0")]
    process = subprocess.Popen([CLI, *map(str, words)], stdout=subprocess.DEVNULL)
    wait_until(lambda: list((tmp_path / "tmp").iterdir()))
    process.kill()
    process.wait()
    wait_until(lambda: not list((tmp_path / "tmp").iterdir()))


def test_an_option_that_triton_does_not_have():
    result = run("compile", artifact("3.4.0", "matmul_f16", "ttir"), "--to", "ptx", "--python", python_of("3.4.0"),
                 "--option", "num_wraps=4", timeout=200)
    assert result.returncode == 2
    assert "no option 'num_wraps'" in result.stderr


# ---------------------------------------------------------------- without


def test_ptx_to_cubin(ptx, ptxas):
    out = run_ok("compile", ptx, "--to", "cubin", "--ptxas", ptxas)
    assert out.startswith("add: ptx to cubin for sm_90 by ptxas 12.4 (")
    assert "add.sm_90.cubin" in out and "add.sm_90.json" in out
    assert Path("add.sm_90.cubin").read_text() == PTX_TEXT
    metadata = json.loads(Path("add.sm_90.json").read_text())
    assert metadata["name"] == "add" and metadata["num_warps"] == 4
    assert "from the cache" in run_ok("compile", ptx, "--to", "cubin", "--ptxas", ptxas)


def test_out(ptx, ptxas):
    run_ok("compile", ptx, "--to", "cubin", "--ptxas", ptxas, "--out", "elsewhere.cubin")
    assert sorted(path.name for path in Path().iterdir()) == ["add.ptx", "elsewhere.cubin", "elsewhere.json"]
    assert run_ok("compile", ptx, "--to", "cubin", "--ptxas", ptxas, "--out", "-") == PTX_TEXT
    result = run("compile", ptx, "--to", "cubin", "--ptxas", ptxas, "--out", "no/such/folder/a.cubin")
    assert result.returncode == 3 and "no/such/folder" in result.stderr


def test_the_input_is_never_replaced(ptx, ptxas):
    Path("add.json").write_text('{"name": "add", "num_warps": 4, "shared": 0}')
    for words in (["--out", "add.ptx"], ["--out", "add.cubin"], ["--out", "add.json"], ["--keep", "."]):
        result = run("compile", ptx, "--to", "cubin", "--ptxas", ptxas, *words)
        assert result.returncode == 2, result.stderr
    assert sorted(path.name for path in Path().iterdir()) == ["add.json", "add.ptx"]
    assert ptx.read_text() == PTX_TEXT and "target" not in Path("add.json").read_text()


def test_verbose_shows_what_ptxas_says(ptx, ptxas):
    assert "Used 8 registers" in run("compile", ptx, "--to", "cubin", "--ptxas", ptxas, "--verbose").stderr


def test_a_complaint_of_ptxas_has_its_place(ptxas):
    Path("bad.ptx").write_text(PTX_TEXT.replace("ret;", "broken;"))
    result = run("compile", "bad.ptx", "--to", "cubin", "--ptxas", ptxas)
    assert result.returncode == 3
    assert result.stderr.startswith("bad.ptx:8:1: error: ptxas 12.4 for sm_90a: broken\nbroken;\n^")
    error = run_json("compile", "bad.ptx", "--to", "cubin", "--ptxas", ptxas, code=3)["error"]
    assert (error["file"], error["line"]) == ("bad.ptx", 8)


@pytest.mark.parametrize(
    "words, part",
    [
        ([], "--to is missing"),
        (["--to", "sass"], "there is no level 'sass'"),
        (["--to", "ptx"], "is PTX already"),
        (["--to", "ttir"], "not up to TTIR"),
        (["--to", "cubin", "--target", "gfx942"], "'gfx942' is no target"),
        (["--to", "cubin", "--option", "num_warps"], "is not NAME=VALUE"),
        (["--to", "cubin", "--option", "num_warps=8"], "has no effect on PTX"),
        (["--to", "cubin", "--out", "-", "--json"], "both want stdout"),
    ],
)
def test_usage(ptx, words, part):
    result = run("compile", ptx, *words)
    assert result.returncode == 2
    assert part in result.stderr


def test_a_target_that_the_ptx_cannot_go_to(ptx):
    result = run("compile", ptx, "--to", "cubin", "--target", "sm_120")
    assert result.returncode == 3
    assert "sm_90a" in result.stderr and "sm_120" in result.stderr


TTGIR = """\
module attributes {"ttg.num-warps" = 4 : i32, ttg.target = "cuda:90"} {
  tt.func public @k() {
    tt.return
  }
}
"""


@pytest.mark.parametrize(
    "script, words, code, part",
    [
        (None, [], 4, "cannot start the Python"),
        ("echo hello", [], 3, 'no answer: "hell"'),
        ("exit 3", [], 3, "exited with status 3 before it said hello"),
        ("kill -ABRT $$", [], 3, "was killed by SIGABRT"),
        ("sleep 1000", ["--timeout", "0.5"], 124, "was not done within 0.5 s"),
    ],
)
def test_a_python_that_is_none(tmp_path, script, words, code, part):
    Path("k.ttgir").write_text(TTGIR)
    python = tmp_path / "python"
    if script:
        write_program(python, f"#!/bin/sh\n{script}\n")
    result = run("compile", "k.ttgir", "--to", "ptx", *words, env={"TRITON_RUNNER_PYTHON": str(python)})
    assert result.returncode == code
    assert part in result.stderr and str(python) in result.stderr and "TRITON_RUNNER_PYTHON" in result.stderr
    assert [path.name for path in Path().iterdir()] == ["k.ttgir"]


def test_a_file_that_is_missing():
    result = run("compile", "nothing.ttir", "--to", "ptx")
    assert result.returncode == 3 and "nothing.ttir" in result.stderr
