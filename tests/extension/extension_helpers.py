"""Binders for the tests, small kernels as text, and what calls of them give."""

from pathlib import Path

from triton_runner import _core

ROOT = Path(__file__).resolve().parent.parent.parent
ARTIFACTS = ROOT / "examples" / "artifacts"
TAGS = {"i8": "i8", "i16": "i16", "i32": "i32", "i64": "i64", "i1": "i1", "f16": "f16", "bf16": "bf16", "f32": "f32",
        "f64": "f64"}


def param(name, flags=0, annotation=None, default=_core.REQUIRED):
    return (name, flags, annotation, default)


def bind(value, flags=0, annotation=None):
    """One argument, bound."""
    return _core.Binder([param("x", flags, annotation)])(value)


def specialized(value, flags=0, annotation=None):
    bound = bind(value, flags, annotation)
    return bound.types[0], bound.specs[0]


def binder(names):
    return _core.Binder([param(name) for name in names.split()])


def load(text, **options):
    return _core.Context(threads=2).load(text, "kernel.ttir", **options)


def launch(kernel, *args, grid=(1, 1, 1), **options):
    """Every argument is a leaf."""
    bound = binder(" ".join(f"a{i}" for i in range(len(args))))(*args)
    kernel.launch(grid, bound, range(len(bound.leaves)), **options)


def storing(kind):
    """TTIR that stores its scalar of this type."""
    return f"""module {{
  tt.func public @k(%out: !tt.ptr<{kind}>, %x: {kind}) {{
    tt.store %out, %x : !tt.ptr<{kind}>
    tt.return
  }}
}}
"""


def copying(kind, count=4):
    """TTIR that copies `count` elements from %x to %out."""
    return f"""module {{
  tt.func public @copy(%out: !tt.ptr<{kind}>, %x: !tt.ptr<{kind}>) {{
    %at = tt.make_range {{end = {count} : i32, start = 0 : i32}} : tensor<{count}xi32>
    %xs = tt.splat %x : !tt.ptr<{kind}> -> tensor<{count}x!tt.ptr<{kind}>>
    %xp = tt.addptr %xs, %at : tensor<{count}x!tt.ptr<{kind}>>, tensor<{count}xi32>
    %v = tt.load %xp : tensor<{count}x!tt.ptr<{kind}>>
    %os = tt.splat %out : !tt.ptr<{kind}> -> tensor<{count}x!tt.ptr<{kind}>>
    %op = tt.addptr %os, %at : tensor<{count}x!tt.ptr<{kind}>>, tensor<{count}xi32>
    tt.store %op, %v : tensor<{count}x!tt.ptr<{kind}>>
    tt.return
  }}
}}
"""


# out[0] = x[offset]
AT_OFFSET = """module {
  tt.func public @at(%out: !tt.ptr<f32>, %x: !tt.ptr<f32>, %offset: i32) {
    %p = tt.addptr %x, %offset : !tt.ptr<f32>, i32
    %v = tt.load %p : !tt.ptr<f32>
    tt.store %out, %v : !tt.ptr<f32>
    tt.return
  }
}
"""

PRINTING = """module {
  tt.func public @say(%x: i32) {
    %pid = tt.get_program_id x : i32
    %v = arith.addi %pid, %x : i32
    tt.print " v: " {hex = false, isSigned = array<i32: 1>} : %v : i32
    tt.return
  }
}
"""

# Runs for a very long time.
ENDLESS = """module {
  tt.func public @endless(%out: !tt.ptr<i64>) {
    %c0 = arith.constant 0 : i64
    %c1 = arith.constant 1 : i64
    %end = arith.constant 1000000000000 : i64
    %sum = scf.for %i = %c0 to %end step %c1 iter_args(%acc = %c0) -> (i64) : i64 {
      %next = arith.addi %acc, %i : i64
      scf.yield %next : i64
    }
    tt.store %out, %sum : !tt.ptr<i64>
    tt.return
  }
}
"""


class Pointer:
    """What Triton's stand-ins for tensors look like."""

    def __init__(self, dtype, address, **more):
        self.dtype, self.address = dtype, address
        self.__dict__.update(more)

    def data_ptr(self):
        return self.address


class Named:
    """A dtype that is known by its text only."""

    def __init__(self, text):
        self.text = text

    def __str__(self):
        return self.text
