"""Where Triton's interpreter (3.6.0) computes something else than the tile VM, and why.

docs/semantics.md has the same rows. Everywhere else the two must agree, within the case's tolerance.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Disagreement:
    """Cases whose id matches `pattern`. `title` stands in docs/semantics.md."""
    title: str
    pattern: str

    def covers(self, case):
        return re.search(self.pattern, case.id) is not None


DISAGREEMENTS = [
    Disagreement("Integer division by zero", r"^(div|mod|cdiv)-"),
    Disagreement("`~x` of unsigned types", r"^not-u"),
    Disagreement("`umulhi` of signed types", r"^umulhi-i"),
    Disagreement("bf16", r"-bf16"),
    Disagreement("NaN in `minimum` and `maximum`", r"^f(max|min)-"),
    Disagreement("NaN bounds of `clamp`", r"^clamp(_nan)?-"),
    Disagreement("Zeros of both signs", r"^f(min|max)_nan-"),
    Disagreement("`fma` rounds once", r"^fma-"),
    Disagreement("Float to integer", r"^cast-(f16|f32|f64)-[iu]\d"),
    Disagreement("Float to float", r"^cast(_rtz|_rtne)?-(f8|f64-f8|f32-(f16|f8)|f16-f8)"),
    Disagreement("`histogram` of 64-bit values", r"histogram-i64"),
    Disagreement("`atomic_xchg` of floats", r"^atomic_.*-f\d+-xchg"),
    Disagreement("`atomic_min` of f64", r"^atomic_.*-f64-min"),
]


def disagreement_of(case):
    """The Disagreement that covers a case, or None."""
    return next((row for row in DISAGREEMENTS if row.covers(case)), None)
