"""`tf.sparse.cross`: every combination of the features in each row, as a sparse matrix."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import DType
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.composite.sparse_tensor import SparseTensor
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import invalid
from tidefall.ops.ragged.cross import (
    DEFAULT_HASH_KEY,
    cross_hashes,
    dense_rows,
    fingerprints_of,
    in_buckets,
    join_columns,
    sparse_rows,
)
from tidefall.ops.strings.byte_arrays import to_array
from tidefall.ops.strings.hash_functions import fingerprint64, siphash
from tidefall.tensor.conversion import convert_to_tensor

Arrays = list[np.ndarray]


def _shapes(c: Inference) -> list[TensorShape]:
    return [TensorShape([None, 2]), TensorShape([None]), TensorShape([2])]


def _combinations(
    indices: Arrays, values: Arrays, shapes: Arrays, dense: Arrays
) -> tuple[list[Any], np.ndarray, np.ndarray]:
    """The combinations of all rows, their places, and the shape of the result."""
    for shape in shapes:
        if shape.size != 2:
            raise invalid(f"Expected shape to be of size 2, got {shape.size}")
    features = [*map(sparse_rows, indices, values, shapes), *map(dense_rows, dense)]
    rows = [len(feature) for feature in features]
    for count in rows:
        if count != rows[0]:
            raise invalid(f"Expected batch size {rows[0]} got {count}")
    crossed = [list(itertools.product(*row)) for row in zip(*features, strict=True)]
    counts = np.array([len(row) for row in crossed], np.int64)
    starts = np.repeat(np.cumsum(counts) - counts, counts)
    places = np.stack(
        [np.repeat(np.arange(len(crossed)), counts), np.arange(counts.sum()) - starts], axis=1
    )
    shape = np.array([len(crossed), counts.max(initial=0)], np.int64)
    return list(itertools.chain.from_iterable(crossed)), places.astype(np.int64), shape


def _crossed(
    indices: Arrays, values: Arrays, shapes: Arrays, dense: Arrays, separator: bytes
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    combinations, places, shape = _combinations(indices, values, shapes, dense)
    return places, to_array(map(separator.join, combinations)), shape


def _hashed(
    indices: Arrays,
    values: Arrays,
    shapes: Arrays,
    dense: Arrays,
    num_buckets: int,
    keys: list[int],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    values, dense = ([fingerprints_of(v) for v in given] for given in (values, dense))
    combinations, places, shape = _combinations(indices, values, shapes, dense)
    hashes = cross_hashes(combinations, len(values) + len(dense), keys)
    return places, in_buckets(hashes, num_buckets), shape


def _cross_v2(
    indices: Arrays, values: Arrays, shapes: Arrays, dense_inputs: Arrays, sep: np.ndarray
) -> Any:
    return _crossed(indices, values, shapes, dense_inputs, sep.item())


def _cross(
    indices: Arrays,
    values: Arrays,
    shapes: Arrays,
    dense_inputs: Arrays,
    *,
    hashed_output: bool,
    num_buckets: int,
    hash_key: int,
    out_type: DType,
) -> Any:
    if hashed_output:
        return _hashed(indices, values, shapes, dense_inputs, num_buckets, [hash_key])
    return _crossed(indices, values, shapes, dense_inputs, b"_X_")


def _cross_hashed(
    indices: Arrays,
    values: Arrays,
    shapes: Arrays,
    dense_inputs: Arrays,
    num_buckets: np.ndarray,
    strong_hash: np.ndarray,
    salt: np.ndarray,
) -> Any:
    if salt.size != 2:
        raise invalid(f'Input "salt" must have length 2 but has length {salt.size}')
    low, high = salt.tolist()
    key = (low, high) if strong_hash.item() else None
    sparse = [_keyed_hashes(v, key) for v in values]
    # Dense integers stand for themselves; of these, TensorFlow knows no strong hash and crashes.
    dense = [
        _keyed_hashes(v, key) if key or v.dtype == object else fingerprints_of(v)
        for v in dense_inputs
    ]
    combinations, places, shape = _combinations(indices, sparse, shapes, dense)
    hashes = join_columns(combinations, len(values) + len(dense_inputs))
    return places, in_buckets(hashes, max(num_buckets.item(), 0)), shape


def _keyed_hashes(values: np.ndarray, key: tuple[int, int] | None) -> np.ndarray:
    """FarmHash or, with a key, SipHash of texts and of the lower four bytes of integers."""
    items = values.reshape(-1).tolist()
    if values.dtype != object:
        items = [(v & 0xFFFFFFFF).to_bytes(4, "little") for v in items]
    hashes = fingerprint64(items) if key is None else siphash(items, key)
    return hashes.reshape(values.shape)


cross_op = op("SparseCross", shape=_shapes, host=_cross, effects=PURE, gradient=NOT_DIFFERENTIABLE)
cross_hashed_op = op(
    "SparseCrossHashed",
    shape=_shapes,
    host=_cross_hashed,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)
cross_v2_op = op(
    "SparseCrossV2", shape=_shapes, host=_cross_v2, effects=PURE, gradient=NOT_DIFFERENTIABLE
)


@export("sparse.cross")
def cross(inputs: Any, name: str | None = None, separator: str | None = None) -> SparseTensor:
    """Every combination of the features in each row, joined to texts.

    Args:
        inputs: a list of sparse tensors or dense matrices of integers or strings, with the same
            number of rows. Sparse ones come first in the texts.
        name: name of the node in a graph.
        separator: what to put between the features, by default "_X_".

    Returns:
        A sparse string matrix: a row has its combinations side by side.

    Raises:
        TypeError: if the inputs are no list.
        InvalidArgumentError: if the numbers of rows differ, or a dense input is no matrix.

    >>> import tidefall as tf
    >>> crossed = tf.sparse.cross([tf.sparse.from_dense([["a", "b"]]), [["x", "y"]]])
    >>> crossed.values.numpy().tolist()
    [b'a_X_x', b'a_X_y', b'b_X_x', b'b_X_y']
    """
    text = convert_to_tensor("_X_" if separator is None else separator, dtypes.string)
    return SparseTensor(*cross_v2_op(*_features(inputs), text, name=name))


@export("sparse.cross_hashed")
def cross_hashed(
    inputs: Any, num_buckets: int = 0, hash_key: int | None = None, name: str | None = None
) -> SparseTensor:
    """Every combination of the features in each row, hashed.

    Args:
        inputs: a list of sparse tensors or dense matrices of integers or strings, with the same
            number of rows.
        num_buckets: the hashes are taken modulo this number, unless it is 0.
        hash_key: start of the hashes.
        name: name of the node in a graph.

    Returns:
        A sparse int64 matrix: a row has its combinations side by side.

    Raises:
        TypeError: if the inputs are no list.
        InvalidArgumentError: if the numbers of rows differ, or a dense input is no matrix.

    >>> import tidefall as tf
    >>> inputs = [tf.sparse.from_dense([["a", "b"]]), [["x", "y"]]]
    >>> tf.sparse.cross_hashed(inputs, num_buckets=100).values.numpy()
    array([92, 47,  4,  5])
    """
    found = cross_op(
        *_features(inputs),
        hashed_output=True,
        num_buckets=num_buckets,
        hash_key=DEFAULT_HASH_KEY if hash_key is None else hash_key,
        out_type=dtypes.int64,
        internal_type=dtypes.string,
        name=name,
    )
    return SparseTensor(*found)


def _features(inputs: Any) -> tuple[list[Any], list[Any], list[Any], list[Any]]:
    """Indices, values and shapes of the sparse inputs, and the dense ones; int64 or strings."""
    if not isinstance(inputs, (list, tuple)):
        raise TypeError("Inputs must be a list")
    sparse = [_int64(value) for value in inputs if isinstance(value, SparseTensor)]
    dense = [
        _dense_int64(convert_to_tensor(value))
        for value in inputs
        if not isinstance(value, SparseTensor)
    ]
    return (
        [value.indices for value in sparse],
        [value.values for value in sparse],
        [value.dense_shape for value in sparse],
        dense,
    )


def _int64(value: SparseTensor) -> SparseTensor:
    return value.with_values(_dense_int64(value.values))


def _dense_int64(value: Any) -> Any:
    if value.dtype in (dtypes.string, dtypes.int64):
        return value
    return raw.Cast(value, DstT=dtypes.int64)
