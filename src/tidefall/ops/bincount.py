"""Counting how often each small integer occurs."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.core import dtypes
from tidefall.core.convert import convert_to_tensor
from tidefall.core.dtypes import as_dtype
from tidefall.core.exports import export
from tidefall.core.inference import Inference
from tidefall.core.op import NOT_DIFFERENTIABLE, find_op, op
from tidefall.core.shapes import TensorShape
from tidefall.core.state import name_scope
from tidefall.ops.cast import cast
from tidefall.ops.common import invalid, jnp, shape_text
from tidefall.ops.elementwise import add, multiply
from tidefall.ops.power import maximum, minimum

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


dense_bincount_op = op(
    "DenseBincount",
    shape=_shape,
    host=_dense_host,
    xla=_dense_xla,
    gradient=NOT_DIFFERENTIABLE,
    static=("size",),
)
bincount_op = op(
    "Bincount",
    shape=_flat_shape,
    host=_flat_host,
    xla=_flat_xla,
    gradient=NOT_DIFFERENTIABLE,
    static=("size",),
)


def _ragged_shape(c: Inference) -> TensorShape:
    splits, size = c.shape(0), c.constant(2)
    rows = splits[0] if splits.rank == 1 else None
    bins = None if size is None else int(np.reshape(size, -1)[0])
    return TensorShape([None if rows is None else rows - 1, bins])


def _ragged_host(splits: Any, values: Any, size: Any, weights: Any, *, binary_output: bool) -> Any:
    """Count in each row of a ragged matrix."""
    size, flat = int(np.reshape(size, -1)[0]), values.reshape(-1)
    if size < 0:
        raise invalid(f"size ({size}) must be non-negative")
    lengths = np.diff(splits)
    if not len(splits) or splits[0] or splits[-1] != len(flat) or (lengths < 0).any():
        raise invalid(
            f"Splits must begin with 0, not decrease and end with the number of values, "
            f"{len(flat)}, got {splits.tolist()}"
        )
    if flat.size and flat.min() < 0:
        raise invalid("Input must be non-negative")
    within = flat < size
    places = np.repeat(np.arange(len(lengths)), lengths), flat
    rows, bins = (place[within] for place in places)
    result = np.zeros((len(lengths), size), weights.dtype)
    if binary_output:
        result[rows, bins] = 1
    else:
        np.add.at(result, (rows, bins), weights.reshape(-1)[within] if weights.size else 1)
    return result


op("RaggedBincount", shape=_ragged_shape, host=_ragged_host, gradient=NOT_DIFFERENTIABLE)


# ---- public function ----


def _number_of_bins(values: Any, minlength: Any, maxlength: Any) -> Any:
    """One more than the largest value, 0 for no values, within the limits given."""
    if isinstance(minlength, int) and minlength == maxlength:
        # Known without looking at the data, so that it can be compiled.
        return convert_to_tensor(minlength, values.dtype)
    nonempty = find_op("Greater")(find_op("Size")(values), np.int32(0))
    largest = find_op("Max")(values, np.arange(values.shape.rank or 0, dtype=np.int32))
    one = convert_to_tensor(1, values.dtype)
    size = multiply(cast(nonempty, values.dtype), add(largest, one))
    if minlength is not None:
        size = maximum(convert_to_tensor(minlength, values.dtype), size)
    if maxlength is not None:
        size = minimum(convert_to_tensor(maxlength, values.dtype), size)
    return size


@export("math.bincount")
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
        weights: tensor shaped like `arr`: add these up instead of counting.
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
    if weights is not None and binary_output:
        raise ValueError(
            "Arguments `binary_output` and `weights` are mutually exclusive. Please specify only "
            "one."
        )
    if axis not in (None, 0, -1):
        raise ValueError(
            f"Unsupported value for argument axis={axis}. Only 0 and -1 are currently supported."
        )
    with name_scope(name or "bincount"):
        values = convert_to_tensor(arr, name="arr")
        if not values.dtype.is_integer:
            values = cast(values, dtypes.int32)
        size = _number_of_bins(values, minlength, maxlength)
        if weights is None:
            weights = convert_to_tensor([], as_dtype(dtype))
        else:
            weights = convert_to_tensor(weights)
        if axis != -1:
            values = find_op("Reshape")(values, np.array([-1], np.int32))
            weights = find_op("Reshape")(weights, np.array([-1], np.int32))
        return dense_bincount_op(values, size, weights, binary_output=binary_output)
