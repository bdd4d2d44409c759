"""Compiles through plain Triton and through the adapter, with no GPU and no driver, and compares what comes out and
where. Run under a Python with Triton; each check prints its name."""

import concurrent.futures
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import compare
import kernels
import triton
from compare import ADAPTER, TARGET, VERSION, Driver, Tensor, of_adapter
from triton_runner.frontend import base


def calls():
    x = Tensor()
    yield kernels.plain, (x, x, 1000), {"BLOCK": 128, "num_warps": 8}
    yield kernels.plain, (x, Tensor(address=8), 1), {"BLOCK": 64}
    yield kernels.scalars, (x, 1, 16, 0.5, 2**40), {}
    yield kernels.calls_twice, (x,), {"BLOCK": 64}
    if VERSION >= (3, 3):  # before, functions can't be constants
        yield kernels.helper_user, (x, 16, kernels.twice), {"BLOCK": 64}
    if ADAPTER.is_tlx:  # its Gluon can't compile the kernel, as plain Triton says as well
        import tlx_kernels
        yield tlx_kernels.through_shared_memory, (x, x), {"BLOCK": 128}
    elif VERSION >= (3, 4):
        import gluon_kernels
        yield gluon_kernels.gluon_add, (x, x, 1000), {"BLOCK": 128}


def request(fn, args, kwargs):
    source, made, bound = of_adapter(fn, args, kwargs)
    return source, made


def first_stage(fn, args, kwargs):
    source, made = request(fn, args, kwargs)
    return ADAPTER.make_ttir(source, made, TARGET)


def compiled(fn, args, kwargs):
    source, made = request(fn, args, kwargs)
    return ADAPTER.compile(source, made, TARGET)


def cache(name):
    os.environ["TRITON_CACHE_DIR"] = str(Path(FOLDER, name))


def names(kernel):
    folder = Path(ADAPTER.cache_folder(kernel))
    return folder.name, sorted(file.name for file in folder.iterdir())


def first_stage_starts_no_process():
    """So it asks no ptxas, which a trimmed wheel doesn't have."""
    def refuse(*args, **kwargs):
        raise AssertionError(f"a process was started: {args}")
    kept = subprocess.Popen
    subprocess.Popen = refuse
    try:
        return [first_stage(*call) for call in calls()]
    finally:
        subprocess.Popen = kept


def folder_and_text_are_tritons(stages):
    for call, (text, metadata) in zip(calls(), stages):
        cache("ours")
        ours = compiled(*call)
        where = names(ours)
        assert str(Path(FOLDER, "ours")) == os.path.dirname(ADAPTER.cache_folder(ours))
        level = "ttgir" if "gluon" in call[0].__name__ else "ttir"
        assert ours.asm[level] == text, (call, text, ours.asm[level])
        assert ours.metadata.name == metadata["name"] == call[0].__name__
        theirs = ours.metadata._asdict()
        for key, value in metadata.items():
            expected = theirs[key].__dict__ if key == "target" else theirs[key]
            # num_warps in the end counts warps that later stages add
            assert json.loads(json.dumps(expected, default=list)) == json.loads(json.dumps(value)), (key, expected, value)

        kept = dict(vars(triton.runtime.driver))
        triton.runtime.driver.set_active(Driver())
        try:
            cache("theirs")
            fn, args, kwargs = call
            plain = fn.run(*args, grid=(1,), warmup=True, **kwargs)
            assert names(plain) == where, (names(plain), where)
            before = sorted(Path(FOLDER, "theirs").rglob("*"))
            assert compiled(*call).metadata == plain.metadata
            assert sorted(Path(FOLDER, "theirs").rglob("*")) == before, "Triton's cache wasn't used"
        finally:
            vars(triton.runtime.driver).update(kept)


def errors_come_through():
    for make in (first_stage, compiled):
        cache("errors")
        try:
            make(kernels.wrong, (Tensor(),), {})
        except triton.CompilationError as error:
            assert "undefined_name" in str(error), error
        else:
            raise AssertionError("no error")


def threads_compile():
    cache("threads")
    work = [(kernels.plain, (Tensor(), Tensor(), 1000), {"BLOCK": 32 << index % 4, "num_warps": 1 << index // 8})
            for index in range(16)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        texts = list(pool.map(lambda call: first_stage(*call)[0], work))
        made = list(pool.map(lambda call: compiled(*call).asm["ttir"], work))
    assert texts == made
    assert len(set(texts)) == 4


def forks_after_compiling():
    """A process that compiled may fork, and its child compile, even while another thread compiles: the fork waits."""
    first_stage(kernels.plain, (Tensor(), Tensor(), 5), {"BLOCK": 16})
    holding, done = threading.Event(), threading.Event()

    def hold():
        with base._compiling:
            holding.set()
            time.sleep(0.2)
            done.set()

    holder = threading.Thread(target=hold)
    holder.start()
    holding.wait()
    child = os.fork()
    assert done.is_set()
    if child == 0:
        code = 1
        signal.alarm(60)
        try:
            first_stage(kernels.plain, (Tensor(), Tensor(), 5), {"BLOCK": 32})
            code = 0
        finally:
            os._exit(code)
    holder.join()
    assert os.waitpid(child, 0)[1] == 0


def other_targets():
    source, made, bound = of_adapter(kernels.plain, (Tensor(), Tensor(), 5), {"BLOCK": 16})
    target = ADAPTER.target(80)
    options = ADAPTER.call_options(kernels.plain, {})
    made = ADAPTER.request(kernels.plain, bound, options, target)
    cache("targets")
    assert ADAPTER.make_ttir(source, made, target)[1]["target"]["arch"] == 80
    assert ".target sm_80" in ADAPTER.compile(source, made, target).asm["ptx"]
    if VERSION >= (3, 5):
        import target_kernels
        for arch, constant in ((90, "9.000000e+01"), (80, "0.000000e+00")):
            target = ADAPTER.target(arch)
            made = ADAPTER.request(target_kernels.knows_target, tensor_only(target_kernels.knows_target), options, target)
            text, _ = ADAPTER.make_ttir(ADAPTER.source(target_kernels.knows_target, made), made, target)
            assert constant in text, text


def tensor_only(fn):
    return of_adapter(fn, (Tensor(),), {})[2]


def main():
    global FOLDER
    with tempfile.TemporaryDirectory() as FOLDER:
        stages = first_stage_starts_no_process()
        print("first_stage_starts_no_process: ok", len(stages))
        folder_and_text_are_tritons(stages)
        print("folder_and_text_are_tritons: ok")
        for check in (errors_come_through, threads_compile, forks_after_compiling, other_targets):
            check()
            print(f"{check.__name__}: ok")
    return 0


if __name__ == "__main__":
    assert compare.ADAPTER is ADAPTER
    sys.exit(main())
