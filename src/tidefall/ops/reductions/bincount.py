"""Counting how often each small integer occurs."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dispatch import OTHER
from tidefall.base.dtypes import as_dtype
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import name_scope
from tidefall.composite.ragged.ragged_tensor import RaggedTensor
from tidefall.composite.sparse_tensor import SparseTensor
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.traits import LACKS_GRADIENT
from tidefall.ops.batching import Call, Fallback
from tidefall.ops.common import invalid, jnp, shape_text
from tidefall.ops.debugging.assertions import assert_equal
from tidefall.ops.math.cast import cast
from tidefall.ops.math.elementwise import add, multiply
from tidefall.ops.math.power import maximum, minimum
from tidefall.tensor.conversion import convert_to_tensor

# ---- shapes and checks ----


def _shape(c: Inference) -> TensorShape:
    data, size = c.shape(0), c.constant(1)
    bins = None if size is None else int(np.reshape(size, -1)[0])
    if bins is not None and bins < 0:
        raise ValueError(f"size ({bins}) must be non-negative")
    if data.rank is None:
        return TensorShape(None)
    if data.rank > 2:
        raise ValueError(f"Shape must be at most rank 2 but is rank {data.rank}")
    return TensorShape([data[0], bins] if data.rank == 2 else [bins])


def _flat_shape(c: Inference) -> TensorShape:
    size = c.constant(1)
    return TensorShape([None if size is None else int(size)])


def _checked(data: Any, size: Any, weights: Any) -> int:
    size = int(np.reshape(size, -1)[0])
    if size < 0:
        raise invalid(f"size ({size}) must be non-negative")
    if data.ndim > 2:
        raise invalid(f"Shape must be at most rank 2 but is rank {data.ndim}")
    if weights.size and weights.shape != data.shape:
        raise invalid(
            "`weights` must be the same shape as `arr` or a length-0 `Tensor`, in which case it "
            f"acts as all weights equal to 1. Received {shape_text(weights.shape)}"
        )
    return size


# ---- kernels ----


def _rows(data: Any, size: int) -> tuple[Any, Any, int]:
    """Bin of each element with a range of bins for each row, which are within, number of rows."""
    if data.size and data.min() < 0:
        raise invalid("Input arr must be non-negative!")
    count = data.shape[0] if data.ndim == 2 else 1
    bins = data.reshape(count, -1) if data.size else data.reshape(count, 0)
    within = (bins < size).reshape(-1)
    flat = (bins + np.arange(count, dtype=np.int64)[:, None] * size).reshape(-1)
    return flat, within, count


def _dense_host(data: Any, size: Any, weights: Any, *, binary_output: bool) -> Any:
    size = _checked(data, size, weights)
    flat, within, count = _rows(data, size)
    shape = (count, size) if data.ndim == 2 else (size,)
    picked = flat[within]
    if binary_output:
        result = np.zeros(count * size, weights.dtype)
        result[picked] = 1
    elif weights.size:
        result = np.zeros(count * size, weights.dtype)
        np.add.at(result, picked, weights.reshape(-1)[within])
    else:
        result = np.bincount(picked, minlength=count * size).astype(weights.dtype)
    return result.reshape(shape)


def _dense_xla(data: Any, size: Any, weights: Any, *, binary_output: bool) -> Any:
    size = _checked(data, size, weights)
    data = jnp.asarray(data)
    count = data.shape[0] if data.ndim == 2 else 1
    bins = data.reshape(count, -1)
    rows = jnp.broadcast_to(jnp.arange(count)[:, None], bins.shape)
    # Indices past the end are dropped; negative ones would count from the end.
    bins = jnp.where(bins < 0, size, bins)
    result = jnp.zeros((count, size), weights.dtype)
    if binary_output:
        result = result.at[rows, bins].set(1, mode="drop")
    elif weights.size:
        result = result.at[rows, bins].add(jnp.reshape(weights, bins.shape), mode="drop")
    else:
        result = result.at[rows, bins].add(1, mode="drop")
    return result if data.ndim == 2 else result.reshape(size)


def _flat_host(data: Any, size: Any, weights: Any) -> Any:
    return _dense_host(data.reshape(-1), size, weights.reshape(-1), binary_output=False)


def _flat_xla(data: Any, size: Any, weights: Any) -> Any:
    flat = jnp.reshape(data, -1), size, jnp.reshape(weights, -1)
    return _dense_xla(*flat, binary_output=False)


def _bincount_batching(call: Call) -> Any:
    """One row for each run, if every run has a vector."""
    if call.node.op_type is raw.Bincount or call.rank(0) != 1:
        raise Fallback
    weights = call.stacked(2) if call.rank(2) and call.node.inputs[2].shape[0] else call.tensor(2)
    if call.is_stacked(2) and weights is call.tensor(2):
        weights = np.zeros([0], call.tensor(2).dtype.as_numpy_dtype)
    return call.run([call.stacked(0), call.fixed(1), weights])


dense_bincount_op = op(
    "DenseBincount",
    shape=_shape,
    host=_dense_host,
    xla=_dense_xla,
    effects=PURE,
    traits=(LACKS_GRADIENT,),
    batching=_bincount_batching,
    gradient=NOT_DIFFERENTIABLE,
    static=("size",),
)
bincount_op = op(
    "Bincount",
    shape=_flat_shape,
    host=_flat_host,
    xla=_flat_xla,
    effects=PURE,
    traits=(LACKS_GRADIENT,),
    gradient=NOT_DIFFERENTIABLE,
    static=("size",),
)


# ---- rows of ragged and sparse values ----


def row_numbers(splits: Any, count: int) -> Any:
    """The row of each of `count` values; splits that go down leave the later rows empty."""
    if not len(splits):
        raise invalid("Splits must be non-empty")
    if splits[0] != 0:
        raise invalid(f"Splits must start with 0, not with {splits[0]}")
    if splits[-1] != count:
        raise invalid(
            f"Splits must end with the number of values, got {splits[-1]} instead of {count}"
        )
    ends = np.maximum.accumulate(splits)[1:]
    return np.searchsorted(ends, np.arange(count), side="right")


def _rows_shape(c: Inference, at: int, rows: int | None, vector: bool = False) -> TensorShape:
    """The shape of the counts of rows, whose number of bins is the input number `at`."""
    size = c.constant(at)
    bins = None if size is None else int(np.reshape(size, -1)[0])
    if bins is not None and bins < 0:
        raise ValueError(f"size ({bins}) must be non-negative")
    if c.shape(at).rank not in (None, 0):
        raise ValueError(f"Shape must be rank 0 but is rank {c.shape(at).rank}")
    return TensorShape([bins] if vector else [rows, bins])


def _ragged_shape(c: Inference) -> TensorShape:
    splits = c.shape(0)
    rows = splits[0] if splits.rank == 1 else None
    return _rows_shape(c, 2, None if rows is None else max(rows - 1, 0))


def _sparse_shape(c: Inference) -> TensorShape:
    dense = c.constant_shape(2)
    if dense.rank is None:
        return TensorShape(None)
    return _rows_shape(c, 3, dense[0] if dense.rank else None, dense.rank == 1)


def _in_rows(
    rows: Any, values: Any, count: int, size: Any, weights: Any, binary_output: bool
) -> Any:
    if np.ndim(size):
        raise invalid(f"Shape must be rank 0 but is rank {np.ndim(size)}")
    size = int(size)
    if size < 0:
        raise invalid(f"size ({size}) must be non-negative")
    if weights.size and weights.size != values.size:
        raise invalid(
            f"Weights and values must have the same shape. Weight shape: {list(weights.shape)}; "
            f"values shape: {list(values.shape)}"
        )
    within = values < size
    result = np.zeros((count, size), weights.dtype)
    where = rows[within], values[within]
    if binary_output:
        result[where] = 1
    else:
        np.add.at(result, where, weights.reshape(-1)[within] if weights.size else 1)
    return result


def _ragged_host(splits: Any, values: Any, size: Any, weights: Any, *, binary_output: bool) -> Any:
    values = values.reshape(-1)
    rows = row_numbers(splits, values.size)
    if values.size and values.min() < 0:
        raise invalid("Input must be non-negative")
    return _in_rows(rows, values, len(splits) - 1, size, weights, binary_output)


def _sparse_host(
    indices: Any, values: Any, dense_shape: Any, size: Any, weights: Any, *, binary_output: bool
) -> Any:
    if len(indices) != len(values):
        raise invalid(
            f"Number of elements in indices ({len(indices)}) and values ({len(values)}) do not "
            "match"
        )
    wrong = np.flatnonzero(((indices < 0) | (indices >= dense_shape)).any(axis=1))
    if len(wrong):
        raise invalid(
            f"Sparse index tuple indices[{wrong[0]}, :] = {indices[wrong[0]].tolist()} is out of "
            "bounds"
        )
    if values.size and values.min() < 0:
        raise invalid("Input must be non-negative")
    vector = len(dense_shape) == 1
    rows = np.zeros(len(values), np.int64) if vector else indices[:, 0]
    count = 1 if vector else int(dense_shape[0])
    result = _in_rows(rows, values, count, size, weights, binary_output)
    return result[0] if vector else result


def _ragged_xla(splits: Any, values: Any, size: Any, weights: Any, *, binary_output: bool) -> Any:
    values = jnp.reshape(values, -1)
    rows = jnp.searchsorted(splits[1:], jnp.arange(values.shape[0]), side="right")
    bins = jnp.where(values < 0, size, values)
    counts = jnp.zeros((splits.shape[0] - 1, int(size)), weights.dtype)
    if binary_output:
        return counts.at[rows, bins].set(1, mode="drop")
    return counts.at[rows, bins].add(weights if weights.size else 1, mode="drop")


op(
    "RaggedBincount",
    shape=_ragged_shape,
    host=_ragged_host,
    xla=_ragged_xla,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
    static=("size",),
)
op(
    "SparseBincount",
    shape=_sparse_shape,
    host=_sparse_host,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)


# ---- public function ----


def check_binary(weights: Any, binary_output: bool) -> None:
    """Raise ValueError if values with weights are only to be told from others."""
    if weights is not None and binary_output:
        raise ValueError(
            "Arguments `binary_output` and `weights` are mutually exclusive. Please specify only "
            "one."
        )


def check_axis(axis: Any) -> None:
    """Raise ValueError for an axis along which nothing is counted."""
    if axis not in (None, 0, -1):
        raise ValueError(
            f"Unsupported value for argument axis={axis}. Only 0 and -1 are currently supported."
        )


def composite_weights(values: Any, weights: Any, axis: Any) -> Any:
    """The flat weights of ragged or sparse values, which must be of their kind and shape.

    Raises:
        ValueError: for weights of another kind, or more than one ragged dimension with axis -1.
        InvalidArgumentError: for weights of another shape.
    """
    kind = type(values)
    if weights is not None and not isinstance(weights, kind):
        raise ValueError(
            f"Argument `weights` must be a {kind.__name__} if `values` is a {kind.__name__}. "
            f"Received weights={weights} of type: {type(weights).__name__}"
        )
    if isinstance(values, RaggedTensor):
        if values.ragged_rank > 1 and axis == -1:
            raise ValueError(
                "Rows are counted in ragged tensors of two dimensions, but one of shape "
                f"{values.shape} was given."
            )
        if weights is None:
            return None
        message = "'weights' and 'values' must have the same rows."
        assert_equal(weights.row_splits, values.row_splits, message)
        return weights.flat_values
    if weights is None:
        return None
    message = "'weights' and 'values' must have the same "
    assert_equal(weights.dense_shape, values.dense_shape, message + "dense shape.")
    assert_equal(weights.indices, values.indices, message + "indices.")
    return weights.values


def _number_of_bins(values: Any, minlength: Any, maxlength: Any) -> Any:
    """One more than the largest value, 0 for no values, within the limits given."""
    if isinstance(minlength, int) and minlength == maxlength:
        # Known without looking at the data, so that it can be compiled.
        return convert_to_tensor(minlength, values.dtype)
    nonempty = raw.Greater(raw.Size(values), np.int32(0))
    largest = raw.Max(values, np.arange(values.shape.rank or 0, dtype=np.int32))
    one = convert_to_tensor(1, values.dtype)
    size = multiply(cast(nonempty, values.dtype), add(largest, one))
    if minlength is not None:
        size = maximum(convert_to_tensor(minlength, values.dtype), size)
    if maxlength is not None:
        size = minimum(convert_to_tensor(maxlength, values.dtype), size)
    return size


@export("math.bincount", dispatch=OTHER)
def bincount(
    arr: Any,
    weights: Any = None,
    minlength: Any = None,
    maxlength: Any = None,
    dtype: Any = dtypes.int32,
    name: str | None = None,
    axis: int | None = None,
    binary_output: bool = False,
) -> Any:
    """How often each integer occurs.

    Args:
        arr: non-negative integers: a tensor of shape `[...]`, `[batch, n]` with `axis=-1`, or
            `tf.SparseTensor`, `tf.RaggedTensor`.
        weights: of the kind and shape of `arr`: add these up instead of counting.
        minlength: make at least so many bins.
        maxlength: make at most so many bins and leave out larger numbers.
        dtype: dtype of the counts; with weights it is theirs.
        name: name of the node in a graph.
        axis: -1 counts each row by itself; 0 and None count everything together.
        binary_output: only tell whether each integer occurs.

    Returns:
        A tensor of shape `[bins]`, or `[batch, bins]` with `axis=-1`.

    Raises:
        InvalidArgumentError: for negative integers.
        ValueError: for weights together with `binary_output`, or other values of `axis`.

    >>> import tidefall as tf
    >>> tf.math.bincount([1, 1, 3]).numpy()
    array([0, 2, 0, 1], dtype=int32)
    """
    check_binary(weights, binary_output)
    check_axis(axis)
    with name_scope(name or "bincount"):
        if isinstance(arr, (RaggedTensor, SparseTensor)):
            weights = composite_weights(arr, weights, axis)
            if axis == -1:
                limits = minlength, maxlength
                return _counted_rows(arr, weights, limits, as_dtype(dtype), binary_output)
            arr = arr.values if isinstance(arr, SparseTensor) else arr.flat_values
        values = convert_to_tensor(arr, name="arr")
        if not values.dtype.is_integer:
            values = cast(values, dtypes.int32)
        size = _number_of_bins(values, minlength, maxlength)
        if weights is None:
            weights = convert_to_tensor([], as_dtype(dtype))
        else:
            weights = convert_to_tensor(weights)
        if axis != -1:
            values = raw.Reshape(values, np.array([-1], np.int32))
            weights = raw.Reshape(weights, np.array([-1], np.int32))
        return dense_bincount_op(values, size, weights, binary_output=binary_output)


def _counted_rows(arr: Any, weights: Any, limits: Any, dtype: Any, binary_output: bool) -> Any:
    """The counts of each row of a ragged or sparse tensor."""
    sparse = isinstance(arr, SparseTensor)
    values = arr.values if sparse else arr.flat_values
    if not values.dtype.is_integer:
        values = cast(values, dtypes.int32)
    size = _number_of_bins(values, *limits)
    weights = convert_to_tensor([], dtype) if weights is None else weights
    if sparse:
        parts = arr.indices, values, arr.dense_shape
        return raw.SparseBincount(*parts, size, weights, binary_output=binary_output)
    splits = cast(arr.row_splits, dtypes.int64)
    return raw.RaggedBincount(splits, values, size, weights, binary_output=binary_output)
