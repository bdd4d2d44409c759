"""Launches on a GPU, with a driver that has none: its kernels do nothing, but what they get is checked."""

import os
from pathlib import Path

import pytest

from triton_runner import _core
from extension_helpers import ARTIFACTS, ROOT
from test_core_launching import run_script

BUILDS = [Path(os.environ.get("TRITON_RUNNER_BUILD", ROOT / "build" / "gcc")),
          Path(_core.__file__).resolve().parent.parent]
DRIVERS = [build / "tests" / "fake_cuda" / "libfake_cuda.so" for build in BUILDS]
DRIVER = next((path for path in DRIVERS if path.exists()), None)

pytestmark = pytest.mark.skipif(DRIVER is None, reason="the fake driver is not built")

HEAD = f"""
    from pathlib import Path
    import numpy as np
    import json
    from fake_gpu import TENSOR_MAP, OnGpu, last, params, ptx
    from triton_runner import _core, errors
    from extension_helpers import Pointer, binder, launch, param
    ARTIFACTS = Path({str(ARTIFACTS)!r})
    FOLDER = ARTIFACTS / "3.9.0" / "sm90" / "vector_add_f32"
    context = _core.Context()

    def refused(kind, text, *args, **options):
        try:
            launch(*args, **options)
        except kind as error:
            assert text in str(error), error
        else:
            raise AssertionError("nothing was raised")
"""


def check(script, **environment):
    result = run_script(HEAD + script, env={**os.environ, "TRITON_RUNNER_CUDA_DRIVER": str(DRIVER), **environment})
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_a_cubin():
    check("""
    kernel = context.load_path(FOLDER, device="cuda")
    assert (kernel.level, kernel.device) == ("cubin", "cuda") and kernel.target.startswith("sm_90")
    assert kernel.n_regs > 0 and kernel.function and kernel.module and kernel.n_max_threads > 0
    assert list(kernel.stages) == ["cubin"]
    launch(kernel, OnGpu(4096), OnGpu(8192), OnGpu(12288), 4096, grid=(4, 2, 1), stream=0)
    assert params(["u8", "u8", "u8", "i4"]) == [4096, 8192, 12288, 4096]
    assert list(last().grid) == [4, 2, 1] and last().kernel == b"vector_add_kernel"
    assert binder("a b")(1, OnGpu(4096)).device == "cuda"
    kernel.synchronize()
    """)


def test_the_stream_is_handed_on():
    check("""
    kernel = context.load_path(FOLDER, device="cuda")
    launch(kernel, OnGpu(4096), OnGpu(8192), OnGpu(12288), 5, stream=0)
    refused(errors.InvalidArgument, "a stream or another handle is not of this device", kernel, OnGpu(4096), OnGpu(8192),
            OnGpu(12288), 5, stream=12345)
    """)


def test_pointers():
    check("""
    kernel = context.load_path(FOLDER, device="cuda")
    launch(kernel, 4096, None, Pointer("float32", 8192, device="cuda"), 7)
    assert params(["u8", "u8", "u8", "i4"]) == [4096, 0, 8192, 7]
    x = np.zeros(16, "f4")
    refused(ValueError, "Pointer argument (at 1) cannot be accessed from Triton (cpu tensor?)",
            kernel, OnGpu(4096), x, OnGpu(4096), 5)
    refused(ValueError, "Pointer argument (at 0) cannot be accessed from Triton (cpu tensor?)",
            kernel, Pointer("float32", x.ctypes.data), x, OnGpu(4096), 5)
    typed = context.load(ptx(".u64 .ptr .global .align 1", ".u32"), "k.ptx", device="cuda")
    refused(TypeError, "Pointer argument must be either uint64 or have data_ptr method", typed, 1.5, 5)
    """)


def test_scalars_have_the_size_of_their_parameter():
    check("""
    kernel = context.load_path(FOLDER, device="cuda")
    for value, kind, expected in ((7, "i4", 7), (-1, "i4", -1), (2**32 - 1, "u4", 2**32 - 1), (1.5, "f4", 1.5),
                                  (np.int64(9), "i4", 9), (True, "i4", 1)):
        launch(kernel, OnGpu(4096), OnGpu(4096), OnGpu(4096), value)
        assert params(["u8", "u8", "u8", kind])[3] == expected, value
    refused(OverflowError, "'a3' is 4294967296", kernel, OnGpu(4096), OnGpu(4096), OnGpu(4096), 2**32)
    """)


DESCRIPTOR = """
    class Descriptor:
        def __init__(self, base, shape, strides, block_shape, padding="zero", round_f32_to_tf32=False):
            self.base, self.shape, self.strides, self.block_shape = base, shape, strides, block_shape
            self.padding, self.round_f32_to_tf32 = padding, round_f32_to_tf32
    pointer = ".u64 .ptr .global .align 1"
    x = OnGpu(4096, "<f2")
"""


def test_tensor_maps():
    check(DESCRIPTOR + """
    text = ptx(".align 64 .b8[128]", ".u32", ".u32", ".u64", ".u64", pointer, ".u32")
    meta = {"swizzle": 3, "elem_size": 2, "elem_type": 6, "block_size": [32, 64], "fp4_padded": False}
    metadata = {"name": "k", "num_warps": 4, "shared": 0, "tensordesc_meta": [meta], "triton_version": "3.2.0"}
    kernel = context.load(text, "k.ptx", device="cuda", metadata=json.dumps(metadata))
    launch(kernel, Descriptor(x, [64, 128], [256, 1], [32, 64]), OnGpu(8192), 7)
    assert params(["u8", "u4", "u4", "u8", "u8", "u8", "u4"])[1:] == [64, 128, 256, 1, 8192, 7]
    made = TENSOR_MAP[0]
    assert (made.rank, made.address, list(made.shape[:2]), made.strides[0]) == (2, 4096, [128, 64], 512)
    assert list(made.box[:2]) == [64, 32]
    assert made.words[4] == 0
    launch(kernel, Descriptor(x, [64, 128], [256, 1], [32, 64], "nan"), OnGpu(8192), 7)
    assert TENSOR_MAP[0].words[4] == 1  # how a copy fills what is outside
    """)


def test_descriptors_that_were_taken_apart():
    check(DESCRIPTOR + """
    for flags in (0, 1, 2):
        text = ptx(pointer, *[".u64"] * 4, *[".u8"] * flags, ".u32", ".u32", ".u64", ".u64", pointer)
        kernel = context.load(text, f"k{flags}.ptx", device="cuda",
                              metadata='{"name": "k", "num_warps": 4, "shared": 0, "triton_version": "3.2.0"}')
        launch(kernel, Descriptor(x, [64, 128], [256, 1], [32, 64], "nan", True), OnGpu(8192))
        assert params(["u8"] * 5 + ["u1"] * flags + ["u4", "u4", "u8", "u8", "u8"]) == [
            4096, 64, 128, 256, 1, *[1] * flags, 64, 128, 256, 1, 8192]
    """)


def test_scratch_memory_comes_from_the_allocator():
    check("""
    asked = []
    given = 1 << 20
    def allocate(size, alignment, stream):
        asked.append((size, alignment, stream))
        return given
    metadata = {"name": "k", "num_warps": 4, "shared": 0, "triton_version": "3.9.0", "global_scratch_size": 96,
                "global_scratch_align": 64, "profile_scratch_size": 0, "profile_scratch_align": 1}
    pointer = ".u64 .ptr .global .align 1"
    kernel = context.load(ptx(pointer, pointer, pointer), "k.ptx", device="cuda", metadata=json.dumps(metadata))
    launch(kernel, OnGpu(4096), grid=(3, 2, 1), allocator=allocate)
    assert asked == [(96 * 6, 64, 0)]
    assert params(["u8"] * 3) == [4096, 1 << 20, 0]
    given = Pointer("int8", 1 << 21)
    launch(kernel, OnGpu(4096), allocator=allocate)
    assert params(["u8"] * 3) == [4096, 1 << 21, 0]
    launch(kernel, OnGpu(4096))
    assert params(["u8"] * 3)[1] not in (0, 1 << 20, 1 << 21)

    def fail(*args):
        raise MemoryError("nothing left")
    refused(MemoryError, "nothing left", kernel, OnGpu(4096), allocator=fail)
    refused(AttributeError, "data_ptr", kernel, OnGpu(4096), allocator=lambda *args: "text")
    """)


def test_errors_of_the_driver():
    check("""
    kernel = context.load_path(FOLDER, device="cuda")
    launch(kernel, OnGpu(4096), OnGpu(4096), OnGpu(4096), 5)
    try:
        kernel.synchronize()
    except errors.OutOfBounds as error:
        assert error.status == "out of bounds"
    else:
        raise AssertionError
    """, FAKE_CUDA_FAULT="700")


def test_several_gpus():
    check("""
    assert [row[0] for row in _core.devices()] == ["cpu", "cuda", "cuda:1"]
    kernel = context.load_path(FOLDER, device="cuda:1")
    assert kernel.device == "cuda:1"
    launch(kernel, OnGpu(4096), OnGpu(4096), OnGpu(4096), 5)
    """, FAKE_CUDA_DEVICES="2")


def test_a_cubin_for_another_gpu():
    check("""
    try:
        context.load_path(FOLDER, device="cuda", level="cubin")
    except errors.Mismatch as error:
        assert "sm_90" in str(error) and "sm_80" in str(error)
    else:
        raise AssertionError
    """, FAKE_CUDA_ARCH="80")
