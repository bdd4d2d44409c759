"""What an H100 computed for the launches of Triton 3.6.0 (gpu/record.py), as checksums, and where the tile VM differs."""

import re
import zlib
from functools import cache

import numpy as np
from conformance import archive, session
from conformance.case import Bound
from conformance.disagreements import Disagreement
from conformance.dtypes import of_array

# Beyond these rows of docs/semantics.md, the tile VM gives the H100's bits.
DIFFERENCES = [
    Disagreement("f32 division", r"^fdiv(_ieee)?-f32"),
    Disagreement("Float remainder", r"^fmod-|^arith.remf-"),
    Disagreement("Subnormals in f32 functions", r"^(math\.)?(floor|ceil|sqrt)-(f32|bf16)|^fmod_lib-f32"),
    Disagreement("f8E5M2 to bf16", r"^(cast|tt.fp_to_fp)-f8e5m2-bf16"),
    Disagreement("i1 to bf16", r"^arith.sitofp-i1-bf16"),
    Disagreement("Integer remainder by zero", r"^(mod|arith.remui)-"),
    Disagreement("64-bit division by zero", r"^(div|cdiv|arith.divui)-[iu]64"),
    Disagreement("64-bit shift counts", r"^(shl|shr|arith.shrui)-[iu]64"),
    Disagreement("Float to integer out of range", r"^(cast|arith.fptoui)-(f16|bf16|f32|f64)-[iu]\d"),
    Disagreement("Infinity toward zero to f8E5M2", r"^tt.fp_to_fp-f32-f8e5m2-rtz"),
]


def launched_cases():
    """The cases that end well, with hand-written tiles and without what only the text before Triton's passes has."""
    compiled = [case for case in session.compiled_cases(session.INTERPRETER)
                if case.status == "ok" and case.stage == "ttir" and not case.debug]
    return compiled + [case for case in session.ALL_CASES if case.text is not None and case.status == "ok"]


def exact_cases():
    return [case for case in launched_cases() if not case.ulp and not has_bound(case)]


def has_bound(case):
    return any(isinstance(value, Bound) for value in case.expected(case.inputs()).values())


def checksum(case, outputs):
    """Of all outputs, by name; every NaN the same unless the case looks at its bits."""
    total = 0
    for param in case.outputs():
        value = outputs[param.name]
        if of_array(value).is_float and not case.same_nan:
            with np.errstate(invalid="ignore"):
                value = np.where(np.isnan(value), value.dtype.type(np.nan), value)
        total = zlib.crc32(np.ascontiguousarray(value).tobytes(), total)
    return total.to_bytes(4, "little")


@cache
def stored():
    """Checksums by id, of the cases that haven't changed since."""
    pieces = archive.load(session.STORED / "h100.xz")
    return {case.id: pieces[case.id][1] for case in launched_cases()
            if case.id in pieces and pieces[case.id][0] == session.interpret_key(case)}


def difference_of(case):
    return next((row for row in DIFFERENCES if re.search(row.pattern, case.id)), None)
