"""What needs a GPU and torch: streams, captures, scratch memory, descriptors, every level. Skipped elsewhere."""

import json
import threading

import numpy as np
import pytest

torch = pytest.importorskip("torch")
if not torch.cuda.is_available():
    pytest.skip("needs a GPU", allow_module_level=True)
triton = pytest.importorskip("triton")

import triton.language as tl  # noqa: E402
import triton_runner  # noqa: E402
from triton_runner import errors  # noqa: E402
from triton_runner.result import metadata_dict  # noqa: E402

VERSION = tuple(int(part) for part in triton.__version__.split(".")[:2])
LEVELS = ["ttir", "ttgir", "llir", "ptx", "cubin"]
N = 5000


@triton_runner.jit
def add_kernel(x_ptr, y_ptr, out_ptr, n, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < n
    tl.store(out_ptr + offsets, tl.load(x_ptr + offsets, mask=mask) + tl.load(y_ptr + offsets, mask=mask), mask=mask)


@triton_runner.jit
def scale_kernel(x_ptr, out_ptr, factor, n, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < n
    tl.store(out_ptr + offsets, tl.load(x_ptr + offsets, mask=mask) * factor, mask=mask)


@triton_runner.jit
def matmul_kernel(a_ptr, b_ptr, c_ptr, M, N, K, BLOCK: tl.constexpr):
    rows = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    cols = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    inner = tl.arange(0, BLOCK)
    acc = tl.zeros((BLOCK, BLOCK), tl.float32)
    for k in range(0, K, BLOCK):
        a = tl.load(a_ptr + rows[:, None] * K + (k + inner)[None, :])
        b = tl.load(b_ptr + (k + inner)[:, None] * N + cols[None, :])
        acc += tl.dot(a, b)
    tl.store(c_ptr + rows[:, None] * N + cols[None, :], acc.to(tl.float16))


def operands(dtype=torch.float32, n=N):
    torch.manual_seed(0)
    return torch.randn(n, device="cuda").to(dtype), torch.randn(n, device="cuda").to(dtype)


def add(x, y, **keywords):
    out = torch.full_like(x, -1)
    compiled = add_kernel[(triton.cdiv(x.numel(), 1024),)](x, y, out, x.numel(), BLOCK=1024, **keywords)
    return out, compiled


def write(folder, compiled, level):
    data = compiled.asm[level]
    folder.mkdir(exist_ok=True)
    (folder / f"{compiled.name}.{level}").write_bytes(data if isinstance(data, bytes) else data.encode())
    (folder / f"{compiled.name}.json").write_text(json.dumps(metadata_dict(compiled.metadata)))
    return folder


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.int8, torch.uint8,
                                   torch.int16, torch.int32, torch.int64])
def test_dtypes(dtype):
    if dtype.is_floating_point:
        x, y = operands(dtype)
    else:
        x, y = (torch.randint(0, 50, (N,), device="cuda", dtype=dtype) for _ in range(2))
    assert torch.equal(add(x, y)[0], x + y)


@pytest.mark.parametrize("form", ["dir", "src"])
@pytest.mark.parametrize("level", LEVELS)
def test_levels(level, form, tmp_path):
    a, b = (torch.randn(128, 128, device="cuda", dtype=torch.float16) for _ in range(2))
    out = torch.empty_like(a)
    compiled = matmul_kernel[(4, 4)](a, b, out, 128, 128, 128, BLOCK=32)
    reference = (a.float() @ b.float())
    assert (out.float() - reference).abs().max() < 0.1
    out.zero_()
    if form == "dir":
        keywords = {f"{level}_dir": write(tmp_path / level, compiled, level)}
    else:
        keywords = {f"{level}_src": compiled.asm[level], "metadata_json": compiled.metadata}
    again = matmul_kernel[(4, 4)](a, b, out, 128, 128, 128, BLOCK=32, **keywords)
    assert (out.float() - reference).abs().max() < 0.1
    assert again.n_regs > 0 and again.name == "matmul_kernel" and "cubin" in again.asm


def test_edited_ptx(tmp_path):
    """What is in the file runs, also after it was changed."""
    x, y = operands()
    compiled = add(x, y)[1]
    folder = write(tmp_path / "ptx", compiled, "ptx")
    assert torch.equal(add(x, y, ptx_dir=folder)[0], x + y)
    path = folder / "add_kernel.ptx"
    text = path.read_text()
    for before, after in (("add.f32", "sub.f32"), ("add.rn.f32", "sub.rn.f32"), ("add.rn.f32x2", "sub.rn.f32x2")):
        text = text.replace(before, after)
    path.write_text(text)
    assert torch.equal(add(x, y, ptx_dir=folder)[0], x - y)


def test_stream():
    """A launch goes to the current stream: it waits for what is queued there."""
    x, y = operands(n=1 << 20)
    stream = torch.cuda.Stream()
    add(x, y)
    torch.cuda.synchronize()
    with torch.cuda.stream(stream):
        torch.cuda._sleep(50_000_000)
        x.mul_(2)
        out, _ = add(x, y)
    stream.synchronize()
    assert torch.equal(out, x + y)


def test_capture():
    x, y = operands()
    out, _ = add(x, y)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        add_kernel[(5,)](x, y, out, N, BLOCK=1024)
    x.add_(1)
    out.zero_()
    graph.replay()
    torch.cuda.synchronize()
    assert torch.equal(out, x + y)


@pytest.mark.skipif(VERSION < (3, 4), reason="tensor descriptors came with 3.4")
@pytest.mark.parametrize("given", ["host", "device"])
def test_descriptors(given):
    a, b = (torch.randn(128, 128, device="cuda", dtype=torch.float16) for _ in range(2))
    out = torch.zeros_like(a)
    if given == "host":
        from triton.tools.tensor_descriptor import TensorDescriptor
        arguments = [TensorDescriptor.from_tensor(tensor, [32, 32]) for tensor in (a, b, out)]
        host_descriptor_kernel[(4, 4)](*arguments, 128, BLOCK=32)
    else:
        sizes = []

        def allocate(size, alignment, stream):
            sizes.append(size)
            return torch.empty(size, device="cuda", dtype=torch.int8)

        triton.set_allocator(allocate)
        device_descriptor_kernel[(4, 4)](a, b, out, 128, BLOCK=32)
        assert len(sizes) == 1 and sizes[0] >= 16 * 128
    assert (out.float() - a.float() @ b.float()).abs().max() < 0.1


@triton_runner.jit
def host_descriptor_kernel(a_desc, b_desc, c_desc, K, BLOCK: tl.constexpr):
    row, col = tl.program_id(0) * BLOCK, tl.program_id(1) * BLOCK
    acc = tl.zeros((BLOCK, BLOCK), tl.float32)
    for k in range(0, K, BLOCK):
        acc = tl.dot(a_desc.load([row, k]), b_desc.load([k, col]), acc)
    c_desc.store([row, col], acc.to(tl.float16))


@triton_runner.jit
def device_descriptor_kernel(a, b, c, SIZE, BLOCK: tl.constexpr):
    a_desc = tl.make_tensor_descriptor(a, shape=[SIZE, SIZE], strides=[SIZE, 1], block_shape=[BLOCK, BLOCK])
    b_desc = tl.make_tensor_descriptor(b, shape=[SIZE, SIZE], strides=[SIZE, 1], block_shape=[BLOCK, BLOCK])
    c_desc = tl.make_tensor_descriptor(c, shape=[SIZE, SIZE], strides=[SIZE, 1], block_shape=[BLOCK, BLOCK])
    row, col = tl.program_id(0) * BLOCK, tl.program_id(1) * BLOCK
    acc = tl.zeros((BLOCK, BLOCK), tl.float32)
    for k in range(0, SIZE, BLOCK):
        acc = tl.dot(a_desc.load([row, k]), b_desc.load([k, col]), acc)
    c_desc.store([row, col], acc.to(tl.float16))


@pytest.mark.parametrize("start", [0, 1, 3, 4])
def test_alignment(start):
    """A slice is a kernel of its own: 16-byte alignment is part of the key."""
    x, y = operands(n=N + 8)
    for first in (0, start, 0):
        assert torch.equal(add(x[first:first + N], y[first:first + N])[0], x[first:first + N] + y[first:first + N])


@pytest.mark.parametrize("factor", [1, 2, 16, -3, 2.5, 1.0, True, 2**33])
def test_scalars(factor):
    x = torch.ones(N, device="cuda", dtype=torch.float64)
    out = torch.empty_like(x)
    scale_kernel[(5,)](x, out, factor, N, BLOCK=1024)
    assert torch.equal(out, torch.full_like(x, float(factor)))


def test_pointers():
    """Other forms of a pointer: pinned memory, an address, a leaf that needs gradients, a subclass; pageable memory isn't."""
    x, y = operands()
    assert torch.equal(add(x.requires_grad_(True), torch.nn.Parameter(y))[0], x + y)
    pinned = y.detach().cpu().pin_memory()
    out = torch.empty_like(x)
    add_kernel[(5,)](x.detach(), pinned, out, N, BLOCK=1024)
    torch.cuda.synchronize()
    assert torch.equal(out, x + y)
    with pytest.raises(ValueError, match="cannot be accessed from Triton"):
        add_kernel[(5,)](x.detach(), torch.ones(N), out, N, BLOCK=1024)


def test_empty():
    x = torch.empty(0, device="cuda")
    add_kernel[(0,)](x, x, x, 0, BLOCK=1024)
    add_kernel[(1,)](x, x, x, 0, BLOCK=1024)
    torch.cuda.synchronize()


def test_autotune():
    tuned = triton.autotune([triton.Config({"BLOCK": size}, num_warps=warps) for size, warps in ((256, 2), (1024, 4))],
                            key=["n"])(triton_runner.jit(add_kernel.fn))
    x, y = operands()
    out = torch.empty_like(x)
    tuned[lambda meta: (triton.cdiv(N, meta["BLOCK"]),)](x, y, out, N)
    assert torch.equal(out, x + y) and tuned.best_config.kwargs["BLOCK"] in (256, 1024)


def test_threads():
    """Eight threads, each on a stream of its own, launch a kernel that none of them has compiled."""
    kernel = triton_runner.jit(scale_kernel.fn)
    results, failures = {}, []

    def work(number):
        try:
            with torch.cuda.stream(torch.cuda.Stream()):
                x = torch.full((N,), float(number), device="cuda")
                out = torch.empty_like(x)
                for _ in range(50):
                    kernel[(5,)](x, out, 3.0, N, BLOCK=1024)
                torch.cuda.current_stream().synchronize()
                results[number] = bool((out == 3.0 * number).all())
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures and results == dict.fromkeys(range(8), True)


def test_hooks():
    if VERSION < (3, 5):
        pytest.skip("hooks are chains from 3.5 on")
    from triton import knobs
    seen = []
    enter = lambda metadata: seen.append(metadata.get()["name"])  # noqa: E731
    knobs.runtime.launch_enter_hook.add(enter)
    try:
        add(*operands())
    finally:
        knobs.runtime.launch_enter_hook.remove(enter)
    add(*operands())
    assert seen == ["add_kernel"]


def test_other_architecture(tmp_path):
    """A cubin that doesn't fit says for what it is and what is here."""
    compiled = add(*operands())[1]
    folder = write(tmp_path / "cubin", compiled, "cubin")
    data = bytearray((folder / "add_kernel.cubin").read_bytes())
    flags = int.from_bytes(data[48:52], "little")
    data[48:52] = (flags & ~0xFF | 75 if flags & 0xFF >= 70 else flags & ~0xFF00 | 75 << 8).to_bytes(4, "little")
    (folder / "add_kernel.cubin").write_bytes(data)
    with pytest.raises(errors.Mismatch, match="sm_75.*sm_"):
        add(*operands(), cubin_dir=folder)


def test_descriptor_of_compiled():
    """A returned kernel launches again, and tells its registers."""
    x, y = operands()
    out, compiled = add(x, y)
    assert compiled.n_regs > 0 and compiled.n_spills >= 0 and compiled.metadata.num_warps == 4
    artifact = add(x, y, ptx_src=compiled.asm["ptx"], metadata_json=compiled.metadata)[1]
    out.zero_()
    artifact[(5,)](x, y, out, N)
    torch.cuda.synchronize()
    assert torch.equal(out, x + y)


@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="needs two GPUs")
def test_two_devices():
    for device in (0, 1, 0):
        with torch.cuda.device(device):
            x, y = operands()
            assert x.device.index == device and torch.equal(add(x, y)[0], x + y)


def test_numpy_runs_on_the_cpu():
    """Arrays in memory run on the CPU though there is a GPU."""
    x = np.arange(N, dtype=np.float32)
    out = np.zeros_like(x)
    compiled = add_kernel[(5,)](x, x, out, N, BLOCK=1024)
    assert compiled.device == "cpu" and (out == 2 * x).all()
