"""Sparse tensors made dense, or brought to the left."""

from __future__ import annotations

from typing import Any

import tidefall as tf
from tidefall.lifecycle.transform.mappers.texts import segment_indices


def sparse_tensor_to_dense_with_shape(x: Any, shape: Any, default_value: Any = 0) -> Any:
    """Return a SparseTensor as a dense one of a known shape.

    Args:
        x: a SparseTensor.
        shape: sizes; None where that of `x` counts.
        default_value: what stands where `x` has no value.

    Raises:
        ValueError: `x` is no SparseTensor.
    """
    if not isinstance(x, tf.SparseTensor):
        raise ValueError(
            f"sparse_tensor_to_dense_with_shape wants a SparseTensor, got {type(x).__name__}"
        )
    sizes = tf.TensorShape(shape).as_list()
    wanted = tf.stack(
        [x.dense_shape[i] if size is None else tf.constant(size, tf.int64)
         for i, size in enumerate(sizes)]
    )  # fmt: skip
    dense = tf.sparse.to_dense(
        tf.SparseTensor(x.indices, x.values, wanted), tf.cast(default_value, x.dtype)
    )
    return tf.ensure_shape(dense, sizes)


def sparse_tensor_left_align(sparse_tensor: Any) -> Any:
    """Return a SparseTensor of rank 2 whose rows begin at the left, without gaps.

    Raises:
        ValueError: another rank.
    """
    if sparse_tensor.shape.rank != 2:
        raise ValueError(f"sparse_tensor_left_align wants rank 2, got {sparse_tensor.shape}")
    ordered = tf.sparse.reorder(sparse_tensor)
    rows = ordered.indices[:, 0]
    return tf.SparseTensor(
        tf.stack([rows, segment_indices(rows)], 1), ordered.values, ordered.dense_shape
    )
