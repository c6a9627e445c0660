"""Embeddings: rows of a table, picked by number and perhaps summed."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.exports import export
from tidefall.base.state import name_scope
from tidefall.composite.ragged.ragged_tensor import RaggedTensor
from tidefall.op import raw
from tidefall.ops.common import invalid
from tidefall.ops.math.clip import clip_by_norm
from tidefall.ops.slices.gathering import gather
from tidefall.tensor.conversion import convert_to_tensor


class Alternating(list):  # type: ignore[type-arg]
    """The pieces of a table whose rows go to one piece after the other, not in runs."""


def _table(params: Any) -> Any:
    """One table of the parameters, which may be several pieces one after the other."""
    if params is None:
        raise ValueError("params must be specified")
    if hasattr(params, "_get_variable_list"):  # a partitioned variable
        params = params._get_variable_list()
    if not isinstance(params, (list, tuple)):
        return params
    if not params:
        raise ValueError("Length of params is currently 0. Need at least one param.")
    if len(params) == 1:
        return params[0]
    return raw.ConcatV2([convert_to_tensor(p) for p in params], 0)


def _places(params: Alternating, ids: Any) -> Any:
    """Where the rows with given numbers are, in the pieces one after the other."""
    count = len(params)
    sizes = [raw.Shape(p, out_type=ids.dtype)[0] for p in map(convert_to_tensor, params)]
    starts = raw.Cumsum(raw.Pack(sizes), 0, exclusive=True)
    piece = raw.FloorMod(ids, convert_to_tensor(count, ids.dtype))
    within = raw.FloorDiv(ids, convert_to_tensor(count, ids.dtype))
    return raw.AddV2(gather(starts, piece), within)


def _clipped(rows: Any, ids: Any, max_norm: Any) -> Any:
    if max_norm is None:
        return rows
    first, rank = ids.shape.rank, rows.shape.rank
    if first is None or rank is None:
        axes: Any = raw.Range(raw.Rank(ids), raw.Rank(rows), 1)
    else:
        axes = list(range(first, rank))
    return clip_by_norm(rows, max_norm, axes=axes)


@export("nn.embedding_lookup")
def embedding_lookup(params: Any, ids: Any, max_norm: Any = None, name: str | None = None) -> Any:
    """Rows of an embedding table.

    Args:
        params: tensor or variable of shape `[rows, ...]`, or a list of them that make up the table
            one after the other.
        ids: int32 or int64 tensor of any shape, each in `[0, rows)`; perhaps ragged.
        max_norm: rows of a larger L2 norm are scaled down to it.
        name: name scope of the nodes in a graph.

    Returns:
        A tensor of shape `ids.shape + params.shape[1:]`.

    Raises:
        ValueError: for no `params`.
        InvalidArgumentError: for an id out of range.

    >>> import tidefall as tf
    >>> table = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    >>> tf.nn.embedding_lookup(table, [1, 0, 1]).numpy()
    array([[3., 4.],
           [1., 2.],
           [3., 4.]], dtype=float32)
    """
    with name_scope(name or "embedding_lookup"):
        table = _table(params)
        if isinstance(ids, RaggedTensor):
            if ids.dtype not in (dtypes.int32, dtypes.int64):
                raise ValueError(
                    f"The ids of embedding_lookup have dtype {ids.dtype.name}, and must be int32 "
                    "or int64."
                )
            return ids.with_flat_values(embedding_lookup(params, ids.flat_values, max_norm))
        ids = convert_to_tensor(ids, name="ids")
        places = _places(params, ids) if isinstance(params, Alternating) else ids
        return _clipped(gather(table, places), ids, max_norm)


_COMBINERS = ("mean", "sqrtn", "sum")


@export("nn.embedding_lookup_sparse")
def embedding_lookup_sparse(
    params: Any,
    sp_ids: Any,
    sp_weights: Any,
    combiner: str | None = None,
    max_norm: Any = None,
    name: str | None = None,
    allow_fast_lookup: bool = False,
) -> Any:
    """Sums or means of rows of an embedding table, one for each row of sparse ids.

    Args:
        params: tensor or variable of shape `[rows, ...]`, or a list of them.
        sp_ids: SparseTensor or RaggedTensor `[batch, many]` of ids; every row up to the last
            should have some.
        sp_weights: as `sp_ids`, with the same indices and a weight for each id, or None.
        combiner: "sum", "mean" (None means that), or "sqrtn": the sum over the root of the sum of
            squared weights.
        max_norm: rows of a larger L2 norm are scaled down to it first.
        name: name scope of the nodes in a graph.
        allow_fast_lookup: accepted; there is one way to look up.

    Returns:
        A tensor of shape `[batch] + params.shape[1:]`.

    Raises:
        ValueError: for another combiner.
        TypeError: if `sp_ids` is neither sparse nor ragged.

    >>> import tidefall as tf
    >>> ids = tf.SparseTensor([[0, 0], [0, 1], [1, 0]], [0, 1, 1], [2, 2])
    >>> table = tf.constant([[1.0], [3.0]])
    >>> tf.nn.embedding_lookup_sparse(table, ids, None, combiner="sum").numpy()
    array([[4.],
           [3.]], dtype=float32)
    """
    combiner = "mean" if combiner is None else combiner
    if combiner not in _COMBINERS:
        raise ValueError(f"combiner must be one of 'mean', 'sqrtn' or 'sum', got {combiner}")
    if isinstance(sp_ids, RaggedTensor):
        if sp_weights is not None and not isinstance(sp_weights, RaggedTensor):
            raise TypeError(f"sp_weights must be ragged as sp_ids is, got {type(sp_weights)}")
        if sp_ids.ragged_rank > 1:
            raise invalid(
                "embedding_lookup_sparse takes ragged ids of two dimensions, but got shape "
                f"{sp_ids.shape}."
            )
        sp_ids = sp_ids.to_sparse()
        sp_weights = None if sp_weights is None else sp_weights.to_sparse()
    if not hasattr(sp_ids, "indices") or not hasattr(sp_ids, "values"):
        raise TypeError(f"sp_ids must be a SparseTensor, got {type(sp_ids)}")
    if sp_weights is not None and not hasattr(sp_weights, "values"):
        raise TypeError(f"sp_weights must be either None or SparseTensor, got {type(sp_weights)}")
    with name_scope(name or "embedding_lookup_sparse"):
        # Each row is looked up once, so that its gradient is one slice.
        ids, places = raw.Unique(sp_ids.values)
        rows = raw.GatherV2(embedding_lookup(params, ids, max_norm), places, 0)
        segments = raw.Cast(sp_ids.indices[:, 0], DstT=dtypes.int32)
        add = raw.SegmentSum
        if sp_weights is None:
            weights = raw.OnesLike(raw.Cast(sp_ids.values, DstT=rows.dtype))
        else:
            weights = convert_to_tensor(sp_weights.values)
            if weights.dtype != rows.dtype:
                weights = raw.Cast(weights, DstT=rows.dtype)
        column = _like_rows(weights, rows)
        total = add(rows * column, segments)
        if combiner == "sum":
            return total
        if combiner == "mean":
            return raw.DivNoNan(total, add(column, segments))
        norm = raw.Sqrt(add(column * column, segments))
        return raw.DivNoNan(total, norm)


def _like_rows(weights: Any, rows: Any) -> Any:
    """A vector with as many unit dimensions behind as the rows have dimensions."""
    rank = rows.shape.rank
    if rank is not None:
        return raw.Reshape(weights, np.array([-1] + [1] * (rank - 1), np.int32))
    ones = raw.OnesLike(raw.Shape(rows)[1:])
    return raw.Reshape(weights, raw.ConcatV2([np.array([-1], np.int32), ones], 0))
