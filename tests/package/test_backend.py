"""configure_jit_backend() and configure_autotune_backend(): the runner in Triton's place, and out of it again."""

import importlib
import os
import re

import numpy as np
import pytest

import triton_runner
from package_helpers import SAVED, TRITON, HIT, plain

INDUCTOR = "TORCHINDUCTOR_CACHE_DIR"


def restore_all():
    for _ in range(4):
        triton_runner.restore_jit_backend()
        triton_runner.restore_autotune_backend()


@pytest.fixture(autouse=True)
def undone():
    yield
    restore_all()


def test_without_triton_nothing_changes():
    if TRITON != (0, 0):
        pytest.skip("there is Triton")
    before = os.environ.get(INDUCTOR)
    for configure in (triton_runner.configure_jit_backend, triton_runner.configure_autotune_backend):
        with pytest.raises(triton_runner.errors.Unavailable, match="pip install triton"):
            configure()
    assert os.environ.get(INDUCTOR) == before


needs_triton = pytest.mark.skipif(TRITON == (0, 0), reason="there is no Triton")


def places():
    """(module, attribute) of all that configure_jit_backend() replaces."""
    found = [("triton", "jit"), ("triton", "compile"), ("triton.compiler.compiler", "compile")]
    return found + [("triton.experimental.gluon", "jit")] * (TRITON >= (3, 4))


def values():
    return [getattr(importlib.import_module(module), name) for module, name in places()]


@needs_triton
def test_everything_is_replaced_and_put_back(monkeypatch):
    import triton

    monkeypatch.setenv(INDUCTOR, "/mine")
    before = values()
    triton_runner.configure_jit_backend()
    assert triton.jit is importlib.import_module("triton_runner.jit").jit
    assert [new is old for new, old in zip(values(), before)] == [False] * len(before)
    folder = os.environ[INDUCTOR]
    assert os.path.basename(folder).startswith("torchinductor_") and os.listdir(folder) == []
    triton_runner.restore_jit_backend()
    assert values() == before
    assert os.environ[INDUCTOR] == "/mine" and not os.path.exists(folder)


@needs_triton
def test_it_nests(monkeypatch):
    monkeypatch.delenv(INDUCTOR, raising=False)
    before = values()
    triton_runner.configure_jit_backend()
    configured, folder = values(), os.environ[INDUCTOR]
    triton_runner.configure_jit_backend()
    assert values() == configured and os.environ[INDUCTOR] == folder
    triton_runner.restore_jit_backend()
    assert values() == configured and os.path.isdir(folder)
    triton_runner.restore_jit_backend()
    assert values() == before and INDUCTOR not in os.environ and not os.path.exists(folder)
    triton_runner.restore_jit_backend()
    assert values() == before


@needs_triton
def test_a_value_that_somebody_set_stays(monkeypatch):
    """torch.compile's folder is only put back if it's still ours."""
    monkeypatch.setenv(INDUCTOR, "/mine")
    triton_runner.configure_jit_backend()
    monkeypatch.setenv(INDUCTOR, "/theirs")
    triton_runner.restore_jit_backend()
    assert os.environ[INDUCTOR] == "/theirs"


@needs_triton
def test_autotune():
    import triton

    own = triton.autotune
    triton_runner.restore_autotune_backend()
    assert triton.autotune is own
    triton_runner.configure_autotune_backend()
    triton_runner.configure_autotune_backend()
    assert triton.autotune is triton_runner.autotune
    triton_runner.restore_autotune_backend()
    assert triton.autotune is triton_runner.autotune
    triton_runner.restore_autotune_backend()
    assert triton.autotune is own


def triple(out, x, n, BLOCK: "tl.constexpr"):  # noqa: F821
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)  # noqa: F821
    tl.store(out + at, tl.load(x + at, mask=at < n) * 3, mask=at < n)  # noqa: F821


if TRITON != (0, 0):
    import triton.language as tl


@needs_triton
def test_a_script_of_plain_triton_runs_on_arrays():
    import triton

    triton_runner.configure_jit_backend()
    kernel = triton.jit(triple)
    x, out = np.arange(50, dtype=np.float32), np.zeros(50, np.float32)
    kernel[(2,)](out, x, 50, BLOCK=32)
    assert (out == 3 * x).all()


@needs_triton
def test_compile_says_where(capsys, monkeypatch, tmp_path):
    """Of a kernel from Python; of a file nothing is said."""
    import triton

    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))
    own = triton.compile
    triton_runner.configure_jit_backend()
    source, target = make_source(triton)
    for message in (SAVED, HIT):
        compiled = triton.compile(source, target=target)
        out = plain(capsys.readouterr().out)
        assert out.startswith(message) and out.count("\n") == 1
        assert compiled.name == "triple" and re.search(r"tt\.func public @triple", compiled.asm["ttir"])
        folder = out[len(message):].strip()
        assert os.path.isfile(os.path.join(folder, "triple.json"))
    assert triton.compile.__wrapped__ is own
    file = tmp_path / "triple.ttir"
    file.write_text(compiled.asm["ttir"])
    triton.compile(str(file), target=target)
    assert capsys.readouterr().out == ""


def make_source(triton):
    """A source of `triple` in the form of this version, and a target."""
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    types = {"out": "*fp32", "x": "*fp32", "n": "i32"}
    function = importlib.import_module("triton.runtime.jit").JITFunction(triple)
    target = GPUTarget("cuda", 90, 32)
    if TRITON >= (3, 3):
        return ASTSource(function, {**types, "BLOCK": "constexpr"}, {"BLOCK": 32}), target
    if TRITON == (3, 2):
        return ASTSource(function, types, {"BLOCK": 32}), target
    return ASTSource(function, {0: "*fp32", 1: "*fp32", 2: "i32"}, {3: 32}), target
