"""Launches from artifacts, with and without Triton."""

import json
import os
import pathlib
import shutil
import sys

import numpy as np
import pytest

import triton_runner
from artifact_texts import SHIFT, adding, shift
from package_helpers import ROOT, TRITON, aligned, counted
from triton_runner.errors import InvalidInput, Mismatch, NotFound, TritonRunnerError, Unsupported

EXAMPLES = ROOT / "examples" / "artifacts"
ADD = EXAMPLES / "3.9.0" / "sm90" / "vector_add_f32"
WITH_TRITON = pytest.mark.skipif(TRITON == (0, 0), reason="needs Triton")


def launch(count=20, kernel=shift, **keywords):
    """What the kernel adds to each element."""
    x, out = counted(count), np.zeros(count, np.float32)
    kernel[lambda meta: (-(-meta["n"] // meta["BLOCK"]),)](out, x, count, **keywords)
    assert (out - x == out[0] - x[0]).all()
    return out[0] - x[0]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "shift.ttir").write_text(SHIFT)
    return tmp_path


# ---------------------------------------------------------------- forms

FORMS = [
    ("ttir_dir", str), ("ttir_dir", pathlib.Path), ("ttir_dir", lambda folder: str(folder) + "/"),
    ("ttir_dir", lambda folder: triton_runner.get_file_dir(folder / "script.py")), ("ttir_dir", os.fspath),
    ("ttir_src", lambda folder: SHIFT), ("ttir_src", lambda folder: str(folder / "shift.ttir")),
    ("ttir_src", lambda folder: folder / "shift.ttir"), ("ttir_src", lambda folder: SHIFT.replace("\n", "\r\n")),
    ("ttir_src", lambda folder: SHIFT.encode()),
]


@pytest.mark.parametrize("keyword,make", FORMS)
def test_forms(folder, keyword, make):
    assert launch(**{keyword: make(folder)}) == 7


def test_a_relative_folder(folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert launch(ttir_dir=".") == 7
    (folder / "deeper").mkdir()
    (folder / "deeper" / "shift.ttir").write_text(adding(8))
    monkeypatch.chdir("deeper")
    assert launch(ttir_dir=".") == 8


def test_sources_alternate(folder):
    for number in (7, 9, 7, 3, 9):
        assert launch(ttir_src=adding(number)) == number
        assert launch(ttir_dir=folder) == 7


def test_an_edited_file_runs(folder):
    path = folder / "shift.ttir"
    for number in (7, 8, 9, 7):
        stamp = path.stat()
        path.write_text(adding(number))
        os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))  # the same length, the same time
        assert launch(ttir_dir=folder) == number
        assert launch(ttir_src=path) == number
    other = folder / "other"
    other.write_text(adding(4))
    os.replace(other, path)
    assert launch(ttir_dir=folder) == 4


def test_what_an_artifact_returns(folder):
    x, out = counted(20), np.zeros(20, np.float32)
    compiled = shift[(2,)](out, x, 20, ttir_dir=folder)
    assert (compiled.name, compiled.n_regs, compiled.n_spills) == ("shift", 0, 0)
    assert compiled.asm["ttir"] == SHIFT
    assert compiled is shift[(2,)](out, x, 20, ttir_dir=folder)
    assert launch(ttir_src=compiled.asm["ttir"], metadata_json=compiled.metadata) == 7
    out[:] = 0
    compiled[(2,)](out, x, 20)
    assert (out == x + 7).all()


METADATA = {"name": "shift", "num_warps": 8, "shared": 0}
METADATA_FORMS = [lambda _: METADATA, lambda _: json.dumps(METADATA), lambda _: {}, lambda _: {"name": "shift", "extra": [1]}]


@pytest.mark.parametrize("make", METADATA_FORMS)
def test_forms_of_metadata(folder, make):
    assert launch(ttir_dir=folder, metadata_json=make(folder)) == 7


def test_metadata_of_the_call():
    compiled = shift[(2,)](np.zeros(20, np.float32), counted(20), 20, ttir_src=SHIFT, metadata_json=METADATA)
    assert compiled.metadata.num_warps == 8
    other = shift[(2,)](np.zeros(20, np.float32), counted(20), 20, ttir_src=SHIFT,
                        metadata_json={**METADATA, "num_warps": 2})
    assert other.metadata.num_warps == 2


@pytest.mark.parametrize("metadata", [5, "{", [1], "[1]", {"num_warps": "many"}, {"num_warps": -4}])
def test_metadata_that_makes_no_sense(metadata):
    with pytest.raises((TritonRunnerError, TypeError, ValueError), match="(?i)metadata|json|num_warps"):
        launch(ttir_src=SHIFT, metadata_json=metadata)


def test_metadata_of_another_kernel():
    with pytest.warns(UserWarning, match="This kernel name shift is different with metadata other"), \
            pytest.raises(Mismatch, match=r"(?s)(other.*shift|shift.*other)"):
        launch(ttir_src=SHIFT, metadata_json={"name": "other"})


# ---------------------------------------------------------------- refusals

def test_two_sources(folder):
    with pytest.raises((TritonRunnerError, ValueError, TypeError), match="(?s)ttir_dir.*ttir_src|ttir_src.*ttir_dir"):
        launch(ttir_dir=folder, ttir_src=SHIFT)
    with pytest.raises((TritonRunnerError, ValueError, TypeError), match="(?s)ttir_dir.*ptx_dir|ptx_dir.*ttir_dir"):
        launch(ttir_dir=folder, ptx_dir=folder)


@pytest.mark.parametrize("name", ["ttir_dri", "TTIR_DIR", "Ttir_Src", "ttir", "cubin"])
def test_an_unknown_keyword(folder, name):
    with pytest.raises(KeyError, match=f"Keyword argument {name} was specified but unrecognised"):
        launch(**{name: folder, "ttir_src": SHIFT})


MISSING = [
    ("no folder", lambda folder: {"ttir_dir": folder / "none"}, "none"),
    ("no file", lambda folder: {"ttir_dir": folder}, "absent.ttir"),
    ("no path", lambda folder: {"ttir_src": folder / "none.ttir"}, "none.ttir"),
    ("a path that looks like one", lambda folder: {"ttir_src": str(folder / "none.ttir")}, "none.ttir"),
]


@triton_runner.jit
def absent(out, x, n, BLOCK: "tl.constexpr" = 16):
    pass


@pytest.mark.parametrize("make,name", [row[1:] for row in MISSING], ids=[row[0] for row in MISSING])
def test_what_is_missing_is_named(folder, make, name):
    with pytest.raises((NotFound, InvalidInput, NotADirectoryError), match=name) as caught:
        launch(kernel=absent, **make(folder))
    assert isinstance(caught.value, (FileNotFoundError, TritonRunnerError))


def test_a_text_may_name_its_kernel_otherwise(folder):
    """There is one kernel in it, so it's the one; a folder is asked for the function's own."""
    assert launch(kernel=absent, ttir_src=SHIFT) == 7
    (folder / "absent.ttir").write_text(adding(8))
    assert launch(kernel=absent, ttir_dir=folder) == 8


TEXTS = [("garbage", "this is no kernel\n" * 3), ("empty", ""), ("cut", SHIFT[:700]), ("cut at the end", SHIFT[:-40]),
         ("bytes", b"\xff\xfe\0\0" * 9), ("an unknown op", SHIFT.replace("arith.addf", "arith.adff")),
         ("a wrong type", SHIFT.replace("%a, %seven : tensor<16xf32>", "%a, %seven : tensor<16xf64>")),
         ("no kernel", "module {\n}\n")]


@pytest.mark.parametrize("text", [row[1] for row in TEXTS], ids=[row[0] for row in TEXTS])
@pytest.mark.parametrize("in_file", [True, False], ids=["file", "text"])
def test_damaged_texts(tmp_path, text, in_file):
    path = tmp_path / "shift.ttir"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    given = {"ttir_dir": tmp_path} if in_file else {"ttir_src": text}
    with pytest.raises(TritonRunnerError) as caught:
        launch(**given)
    assert caught.value.status in ("invalid input", "unsupported", "not found")
    if in_file:
        assert str(path) in caught.value.file + str(caught.value)
    assert launch(ttir_src=SHIFT) == 7


def test_a_damaged_text_has_a_place(tmp_path):
    path = tmp_path / "shift.ttir"
    path.write_text(SHIFT.replace("arith.addf %a", "arith.addf %nobody"))
    with pytest.raises(InvalidInput, match="nobody") as caught:
        launch(ttir_dir=tmp_path)
    line = 1 + SHIFT[:SHIFT.index("arith.addf")].count("\n")
    assert (caught.value.file, caught.value.line) == (str(path), line) and "^" in caught.value.excerpt


@triton_runner.jit
def two(out, x):
    pass


@triton_runner.jit
def four(out, x, n, more):
    pass


@pytest.mark.parametrize("kernel,arguments", [(two, 2), (four, 4)])
def test_another_number_of_parameters(kernel, arguments):
    text = SHIFT.replace("@shift", "@" + kernel.__name__)
    values = [np.zeros(20, np.float32), counted(20), 20, 5][:arguments]
    with pytest.raises((Mismatch, TritonRunnerError), match=r"(?i)param|argument"):
        kernel[(2,)](*values, ttir_src=text)
    assert not values[0].any()


@triton_runner.jit
def turned(n, x, out, BLOCK: "tl.constexpr" = 16, more=None):
    pass


def test_names_decide_about_the_order():
    for more in (None, 1):
        out = np.zeros(20, np.float32)
        turned[(2,)](20, counted(20), out, more=more, ttir_src=SHIFT.replace("@shift", "@turned"))
        assert (out == counted(20) + 7).all()
    old = SHIFT.replace("%out", "%arg0").replace("%x:", "%arg1:").replace("%x :", "%arg1 :").replace("%n", "%arg2")
    assert "%arg1: !tt.ptr<f32>" in old and launch(ttir_src=old) == 7


def test_missing_arguments_are_pythons_error():
    with pytest.raises(TypeError, match="n"):
        shift[(2,)](np.zeros(20, np.float32), counted(20), ttir_src=SHIFT)


@pytest.mark.parametrize("name", ["out", "x"])
def test_an_array_of_another_type(name):
    arguments = {"out": np.zeros(20, np.float32), "x": counted(20)}
    arguments[name] = arguments[name].astype(np.float64)
    with pytest.raises((Mismatch, TritonRunnerError), match=rf"(?s)\b{name}\b.*f(loat)?64|f(loat)?64.*\b{name}\b"):
        shift[(2,)](arguments["out"], arguments["x"], 20, ttir_src=SHIFT)


AMD = ["amdgcn_dir", "hsaco_dir", "amdgcn_src"]


@pytest.mark.parametrize("name", AMD)
def test_amd(folder, name):
    with pytest.raises(TritonRunnerError, match=f"(?s)(?=.*{name})(?=.*AMD)"):
        launch(**{name: str(folder)})


LATER = ["dump_tensor", "dump_value", "dump_grid", "start_pass"]


@pytest.mark.parametrize("name", LATER)
def test_dumps_say_that_they_come_later(folder, name):
    with pytest.raises((TritonRunnerError, NotImplementedError), match=name):
        launch(ttir_dir=folder, **{name: np.zeros(20, np.float32) if name == "dump_tensor" else "%sum"})


@triton_runner.jit
def vector_add_kernel(x, y, out, n, BLOCK: "tl.constexpr"):
    pass


@pytest.mark.parametrize("level", ["ttgir", "llir", "ptx", "cubin"])
def test_levels_that_nothing_runs_on_the_cpu(level):
    x, out = counted(100), np.zeros(100, np.float32)
    with pytest.raises(Unsupported, match=f"(?is)(?=.*{level})(?=.*ttir)"):
        vector_add_kernel[(1,)](x, x, out, 100, BLOCK=1024, **{level + "_dir": ADD})
    assert not out.any()


@pytest.mark.parametrize("level", ["ttgir", "llir", "ptx"])
def test_texts_that_nothing_runs_on_the_cpu(level):
    x, out = counted(100), np.zeros(100, np.float32)
    metadata = json.loads((ADD / "vector_add_kernel.json").read_text())
    text = (ADD / f"vector_add_kernel.{level}").read_text()
    with pytest.raises(Unsupported, match=f"(?is)(?=.*{level})(?=.*ttir)"):
        vector_add_kernel[(1,)](x, x, out, 100, BLOCK=1024, metadata_json=metadata, **{level + "_src": text})


@pytest.mark.parametrize("name", ["llir_src", "ptx_src"])
def test_sources_that_need_metadata(name):
    with pytest.raises(ValueError):
        launch(**{name: "text"})


# ---------------------------------------------------------------- load, and everybody's artifacts

def test_load(folder):
    for path in (folder, folder / "shift.ttir", str(folder)):
        out = np.zeros(20, np.float32)
        kernel = triton_runner.load(path)
        kernel[(2,)](out, counted(20), 20)
        assert (out == counted(20) + 7).all() and kernel.name == "shift"


def test_load_refuses(folder):
    with pytest.raises(FileNotFoundError, match="none"):
        triton_runner.load(folder / "none")
    with pytest.raises(Unsupported, match="(?i)ttir"):
        triton_runner.load(ADD, level="ptx", device="cpu")
    with pytest.raises((Mismatch, TypeError), match="(?s)3.*1"):
        triton_runner.load(folder)[(2,)](np.zeros(20, np.float32))
    (folder / "another.ttir").write_text(SHIFT.replace("@shift", "@another"))
    with pytest.raises(TritonRunnerError, match="(?s)another.*shift|shift.*another"):
        triton_runner.load(folder)
    assert triton_runner.load(folder, kernel="another").name == "another"


STORED = pathlib.Path(os.environ.get("TRITON_RUNNER_ARTIFACTS",
                                     pathlib.Path.home() / ".cache" / "triton-runner" / "artifacts"))
VERSIONS = ["3.0.0", "3.1.0", "3.2.0", "3.3.1", "3.4.0", "3.5.1", "3.6.0", "3.7.1", "3.8.0", "3.9.0"]
VARIANTS = ["argmax_f32", "descriptor_matmul_f16", "layer_norm_f32", "matmul_bf16", "matmul_f8e5m2", "softmax_f32",
            "transpose_f32", "vector_add_f32"]


def run_example(variant, folder):
    sys.path.insert(0, str(ROOT / "examples"))
    try:
        import references
    finally:
        sys.path.pop(0)
    launches = json.loads((ROOT / "examples" / "launches.json").read_text())
    example = next(row for row in launches if row["variant"] == variant)
    arguments = references.make_arguments(example)
    before = {name: value.copy() if isinstance(value, np.ndarray) else value for name, value in arguments.items()}
    triton_runner.load(folder, level="ttir", device="cpu")[tuple(example["grid"])](*arguments.values())
    for name, expected in references.expected_outputs(example, before).items():
        np.testing.assert_allclose(arguments[name].astype(np.float64), np.asarray(expected).astype(np.float64),
                                   rtol=example["rtol"], atol=example["atol"])


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("version", VERSIONS)
def test_artifacts_of_every_version(version, variant):
    folder = next((place for place in (EXAMPLES / version / "sm90" / variant, STORED / version / "sm90" / variant)
                   if place.is_dir()), None)
    if folder is None:
        pytest.skip("this version hasn't it" if STORED.is_dir() else f"there is no {STORED}")
    run_example(variant, folder)


# ---------------------------------------------------------------- with Triton

if TRITON != (0, 0):
    import triton.language as tl

    @triton_runner.jit
    def plus(out, x, n, BLOCK: tl.constexpr = 16):
        at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
        tl.store(out + at, tl.load(x + at, mask=at < n) + 7.0, mask=at < n)


def compile_plus():
    return plus[(2,)](np.zeros(20, np.float32), counted(20), 20)


@WITH_TRITON
def test_results_are_sources():
    compiled = compile_plus()
    text = compiled.asm["ttir"]
    assert launch(kernel=plus, ttir_src=text, metadata_json=compiled.metadata) == 7
    assert launch(kernel=plus, ttir_src=text.replace("7.0", "9.0"), metadata_json=compiled.metadata) == 9
    assert launch(kernel=plus, ttir_src=text.replace("7.0", "9.0")) == 9
    assert launch(kernel=plus) == 7


@WITH_TRITON
def test_a_folder_of_the_cache_is_a_source(tmp_path, monkeypatch):
    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))

    @triton_runner.jit
    def fresh(out, x, n, BLOCK: tl.constexpr = 16):
        at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
        tl.store(out + at, tl.load(x + at, mask=at < n) + 5.0, mask=at < n)

    assert launch(kernel=fresh) == 5
    path, = tmp_path.rglob("fresh.ttir")
    assert launch(kernel=fresh, ttir_dir=path.parent) == 5
    shutil.copytree(path.parent, tmp_path / "copy")
    (tmp_path / "copy" / "fresh.ttir").write_text(path.read_text().replace("5.0", "6.0"))
    assert launch(kernel=fresh, ttir_dir=tmp_path / "copy") == 6


@WITH_TRITON
@pytest.mark.parametrize("count", [16, 20, 1])
def test_values_that_triton_makes_constants(count):
    """A text of another specialization still gets the arguments that it declares."""
    text = compile_plus().asm["ttir"]
    assert launch(count, kernel=plus, ttir_src=text) == 7


@pytest.mark.skipif(TRITON < (3, 3), reason="Triton has the exception from 3.3 on")
def test_a_missing_cubin_of_an_autotuner_is_passed_over(tmp_path):
    from triton.runtime.errors import PTXASError
    with pytest.raises(PTXASError, match="autotune_cubin_dir is error"):
        launch(kernel=plus, autotune_cubin_dir=str(tmp_path))


@WITH_TRITON
def test_an_autotuner_takes_artifacts():
    import triton
    tuned = triton.autotune(configs=[triton.Config({"BLOCK": 16})], key=["n"])(plus)
    assert launch(kernel=tuned, ttir_src=compile_plus().asm["ttir"].replace("7.0", "9.0")) == 9


def test_load_takes_names():
    kernel = triton_runner.load(ROOT / "examples/artifacts/3.9.0/sm90/vector_add_f32", level="ttir", device="cpu")
    x, y, out = counted(4096), counted(4096), aligned(4096)
    kernel[(4,)](x, y, n=4096, out=out)
    assert (out == x + y).all()
    with pytest.raises(TypeError, match="missing.*'out'"):
        kernel[(4,)](x, y, n=4096)
    with pytest.raises(TypeError, match="no parameter m; it has x, y, out, n"):
        kernel[(4,)](x, y, out, 4096, m=1)
