"""What comes later says so, and says what to use instead."""

import importlib.util

import numpy
import pytest

import triton_runner
from triton_runner.language import dump_grids

if importlib.util.find_spec("triton"):
    import triton.language as tl

CALLS = {
    "language.dump": "tl.device_print", "language.dump_boundary": "tl.device_print",
    "language.dump_grids": "tl.device_print",
    "compiler.native_compile": "warmup", "compiler.pass_pipeline.Pass": "MLIR_ENABLE_DUMP",
    "compiler.pass_pipeline.build_pipeline_for_stage": "MLIR_ENABLE_DUMP",
    "compiler.pass_pipeline.run_stage_pre_setup": "MLIR_ENABLE_DUMP",
    "tvm_ffi.build_module": "kernel[grid]",
}


@pytest.mark.parametrize("name, instead", CALLS.items())
def test_call(name, instead):
    module, _, attribute = f"triton_runner.{name}".rpartition(".")
    function = getattr(importlib.import_module(module), attribute)
    with pytest.raises(NotImplementedError) as error:
        function(1)
    assert f"triton_runner.{name} comes in a later version" in str(error.value)
    assert instead in str(error.value)


@pytest.mark.parametrize("module, name, arguments", [
    ("tvm_ffi", "CompiledTVMFFIKernel", (None, {})), ("tvm_ffi.driver", "TvmFfiLauncher", ({}, 0)),
    ("compiler.pass_pipeline", "PassPipeline", ("ttir", [])),
])
def test_class(module, name, arguments):
    kind = getattr(importlib.import_module(f"triton_runner.{module}"), name)
    with pytest.raises(NotImplementedError, match=f"{name} comes in a later version"):
        kind(*arguments)


@pytest.mark.parametrize("module", ["bench.matmul.kernels", "bench.matmul.arch", "bench.attn", "bench.cross_version"])
def test_module(module):
    found = importlib.import_module(f"triton_runner.{module}")
    with pytest.raises(NotImplementedError, match="comes in a later version"):
        found.kernel
    assert not hasattr(found, "__wrapped__")  # what inspect and pytest ask of any module


# In a kernel


def dumps_by_attribute(out, BLOCK: "tl.constexpr"):  # noqa: F821
    at = tl.arange(0, BLOCK)  # noqa: F821
    triton_runner.language.dump(at)
    tl.store(out + at, 1.0)  # noqa: F821


def dumps_by_name(out, BLOCK: "tl.constexpr"):  # noqa: F821
    at = tl.arange(0, BLOCK)  # noqa: F821
    dump_grids(at, offset=4)
    tl.store(out + at, 1.0)  # noqa: F821


@pytest.mark.parametrize("function, name", [(dumps_by_attribute, "dump"), (dumps_by_name, "dump_grids")])
def test_dump_in_a_kernel(function, name):
    """It ends the compilation with the advice, in Triton's error or in one that it comes from."""
    pytest.importorskip("triton")
    with pytest.raises(Exception) as error:
        triton_runner.jit(function)[(1,)](numpy.zeros(16, numpy.float32), BLOCK=16)
    texts, found = [], error.value
    while found is not None:
        texts.append(str(found))
        found = found.__cause__ or found.__context__
    assert f"triton_runner.language.{name} comes in a later version: use tl.device_print" in "\n".join(texts)
