"""Hand-written TTIR: whole functions, for ops and forms of control flow that Triton's frontend doesn't reach on sm_90."""

import ml_dtypes
import numpy as np
from conformance.case import Case, Param, array, inout, output, scalar, values

TILE = """    %i = tt.make_range {{end = {count} : i32, start = 0 : i32}} : tensor<{count}xi32>
"""


def tile_pointers(name, argument, dtype, count, index="i"):
    """%NAME: pointers to the first `count` elements of an argument, where %INDEX is a range."""
    return (f"    %{name}_base = tt.splat %{argument} : !tt.ptr<{dtype}> -> tensor<{count}x!tt.ptr<{dtype}>>\n"
            f"    %{name} = tt.addptr %{name}_base, %{index} : tensor<{count}x!tt.ptr<{dtype}>>, tensor<{count}xi32>\n")


def case(name, parameters, body, params, oracle, others="", **options):
    text = f"module {{\n  tt.func public @kernel({parameters}) {{\n{body}    tt.return\n  }}\n{others}}}\n"
    return Case(id=name, kernel="", params=tuple(params), oracle=oracle, text=text, interpreter=False, **options)


# ---------------------------------------------------------------- descriptors

ROWS, COLUMNS = 12, 16
# What a descriptor's elements are decides how they compare.
REDUCTIONS = [
    ("add", "i32", np.add), ("and", "i32", np.bitwise_and), ("or", "i32", np.bitwise_or), ("xor", "i32", np.bitwise_xor),
    ("min", "si32", np.minimum), ("max", "si32", np.maximum), ("min", "ui32", np.minimum), ("max", "ui32", np.maximum),
]
DESCRIPTOR = f"""    %rows = arith.constant {ROWS} : i32
    %columns = arith.constant {COLUMNS} : i32
    %row = arith.constant {COLUMNS} : i64
    %one = arith.constant 1 : i64
    %first = arith.constant {{first}} : i32
    %second = arith.constant {{second}} : i32
    %d = tt.make_tensor_descriptor %memory, [%rows, %columns], [%row, %one] : <i32>, <tensor<{{block}}x{{element}}>>
"""


def grid_2d(rows, columns):
    """%at: offsets of a dense matrix."""
    return f"""    %r = tt.make_range {{end = {rows} : i32, start = 0 : i32}} : tensor<{rows}xi32>
    %c = tt.make_range {{end = {columns} : i32, start = 0 : i32}} : tensor<{columns}xi32>
    %r2 = tt.expand_dims %r {{axis = 1 : i32}} : tensor<{rows}xi32> -> tensor<{rows}x1xi32>
    %c2 = tt.expand_dims %c {{axis = 0 : i32}} : tensor<{columns}xi32> -> tensor<1x{columns}xi32>
    %width = arith.constant dense<{columns}> : tensor<{rows}x1xi32>
    %r3 = arith.muli %r2, %width : tensor<{rows}x1xi32>
    %r4 = tt.broadcast %r3 : tensor<{rows}x1xi32> -> tensor<{rows}x{columns}xi32>
    %c4 = tt.broadcast %c2 : tensor<1x{columns}xi32> -> tensor<{rows}x{columns}xi32>
    %at = arith.addi %r4, %c4 : tensor<{rows}x{columns}xi32>
"""


def matrix_pointers(name, argument, rows, columns):
    shape = f"{rows}x{columns}"
    return (f"    %{name}_base = tt.splat %{argument} : !tt.ptr<i32> -> tensor<{shape}x!tt.ptr<i32>>\n"
            f"    %{name} = tt.addptr %{name}_base, %at : tensor<{shape}x!tt.ptr<i32>>, tensor<{shape}xi32>\n")


def descriptor_reductions():
    """tt.descriptor_reduce: each element atomically, what lies outside dropped."""
    for kind, element, function in REDUCTIONS:
        for first, second in [(0, 0), (8, 8), (-2, 12)]:
            read_as = np.int32 if element == "si32" else np.uint32

            def oracle(x, memory, function=function, at=(first, second), read_as=read_as):
                result = memory.view(read_as).reshape(ROWS, COLUMNS)
                for i in range(8):
                    for j in range(8):
                        row, column = at[0] + i, at[1] + j
                        if 0 <= row < ROWS and 0 <= column < COLUMNS:
                            result[row, column] = function(result[row, column], x.view(read_as)[8 * i + j])
                return {"memory": result.reshape(-1).view(np.int32)}
            body = (DESCRIPTOR.format(first=first, second=second, block="8x8", element=element) + grid_2d(8, 8)
                    + matrix_pointers("px", "x", 8, 8)
                    + "    %v = tt.load %px : tensor<8x8x!tt.ptr<i32>>\n"
                    f"    tt.descriptor_reduce {kind}, %d[%first, %second], %v : "
                    f"!tt.tensordesc<tensor<8x8x{element}>>, tensor<8x8xi32>\n")
            yield case(f"descriptor_reduce-{kind}-{element}-{first},{second}", "%x: !tt.ptr<i32>, %memory: !tt.ptr<i32>", body,
                       [Param("x", "i32", values("i32", 64)), inout("memory", "i32", values("i32", ROWS * COLUMNS))],
                       oracle)


def descriptor_rows():
    """tt.descriptor_gather and tt.descriptor_scatter: rows by an index tile."""
    index = ("    %i = tt.make_range {end = 8 : i32, start = 0 : i32} : tensor<8xi32>\n"
             + tile_pointers("pindex", "index", "i32", 8) + "    %rows_at = tt.load %pindex : tensor<8x!tt.ptr<i32>>\n")
    for second in (0, 8, 12, -4):
        columns = np.arange(second, second + 8)
        inside = (columns >= 0) & (columns < COLUMNS)

        def gather(memory, index, out, columns=columns, inside=inside):
            picked = memory.reshape(ROWS, COLUMNS)[np.clip(index, 0, ROWS - 1)][:, np.clip(columns, 0, COLUMNS - 1)]
            there = ((index >= 0) & (index < ROWS))[:, None] & inside[None, :]
            return {"out": np.where(there, picked, 0).astype(np.int32).reshape(-1)}
        start = DESCRIPTOR.format(first=0, second=second, block="1x8", element="i32") + index + grid_2d(8, 8)
        types = "!tt.tensordesc<tensor<1x8xi32>>, tensor<8xi32>, i32"
        rows = Param("index", "i32", lambda rng: rng.integers(-1, ROWS + 1, 8))
        yield case(f"descriptor_gather-{second}", "%memory: !tt.ptr<i32>, %index: !tt.ptr<i32>, %out: !tt.ptr<i32>",
                   start + f"    %v = tt.descriptor_gather %d[%rows_at, %second] : ({types}) -> tensor<8x8xi32>\n"
                   + matrix_pointers("pout", "out", 8, 8) + "    tt.store %pout, %v : tensor<8x8x!tt.ptr<i32>>\n",
                   [Param("memory", "i32", values("i32", ROWS * COLUMNS)), rows, output("out", "i32", 64)], gather)

        def scatter(memory, index, x, columns=columns, inside=inside):
            result = memory.reshape(ROWS, COLUMNS)
            for row, line in zip(index, x.reshape(8, 8)):
                if 0 <= row < ROWS:
                    result[row, columns[inside]] = line[inside]
            return {"memory": result.reshape(-1)}
        distinct = Param("index", "i32", lambda rng: rng.permutation(np.arange(-1, ROWS + 1))[:8])
        yield case(f"descriptor_scatter-{second}", "%memory: !tt.ptr<i32>, %index: !tt.ptr<i32>, %x: !tt.ptr<i32>",
                   start + matrix_pointers("px", "x", 8, 8) + "    %v = tt.load %px : tensor<8x8x!tt.ptr<i32>>\n"
                   f"    tt.descriptor_scatter %d[%rows_at, %second], %v : {types}, tensor<8x8xi32>\n",
                   [inout("memory", "i32", values("i32", ROWS * COLUMNS)), distinct,
                    Param("x", "i32", values("i32", 64))], scatter)


# ---------------------------------------------------------------- atomics


def atomics():
    tile = TILE.format(count=32)
    pointers = tile_pointers("pm", "memory", "i32", 32) + tile_pointers("px", "x", "i32", 32)
    mask = ("    %half = arith.constant dense<16> : tensor<32xi32>\n"
            "    %mask = arith.cmpi slt, %i, %half : tensor<32xi32>\n")
    yield case("atomic_load", "%memory: !tt.ptr<i32>, %x: !tt.ptr<i32>",
               tile + pointers + mask + "    %v = tt.atomic_load acquire, gpu, %pm, %mask : "
               "(tensor<32x!tt.ptr<i32>>, tensor<32xi1>) -> tensor<32xi32>\n"
               "    tt.store %px, %v, %mask : tensor<32x!tt.ptr<i32>>\n",
               [Param("memory", "i32", values("i32", 32)), output("x", "i32", 32)],
               lambda memory, x: {"x": np.where(np.arange(32) < 16, memory, x)})
    yield case("atomic_store", "%memory: !tt.ptr<i32>, %x: !tt.ptr<i32>",
               tile + pointers + mask + "    %v = tt.load %px : tensor<32x!tt.ptr<i32>>\n"
               "    tt.atomic_store release, gpu, %pm, %v, %mask : tensor<32x!tt.ptr<i32>>\n",
               [inout("memory", "i32", values("i32", 32)), Param("x", "i32", values("i32", 32))],
               lambda memory, x: {"memory": np.where(np.arange(32) < 16, x, memory)})
    yield case("atomic_poll", "%memory: !tt.ptr<i32>, %x: !tt.ptr<i32>",
               "    %p = tt.get_program_id x : i32\n    %one = arith.constant 1 : i32\n"
               "    %seen = tt.atomic_poll acquire, gpu, %memory, %p : !tt.ptr<i32>, i32 -> i1\n"
               "    %px = tt.addptr %x, %p : !tt.ptr<i32>, i32\n    tt.store %px, %p : !tt.ptr<i32>\n"
               "    %next = arith.addi %p, %one : i32\n"
               "    tt.atomic_store release, gpu, %memory, %next : !tt.ptr<i32>\n",
               [array("memory", "i32", [0]), output("x", "i32", 16)],
               lambda memory, x: {"x": np.arange(16, dtype=np.int32)}, grid=(16, 1, 1))
    for dtype in ("i16", "f32"):
        yield case(f"atomic_cas-{dtype}", f"%memory: !tt.ptr<{dtype}>, %want: !tt.ptr<{dtype}>, %x: !tt.ptr<{dtype}>, "
                   f"%old: !tt.ptr<{dtype}>",
                   tile + "".join(tile_pointers(f"p{name}", name, dtype, 32) for name in ("memory", "want", "x", "old"))
                   + f"    %w = tt.load %pwant : tensor<32x!tt.ptr<{dtype}>>\n"
                   f"    %v = tt.load %px : tensor<32x!tt.ptr<{dtype}>>\n"
                   f"    %o = tt.atomic_cas acq_rel, gpu, %pmemory, %w, %v : (tensor<32x!tt.ptr<{dtype}>>, "
                   f"tensor<32x{dtype}>, tensor<32x{dtype}>) -> tensor<32x{dtype}>\n"
                   f"    tt.store %pold, %o : tensor<32x!tt.ptr<{dtype}>>\n",
                   [inout("memory", dtype, lambda rng: rng.integers(0, 2, 32)),
                    Param("want", dtype, lambda rng: rng.integers(0, 2, 32)), Param("x", dtype, values(dtype, 32)),
                    output("old", dtype, 32)],
                   lambda memory, want, x, old: {"memory": np.where(memory == want, x, memory), "old": memory},
                   same_nan=True)


# ---------------------------------------------------------------- control flow by blocks, other loops


def blocks():
    """Loops and choices of cf.br and cf.cond_br, with values passed to blocks."""
    yield case("blocks_loop", "%out: !tt.ptr<i32>, %n: i32", """    %zero = arith.constant 0 : i32
    %one = arith.constant 1 : i32
    cf.br ^head(%zero, %one : i32, i32)
  ^head(%k: i32, %product: i32):
    %more = arith.cmpi slt, %k, %n : i32
    cf.cond_br %more, ^body, ^end(%product : i32)
  ^body:
    %next = arith.addi %k, %one : i32
    %larger = arith.muli %product, %next : i32
    cf.br ^head(%next, %larger : i32, i32)
  ^end(%result: i32):
    tt.store %out, %result : !tt.ptr<i32>
""", [output("out", "i32", 1), scalar("n", "i32", 12)],
               lambda out, n: {"out": np.array([np.prod(np.arange(1, n + 1))], np.int32)})
    yield case("blocks_swap", "%x: !tt.ptr<i32>, %y: !tt.ptr<i32>, %out: !tt.ptr<i32>, %n: i32",
               TILE.format(count=16) + "".join(tile_pointers(f"p{name}", name, "i32", 16) for name in ("x", "y", "out"))
               + """    %a = tt.load %px : tensor<16x!tt.ptr<i32>>
    %b = tt.load %py : tensor<16x!tt.ptr<i32>>
    %zero = arith.constant 0 : i32
    %one = arith.constant 1 : i32
    cf.br ^head(%zero, %a, %b : i32, tensor<16xi32>, tensor<16xi32>)
  ^head(%k: i32, %first: tensor<16xi32>, %second: tensor<16xi32>):
    %next = arith.addi %k, %one : i32
    %more = arith.cmpi slt, %k, %n : i32
    cf.cond_br %more, ^head(%next, %second, %first : i32, tensor<16xi32>, tensor<16xi32>), ^end
  ^end:
    tt.store %pout, %first : tensor<16x!tt.ptr<i32>>
""", [Param("x", "i32", values("i32", 16)), Param("y", "i32", values("i32", 16)), output("out", "i32", 16),
      scalar("n", "i32", 5)], lambda x, y, out, n: {"out": y})
    for pid_limit in (0, 3, 8):
        yield case(f"blocks_return-{pid_limit}", "%out: !tt.ptr<i32>, %limit: i32", """    %p = tt.get_program_id x : i32
    %inside = arith.cmpi slt, %p, %limit : i32
    cf.cond_br %inside, ^store, ^leave
  ^leave:
    tt.return
  ^store:
    %at = tt.addptr %out, %p : !tt.ptr<i32>, i32
    tt.store %at, %p : !tt.ptr<i32>
""", [output("out", "i32", 8), scalar("limit", "i32", pid_limit)],
                   lambda out, limit: {"out": np.where(np.arange(8) < limit, np.arange(8), out).astype(np.int32)},
                   grid=(8, 1, 1))


def loops():
    for kind in ("i32", "i64", "index"):
        suffix = "" if kind == "index" else f"  : {kind}"
        cast = "%v = arith.index_cast %k : index to i32" if kind == "index" else (
            "%v = arith.trunci %k : i64 to i32" if kind == "i64" else "%v = arith.addi %k, %zero : i32")
        yield case(f"for_counter-{kind}", "%out: !tt.ptr<i32>", f"""    %zero = arith.constant 0 : i32
    %low = arith.constant -5 : {kind}
    %high = arith.constant 20 : {kind}
    %step = arith.constant 3 : {kind}
    %sum = scf.for %k = %low to %high step %step iter_args(%s = %zero) -> (i32){suffix} {{
      {cast}
      %twice = arith.addi %s, %s : i32
      %n = arith.addi %twice, %v : i32
      scf.yield %n : i32
    }}
    tt.store %out, %sum : !tt.ptr<i32>
""", [output("out", "i32", 1)], lambda out: {"out": np.array([horner(range(-5, 20, 3))], np.int32)})
    yield case("for_unsigned", "%out: !tt.ptr<i32>", """    %zero = arith.constant 0 : i32
    %low = arith.constant 2147483640 : i32
    %high = arith.constant -2147483640 : i32
    %step = arith.constant 1 : i32
    %sum = scf.for unsigned %k = %low to %high step %step iter_args(%s = %zero) -> (i32)  : i32 {
      %n = arith.addi %s, %step : i32
      scf.yield %n : i32
    }
    tt.store %out, %sum : !tt.ptr<i32>
""", [output("out", "i32", 1)], lambda out: {"out": np.array([16], np.int32)})
    yield case("while_types", "%out: !tt.ptr<i32>, %n: i32", """    %one = arith.constant 1 : i32
    %start = arith.constant 1.000000e+00 : f32
    %half = arith.constant 5.000000e-01 : f32
    %limit = arith.sitofp %n : i32 to f32
    %r:2 = scf.while (%a = %start) : (f32) -> (i32, f32) {
      %more = arith.cmpf olt, %a, %limit : f32
      %whole = arith.fptosi %a : f32 to i32
      scf.condition(%more) %whole, %a : i32, f32
    } do {
    ^bb0(%w: i32, %b: f32):
      %scaled = arith.sitofp %w : i32 to f32
      %c = arith.addf %b, %scaled : f32
      %d = arith.addf %c, %half : f32
      scf.yield %d : f32
    }
    tt.store %out, %r#0 : !tt.ptr<i32>
""", [output("out", "i32", 1), scalar("n", "i32", 1000)], lambda out, n: {"out": np.array([grown(n)], np.int32)})
    yield case("calls_several", "%x: !tt.ptr<i32>, %out: !tt.ptr<i32>",
               TILE.format(count=16) + tile_pointers("px", "x", "i32", 16) + tile_pointers("pout", "out", "i32", 16)
               + """    %v = tt.load %px : tensor<16x!tt.ptr<i32>>
    %a:2 = tt.call @pair(%v) : (tensor<16xi32>) -> (tensor<16xi32>, i32)
    %b:2 = tt.call @pair(%a#0) : (tensor<16xi32>) -> (tensor<16xi32>, i32)
    %s = arith.subi %a#1, %b#1 : i32
    %t = tt.splat %s : i32 -> tensor<16xi32>
    %r = arith.addi %b#0, %t : tensor<16xi32>
    tt.store %pout, %r : tensor<16x!tt.ptr<i32>>
""", [Param("x", "i32", values("i32", 16)), output("out", "i32", 16)], called, """  tt.func private @pair(%v: tensor<16xi32>)
      -> (tensor<16xi32>, i32) attributes {noinline = true} {
    %s = "tt.reduce"(%v) <{axis = 0 : i32}> ({
    ^bb0(%p: i32, %q: i32):
      %r = arith.addi %p, %q : i32
      tt.reduce.return %r : i32
    }) : (tensor<16xi32>) -> i32
    %w = arith.addi %v, %v : tensor<16xi32>
    tt.return %w, %s : tensor<16xi32>, i32
  }
""")


def horner(numbers):
    total = 0
    for number in numbers:
        total = 2 * total + number
    return total


def grown(n):
    value = 1.0
    while value < n:
        value = value + int(value) + 0.5
    return int(value)


def called(x, out):
    return {"out": (4 * x + (x.sum() - 2 * x.sum())).astype(np.int32)}


# ---------------------------------------------------------------- constants, single elements


def others():
    numbers = [3, -1, 2147483647, -2147483648, 0, 7, 8, 9]
    listed = ", ".join(map(str, numbers))
    blob = np.array(numbers, "<i4").tobytes().hex().upper()
    for name, literal in [("list", f"[{listed}]"), ("hex", f'"0x{blob}"')]:
        yield case(f"constant_{name}", "%out: !tt.ptr<i32>",
                   TILE.format(count=8) + tile_pointers("pout", "out", "i32", 8)
                   + f"    %v = arith.constant dense<{literal}> : tensor<8xi32>\n"
                   "    tt.store %pout, %v : tensor<8x!tt.ptr<i32>>\n", [output("out", "i32", 8)],
                   lambda out: {"out": np.array(numbers, np.int32)})
    for literal, dtype, bits in [("0x7FC00001", "f32", 0x7FC00001), ("0xFC00", "f16", 0xFC00), ("0x7F80", "bf16", 0x7F80),
                                 ("0x7FF8000000000001", "f64", 0x7FF8000000000001), ("-0.0", "f32", 0x80000000),
                                 ("1.0e-45", "f32", 1), ("3.40282347E+38", "f32", 0x7F7FFFFF),
                                 ("1.100000e+00", "f16", 0x3C66), ("1.100000e+00", "bf16", 0x3F8D)]:
        yield case(f"constant-{literal}-{dtype}", f"%out: !tt.ptr<{dtype}>",
                   f"    %v = arith.constant {literal} : {dtype}\n    tt.store %out, %v : !tt.ptr<{dtype}>\n",
                   [output("out", dtype, 1)],
                   lambda out, bits=bits: {"out": np.array([bits], f"u{out.itemsize}").view(out.dtype)}, same_nan=True)
    yield case("unsplat", "%x: !tt.ptr<i32>, %out: !tt.ptr<i32>",
               TILE.format(count=1) + tile_pointers("px", "x", "i32", 1) + """    %v = tt.load %px : tensor<1x!tt.ptr<i32>>
    %w = tt.expand_dims %v {axis = 0 : i32} : tensor<1xi32> -> tensor<1x1xi32>
    %s = tt.unsplat %w : tensor<1x1xi32>
    %d = arith.addi %s, %s : i32
    tt.store %out, %d : !tt.ptr<i32>
""", [Param("x", "i32", values("i32", 1)), output("out", "i32", 1)], lambda x, out: {"out": x + x})
    yield case("map_pack", "%x: !tt.ptr<i32>, %out: !tt.ptr<i32>",
               TILE.format(count=16) + tile_pointers("px", "x", "i32", 16) + tile_pointers("pout", "out", "i32", 16)
               + """    %v = tt.load %px : tensor<16x!tt.ptr<i32>>
    %r = "tt.map_elementwise"(%v) <{pack = 2 : i32}> ({
    ^bb0(%a: i32, %b: i32):
      %s = arith.addi %a, %b : i32
      %d = arith.subi %a, %b : i32
      tt.map_elementwise.return %s, %d : i32, i32
    }) : (tensor<16xi32>) -> tensor<16xi32>
    tt.store %pout, %r : tensor<16x!tt.ptr<i32>>
""", [Param("x", "i32", values("i32", 16)), output("out", "i32", 16)],
               lambda x, out: {"out": np.stack([x[::2] + x[1::2], x[::2] - x[1::2]], 1).reshape(-1)})


# ---------------------------------------------------------------- dot_scaled


def scaled_text(shapes, line):
    """A function that loads x, xs, y, ys as tiles of i8 of these shapes, runs `line` on them and %zero, and stores %r."""
    def size(shape):
        return int(np.prod([int(dim) for dim in shape.split("x")]))
    lines = []
    for name, shape in zip(("x", "xs", "y", "ys"), shapes):
        count = size(shape)
        lines += [f"    %i{name} = tt.make_range {{end = {count} : i32, start = 0 : i32}} : tensor<{count}xi32>\n",
                  tile_pointers(f"p{name}", name, "i8", count, f"i{name}"),
                  f"    %v{name} = tt.load %p{name} : tensor<{count}x!tt.ptr<i8>>\n",
                  f"    %t{name} = tt.reshape %v{name} : tensor<{count}xi8> -> tensor<{shape}xi8>\n"]
    count = size(shapes[4])
    return ("".join(lines) + f"    %zero = arith.constant dense<0.000000e+00> : tensor<{shapes[4]}xf32>\n    {line}\n"
            + f"    %flat = tt.reshape %r : tensor<{shapes[4]}xf32> -> tensor<{count}xf32>\n"
            + TILE.format(count=count) + tile_pointers("pout", "out", "f32", count)
            + f"    tt.store %pout, %flat : tensor<{count}x!tt.ptr<f32>>\n")


def scaled_products():
    """What no frontend writes: Triton 3.2's form, batches, i8 for fp8; and shapes that don't fit."""
    parameters = "%x: !tt.ptr<i8>, %xs: !tt.ptr<i8>, %y: !tt.ptr<i8>, %ys: !tt.ptr<i8>, %out: !tt.ptr<f32>"

    def scaled(name, shapes, line, oracle, **options):
        counts = [int(np.prod([int(dim) for dim in shape.split("x")])) for shape in shapes]
        near = [Param(scales, "u8", lambda rng, c=count: rng.integers(125, 130, c))
                for scales, count in (("xs", counts[1]), ("ys", counts[3]))]
        bits = [Param(values_, "u8", lambda rng, c=count: rng.choice([0x30, 0xB8, 0x38, 0x01, 0x22, 0xF7], c))
                for values_, count in (("x", counts[0]), ("y", counts[2]))]
        return case(f"dot_scaled-{name}", parameters, scaled_text(shapes, line),
                    [bits[0], near[0], bits[1], near[1], output("out", "f32", counts[4])], oracle, **options)

    def power(scales):
        return np.exp2(scales.astype(np.float32) - 127)

    def e4m3(stored):
        return stored.view(ml_dtypes.float8_e4m3fn).astype(np.float32)

    def e2m1(stored, axis):
        halves = np.stack([stored & 15, stored >> 4], axis + 1).astype(np.uint8).view(ml_dtypes.float4_e2m1fn)
        shape = [2 * size if dim == axis else size for dim, size in enumerate(stored.shape)]
        return halves.astype(np.float32).reshape(shape)

    def old_form(x, xs, y, ys, out):
        a = e2m1(x.reshape(16, 32), 1) * np.repeat(power(xs.reshape(16, 2)), 32, 1)
        return {"out": (a @ e4m3(y).reshape(64, 16)).reshape(-1)}
    yield scaled("as-in-3.2", ["16x32", "16x2", "64x16", "16x2", "16x16"],
                 "%r = tt.dot_scaled %tx, %txs, %ty, %zero lhs = e2m1 rhs = e4m3 : tensor<16x32xi8>, tensor<16x2xi8> * "
                 "tensor<64x16xi8> -> tensor<16x16xf32>", old_form)

    def batched(x, xs, y, ys, out):
        a = e4m3(x).reshape(2, 16, 32) * power(xs.reshape(2, 16, 1))
        b = e2m1(y.reshape(2, 16, 16), 1) * power(ys.reshape(2, 16, 1)).transpose(0, 2, 1)
        return {"out": (a @ b).reshape(-1)}
    yield scaled("batched", ["2x16x32", "2x16x1", "2x16x16", "2x16x1", "2x16x16"],
                 "%r = tt.dot_scaled %tx scale %txs, %ty scale %tys, %zero lhs = e4m3 rhs = e2m1 {fastMath = true} : "
                 "tensor<2x16x32xi8>, tensor<2x16x1xi8> * tensor<2x16x16xi8>, tensor<2x16x1xi8> -> tensor<2x16x16xf32>",
                 batched)
    for name, shapes, formats, scale in [
        ("depth", ["16x32", "16x2", "32x16", "16x2", "16x16"], ("e2m1", "e4m3"), True),
        ("scales", ["16x32", "8x2", "32x16", "16x2", "16x16"], ("e4m3", "e4m3"), True),
        ("width", ["16x32", "16x2", "32x16", "16x2", "16x16"], ("bf16", "e4m3"), False),
        ("e3m2", ["16x32", "16x2", "32x16", "16x2", "16x16"], ("e3m2", "e4m3"), False),
    ]:
        scales = ("scale %txs", f", tensor<{shapes[1]}xi8>") if scale else ("", "")
        yield scaled(f"refused-{name}", shapes,
                     f"%r = tt.dot_scaled %tx {scales[0]}, %ty, %zero lhs = {formats[0]} rhs = {formats[1]} "
                     f"{{fastMath = false}} : tensor<{shapes[0]}xi8>{scales[1]} * tensor<{shapes[2]}xi8> -> "
                     f"tensor<{shapes[4]}xf32>", lambda **_: {},
                     status="unsupported" if name == "e3m2" else "invalid input", message="tt.dot_scaled")


# ---------------------------------------------------------------- what is refused


def refused():
    """Each is refused before anything runs, by the op's name and place."""
    tile = TILE.format(count=8) + tile_pointers("px", "x", "i32", 8) + "    %v = tt.load %px : tensor<8x!tt.ptr<i32>>\n"
    for name, line in [
        ("tt.elementwise_inline_asm", '%r = tt.elementwise_inline_asm "shl.b32 $0, $1, 3;" {constraints = "=r,r", '
         "packed_element = 1 : i32, pure = true} %v : tensor<8xi32> -> tensor<8xi32>"),
        ("tt.extern_elementwise", '%r = tt.extern_elementwise %v {libname = "", libpath = "", pure = true, '
         'symbol = "__nv_no_such_function"} : (tensor<8xi32>) -> tensor<8xi32>'),
    ]:
        yield case(f"refused-{name}", "%x: !tt.ptr<i32>",
                   f"{tile}    {line}\n    tt.store %px, %r : tensor<8x!tt.ptr<i32>>\n",
                   [inout("x", "i32", values("i32", 8))], lambda x: {}, status="unsupported", message="ttir:7:10")


CASES = [*descriptor_reductions(), *descriptor_rows(), *atomics(), *blocks(), *loops(), *others(), *scaled_products(), *refused()]
