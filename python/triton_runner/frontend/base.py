"""The interface to a Triton, and what Triton 3.9 does. A class for an older version overrides what was different.

`bound` is a _core.Bound, `fn` an instance of `jit_class` or `gluon_class`, `target` what `target()` returned, `options`
all keyword arguments of a call: Triton takes num_warps as an option even where the kernel has a parameter of that name.
"""

import copy
import json
import os
import re
import threading
from collections import namedtuple
from contextlib import nullcontext

from triton.backends.compiler import GPUTarget
from triton.compiler import compiler
from triton.runtime.jit import JITFunction

from ..keywords import DEPRECATED
from .target_driver import driver_for

# What Triton's JITFunction.run makes of a call: the arguments of its ASTSource, the parsed options, the backend, and
# what its key in memory is made of.
Request = namedtuple("Request", "signature constants attrs options backend specialization excess")

# Triton's passes aren't safe in several threads of one process, and MLIR contexts of 3.2 to 3.5 have thread pools.
_compiling = threading.RLock()


def _after_fork():
    global _compiling
    _compiling = threading.RLock()


# A child that is forked while a thread is inside Triton would wait forever for locks in its C++ that nobody holds any more.
os.register_at_fork(before=lambda: _compiling.acquire(), after_in_parent=lambda: _compiling.release(),
                    after_in_child=_after_fork)


class Adapter:
    """Triton 3.9."""
    jit_class = JITFunction
    is_tlx = False
    varargs = True        # def kernel(*args)
    keyword_only = True   # def kernel(x, *, BLOCK)

    def __init__(self, version):
        self.version = version
        # Kept from before triton.compile is replaced by triton_runner.configure_jit_backend().
        self._compile = compiler.compile
        self.gluon_class, self._gluon_source = self._gluon()

    # ------------------------------------------------------------ functions

    def params(self, fn):
        """The parameters of `fn` for _core.Binder."""
        rows, behind_varargs = [], False
        for param, parameter in zip(fn.params, fn.signature.parameters.values()):
            rows.append(self._param(param, parameter, behind_varargs))
            behind_varargs |= self.varargs and parameter.kind is parameter.VAR_POSITIONAL
        return rows

    def _param(self, param, parameter, behind_varargs):
        from .. import _core
        flags = 0
        if param.is_constexpr:
            flags |= _core.CONSTEXPR
        if param.is_const:
            flags |= _core.CONST
        if param.do_not_specialize:
            flags |= _core.NO_SPECIALIZE
        if getattr(param, "do_not_specialize_on_alignment", False):
            flags |= _core.NO_ALIGNMENT
        if self.varargs and parameter.kind is parameter.VAR_POSITIONAL:
            flags |= _core.VARARGS
        if behind_varargs or self.keyword_only and parameter.kind is parameter.KEYWORD_ONLY:
            flags |= _core.KEYWORD_ONLY
        default = _core.REQUIRED if parameter.default is parameter.empty else parameter.default
        return param.name, flags, self._annotation(param), default

    def _annotation(self, param):
        """The type that the annotation stands for in this version, or None."""
        return None if param.is_constexpr else param.annotation_type or None

    def check_globals(self, fn):
        """Raises RuntimeError when a global that the kernel was compiled with has another value now."""
        absent = object()
        for (name, _), (value, scope) in fn.used_global_vals.items():
            now = scope.get(name, absent)
            if now != value:
                raise RuntimeError(
                    f"Global variable {name} has changed since we compiled this kernel, from {value} to {now}")

    # ------------------------------------------------------------ requests

    def target(self, arch):
        return GPUTarget("cuda", arch, 32)

    def call_options(self, fn, options):
        """The keyword arguments of a call together with those that Triton's run() adds before it binds them."""
        from triton import knobs
        options = dict(options)
        options["debug"] = options.get("debug", fn.debug) or knobs.runtime.debug
        options["instrumentation_mode"] = knobs.compilation.instrumentation_mode
        options["fpsan_homomorphic_casts"] = knobs.compilation.fpsan_homomorphic_casts
        return options

    def extra_key(self, fn, bound):
        """What `request` depends on besides bound.key and the options, or None; part of the key of a kernel."""
        return None

    def request(self, fn, bound, options, target):
        """The Request of a call whose kernel isn't known yet. `options` come from call_options.

        Raises what Triton raises: KeyError for an unknown keyword, AssertionError for device, stream and device_type,
        ValueError for options that the target can't have."""
        backend = compiler.make_backend(target)
        specialization, arguments = self._specialization(fn, bound)
        parsed, signature, constants, attrs = self._pack(fn, backend, dict(options), arguments, specialization)
        excess = {name: value for name, value in options.items() if name not in bound.names}
        return Request(signature, constants, attrs, parsed, backend, specialization, excess)

    def _pack(self, fn, backend, options, arguments, specialization):
        return fn._pack_args(backend, options, arguments, specialization, {})

    def _specialization(self, fn, bound):
        """Triton's list of (type, specialization), and {name: value} of the arguments."""
        pairs, arguments = [], {}
        for param, type_, spec, value in zip(fn.params, bound.types, bound.specs, bound.values):
            type_, spec, value = self._specialize(param, type_, spec, value)
            pairs.append((type_, spec))
            arguments[param.name] = value
        if self.inspection_key() is not None:
            # Triton appends a text where pairs belong, and it ends up among the attributes.
            pairs.append(f'("custom_pipeline", {self.inspection_key()})')
        return pairs, arguments

    def _specialize(self, param, type_, spec, value):
        if param.is_constexpr:
            return "constexpr", value, value
        annotation = param.annotation_type
        if not annotation:
            return self._leaf(type_, spec, value, not param.do_not_specialize)
        specialize = not param.do_not_specialize and self._specializes(annotation)
        return annotation, self._alignment(annotation, spec, value, specialize), value

    def _specializes(self, annotation):
        """Whether a value of an annotated type is specialized."""
        return annotation != "u1" and annotation[:2] not in ("fp", "bf")

    def _leaf(self, type_, spec, value, specialize):
        if isinstance(type_, tuple):
            # What is in a tuple is specialized whatever the parameter says, and named tuples keep their class.
            leaves = [self._leaf(*leaf, True) for leaf in zip(type_, spec, value)]
            return tuple(_like(value, part) for part in zip(*leaves)) if leaves else ((), (), ())
        if type_ == "constexpr":
            return self._constant(spec, value)
        if type_.startswith("tensordesc"):
            return _descriptor_type(type_, value), spec, value
        return self._type(type_), self._alignment(type_, spec, value, specialize), value

    def _constant(self, spec, value):
        if hasattr(value, "cache_key"):
            return "constexpr", value.cache_key, value
        # A NumPy integer that is 1: the compiler knows Python's numbers.
        is_one = type(spec) is int and not isinstance(value, int)
        return "constexpr", spec, int(value) if is_one else value

    def _type(self, type_):
        """A type of Bound in this version's spelling."""
        return type_

    def _alignment(self, type_, spec, value, specialize):
        """Triton tells a value that could be divisible by 16 but isn't, "", from one that isn't looked at, None."""
        if spec == "D" or not specialize or value is None or isinstance(value, (bool, float)):
            return "D" if spec == "D" and specialize else None
        if type_[0] == "*" or type_[0] in "iu" and type_ != "u1":
            is_one = not hasattr(value, "shape") and not hasattr(value, "data_ptr") and value == 1
            return 1 if is_one else ""
        return None

    def leaves(self, bound, request):
        """The numbers of the leaves of `bound` that the compiled kernel takes as parameters."""
        return [number for number, (_, type_, _) in enumerate(bound.leaves) if type_ != "constexpr"]

    # ------------------------------------------------------------ compiling

    def source(self, fn, request):
        """Triton's ASTSource or GluonASTSource."""
        kind = self._gluon_source if self._is_gluon(fn) else compiler.ASTSource
        return kind(fn, request.signature, request.constants, request.attrs)

    def compile(self, source, request, target):
        """Triton's CompiledKernel, with Triton's cache in the place and under the key that plain Triton uses."""
        with _compiling, self._compiling_for(source, target):
            return self._compile(source, target=target, options=request.options.__dict__)

    def make_ttir(self, source, request, target):
        """(text, metadata) after the first stage only: TTIR, or TTGIR for Gluon. Nothing is cached, and no ptxas is
        asked. `metadata` is a dict for JSON, as Triton's own."""
        with _compiling, driver_for(target):
            return self._first_stage(source, request, target)

    def _first_stage(self, source, request, target):
        from triton._C.libtriton import ir
        options, backend = request.options, request.backend
        source.fn.cache_key  # notes the globals that check_globals looks at
        stages = {}
        self._add_stages(backend, stages, options, source)
        context = ir.context()
        try:
            ir.load_dialects(context)
            backend.load_dialects(context)
            module = self._parse(source, backend, target, options, context)
            metadata = self._metadata(options, target)
            names = list(stages)
            last = "ttgir" if self._is_gluon(source.fn) else "ttir"
            for name in names[names.index(source.ext):names.index(last) + 1]:
                module = stages[name](module, metadata)
            text = str(module)
        finally:
            self._release(context)
        metadata["name"] = entry_name(text)
        return text, json.loads(json.dumps(metadata, default=vars))

    def _parse(self, source, backend, target, options, context):
        try:
            return self._make_ir(source, backend, target, options, context)
        except Exception as error:
            compiler.filter_traceback(error)
            raise

    def _add_stages(self, backend, stages, options, source):
        backend.add_stages(stages, options, source.language)

    def _make_ir(self, source, backend, target, options, context):
        return source.make_ir(target, options, backend.get_codegen_implementation(options), backend.get_module_map(),
                              context)

    def _metadata(self, options, target):
        from triton._C.libtriton import get_cache_invalidating_env_vars
        return {"target": target, **options.__dict__, **get_cache_invalidating_env_vars(),
                "triton_version": self.version}

    def _release(self, context):
        """Before a context goes away."""

    def _compiling_for(self, source, target):
        """A context manager for `compile`."""
        return nullcontext()

    def cache_folder(self, compiled):
        """The folder in Triton's cache that holds a compiled kernel."""
        files = getattr(compiled, "metadata_group", None)
        if files:
            return os.path.dirname(next(iter(files.values())))
        from triton.runtime.cache import get_cache_manager
        return get_cache_manager(compiled.hash).cache_dir

    def _is_gluon(self, fn):
        return fn.is_gluon()

    def _gluon(self):
        from triton.experimental.gluon import _runtime
        return _runtime.GluonJITFunction, _runtime.GluonASTSource

    # ------------------------------------------------------------ hooks

    def call_hook(self, fn, before, key, request, target, device, warmup):
        """Calls Triton's hook before or after a compilation, if there is one; true means "don't compile". Hooks get
        Triton's key of the kernel where `key` isn't a text."""
        hook = self._hook(before)
        if hook is None:
            return False
        key = key if isinstance(key, str) else self._key(request)
        return bool(self._call_hook(fn, hook, before, key, request, target, device, warmup))

    def _hook(self, before):
        from triton import knobs
        return knobs.runtime.jit_cache_hook if before else knobs.runtime.jit_post_compile_hook

    def _call_hook(self, fn, hook, before, key, request, target, device, warmup):
        return fn._call_hook(hook, key, request.signature, target, device, self._plain(request.constants),
                             request.options, [request.attrs], warmup)

    def _plain(self, constants):
        """Triton knows a function among constants by the name of its class, which a subclass hasn't."""
        return {path: self._plain_function(value) if isinstance(value, JITFunction) else value
                for path, value in constants.items()}

    def _plain_function(self, fn):
        if fn.is_gluon():
            return fn
        fn = copy.copy(fn)
        fn.__class__ = JITFunction
        return fn

    def _key(self, request):
        from triton.runtime.jit import compute_cache_key
        return compute_cache_key({}, request.specialization, request.excess)

    def launch_hooks(self):
        """(enter, exit), either of which may be None, or None when neither is set."""
        hooks = tuple(map(_set_hook, self._launch_hooks()))
        return hooks if any(hooks) else None

    def _launch_hooks(self):
        from triton import knobs
        return knobs.runtime.launch_enter_hook, knobs.runtime.launch_exit_hook

    def launch_metadata(self, compiled, grid, stream, values, function=None):
        """What the launch hooks get, or None when nobody wants it. `values` is {name: value}; `function` the CUfunction,
        where the kernel wasn't loaded by Triton."""
        if _set_hook(self._launch_hooks()[0]) is None:
            return None
        function = compiled.function if function is None else function
        data = compiler.LazyDict({"name": compiled.name, "function": function, "stream": stream})
        fn = getattr(getattr(compiled, "src", None), "fn", None)
        if fn is not None and fn.launch_metadata is not None:
            data.add(fn.launch_metadata, (grid, compiled.metadata, dict(values)))
        return data

    def inspection_key(self):
        """The hash of knobs.runtime.add_stages_inspection_hook, part of the key of a kernel, or None."""
        from triton import knobs
        hook = knobs.runtime.add_stages_inspection_hook
        return None if hook is None else hook()[1]

    def allocator(self):
        """The allocator of triton.set_allocator, called with (bytes, alignment, stream). Where none was set, Triton's
        that raises its error. None in versions whose kernels need no memory."""
        from triton.runtime import _allocation
        return _allocation._allocator.get()

    def profile_allocator(self):
        """The same for memory of instrumented kernels, or None when none was set."""
        from triton.runtime import _allocation
        allocator = _allocation._profile_allocator.get()
        return None if isinstance(allocator, _allocation.NullAllocator) else allocator


def check_options(options, parsed, known):
    """Triton's refusals of keyword arguments, for versions that have no function for it."""
    for name, other in DEPRECATED.items():
        assert name not in options, f"{name} option is deprecated; current {other} will be used"
    for name in options:
        if name not in parsed.__dict__ and name not in known:
            raise KeyError("Keyword argument %s was specified but unrecognised" % name)


def entry_name(text):
    """The name of the kernel in a text of TTIR or TTGIR."""
    match = re.search(r'tt\.func public @(?:"([^"]+)"|([^\s("]+))', text)
    return (match[1] or match[2]) if match else ""


def _descriptor_type(type_, value):
    """As Triton's specialization writes it, which isn't what a Gluon descriptor says of itself."""
    kind, element, layout = re.match(r"(\w+)<(\w+)\[[^]]*\](?:,input_rank=\d+)?(.*)>$", type_, re.DOTALL).groups()
    rank = f",input_rank={len(value.shape)}" if kind == "tensordesc_im2col" else ""
    return f"{kind}<{element}{list(value.block_shape)}{rank}{layout}>"


def _like(value, items):
    return type(value)(*items) if hasattr(value, "_fields") else tuple(items)


def _set_hook(hook):
    """From 3.5 on a hook is a chain that may be empty."""
    return None if hook is None or getattr(hook, "calls", hook) == [] else hook
