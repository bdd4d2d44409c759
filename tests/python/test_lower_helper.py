"""src/lower/helper.py: its greeting, its options and metadata; the stages themselves need a Triton."""

import importlib.util
import json
import os
import socket
import struct
import subprocess
import sys
import typing
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parent.parent.parent / "src" / "lower" / "helper.py"
FRAME = struct.Struct("<4sIQ")


@pytest.fixture(scope="module")
def helper():
    spec = importlib.util.spec_from_file_location("lower_helper", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# ---------------------------------------------------------------- a conversation


class Process:
    """helper.py, run by this Python, with `path` as the only place to find a Triton in."""

    def __init__(self, tmp_path, path):
        self.folder = tmp_path / "private"
        self.folder.mkdir()
        ours, theirs = socket.socketpair()
        env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        self.process = subprocess.Popen([sys.executable, "-S", SCRIPT, self.folder], stdin=theirs, stdout=theirs,
                                        stderr=subprocess.PIPE, env={**env, "PYTHONPATH": str(path)})
        theirs.close()
        self.stream = ours.makefile("rwb")
        ours.close()

    def read(self):
        magic, json_size, payload_size = FRAME.unpack(self.stream.read(FRAME.size))
        assert magic == b"TRL1"
        return json.loads(self.stream.read(json_size)), self.stream.read(payload_size)

    def write(self, value, payload=b""):
        text = json.dumps(value).encode()
        self.stream.write(FRAME.pack(b"TRL1", len(text), len(payload)) + text + payload)
        self.stream.flush()

    def end(self):
        """What it said on stderr. Its folder goes away with it."""
        self.stream.close()
        log = self.process.stderr.read().decode()
        assert self.process.wait(10) == 0
        assert not self.folder.exists()
        return log


REQUEST = {"from": "ttir", "to": "ptx", "file": "k.ttir", "arch": 90, "options": {}, "metadata": {}, "time_limit": 60}


def make_triton(folder, text):
    package = folder / "site" / "triton"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(text)
    return package.parent


def test_hello_without_triton(tmp_path):
    process = Process(tmp_path, tmp_path / "nothing")
    hello, _ = process.read()
    assert hello["event"] == "hello" and hello["protocol"] == 1
    assert hello["problem"]["kind"] == "absent"
    assert process.end() == ""


def test_a_folder_that_is_called_triton_is_none(tmp_path):
    (tmp_path / "site" / "triton").mkdir(parents=True)
    process = Process(tmp_path, tmp_path / "site")
    assert process.read()[0]["problem"]["kind"] == "absent"
    process.end()


def test_a_triton_that_is_too_old(tmp_path):
    process = Process(tmp_path, make_triton(tmp_path, "__version__ = '2.1.0'\n"))
    problem = process.read()[0]["problem"]
    assert problem["kind"] == "version" and "2.1.0" in problem["message"]
    process.end()


def test_hello_imports_nothing(tmp_path):
    text = "__version__ = \"3.4.0+git1234\"\nraise RuntimeError('imported')\n"
    process = Process(tmp_path, make_triton(tmp_path, text))
    triton = process.read()[0]["triton"]
    assert triton["version"] == "3.4.0+git1234"
    assert triton["blackwell_from"] is None
    process.end()


@pytest.mark.parametrize(
    "version, release, expected",  # for sm_75, sm_90, sm_120
    [
        ("3.1.0", "13.0", [84, 84, 84]),
        ("3.3.1", "13.0", [84, 84, 87]),
        ("3.4.0", None, [87, 87, 87]),
        ("3.7.1", "13.0", [87, 87, 90]),
        ("3.8.0+git", "13.4", [88, 88, 93]),
        ("3.9.0", "13.0", [88, 90, 90]),
        ("3.9.0", "12.4", [84, 84, 84]),
        ("3.10.0", None, [88, 94, 94]),
    ],
)
def test_ptx_version_where_the_wheel_has_no_ptxas(helper, tmp_path, monkeypatch, version, release, expected):
    for name in ("TRITON_PTXAS_PATH", "TRITON_PTXAS_BLACKWELL_PATH", "TRITON_PTXAS-BLACKWELL_PATH", "CUDA_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(helper, "find_ptxas", lambda: str(tmp_path / "ptxas"))
    if release:
        (tmp_path / "ptxas").write_text(f"#!/bin/sh\necho 'Cuda compilation tools, release {release}, V1'\n")
        (tmp_path / "ptxas").chmod(0o755)
    key = tuple(map(int, version.split("+")[0].split(".")[:2]))
    adapter = next(a for a in helper.ADAPTERS if key >= a.first)(version)
    assert [helper.ptx_version_without_ptxas(adapter, arch) for arch in (75, 90, 120)] == expected
    adapter.tools = {"ptxas": "/p", "ptxas-blackwell": "/b"}
    assert helper.ptx_version_without_ptxas(adapter, 90) is None
    adapter.tools = {}
    monkeypatch.setenv("TRITON_PTXAS_PATH", "/mine")
    assert helper.ptx_version_without_ptxas(adapter, 75) is None


def test_a_ptxas_of_the_toolkit_is_found(helper, tmp_path, monkeypatch):
    ptxas = tmp_path / "bin" / "ptxas"
    ptxas.parent.mkdir()
    ptxas.write_text("")
    ptxas.chmod(0o755)
    monkeypatch.delenv("CUDA_PATH", raising=False)
    monkeypatch.setenv("CUDA_HOME", str(tmp_path))
    assert helper.find_ptxas() == str(ptxas)


def test_an_import_that_fails(tmp_path):
    text = "__version__ = '3.4.0'\nimport something_that_is_not_there\n"
    process = Process(tmp_path, make_triton(tmp_path, text))
    process.read()
    for _ in range(2):  # it lives on
        process.write(REQUEST, b"module {}")
        assert process.read()[0] == {"event": "begin", "level": "import"}
        answer = process.read()[0]
        assert answer["event"] == "failed" and answer["kind"] == "import"
        assert "something_that_is_not_there" in answer["message"]
    assert "Traceback" in process.end()


def test_prints_go_to_the_log(tmp_path):
    text = "__version__ = '3.4.0'\nprint('chatter')\nimport something_that_is_not_there\n"
    process = Process(tmp_path, make_triton(tmp_path, text))
    process.read()
    process.write(REQUEST, b"module {}")
    assert process.read()[0]["event"] == "begin"
    assert process.read()[0]["event"] == "failed"
    assert "chatter" in process.end()


# ---------------------------------------------------------------- the parts


def test_adapters_cover_all_versions(helper):
    def adapter(*key):
        return next(a for a in helper.ADAPTERS if key >= a.first).__name__

    assert [adapter(3, minor) for minor in range(11)] == [
        "Adapter", "Adapter", "Adapter", "Adapter33", "Adapter34", "Adapter34", "Adapter36", "Adapter36", "Adapter36",
        "Adapter39", "Adapter39",
    ]


def test_options_come_from_metadata_text_and_caller(helper):
    fields = {"num_warps": int, "num_stages": int, "enable_fp_fusion": bool, "arch": str, "extern_libs": dict,
              "allowed_dot_input_precisions": tuple}
    metadata = {"num_warps": 8, "num_stages": 2, "arch": "sm80", "extern_libs": [["a", "b"]], "name": "k", "shared": 7,
                "allowed_dot_input_precisions": ["tf32", "ieee"], "enable_fp_fusion": None}
    request = {"from": "ttgir", "arch": 90, "metadata": metadata, "options": {"num_stages": 5}}
    assert helper.choose_options(request, fields, "3.4.0", {"num_warps": 4}) == {
        "num_warps": 4, "num_stages": 5, "arch": "sm90", "allowed_dot_input_precisions": ("tf32", "ieee"),
    }


@pytest.mark.parametrize(
    "options, part",
    [
        ({"num_wraps": 4}, "no option 'num_wraps'; it has enable_fp_fusion, maxnreg, num_warps"),
        ({"arch": "sm80"}, "no option 'arch'"),
        ({"num_warps": "4"}, "takes int, not \"4\""),
        ({"num_warps": True}, "takes int, not true"),
        ({"enable_fp_fusion": 1}, "takes bool, not 1"),
        ({"num_warps": 8}, "num_warps is 4 in this TTGIR and can't become 8"),
    ],
)
def test_options_that_make_no_sense(helper, options, part):
    fields = {"num_warps": int, "enable_fp_fusion": bool, "arch": str, "maxnreg": typing.Optional[int]}
    request = {"from": "ttgir", "arch": 90, "metadata": {}, "options": options}
    with pytest.raises(helper.Refused) as caught:
        helper.choose_options(request, fields, "3.4.0", {"num_warps": 4})
    assert part in str(caught.value) and caught.value.kind == "option"


def test_an_option_that_may_be_none(helper):
    helper.check_override("maxnreg", None, {"maxnreg": typing.Optional[int]}, "3.4.0")
    helper.check_override("maxnreg", 64, {"maxnreg": typing.Optional[int]}, "3.4.0")


class Options:
    def __init__(self, **values):
        self.__dict__.update(values)


class NoDescriptors:
    version = "3.4.0"

    @staticmethod
    def tensordesc_meta(module):
        return {"tensordesc_meta": ["of the module"]}


def test_results_of_stages_that_run_again_are_dropped(helper):
    given = {"hash": "h", "num_warps": 8, "num_stages": 2, "shared": 100, "name": "old", "kernel_signature": [1],
             "cluster_dims": [2, 1, 1], "triton_version": "3.3.1", "global_scratch_size": 384}
    options = Options(num_warps=4, num_ctas=1, num_stages=3, cluster_dims=(1, 1, 1))

    def start(level):
        return helper.start_metadata(NoDescriptors(), {"from": level, "metadata": given}, "target", options, None, "")

    ttir = start("ttir")
    assert "shared" not in ttir and "name" not in ttir and "global_scratch_size" not in ttir
    assert ttir["num_warps"] == 4 and ttir["num_stages"] == 3 and ttir["cluster_dims"] == (1, 1, 1)
    assert ttir["triton_version"] == "3.4.0" and ttir["kernel_signature"] == [1]
    ttgir = start("ttgir")
    assert "shared" not in ttgir and ttgir["cluster_dims"] == [2, 1, 1]
    assert ttgir["tensordesc_meta"] == ["of the module"]
    llir = start("llir")
    assert llir["shared"] == 100 and llir["num_warps"] == 8 and llir["global_scratch_size"] == 384
    assert "name" not in llir
    assert llir["triton_version"] == "3.3.1"  # whose parameters it has


def test_threads_of_llir(helper):
    assert helper.threads_of_llir('attributes #0 = { "nvvm.reqntid"="256" }') == 256
    assert helper.threads_of_llir('!1 = !{ptr @k, !"maxntidx", i32 128}') == 128
    assert helper.threads_of_llir("define void @k()") is None


def test_ttir_that_needs_its_own_passes(helper):
    assert helper.needs_make_ttir("%0 = tt.make_tensor_ptr", 90)
    assert helper.needs_make_ttir("%d: !tt.tensordesc<16xf32>", 86)
    assert not helper.needs_make_ttir("%d: !tt.tensordesc<16xf32>", 90)
    assert not helper.needs_make_ttir("tt.load", 75)


def test_retarget(helper):
    old, new = helper.Adapter("3.1.0"), helper.Adapter36("3.6.0")
    text = 'module attributes {triton_gpu.target = "cuda:75"} { "ttg.target" }'
    assert helper.retarget(text, old, 90) == text.replace("75", "90")
    text = 'module attributes {ttg.target = "cuda:80", x} {}'
    assert helper.retarget(text, new, 120) == text.replace("80", "120")
    assert helper.retarget("module {}", new, 120) == "module {}"


def test_the_c_compiler_sees_nothing_of_it():
    """It is included by C: its first and last line hide it, and no comment looks like the end of that."""
    lines = SCRIPT.read_text().splitlines()
    assert lines[0] == "#if 0" and lines[-1] == "#endif"
    for line in lines[1:-1]:
        words = line.strip().lstrip("#").split() if line.strip().startswith("#") else []
        assert not words or words[0] not in {"if", "ifdef", "ifndef", "else", "elif", "endif"}, line
