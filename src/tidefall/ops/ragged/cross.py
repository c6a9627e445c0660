"""`tf.ragged.cross`: every combination of the features in each row."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.errors import InvalidArgumentError
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.composite.ragged.ragged_tensor import RaggedTensor
from tidefall.composite.sparse_tensor import SparseTensor
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.strings.byte_arrays import to_array
from tidefall.ops.strings.hash_functions import fingerprint64, join_fingerprints
from tidefall.tensor.conversion import convert_to_tensor

DEFAULT_HASH_KEY = 0xDECAFCAFFE


def _shapes(c: Inference) -> list[TensorShape]:
    shapes = c.shapes()
    ragged, dense = len(c.attr("ragged_splits_types")), len(c.attr("dense_types"))
    known = [s[0] for s in shapes[ragged : 2 * ragged] if s.rank == 1 and s[0] is not None]
    known += [s[0] + 1 for s in shapes[len(shapes) - dense :] if s.rank == 2 and s[0] is not None]
    return [TensorShape([None]), TensorShape([known[0] if known else None])]


def feature_rows(values: np.ndarray, splits: np.ndarray) -> list[list[bytes]]:
    text = _text(values)
    return [text[a:b] for a, b in itertools.pairwise(splits.tolist())]


def _text(values: np.ndarray) -> list[Any]:
    if values.dtype == object or values.dtype == np.uint64:  # text, or fingerprints
        return values.tolist()
    return [str(v).encode() for v in values.tolist()]


def sparse_rows(indices: np.ndarray, values: np.ndarray, shape: np.ndarray) -> list[list[bytes]]:
    rows: list[list[bytes]] = [[] for _ in range(int(shape[0]))]
    for row, value in zip(indices[:, 0].tolist(), _text(values), strict=True):
        rows[row].append(value)
    return rows


def dense_rows(values: np.ndarray) -> list[list[bytes]]:
    if values.ndim != 2:
        raise InvalidArgumentError(
            None, None, f"Dense inputs should be a matrix, got shape {values.shape}"
        )
    return [_text(row) for row in values]


def _cross_host(
    ragged_values: list[np.ndarray],
    ragged_splits: list[np.ndarray],
    sparse_indices: list[np.ndarray],
    sparse_values: list[np.ndarray],
    sparse_shape: list[np.ndarray],
    dense_inputs: list[np.ndarray],
    *,
    input_order: Any,
    hashed_output: bool,
    num_buckets: int,
    hash_key: int,
    out_row_splits_type: Any,
) -> tuple[np.ndarray, np.ndarray]:
    if hashed_output:
        ragged_values, sparse_values, dense_inputs = (
            [fingerprints_of(values) for values in given]
            for given in (ragged_values, sparse_values, dense_inputs)
        )
    given = {
        "R": iter([feature_rows(v, s) for v, s in zip(ragged_values, ragged_splits, strict=True)]),
        "S": map(sparse_rows, sparse_indices, sparse_values, sparse_shape),
        "D": map(dense_rows, dense_inputs),
    }
    order = input_order.decode() if isinstance(input_order, bytes) else input_order
    features = [next(given[kind]) for kind in order]
    counts = {len(rows) for rows in features}
    if len(counts) > 1:
        raise InvalidArgumentError(
            None,
            None,
            f"tf.ragged.cross: inputs must all have the same number of rows, got {sorted(counts)}",
        )
    crossed = [list(itertools.product(*row)) for row in zip(*features, strict=True)]
    splits = np.cumsum([0, *map(len, crossed)]).astype(out_row_splits_type.as_numpy_dtype)
    combinations = list(itertools.chain.from_iterable(crossed))
    if hashed_output:
        hashes = cross_hashes(combinations, len(features), [hash_key])
        return in_buckets(hashes, num_buckets), splits
    return to_array(map(b"_X_".join, combinations)), splits


def fingerprints_of(values: np.ndarray) -> np.ndarray:
    """What stands for features when combinations of them are hashed, uint64."""
    if values.dtype == object:
        return fingerprint64(values.reshape(-1).tolist()).reshape(values.shape)
    return values.astype(np.int64).view(np.uint64)


def cross_hashes(combinations: list[Any], width: int, keys: list[int]) -> np.ndarray:
    """The hash of each combination of fingerprints, uint64.

    Args:
        combinations: `n` tuples of `width` fingerprints.
        width: how many features there are.
        keys: numbers that the hashing starts with.
    """
    seeds = [key & 0xFFFFFFFFFFFFFFFF for key in keys]
    seeded = [(*seeds, *combination) for combination in combinations]
    return join_columns(seeded, len(seeds) + width)


def join_columns(combinations: list[Any], width: int) -> np.ndarray:
    """The fingerprints of each combination joined, from the first to the last; 0 without any."""
    columns = np.array(combinations, np.uint64).reshape(len(combinations), width).T
    hashed = columns[0] if width else np.zeros(len(combinations), np.uint64)
    for part in columns[1:]:
        hashed = join_fingerprints(hashed, part)
    return hashed


def in_buckets(hashes: np.ndarray, num_buckets: int) -> np.ndarray:
    """Hashes as int64 below a number; below the largest of int64 if it is 0."""
    most = np.iinfo(np.int64).max
    return (hashes % np.uint64(num_buckets or most)).astype(np.int64)


cross_op = op(
    "RaggedCross", shape=_shapes, host=_cross_host, effects=PURE, gradient=NOT_DIFFERENTIABLE
)


@export("ragged.cross")
def cross(inputs: Any, name: str | None = None) -> RaggedTensor:
    """Every combination of the features in each row, joined to texts.

    Args:
        inputs: a list of ragged or sparse tensors or dense matrices of integers or strings, with
            the same number of rows.
        name: name of the node in a graph.

    Returns:
        A ragged tensor `[rows, (combinations)]` of strings.

    Raises:
        ValueError: for an input of another rank or dtype.
        InvalidArgumentError: if the numbers of rows differ.

    >>> import tidefall as tf
    >>> tf.ragged.cross([tf.ragged.constant([["a"], ["b", "c"]]), [["x", "y"], ["z", "z"]]])
    <tf.RaggedTensor [[b'a_X_x', b'a_X_y'], [b'b_X_z', b'b_X_z', b'c_X_z', b'c_X_z']]>
    """
    return _crossed(inputs, name)


@export("ragged.cross_hashed")
def cross_hashed(
    inputs: Any, num_buckets: int = 0, hash_key: int | None = None, name: str | None = None
) -> RaggedTensor:
    """Every combination of the features in each row, hashed.

    Args:
        inputs: a list of ragged or sparse tensors or dense matrices of integers or strings, with
            the same number of rows.
        num_buckets: the hashes are taken modulo this number, unless it is 0.
        hash_key: start of the hashes.
        name: name of the node in a graph.

    Returns:
        A ragged tensor `[rows, (combinations)]` of int64.

    Raises:
        ValueError: for an input of another rank or dtype.
        InvalidArgumentError: if the numbers of rows differ.

    >>> import tidefall as tf
    >>> rows = tf.ragged.constant([["a", "b"], ["c"]])
    >>> tf.ragged.cross_hashed([rows, [["x", "y"], ["z", "w"]]], num_buckets=100)
    <tf.RaggedTensor [[92, 47, 4, 5], [80, 35]]>
    """
    key = DEFAULT_HASH_KEY if hash_key is None else hash_key
    return _crossed(inputs, name, True, num_buckets, key)


def _crossed(
    inputs: Any, name: str | None, hashed: bool = False, num_buckets: int = 0, hash_key: int = 0
) -> RaggedTensor:
    if not isinstance(inputs, (list, tuple)):
        inputs = [inputs]
    features = [_feature(value, i) for i, value in enumerate(inputs)]
    ragged = [f for f in features if isinstance(f, RaggedTensor)]
    sparse = [f for f in features if isinstance(f, SparseTensor)]
    dense = [f for f in features if not isinstance(f, (RaggedTensor, SparseTensor))]
    kinds = {RaggedTensor: "R", SparseTensor: "S"}
    small = ragged and all(f.row_splits.dtype == dtypes.int32 for f in ragged)
    values, splits = cross_op(
        [f.values for f in ragged],
        [f.row_splits for f in ragged],
        [f.indices for f in sparse],
        [f.values for f in sparse],
        [f.dense_shape for f in sparse],
        dense,
        input_order="".join(kinds.get(type(f), "D") for f in features),
        hashed_output=hashed,
        num_buckets=num_buckets,
        hash_key=hash_key,
        out_values_type=dtypes.int64 if hashed else dtypes.string,
        out_row_splits_type=dtypes.int32 if small else dtypes.int64,
        name=name or "RaggedCross",
    )
    return RaggedTensor.from_row_splits(values, splits, validate=False)


def _feature(value: Any, position: int) -> Any:
    """An input with int64 or string values."""
    if not isinstance(value, (RaggedTensor, SparseTensor)):
        value = convert_to_tensor(value)
    if isinstance(value, RaggedTensor) and value.shape.rank not in (None, 2):
        raise ValueError("tf.ragged.cross only supports inputs with rank=2")
    if value.dtype == dtypes.string or value.dtype == dtypes.int64:
        return value
    if not value.dtype.is_integer:
        raise ValueError(f"Unexpected dtype for inputs[{position}]: {value.dtype!r}")
    cast = raw.Cast
    if isinstance(value, RaggedTensor):
        return value.with_flat_values(cast(value.flat_values, DstT=dtypes.int64))
    if isinstance(value, SparseTensor):
        return value.with_values(cast(value.values, DstT=dtypes.int64))
    return cast(value, DstT=dtypes.int64)
