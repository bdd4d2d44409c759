"""Contexts and kernels, and the functions of the module."""

import gc
import json
import weakref

import numpy as np
import pytest

from triton_runner import _core, errors
from extension_helpers import ARTIFACTS, bind, launch, load, storing

FOLDER = ARTIFACTS / "3.9.0" / "sm90" / "vector_add_f32"


def test_a_kernel_says_what_it_is():
    kernel = _core.Context().load_path(FOLDER)
    assert (kernel.name, kernel.level, kernel.device, kernel.target) == ("vector_add_kernel", "ttir", "cpu", None)
    assert kernel.path == str(FOLDER / "vector_add_kernel.ttir")
    assert json.loads(kernel.metadata)["name"] == "vector_add_kernel"
    assert kernel.stages["ttir"] == (FOLDER / "vector_add_kernel.ttir").read_bytes()
    assert (kernel.n_regs, kernel.n_spills, kernel.shared, kernel.function, kernel.module) == (0, 0, 0, 0, 0)
    assert kernel.optional_params == 0 and "TILE_LOAD" in kernel.steps()
    kernel.synchronize()
    x, _, out, n = kernel.params
    assert (x.name, x.type, x.dtype, x.is_pointer, x.divisibility, x.written) == ("x", "!tt.ptr<f32>", "f32", True, 16,
                                                                                   False)
    assert out.written and (n.dtype, n.is_pointer) == ("i32", False)
    with pytest.raises(AttributeError):
        kernel.name = "other"


def test_metadata_as_text_and_as_a_file(tmp_path):
    text = (FOLDER / "vector_add_kernel.ttir").read_text()
    context = _core.Context()
    assert context.load(text, "a.ttir").metadata == "{}"
    kernel = context.load(text.encode(), "a.ttir", metadata='{"name": "vector_add_kernel", "num_warps": 2}')
    assert json.loads(kernel.metadata)["num_warps"] == 2 and kernel.path == "a.ttir"
    file = tmp_path / "m.json"
    file.write_text('{"name": "vector_add_kernel", "num_warps": 3}')
    kernel = context.load_path(FOLDER / "vector_add_kernel.ttir", metadata=file)
    assert json.loads(kernel.metadata)["num_warps"] == 3


@pytest.mark.parametrize("text, options, kind", [
    ("module {", {}, errors.InvalidInput), ("", {}, errors.TritonRunnerError), ("garbage", {}, errors.TritonRunnerError),
    (storing("i32"), {"metadata": "{"}, errors.InvalidInput), (storing("i32"), {"kernel": "other"}, errors.NotFound),
    (storing("i32"), {"device": "toaster"}, errors.TritonRunnerError), (storing("i32"), {"level": "wasm"}, ValueError),
    ("// .version 8.0", {"level": "ptx"}, errors.TritonRunnerError),
])
def test_what_can_not_be_loaded(text, options, kind):
    with pytest.raises(kind):
        load(text, **options)


def test_a_syntax_error_has_its_place():
    with pytest.raises(errors.InvalidInput) as found:
        load("module {\n  tt.func public @k() {\n    %x = arith.constnt 1 : i32\n    tt.return\n  }\n}\n")
    error = found.value
    assert (error.file, error.line, error.status) == ("kernel.ttir", 3, "invalid input") or "constnt" in str(error)


def test_levels_without_an_engine_name_those_that_have_one():
    with pytest.raises(errors.Unsupported, match="ttir"):
        _core.Context().load_path(FOLDER, level="ptx")
    engine, reason = _core.engine("ptx", "cpu")
    assert engine is None and "ttir" in reason
    assert _core.engine(level="ttir", device="cpu") == ("tile VM", None)
    with pytest.raises(ValueError, match="known are ttir"):
        _core.engine("wasm", "cpu")


def test_paths_that_are_not_there(tmp_path):
    with pytest.raises(errors.NotFound):
        _core.Context().load_path(tmp_path / "none.ttir")
    with pytest.raises(TypeError):
        _core.Context().load_path(5)
    with pytest.raises(ValueError):
        _core.Context().load_path("a\0b")


def test_contexts():
    context = _core.Context(threads=3, isa="baseline")
    assert (context.threads, context.isa) == (3, "baseline")
    for options in ({"threads": -1}, {"threads": 10**6}, {"isa": "mmx"}):
        with pytest.raises(errors.InvalidArgument):
            _core.Context(**options)
    with pytest.raises(TypeError):
        _core.Context(4)


def test_a_kernel_keeps_its_context():
    kernel = _core.Context(threads=2).load(storing("i32"), "k.ttir")
    gc.collect()
    out = np.zeros(1, np.int32)
    launch(kernel, out, 3, grid=(5, 1, 1))
    assert out[0] == 3


def test_devices():
    names = [name for name, _, _, _ in _core.devices()]
    assert names[0] == "cpu" and "cuda" in names
    name, available, detail, arch = _core.devices()[0]
    assert available is True and detail and arch == 0


def test_listing(tmp_path):
    rows = _core.listing(FOLDER)
    assert ("vector_add_kernel", "ttir", str(FOLDER / "vector_add_kernel.ttir")) in [row[:3] for row in rows]
    assert all(size > 0 for *_, size in rows)
    with pytest.raises(errors.NotFound):
        _core.listing(tmp_path / "none")


def test_compile_errors(tmp_path):
    with pytest.raises(errors.NotFound):
        _core.compile(tmp_path / "none.ttir", to="ptx")
    with pytest.raises(ValueError, match="known are"):
        _core.compile(FOLDER, to="wasm")
    with pytest.raises(TypeError, match="'to'"):
        _core.compile(FOLDER)
    with pytest.raises(errors.InvalidArgument):
        _core.compile(FOLDER, to="ttir", level="ttir", no_cache=True)
    with pytest.raises(errors.Unavailable):
        _core.compile(FOLDER, to="ttgir", level="ttir", python=tmp_path / "no-python", no_cache=True)


def test_bound_takes_part_in_garbage_collection():
    class Thing:
        pass

    thing = Thing()
    bound = _core.Binder([("x", _core.CONSTEXPR, None, _core.REQUIRED)])(thing)
    thing.bound = bound
    alive = weakref.ref(thing)
    del thing, bound
    gc.collect()
    assert alive() is None


def test_the_module():
    assert _core.version.count(".") == 2 and "gcc" in _core.build_info or "clang" in _core.build_info
    assert bind(3).types == ("i32",)
