"""Loads, stores and pointers."""

import numpy as np
from conformance.case import Case, Param, inout, output, scalar, values
from conformance.dtypes import DTYPES, random_values

DTYPES_USED = ["i8", "i16", "i32", "i64", "f16", "bf16", "f32", "f64"]
ONE_OF_EACH_SIZE = ["i8", "bf16", "f32", "i64"]


def untouched(dtype, count):
    """What an output holds where nothing was stored."""
    return np.full(count * DTYPES[dtype].size, 0xFF, np.uint8).view(DTYPES[dtype].numpy)


def case(kernel, dtype, params, oracle, constexprs, name="", **options):
    return Case(id=f"{kernel}-{dtype}{name}", kernel=f"memory.{kernel}", params=tuple(params), oracle=oracle,
                constexprs=constexprs, same_nan=True, **options)


def copy(kernel, dtype, count, pick, constexprs, *, length=None, extra=(), name="", **options):
    """A case whose output is `pick` of the input x of `length` elements."""
    params = [Param("x", dtype, values(dtype, length or count)), output("out", dtype, count), *extra]
    return case(kernel, dtype, params, lambda x, out, **rest: {"out": pick(x)}, {"N": count, **constexprs},
                f"-{count}{name}", **options)


def with_rest(dtype, count, n, rest):
    """The first n of x, then `rest`."""
    def pick(x):
        return np.where(np.arange(count) < n, x, DTYPES[dtype].numpy.type(rest))
    return pick


def masks(dtype):
    one = DTYPES[dtype].numpy.type(1)
    for count, n in [(128, 100), (128, 0), (128, 1), (128, 128), (1024, 1000), (16, -5), (1, 1), (1, 0)]:
        size = scalar("n", "i32", n)
        name = f"-{n}"
        yield copy("masked", dtype, count, with_rest(dtype, count, n, 0), {}, extra=[size], name=name)
        if dtype not in ONE_OF_EACH_SIZE:
            continue
        yield copy("masked_other", dtype, count, with_rest(dtype, count, n, 3), {"OTHER": 3}, extra=[size], name=name)
        yield case("masked_store", dtype, [Param("x", dtype, values(dtype, count)), output("out", dtype, count), size],
                   lambda x, out, n, count=count: {"out": np.where(np.arange(count) < n, x, out)}, {"N": count},
                   f"-{count}{name}")
    for n in (0, 40):
        yield case("masked_tensor_other", dtype,
                   [Param("x", dtype, values(dtype, 64)), Param("y", dtype, values(dtype, 64)), output("out", dtype, 64),
                    scalar("n", "i32", n)],
                   lambda x, y, out, n: {"out": np.where(np.arange(64) >= n, x, y)}, {"N": 64}, f"-{n}")
    yield case("loaded_mask", dtype,
               [Param("x", dtype, values(dtype, 128)),
                Param("mask", "i1", lambda rng: random_values("i1", 128, rng)), output("out", dtype, 128)],
               lambda x, mask, out: {"out": np.where(mask, x, out)}, {"N": 128})
    i = np.arange(64)
    yield case("odd_mask", dtype, [Param("x", dtype, values(dtype, 64)), output("out", dtype, 64)],
               lambda x, out: {"out": np.where(i % 4 != 0, np.where(i % 2 == 1, x, one * 7), out)}, {"N": 64})
    yield case("no_lane", dtype, [Param("x", dtype, values(dtype, 64)), output("out", dtype, 64)],
               lambda x, out: {"out": out}, {"N": 64})
    yield case("scalar_masked", dtype,
               [Param("x", dtype, values(dtype, 8)), output("out", dtype, 8), scalar("n", "i32", 5)],
               lambda x, out, n: {"out": np.where(i[:8] == 2, out, np.where(i[:8] < n, x, one * 5))}, {},
               grid=(8, 1, 1))


def strides(dtype):
    for stride in (1, 2, 3, 7, 16):
        yield copy("strided", dtype, 64, lambda x, s=stride: x[::s][:64], {"STRIDE": stride}, length=64 * stride,
                   name=f"-{stride}")

        def spread(x, out, stride):
            out[::stride][:32] = x
            return {"out": out}
        yield case("strided_store", dtype, [Param("x", dtype, values(dtype, 32)), output("out", dtype, 32 * stride),
                                            scalar("stride", "i32", stride)], spread, {"N": 32}, f"-{stride}")
    for count in (1, 2, 128, 1024):
        yield copy("reversed_load", dtype, count, lambda x: x[::-1], {})
        yield copy("reversed_store", dtype, count, lambda x: x[::-1], {})
    yield copy("same_address", dtype, 64, lambda x: np.repeat(x[3], 64), {})


def matrices(dtype):
    """copy_2d from and to row-major, column-major, padded and subsampled matrices."""
    for m, n, tile in [(32, 32, (16, 16)), (30, 45, (16, 32)), (1, 40, (1, 16)), (40, 1, (16, 1)), (5, 3, (64, 4))]:
        for name, x_strides, out_strides in [("rows", (n, 1), (n, 1)), ("columns", (1, m), (n, 1)),
                                             ("transposed", (n, 1), (1, m)), ("padded", (n + 3, 1), (n + 5, 1)),
                                             ("subsampled", (2 * n, 2), (n, 1))]:
            yield matrix_case(dtype, m, n, tile, name, x_strides, out_strides)
        yield case("copy_2d_other", dtype,
                   [Param("x", dtype, values(dtype, m * n)), output("out", dtype, 64 * 64), scalar("m", "i32", m),
                    scalar("n", "i32", n), scalar("x_row", "i32", n)],
                   lambda x, out, m, n, x_row: {"out": padded(x.reshape(m, n), (64, 64), 9)}, {"M": 64, "N": 64},
                   f"-{m}x{n}")
    yield case("triangle", dtype, [Param("x", dtype, values(dtype, 256)), output("out", dtype, 256)],
               lambda x, out: {"out": np.tril(x.view(f"u{x.itemsize}").reshape(16, 16)).view(x.dtype).reshape(-1)},
               {"N": 16})


def padded(x, shape, value):
    """x in the corner of a matrix that is `value` elsewhere."""
    result = np.full(shape, value, x.dtype)
    result[:x.shape[0], :x.shape[1]] = x[:shape[0], :shape[1]]
    return result.reshape(-1)


def view_of(flat, shape, steps):
    return np.lib.stride_tricks.as_strided(flat, shape, [step * flat.itemsize for step in steps])


def matrix_case(dtype, m, n, tile, name, x_strides, out_strides):
    def length(steps):
        return (m - 1) * steps[0] + (n - 1) * steps[1] + 1

    def oracle(x, out, **rest):
        view_of(out, (m, n), out_strides)[...] = view_of(x, (m, n), x_strides)
        return {"out": out}
    scalars = dict(m=m, n=n, x_row=x_strides[0], x_column=x_strides[1], out_row=out_strides[0],
                   out_column=out_strides[1])
    return case("copy_2d", dtype, [Param("x", dtype, values(dtype, length(x_strides))),
                                   output("out", dtype, length(out_strides)),
                                   *[scalar(key, "i32", value) for key, value in scalars.items()]],
                oracle, {"M": tile[0], "N": tile[1]}, f"-{m}x{n}-{name}",
                grid=(-(-m // tile[0]), -(-n // tile[1]), 1))


def cubes(dtype):
    for sizes, tile, order in [((4, 8, 16), (4, 8, 16), (0, 1, 2)), ((3, 5, 7), (4, 8, 8), (0, 1, 2)),
                               ((3, 5, 7), (4, 8, 8), (2, 0, 1)), ((1, 6, 2), (1, 8, 2), (1, 2, 0))]:
        # Strides of an array whose axes lie in memory in the order given.
        steps = [0, 0, 0]
        step = 1
        for axis in reversed(order):
            steps[axis] = step
            step *= sizes[axis]

        def oracle(x, out, sizes=sizes, tile=tile, steps=tuple(steps), **rest):
            result = np.zeros(tile, x.dtype)
            result[:sizes[0], :sizes[1], :sizes[2]] = view_of(x, sizes, steps)
            return {"out": result.reshape(-1)}
        scalars = dict(zip("abc", sizes)) | {f"s{axis}": steps[axis] for axis in range(3)}
        yield case("copy_3d", dtype, [Param("x", dtype, values(dtype, int(np.prod(sizes)))),
                                      output("out", dtype, int(np.prod(tile))),
                                      *[scalar(key, "i32", value) for key, value in scalars.items()]],
                   oracle, dict(zip("ABC", tile)), f"-{'x'.join(map(str, sizes))}-{''.join(map(str, order))}")


def indexed(dtype):
    for index in ("i32", "i64"):
        yield case("gathered", dtype,
                   [Param("x", dtype, values(dtype, 100)), Param("index", index, lambda rng: rng.integers(0, 100, 128)),
                    output("out", dtype, 128)],
                   lambda x, index, out: {"out": x[index]}, {"N": 128}, f"-{index}")

        def scatter(x, index, out):
            out[index] = x
            return {"out": out}
        yield case("scattered", dtype,
                   [Param("x", dtype, values(dtype, 64)), Param("index", index, lambda rng: rng.permutation(100)[:64]),
                    output("out", dtype, 100)], scatter, {"N": 64}, f"-{index}")
        yield case("gathered_rows", dtype,
                   [Param("x", dtype, values(dtype, 20 * 40)),
                    Param("index", index, lambda rng: rng.integers(0, 20, 8)), output("out", dtype, 8 * 32),
                    scalar("row", "i32", 40)],
                   lambda x, index, out, row: {"out": x.reshape(20, 40)[index, :32].reshape(-1)}, {"M": 8, "N": 32},
                   f"-{index}")


def offsets():
    """Offsets that take some arithmetic; 32-bit elements."""
    i = np.arange(128)
    for base in (0, 2**33, -2**40):
        yield copy("wide_offsets", "i32", 128, lambda x: x[3 * i], {}, length=400, extra=[scalar("base", "i64", base)],
                   name=f"-{base}")
    yield copy("narrow_offsets", "i32", 128, lambda x: x[:128] + x[:128], {})
    for big in (-2**31, 2**30):
        length = 128
        start = (2 * big + 2**31) % 2**32 - 2**31
        if start == 0:
            yield copy("wrapped_offsets", "i32", 128, lambda x: x, {}, length=length,
                       extra=[scalar("big", "i32", big)], name=f"-{big}")
    for n, shift in [(100, 0), (100, 50), (128, 64), (7, 3), (1, 0), (64, 1000)]:
        yield copy("modular_offsets", "i32", 128, lambda x, n=n, shift=shift: x[(i + shift) % n], {}, length=n,
                   extra=[scalar("n", "i32", n), scalar("shift", "i32", shift)], name=f"-{n}-{shift}")
    for step in (1, 2, 3, 5, 64, 1000):
        yield copy("divided_offsets", "i32", 128, lambda x, step=step: x[i // step], {},
                   extra=[scalar("step", "i32", step)], name=f"-{step}")
    for mask in (0, 1, 5, 64, 127):
        extra = [scalar("mask", "i32", mask)]
        yield copy("xor_offsets", "i32", 128, lambda x, mask=mask: x[i ^ mask], {}, extra=extra, name=f"-{mask}")
        yield copy("masked_offsets", "i32", 128, lambda x, mask=mask: x[i & mask] + x[i >> 1], {}, extra=extra,
                   name=f"-{mask}")
    for n in (1, 50, 200):
        yield copy("bounded_offsets", "i32", 128, lambda x, n=n: x[np.clip(i - 3, 0, n - 1)], {}, length=n,
                   extra=[scalar("n", "i32", n)], name=f"-{n}")


def pointers(dtype):
    for n in (64, 100, 1):
        yield case("advancing", dtype,
                   [Param("x", dtype, values(dtype, n)), output("out", dtype, n), scalar("n", "i32", n)],
                   lambda x, out, n: {"out": x}, {"N": 32}, f"-{n}")
    yield case("advancing_scalar", dtype,
               [Param("x", dtype, values(dtype, 20)), output("out", dtype, 10), scalar("n", "i32", 10)],
               lambda x, out, n: {"out": x[::2]}, {})
    yield case("chosen_pointer", dtype,
               [Param("x", dtype, values(dtype, 16)), Param("y", dtype, values(dtype, 16)), output("out", dtype, 64)],
               lambda x, y, out: {"out": np.concatenate([x, y, x, y])}, {"N": 16}, grid=(4, 1, 1))
    yield copy("hinted", dtype, 64, with_rest(dtype, 64, 50, 0), {}, extra=[scalar("n", "i32", 50)], since=(3, 2))
    yield case("in_place", dtype, [inout("x", dtype, values(dtype, 64))], lambda x: {"x": x[::-1].copy()}, {"N": 64})


def others():
    yield copy("pointers_as_integers", "i32", 64, lambda x: x[1:], {}, length=65)
    yield case("reinterpreted", "i8", [Param("x", "i32", values("i32", 16)), output("out", "i8", 64)],
               lambda x, out: {"out": x.view(np.int8)}, {"N": 64})
    for dtype in ("i32", "i64"):
        yield copy("modifiers", dtype, 64, lambda x: x + x + x, {})
        yield copy("load_after_store", dtype, 64, lambda x: x[np.arange(64) ^ 1] + x + x.dtype.type(1), {})


def block_pointers(dtype, stage, version_range):
    """Through tt.make_tensor_ptr before Triton's passes, pointer arithmetic after them."""
    options = {"stage": stage, "since": version_range[0], "until": version_range[1]}
    suffix = "" if stage == "ttir" else "-source"
    for check, m, n, first, second in [(0, 40, 48, 8, 16), (1, 20, 24, 8, 16), (1, 20, 24, 0, -4), (1, 20, 24, 40, 40),
                                       (2, 20, 24, 12, 10), (3, 64, 10, 3, 2), (1, 16, 16, -15, 15)]:
        if check == 2 and not DTYPES[dtype].is_float:
            continue
        yield case("block_copy", dtype,
                   [Param("x", dtype, values(dtype, m * n)), output("out", dtype, 16 * 32), scalar("m", "i32", m),
                    scalar("n", "i32", n), scalar("row", "i32", n), scalar("column", "i32", 1)],
                   lambda x, out, m, n, row, column, first=first, second=second, check=check:
                   {"out": window(x.reshape(m, n), first, second, (16, 32), np.nan if check == 2 else 0)},
                   {"M": 16, "N": 32, "FIRST": first, "SECOND": second, "CHECK": check},
                   f"-{check}-{m}x{n}-{first},{second}{suffix}", **options)
    for m, n, first, second in [(32, 64, 8, 16), (20, 24, 8, 16), (20, 24, -3, -5)]:
        def oracle(x, out, m, n, first=first, second=second):
            return {"out": placed(x.reshape(16, 32), out.reshape(m, n), first, second)}
        yield case("block_store", dtype, [Param("x", dtype, values(dtype, 512)), output("out", dtype, m * n),
                                          scalar("m", "i32", m), scalar("n", "i32", n)],
                   oracle, {"FIRST": first, "SECOND": second, "M": 16, "N": 32}, f"-{m}x{n}-{first},{second}{suffix}",
                   **options)
    if dtype == "f32":
        yield case("block_advance", dtype,
                   [Param("x", dtype, lambda rng: rng.integers(-9, 9, 100)), output("out", dtype, 32),
                    scalar("n", "i32", 100)],
                   lambda x, out, n: {"out": np.pad(x, (0, 28)).reshape(4, 32).sum(0)}, {"N": 32}, suffix, **options)


def window(x, first, second, shape, outside):
    """The tile of x at (first, second); `outside` where x ends."""
    result = np.full(shape, outside, x.dtype)
    for i in range(shape[0]):
        for j in range(shape[1]):
            if 0 <= first + i < x.shape[0] and 0 <= second + j < x.shape[1]:
                result[i, j] = x[first + i, second + j]
    return result.reshape(-1)


def placed(tile, out, first, second):
    """`out` with the tile at (first, second), as far as it lies inside."""
    for i in range(tile.shape[0]):
        for j in range(tile.shape[1]):
            if 0 <= first + i < out.shape[0] and 0 <= second + j < out.shape[1]:
                out[first + i, second + j] = tile[i, j]
    return out.reshape(-1)


def descriptors(dtype):
    """Tensor descriptors: rows are multiples of 16 bytes."""
    step = 16 // DTYPES[dtype].size
    since = {"since": (3, 4)}
    m, n, tile = 20, 4 * step, (8, 2 * step)
    shape = {"M": tile[0], "N": tile[1]}
    sizes = [scalar("m", "i32", m), scalar("n", "i32", n), scalar("row", "i64", n)]
    for first, second in [(0, 0), (4, step), (16, 3 * step), (-3, 0), (30, 0), (0, -step)]:
        places = {"FIRST": first, "SECOND": second}
        yield case("descriptor_copy", dtype,
                   [Param("x", dtype, values(dtype, m * n)), output("out", dtype, tile[0] * tile[1]), *sizes],
                   lambda x, out, m, n, row, at=(first, second): {"out": window(x.reshape(m, n), *at, tile, 0)},
                   {**shape, **places}, f"-{first},{second}", **since)
        yield case("descriptor_store", dtype,
                   [Param("x", dtype, values(dtype, tile[0] * tile[1])), output("out", dtype, m * n), *sizes],
                   lambda x, out, m, n, row, at=(first, second):
                   {"out": placed(x.reshape(tile), out.reshape(m, n), *at)}, {**shape, **places},
                   f"-{first},{second}", **since)
    cube = (4, 4, step)
    for first in (0, 2, -1):
        def oracle(x, out, a, b, c, first=first):
            padded_x = np.pad(x.reshape(a, b, c), ((4, 4), (0, 0), (0, 0)))
            return {"out": padded_x[first + 4:first + 6].reshape(-1)}
        yield case("descriptor_3d", dtype, [Param("x", dtype, values(dtype, int(np.prod(cube)))),
                                            output("out", dtype, 2 * 4 * step),
                                            *[scalar(key, "i32", size) for key, size in zip("abc", cube)]],
                   oracle, {"A": 2, "B": 4, "C": step, "FIRST": first}, f"-{first}", **since)


def descriptor_atomics():
    for dtype in ("i32", "f32"):
        yield case("descriptor_add", dtype,
                   [Param("x", dtype, lambda rng: rng.integers(-99, 99, 128)),
                    inout("out", dtype, lambda rng: rng.integers(-99, 99, 60)), scalar("m", "i32", 5),
                    scalar("n", "i32", 12)],
                   lambda x, out, m, n: {"out": out + 6 * x.reshape(8, 16)[:5, :12].reshape(-1)}, {"M": 8, "N": 16},
                   grid=(3, 2, 1), since=(3, 4), interpreter=False)


def all_cases():
    for dtype in DTYPES_USED:
        yield from masks(dtype)
        yield from pointers(dtype)
    for dtype in ONE_OF_EACH_SIZE:
        for family in (strides, matrices, cubes, indexed, descriptors):
            yield from family(dtype)
    for dtype in ("i32", "f16", "f32"):
        yield from block_pointers(dtype, "ttir", ((3, 0), (3, 8)))
        yield from block_pointers(dtype, "source", ((3, 4), (3, 7)))
    yield from offsets()
    yield from others()
    yield from descriptor_atomics()


CASES = list(all_cases())
