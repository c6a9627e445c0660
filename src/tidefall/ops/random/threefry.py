"""The ThreeFry generator, and how XLA makes numbers of its output.

Threefry2x32 with 20 rounds (Salmon et al., 2011, https://doi.org/10.1145/2063384.2063405) turns a
64-bit key and a 64-bit counter into two 32-bit words. TensorFlow has it in compiled programs only,
so the layout of the numbers is XLA's: the first even dimension (else the longest one) is made of
pairs, the first of each pair from the first words and the second from the second words.

Each function takes `xp`, which is `numpy` or `jax.numpy`; `key` and `counter` are uint64 scalars.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tidefall.op import raw
from tidefall.ops.common import lax
from tidefall.ops.random.philox import box_muller

ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
PARITY = 0x1BD11BDA
Shape = tuple[int, ...]


def _low(x: Any) -> Any:
    return (x & np.uint64(0xFFFFFFFF)).astype(np.uint32)


def _high(x: Any) -> Any:
    return (x >> np.uint64(32)).astype(np.uint32)


def _words(xp: Any, key: Any, counter: Any, count: int) -> tuple[Any, Any]:
    """The two words for each of `count` counters."""
    index = xp.arange(count, dtype=np.uint64) + xp.asarray(counter, np.uint64)
    key = xp.asarray(key, np.uint64).reshape(1)
    first, second = _low(key), _high(key)
    keys = (first, second, first ^ second ^ np.uint32(PARITY))
    a, b = _low(index) + keys[0], _high(index) + keys[1]
    for group in range(5):
        for rotation in ROTATIONS[group % 2]:
            a = a + b
            b = (b << np.uint32(rotation)) | (b >> np.uint32(32 - rotation))
            b = b ^ a
        a = a + keys[(group + 1) % 3]
        b = b + keys[(group + 2) % 3] + np.uint32(group + 1)
    return a, b


def _paired(shape: Shape) -> int:
    """The dimension that is made of pairs."""
    even = [i for i, size in enumerate(shape) if size % 2 == 0]
    return even[0] if even else shape.index(max(shape))


def _interleave(xp: Any, first: Any, second: Any, shape: Shape, axis: int) -> Any:
    """Pairs along an axis, as many as fit into the shape."""
    pairs = xp.stack([first, second], axis=axis + 1)
    long = (*shape[:axis], 2 * first.shape[axis], *shape[axis + 1 :])
    return pairs.reshape(long)[(slice(None),) * axis + (slice(shape[axis]),)]


def _half(shape: Shape, axis: int) -> Shape:
    return (*shape[:axis], -(-shape[axis] // 2), *shape[axis + 1 :])


def bits32(xp: Any, key: Any, counter: Any, shape: Shape) -> Any:
    """Random uint32 numbers."""
    if not shape:
        return bits32(xp, key, counter, (1,)).reshape(())
    axis = _paired(shape)
    half = _half(shape, axis)
    first, second = _words(xp, key, counter, math.prod(half))
    return _interleave(xp, first.reshape(half), second.reshape(half), shape, axis)


def bits64(xp: Any, key: Any, counter: Any, shape: Shape) -> Any:
    """Random uint64 numbers."""
    first, second = _words(xp, key, counter, math.prod(shape))
    wide = first.astype(np.uint64) | second.astype(np.uint64) << np.uint64(32)
    return wide.reshape(shape)


def _bits(xp: Any, key: Any, counter: Any, shape: Shape, dtype: Any) -> Any:
    return (bits64 if np.dtype(dtype).itemsize == 8 else bits32)(xp, key, counter, shape)


def _as(xp: Any, bits: Any, dtype: Any) -> Any:
    if xp is np:
        return np.asarray(bits).view(dtype)
    return lax.bitcast_convert_type(bits, dtype)


def uniform(xp: Any, key: Any, counter: Any, shape: Shape, dtype: Any) -> Any:
    """Floating-point numbers in [0, 1)."""
    dtype = np.dtype(dtype)
    bits = _bits(xp, key, counter, shape, dtype)
    if dtype == np.float64:
        return _as(xp, bits >> np.uint64(12) | np.uint64(1023 << 52), np.float64) - 1.0
    if dtype == np.float16:
        small = (bits & np.uint32(0x3FF)).astype(np.uint16) | np.uint16(15 << 10)
        return _as(xp, small, np.float16) - np.float16(1)
    wide = _as(xp, bits >> np.uint32(9) | np.uint32(127 << 23), np.float32) - np.float32(1)
    if dtype == np.float32:
        return wide
    return _narrow(xp, wide, dtype)


def _narrow(xp: Any, wide: Any, dtype: Any) -> Any:
    """Numbers in the dtype asked for; bfloat16 ones are float32 ones cut off."""
    if wide.dtype == dtype:
        return wide
    cut = _as(xp, wide, np.uint32) & np.uint32(0xFFFF0000)
    return _as(xp, cut, np.float32).astype(dtype)


def _source(dtype: Any) -> Any:
    """The dtype to compute in."""
    return np.float32 if np.dtype(dtype).name == "bfloat16" else np.dtype(dtype).type


def normal(xp: Any, key: Any, counter: Any, shape: Shape, dtype: Any) -> Any:
    """Standard normal numbers."""
    if not shape:
        return normal(xp, key, counter, (1,), dtype).reshape(())
    axis = _paired(shape)
    half = _half(shape, axis)
    both = (*half[: axis + 1], 2, *half[axis + 1 :])
    unit = uniform(xp, key, counter, both, _source(dtype))
    first, second = (xp.take(unit, k, axis=axis + 1) for k in (0, 1))
    return _narrow(xp, _interleave(xp, *box_muller(xp, first, second), shape, axis), dtype)


def truncated_normal(xp: Any, key: Any, counter: Any, shape: Shape, dtype: Any) -> Any:
    """Normal numbers within two standard deviations, from the inverse distribution function."""
    kind = _source(dtype)
    unit = uniform(xp, key, counter, shape, kind)
    within = kind(math.erf(math.sqrt(2)))
    inverse = raw.Erfinv
    erfinv: Any = inverse.host if xp is np else inverse.xla
    spread = (kind(2) * unit - kind(1)) * within
    return _narrow(xp, (erfinv(spread) * kind(math.sqrt(2))).astype(kind), dtype)


def integers(xp: Any, key: Any, counter: Any, shape: Shape, dtype: Any) -> Any:
    """Integers over the whole range of a 32-bit or 64-bit dtype."""
    return _as(xp, _bits(xp, key, counter, shape, dtype), dtype)


def integers_between(
    xp: Any, key: Any, counter: Any, shape: Shape, low: Any, high: Any, dtype: Any
) -> Any:
    """Integers in [low, high)."""
    unsigned = np.dtype(f"u{np.dtype(dtype).itemsize}")
    first, last = (_as(xp, xp.asarray(v, dtype), unsigned) for v in (low, high))
    return _as(xp, _bits(xp, key, counter, shape, dtype) % (last - first) + first, dtype)
