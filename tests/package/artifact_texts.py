"""A kernel as text, and the function that stands for it. What it computes is in the text alone."""

import triton_runner

# out[i] = x[i] + 7, i < n.
SHIFT = """\
#loc = loc("shift.py":3:1)
#loc1 = loc("shift.py":5:9)
#loc2 = loc("shift.py":6:5)
module {
  tt.func public @shift(%out: !tt.ptr<f32> loc(#loc), %x: !tt.ptr<f32> loc(#loc), %n: i32 loc(#loc)) {
    %seven = arith.constant dense<7.000000e+00> : tensor<16xf32> loc(#loc)
    %c16 = arith.constant 16 : i32 loc(#loc)
    %pid = tt.get_program_id x : i32 loc(#loc)
    %start = arith.muli %pid, %c16 : i32 loc(#loc)
    %range = tt.make_range {end = 16 : i32, start = 0 : i32} : tensor<16xi32> loc(#loc)
    %base = tt.splat %start : i32 -> tensor<16xi32> loc(#loc)
    %at = arith.addi %base, %range : tensor<16xi32> loc(#loc)
    %limit = tt.splat %n : i32 -> tensor<16xi32> loc(#loc)
    %mask = arith.cmpi slt, %at, %limit : tensor<16xi32> loc(#loc)
    %xs = tt.splat %x : !tt.ptr<f32> -> tensor<16x!tt.ptr<f32>> loc(#loc)
    %xp = tt.addptr %xs, %at : tensor<16x!tt.ptr<f32>>, tensor<16xi32> loc(#loc)
    %a = tt.load %xp, %mask : tensor<16x!tt.ptr<f32>> loc(#loc1)
    %sum = arith.addf %a, %seven : tensor<16xf32> loc(#loc)
    %os = tt.splat %out : !tt.ptr<f32> -> tensor<16x!tt.ptr<f32>> loc(#loc)
    %op = tt.addptr %os, %at : tensor<16x!tt.ptr<f32>>, tensor<16xi32> loc(#loc)
    tt.store %op, %sum, %mask : tensor<16x!tt.ptr<f32>> loc(#loc2)
    tt.return loc(#loc)
  } loc(#loc)
} loc(#loc)
"""


def adding(number):
    """The same kernel with another number."""
    return SHIFT.replace("7.0", f"{number}.0")


@triton_runner.jit
def shift(out, x, n, BLOCK: "tl.constexpr" = 16):
    pass
