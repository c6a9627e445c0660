"""The Philox counter-based generator, and how TensorFlow makes numbers of its output.

Philox4x32-10 (Salmon et al., 2011, https://doi.org/10.1145/2063384.2063405) turns a 64-bit key and
a 128-bit counter into a block of four 32-bit words. Everything random in TensorFlow is made of such
blocks; which block and word an element comes from depends only on its place in the output.

Each function exists once for NumPy arrays and jax arrays alike: `xp` is `numpy` or `jax.numpy`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tidefall.native.functions import Native
from tidefall.ops.common import jnp, lax
from tidefall.ops.lowering_cpu import on_cpu

MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
KEY_STEPS = (0x9E3779B9, 0xBB67AE85)
SCRAMBLE_KEY = 0x02461E29_3EC8F720
LOW = 0xFFFFFFFF
ROUNDS = 10
_FACTORS = np.array(MULTIPLIERS, np.uint64)[:, None]
_HALF = 2**64 - 1
_FIRST = np.zeros(1, np.uint64)
CHUNK = 1 << 14
"""NumPy makes this many blocks at a time, to stay in the processor's cache."""
FEW = 12
"""Up to this many blocks are made one by one in Python, which is faster."""

FEW_XLA = 1024
"""XLA makes up to this many blocks in a loop. It would write the rounds out again in every loop
that reads the numbers, and programs have many small draws (a dropout's choices, scrambled seeds):
half of the instructions of a network could be these."""

TRUNCATED_SKIP = 256
"""Samples that TensorFlow sets aside for each truncated normal number."""
Key = int
Counter = int
Words = tuple[Any, Any, Any, Any]


def _rounds(even: np.ndarray, odd: np.ndarray, keys: np.ndarray) -> tuple[Any, Any]:
    """Ten rounds over 32-bit words in arrays of 64 bits: words 0 and 2, and words 1 and 3."""
    low, shift = np.uint64(LOW), np.uint64(32)
    for key in keys:
        product = even * _FACTORS
        even = (product >> shift)[::-1] ^ odd
        even ^= key
        product &= low
        odd = product[::-1]
    return even, odd


def _rounds_xla(counter: Words, key: tuple[Any, Any]) -> Words:
    """Ten rounds over 32-bit words, for jax."""
    if counter[0].size > FEW_XLA:
        return _unrolled(*counter, *key)
    return on_cpu(_looped, _unrolled, *counter, *key)


def _unrolled(*words: Any) -> Words:
    for _ in range(ROUNDS):
        words = _round_xla(words)
    return words[:4]


def _looped(*words: Any) -> Words:
    return lax.fori_loop(0, ROUNDS, lambda _, words: _round_xla(words), words)[:4]


def _round_xla(words: Any) -> Any:
    """One round over the words of the counter and of the key."""
    c0, c1, c2, c3, k0, k1 = words
    high0, low0 = _multiply(c0, MULTIPLIERS[0])
    high1, low1 = _multiply(c2, MULTIPLIERS[1])
    keys = k0 + np.uint32(KEY_STEPS[0]), k1 + np.uint32(KEY_STEPS[1])
    return high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0, *keys


def _multiply(word: Any, by: int) -> tuple[Any, Any]:
    """High and low half of a product of 32-bit words, in XLA."""
    product = word.astype(np.uint64) * np.uint64(by)
    return (product >> np.uint64(32)).astype(np.uint32), product.astype(np.uint32)


def _round_keys(key: Key) -> list[tuple[int, int]]:
    low, high = key & LOW, key >> 32
    return [
        ((low + i * KEY_STEPS[0]) & LOW, (high + i * KEY_STEPS[1]) & LOW) for i in range(ROUNDS)
    ]


def block(key: Key, counter: Counter) -> tuple[int, int, int, int]:
    """One block as Python integers."""
    c0, c1, c2, c3 = blocks(key, counter, _FIRST)[0].tolist()
    return c0, c1, c2, c3


def _block_of_python(key: Key, counter: Counter) -> tuple[int, int, int, int]:
    """NumPy takes twenty times as long for a single one."""
    c0, c1, c2, c3 = ((counter >> shift) & LOW for shift in (0, 32, 64, 96))
    for k0, k1 in _round_keys(key):
        p0, p1 = c0 * MULTIPLIERS[0], c2 * MULTIPLIERS[1]
        c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ k0, p1 & LOW, (p0 >> 32) ^ c3 ^ k1, p0 & LOW
    return c0, c1, c2, c3


def blocks(key: Key, counter: Counter, index: np.ndarray) -> np.ndarray:
    """The blocks at `counter + index`, as uint32 of shape `[len(index), 4]`.

    Args:
        key: 64-bit integer.
        counter: 128-bit integer.
        index: uint64 vector of offsets.
    """
    return _blocks.run(key, counter & _HALF, counter >> 64, index)


def _blocks_of_numpy(key: Key, low: int, high: int, index: np.ndarray) -> np.ndarray:
    if len(index) <= FEW:
        counter, wrap = low + (high << 64), 2**128 - 1
        few = [_block_of_python(key, (counter + i) & wrap) for i in index.tolist()]
        return np.array(few, np.uint32).reshape(-1, 4)
    out = np.empty((len(index), 4), np.uint32)
    keys = np.array(_round_keys(key), np.uint64)[:, :, None]
    start, top = np.uint64(low), np.uint64(high)
    mask, shift = np.uint64(LOW), np.uint64(32)
    for n in range(0, len(index), CHUNK):
        first = index[n : n + CHUNK] + start
        second = top + (first < start)
        both = np.stack([first, second])
        even, odd = _rounds(both & mask, both >> shift, keys)
        part = out[n : n + CHUNK]
        part[:, 0::2], part[:, 1::2] = even.T, odd.T
    return out


_blocks = Native("philox", _blocks_of_numpy)


def words_xla(key: Any, counter: Any, index: Any) -> Words:
    """The four words of each block at `counter + index`, for jax.

    Args:
        key: uint64 scalar.
        counter: two uint64 numbers, the low half first.
        index: uint64 array of offsets, of any shape.
    """
    key, counter, index = jnp.asarray(key), jnp.asarray(counter), jnp.asarray(index)
    first = index + counter[0]
    second = counter[1] + (first < counter[0]).astype(np.uint64)
    words = (_low(first), _high(first), _low(second), _high(second))
    return _rounds_xla(words, (_low(key), _high(key)))


def _low(x: Any) -> Any:
    return x.astype(np.uint32)


def _high(x: Any) -> Any:
    return (x >> np.uint64(32)).astype(np.uint32)


def key_and_counter(first: int, second: int) -> tuple[Key, Counter]:
    """Key and counter for the two seeds of a stateless op."""
    counter = (first & (2**64 - 1)) | (second & (2**64 - 1)) << 64
    mix = block(SCRAMBLE_KEY, counter)
    return mix[0] | mix[1] << 32, (mix[2] | mix[3] << 32) << 64


# ---- words to numbers ----


def words_per_number(dtype: Any) -> int:
    """How many 32-bit words make one number of a dtype."""
    return 2 if np.dtype(dtype).itemsize == 8 else 1


def _as(xp: Any, bits: Any, dtype: Any) -> Any:
    if xp is np:
        return np.ascontiguousarray(bits).view(dtype)
    return lax.bitcast_convert_type(bits, dtype)


def to_uint64(words: Any) -> Any:
    """Pairs of words `[..., 2]` as 64-bit integers, the low word first."""
    return words[..., 0].astype(np.uint64) | words[..., 1].astype(np.uint64) << np.uint64(32)


def to_unit(xp: Any, words: Any, dtype: Any) -> Any:
    """Numbers in [0, 1): random mantissas of numbers in [1, 2), less 1.

    Args:
        words: uint32 of shape `[...]`, or `[..., 2]` for float64.
    """
    dtype = np.dtype(dtype)
    if dtype == np.float64:
        high = words[..., 0].astype(np.uint64) & np.uint64(0xFFFFF)
        bits = np.uint64(1023 << 52) | high << np.uint64(32) | words[..., 1].astype(np.uint64)
        return _as(xp, bits, np.float64) - 1.0
    if dtype == np.float32:
        bits = (words & np.uint32(0x7FFFFF)) | np.uint32(127 << 23)
        return _as(xp, bits, np.float32) - np.float32(1)
    mantissa, bias = (10, 15) if dtype == np.float16 else (7, 127)
    bits = words.astype(np.uint16) & np.uint16((1 << mantissa) - 1)
    return _as(xp, bits | np.uint16(bias << mantissa), dtype) - dtype.type(1)


def box_muller(xp: Any, first: Any, second: Any) -> tuple[Any, Any]:
    """Two independent standard normal numbers of two uniform ones."""
    kind = first.dtype.type
    radius = xp.sqrt(kind(-2) * xp.log(xp.maximum(first, kind(1e-7))))
    angle = kind(2 * math.pi) * second
    return xp.sin(angle) * radius, xp.cos(angle) * radius


def normal_pairs(xp: Any, words: Any, dtype: Any) -> Any:
    """Words `[..., 4]` as standard normal numbers `[..., 4]`, or `[..., 2]` for float64."""
    if np.dtype(dtype) == np.float64:
        unit = to_unit(xp, words.reshape(*words.shape[:-1], 2, 2), np.float64)
        return xp.stack(box_muller(xp, unit[..., 0], unit[..., 1]), axis=-1)
    unit = to_unit(xp, words, np.float32)
    sine, cosine = box_muller(xp, unit[..., 0::2], unit[..., 1::2])
    return xp.stack([sine, cosine], axis=-1).reshape(words.shape)
