"""Makes the requests of many calls through plain Triton and through the adapter, and compares what decides the key in
Triton's cache. Run under a Python with Triton; prints a line a difference and fails then."""

import sys
import typing

import standin
import triton
import triton.language as tl

standin.install()
import kernels  # noqa: E402
from triton_runner import frontend  # noqa: E402

ADAPTER = frontend.adapter()
VERSION = frontend.triton_version(triton.__version__)
TARGET = ADAPTER.target(90)


class DType:
    itemsize = 2

    def __init__(self, name):
        self.name = name

    def __str__(self):
        return "torch." + self.name

    def __eq__(self, other):
        return self.name == other.name

    def __hash__(self):
        return hash(self.name)


class Tensor:
    """What Triton needs of a torch tensor."""

    def __init__(self, dtype="float32", address=4096):
        self.dtype, self.address = DType(dtype), address

    def data_ptr(self):
        return self.address


class Pair(typing.NamedTuple):
    first: object
    second: object


class Scalar:
    """What a NumPy scalar has, for the stand-in of the extension."""
    shape = ()

    def __init__(self, value):
        self.value = value

    def item(self):
        return self.value


def scalars():
    """Kinds of numbers that count as Python's: NumPy's where it is, and the extension."""
    from triton_runner import _core
    if _core.Binder is standin.Binder:
        return Scalar, Scalar, Scalar
    try:
        import numpy
    except ImportError:
        return ()
    return numpy.int64, numpy.float32, numpy.bool_


def plain_number(value):
    return value.item() if hasattr(value, "item") else value


class Driver:
    def get_current_device(self):
        return 0

    def get_current_stream(self, device):
        return 0

    def get_current_target(self):
        return TARGET


class Caught(BaseException):
    pass


def catch(source, target=None, options=None, **more):
    raise Caught(source, target, options)


def of_triton(fn, args, kwargs):
    """(source, options) that Triton's run() asks its compiler for."""
    try:
        fn.run(*args, grid=(1,), warmup=True, **kwargs)
    except Caught as caught:
        source, target, options = caught.args
        return source, options
    raise AssertionError(f"{fn}: nothing was compiled")


def of_adapter(fn, args, kwargs):
    from triton_runner import _core
    options = ADAPTER.call_options(fn, kwargs)
    bound = _core.Binder(ADAPTER.params(fn))(*args, **options)
    request = ADAPTER.request(fn, bound, options, TARGET)
    return ADAPTER.source(fn, request), request, bound


def show(source):
    attrs = source.attrs
    attrs = attrs.to_dict() if hasattr(attrs, "to_dict") else attrs
    return f"signature {source.signature} constants {source.constants} attrs {attrs}"


def outcome(make, *call):
    try:
        return make(*call)
    except Exception as error:
        return error


def calls():
    tensor = Tensor()
    for x in (tensor, Tensor(address=8), Tensor("float16"), Tensor("bool"), Tensor("uint8"), Tensor("float8_e5m2"), None):
        yield kernels.plain, (x, tensor, 1000), {"BLOCK": 128}
    for n in (0, 1, 16, 17, -1, -16, 2**31 - 1, 2**31, 2**40, 2**40 + 1, 2**63, 2**64 - 1, -2**63, True, False, 1.0, 0.5,
              None):
        yield kernels.nothing, (tensor, n, 3), {}
        yield kernels.unspecialized, (tensor, n, n, n), {}
        yield kernels.unaligned, (Tensor(address=8), n, n), {}
        yield kernels.annotated, (tensor, n, n, n, n, n), {}
    for mode in ("D", "fast", None, 3, 2.5, True, tl.float16):
        yield kernels.annotated, (tensor, 3, 16, True, 0.5, 7, mode), {}
    for y in (tensor, Tensor(address=8), 4096, 1, None):
        yield kernels.pointers, (tensor, y, y), {}
    yield kernels.defaults, (tensor,), {}
    yield kernels.defaults, (tensor, 3), {"o": tensor, "MODE": "Debug"}
    options = [{}, {"num_warps": 8}, {"num_stages": 5}, {"num_warps": 2, "num_ctas": 2, "maxnreg": 64},
               {"debug": True}, {"enable_fp_fusion": False}, {"nonsense": 1}, {"stream": 0}, {"device": 0},
               {"device_type": "cuda"}, {"Num_Warps": 4}, {"num_warps": 3}]
    for more in options:
        yield kernels.defaults, (tensor,), more
        yield kernels.plain, (tensor, tensor, 16), {"BLOCK": 64, **more}
    yield kernels.helper_user, (tensor, 16, kernels.twice), {"BLOCK": 64}
    yield kernels.nothing, (tensor, kernels.twice, 3), {}
    yield kernels.nothing, (tensor, tl.constexpr(5), 3), {}
    yield kernels.nothing, (tensor, (1, 2, 16, None, True, tensor, Tensor(address=8), 0.5), Pair(1, tensor)), {}
    yield kernels.unspecialized, (tensor, ((1, (16, 17)), 2), (), Pair((1, 2), None)), {}
    yield from numbers(tensor)
    yield kernels.keyword_only, (tensor,), {"n": 16}
    yield kernels.keyword_only, (tensor,), {"n": 1, "m": None, "BLOCK": 8, "num_warps": 1}
    if VERSION >= (3, 8) or ADAPTER.is_tlx:
        for rest in ((), (1,), (tensor, 16, 17, None, (1, 2)), (0.5, True)):
            yield kernels.varargs, (tensor, *rest), {}
            yield kernels.varargs, (tensor, *rest), {"BLOCK": 8}
    elif VERSION >= (3, 3):
        yield kernels.varargs, (tensor, (1, tensor, 16)), {}
    if VERSION >= (3, 4):
        yield from descriptors(tensor)


def numbers(tensor):
    for integer, real, boolean in filter(None, [scalars()]):
        for value in (integer(1), integer(16), integer(17), integer(2**40), real(0.5), boolean(True), boolean(False)):
            yield kernels.nothing, (tensor, value, 3), {}
            yield kernels.unspecialized, (tensor, value, 3, value), {}
            if VERSION < (3, 3):  # from then on it is left open whether these are specialized
                yield kernels.annotated, (tensor, value, value, value, 0.5, value), {}


def descriptors(tensor):
    from triton.tools.tensor_descriptor import TensorDescriptor
    half = Tensor("float16")
    descriptor = TensorDescriptor(half, [64, 64], [64, 1], [16, 32])
    yield kernels.nothing, (tensor, descriptor, 3), {}
    yield kernels.nothing, (tensor, (descriptor, 1), 3), {}
    from triton.experimental.gluon import language as gl
    from triton.experimental.gluon.nvidia import hopper
    layout = gl.NVMMASharedLayout(swizzle_byte_width=64, element_bitwidth=16, rank=2)
    yield kernels.nothing, (tensor, hopper.TensorDescriptor(half, [64, 64], [64, 1], [16, 32], layout), 3), {}
    if hasattr(hopper, "TensorDescriptorIm2Col"):
        image = hopper.TensorDescriptorIm2Col(half, [4, 8, 8, 64], [4096, 512, 64, 1], [16, 32], layout,
                                              pixel_box_lower_corner=[0, 0], pixel_box_upper_corner=[0, 0])
        yield kernels.nothing, (tensor, image, 3), {}


def main():
    import triton.compiler
    triton.runtime.driver.set_active(Driver())
    triton.compiler.compile = catch
    count, wrong, sources = 0, [], {}
    for fn, args, kwargs in calls():
        count += 1
        call = f"{fn.__name__}{args} {kwargs}"
        theirs = outcome(of_triton, fn, tuple(map(plain_number, args)), dict(kwargs))
        ours = outcome(of_adapter, fn, args, dict(kwargs))
        if isinstance(theirs, Exception) or isinstance(ours, Exception):
            if (type(theirs), str(theirs)) != (type(ours), str(ours)):
                wrong.append(f"{call}\n    Triton: {theirs!r}\n    ours:   {ours!r}")
            continue
        source, options = theirs
        ours, request, bound = ours
        backend = request.backend
        expected, got = backend.parse_options(dict(options)).hash(), request.options.hash()
        if source.hash() != ours.hash() or expected != got or options != request.options.__dict__:
            wrong.append(f"{call}\n    Triton: {show(source)}\n    ours:   {show(ours)}\n    options {options}"
                         f"\n    ours    {request.options}")
        constants = sum(type_ != "constexpr" for _, type_, _ in bound.leaves)
        if len(ADAPTER.leaves(bound, request)) > constants:
            wrong.append(f"{call}: {ADAPTER.leaves(bound, request)} of {bound.leaves}")
        # One key, one kernel: the key that the package goes by is of types, specs and this.
        key = fn, bound.types, str(bound.specs), str(request.options), ADAPTER.extra_key(fn, bound)
        if sources.setdefault(key, show(source)) != show(source) and not harmless(fn, bound):
            wrong.append(f"{call}: one key for\n    {sources[key]}\n    {show(source)}")
    print("\n".join(wrong))
    print(f"{triton.__version__}: {count} calls, {len(wrong)} differ")
    return 1 if wrong or count < 100 else 0


def harmless(fn, bound):
    """From 3.3 on an annotated integer gets an empty list of attributes, or none at all: the same kernel."""
    return VERSION >= (3, 3) and any(param.annotation_type for param in fn.params)


if __name__ == "__main__":
    sys.exit(main())
