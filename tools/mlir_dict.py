#!/usr/bin/env python3
"""Prints the dictionary for the fuzz target of the MLIR parser: mlir_dict.py > tests/fuzz/mlir.dict

Names of ops and the words of their formats come from src/mlir/ops.def and enums.def.
"""

import re
from pathlib import Path

MLIR = Path(__file__).resolve().parent.parent / "src" / "mlir"
GRAMMAR = """module attributes loc( callsite( fused[ unknown at unit true false dense< dense_resource< array<i32: array<
tensor< 4x 4x8xf32 tensor<4xi32> tensor<4xf32> !tt.ptr< !tt.ptr<f32> !tt.tensordesc< !ttg.memdesc< -> ^bb0 ^bb1: ^bb2
%0 %1 %a %0#1 :2 # #loc #loc1 @k ({ }) <{ }> {-# #-} // :: i1 i8 i32 i64 i128 index none f16 bf16 f32 f64 f8E5M2
0x7FC00000 1.0 1.0e5 " \\\\0A iter_args step to else do case default public private unsigned tt.divisibility sym_name
function_type sym_visibility arg_attrs operandSegmentSizes #tt.cache_policy< #arith.fastmath< ? * affine_map<""".split()


def main():
    ops = (MLIR / "ops.def").read_text()
    words = set(GRAMMAR)
    for string in re.findall(r'"((?:[^"\\]|\\.)*)"', re.sub(r"/\*.*?\*/", "", ops, flags=re.DOTALL)):
        words.update(re.findall(r"[a-z]\w*(?:\.\w+)+", string))
        words.update(re.findall(r"(?<![\w%$.(])[a-zA-Z_]{4,}(?![\w(])", string))
    for string in re.findall(r'"([^"]*)"', (MLIR / "enums.def").read_text()):
        words.update(word for word in string.split() if not word.isdigit())
    for word in sorted(words):
        print('"' + word.replace('"', '\\"') + '"')


if __name__ == "__main__":
    main()
