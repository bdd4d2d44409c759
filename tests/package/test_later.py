"""What comes later says so, and says what to use instead."""

import importlib

import pytest

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
