"""A default value for the empty rows of sparse and ragged tensors."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np

from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.composite.sparse_tensor import SparseTensor
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import find_op, op
from tidefall.ops.common import invalid, shape_text
from tidefall.ops.sparse.shape import check_sparse
from tidefall.tensor.conversion import convert_to_tensor

RaggedFillEmptyRows = namedtuple(
    "RaggedFillEmptyRows",
    ["output_value_rowids", "output_values", "empty_row_indicator", "reverse_index_map"],
)
RaggedFillEmptyRowsGrad = namedtuple("RaggedFillEmptyRowsGrad", ["d_values", "d_default_value"])

# ---- where the elements go ----


def _places(rows: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where elements go when each empty row gets one.

    Args:
        rows: the row of each element.
        count: number of rows.

    Returns:
        The row of each element of the result, which rows are empty, and the new place of each old
        element.
    """
    if count == 0:
        if len(rows):
            raise invalid(
                f"Received SparseTensor with dense_shape[0] = 0 but indices.shape[0] = {len(rows)}"
            )
        return np.zeros(0, np.int64), np.zeros(0, np.bool_), np.zeros(0, np.int64)
    outside = (rows < 0) | (rows >= count)
    if outside.any():
        at = int(np.argmax(outside))
        raise invalid(f"indices({at}, 0) is invalid: {rows[at]} >= {count}")
    counts = np.bincount(rows, minlength=count)
    empty = counts == 0
    order = np.argsort(rows, kind="stable")
    places = np.empty(len(rows), np.int64)
    places[order] = np.arange(len(rows)) + np.cumsum(empty)[rows[order]]
    return np.repeat(np.arange(count), np.maximum(counts, 1)), empty, places


def _filled(values: Any, places: Any, count: int, default_value: Any) -> Any:
    result = np.full(count, default_value, values.dtype)
    result[places] = values
    return result


def _check_values(values: Any, rows: Any, what: str, default_value: Any) -> None:
    if values.ndim != 1:
        raise invalid(f"values must be a vector, saw: {shape_text(values.shape)}")
    if len(values) != len(rows):
        raise invalid(
            f"The length of `values` ({len(values)}) must match the first dimension of `{what}` "
            f"({len(rows)})."
        )
    if default_value.ndim:
        raise invalid(f"default_value must be a scalar, saw: {shape_text(default_value.shape)}")


# ---- ops ----


def _sparse_host(indices: Any, values: Any, dense_shape: Any, default_value: Any) -> Any:
    if dense_shape.ndim != 1:
        raise invalid(f"dense_shape must be a vector, saw: {shape_text(dense_shape.shape)}")
    if indices.ndim != 2:
        raise invalid(f"indices must be a matrix, saw: {shape_text(indices.shape)}")
    _check_values(values, indices, "indices", default_value)
    if not dense_shape.size:
        raise invalid("Dense shape cannot be empty.")
    rows, empty, places = _places(indices[:, 0], int(dense_shape[0]))
    filled = np.zeros((len(rows), indices.shape[1]), np.int64)
    filled[:, 0] = rows
    filled[places] = indices
    return filled, _filled(values, places, len(rows), default_value), empty, places


def _check_rank(shape: TensorShape, rank: int) -> TensorShape:
    if shape.rank is not None and shape.rank != rank:
        raise ValueError(f"Shape must be rank {rank} but is rank {shape.rank}")
    return shape.with_rank(rank)


def _sparse_shapes(c: Inference) -> list[TensorShape]:
    indices, values = _check_rank(c.shape(0), 2), _check_rank(c.shape(1), 1)
    TensorShape([indices[0]]).merge_with(values)
    shape = _check_rank(c.shape(2), 1)
    _check_rank(c.shape(3), 0)
    rank = TensorShape([indices[1]]).merge_with(shape)[0]
    sizes = c.constant_shape(2)
    rows = None if sizes.rank is None else sizes[0]
    return [
        TensorShape([None, rank]), TensorShape([None]), TensorShape([rows]),
        TensorShape([indices[0]]),
    ]  # fmt: skip


def _fill_grad(grad: str) -> Any:
    def run(op: Any, *dys: Any) -> list[Any]:
        return [None, *_split(find_op(grad)(op.outputs[3], dys[1]))]

    def _split(parts: Any) -> list[Any]:
        return [parts[0], None, parts[1]]

    return run


def _grad_host(reverse_index_map: Any, grad_values: Any) -> Any:
    if reverse_index_map.ndim != 1:
        raise invalid(
            f"reverse_index_map must be a vector, saw: {shape_text(reverse_index_map.shape)}"
        )
    if grad_values.ndim != 1:
        raise invalid(f"grad_values must be a vector, saw: {shape_text(grad_values.shape)}")
    count = len(grad_values)
    outside = (reverse_index_map < 0) | (reverse_index_map >= count)
    if outside.any():
        raise invalid(
            f"Elements in reverse index must be in [0, {count}) but got "
            f"{reverse_index_map[np.argmax(outside)]}"
        )
    added = np.ones(count, np.bool_)
    added[reverse_index_map] = False
    if grad_values.dtype.kind not in "fciubV":
        raise invalid("There is no gradient of strings.")
    total = np.add.reduce(grad_values[added]).astype(grad_values.dtype)
    return grad_values[reverse_index_map], total


def _grad_shapes(c: Inference) -> list[TensorShape]:
    _check_rank(c.shape(1), 1)
    return [_check_rank(c.shape(0), 1), TensorShape([])]


def _second_grad(op: Any, d_values: Any, d_default: Any) -> list[Any]:
    places, grad = op.inputs
    spread = raw.Fill(raw.Shape(grad), d_default)
    column = raw.ExpandDims(places, np.int32(-1))
    return [None, raw.TensorScatterUpdate(spread, column, d_values)]


op(
    "SparseFillEmptyRows",
    shape=_sparse_shapes,
    host=_sparse_host,
    effects=PURE,
    gradient=_fill_grad("SparseFillEmptyRowsGrad"),
)
op(
    "SparseFillEmptyRowsGrad",
    shape=_grad_shapes,
    host=_grad_host,
    effects=PURE,
    gradient=_second_grad,
)


def _ragged_host(value_rowids: Any, values: Any, nrows: Any, default_value: Any) -> Any:
    if nrows.ndim:
        raise invalid(f"nrows must be a scalar, saw: {shape_text(nrows.shape)}")
    if value_rowids.ndim != 1:
        raise invalid(f"value_rowids must be a vector, saw: {shape_text(value_rowids.shape)}")
    _check_values(values, value_rowids, "value_rowids", default_value)
    if int(nrows) < 0:
        raise invalid(f"Expected shape dimensions to be non-negative, got {int(nrows)}")
    rows, empty, places = _places(value_rowids, int(nrows))
    return rows, _filled(values, places, len(rows), default_value), empty, places


def _ragged_shapes(c: Inference) -> list[TensorShape]:
    rows, values = _check_rank(c.shape(0), 1), _check_rank(c.shape(1), 1)
    _check_rank(c.shape(2), 0)
    _check_rank(c.shape(3), 0)
    return [*[TensorShape([None])] * 3, rows.merge_with(values)]


op(
    "RaggedFillEmptyRows",
    shape=_ragged_shapes,
    host=_ragged_host,
    effects=PURE,
    gradient=_fill_grad("RaggedFillEmptyRowsGrad"),
)
op(
    "RaggedFillEmptyRowsGrad",
    shape=_grad_shapes,
    host=_grad_host,
    effects=PURE,
    gradient=_second_grad,
)


# ---- public functions ----


@export("sparse.fill_empty_rows")
def fill_empty_rows(
    sp_input: Any, default_value: Any, name: str | None = None
) -> tuple[SparseTensor, Any]:
    """Give every row without elements one, at its first place.

    Args:
        sp_input: a `tf.SparseTensor` of shape `[rows, ...]`.
        default_value: scalar, the value of the elements that are added.
        name: name of the node in a graph.

    Returns:
        The sparse tensor, its elements ordered by row, and a bool vector `[rows]`: which rows were
        empty.

    Raises:
        TypeError: for anything but a SparseTensor.
        InvalidArgumentError: for a row out of range.

    >>> import tidefall as tf
    >>> filled, empty = tf.sparse.fill_empty_rows(tf.SparseTensor([[1, 2]], [5], [2, 3]), 0)
    >>> filled.indices.numpy().tolist(), empty.numpy().tolist()
    ([[0, 0], [1, 2]], [True, False])
    """
    sp_input = check_sparse(sp_input)
    default_value = convert_to_tensor(default_value, sp_input.values.dtype)
    indices, values, empty, _ = raw.SparseFillEmptyRows(
        sp_input.indices, sp_input.values, sp_input.dense_shape, default_value, name=name
    )
    return SparseTensor(indices, values, sp_input.dense_shape), empty


@export("ragged_fill_empty_rows")
def ragged_fill_empty_rows(
    value_rowids: Any, values: Any, nrows: Any, default_value: Any, name: str | None = None
) -> RaggedFillEmptyRows:
    """Give every empty row of a ragged tensor, described by row numbers, one element.

    Args:
        value_rowids: the row of each value: int64, shape `[n]`.
        values: tensor of shape `[n]`.
        nrows: scalar int64, the number of rows.
        default_value: scalar, the value of the elements that are added.
        name: name of the node in a graph.

    Returns:
        A named tuple: `output_value_rowids` and `output_values`, ordered by row,
        `empty_row_indicator`, a bool vector `[nrows]`, and `reverse_index_map`, the new place of
        each old value.

    Raises:
        InvalidArgumentError: for a row out of range.

    >>> import tidefall as tf
    >>> tf.ragged_fill_empty_rows([0, 2], [5, 6], 3, -1).output_values.numpy()
    array([ 5, -1,  6], dtype=int32)
    """
    return RaggedFillEmptyRows(
        *raw.RaggedFillEmptyRows(value_rowids, values, nrows, default_value, name=name)
    )


@export("ragged_fill_empty_rows_grad")
def ragged_fill_empty_rows_grad(
    reverse_index_map: Any, grad_values: Any, name: str | None = None
) -> RaggedFillEmptyRowsGrad:
    """The gradient of `tf.ragged_fill_empty_rows`.

    Args:
        reverse_index_map: what the function returned: int64, shape `[n]`.
        grad_values: the gradient of `output_values`.
        name: name of the node in a graph.

    Returns:
        A named tuple: `d_values` of shape `[n]`, and the scalar `d_default_value`.

    Raises:
        InvalidArgumentError: for a place out of range.

    >>> import tidefall as tf
    >>> tf.ragged_fill_empty_rows_grad([2, 1], [1.0, 2.0, 3.0, 4.0]).d_values.numpy()
    array([3., 2.], dtype=float32)
    """
    return RaggedFillEmptyRowsGrad(
        *raw.RaggedFillEmptyRowsGrad(reverse_index_map, grad_values, name=name)
    )
