"""How often each number occurs in a row, of dense, sparse and ragged values, as sparse counts."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dispatch import OTHER
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.composite.ragged.ragged_tensor import RaggedTensor
from tidefall.composite.sparse_tensor import SparseTensor
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.traits import LACKS_GRADIENT
from tidefall.ops.common import invalid
from tidefall.ops.reductions.bincount import (
    check_axis,
    check_binary,
    composite_weights,
    row_numbers,
)
from tidefall.tensor.conversion import convert_to_tensor


def _count_shape(c: Inference) -> list[TensorShape]:
    rank = c.shape(0).rank
    return [TensorShape([None, rank]), TensorShape([None]), TensorShape([rank])]


def _counted(
    rows: Any,
    values: Any,
    weights: Any,
    n_rows: int | None,
    binary: bool,
    low: int,
    high: int,
    dtype: Any,
) -> Any:
    """Count values in each row; positions, counts and the dense shape."""
    if len(values) and values.min() < 0:
        raise invalid(f"Input values must all be non-negative, got {values.min()}")
    width = max(int(values.max()) + 1 if len(values) else 1, low)
    if high >= 0:
        kept = values < high
        rows, values, weights = rows[kept], values[kept], weights[kept] if len(weights) else weights
        width = high
    keys = rows * max(width, 1) + values
    unique, inverse = np.unique(keys, return_inverse=True)
    if binary:
        counts = np.ones(len(unique), dtype)
    elif len(weights):
        counts = np.zeros(len(unique), dtype)
        np.add.at(counts, inverse, weights)
    else:
        counts = np.bincount(inverse, minlength=len(unique)).astype(dtype)
    columns = unique % max(width, 1)
    if n_rows is None:
        return columns[:, None].astype(np.int64), counts, np.array([width], np.int64)
    indices = np.stack([unique // max(width, 1), columns], axis=1).astype(np.int64)
    return indices, counts, np.array([n_rows, width], np.int64)


def _dense_count_host(
    values: Any,
    weights: Any,
    *,
    binary_output: bool,
    minlength: int,
    maxlength: int,
    output_type: Any,
) -> Any:
    if weights.size and weights.shape != values.shape:
        raise invalid(
            f"Weights and values must have the same shape. Weight shape: {list(weights.shape)}; "
            f"values shape: {list(values.shape)}"
        )
    vector = values.ndim == 1
    n = 1 if vector else values.shape[0]
    rows = np.repeat(np.arange(n), values.size // max(n, 1))
    return _counted(
        rows, values.reshape(-1).astype(np.int64), weights.reshape(-1), None if vector else n,
        binary_output, minlength, maxlength, output_type.as_numpy_dtype,
    )  # fmt: skip


op(
    "DenseCountSparseOutput",
    shape=_count_shape,
    host=_dense_count_host,
    effects=PURE,
    traits=(LACKS_GRADIENT,),
    gradient=NOT_DIFFERENTIABLE,
)


def _sparse_count_host(
    indices: Any, values: Any, dense_shape: Any, weights: Any, *, binary_output: bool,
    minlength: int, maxlength: int, output_type: Any,
) -> Any:  # fmt: skip
    vector = len(dense_shape) == 1
    rows = np.zeros(len(values), np.int64) if vector else indices[:, 0]
    return _counted(
        rows, values.astype(np.int64), weights.reshape(-1), None if vector else int(dense_shape[0]),
        binary_output, minlength, maxlength, output_type.as_numpy_dtype,
    )  # fmt: skip


op(
    "SparseCountSparseOutput",
    shape=lambda c: [
        TensorShape([None, c.shape(0)[1] if c.shape(0).rank == 2 else None]),
        TensorShape([None]),
        c.shape(2),
    ],
    host=_sparse_count_host,
    effects=PURE,
    traits=(LACKS_GRADIENT,),
    gradient=NOT_DIFFERENTIABLE,
)


def _ragged_count_host(
    splits: Any, values: Any, weights: Any, *, binary_output: bool, minlength: int, maxlength: int,
    output_type: Any,
) -> Any:  # fmt: skip
    if weights.size and weights.shape != values.shape:
        raise invalid(
            f"Weights and values must have the same shape. Weight shape: {list(weights.shape)}; "
            f"values shape: {list(values.shape)}"
        )
    if len(splits) < 2:
        raise invalid("Must provide at least 2 elements for the splits argument")
    rows = row_numbers(splits, values.size)
    return _counted(
        rows, values.reshape(-1).astype(np.int64), weights.reshape(-1), len(splits) - 1,
        binary_output, minlength, maxlength, output_type.as_numpy_dtype,
    )  # fmt: skip


op(
    "RaggedCountSparseOutput",
    shape=lambda c: [TensorShape([None, 2]), TensorShape([None]), TensorShape([2])],
    host=_ragged_count_host,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)


@export("sparse.bincount", dispatch=OTHER)
def bincount(
    values: Any, weights: Any = None, axis: int | None = 0, minlength: int | None = None,
    maxlength: int | None = None, binary_output: bool = False, name: str | None = None,
) -> SparseTensor:  # fmt: skip
    """Count how often each number occurs, as a sparse tensor of counts.

    Args:
        values: non-negative integers: dense `[n]` or `[rows, n]`, a `tf.SparseTensor` or a
            `tf.RaggedTensor`.
        weights: added up in place of ones; of the kind and shape of `values`.
        axis: 0 and None count everything together, -1 row by row.
        minlength: the counts are at least this long.
        maxlength: numbers from here on are not counted.
        binary_output: 1 for every number that occurs, in place of the count.
        name: name of the node in a graph.

    Returns:
        A sparse tensor `[length]`, or `[rows, length]` for `axis=-1`.

    Raises:
        InvalidArgumentError: for negative numbers, or weights of another shape.
        ValueError: for another axis, weights of another kind, or weights with `binary_output`.

    >>> import tidefall as tf
    >>> tf.sparse.bincount([0, 1, 1, 3]).values.numpy()
    array([1, 2, 1], dtype=int32)
    >>> tf.sparse.bincount(tf.ragged.constant([[1, 1], [], [2]]), axis=-1).indices.numpy()
    array([[0, 1],
           [2, 2]])
    """
    check_binary(weights, binary_output)
    check_axis(axis)
    attrs = {
        "minlength": -1 if minlength is None else minlength,
        "maxlength": -1 if maxlength is None else maxlength,
        "binary_output": binary_output,
        "name": name,
    }
    if isinstance(values, (SparseTensor, RaggedTensor)):
        given = composite_weights(values, weights, axis)
        numbers = values.values if isinstance(values, SparseTensor) else values.flat_values
        if axis == -1:
            return SparseTensor(*_counted_rows(values, numbers, _given(given, numbers), attrs))
        values, weights = numbers, given
    values = convert_to_tensor(values)
    if values.dtype not in (dtypes.int32, dtypes.int64):
        values = raw.Cast(values, DstT=dtypes.int64)
    weights = _given(weights, values)
    if axis != -1:
        flat = np.array([-1], np.int32)
        values = raw.Reshape(values, flat)
        weights = raw.Reshape(weights, flat)
    return SparseTensor(*raw.DenseCountSparseOutput(values, weights, **attrs))


def _given(weights: Any, values: Any) -> Any:
    """The weights, or none, which count as ones."""
    if weights is None:
        return np.zeros(0, values.dtype.as_numpy_dtype)
    return convert_to_tensor(weights)


def _counted_rows(values: Any, numbers: Any, weights: Any, attrs: Any) -> Any:
    if isinstance(values, SparseTensor):
        return raw.SparseCountSparseOutput(
            values.indices, numbers, values.dense_shape, weights, **attrs
        )
    splits = raw.Cast(values.row_splits, DstT=dtypes.int64)
    return raw.RaggedCountSparseOutput(splits, numbers, weights, **attrs)
