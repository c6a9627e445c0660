"""The Philox-4x32-10 counter-based generator, and TensorFlow's distributions over it.

Every function takes the array module to compute with (`numpy` or `jax.numpy`), so that the host
and compiled code draw the same numbers. Source: Salmon et al., "Parallel random numbers: as easy
as 1, 2, 3" (SC 2011).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.core.dtypes import DType

_MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
_KEY_STEPS = (0x9E3779B9, 0xBB67AE85)
_ROUNDS = 10
_SEED_KEY = (0x3EC8F720, 0x02461E29)
_LOW = 0xFFFFFFFF


def _split(value: Any, xp: Any) -> tuple[Any, Any]:
    """Low and high halves of 64-bit numbers."""
    low = (value & xp.uint64(_LOW)).astype(xp.uint32)
    return low, (value >> xp.uint64(32)).astype(xp.uint32)


def _multiply(constant: int, value: Any, xp: Any) -> tuple[Any, Any]:
    """High and low halves of a 32-bit product."""
    product = value.astype(xp.uint64) * xp.uint64(constant)
    return (product >> xp.uint64(32)).astype(xp.uint32), product.astype(xp.uint32)


def philox(counter: list[Any], key: list[Any], xp: Any) -> list[Any]:
    """Four blocks of random 32-bit numbers, one for each counter.

    Args:
        counter: four uint32 arrays of one shape, lowest word first.
        key: two uint32 scalars.
    """
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for i in range(_ROUNDS):
        if i:
            k0 = k0 + xp.uint32(_KEY_STEPS[0])
            k1 = k1 + xp.uint32(_KEY_STEPS[1])
        high0, low0 = _multiply(_MULTIPLIERS[0], c0, xp)
        high1, low1 = _multiply(_MULTIPLIERS[1], c2, xp)
        c0, c1, c2, c3 = high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0
    return [c0, c1, c2, c3]


def scramble_seed(seed: Any, xp: Any) -> tuple[Any, Any]:
    """Key and counter for a stateless seed.

    Args:
        seed: two integers.

    Returns:
        uint64 arrays of shapes `[1]` and `[2]`.
    """
    words = xp.asarray(seed).astype(xp.int64).astype(xp.uint64).reshape(2, 1)
    low0, high0 = _split(words[0], xp)
    low1, high1 = _split(words[1], xp)
    key = [xp.asarray(_SEED_KEY[0], xp.uint32), xp.asarray(_SEED_KEY[1], xp.uint32)]
    mixed = philox([low0, high0, low1, high1], key, xp)
    wide = [word.astype(xp.uint64) for word in mixed]
    shift = xp.uint64(32)
    high = wide[2] | (wide[3] << shift)
    return wide[0] | (wide[1] << shift), xp.concatenate([xp.zeros_like(high), high])


def words(key: Any, counter: Any, blocks: Any, xp: Any) -> list[Any]:
    """The four 32-bit numbers of each block.

    Args:
        key: uint64 `[1]`.
        counter: uint64 `[2]`, low word first.
        blocks: uint64 `[n]`, numbers of the blocks after the counter.
    """
    low = counter[0] + blocks
    high = counter[1] + (low < blocks).astype(xp.uint64)
    k0, k1 = _split(key.reshape(()), xp)
    return philox([*_split(low, xp), *_split(high, xp)], [k0, k1], xp)


def stream(key: Any, counter: Any, count: int, xp: Any) -> Any:
    """The first `count` 32-bit numbers after a counter, as uint32 `[count]`."""
    n = -(-count // 4)
    blocks = xp.arange(n, dtype=xp.uint64)
    return xp.stack(words(key, counter, blocks, xp), axis=1).reshape(-1)[:count]


def stream64(key: Any, counter: Any, count: int, xp: Any) -> Any:
    """The first `count` 64-bit numbers after a counter, as uint64 `[count]`."""
    pairs = stream(key, counter, 2 * count, xp).reshape(-1, 2).astype(xp.uint64)
    return pairs[:, 0] | (pairs[:, 1] << xp.uint64(32))


def _view(bits: Any, dtype: Any, xp: Any) -> Any:
    if xp is np:
        return bits.view(dtype)
    from tidefall.ops.common import lax

    return lax.bitcast_convert_type(bits, dtype)


def _to_float(bits: Any, xp: Any) -> Any:
    """Floats in [0, 1) from the low 23 bits of uint32."""
    raised = (bits & xp.uint32(0x7FFFFF)) | xp.uint32(127 << 23)
    return _view(raised, np.float32, xp) - xp.float32(1)


def _to_double(bits: Any, xp: Any) -> Any:
    """Doubles in [0, 1) from pairs of uint32 `[n, 2]`: 20 bits of the first, all of the second."""
    high = (bits[:, 0] & xp.uint32(0xFFFFF)).astype(xp.uint64) << xp.uint64(32)
    raised = xp.uint64(1023 << 52) | high | bits[:, 1].astype(xp.uint64)
    return _view(raised, np.float64, xp) - xp.float64(1)


def _to_small(bits: Any, dtype: DType, xp: Any) -> Any:
    """float16 or bfloat16 in [0, 1) from the low bits of uint32."""
    half = dtype.name == "float16"
    mask, one = (0x3FF, 15 << 10) if half else (0x7F, 127 << 7)
    raised = (bits & xp.uint32(mask)).astype(xp.uint16) | xp.uint16(one)
    target = dtype.as_numpy_dtype
    return _view(raised, target, xp) - xp.ones((), target)


def uniform(key: Any, counter: Any, count: int, dtype: DType, xp: Any) -> Any:
    """`count` numbers in [0, 1)."""
    if dtype.name == "float64":
        return _to_double(stream(key, counter, 2 * count, xp).reshape(-1, 2), xp)
    bits = stream(key, counter, count, xp)
    if dtype.name == "float32":
        return _to_float(bits, xp)
    return _to_small(bits, dtype, xp)


def uniform_int(key: Any, counter: Any, count: int, low: Any, high: Any, dtype: DType, xp: Any) -> Any:
    """`count` integers in [low, high); slightly biased unless the range divides 2^32 or 2^64."""
    wide = dtype.size == 8
    target = dtype.as_numpy_dtype
    unsigned = xp.uint64 if wide else xp.uint32
    bits = stream64(key, counter, count, xp) if wide else stream(key, counter, count, xp)
    span = xp.asarray(high).astype(unsigned) - xp.asarray(low).astype(unsigned)
    return (bits % span + xp.asarray(low).astype(unsigned)).astype(target)


def full_int(key: Any, counter: Any, count: int, dtype: DType, xp: Any) -> Any:
    """`count` integers over the whole range of the dtype."""
    bits = stream64(key, counter, count, xp) if dtype.size == 8 else stream(key, counter, count, xp)
    return bits.astype(dtype.as_numpy_dtype)


def _box_muller(bits: Any, xp: Any) -> Any:
    """Pairs of float32 normals from pairs of uint32 `[n, 2]`."""
    u = xp.maximum(_to_float(bits[:, 0], xp), xp.float32(1e-7))
    angle = xp.float32(2 * np.pi) * _to_float(bits[:, 1], xp)
    radius = xp.sqrt(xp.float32(-2) * xp.log(u))
    return xp.stack([xp.sin(angle) * radius, xp.cos(angle) * radius], axis=1).reshape(-1)


def _box_muller_double(bits: Any, xp: Any) -> Any:
    """Pairs of float64 normals from blocks of uint32 `[n, 4]`."""
    u = xp.maximum(_to_double(bits[:, :2], xp), xp.float64(1e-7))
    angle = xp.float64(2 * np.pi) * _to_double(bits[:, 2:], xp)
    radius = xp.sqrt(xp.float64(-2) * xp.log(u))
    return xp.stack([xp.sin(angle) * radius, xp.cos(angle) * radius], axis=1).reshape(-1)


def normal(key: Any, counter: Any, count: int, dtype: DType, xp: Any) -> Any:
    """`count` numbers from the standard normal distribution."""
    if dtype.name == "float64":
        n = -(-count // 2)
        return _box_muller_double(stream(key, counter, 4 * n, xp).reshape(-1, 4), xp)[:count]
    n = -(-count // 4)
    values = _box_muller(stream(key, counter, 4 * n, xp).reshape(-1, 2), xp)[:count]
    return values.astype(dtype.as_numpy_dtype)


_SKIP = 256
"""Blocks set aside for each group of truncated normals."""
_CANDIDATE_BLOCKS = 4
"""Blocks looked at for each group. Sixteen candidates hold four good ones but for 2 in 10^15."""


def truncated_normal(key: Any, counter: Any, count: int, dtype: DType, xp: Any) -> Any:
    """`count` numbers from the standard normal distribution within two deviations.

    Each group of results has blocks of its own, and takes its first good candidates.
    """
    double = dtype.name == "float64"
    size = 2 if double else 4
    groups = -(-count // size)
    skip = _SKIP * 2 // 4 if double else _SKIP
    used = _CANDIDATE_BLOCKS
    starts = xp.arange(groups, dtype=xp.uint64) * xp.uint64(skip)
    blocks = (starts[:, None] + xp.arange(used, dtype=xp.uint64)[None, :]).reshape(-1)
    bits = xp.stack(words(key, counter, blocks, xp), axis=1)
    if double:
        values = _box_muller_double(bits, xp).reshape(groups, -1)
    else:
        values = _box_muller(bits.reshape(-1, 2), xp).reshape(groups, -1)
    good = xp.abs(values) < 2
    rank = xp.cumsum(good, axis=1)
    chosen = good[:, :, None] & (rank[:, :, None] == xp.arange(1, size + 1)[None, None, :])
    picked = xp.sum(xp.where(chosen, values[:, :, None], xp.zeros((), values.dtype)), axis=1)
    return picked.reshape(-1)[:count].astype(dtype.as_numpy_dtype)
