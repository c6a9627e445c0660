"""Columns of a batch as tensors: arrays, lists, Arrow columns, as the spec of a feature says."""

from __future__ import annotations

from typing import Any

import numpy as np

import tidefall as tf
from tidefall.lifecycle.data_validation.failures import invalid, unimplemented


def column_tensor(name: str, spec: Any, values: Any) -> Any:
    """A batch of a column as a tensor.

    Args:
        name: of the column.
        spec: of the feature, a feature of `tf.io` or a TypeSpec.
        values: an array, a tensor, or a list with a value or a list of values for each row.
    """
    dtype = spec.dtype
    if tf.is_tensor(values):
        return values
    try:
        if isinstance(spec, (tf.io.FixedLenFeature, tf.TensorSpec)):
            inner = list(spec.shape) if isinstance(spec, tf.io.FixedLenFeature) else None
            return _dense(values, dtype, inner)
        rows = [
            [] if row is None else list(np.ravel(row)) if isinstance(row, (list, np.ndarray))
            else [row] for row in values
        ]  # fmt: skip
        ragged = tf.ragged.constant(rows, dtype, ragged_rank=1, row_splits_dtype=tf.int64)
    except (TypeError, ValueError) as error:
        raise invalid(f"column {name!r} does not fit {spec}: {error}") from error
    if isinstance(spec, (tf.io.RaggedFeature, tf.RaggedTensorSpec)):
        return ragged
    if isinstance(spec, (tf.io.VarLenFeature, tf.SparseTensorSpec)):
        return ragged.to_sparse()
    raise unimplemented(f"column {name!r}: {spec!r} of arrays; give Examples")


def _dense(values: Any, dtype: Any, inner: list[int] | None) -> Any:
    if dtype == tf.string:
        listed = values.tolist() if isinstance(values, np.ndarray) else values
        if any(value is None for value in listed):
            raise ValueError("a value is missing")
        tensor = tf.constant(listed, tf.string)
    else:
        array = np.asarray(values)
        if array.dtype == object or array.dtype.kind in "SU":
            raise TypeError(f"expected numbers, got {array.ravel()[:1].tolist()}")
        if dtype.is_integer and array.dtype.kind == "f":
            raise TypeError(f"expected integers, got {array.dtype}")
        tensor = tf.constant(array.astype(dtype.as_numpy_dtype))
    return tensor if inner is None else tf.reshape(tensor, [len(values), *inner])


def arrow_tensor(source: str, name: str, spec: Any, column: Any) -> Any:
    """A batch of an Arrow column as a tensor. Nulls are missing values."""
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    is_list = pa.types.is_list(column.type) or pa.types.is_large_list(column.type)
    lengths = np.ones(len(column), np.int64)
    if is_list:
        lengths = column.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
        flat = column.flatten()
    else:
        if column.null_count:
            lengths = column.is_valid().to_numpy(zero_copy_only=False).astype(np.int64)
        flat = column.drop_null()
    dtype = spec.dtype
    if flat.null_count:
        raise invalid(f"{source}: column {name!r} has a null inside of a list")
    if dtype == tf.string:
        array = flat.cast(pa.large_binary()).to_numpy(zero_copy_only=False)
    else:
        try:
            array = flat.cast(pa.from_numpy_dtype(dtype.as_numpy_dtype)).to_numpy(
                zero_copy_only=False
            )
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise invalid(f"{source}: column {name!r} is no {dtype.name}: {error}") from error
    values = tf.constant(array, dtype)
    if isinstance(spec, (tf.io.FixedLenFeature, tf.TensorSpec)):
        return _fixed(source, name, spec, values, lengths)
    splits = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    ragged = tf.RaggedTensor.from_row_splits(values, splits)
    if isinstance(spec, (tf.io.VarLenFeature, tf.SparseTensorSpec)):
        return ragged.to_sparse()
    return ragged


def _fixed(source: str, name: str, spec: Any, values: Any, lengths: np.ndarray) -> Any:
    inner = list(spec.shape if isinstance(spec, tf.io.FixedLenFeature) else spec.shape[1:])
    count = int(np.prod(inner, dtype=np.int64))
    wrong = np.flatnonzero(lengths != count)
    default = getattr(spec, "default_value", None)
    if len(wrong) and (default is None or np.any(lengths[wrong] != 0)):
        raise invalid(
            f"{source}: column {name!r} has {lengths[wrong[0]]} values in row {wrong[0]} of the "
            f"batch, the feature {spec} wants {count}"
        )
    if len(wrong):
        filled = np.empty((len(lengths), count), values.numpy().dtype)
        filled[:] = default.encode() if isinstance(default, str) else default
        filled[lengths == count] = values.numpy().reshape(-1, count)
        values = tf.constant(filled, spec.dtype)
    return tf.reshape(values, [len(lengths), *inner])
