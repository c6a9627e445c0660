"""Embedding lookup of sparse ids that may be missing, negative or without weight."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.exports import export
from tidefall.base.state import name_scope
from tidefall.composite.ragged.ragged_tensor import RaggedTensor
from tidefall.composite.sparse_tensor import SparseTensor
from tidefall.op import raw
from tidefall.ops.nn.embedding import embedding_lookup_sparse
from tidefall.ops.sparse.parts import retain
from tidefall.ops.sparse.rows import fill_empty_rows
from tidefall.tensor.conversion import convert_to_tensor


def _as_matrix(sparse: Any) -> Any:
    """A sparse tensor with its leading dimensions made one: a row for each list of ids."""
    shape = sparse.dense_shape
    rows = raw.Prod(shape[:-1], np.array([0], np.int32))
    indices, shape = raw.SparseReshape(sparse.indices, shape, raw.ConcatV2([[rows], shape[-1:]], 0))
    return SparseTensor(indices, sparse.values, shape)


def _usable(ids: Any, weights: Any, combiner: str | None) -> tuple[Any, Any]:
    """Without negative ids and, for a mean, without those of no positive weight."""
    good = raw.GreaterEqual(ids.values, np.array(0, ids.values.dtype.as_numpy_dtype))
    if weights is None:
        return retain(ids, good), None
    if combiner != "sum":
        zero = np.array(0, weights.values.dtype.as_numpy_dtype)
        good = raw.LogicalAnd(good, raw.Greater(weights.values, zero))
    return retain(ids, good), retain(weights, good)


def _without(rows: Any, empty: Any) -> Any:
    """The rows, with zeros for those that had no ids."""
    rank = rows.shape.rank
    if rank is not None:
        shape: Any = np.array([-1] + [1] * (rank - 1), np.int32)
    else:
        ones = raw.OnesLike(raw.Shape(rows)[1:])
        shape = raw.ConcatV2([np.array([-1], np.int32), ones], 0)
    return raw.SelectV2(raw.Reshape(empty, shape), raw.ZerosLike(rows), rows)


@export("nn.safe_embedding_lookup_sparse")
def safe_embedding_lookup_sparse(
    embedding_weights: Any,
    sparse_ids: Any,
    sparse_weights: Any = None,
    combiner: str | None = "mean",
    default_id: Any = None,
    max_norm: Any = None,
    name: str | None = None,
    allow_fast_lookup: bool = False,
) -> Any:
    """Sums or means of rows of an embedding table, for sparse ids of which rows may be empty.

    Negative ids do not count and, unless sums are asked for, neither do ids whose weight is not
    positive.

    Args:
        embedding_weights: tensor or variable of shape `[rows, ...]`, or a list of them that make up
            the table one after the other.
        sparse_ids: SparseTensor or RaggedTensor `[..., many]` of ids.
        sparse_weights: a tensor of the same kind and indices with a weight for each id, or None.
        combiner: "sum", "mean", or "sqrtn": the sum over the root of the sum of squared weights.
        default_id: the id of a list without ids; None gives zeros.
        max_norm: rows of a larger L2 norm are scaled down to it first.
        name: name scope of the nodes in a graph.
        allow_fast_lookup: accepted; there is one way to look up.

    Returns:
        A tensor of shape `sparse_ids.shape[:-1] + embedding_weights.shape[1:]`.

    Raises:
        ValueError: for no table, for another combiner, or for weights of another dtype than that
            of the table.

    >>> import tidefall as tf
    >>> ids = tf.SparseTensor([[0, 0], [0, 1], [2, 0]], [0, 1, -1], [3, 2])
    >>> tf.nn.safe_embedding_lookup_sparse(tf.constant([[1.0], [3.0]]), ids).numpy()
    array([[2.],
           [0.],
           [0.]], dtype=float32)
    """
    if embedding_weights is None or (
        isinstance(embedding_weights, (list, tuple)) and not len(embedding_weights)
    ):
        raise ValueError(f"Missing embedding_weights {embedding_weights}.")
    partitioned = getattr(embedding_weights, "_get_variable_list", None)
    if partitioned is not None:
        embedding_weights = partitioned()
    if not isinstance(embedding_weights, (list, tuple)):
        embedding_weights = [embedding_weights]
    if isinstance(sparse_ids, RaggedTensor):
        sparse_ids = sparse_ids.to_sparse()
    if isinstance(sparse_weights, RaggedTensor):
        sparse_weights = sparse_weights.to_sparse()
    if sparse_weights is not None:
        kind = sparse_weights.values.dtype
        # A variable of that dtype stays one: the gradient of its rows is then sparse.
        embedding_weights = type(embedding_weights)(
            w if getattr(w, "dtype", None) == kind else convert_to_tensor(w, kind)
            for w in embedding_weights
        )
    with name_scope(name or "embedding_lookup"):
        shape = sparse_ids.dense_shape
        ids = _as_matrix(sparse_ids)
        weights = None
        if sparse_weights is not None:
            weights = SparseTensor(ids.indices, sparse_weights.values, ids.dense_shape)
        ids, weights = _usable(ids, weights, combiner)
        ids, empty = fill_empty_rows(ids, default_id or 0)
        if weights is not None:
            weights, _ = fill_empty_rows(weights, 1.0)
        rows = embedding_lookup_sparse(embedding_weights, ids, weights, combiner, max_norm)
        if default_id is None:
            rows = _without(rows, empty)
        lead = raw.Cast(shape[:-1], DstT=dtypes.int32)
        whole = raw.ConcatV2([lead, raw.Shape(rows)[1:]], 0)
        result = raw.Reshape(rows, whole)
        if sparse_ids.shape.rank is not None and rows.shape.rank is not None:
            result.set_shape(sparse_ids.shape[:-1].concatenate(rows.shape[1:]))
        return result
