"""Arrays of random numbers for a Philox key and counter, as TensorFlow's CPU kernels lay them out.

Block number `g` of the generator makes the `g`-th group of four numbers (two of 64 bits); truncated
normal numbers have 256 samples set aside for each, and take as many as they need.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tidefall.ops.common import jnp, lax
from tidefall.ops.random import philox
from tidefall.ops.random.philox import Counter, Key

Shape = tuple[int, ...]

# ---- NumPy ----


def _words(key: Key, counter: Counter, count: int, per: int) -> np.ndarray:
    """Words for `count` numbers, `per` words each: `[count]`, or `[count, 2]`."""
    index = np.arange(-(-count * per // 4), dtype=np.uint64)
    words = philox.blocks(key, counter, index).reshape(-1)
    return words[: count * per] if per == 1 else words.reshape(-1, per)[:count]


def uniform(key: Key, counter: Counter, shape: Shape, dtype: Any) -> np.ndarray:
    """Floating-point numbers in [0, 1)."""
    if dtype == np.float32 and math.prod(shape) == 1:
        mantissa = philox.block(key, counter)[0] & 0x7FFFFF
        return np.full(shape, mantissa * 2.0**-23, np.float32)  # as below, and exact
    words = _words(key, counter, math.prod(shape), philox.words_per_number(dtype))
    return philox.to_unit(np, words, dtype).reshape(shape)


def integers(key: Key, counter: Counter, shape: Shape, dtype: Any) -> np.ndarray:
    """Integers over the whole range of a 32-bit or 64-bit dtype."""
    per = philox.words_per_number(dtype)
    words = _words(key, counter, math.prod(shape), per)
    bits = words if per == 1 else philox.to_uint64(words)
    return bits.view(dtype).reshape(shape)


def integers_between(
    key: Key, counter: Counter, shape: Shape, low: Any, high: Any, dtype: Any
) -> np.ndarray:
    """Integers in [low, high)."""
    dtype = np.dtype(dtype)
    unsigned = np.dtype(f"u{dtype.itemsize}")
    bits = integers(key, counter, shape, unsigned)
    span = np.asarray(int(high) - int(low)).astype(unsigned)
    first = np.asarray(int(low) % (1 << 8 * dtype.itemsize), dtype=unsigned)
    return (bits % span + first).view(dtype)


def normal(key: Key, counter: Counter, shape: Shape, dtype: Any) -> np.ndarray:
    """Standard normal numbers."""
    count = math.prod(shape)
    groups = -(-count // (2 if _is_double(dtype) else 4))
    words = philox.blocks(key, counter, np.arange(groups, dtype=np.uint64))
    values = philox.normal_pairs(np, words, dtype).reshape(-1)[:count]
    return values.astype(dtype, copy=False).reshape(shape)


def _is_double(dtype: Any) -> bool:
    return np.dtype(dtype) == np.float64


def truncated_normal(key: Key, counter: Counter, shape: Shape, dtype: Any) -> np.ndarray:
    """Normal numbers within two standard deviations: others are drawn again."""
    count = math.prod(shape)
    group = 2 if _is_double(dtype) else 4
    groups = -(-count // group)
    out = np.empty((groups, group), np.float64 if _is_double(dtype) else np.float32)
    missing = np.arange(groups)
    tries = 2
    while missing.size:
        out[missing], done = _first_accepted(key, counter, missing, group, tries, dtype)
        missing = missing[~done]
        tries *= 4
    return out.reshape(-1)[:count].astype(dtype, copy=False).reshape(shape)


def _first_accepted(
    key: Key, counter: Counter, groups: np.ndarray, group: int, tries: int, dtype: Any
) -> tuple[np.ndarray, np.ndarray]:
    """The first `group` numbers within bounds in `tries` blocks, and whether there are so many."""
    skip = philox.TRUNCATED_SKIP * group // 4
    start = groups.astype(np.uint64) * np.uint64(skip)
    index = (start[:, None] + np.arange(tries, dtype=np.uint64)).reshape(-1)
    words = philox.blocks(key, counter, index).reshape(len(groups), tries, 4)
    values = philox.normal_pairs(np, words, dtype).reshape(len(groups), -1)
    accepted = np.abs(values) < 2
    result = values[:, :group].copy()
    late = np.flatnonzero(~accepted[:, :group].all(1))
    order = np.argsort(~accepted[late], axis=1, kind="stable")[:, :group]
    result[late] = np.take_along_axis(values[late], order, 1)
    return result, accepted.sum(1) >= group


def permutation(key: Key, counter: Counter, count: int) -> np.ndarray:
    """A random order of `count` things: Fisher-Yates from the front."""
    words = _words(key, counter, max(count - 1, 0), 1)
    left = count - np.arange(len(words))
    picks = (np.arange(len(words)) + words % left.astype(np.uint32)).tolist()
    order = list(range(count))
    for i, j in enumerate(picks):
        order[i], order[j] = order[j], order[i]
    return np.array(order, np.int64)


def categorical(key: Key, counter: Counter, logits: np.ndarray, samples: int) -> np.ndarray:
    """Class numbers drawn for each row of logits, `[batch, samples]`."""
    batch = logits.shape[0]
    unit = uniform(key, counter, (batch, samples), np.float64)
    wide = logits.astype(np.float64)
    finite = np.isfinite(wide)
    top = np.max(wide, axis=1, keepdims=True, initial=-np.inf, where=finite)
    weights = np.where(finite, np.exp(wide - top), 0)
    totals = np.cumsum(weights, axis=1)
    wanted = unit * totals[:, -1:]
    out = np.empty((batch, samples), np.int64)
    for row in range(batch):
        out[row] = np.searchsorted(totals[row], wanted[row], side="right")
    return out


# ---- XLA ----
#
# Every element computes its whole block and picks its word. That is four times the arithmetic, and
# still five times faster on a CPU than computing each block once and interleaving the words.


def _index(count: int) -> Any:
    return lax.iota(np.uint64, count)


def _word(words: philox.Words, lane: Any) -> Any:
    """The word of each block that `lane`, 0 to 3, says."""
    low = jnp.where(lane == 0, words[0], words[1])
    return jnp.where(lane < 2, low, jnp.where(lane == 2, words[2], words[3]))


def _pair(words: philox.Words, second: Any) -> tuple[Any, Any]:
    """The first or second two words of each block."""
    return jnp.where(second, words[2], words[0]), jnp.where(second, words[3], words[1])


def _bits_xla(key: Any, counter: Any, count: int, per: int) -> Any:
    """Words for `count` numbers: `[count]`, or `[count, 2]` if a number takes two."""
    i = _index(count)
    if per == 1:
        words = philox.words_xla(key, counter, i >> np.uint64(2))
        return _word(words, (i & np.uint64(3)).astype(np.int32))
    words = philox.words_xla(key, counter, i >> np.uint64(1))
    return jnp.stack(_pair(words, (i & np.uint64(1)) != 0), axis=-1)


def uniform_xla(key: Any, counter: Any, shape: Shape, dtype: Any) -> Any:
    """`uniform` for jax; `key` is a uint64 scalar and `counter` two of them."""
    words = _bits_xla(key, counter, math.prod(shape), philox.words_per_number(dtype))
    return philox.to_unit(jnp, words, dtype).reshape(shape)


def integers_xla(key: Any, counter: Any, shape: Shape, dtype: Any) -> Any:
    """`integers` for jax."""
    per = philox.words_per_number(dtype)
    words = _bits_xla(key, counter, math.prod(shape), per)
    bits = words if per == 1 else philox.to_uint64(words)
    return lax.bitcast_convert_type(bits, dtype).reshape(shape)


def integers_between_xla(
    key: Any, counter: Any, shape: Shape, low: Any, high: Any, dtype: Any
) -> Any:
    """`integers_between` for jax."""
    dtype = np.dtype(dtype)
    unsigned = np.dtype(f"u{dtype.itemsize}")
    bits = integers_xla(key, counter, shape, unsigned)
    first = lax.bitcast_convert_type(jnp.asarray(low, dtype), unsigned)
    span = lax.bitcast_convert_type(jnp.asarray(high, dtype), unsigned) - first
    return lax.bitcast_convert_type(bits % span + first, dtype)


def _normal_at(key: Any, counter: Any, block: Any, lane: Any, dtype: Any) -> Any:
    """The standard normal number in lane 0 to 3 (0 or 1 for float64) of each block."""
    words = philox.words_xla(key, counter, block)
    if _is_double(dtype):
        first, second = jnp.stack(words[:2], axis=-1), jnp.stack(words[2:], axis=-1)
    else:
        first, second = _pair(words, lane >= 2)
    wide = np.float64 if _is_double(dtype) else np.float32
    sine, cosine = philox.box_muller(
        jnp, philox.to_unit(jnp, first, wide), philox.to_unit(jnp, second, wide)
    )
    return jnp.where((lane & 1) == 0, sine, cosine)


def normal_xla(key: Any, counter: Any, shape: Shape, dtype: Any) -> Any:
    """`normal` for jax."""
    i = _index(math.prod(shape))
    shift, mask = (1, 1) if _is_double(dtype) else (2, 3)
    lane = (i & np.uint64(mask)).astype(np.int32)
    values = _normal_at(key, counter, i >> np.uint64(shift), lane, dtype)
    return values.astype(dtype).reshape(shape)


def truncated_normal_xla(key: Any, counter: Any, shape: Shape, dtype: Any) -> Any:
    """`truncated_normal` for jax.

    Sixteen candidates are drawn for each group. That fewer than four of them are within bounds
    happens once in 10^14 groups; the numbers missing then are zero.
    """
    count, candidates = math.prod(shape), 16
    group, shift, mask = (2, 1, 1) if _is_double(dtype) else (4, 2, 3)
    groups = -(-count // group)
    skip = philox.TRUNCATED_SKIP * group // 4
    candidate = np.arange(candidates, dtype=np.uint64)
    block = _index(groups)[:, None] * np.uint64(skip) + (candidate >> np.uint64(shift))
    lane = (candidate & np.uint64(mask)).astype(np.int32)
    values = _normal_at(key, counter, block, lane, dtype)
    accepted = jnp.abs(values) < 2
    rank = jnp.cumsum(accepted, axis=1, dtype=np.int32)
    zero = jnp.zeros((), values.dtype)
    picked = [
        jnp.sum(jnp.where(accepted & (rank == k + 1), values, zero), axis=1) for k in range(group)
    ]
    return jnp.stack(picked, axis=1).reshape(-1)[:count].astype(dtype).reshape(shape)


def permutation_xla(key: Any, counter: Any, count: int) -> Any:
    """`permutation` for jax: a loop, since each exchange depends on those before."""
    if count < 2:
        return jnp.arange(count, dtype=np.int64)
    words = _bits_xla(key, counter, count - 1, 1)
    left = (count - np.arange(count - 1)).astype(np.uint32)
    picks = (words % left).astype(np.int64) + np.arange(count - 1)

    def exchange(i: Any, order: Any) -> Any:
        j = picks[i]
        a, b = order[i], order[j]
        return order.at[i].set(b).at[j].set(a)

    return lax.fori_loop(0, count - 1, exchange, jnp.arange(count, dtype=np.int64))


def categorical_xla(key: Any, counter: Any, logits: Any, samples: int) -> Any:
    """`categorical` for jax."""
    batch = logits.shape[0]
    unit = uniform_xla(key, counter, (batch, samples), np.float64)
    wide = logits.astype(np.float64)
    finite = jnp.isfinite(wide)
    top = jnp.max(jnp.where(finite, wide, -jnp.inf), axis=1, keepdims=True)
    totals = jnp.cumsum(jnp.where(finite, jnp.exp(wide - top), 0.0), axis=1)
    wanted = unit * totals[:, -1:]
    return jnp.sum(totals[:, None, :] <= wanted[:, :, None], axis=-1, dtype=np.int64)
