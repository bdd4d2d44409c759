"""Every public name exists, with its signature: what a script written for the original package relies on."""

import importlib
import inspect

import pytest

JIT = ("(fn=None, *, version=None, repr=None, launch_metadata=None, do_not_specialize=None, "
       "do_not_specialize_on_alignment=None, debug=None, noinline=None)")
AUTOTUNE = ("(configs, key, prune_configs_by=None, reset_to_zero=None, restore_value=None, pre_hook=None, "
            "post_hook=None, warmup=None, rep=None, use_cuda_graph=False, do_bench=None, cache_results=False)")

SIGNATURES = {
    "triton_runner": {
        "jit": JIT, "autotune": AUTOTUNE, "get_file_dir": "(file)",
        "configure_jit_backend": "()", "restore_jit_backend": "()",
        "configure_autotune_backend": "()", "restore_autotune_backend": "()",
    },
    "triton_runner.jit.gluon": {"jit": JIT},
    "triton_runner.gluon_runner": {"jit": "(fn=None, **kwargs)"},
    "triton_runner.color_print": {
        "blue_print": "(t)", "yellow_print": "(t)", "red_print": "(t)", "get_project_name": "()",
        "warning_dump_mode_ssa_and_op": "(ssa, op, loc, size, encoding=None)",
        "print_triton_cache_dir": "(metadata_path, cache_hit=False)", "check_dump_tensor_dtype": "(t)",
    },
    "triton_runner.torch_utils": {
        "get_active_torch_device": "()", "pad_2d_to_block_shape": "(t, block_shape)",
        "get_pad_n_elements": "(t, block_shape)", "get_grid_dim": "(shape, block_shape)",
        "get_n_elements_with_grid": "(block_shape, grid)",
    },
    "triton_runner.language": {
        "dump": "(val, offset=0, dump_grid=None, **_)", "dump_boundary": "(val, offset=0, **_)",
        "dump_grids": "(val, offset=0, **_)",
    },
    "triton_runner.testing": {
        "do_bench": "(fn, warmup=25, rep=100, grad_to_none=None, quantiles=None, return_mode='mean')",
        "do_bench_cudagraph": "(fn, rep=20, grad_to_none=None, quantiles=None, return_mode='mean')",
        "assert_close": "(x, y, atol=None, rtol=None, err_msg='')",
        "Benchmark": "(x_names, x_vals, line_arg, line_vals, line_names, plot_name, args, xlabel='', ylabel='', "
                     "x_log=False, y_log=False, styles=None)",
        "Mark": "(fn, benchmarks)", "perf_report": "(benchmarks)", "get_dram_gbps": "(device=None)", "nvsmi": "(attrs)",
    },
    "triton_runner.runtime": {"autotune": AUTOTUNE, "get_file_dir": "(file)", "jit": JIT},
    "triton_runner.compiler": {"native_compile": "(*args, **kwargs)"},
    "triton_runner.compiler.pass_pipeline": {
        "Pass": "(*args, **kwargs)", "PassPipeline": "(stage, passes)", "build_pipeline_for_stage": "(*args, **kwargs)",
        "run_stage_pre_setup": "(*args, **kwargs)",
    },
    "triton_runner.compat": {"triton_key": "()", "get_triton_cache_dir": "()"},
    "triton_runner.tvm_ffi": {"CompiledTVMFFIKernel": "(function, metadata)", "build_module": "(*args, **kwargs)"},
    "triton_runner.tvm_ffi.driver": {"TvmFfiLauncher": "(metadata, function_handle)"},
    "triton_runner.bench.utils": {
        "benchmark": "(name, unit_name='ms')", "bench_host_us": "(fn, *, warmup=100, iters=1000, repeats=5)",
        "make_compiled_launch": "(compiled, grid, *args)", "make_subscript_launch": "(kernel, grid, *args, **kwargs)",
        "make_direct_launch": "(kernel, grid, *args, **kwargs)", "TimerContext": "(name='', unit_name='ms')",
    },
}
SIGNATURES["triton_runner.debug.console"] = SIGNATURES["triton_runner.color_print"]
SIGNATURES["triton_runner.runtime.torch"] = SIGNATURES["triton_runner.torch_utils"]


def plain_signature(function):
    """Without annotations, and without what has nothing to do with a caller."""
    signature = inspect.signature(function)
    parameters = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in signature.parameters.values()]
    return str(signature.replace(parameters=parameters, return_annotation=inspect.Signature.empty))


@pytest.mark.parametrize("module, name", [(module, name) for module, names in SIGNATURES.items() for name in names])
def test_signature(module, name):
    found = getattr(importlib.import_module(module), name)
    assert plain_signature(found) == SIGNATURES[module][name]


@pytest.mark.parametrize("function, methods", [
    ("compiler.pass_pipeline.PassPipeline", ["find_pass", "run_from", "run_all", "get_pass_names"]),
    ("tvm_ffi.CompiledTVMFFIKernel", ["run", "__getitem__"]),
    ("testing.Mark", ["run"]),
])
def test_methods(function, methods):
    module, _, name = f"triton_runner.{function}".rpartition(".")
    kind = getattr(importlib.import_module(module), name)
    assert [method for method in methods if not callable(getattr(kind, method))] == []


def test_modules_are_attributes():
    """Without imports of their own, as in triton_runner.torch_utils.get_grid_dim()."""
    import triton_runner

    for name in ("color_print", "torch_utils", "testing", "language", "runtime", "compiler", "compat", "tvm_ffi", "bench",
                 "gluon_runner", "debug", "environment", "errors"):
        assert inspect.ismodule(getattr(triton_runner, name)), name
    assert callable(triton_runner.jit) and callable(triton_runner.jit.gluon.jit)
    assert triton_runner.debug.console.blue_print is triton_runner.color_print.blue_print


def test_constants():
    import triton_runner

    assert isinstance(triton_runner.__version__, str)
    for name in ("IS_CUDA", "TRITON_RUNNER_PROD", "TRITON_RUNNER_PROD_TEST"):
        assert isinstance(getattr(triton_runner, name), bool), name


def test_stub_has_the_public_names():
    """__init__.pyi is what a type checker sees instead of the lazy lookup."""
    import ast
    from pathlib import Path

    import triton_runner

    stub = ast.parse(Path(triton_runner.__file__).with_suffix(".pyi").read_text())
    names = {alias.asname or alias.name for node in stub.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    names |= {node.target.id for node in stub.body if isinstance(node, ast.AnnAssign)}
    names |= {node.name for node in stub.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    assert [name for name in triton_runner.__all__ if name not in names] == []
