"""What each example kernel computes, in NumPy, and the data to try it on.

A reference takes the parameters of a launch by name (launches.json) and returns
what the outputs should hold. References compute in double precision unless the
kernel's result is exact; the caller compares within the launch's rtol and atol.
"""

import numpy as np
from ml_dtypes import bfloat16, float8_e4m3fn, float8_e5m2

DTYPES = {
    "i8": np.int8, "i16": np.int16, "i32": np.int32, "i64": np.int64,
    "f8e4m3": float8_e4m3fn, "f8e5m2": float8_e5m2, "f16": np.float16, "bf16": bfloat16,
    "f32": np.float32, "f64": np.float64,
}


def fill(param, rng):
    """A buffer's first contents: what its "init" says, in its dtype and shape."""
    shape, dtype = param["shape"], DTYPES[param["dtype"]]
    init = param["init"]
    if init == "zeros":
        return np.zeros(shape, dtype)
    if init == "rand":
        return rng.uniform(-1.0, 1.0, shape).astype(dtype)
    if init == "randn":
        return rng.standard_normal(shape).astype(dtype)
    if init == "randint":
        return rng.integers(param["low"], param["high"], shape, dtype)
    if init == "bits":
        return rng.integers(np.iinfo(dtype).min, np.iinfo(dtype).max, shape, dtype, endpoint=True)
    raise ValueError(f"unknown init {init!r} of parameter {param['name']}")


def make_arguments(launch, seed=0):
    """The arguments of a launch by parameter name: arrays and Python scalars."""
    rng = np.random.default_rng(seed)
    return {param["name"]: fill(param, rng) if param["kind"] == "buffer" else param["value"]
            for param in launch["params"]}


def expected_outputs(launch, arguments):
    """What the outputs of a launch should hold, by parameter name."""
    return REFERENCES[launch["reference"]](**arguments)


def wide(array):
    return array.astype(np.float64)


def vector_add(x, y, **_):
    return {"out": x + y}


def softmax(x, **_):
    exponentials = np.exp(wide(x) - x.max(axis=1, keepdims=True))
    return {"out": exponentials / exponentials.sum(axis=1, keepdims=True)}


def layer_norm(x, weight, bias, eps, **_):
    x = wide(x)
    mean = x.mean(axis=1)
    rstd = 1.0 / np.sqrt(x.var(axis=1) + eps)
    normal = (x - mean[:, None]) * rstd[:, None]
    return {"out": normal * weight + bias, "mean": mean, "rstd": rstd}


def matmul(a, b, **_):
    return {"c": wide(a) @ wide(b)}


def int4_matmul(a, b, scales, **_):
    k = np.arange(a.shape[1])
    group_rows = 32
    nibbles = (b[k // 8] >> (k % 8 * 4)[:, None]) & 0xF
    weights = (nibbles - 8).astype(a.dtype) * scales[k // group_rows]
    return {"c": wide(a) @ wide(weights)}


def causal_attention(q, k, v, scale, **_):
    scores = wide(q) @ wide(k).transpose(0, 2, 1) * scale
    scores[:, ~np.tri(scores.shape[1], dtype=bool)] = -np.inf
    lse = log_sum_exp(scores)
    return {"out": np.exp(scores - lse[..., None]) @ wide(v), "lse": lse}


def log_sum_exp(x):
    largest = x.max(axis=-1)
    return largest + np.log(np.exp(x - largest[..., None]).sum(axis=-1))


def cross_entropy(logits, targets, ignore_index, **_):
    logits = wide(logits)
    lse = log_sum_exp(logits)
    loss = lse - logits[np.arange(len(targets)), targets]
    return {"loss": np.where(targets == ignore_index, 0.0, loss), "lse": lse}


def philox(seed, counter):
    """The first word of Philox 4x32-10 for counters (counter, 0, 0, 0) and a 64-bit seed."""
    c0, c1, c2, c3 = (np.array(c, np.uint64) for c in (counter, 0, 0, 0))
    k0, k1 = seed & 0xFFFFFFFF, seed >> 32 & 0xFFFFFFFF
    for _ in range(10):
        product_a, product_b = c0 * 0xD2511F53, c2 * 0xCD9E8D57
        c0, c1 = (product_b >> 32) ^ c1 ^ k0, product_b & 0xFFFFFFFF
        c2, c3 = (product_a >> 32) ^ c3 ^ k1, product_a & 0xFFFFFFFF
        k0, k1 = k0 + 0x9E3779B9 & 0xFFFFFFFF, k1 + 0xBB67AE85 & 0xFFFFFFFF
    return c0.astype(np.uint32)


def uniform(seed, counter):
    """tl.rand(seed, counter)."""
    word = philox(seed, counter).view(np.int32)
    return np.where(word < 0, ~word, word).astype(np.float32) * np.float32(4.6566127342e-10)


def dropout(x, n, p, seed, **_):
    keep = uniform(seed, np.arange(n)) > np.float32(p)
    return {"out": np.where(keep, x / np.float32(1.0 - p), np.float32(0.0))}


def transpose(x, **_):
    return {"out": x.T}


def argmax(x, **_):
    return {"values": x.max(axis=1), "indices": x.argmax(axis=1)}


def locked_sum(x, n_groups, **_):
    sums = np.stack([wide(x[group::n_groups]).sum(axis=0) for group in range(n_groups)])
    counts = [len(x[group::n_groups]) for group in range(n_groups)]
    return {"out": sums, "locks": np.zeros(n_groups), "counts": np.array(counts)}


REFERENCES = {function.__name__: function for function in (
    vector_add, softmax, layer_norm, matmul, int4_matmul, causal_attention, cross_entropy, dropout,
    transpose, argmax, locked_sum)}
