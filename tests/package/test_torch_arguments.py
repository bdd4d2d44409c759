"""Tensors on the CPU as arguments. Without Triton too: the kernel is a text."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from package_helpers import TRITON  # noqa: E402
from test_arguments import copy  # noqa: E402
from triton_runner.errors import TritonRunnerError  # noqa: E402

DTYPES = [
    (torch.bool, "i1"), (torch.int8, "i8"), (torch.uint8, "i8"), (torch.int16, "i16"), (torch.int32, "i32"),
    (torch.int64, "i64"), (torch.uint16, "i16"), (torch.uint32, "i32"), (torch.uint64, "i64"), (torch.float16, "f16"),
    (torch.bfloat16, "bf16"), (torch.float32, "f32"), (torch.float64, "f64"), (torch.float8_e4m3fn, "f8E4M3FN"),
    (torch.float8_e5m2, "f8E5M2"),
]


def counted(count):
    return torch.arange(1, count + 1, dtype=torch.float32)


@pytest.mark.parametrize("dtype,ir", DTYPES, ids=[str(row[0]) for row in DTYPES])
def test_dtypes(dtype, ir):
    x = counted(20).to(dtype)
    out = torch.zeros(20, dtype=dtype)
    copy(out, x, 20, dtype=ir)
    assert torch.equal(out.view(torch.uint8), x.view(torch.uint8))


class Tagged(torch.Tensor):
    pass


# Name, an input, its step.
INPUTS = [
    ("every second", lambda: counted(20)[::2], 2), ("from the middle", lambda: counted(20)[7:], 1),
    ("a column", lambda: counted(60).view(5, 12)[:, 3], 12), ("transposed", lambda: counted(60).view(5, 12).t()[3], 12),
    ("expanded", lambda: torch.tensor([4.0]).expand(20), 0), ("no dimension", lambda: torch.tensor(2.5), 1),
    ("requires_grad", lambda: counted(20).requires_grad_(), 1), ("Parameter", lambda: torch.nn.Parameter(counted(20)), 1),
    ("result", lambda: counted(20).requires_grad_() * 2, 1), ("subclass", lambda: counted(20).as_subclass(Tagged), 1),
    ("of NumPy", lambda: torch.from_numpy(np.arange(20, dtype=np.float32)), 1), ("NumPy's", lambda: counted(20).numpy(), 1),
]


@pytest.mark.parametrize("make,step", [row[1:] for row in INPUTS], ids=[row[0] for row in INPUTS])
def test_inputs(make, step):
    x = make()
    count = max(1, x.size if isinstance(x, np.ndarray) else x.numel())
    out = torch.zeros(count)
    copy(out, x, count, 1, step)
    expected = torch.as_tensor(x).detach().reshape(-1)
    assert torch.equal(out, expected.as_subclass(torch.Tensor))


def test_outputs():
    parameter = torch.nn.Parameter(torch.zeros(20))
    copy(parameter, counted(20), 20)
    assert torch.equal(parameter.detach(), counted(20))
    base = torch.zeros(3, 20)
    copy(base[1], counted(20), 20)
    copy(base.t()[2], counted(3), 3, 20)
    assert torch.equal(base[1, 3:], counted(20)[3:]) and base[0, 2] == 1 and base[2, 2] == 3
    leaf = torch.zeros(20, requires_grad=True)
    copy(leaf.data, counted(20), 20)
    assert torch.equal(leaf.detach(), counted(20)) and leaf.requires_grad


def test_tensors_and_arrays_together():
    out = np.zeros(20, np.float32)
    copy(out, counted(20), 20)
    assert (out == np.arange(1, 21)).all()


def test_size_zero():
    copy(torch.zeros(0), torch.zeros(0, 3), 0)
    with pytest.raises(IndexError, match="x"):
        copy(torch.zeros(4), torch.zeros(0), 1)


@pytest.mark.xfail(strict=True, reason="the bits that say so aren't looked at")
def test_negated_and_conjugated_views_are_not_taken_for_their_base():
    x = torch.complex(counted(8), counted(8)).conj().imag
    assert x.is_neg()
    out = torch.zeros(8)
    try:
        copy(out, x, 8, 1, 2)
    except (TritonRunnerError, ValueError, TypeError, BufferError, RuntimeError) as error:
        assert "x" in str(error)
    else:
        assert torch.equal(out, x.resolve_neg())


REFUSED = [
    ("meta", lambda: torch.zeros(20, device="meta")),
    ("complex", lambda: torch.zeros(20, dtype=torch.complex64)), ("another type", lambda: torch.zeros(20, dtype=torch.float64)),
]


SPARSE = pytest.param(lambda: torch.zeros(20).to_sparse(), id="sparse", marks=pytest.mark.xfail(
    strict=True, reason="torch's own error comes through, which doesn't name the argument"))


@pytest.mark.parametrize("make", [*[pytest.param(row[1], id=row[0]) for row in REFUSED], SPARSE])
def test_a_refusal_names_the_argument(make):
    out = torch.zeros(20)
    with pytest.raises((TritonRunnerError, TypeError, ValueError), match=r"\bx\b"):
        copy(out, make(), 20)


if TRITON != (0, 0):
    import triton
    import triton.language as tl
    import triton_runner

    @triton_runner.jit
    def add(out, x, y, n, BLOCK: tl.constexpr):
        at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
        tl.store(out + at, tl.load(x + at, mask=at < n) + tl.load(y + at, mask=at < n), mask=at < n)

    @triton_runner.jit
    def store(out, x):
        tl.store(out, x)

    @triton_runner.jit
    def add_block(out, desc, BY: tl.constexpr, BX: tl.constexpr):
        at = tl.arange(0, BY)[:, None] * BX + tl.arange(0, BX)[None, :]
        tl.store(out + at, desc.load([0, 0]) + 1)

    @pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16, torch.int32])
    def test_a_kernel_of_python(dtype):
        x = torch.arange(100).to(dtype)
        for first in (x, x[1:], torch.nn.Parameter(x, False)):
            out = torch.zeros(len(first), dtype=dtype)
            add[lambda meta: (triton.cdiv(meta["n"], meta["BLOCK"]),)](out, first, first, len(first), BLOCK=32)
            assert torch.equal(out, first + first)

    @pytest.mark.parametrize("grid", [(torch.tensor(4),), (torch.tensor(2), torch.tensor([2])[0])])
    def test_tensors_in_a_grid(grid):
        out = torch.zeros(100)
        add[grid](out, out + 1, out + 1, 100, BLOCK=32)
        assert out[0] == 2

    def test_torch_dtypes_in_warmup():
        compiled = add.warmup(torch.float32, torch.float32, torch.float32, 100, BLOCK=32, grid=(1,))
        assert "tt.ptr<f32>" in compiled.asm["ttir"]

    @pytest.mark.skipif(TRITON < (3, 4), reason="tensor descriptors came with 3.4")
    def test_descriptors_of_tensors():
        from triton.tools.tensor_descriptor import TensorDescriptor
        for dtype in (torch.float32, torch.bfloat16):
            base = torch.arange(512).view(16, 32).to(dtype)
            out = torch.zeros(8, 16, dtype=dtype)
            add_block[(1,)](out, TensorDescriptor.from_tensor(base, [8, 16]), 8, 16)
            assert torch.equal(out, base[:8, :16] + 1)

    def test_autotuned_tensors():
        configs = [triton.Config({"BLOCK": size}) for size in (16, 32)]
        kernel = triton_runner.autotune(configs=configs, key=["n"], reset_to_zero=["out"], restore_value=["x"])(add)
        x, out = torch.ones(100), torch.zeros(100)
        kernel[lambda meta: (triton.cdiv(100, meta["BLOCK"]),)](out, x, x, 100)
        assert (out == 2).all() and (x == 1).all()
