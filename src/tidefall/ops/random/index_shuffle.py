"""Where an index goes in a random order of `0..max_index`, without making the whole order.

Simon, a light block cipher (Beaulieu et al., 2013, https://eprint.iacr.org/2013/404), permutes the
numbers of as many bits as `max_index` has; a number that comes out too large is put in again.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.dtypes import DType
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import invalid, shape_text
from tidefall.tensor.conversion import convert_to_tensor

_KEY_BITS = 0x7369F885192C0EF5
_MIN_BITS, _MAX_BITS = 16, 64
_FEW = 1 << 12


def _parts(c: Inference) -> tuple[TensorShape, TensorShape, TensorShape]:
    index, seed, limit = c.shapes()
    for name, shape, most in (("index", index, 1), ("seed", seed, 2), ("max_index", limit, 1)):
        if shape.rank is not None and shape.rank > most:
            raise ValueError(f"{name} must have rank at most {most}, got {shape_text(shape)}")
    return index, seed, limit


def _shape(c: Inference) -> TensorShape:
    index, seed, limit = _parts(c)
    ranks = [index.rank, None if seed.rank is None else seed.rank - 1, limit.rank]
    if None in ranks:
        return TensorShape(None)
    if not any(ranks):
        return TensorShape([])
    lengths = [
        shape[0] for shape, rank in zip((index, seed, limit), ranks, strict=True) if rank == 1
    ]
    return TensorShape([next((n for n in lengths if n is not None), None)])


def _turn(x: np.ndarray, by: int, width: int) -> np.ndarray:
    """Rotate words of `width` bits to the left."""
    by %= width
    mask = np.uint64((1 << width) - 1)
    return ((x << np.uint64(by)) | (x >> np.uint64(width - by))) & mask


def _round_keys(key: np.ndarray, rounds: int, width: int) -> list[np.ndarray]:
    """A key for each round, of `[n]` words each; `key` is `[n, 3]`."""
    mask = np.uint64((1 << width) - 1)
    keys = [key[:, i] & mask for i in range(3)]
    for i in range(3, rounds):
        bit = np.uint64(_KEY_BITS >> (i - 3) & 1)
        last = keys[-1]
        mixed = _turn(last, -3, width) ^ _turn(last, -4, width)
        keys.append((np.uint64(0xFFFFFFFC) & mask) ^ bit ^ keys[i - 3] ^ mixed)
    return keys


def _encrypt(value: np.ndarray, keys: list[np.ndarray], width: int) -> np.ndarray:
    mask = np.uint64((1 << width) - 1)
    left, right = (value >> np.uint64(width)) & mask, value & mask
    for even, odd in zip(keys[::2], keys[1::2], strict=True):
        left = left ^ ((_turn(right, 1, width) & _turn(right, 8, width)) ^ _turn(right, 2, width))
        left ^= even
        right = right ^ ((_turn(left, 1, width) & _turn(left, 8, width)) ^ _turn(left, 2, width))
        right ^= odd
    return left << np.uint64(width) | right


def _bits(limit: int) -> int:
    """Even number of bits of the blocks that hold `0..limit`."""
    bits = max(_MIN_BITS, (max(limit, 1) - 1).bit_length())
    return min(bits + bits % 2, _MAX_BITS)


def _walk_tables(
    out: np.ndarray, which: np.ndarray, key: np.ndarray, limit: np.ndarray, rounds: int
) -> np.ndarray:
    """Encrypts the indices with small limits in place; returns which of the others are left.

    Most of 16 bits are larger than such a limit, so that a number is put in again thousands of
    times. All of them are encrypted once for each key instead, and looked up.
    """
    small = limit[which] < _FEW
    width = _MIN_BITS // 2
    block = np.arange(1 << _MIN_BITS, dtype=np.uint64)
    keys, key_of = np.unique(key[which[small]], axis=0, return_inverse=True)
    for i, one in enumerate(keys):
        table = _encrypt(block, _round_keys(one[None], rounds, width), width).tolist()
        for at in which[small][key_of.reshape(-1) == i].tolist():
            most, value = int(limit[at]), table[int(out[at])]
            while value > most:
                value = table[value]
            out[at] = value
    return which[~small]


def _shuffled(index: np.ndarray, key: np.ndarray, limit: np.ndarray, rounds: int) -> np.ndarray:
    out = index.copy()
    widths = np.array([_bits(int(n)) // 2 for n in np.unique(limit)])
    which = widths[np.searchsorted(np.unique(limit), limit)]
    for width in np.unique(widths).tolist():
        left = np.flatnonzero(which == width)
        if 2 * width == _MIN_BITS:
            left = _walk_tables(out, left, key, limit, rounds)
        while left.size:
            keys = _round_keys(key[left], rounds, width)
            out[left] = _encrypt(out[left], keys, width)
            left = left[out[left] > limit[left]]
    return out


def shuffled_indices(
    index: Any, seed: Any, max_index: Any, *, rounds: int, dtype: DType
) -> np.ndarray:
    """Where a permutation of `0..max_index` puts each index: the kernel of the op."""
    if rounds < 4 or rounds % 2:
        raise invalid(f"rounds must be even and at least 4, got {rounds}")
    if index.ndim > 1:
        raise invalid("Index must be a scalar or vector.")
    if max_index.ndim > 1:
        raise invalid("Max index must be a scalar or vector.")
    lengths = [v.shape[0] for v, n in ((index, 1), (seed, 2), (max_index, 1)) if v.ndim == n]
    count = lengths[0] if lengths else 1
    if seed.shape not in ((3,), (count, 3)):
        raise invalid(
            f"Seed must be a vector of size [3] or a matrix of size [{count}, 3] but got "
            f"{shape_text(seed.shape)}."
        )
    for name, value in (("Index", index), ("Max index", max_index)):
        if value.ndim and value.shape[0] != count:
            raise invalid(f"{name} must be a scalar or vector of length {count}.")
    if index.size and index.min() < 0:
        raise invalid(f"index must be >= 0 but was {index.min()}")
    large = np.broadcast_to(index > max_index, (count,))
    if large.any():
        at = int(np.argmax(large))
        over, under = (np.broadcast_to(v, (count,))[at] for v in (index, max_index))
        raise invalid(f"max_index must be >= index, but {under} < {over}")
    key = np.broadcast_to(seed.astype(np.uint32).astype(np.uint64), (count, 3))
    start = np.broadcast_to(index, (count,)).astype(np.uint64)
    limit = np.broadcast_to(max_index, (count,)).astype(np.uint64)
    out = _shuffled(start, key, limit, rounds).astype(dtype.as_numpy_dtype)
    return out if lengths else out.reshape(())


index_shuffle_op = op(
    "RandomIndexShuffle",
    shape=_shape,
    host=shuffled_indices,
    xla=None,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)


@export("random_index_shuffle")
def random_index_shuffle(
    index: Any, seed: Any, max_index: Any, rounds: int = 4, name: str | None = None
) -> Any:
    """Where an index of `0..max_index` goes in a random order of them.

    Args:
        index: integer scalar or vector of indices from 0 to `max_index`.
        seed: three integers, or `[n, 3]`, three for each index.
        max_index: the largest index, a scalar or vector of the dtype of `index`.
        rounds: rounds of the cipher that decides: an even number from 4.
        name: name of the node in a graph.

    Returns:
        A tensor shaped like `index`: different indices give different results.

    Raises:
        InvalidArgumentError: for an index that is not within, or a seed of another shape.

    >>> import tidefall as tf
    >>> tf.random_index_shuffle(tf.range(10), [1, 2, 3], 9).numpy()
    array([2, 0, 6, 4, 8, 1, 7, 9, 5, 3], dtype=int32)
    """
    return index_shuffle_op(index, seed, max_index, rounds=rounds, name=name)


@export("random.experimental.index_shuffle")
def index_shuffle(index: Any, seed: Any, max_index: Any) -> Any:
    """Where an index of `0..max_index` goes in a random order of them.

    Args:
        index: integer scalar or vector of indices from 0 to `max_index`.
        seed: two integers.
        max_index: the largest index, a scalar or vector of the dtype of `index`.

    Returns:
        A tensor shaped like `index`: different indices give different results.

    Raises:
        InvalidArgumentError: for an index that is not within, or a seed of another shape.

    >>> import tidefall as tf
    >>> tf.random.experimental.index_shuffle(tf.range(10), [1, 2], 9).numpy()
    array([5, 0, 1, 4, 3, 6, 9, 8, 7, 2], dtype=int32)
    """
    seed = convert_to_tensor(seed)
    filler = convert_to_tensor(498247692, seed.dtype)
    padded = raw.PadV2(seed, convert_to_tensor([[1, 0]]), filler)
    return index_shuffle_op(index, padded, max_index, rounds=4)
