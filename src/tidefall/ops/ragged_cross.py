"""`tf.ragged.cross`: every combination of the features in each row."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from tidefall.core import dtypes
from tidefall.core.convert import convert_to_tensor
from tidefall.core.errors import InvalidArgumentError, UnimplementedError
from tidefall.core.exports import export
from tidefall.core.inference import Inference
from tidefall.core.op import NOT_DIFFERENTIABLE, find_op, op
from tidefall.core.ragged_tensor import RaggedTensor
from tidefall.core.shapes import TensorShape
from tidefall.core.sparse_tensor import SparseTensor


def _shapes(c: Inference) -> list[TensorShape]:
    shapes = c.shapes()
    ragged, dense = len(c.attr("ragged_splits_types")), len(c.attr("dense_types"))
    known = [s[0] for s in shapes[ragged : 2 * ragged] if s.rank == 1 and s[0] is not None]
    known += [s[0] + 1 for s in shapes[len(shapes) - dense :] if s.rank == 2 and s[0] is not None]
    return [TensorShape([None]), TensorShape([known[0] if known else None])]


def _rows(values: np.ndarray, splits: np.ndarray) -> list[list[bytes]]:
    text = _text(values)
    return [text[a:b] for a, b in itertools.pairwise(splits.tolist())]


def _text(values: np.ndarray) -> list[bytes]:
    if values.dtype == object:
        return values.tolist()
    return [str(v).encode() for v in values.tolist()]


def _sparse_rows(indices: np.ndarray, values: np.ndarray, shape: np.ndarray) -> list[list[bytes]]:
    rows: list[list[bytes]] = [[] for _ in range(int(shape[0]))]
    for row, value in zip(indices[:, 0].tolist(), _text(values), strict=True):
        rows[row].append(value)
    return rows


def _dense_rows(values: np.ndarray) -> list[list[bytes]]:
    if values.ndim != 2:
        raise InvalidArgumentError(
            None, None, f"tf.ragged.cross: dense inputs must be matrices, got shape {values.shape}"
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
    out_row_splits_type: Any,
) -> tuple[np.ndarray, np.ndarray]:
    if hashed_output:
        raise UnimplementedError(
            None, None, "RaggedCross with hashed_output=True is not implemented in Tidefall yet."
        )
    given = {
        "R": iter([_rows(v, s) for v, s in zip(ragged_values, ragged_splits, strict=True)]),
        "S": map(_sparse_rows, sparse_indices, sparse_values, sparse_shape),
        "D": map(_dense_rows, dense_inputs),
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
    crossed = [
        [b"_X_".join(picked) for picked in itertools.product(*row)]
        for row in zip(*features, strict=True)
    ]
    values = np.empty(sum(map(len, crossed)), dtype=object)
    values[:] = [text for row in crossed for text in row]
    splits = np.cumsum([0, *map(len, crossed)]).astype(out_row_splits_type.as_numpy_dtype)
    return values, splits


cross_op = op("RaggedCross", shape=_shapes, host=_cross_host, gradient=NOT_DIFFERENTIABLE)


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
    """Every combination of the features in each row, hashed; not implemented.

    Args:
        inputs: a list of ragged or sparse tensors or dense matrices.
        num_buckets: the hashes are taken modulo this number, unless it is 0.
        hash_key: start of the hashes.
        name: name of the node in a graph.

    Raises:
        UnimplementedError: always.
    """
    raise UnimplementedError(
        None, None, "tf.ragged.cross_hashed is not implemented in Tidefall yet."
    )


def _crossed(inputs: Any, name: str | None) -> RaggedTensor:
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
        hashed_output=False,
        num_buckets=0,
        hash_key=0,
        out_values_type=dtypes.string,
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
    cast = find_op("Cast")
    if isinstance(value, RaggedTensor):
        return value.with_flat_values(cast(value.flat_values, DstT=dtypes.int64))
    if isinstance(value, SparseTensor):
        return value.with_values(cast(value.values, DstT=dtypes.int64))
    return cast(value, DstT=dtypes.int64)
