"""What a launch returns where Triton's CompiledKernel doesn't exist: for artifacts, and for kernels on the CPU."""

import json
from collections import namedtuple

# The extensions of texts; everything else in `asm` is bytes.
TEXTS = ("source", "ttir", "ttgir", "llir", "ptx", "amdgcn")


class Target:
    """Triton's GPUTarget, without Triton."""

    def __init__(self, backend, arch, warp_size):
        self.backend, self.arch, self.warp_size = backend, arch, warp_size

    def __eq__(self, other):
        return all(getattr(other, name, None) == value for name, value in vars(self).items())

    def __hash__(self):
        return hash((self.backend, self.arch, self.warp_size))

    def __repr__(self):
        return f"Target(backend={self.backend!r}, arch={self.arch!r}, warp_size={self.warp_size!r})"


def metadata_tuple(values):
    """A metadata dict as Triton has it: a named tuple of sorted keys whose `target` has attributes."""
    values = dict(values)
    target = values.get("target")
    if isinstance(target, dict):
        values["target"] = Target(target.get("backend", "cuda"), target.get("arch"), target.get("warp_size", 32))
    names = sorted(values)
    return namedtuple("KernelMetadata", names, rename=True)(*(values[name] for name in names))


def metadata_dict(metadata):
    """Any form of metadata as a dict for JSON: a dict, a JSON text, a named tuple."""
    if isinstance(metadata, (str, bytes)):
        metadata = json.loads(metadata)
    if hasattr(metadata, "_asdict"):
        metadata = metadata._asdict()
    if not isinstance(metadata, dict):
        raise TypeError(f"metadata_json is a {type(metadata).__name__}: give a dict or a kernel's .metadata")
    return json.loads(json.dumps(metadata, default=_plain))


def _plain(value):
    if hasattr(value, "_asdict"):
        return value._asdict()
    if hasattr(value, "__dict__"):
        return vars(value)
    return list(value) if isinstance(value, (set, frozenset)) else str(value)


class CompiledKernel:
    """A kernel that has been launched.

    `asm`       {level: text, or bytes of a cubin}, the artifact and everything it was lowered to
    `metadata`  a named tuple; serves as `metadata_json=` again, as `asm["ptx"]` does as `ptx_src=`
    `name`, `hash`, `n_regs` (a thread), `n_spills` (registers a thread), `n_max_threads`, `shared` (bytes)
    `device`    "cpu", "cuda:0"; `path`, the file that it came from; `function`, the CUfunction or 0
    """

    def __init__(self, kernel, values, hash, launch):
        """`kernel` of the extension, `values` its metadata as a dict, `launch(grid, args, kwargs)`."""
        self.kernel = kernel
        self.metadata = metadata_tuple(values)
        self.hash = hash
        self.name = kernel.name
        self.path = kernel.path
        self.device = kernel.device
        self.n_regs, self.n_spills, self.n_max_threads = kernel.n_regs, kernel.n_spills, kernel.n_max_threads
        self.shared = kernel.shared
        self.module, self.function = kernel.module, kernel.function
        self.packed_metadata = tuple(values.get(name, default)
                                     for name, default in (("num_warps", 4), ("num_ctas", 1), ("shared", 0)))
        self.asm = {level: bytes(data).decode("utf-8", "replace") if level in TEXTS else bytes(data)
                    for level, data in kernel.stages.items()}
        self._launch = launch

    def __getitem__(self, grid):
        """`compiled[grid](*args)` launches it again."""
        return lambda *args, **kwargs: self._launch(grid, args, kwargs)

    def __repr__(self):
        return f"<{type(self).__name__} {self.name} on {self.device}, {', '.join(self.asm)}>"
