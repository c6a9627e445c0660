"""The values of dense, sparse and ragged tensors, and tensors like them with other values."""

from __future__ import annotations

from typing import Any

import tidefall as tf
from tidefall.lifecycle.data_validation.failures import invalid, unimplemented


def is_composite(x: Any) -> bool:
    """Whether it is sparse or ragged."""
    return isinstance(x, (tf.SparseTensor, tf.RaggedTensor))


def checked(x: Any, what: str) -> Any:
    """A tensor of any kind; numbers and lists are converted."""
    if is_composite(x) or isinstance(x, tf.Tensor):
        return x
    try:
        return tf.convert_to_tensor(x)
    except (TypeError, ValueError):
        raise TypeError(
            f"`{what}` wants a Tensor, SparseTensor or RaggedTensor, got {type(x).__name__}"
        ) from None


def numeric(x: Any, what: str) -> Any:
    """A tensor of any kind with numbers in it.

    Raises:
        TypeError: it holds something else.
    """
    x = checked(x, what)
    if not (x.dtype.is_floating or x.dtype.is_integer):
        raise TypeError(f"`{what}` wants numbers, got a tensor of dtype {x.dtype.name}")
    return x


def values_of(x: Any) -> Any:
    """The values that are there: of any shape if dense, else `[n]` or `[n, ...]`."""
    if isinstance(x, tf.SparseTensor):
        return x.values
    return x.flat_values if isinstance(x, tf.RaggedTensor) else x


def with_values(x: Any, values: Any) -> Any:
    """A tensor like another one, with other values."""
    if isinstance(x, tf.SparseTensor):
        return tf.SparseTensor(x.indices, values, x.dense_shape)
    return x.with_flat_values(values) if isinstance(x, tf.RaggedTensor) else values


def rows_of(x: Any) -> Any:
    """The row that each of the flattened values is of: int64 `[n]`."""
    if isinstance(x, tf.SparseTensor):
        return x.indices[:, 0]
    if isinstance(x, tf.RaggedTensor):
        rows = tf.cast(x.value_rowids(), tf.int64)
        inner = x.values
        while isinstance(inner, tf.RaggedTensor):
            rows = tf.gather(rows, inner.value_rowids())
            inner = inner.values
        width = tf.size(inner, tf.int64) // tf.maximum(tf.shape(inner, tf.int64)[0], 1)
        return tf.reshape(tf.tile(rows[:, None], [1, width]), [-1])
    batch = tf.shape(x, tf.int64)[0]
    width = tf.size(x, tf.int64) // tf.maximum(batch, 1)
    return tf.reshape(tf.tile(tf.range(batch)[:, None], [1, width]), [-1])


def elements(x: Any, elementwise: bool, what: str) -> list[Any]:
    """What an accumulator wants to see: the values, and for sparse rows which of them are there."""
    if not elementwise:
        return [values_of(x)]
    if isinstance(x, tf.RaggedTensor):
        raise unimplemented(f"`{what}` of each element of a RaggedTensor")
    if isinstance(x, tf.SparseTensor):
        ones = tf.SparseTensor(x.indices, tf.ones_like(x.values, tf.int32), x.dense_shape)
        return [tf.sparse.to_dense(x), tf.sparse.to_dense(ones) > 0]
    if x.shape.rank == 0:
        raise invalid(f"`{what}` wants a batch of rows, got a scalar")
    return [x]


def element_shape(x: Any, elementwise: bool) -> list[int | None] | None:
    """The static shape of a value per element, or of one value."""
    if not elementwise:
        return []
    return None if x.shape.rank is None else x.shape.as_list()[1:]


def known_shape(shape: list[int | None] | None) -> tuple[int, ...]:
    """A shape with 0 for what is not known."""
    return tuple(size or 0 for size in shape or ())


def per_element(x: Any, value: Any, elementwise: bool) -> Any:
    """An elementwise value as it meets the values of `x`."""
    if elementwise and isinstance(x, tf.SparseTensor):
        # Rows longer than those that were analyzed meet zeros: without scale, and unmoved.
        width = tf.maximum(tf.shape(value, tf.int64)[0], tf.reduce_max(x.dense_shape[1:]))
        padded = tf.pad(value, [[0, width - tf.shape(value, tf.int64)[0]]])
        return tf.gather(padded, x.indices[:, 1])
    return value
