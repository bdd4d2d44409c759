"""Triton's counter-based random numbers (Philox 4x32, ten rounds) in NumPy."""

import numpy as np

ROUND_A, ROUND_B = 0xD2511F53, 0xCD9E8D57
KEY_A, KEY_B = 0x9E3779B9, 0xBB67AE85
MASK = np.uint64(0xFFFFFFFF)


def words(seed, offsets):
    """The four 32-bit words of each offset."""
    counter = [np.asarray(offsets).astype(np.uint64) & MASK] + [np.zeros(len(offsets), np.uint64) for _ in range(3)]
    key = [seed & 0xFFFFFFFF, seed >> 32 & 0xFFFFFFFF]
    for _ in range(10):
        a, b = counter[0] * np.uint64(ROUND_A), counter[2] * np.uint64(ROUND_B)
        counter = [(b >> np.uint64(32)) ^ counter[1] ^ np.uint64(key[0]), b & MASK,
                   (a >> np.uint64(32)) ^ counter[3] ^ np.uint64(key[1]), a & MASK]
        key = [(key[0] + KEY_A) & 0xFFFFFFFF, (key[1] + KEY_B) & 0xFFFFFFFF]
    return [word.astype(np.uint32) for word in counter]


def uniform(word):
    """[0, 1): the signed word's magnitude, scaled a little below 2^-31."""
    signed = word.view(np.int32)
    return np.where(signed < 0, -signed - 1, signed).astype(np.float32) * np.float32(4.6566127342e-10)


def normal(first, second):
    """Box and Muller."""
    radius = np.maximum(np.float32(1e-7), uniform(first)).astype(np.float64)
    angle = (np.float32(6.283185307179586) * uniform(second)).astype(np.float64)
    return (np.sqrt(-2 * np.log(radius)) * np.cos(angle)).astype(np.float32)
