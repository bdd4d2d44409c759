"""What the tile VM's benchmark runs: arguments, the same work in NumPy and in C, and what comes out, in f64.

Needs NumPy only; kernels.py has the Triton side.
"""

import ctypes
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Goal:
    """At least so many times as fast as Triton's interpreter, and at most so many times NumPy's time."""
    interpreter: float = 800
    numpy: float | None = None


FLOOR = 190  # times as fast as Triton's interpreter


class Workload:
    """One launch. Subclasses say which.

    `arguments()` gives the kernel's arguments by name in the order of its parameters (arrays, ints, floats), always the
    same ones; arrays named in `outputs` are written by the work. `expected` gives their contents in f64.
    """
    name: str
    title: str
    kernel: str
    constexprs: dict = {}
    grid: tuple
    outputs: tuple = ("out",)
    rtol: float = 0.0
    atol: float = 0.0
    goal: Goal | None = None  # None: shown where an interpreter is weak
    interpreter_runs: int = 8  # at most, of Triton's interpreter

    def arguments(self):
        raise NotImplementedError

    def expected(self, arguments):
        raise NotImplementedError

    def numpy_work(self, arguments):
        """A function without parameters that does the work on `arguments` with NumPy; None if NumPy can't."""

    def c_work(self, loops, arguments):
        """The same with a plain loop of loops.c; None if there is none."""

    def poison(self, arguments):
        """Makes sure that nothing of an earlier run passes the check."""
        for name in self.outputs:
            output = arguments[name]
            output.fill(np.nan if output.dtype.kind == "f" else -1)

    def check(self, arguments, expected):
        """Raises AssertionError if an output isn't what it should be."""
        for name in self.outputs:
            np.testing.assert_allclose(arguments[name].astype(np.float64), expected[name], self.rtol, self.atol,
                                       err_msg=f"{self.name}: {name}")


def pointer(array):
    return array.ctypes.data_as(ctypes.c_void_p)


def empty(shape, dtype):
    """An array aligned to 64 bytes, as those of torch and of tr_array are; NumPy's own start anywhere."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    buffer = np.empty(size + 63, np.uint8)
    begin = -buffer.ctypes.data % 64
    return buffer[begin:begin + size].view(dtype).reshape(shape)


def filled(values, dtype):
    array = empty(values.shape, dtype)
    array[...] = values
    return array


def normal(shape, seed, dtype=np.float32):
    return filled(np.random.default_rng(seed).standard_normal(shape), dtype)


def uniform(shape, seed, low, high):
    return filled(np.random.default_rng(seed).uniform(low, high, shape), np.float32)


class VectorAdd(Workload):
    name = "add"
    title = "vector add 2^20 f32, BLOCK 1024"
    kernel = "vector_add_kernel"
    rtol = 6e-8
    goal = Goal(numpy=1.5)
    size, block = 1 << 20, 1024

    def __init__(self):
        self.constexprs = {"BLOCK": self.block}
        self.grid = (self.size // self.block,)

    def arguments(self):
        return {"x": normal(self.size, 1), "y": normal(self.size, 2), "out": empty(self.size, np.float32),
                "n": self.size}

    def expected(self, arguments):
        return {"out": arguments["x"].astype(np.float64) + arguments["y"]}

    def numpy_work(self, arguments):
        x, y, out = (arguments[name] for name in ("x", "y", "out"))
        return lambda: np.add(x, y, out=out)


class SmallTiles(VectorAdd):
    name = "small"
    title = "vector add 2^16 f32, BLOCK 16"
    goal = None
    size, block = 1 << 16, 16

    def c_work(self, loops, arguments):
        x, y, out = (pointer(arguments[name]) for name in ("x", "y", "out"))
        return lambda: loops.add(self.size, x, y, out)


class Softmax(Workload):
    name = "softmax"
    title = "softmax 1024x1024 f32, a row a program"
    kernel = "softmax_kernel"
    constexprs = {"BLOCK": 1024}
    grid = (1024,)
    rtol = 1e-5
    atol = 1e-9
    goal = Goal(numpy=1.0)
    rows, cols = 1024, 1024

    def arguments(self):
        shape = (self.rows, self.cols)
        return {"out": empty(shape, np.float32), "x": normal(shape, 1), "out_row_stride": self.cols,
                "x_row_stride": self.cols, "n_cols": self.cols}

    def expected(self, arguments):
        x = arguments["x"].astype(np.float64)
        numerator = np.exp(x - x.max(axis=1, keepdims=True))
        return {"out": numerator / numerator.sum(axis=1, keepdims=True)}

    def numpy_work(self, arguments):
        x, out = arguments["x"], arguments["out"]
        row = empty((self.rows, 1), np.float32)

        def work():
            np.max(x, axis=1, keepdims=True, out=row)
            np.subtract(x, row, out=out)
            np.exp(out, out=out)
            np.sum(out, axis=1, keepdims=True, out=row)
            np.divide(out, row, out=out)
        return work


class Matmul(Workload):
    """NumPy's time includes widening both inputs to f32: np.matmul on f16 would not use BLAS."""
    name = "matmul"
    title = "matmul 256^3 fp16, 32x32x32"
    kernel = "matmul_kernel"
    outputs = ("c",)
    constexprs = {"BLOCK_M": 32, "BLOCK_N": 32, "BLOCK_K": 32, "GROUP_M": 8, "INPUT_PRECISION": "tf32"}
    grid = (64,)
    rtol = 1e-5
    atol = 1e-4
    goal = Goal(numpy=3.0)
    size = 256

    def arguments(self):
        n, shape = self.size, (self.size, self.size)
        return {"a": normal(shape, 1, np.float16), "b": normal(shape, 2, np.float16), "c": empty(shape, np.float32),
                "M": n, "N": n, "K": n, "a_row_stride": n, "b_row_stride": n, "c_row_stride": n}

    def expected(self, arguments):
        return {"c": arguments["a"].astype(np.float64) @ arguments["b"].astype(np.float64)}

    def numpy_work(self, arguments):
        a, b, c = (arguments[name] for name in "abc")
        return lambda: np.matmul(a.astype(np.float32), b.astype(np.float32), out=c)


class Attention(Workload):
    """NumPy works head by head, in f32, on all pairs; the kernel leaves out blocks right of the diagonal."""
    name = "attention"
    title = "attention forward 4x8x1024x64 fp16 causal, 64x64"
    kernel = "attention_kernel"
    outputs = ("out", "lse")
    constexprs = {"HEAD": 64, "BLOCK_M": 64, "BLOCK_N": 64}
    grid = (16, 32)
    rtol = 1e-2
    atol = 2e-3
    goal = Goal()
    heads, context, head = 32, 1024, 64
    scale = 0.125

    def arguments(self):
        shape = (self.heads, self.context, self.head)
        return {"q": normal(shape, 1, np.float16), "k": normal(shape, 2, np.float16), "v": normal(shape, 3, np.float16),
                "out": empty(shape, np.float16), "lse": empty(shape[:2], np.float32), "scale": self.scale,
                "n_ctx": self.context, "head_stride": self.context * self.head, "row_stride": self.head}

    def expected(self, arguments):
        expected = {"out": np.empty(arguments["out"].shape), "lse": np.empty(arguments["lse"].shape)}
        self.attention(arguments, expected, np.float64)()
        return expected

    def numpy_work(self, arguments):
        return self.attention(arguments, arguments, np.float32)

    def attention(self, inputs, outputs, dtype):
        scores = empty((self.context, self.context), dtype)
        hidden = np.triu(np.ones(scores.shape, bool), 1)

        def attend(head):
            q, k, v = (inputs[name][head].astype(dtype) for name in "qkv")
            np.matmul(q, k.T, out=scores)
            np.multiply(scores, self.scale, out=scores)
            scores[hidden] = -np.inf
            row_max = scores.max(axis=1, keepdims=True)
            np.subtract(scores, row_max, out=scores)
            np.exp(scores, out=scores)
            row_sum = scores.sum(axis=1, keepdims=True)
            outputs["out"][head] = scores @ v / row_sum
            outputs["lse"][head] = (row_max + np.log(row_sum))[:, 0]

        def work():
            for head in range(self.heads):
                attend(head)
        return work


class LayerNorm(Workload):
    name = "layer_norm"
    title = "layer norm 4096x1024 f32, a row a program"
    kernel = "layer_norm_kernel"
    outputs = ("out", "mean", "rstd")
    constexprs = {"BLOCK": 1024}
    grid = (4096,)
    rtol = 1e-4
    atol = 1e-5
    goal = Goal()
    rows, cols = 4096, 1024
    eps = 1e-5

    def arguments(self):
        shape = (self.rows, self.cols)
        return {"x": normal(shape, 1), "out": empty(shape, np.float32), "weight": normal(self.cols, 2),
                "bias": normal(self.cols, 3), "mean": empty(self.rows, np.float32),
                "rstd": empty(self.rows, np.float32), "row_stride": self.cols, "n_cols": self.cols, "eps": self.eps}

    def expected(self, arguments):
        x = arguments["x"].astype(np.float64)
        mean = x.mean(axis=1)
        rstd = 1 / np.sqrt(x.var(axis=1) + self.eps)
        out = (x - mean[:, None]) * rstd[:, None] * arguments["weight"] + arguments["bias"]
        return {"out": out, "mean": mean, "rstd": rstd}

    def numpy_work(self, arguments):
        x, out, weight, bias, mean, rstd = (arguments[name] for name in ("x", "out", "weight", "bias", "mean", "rstd"))

        def work():
            np.mean(x, axis=1, out=mean)
            np.subtract(x, mean[:, None], out=out)
            np.vecdot(out, out, out=rstd)
            np.divide(rstd, self.cols, out=rstd)
            np.add(rstd, self.eps, out=rstd)
            np.sqrt(rstd, out=rstd)
            np.reciprocal(rstd, out=rstd)
            np.multiply(out, rstd[:, None], out=out)
            np.multiply(out, weight, out=out)
            np.add(out, bias, out=out)
        return work


class Chain(Workload):
    name = "chain"
    title = "20 elementwise ops on 2^20 f32, BLOCK 1024"
    kernel = "chain_kernel"
    constexprs = {"BLOCK": 1024}
    grid = (1024,)
    rtol = 1e-4
    atol = 1e-5
    size = 1 << 20

    def arguments(self):
        return {"x": uniform(self.size, 1, 0.5, 1.5), "y": uniform(self.size, 2, 0.5, 1.5),
                "out": empty(self.size, np.float32), "n": self.size}

    def expected(self, arguments):
        x, y = (arguments[name].astype(np.float64) for name in "xy")
        out = np.empty_like(x)
        self.chain(x, y, out)
        return {"out": out}

    def numpy_work(self, arguments):
        x, y, out = (arguments[name] for name in ("x", "y", "out"))
        return lambda: self.chain(x, y, out)

    def c_work(self, loops, arguments):
        x, y, out = (pointer(arguments[name]) for name in ("x", "y", "out"))
        return lambda: loops.chain(self.size, x, y, out)

    @staticmethod
    def chain(x, y, out):
        value = x
        for _ in range(4):
            np.multiply(value, y, out=out)
            np.add(out, x, out=out)
            np.maximum(out, y, out=out)
            np.subtract(out, x, out=out)
            np.abs(out, out=out)
            value = out


class ScalarFor(Workload):
    name = "for"
    interpreter_runs = 1
    title = "scalar for loop, 10^5 steps of 3 ops"
    kernel = "lcg_kernel"
    grid = (1,)
    steps = 100_000

    def arguments(self):
        return {"out": empty(1, np.int32), "steps": self.steps}

    def expected(self, arguments):
        state, mixed = 1, 0
        for _ in range(self.steps):
            state = (state * 1664525 + 1013904223) & 0xffffffff
            mixed ^= state
        return {"out": np.array([mixed], np.uint32).view(np.int32)}

    def c_work(self, loops, arguments):
        out = pointer(arguments["out"])
        return lambda: loops.lcg(self.steps, out)


class ScalarWhile(Workload):
    name = "while"
    interpreter_runs = 1
    title = "scalar while loop with branches, 10^5 steps"
    kernel = "collatz_kernel"
    grid = (1,)
    steps = 100_000

    def arguments(self):
        return {"out": empty(2, np.int32), "steps": self.steps}

    def expected(self, arguments):
        start = value = 1
        for _ in range(self.steps):
            if value == 1:
                start += 1
                value = start
            elif value % 2 == 0:
                value //= 2
            else:
                value = 3 * value + 1
        return {"out": np.array([start, value])}

    def c_work(self, loops, arguments):
        out = pointer(arguments["out"])
        return lambda: loops.collatz(self.steps, out)


WORKLOADS = {workload.name: workload for workload in (
    VectorAdd(), Softmax(), Matmul(), Attention(), LayerNorm(), SmallTiles(), ScalarFor(), ScalarWhile(), Chain())}
