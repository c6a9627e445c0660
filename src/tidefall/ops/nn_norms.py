"""Norms of tensors: L2 loss, normalising to unit length, counting zeros, in_top_k."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.core.convert import convert_to_tensor
from tidefall.core.inference import Inference
from tidefall.core.op import NOT_DIFFERENTIABLE, export, find_op, op
from tidefall.core.shapes import TensorShape
from tidefall.core.state import name_scope
from tidefall.ops.common import jnp, lax, scalar, shape_text
from tidefall.ops.nn_activations import widen


def _l2_loss_host(t: np.ndarray) -> np.ndarray:
    x = widen(t).reshape(-1)
    return np.asarray(np.dot(x, x) / x.dtype.type(2), t.dtype)


def _l2_loss_xla(t: Any) -> Any:
    return (jnp.sum(jnp.square(t)) / 2).astype(t.dtype)


l2_loss_op = op(
    "L2Loss",
    shape=scalar,
    host=_l2_loss_host,
    xla=_l2_loss_xla,
    gradient=lambda op, dy: op.inputs[0] * dy,
)


@export("nn.l2_loss")
def l2_loss(t: Any, name: str | None = None) -> Any:
    """Half the sum of squares: `sum(t ** 2) / 2`.

    Args:
        t: floating-point tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A scalar of the same dtype.

    >>> import tidefall as tf
    >>> tf.nn.l2_loss([3.0, 4.0]).numpy()
    np.float32(12.5)
    """
    return l2_loss_op(t, name=name)


@export("linalg.l2_normalize", "math.l2_normalize", "nn.l2_normalize")
def l2_normalize(
    x: Any, axis: Any = None, epsilon: float = 1e-12, name: str | None = None, dim: Any = None
) -> Any:
    """Scale a tensor to unit L2 norm along axes: `x * rsqrt(max(sum(x ** 2), epsilon))`.

    Args:
        x: floating-point or complex tensor of any shape.
        axis: axis or axes of a vector; None takes the whole tensor as one.
        epsilon: lower bound of the squared norm.
        name: name scope of the nodes in a graph.
        dim: old name of `axis`.

    Returns:
        A tensor of the input's shape and dtype.

    >>> import tidefall as tf
    >>> tf.math.l2_normalize([3.0, 4.0]).numpy()
    array([0.6, 0.8], dtype=float32)
    """
    if dim is not None:
        if axis is not None:
            raise ValueError("Cannot specify both 'axis' and 'dim'.")
        axis = dim
    with name_scope(name or "l2_normalize") as scope:
        x = convert_to_tensor(x, name="x")
        is_complex = x.dtype.is_complex
        if is_complex:
            real, imag = find_op("Real"), find_op("Imag")
            types = {"Tout": x.dtype.real_dtype}
            square = find_op("Square")(real(x, **types)) + find_op("Square")(imag(x, **types))
        else:
            square = find_op("Square")(x)
        total = find_op("Sum")(square, _all_axes(x) if axis is None else axis, keep_dims=True)
        inverse = find_op("Rsqrt")(find_op("Maximum")(total, epsilon))
        if is_complex:
            inverse = find_op("Complex")(inverse, find_op("ZerosLike")(inverse), Tout=x.dtype)
        return find_op("Mul")(x, inverse, name=scope)


def _all_axes(x: Any) -> Any:
    rank = x.shape.rank
    if rank is None:
        return find_op("Range")(0, find_op("Rank")(x), 1)
    return np.arange(rank, dtype=np.int32)


# ---- InTopK ----


def _in_top_k_shape(c: Inference) -> TensorShape:
    predictions, targets = c.shape(0), c.shape(1)
    if predictions.rank not in (None, 2):
        raise ValueError(f"predictions must be 2-dimensional, got {shape_text(predictions)}")
    if targets.rank not in (None, 1):
        raise ValueError(f"targets must be 1-dimensional, got {shape_text(targets)}")
    rows = predictions.with_rank(2)[:1]
    if not rows.is_compatible_with(targets):
        raise ValueError(
            "First dimension of predictions must match length of targets: "
            f"{shape_text(predictions)} vs {shape_text(targets)}"
        )
    return rows.merge_with(targets)


def _in_top_k_host(predictions: np.ndarray, targets: np.ndarray, k: Any) -> np.ndarray:
    if predictions.ndim != 2 or targets.shape != predictions.shape[:1]:
        raise ValueError("predictions must be [batch, classes] and targets [batch]")
    classes = predictions.shape[1]
    inside = (targets >= 0) & (targets < classes)
    if not classes:
        return inside
    column = np.where(inside, targets, 0)[:, None]
    score = np.take_along_axis(predictions, column, 1)
    # A target that ties with the k-th place is in; a row with a NaN or infinity has no ranking
    # for it, so its target is out.
    better = (predictions > score).sum(1)
    ranked = np.isfinite(score[:, 0]) & np.isfinite(predictions).all(1)
    return inside & ranked & (better < k)


def _in_top_k_v1_host(predictions: np.ndarray, targets: np.ndarray, *, k: int) -> np.ndarray:
    return _in_top_k_host(predictions, targets, k)


def _in_top_k_xla(predictions: Any, targets: Any, k: Any) -> Any:
    targets = jnp.asarray(targets)
    classes = predictions.shape[1]
    inside = (targets >= 0) & (targets < classes)
    here = lax.broadcasted_iota(targets.dtype, predictions.shape, 1) == targets[:, None]
    score = jnp.sum(jnp.where(here, predictions, jnp.zeros_like(predictions)), 1, keepdims=True)
    better = jnp.sum(predictions > score, 1)
    return inside & jnp.isfinite(predictions).all(1) & (better < k)


def _in_top_k_v1_xla(predictions: Any, targets: Any, *, k: int) -> Any:
    return _in_top_k_xla(predictions, targets, k)


in_top_k_op = op(
    "InTopKV2",
    shape=_in_top_k_shape,
    host=_in_top_k_host,
    xla=_in_top_k_xla,
    gradient=NOT_DIFFERENTIABLE,
)
op(
    "InTopK",
    shape=_in_top_k_shape,
    host=_in_top_k_v1_host,
    xla=_in_top_k_v1_xla,
    gradient=NOT_DIFFERENTIABLE,
)


@export("math.in_top_k", "nn.in_top_k")
def in_top_k(targets: Any, predictions: Any, k: Any, name: str | None = None) -> Any:
    """Whether each target is among the `k` highest predictions of its row.

    Args:
        targets: int32 or int64 tensor of shape `[batch]`: class numbers.
        predictions: float32 tensor of shape `[batch, classes]`.
        k: how many of the highest predictions to look at.
        name: name of the node in a graph.

    Returns:
        A bool tensor of shape `[batch]`. Classes tied for the last place all count as inside.

    >>> import tidefall as tf
    >>> tf.math.in_top_k([2, 0], [[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]], k=2).numpy()
    array([ True, False])
    """
    with name_scope(name or "in_top_k"):
        targets = convert_to_tensor(targets, name="targets")
        k = convert_to_tensor(k, targets.dtype, name="k")
        return in_top_k_op(predictions, targets, k)
