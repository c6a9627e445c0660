"""Ranks of classes and approximate tops: in_top_k, approx_max_k."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np

from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.array.common import check_axis, require_rank
from tidefall.ops.array.sorting import spread_to_places, top_of_rows
from tidefall.ops.common import invalid, jnp, lax

ApproxTopK = namedtuple("ApproxTopK", ["values", "indices"])

# ---- InTopK ----


def _in_top_k_shape(c: Inference) -> TensorShape:
    require_rank(c.shape(0), 2)
    require_rank(c.shape(1), 1)
    rows = c.shape(1).with_rank(1)
    return rows if c.shape(0).rank is None else rows.merge_with(c.shape(0)[:1])


def _in_top_k(predictions: Any, targets: Any, k: Any, xp: Any) -> Any:
    if predictions.ndim != 2:
        raise invalid("predictions must be 2-dimensional")
    if targets.ndim != 1:
        raise invalid("targets must be 1-dimensional")
    if predictions.shape[0] != targets.shape[0]:
        raise invalid(
            f"First dimension of predictions {predictions.shape[0]} must match length of targets "
            f"{targets.shape[0]}"
        )
    inside = (targets >= 0) & (targets < predictions.shape[1])
    own = xp.take_along_axis(predictions, xp.where(inside, targets, 0)[:, None], 1)
    better = (predictions > own).sum(1)
    return inside & xp.isfinite(predictions).all(1) & (better < k)


in_top_k_v2_op = op(
    "InTopKV2",
    shape=_in_top_k_shape,
    host=lambda predictions, targets, k: _in_top_k(predictions, targets, k, np),
    xla=lambda predictions, targets, k: _in_top_k(
        jnp.asarray(predictions), jnp.asarray(targets), k, jnp
    ),
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)
in_top_k_op = op(
    "InTopK",
    shape=_in_top_k_shape,
    host=lambda predictions, targets, *, k: _in_top_k(predictions, targets, k, np),
    xla=lambda predictions, targets, *, k: _in_top_k(
        jnp.asarray(predictions), jnp.asarray(targets), k, jnp
    ),
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)


@export("math.in_top_k", "nn.in_top_k")
def in_top_k(targets: Any, predictions: Any, k: Any, name: str | None = None) -> Any:
    """Whether the target class is among the k with the highest predictions.

    Args:
        targets: integers `[batch]`.
        predictions: a float32 tensor `[batch, classes]`.
        k: how many classes to look at.
        name: name of the node in a graph.

    Returns:
        A bool tensor `[batch]`. Classes tied at the border all count; a row with a value that is
        not finite, or a target out of range, gives False.

    Raises:
        InvalidArgumentError: if the shapes do not agree.

    >>> import tidefall as tf
    >>> tf.math.in_top_k([1, 0], [[0.1, 0.9], [0.2, 0.8]], 1).numpy()
    array([ True, False])
    """
    return in_top_k_v2_op(predictions, targets, k, name=name)


# ---- ApproxTopK ----


def _approx_shape(c: Inference) -> list[TensorShape]:
    source, k = c.shape(0), c.attr("k")
    if source.rank is None:
        return [source, source]
    axis = check_axis(c.attr("reduction_dimension"), source.rank, "reduction_dimension")
    dims = source.as_list()
    size = dims[axis]
    if size is not None and size < k:
        raise ValueError(f"input must have last dimension >= k = {k} but was {size}")
    dims[axis] = k
    return [TensorShape(dims), TensorShape(dims)]


def _approx_host(
    input: np.ndarray, *, k: int, reduction_dimension: int, is_max_k: bool
) -> tuple[np.ndarray, np.ndarray]:
    """The exact answer: on the host there is nothing to gain from a worse one.

    Nor are there more than k candidates where `aggregate_to_topk` asks to keep them all.
    """
    if not -input.ndim <= reduction_dimension < input.ndim:
        raise invalid(
            f"reduction_dimension must be in [{-input.ndim}, {input.ndim}), not "
            f"{reduction_dimension}"
        )
    rows = np.moveaxis(input, reduction_dimension, -1)
    if not 0 <= k <= rows.shape[-1]:
        raise invalid(f"input must have {k} elements along its axis, and has {rows.shape[-1]}")
    values, indices = top_of_rows(rows if is_max_k else -rows, k, np.int32)
    back = [np.moveaxis(v, -1, reduction_dimension) for v in (values, indices)]
    return (back[0] if is_max_k else -back[0], back[1])


def _approx_xla(
    input: Any,
    *,
    k: int,
    reduction_dimension: int,
    recall_target: float,
    is_max_k: bool,
    reduction_input_size_override: int,
) -> Any:
    """As many as on the host whatever `aggregate_to_topk` says, so that executors agree."""
    find = lax.approx_max_k if is_max_k else lax.approx_min_k
    return find(
        jnp.asarray(input), k, reduction_dimension, recall_target, reduction_input_size_override
    )


def _approx_grad(op: Any, dy: Any, _: Any) -> Any:
    x, indices = op.inputs[0], op.outputs[1]
    rank = x.shape.rank
    if rank is None:
        raise NotImplementedError("The gradient of ApproxTopK needs an input of known rank.")
    axis = check_axis(op.get_attr("reduction_dimension"), rank)
    if axis == rank - 1:
        return spread_to_places(x, indices, dy)
    order = np.arange(rank)
    order[axis], order[-1] = order[-1], order[axis]
    turn = raw.Transpose
    return turn(spread_to_places(turn(x, order), turn(indices, order), turn(dy, order)), order)


approx_top_k_op = op(
    "ApproxTopK",
    shape=_approx_shape,
    host=_approx_host,
    xla=_approx_xla,
    effects=PURE,
    gradient=_approx_grad,
)


@export("approx_top_k")
def approx_top_k(
    input: Any,
    k: int,
    reduction_dimension: int = -1,
    recall_target: float = 0.95,
    is_max_k: bool = True,
    reduction_input_size_override: int = -1,
    aggregate_to_topk: bool = True,
    name: str | None = None,
) -> Any:
    """The k largest or smallest elements along an axis, most of them.

    Args:
        input: a float32, float16 or bfloat16 tensor.
        k: how many.
        reduction_dimension: the axis to search.
        recall_target: the share of the true top k that must be found. CPUs find all.
        is_max_k: whether to look for the largest.
        reduction_input_size_override: size to tune the search for, -1 for that of the input.
        aggregate_to_topk: False allows more than k candidates to be returned. There are k of them
            here, and in TensorFlow unless it compiles the call.
        name: name of the node in a graph.

    Returns:
        A named tuple of `values` and `indices`, of size k along the axis.

    Raises:
        InvalidArgumentError: if there are fewer than k elements.

    >>> import tidefall as tf
    >>> tf.approx_top_k([1.0, 5.0, 3.0], 2).indices.numpy()
    array([1, 2], dtype=int32)
    """
    found = approx_top_k_op(
        input,
        k=k,
        reduction_dimension=reduction_dimension,
        recall_target=recall_target,
        is_max_k=is_max_k,
        reduction_input_size_override=reduction_input_size_override,
        aggregate_to_topk=aggregate_to_topk,
        name=name,
    )
    return ApproxTopK(*found)


@export("math.approx_max_k", "nn.approx_max_k")
def approx_max_k(
    operand: Any,
    k: int,
    reduction_dimension: int = -1,
    recall_target: float = 0.95,
    reduction_input_size_override: int = -1,
    aggregate_to_topk: bool = True,
    name: str | None = None,
) -> Any:
    """The k largest elements along an axis, most of them; see `tf.approx_top_k`.

    >>> import tidefall as tf
    >>> tf.math.approx_max_k([1.0, 5.0, 3.0], 2).values.numpy()
    array([5., 3.], dtype=float32)
    """
    return approx_top_k(
        operand,
        k,
        reduction_dimension,
        recall_target,
        True,
        reduction_input_size_override,
        aggregate_to_topk,
        name,
    )


@export("math.approx_min_k", "nn.approx_min_k")
def approx_min_k(
    operand: Any,
    k: int,
    reduction_dimension: int = -1,
    recall_target: float = 0.95,
    reduction_input_size_override: int = -1,
    aggregate_to_topk: bool = True,
    name: str | None = None,
) -> Any:
    """The k smallest elements along an axis, most of them; see `tf.approx_top_k`.

    >>> import tidefall as tf
    >>> tf.math.approx_min_k([1.0, 5.0, 3.0], 2).values.numpy()
    array([1., 3.], dtype=float32)
    """
    return approx_top_k(
        operand,
        k,
        reduction_dimension,
        recall_target,
        False,
        reduction_input_size_override,
        aggregate_to_topk,
        name,
    )
