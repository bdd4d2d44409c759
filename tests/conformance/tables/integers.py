"""Integer operations."""

import numpy as np
from conformance import oracles
from conformance.dtypes import SIGNED, UNSIGNED
from conformance.tables.elementwise import Operation, cases_of

INTEGERS = SIGNED + UNSIGNED


def _compare(expression, function):
    return Operation(expression[0], 2, expression[1], function, INTEGERS, result="i8")


OPERATIONS = [
    Operation("add", 2, "a + b", lambda a, b: a + b, INTEGERS),
    Operation("sub", 2, "a - b", lambda a, b: a - b, INTEGERS),
    Operation("mul", 2, "a * b", lambda a, b: a * b, INTEGERS),
    Operation("div", 2, "a // b", oracles.divide, INTEGERS),
    Operation("mod", 2, "a % b", oracles.remainder, INTEGERS),
    Operation("cdiv", 2, "tl.cdiv(a, b)", oracles.ceil_divide, INTEGERS),
    Operation("and", 2, "a & b", np.bitwise_and, INTEGERS),
    Operation("or", 2, "a | b", np.bitwise_or, INTEGERS),
    Operation("xor", 2, "a ^ b", np.bitwise_xor, INTEGERS),
    Operation("not", 1, "~a", np.invert, INTEGERS),
    Operation("neg", 1, "-a", lambda a: np.zeros_like(a) - a, SIGNED),
    Operation("shl", 2, "a << b", oracles.shift_left, INTEGERS),
    Operation("shr", 2, "a >> b", oracles.shift_right, INTEGERS),
    Operation("max", 2, "tl.maximum(a, b)", np.maximum, INTEGERS),
    Operation("min", 2, "tl.minimum(a, b)", np.minimum, INTEGERS),
    Operation("abs", 1, "tl.abs(a)", np.abs, INTEGERS),
    Operation("umulhi", 2, "tl.umulhi(a, b)", oracles.high_product, ["i32", "i64", "u32", "u64"]),
    Operation("eq", 2, "a == b", np.equal, INTEGERS, result="i8"),
    Operation("ne", 2, "a != b", np.not_equal, INTEGERS, result="i8"),
    Operation("lt", 2, "a < b", np.less, INTEGERS, result="i8"),
    Operation("le", 2, "a <= b", np.less_equal, INTEGERS, result="i8"),
    Operation("gt", 2, "a > b", np.greater, INTEGERS, result="i8"),
    Operation("ge", 2, "a >= b", np.greater_equal, INTEGERS, result="i8"),
    Operation("where", 3, "tl.where(a > b, b, c)", lambda a, b, c: np.where(a > b, b, c), INTEGERS),
]
CASES, FUNCTIONS = cases_of(OPERATIONS)
