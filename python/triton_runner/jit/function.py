"""A decorated function's launches: binding, finding or making the kernel, launching it.

The classes come out of what a launch is (Launching) and what a function is: Triton's own JITFunction, so that Triton's
frontend, autotuner and heuristics take it for one, or StandaloneFunction where there is no Triton.
"""

import importlib
import inspect
import json
import os
import re
import sys
import threading
from functools import lru_cache
from typing import Any, NamedTuple

from .. import _core, artifacts, color_print, context, disk_cache, environment, frontend, keywords
from ..errors import Mismatch, TritonRunnerError, Unsupported
from ..result import CompiledKernel
from . import kernel_signature
from .launch import artifact_options, canonical_grid, launch_again
from .standalone import StandaloneFunction


class Device(NamedTuple):
    """Where a launch goes: ("cpu", 0) or ("cuda", its number)."""
    kind: str
    ordinal: int

    @property
    def name(self):
        return f"{self.kind}:{self.ordinal}" if self.kind == "cuda" else self.kind


class Entry(NamedTuple):
    """A kernel ready for its launches. `kernel` is the extension's, `leaves` the numbers of its arguments, `result` what
    a launch returns, `compiled` whether Triton compiled the function's body for it, `needs_scratch` on a GPU."""
    kernel: Any
    leaves: list
    result: Any
    compiled: bool
    needs_scratch: bool


class _State:
    """What one function keeps for its launches."""

    def __init__(self, function, adapter):
        params = adapter.params(function) if adapter else function.binder_params()
        self.adapter = adapter
        self.binder = _core.Binder(params)
        self.names = [row[0] for row in params]
        self.constexprs = frozenset(row[0] for row in params if row[1] & _core.CONSTEXPR)
        self.reader = artifacts.Reader(function.__name__)
        self.entries = {}
        self._locks = {}

    @property
    def lock(self):
        """Held while a kernel is made. A forked child has another: a thread that it doesn't have may hold this one."""
        return self._locks.setdefault(context.generation(), threading.RLock())


class Launching:
    """run() and what belongs to it. `_adapter` is the frontend's, or None without Triton."""

    _adapter = None
    _gluon = False

    @property
    def _runner(self):
        state = self.__dict__.get("_runner_state")
        if state is None:
            state = self.__dict__.setdefault("_runner_state", _State(self, self._adapter))
        return state

    # ------------------------------------------------------------ launching

    def run(self, *args, grid, warmup, **kwargs):
        """kernel[grid](*args, **kwargs). Returns the compiled kernel; with `warmup` it isn't launched."""
        state = self._runner
        if kwargs.get("autotune_cubin_dir") is not None:
            kernel_signature.fill_from_cubin(self.__name__, kwargs)
        given = keywords.take(kwargs)
        adapter = state.adapter if given is None else None
        if adapter:
            kwargs = adapter.call_options(self, kwargs)
        for hook in self.pre_run_hooks:
            hook(*args, **kwargs)
        bound = state.binder(*args, **kwargs)
        device = self._choose_device(bound)
        artifact = state.reader.read(given) if given else None
        key = (context.generation(), device, artifact.digest if artifact else None, bound.key,
               self._compilation_key(adapter, device, bound) if adapter else None)
        entry = state.entries.get(key)
        if entry is None:
            entry = self._find_or_make(key, bound, device, given, artifact, args, kwargs, warmup)
            if entry is None:
                return None  # a hook took over
        if entry.compiled:
            state.adapter.check_globals(self)
        if warmup:
            return entry.result
        assert grid is not None, "a launch needs a grid: kernel[grid](...)"
        self._launch(entry, canonical_grid(grid, bound), bound, device)
        return entry.result

    def _compilation_key(self, adapter, device, bound):
        """What a compilation depends on besides the function and the call."""
        target = os.environ.get("TRITON_RUNNER_TARGET") if device.kind == "cpu" else None
        return adapter.inspection_key(), adapter.extra_key(self, bound), target

    def _launch(self, entry, grid, bound, device):
        if 0 in grid:
            return
        stream = context.current_stream(device.ordinal) if device.kind == "cuda" else 0
        adapter = self._runner.adapter
        hooks = adapter.launch_hooks() if adapter else None
        allocator = adapter.allocator() if adapter and entry.needs_scratch else None
        if hooks is None:
            _launch_kernel(entry, grid, bound, stream, allocator)
            return
        enter, leave = hooks
        metadata = adapter.launch_metadata(entry.result, grid, stream, bound.arguments(), entry.kernel.function)
        if enter is not None:
            enter(metadata)
        _launch_kernel(entry, grid, bound, stream, allocator)
        if leave is not None:
            leave(metadata)

    def _choose_device(self, bound):
        kind = bound.device
        if kind is None:
            kind = "cuda" if context.has_gpu() else "cpu"
        return Device("cuda", context.current_gpu()) if kind == "cuda" else Device("cpu", 0)

    # ------------------------------------------------------------ kernels

    def _find_or_make(self, key, bound, device, given, artifact, args, kwargs, warmup):
        state = self._runner
        with state.lock:
            entry = state.entries.get(key)
            if entry is not None:
                return entry
            if artifact is not None:
                entry = self._from_artifact(bound, device, given, artifact)
            else:
                entry = self._from_python(key, bound, device, len(args), kwargs, warmup)
            if entry is not None:
                state.entries[key] = entry
            return entry

    def _from_artifact(self, bound, device, given, artifact):
        options, from_call = artifact_options(artifact.level, bound.options)
        metadata = {**from_call, **artifact.metadata} if artifact.metadata else (from_call or None)
        kernel = _load(device, given, artifact, options, metadata)
        leaves = artifacts.choose_leaves(kernel, bound, self._runner.constexprs, artifact)
        values = json.loads(kernel.metadata) if kernel.metadata else dict(metadata or {})
        values.setdefault("name", kernel.name)
        key = disk_cache.digest(artifact.digest, device.kind, kernel.target or "", options, from_call,
                                _core.version, self._adapter.version if self._adapter else "")
        _publish(key, kernel.name, artifact, kernel, values)
        return self._entry(kernel, leaves, CompiledKernel(kernel, values, key, self._relaunch(kernel, leaves)), False,
                           values)

    def _from_python(self, key, bound, device, positional, options, warmup):
        state = self._runner
        adapter = state.adapter
        if adapter is None:
            self.fail_to_compile()
        arch = context.gpu_arch(device.ordinal) if device.kind == "cuda" else environment.cpu_target()
        target = adapter.target(arch)
        request = adapter.request(self, bound, options, target)
        if adapter.call_hook(self, True, key, request, target, device.ordinal, warmup):
            return None
        source = adapter.source(self, request)
        make = self._compile_for_gpu if device.kind == "cuda" else self._compile_for_cpu
        kernel, result, values = make(source, request, target, device, bound, positional)
        leaves = adapter.leaves(bound, request)
        if isinstance(result, CompiledKernel):
            result._launch = self._relaunch(kernel, leaves)
        entry = self._entry(kernel, leaves, result, True, values)
        adapter.call_hook(self, False, key, request, target, device.ordinal, warmup)
        return entry

    def _compile_for_gpu(self, source, request, target, device, bound, positional):
        adapter = self._runner.adapter
        with disk_cache.lock(disk_cache.digest(source.hash(), str(target))):
            compiled = adapter.compile(source, request, target)
            folder = adapter.cache_folder(compiled)
            path, values, hit = kernel_signature.complete(folder, compiled.metadata.name, bound, positional)
        color_print.print_triton_cache_dir(str(path), hit)
        kernel = context.context().load(compiled.asm["cubin"], str(path.with_suffix(".cubin")), device=device.name,
                                        level="cubin", metadata=json.dumps(values))
        for name in ("n_regs", "n_spills", "n_max_threads"):
            setattr(compiled, name, getattr(kernel, name))
        return kernel, compiled, values

    def _compile_for_cpu(self, source, request, target, device, bound, positional):
        adapter = self._runner.adapter
        level = "ttgir" if self._gluon else "ttir"
        engine, reason = _core.engine(level, "cpu")
        if engine is None:
            language = "Gluon" if self._gluon else "Triton"
            raise Unsupported(f"{self.__name__}: {language} compiles to {level.upper()}. {reason}")
        key = disk_cache.digest(source.hash(), _kinds(request.constants), request.options.hash(), str(target), "cpu",
                                adapter.version, _core.version)
        with disk_cache.lock(key):
            path, text, values, hit = _cached_text(key, level, lambda: self._make_text(source, request, target, bound,
                                                                                      positional))
        if environment.is_verbose():
            print(f"[Triton Runner] {self.__name__}: {level.upper()} for sm_{target.arch} by Triton {adapter.version}",
                  file=sys.stderr)
        color_print.print_triton_cache_dir(path and str(path), hit)
        kernel = context.context().load(text, str(path.with_suffix(f".{level}") if path else self.__name__), device="cpu",
                                        level=level, metadata=json.dumps(values))
        result = CompiledKernel(kernel, values, key, None)
        result.src = source  # as Triton's; its launch_metadata asks for it
        return kernel, result, values

    def _make_text(self, source, request, target, bound, positional):
        text, values = self._runner.adapter.make_ttir(source, request, target)
        return text, kernel_signature.added(values, bound, positional)

    def _entry(self, kernel, leaves, result, compiled, values):
        scratch = any(values.get(f"{kind}_scratch_size") for kind in ("global", "profile"))
        return Entry(kernel, leaves, result, compiled, scratch and kernel.device != "cpu")

    def _relaunch(self, kernel, leaves):
        """compiled[grid](*args): the function's arguments, with its constants or, as it has been compiled, without."""
        def launch(grid, args, kwargs):
            state, stream = self._runner, kwargs.pop("stream", None)
            others = [name for name in state.names if name not in state.constexprs]
            if len(args) == len(others) < len(state.names):
                args, kwargs = (), {**dict.fromkeys(state.constexprs), **dict(zip(others, args)), **kwargs}
            bound = state.binder(*args, **kwargs)
            launch_again(kernel, grid, bound, leaves, stream)
        return launch

    # ------------------------------------------------------------ copies

    def __reduce__(self):
        return _find_function, (self.__module__, self.fn.__qualname__)

    def __deepcopy__(self, memo):
        other = type(self)(self.fn, **self._given_options)
        other.pre_run_hooks = list(self.pre_run_hooks)
        return other


def _find_function(module, qualname):
    """A pickled function is its place in a module, as Python's own functions are."""
    found = importlib.import_module(module)
    for name in qualname.split("."):
        found = getattr(found, name)
    return found


def _load(device, given, artifact, options, metadata):
    try:
        return context.context().load(artifact.data, artifact.name, device=device.name, level=artifact.level,
                                      metadata=json.dumps(metadata) if metadata is not None else None,
                                      options=json.dumps(options) if options and device.kind == "cuda" else None)
    except Mismatch as error:
        if artifact.metadata is not None or artifact.level not in ("llir", "ptx", "cubin"):
            raise
        how = f"{given.keyword} requires metadata_json" if given.form == "src" else "put its .json beside it"
        raise Mismatch(f"{error}: {how}", file=error.file, line=error.line) from error


def _publish(key, name, artifact, kernel, values):
    """Keeps an artifact and what became of it in a folder of Triton's cache, for people and for *_dir."""
    folder = disk_cache.folder_of(key)
    metadata_name = f"{name}.json"
    hit = disk_cache.read(folder, metadata_name) is not None
    if not hit:
        files = {f"{name}.{level}": bytes(data) for level, data in kernel.stages.items() if level != artifact.level}
        files[f"@{name}.{artifact.level}"] = artifact.data
        files[metadata_name] = json.dumps(values)
        try:
            disk_cache.publish(folder, metadata_name, files)
        except OSError:
            return  # a cache that can't be written
    color_print.print_triton_cache_dir(str(folder / metadata_name), hit)


def _cached_text(key, level, make):
    """(path of the metadata, text, metadata, hit) of a text in Triton's cache, made by `make` if it isn't there. The
    path is None where the cache can't be written."""
    folder = disk_cache.folder_of(key)
    if not environment.get("TRITON_ALWAYS_COMPILE"):
        found = _read_text(folder, level)
        if found:
            return (*found, True)
    text, values = make()
    name = f"{values['name']}.json"
    path = folder / name
    try:
        disk_cache.publish(folder, name, {f"{values['name']}.{level}": text, name: json.dumps(values)})
    except OSError:
        path = None
    return path, text, values, False


def _read_text(folder, level):
    """(path of the metadata, text, metadata) in a finished folder; one that is damaged is removed."""
    name = next((path.name[len(disk_cache.GROUP):] for path in folder.glob(disk_cache.GROUP + "*.json")), None)
    files = disk_cache.read(folder, name) if name else None
    if not files:
        return None
    try:
        values = json.loads(files[name].read_text())
        return files[name], files[name].with_suffix(f".{level}").read_text(), values
    except (OSError, ValueError):
        disk_cache.discard(folder)
        return None


def _kinds(constants):
    """Tells constants apart that Triton's own key doesn't: None from "None", 1 from "1"."""
    return sorted(f"{path}: {type(value).__name__}" for path, value in constants.items())


def _launch_kernel(entry, grid, bound, stream, allocator):
    try:
        entry.kernel.launch(grid, bound, entry.leaves, stream, allocator)
    except TritonRunnerError as error:
        error.message = _with_names(str(error.message), entry, bound)
        raise


def _with_names(message, entry, bound):
    """Old versions of Triton call parameters arg0, arg1 and so on: says what the function calls them."""
    names = {f"'arg{number}'": bound.names[bound.leaves[leaf][0]]
             for number, (leaf, param) in enumerate(zip(entry.leaves, entry.kernel.params)) if param.name == f"arg{number}"}
    return re.sub(r"'arg\d+'", lambda match: f"'{names[match[0]]}'" if match[0] in names else match[0], message)


@lru_cache(maxsize=None)
def function_class(gluon=False):
    """The class of decorated functions: with Triton a subclass of its JITFunction."""
    try:
        adapter = frontend.adapter()
    except TritonRunnerError as error:
        return type("RunnerJITFunction", (Launching, _standalone(str(error))), {"__module__": __name__})
    frontend.ensure_driver()
    base = adapter.gluon_class if gluon else adapter.jit_class
    if base is None:
        raise RuntimeError(f"@gluon_runner.jit doesn't support Triton v{adapter.version}.")
    return type("RunnerGluonJITFunction" if gluon else "RunnerJITFunction", (Launching, base),
                {"__module__": __name__, "_adapter": adapter, "_gluon": gluon, "__hash__": base.__hash__})


def _standalone(reason):
    return type("Standalone", (StandaloneFunction,), {"reason": reason})


def make(fn, gluon=False, **options):
    """Decorates `fn`; `options` are those of @triton.jit, of which older versions don't know all."""
    kind = function_class(gluon)
    known = {name: value for name, value in options.items() if name in inspect.signature(kind.__init__).parameters}
    function = kind(fn, **known)
    function._given_options = known
    return function
