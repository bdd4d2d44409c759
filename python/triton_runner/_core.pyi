"""The C extension: Triton Runner's C API (include/triton_runner.h), Triton's specialization rules, and launches.

It knows neither Triton nor torch. Exceptions are those of triton_runner.errors.
"""

from typing import Any, Callable, Mapping, Optional, Sequence, Tuple, Union

version: str  # of the C library
build_info: str

def devices() -> list[tuple[str, bool, str, int]]:
    """(name, available, what it is or why it isn't there, 90 for sm_90): "cpu", "cuda" and, with several, "cuda:1" and so
    on."""

def engine(level: str, device: str) -> tuple[Optional[str], Optional[str]]:
    """What runs `level` on `device`, or None and the reason with the levels that can."""

def listing(path: Any) -> list[tuple[str, str, str, int]]:
    """(kernel, level, path, bytes) of every artifact in a file, a folder, or the folders of a folder."""

def compile(path: Any, *, to: str, target: Optional[str] = None, kernel: Optional[str] = None,
            level: Optional[str] = None, metadata: Optional[str] = None, options: Optional[str] = None,
            python: Optional[str] = None, ptxas: Optional[str] = None, keep: Optional[str] = None,
            cache: Optional[str] = None, no_cache: bool = False, timeout: float = 0.0) -> dict[str, Any]:
    """tr_compile. {"stages": {level: bytes}, "kernel", "target", "metadata" (JSON text), "tools", "log", "cached"}"""

class Param:
    """A parameter of an artifact's kernel."""
    name: str
    type: str  # as in the artifact
    dtype: Optional[str]
    is_pointer: bool
    divisibility: int
    written: bool  # False: the kernel surely doesn't write through it (CPU only, else True)

class Context:
    """Threads and tools; every kernel keeps its context alive."""
    threads: int
    isa: str
    def __init__(self, *, threads: int = 0, isa: Optional[str] = None, python: Optional[str] = None,
                 ptxas: Optional[str] = None, no_cache: bool = False) -> None: ...
    def load(self, data: Union[bytes, str], name: str, *, device: str = "cpu", level: Optional[str] = None,
             kernel: Optional[str] = None, metadata: Optional[str] = None, options: Optional[str] = None) -> Kernel:
        """`name` stands for the file in messages; `metadata` and `options` are JSON texts. What isn't machine code is
        brought down to it first when `device` is a GPU. The GIL is released."""
    def load_path(self, path: Any, *, device: str = "cpu", level: Optional[str] = None, kernel: Optional[str] = None,
                  metadata: Any = None, options: Optional[str] = None) -> Kernel:
        """`metadata` is a path."""

class Kernel:
    """A kernel ready to be launched on its device. Several threads may launch it at once."""
    name: str
    level: str
    device: str
    path: str
    target: Optional[str]
    params: tuple[Param, ...]
    optional_params: int
    metadata: str  # JSON text: of what runs, so after lowering
    stages: Mapping[str, bytes]  # level -> the artifact and everything that it was lowered to
    n_regs: int  # a thread; 0 on the CPU
    n_spills: int  # bytes of local memory a thread, divided by 4 as Triton does; 0 on the CPU
    n_max_threads: int
    shared: int  # bytes, static and dynamic
    function: int  # CUfunction, 0 on the CPU
    module: int
    def launch(self, grid: Tuple[int, int, int], bound: Bound, leaves: Sequence[int], stream: int = 0,
               allocator: Optional[Callable[[int, int, int], Any]] = None, timeout: float = 0.0) -> None:
        """Launches with the leaves of `bound` that have these numbers, in order of the kernel's parameters. A descriptor
        stands for as many parameters as the kernel has for it. On a GPU the launch is queued in `stream`; `allocator`
        (bytes, alignment, stream) gives scratch memory: an int, or an object with data_ptr(). On the CPU it returns
        when the kernel has ended, Ctrl-C stops it (KeyboardInterrupt), and what it prints goes to sys.stdout."""
    def synchronize(self, stream: int = 0) -> None: ...
    def steps(self) -> str: ...

class Binder:
    """Binds the arguments of calls to a function's parameters by Triton's rules."""
    names: tuple[str, ...]
    def __init__(self, params: Sequence[tuple]) -> None:
        """`params`: (name, flags, annotation, default) each. `flags` is a sum of CONSTEXPR, CONST, NO_SPECIALIZE,
        NO_ALIGNMENT, KEYWORD_ONLY, VARARGS; `annotation` a type such as "i64", "fp32", "*fp16", "u1", or None;
        `default` REQUIRED where there is none."""
    def __call__(self, *args: Any, **kwargs: Any) -> Bound:
        """Raises TypeError as a Python function does: missing, given twice, too many (of "dynamic_func()", as Triton has
        it), and where Triton can't specialize the value; OverflowError for integers beyond 64 bits."""

CONSTEXPR: int
CONST: int
NO_SPECIALIZE: int
NO_ALIGNMENT: int
KEYWORD_ONLY: int
VARARGS: int
REQUIRED: object

class Bound:
    """One call's arguments. Holds on to the memory that they are in.

    A leaf is a value that isn't a tuple: parameters in order, tuples flattened, numbered from 0. A TensorDescriptor is
    one leaf, the value of a CONSTEXPR parameter too, whatever it is."""
    values: tuple  # one a parameter, defaults filled in
    names: tuple[str, ...]
    options: dict[str, Any]  # keyword arguments that are no parameters
    types: tuple  # one a parameter: "constexpr", "i32", "i64", "u64", "u1", "fp32", "*fp16", "*kfp16", "tensordesc<...>",
    # "nvTmaDesc", the annotation where there is one; tuples nest, NamedTuples keep their type
    specs: tuple  # one a parameter, exactly as Triton 3.6 has it: None, "D" (divisible by 16) or "" (not) of integers and
    # pointers that are specialized, the constant of a "constexpr" (a decorated function's `cache_key`, where the parameter
    # isn't annotated tl.constexpr), 1 of an annotated integer that is 1; tuples nest
    key: object  # hashable, equal exactly when types, specs and options are: values of constexprs by type and value (bits
    # of floats), objects with `cache_key` by that
    device: Optional[str]  # "cuda" if one of the tensors is on a GPU, "cpu" if all are in host memory, None if there are none
    leaves: tuple[tuple[int, str, Any], ...]  # (parameter, type, spec) of each leaf
    def arguments(self) -> dict[str, Any]:
        """{name: value}, as Triton gives it to a callable grid."""
