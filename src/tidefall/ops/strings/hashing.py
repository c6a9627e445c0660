"""Strings to numbers: hash buckets and `tf.fingerprint`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.base.dispatch import UNARY
from tidefall.base.dtypes import DType
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import invalid, shape_text, unchanged
from tidefall.ops.strings.byte_arrays import text_tensor, to_array
from tidefall.ops.strings.hash_functions import fingerprint64, hash64, siphash
from tidefall.tensor.conversion import convert_to_tensor


def _in_buckets(hashes: np.ndarray, num_buckets: int, shape: Sequence[int]) -> np.ndarray:
    return (hashes % np.uint64(num_buckets)).astype(np.int64).reshape(tuple(shape))


def _bucket(strings: np.ndarray, *, num_buckets: int) -> np.ndarray:
    return _in_buckets(hash64(strings.reshape(-1).tolist()), num_buckets, strings.shape)


def _bucket_fast(strings: np.ndarray, *, num_buckets: int) -> np.ndarray:
    return _in_buckets(fingerprint64(strings.reshape(-1).tolist()), num_buckets, strings.shape)


def _bucket_strong(strings: np.ndarray, *, num_buckets: int, key: list[int]) -> np.ndarray:
    if len(key) != 2:
        raise invalid(f"Key must have 2 elements, got {len(key)}")
    hashes = siphash(strings.reshape(-1).tolist(), (key[0], key[1]))
    return _in_buckets(hashes, num_buckets, strings.shape)


bucket_op = op(
    "StringToHashBucket", shape=unchanged, host=_bucket, effects=PURE, gradient=NOT_DIFFERENTIABLE
)
bucket_fast_op = op(
    "StringToHashBucketFast",
    shape=unchanged,
    host=_bucket_fast,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)
bucket_strong_op = op(
    "StringToHashBucketStrong",
    shape=unchanged,
    host=_bucket_strong,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)


@export("strings.to_hash_bucket", dispatch=UNARY)
def to_hash_bucket(input: Any, num_buckets: int, name: str | None = None) -> Any:
    """A number below `num_buckets` for each string, by an old hash; prefer `to_hash_bucket_fast`.

    Args:
        input: a string tensor of any shape, dense or ragged.
        num_buckets: how many numbers there are, at least 1.
        name: name of the node in a graph.

    Returns:
        An int64 tensor of the same shape.

    Raises:
        InvalidArgumentError: if `num_buckets` is less than 1.

    >>> import tidefall as tf
    >>> tf.strings.to_hash_bucket(["a", "b"], 1000).numpy()
    array([868, 370])
    """
    return bucket_op(text_tensor(input), num_buckets=num_buckets, name=name)


@export("strings.to_hash_bucket_fast", dispatch=UNARY)
def to_hash_bucket_fast(input: Any, num_buckets: int, name: str | None = None) -> Any:
    """A number below `num_buckets` for each string, by FarmHash's Fingerprint64.

    The number is the same in every process and on every machine. Whoever chooses the strings can
    make many fall into one bucket; `to_hash_bucket_strong` prevents that.

    Args:
        input: a string tensor of any shape, dense or ragged.
        num_buckets: how many numbers there are, at least 1.
        name: name of the node in a graph.

    Returns:
        An int64 tensor of the same shape.

    Raises:
        InvalidArgumentError: if `num_buckets` is less than 1.

    >>> import tidefall as tf
    >>> tf.strings.to_hash_bucket_fast(["Hello", "TensorFlow", "2.x"], 3).numpy()
    array([0, 2, 2])
    """
    return bucket_fast_op(text_tensor(input), num_buckets=num_buckets, name=name)


@export("strings.to_hash_bucket_strong", dispatch=UNARY)
def to_hash_bucket_strong(
    input: Any, num_buckets: int, key: Sequence[int], name: str | None = None
) -> Any:
    """A number below `num_buckets` for each string, by SipHash with a secret key.

    Args:
        input: a string tensor of any shape, dense or ragged.
        num_buckets: how many numbers there are, at least 1.
        key: two integers of 64 bits.
        name: name of the node in a graph.

    Returns:
        An int64 tensor of the same shape.

    Raises:
        InvalidArgumentError: if `num_buckets` is less than 1, or the key is not two numbers.

    >>> import tidefall as tf
    >>> tf.strings.to_hash_bucket_strong(["Hello", "TF"], 3, [1, 2]).numpy()
    array([2, 0])
    """
    return bucket_strong_op(text_tensor(input), num_buckets=num_buckets, key=list(key), name=name)


def _fingerprint_shape(c: Inference) -> TensorShape:
    shape = c.shape(0)
    if shape.rank == 0:
        raise ValueError("`data` should have at least one dimension: []")
    method = c.constant(1)
    width = 8 if method is None or method.item() == b"farmhash64" else None
    return TensorShape([None if shape.rank is None else shape[0], width])


def _fingerprint(data: np.ndarray, method: np.ndarray, *, T: DType) -> np.ndarray:
    if method.ndim:
        raise invalid(f"`method` should be a scalar string: {shape_text(method.shape)}")
    if not data.ndim:
        raise invalid("`data` should have at least one dimension: []")
    if method.item() != b"farmhash64":
        raise invalid(f"Unsupported fingerprint method: {method.item().decode(errors='replace')}")
    rows = data.shape[0]
    if not rows:
        return np.zeros((0, 8), np.uint8)
    if data.dtype == object:
        if data.ndim == 1:
            return _as_bytes(fingerprint64(data.tolist()))
        data = fingerprint64(data.reshape(-1).tolist())
    raw = np.ascontiguousarray(data).tobytes()
    size = len(raw) // rows
    return _as_bytes(fingerprint64([raw[i * size : (i + 1) * size] for i in range(rows)]))


def _as_bytes(hashes: np.ndarray) -> np.ndarray:
    return hashes.astype("<u8").view(np.uint8).reshape(-1, 8)


fingerprint_op = op(
    "Fingerprint",
    shape=_fingerprint_shape,
    host=_fingerprint,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)


@export("fingerprint")
def fingerprint(data: Any, method: Any = "farmhash64", name: str | None = None) -> Any:
    """Eight bytes for each row of a tensor that tell rows apart.

    Args:
        data: a tensor `[rows, ...]` of any dtype that has a size, or of strings.
        method: "farmhash64", FarmHash's Fingerprint64, is the only one.
        name: name of the node in a graph.

    Returns:
        A uint8 tensor `[rows, 8]`: the hash of the memory of each row, lowest byte first. Rows of
        several strings are hashed by the hashes of the strings.

    Raises:
        InvalidArgumentError: for a scalar, or another method.

    >>> import tidefall as tf
    >>> tf.fingerprint(["a", "b"]).shape
    TensorShape([2, 8])
    """
    method = to_array([method.encode()], ()) if isinstance(method, str) else method
    return fingerprint_op(convert_to_tensor(data), method, name=name)
