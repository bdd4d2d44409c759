"""Every case of the suite, by family. Importing this needs no Triton."""

from conformance.tables import atomics, casts, control, direct, dots, floats, integers, memory, programs, reductions, shapes

FAMILIES = {
    "integers": integers.CASES,
    "floats": floats.CASES,
    "casts": casts.CASES,
    "shapes": shapes.CASES,
    "memory": memory.CASES,
    "reductions": reductions.CASES,
    "dots": dots.CASES,
    "atomics": atomics.CASES,
    "control": control.CASES,
    "direct": direct.CASES,
    "programs": programs.CASES,
}
ALL_CASES = [case for cases in FAMILIES.values() for case in cases]
ELEMENTWISE_FUNCTIONS = integers.FUNCTIONS + floats.FUNCTIONS
