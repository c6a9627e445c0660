"""Cross-entropy losses on logits."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dispatch import BINARY
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape, broadcast_shape
from tidefall.base.state import name_scope
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import op
from tidefall.ops.batching import Call, Fallback, joined, shape_vector
from tidefall.ops.common import invalid, jnp, lax, shape_text
from tidefall.ops.nn.activations import widen
from tidefall.ops.nn.softmax import log_softmax_op, move_to_last, softmax_op
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import EagerTensor

# ---- SoftmaxCrossEntropyWithLogits ----


def _dense_shape(c: Inference) -> list[TensorShape]:
    features, labels = c.shape(0), c.shape(1)
    try:
        both = broadcast_shape(features, labels)
    except ValueError:
        raise ValueError(
            "logits and labels must be broadcastable: "
            f"logits_size={shape_text(features)} labels_size={shape_text(labels)}"
        ) from None
    if both.rank is not None and both.rank != 2:
        raise ValueError(
            "logits and labels must be either 2-dimensional, or broadcasted to be 2-dimensional"
        )
    both = both.with_rank(2)
    return [both[:1], both]


def _dense_host(features: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    x, y = np.broadcast_arrays(widen(features), widen(labels))
    if x.ndim != 2:
        raise invalid(
            "logits and labels must be either 2-dimensional, or broadcasted to be 2-dimensional"
        )
    if not x.size:
        return np.zeros(x.shape[:1], features.dtype), np.zeros(x.shape, features.dtype)
    shifted = x - np.maximum.reduce(x, axis=-1, keepdims=True)
    backprop = np.exp(shifted)
    total = np.add.reduce(backprop, axis=-1, keepdims=True)
    loss = (y * (np.log(total) - shifted)).sum(axis=-1)
    backprop /= total
    backprop -= y
    kind = features.dtype
    return loss.astype(kind, copy=False), backprop.astype(kind, copy=False)


def _dense_xla(features: Any, labels: Any) -> tuple[Any, Any]:
    features, labels = jnp.broadcast_arrays(features, labels)
    shifted = features - jnp.max(features, axis=-1, keepdims=True)
    exponentials = jnp.exp(shifted)
    total = jnp.sum(exponentials, axis=-1, keepdims=True)
    terms = labels * (jnp.log(total) - shifted)
    return jnp.sum(terms, axis=-1), exponentials / total - labels


def _missing(gradient: Any) -> bool:
    """True when a gradient is known to be all zeros, as that of an unused output is."""
    if isinstance(gradient, EagerTensor):
        return not gradient.host_array().any()
    node = gradient.op
    if node.op_type is raw.Fill:
        node = node.inputs[1].op
    return node.op_type is raw.ZerosLike or (
        node.op_type is raw.Const and not node.attrs["value"].any()
    )


def _with_second_order(features: Any, dloss: Any, dbackprop: Any, backprop: Any) -> Any:
    """Gradient with respect to the logits, through the loss and through its own gradient."""
    if dloss is None:
        dloss = raw.ZerosLike(backprop)[:, 0]
    gradient = raw.ExpandDims(dloss, -1) * backprop
    if dbackprop is None or _missing(dbackprop):
        return gradient
    softmax = softmax_op(features)
    weighted = raw.Sum(dbackprop * softmax, -1, keep_dims=True)
    return gradient + (dbackprop - weighted) * softmax


def _dense_grad(op: Any, dloss: Any, dbackprop: Any) -> list[Any]:
    features = op.inputs[0]
    dlogits = _with_second_order(features, dloss, dbackprop, op.outputs[1])
    wanted = getattr(op, "needed", None) or (True, True)
    if not wanted[1]:
        return [dlogits, None]
    if dloss is None:
        return [dlogits, raw.ZerosLike(op.inputs[1])]
    return [dlogits, raw.ExpandDims(dloss, -1) * -log_softmax_op(features)]


_dense_grad.takes_missing_gradients = True  # type: ignore[attr-defined]


def _cross_entropy_batching(call: Call) -> Any:
    """Runs and batch are one dimension for the op."""
    if call.rank(0) != 2 or call.rank(1) != call.node.inputs[1].shape.rank:
        raise Fallback
    logits, labels = call.stacked(0), call.stacked(1)
    full = shape_vector(logits)
    rows = raw.Reshape(logits, joined([-1], full[2:]))
    sparse = call.node.type.startswith("Sparse")
    sizes = np.array([-1], np.int32) if sparse else joined([-1], full[2:])
    loss, gradient = call.run([rows, raw.Reshape(labels, sizes)])
    return [
        raw.Reshape(loss, full[:2]),
        raw.Reshape(gradient, full),
    ]


softmax_cross_entropy_op = op(
    "SoftmaxCrossEntropyWithLogits",
    shape=_dense_shape,
    host=_dense_host,
    xla=_dense_xla,
    effects=PURE,
    batching=_cross_entropy_batching,
    gradient=_dense_grad,
)


@export("nn.softmax_cross_entropy_with_logits")
def softmax_cross_entropy_with_logits(
    labels: Any, logits: Any, axis: int = -1, name: str | None = None
) -> Any:
    """Cross entropy between label distributions and the softmax of logits.

    Args:
        labels: floating-point tensor of shape `[..., classes]`; each row a distribution.
        logits: floating-point tensor of shape `[..., classes]`, not scaled.
        axis: the axis of the classes.
        name: name scope of the nodes in a graph.

    Returns:
        A tensor of shape `[...]` with the dtype of `logits`.

    Raises:
        InvalidArgumentError: if the shapes do not fit together.

    >>> import tidefall as tf
    >>> tf.nn.softmax_cross_entropy_with_logits([[0.0, 1.0]], [[1.0, 1.0]]).numpy().round(4)
    array([0.6931], dtype=float32)
    """
    with name_scope(name or "softmax_cross_entropy_with_logits"):
        logits = convert_to_tensor(logits, name="logits")
        labels = convert_to_tensor(labels, dtype_hint=logits.dtype, name="labels")
        cast = raw.Cast
        wide = logits.dtype.as_numpy_dtype == np.float16 or logits.dtype == dtypes.bfloat16
        precise = cast(logits, DstT=dtypes.float32) if wide else logits
        if labels.dtype != precise.dtype:
            labels = cast(labels, DstT=precise.dtype)
        rank = precise.shape.rank
        if axis != -1 and axis != (rank or 0) - 1:
            precise, _ = move_to_last(precise, axis)
            labels, _ = move_to_last(labels, axis)
        if precise.shape.rank == 2 and labels.shape.rank in (1, 2):
            cost = softmax_cross_entropy_op(precise, labels)[0]
        else:
            cost = _over_rows(precise, labels)
        return cast(cost, DstT=logits.dtype) if wide else cost


def _over_rows(logits: Any, labels: Any) -> Any:
    """The loss for any number of leading dimensions."""
    shape = raw.Shape(logits)
    classes = shape[-1:]
    flat = raw.ConcatV2([np.array([-1], np.int32), classes], 0)
    reshape = raw.Reshape
    cost = softmax_cross_entropy_op(reshape(logits, flat), reshape(labels, flat))[0]
    result = reshape(cost, shape[:-1])
    if logits.shape.rank is not None and state_is_symbolic(result):
        result.set_shape(logits.shape[:-1])
    return result


def state_is_symbolic(tensor: Any) -> bool:
    """True for tensors of a graph, whose static shape may be refined."""
    return not isinstance(tensor, EagerTensor)


# ---- SparseSoftmaxCrossEntropyWithLogits ----


def _sparse_shape(c: Inference) -> list[TensorShape]:
    features, labels = c.shape(0), c.shape(1)
    if features.rank is not None and features.rank != 2:
        raise ValueError(f"logits must be 2-D, but got shape {shape_text(features)}")
    if labels.rank is not None and labels.rank != 1:
        raise ValueError(f"labels must be 1-D, but got shape {shape_text(labels)}")
    features, labels = features.with_rank(2), labels.with_rank(1)
    if not features[:1].is_compatible_with(labels):
        raise ValueError(
            "logits and labels must have the same first dimension, got logits shape "
            f"{shape_text(features)} and labels shape {shape_text(labels)}"
        )
    batch = features[:1].merge_with(labels)
    return [batch, batch.concatenate(features[1:])]


def _sparse_host(features: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    x = widen(features)
    if x.ndim != 2 or labels.ndim != 1 or x.shape[0] != labels.shape[0]:
        raise ValueError("logits must be 2-D and labels 1-D, of one batch size")
    batch, classes = x.shape
    outside = labels.view(np.uint32 if labels.dtype.itemsize == 4 else np.uint64) >= classes
    if outside.any():
        raise invalid(
            f"Received a label value of {labels[outside][0]} which is outside the valid range of "
            f"[0, {classes}).  Label values: {' '.join(map(str, labels[:100]))}"
        )
    if not x.size:
        return np.zeros(batch, features.dtype), np.zeros(x.shape, features.dtype)
    shifted = x - np.maximum.reduce(x, axis=-1, keepdims=True)
    rows = np.arange(batch)
    picked = shifted[rows, labels]
    backprop = np.exp(shifted, out=shifted)
    total = np.add.reduce(backprop, axis=-1)
    backprop /= total[:, None]
    backprop[rows, labels] -= x.dtype.type(1)
    kind = features.dtype
    return (np.log(total) - picked).astype(kind, copy=False), backprop.astype(kind, copy=False)


def _sparse_xla(features: Any, labels: Any) -> tuple[Any, Any]:
    # Comparing with an iota fuses into the other loops over the classes, a gather does not.
    shifted = features - jnp.max(features, axis=-1, keepdims=True)
    exponentials = jnp.exp(shifted)
    total = jnp.sum(exponentials, axis=-1, keepdims=True)
    labels = jnp.asarray(labels)[:, None]
    here = lax.broadcasted_iota(labels.dtype, features.shape, 1) == labels
    picked = jnp.sum(jnp.where(here, shifted, jnp.zeros_like(shifted)), axis=-1)
    # A label out of range cannot stop a compiled program: its row becomes NaN.
    valid = (labels >= 0) & (labels < features.shape[1])
    total = jnp.where(valid, total, jnp.full_like(total, np.nan))
    backprop = exponentials / total - here.astype(features.dtype)
    return jnp.log(total[:, 0]) - picked, backprop


def _sparse_grad(op: Any, dloss: Any, dbackprop: Any) -> list[Any]:
    return [_with_second_order(op.inputs[0], dloss, dbackprop, op.outputs[1]), None]


_sparse_grad.takes_missing_gradients = True  # type: ignore[attr-defined]
sparse_softmax_cross_entropy_op = op(
    "SparseSoftmaxCrossEntropyWithLogits",
    shape=_sparse_shape,
    host=_sparse_host,
    xla=_sparse_xla,
    effects=PURE,
    batching=_cross_entropy_batching,
    gradient=_sparse_grad,
)


@export("nn.sparse_softmax_cross_entropy_with_logits")
def sparse_softmax_cross_entropy_with_logits(
    labels: Any, logits: Any, name: str | None = None
) -> Any:
    """Cross entropy between class numbers and the softmax of logits.

    Args:
        labels: int32 or int64 tensor of shape `[...]`, each in `[0, classes)`.
        logits: floating-point tensor of shape `[..., classes]`, not scaled.
        name: name scope of the nodes in a graph.

    Returns:
        A tensor of shape `[...]` with the dtype of `logits`.

    Raises:
        ValueError: if the shapes do not fit together.
        InvalidArgumentError: for a label out of range. Compiled programs give NaN instead.

    >>> import tidefall as tf
    >>> tf.nn.sparse_softmax_cross_entropy_with_logits([1], [[1.0, 1.0]]).numpy().round(4)
    array([0.6931], dtype=float32)
    """
    with name_scope(name or "SparseSoftmaxCrossEntropyWithLogits"):
        labels = convert_to_tensor(labels)
        logits = convert_to_tensor(logits)
        _check_sparse(labels, logits)
        wide = logits.dtype in (dtypes.float16, dtypes.bfloat16)
        precise = raw.Cast(logits, DstT=dtypes.float32) if wide else logits
        if logits.shape.rank == 2:
            cost = sparse_softmax_cross_entropy_op(precise, labels)[0]
        else:
            cost = _sparse_over_rows(labels, precise)
        return raw.Cast(cost, DstT=logits.dtype) if wide else cost


def _sparse_over_rows(labels: Any, logits: Any) -> Any:
    reshape = raw.Reshape
    shape = raw.Shape(labels)
    classes = raw.Shape(logits)[-1:]
    flat = raw.ConcatV2([np.array([-1], np.int32), classes], 0)
    labels_flat = reshape(labels, np.array([-1], np.int32))
    cost = reshape(sparse_softmax_cross_entropy_op(reshape(logits, flat), labels_flat)[0], shape)
    if state_is_symbolic(cost):
        cost.set_shape(labels.shape)
    return cost


def _check_sparse(labels: Any, logits: Any) -> None:
    shape, rows = logits.shape, labels.shape
    if shape.rank == 0:
        raise ValueError(f"`logits` cannot be a scalar. Received logits={logits!r}")
    if shape.rank is None or rows.rank is None:
        return
    if rows.rank != shape.rank - 1:
        raise ValueError(
            "`labels.shape.rank` must equal `logits.shape.rank - 1`. Received: "
            f"labels.shape={rows} of rank {rows.rank} and logits.shape={shape} of rank {shape.rank}"
        )
    if not rows.is_compatible_with(shape[:-1]):
        raise ValueError(
            "`labels.shape` must equal `logits.shape` except for the last dimension. "
            f"Received: labels.shape={rows} and logits.shape={shape}"
        )


# ---- sigmoid losses ----


def _same_shape(logits: Any, labels: Any) -> None:
    if not logits.shape.is_compatible_with(labels.shape):
        raise ValueError(
            "`logits` and `labels` must have the same shape, "
            f"received ({logits.shape} vs {labels.shape})."
        )


@export("nn.sigmoid_cross_entropy_with_logits", dispatch=BINARY)
def sigmoid_cross_entropy_with_logits(
    labels: Any = None, logits: Any = None, name: str | None = None
) -> Any:
    """Cross entropy of independent yes/no probabilities, given as logits.

    Args:
        labels: floating-point tensor of any shape `[...]`, values in [0, 1].
        logits: tensor of the same shape and dtype.
        name: name scope of the nodes in a graph.

    Returns:
        A tensor of the same shape and dtype, one loss per element.

    Raises:
        ValueError: if an argument is missing or the shapes differ.

    >>> import tidefall as tf
    >>> tf.nn.sigmoid_cross_entropy_with_logits([1.0, 0.0], [0.0, 0.0]).numpy().round(4)
    array([0.6931, 0.6931], dtype=float32)
    """
    if labels is None or logits is None:
        raise ValueError(
            "Both `labels` and `logits` must be provided. "
            f"Received: labels={labels!r} and logits={logits!r}"
        )
    with name_scope(name or "logistic_loss") as scope:
        logits = convert_to_tensor(logits, name="logits")
        labels = convert_to_tensor(labels, name="labels")
        _same_shape(logits, labels)
        # max(x, 0) - x z + log(1 + exp(-|x|)): no exponential of a large number, and both
        # branches chosen by one condition so that the gradient at 0 is the exact one.
        zeros = raw.ZerosLike(logits)
        positive = raw.GreaterEqual(logits, zeros)
        select = raw.SelectV2
        relu = select(positive, logits, zeros)
        minus_abs = select(positive, -logits, logits)
        tail = raw.Log1p(raw.Exp(minus_abs))
        return raw.AddV2(relu - logits * labels, tail, name=scope)


@export("nn.weighted_cross_entropy_with_logits")
def weighted_cross_entropy_with_logits(
    labels: Any, logits: Any, pos_weight: Any, name: str | None = None
) -> Any:
    """Sigmoid cross entropy in which positive labels weigh more or less than negative ones.

    Args:
        labels: floating-point tensor of any shape `[...]`, values in [0, 1].
        logits: tensor of the same shape and dtype.
        pos_weight: factor on the loss of positive labels; broadcasts against `logits`.
        name: name scope of the nodes in a graph.

    Returns:
        A tensor of the same shape and dtype, one loss per element.

    Raises:
        ValueError: if the shapes differ.

    >>> import tidefall as tf
    >>> tf.nn.weighted_cross_entropy_with_logits([1.0], [0.0], 2.0).numpy().round(4)
    array([1.3863], dtype=float32)
    """
    with name_scope(name or "logistic_loss") as scope:
        logits = convert_to_tensor(logits, name="logits")
        labels = convert_to_tensor(labels, dtype_hint=logits.dtype, name="labels")
        _same_shape(logits, labels)
        weight = 1 + (pos_weight - 1) * labels
        tail = raw.Log1p(raw.Exp(-raw.Abs(logits)))
        rest = weight * (tail + raw.Relu(-logits))
        return raw.AddV2((1 - labels) * logits, rest, name=scope)


@export("nn.log_poisson_loss")
def log_poisson_loss(
    targets: Any, log_input: Any, compute_full_loss: bool = False, name: str | None = None
) -> Any:
    """Poisson loss `exp(c) - z c` of a predicted log rate `c` and a target count `z`.

    Args:
        targets: floating-point tensor of any shape `[...]`.
        log_input: tensor of the same shape and dtype.
        compute_full_loss: add Stirling's approximation of `log(z!)`.
        name: name scope of the nodes in a graph.

    Returns:
        A tensor of the same shape and dtype, one loss per element.

    Raises:
        ValueError: if the shapes differ.

    >>> import tidefall as tf
    >>> tf.nn.log_poisson_loss([2.0], [0.0]).numpy()
    array([1.], dtype=float32)
    """
    with name_scope(name or "log_poisson_loss"):
        log_input = convert_to_tensor(log_input, name="log_input")
        targets = convert_to_tensor(targets, name="targets")
        if not log_input.shape.is_compatible_with(targets.shape):
            raise ValueError(
                "`log_input` and `targets` must have the same shape, "
                f"received ({log_input.shape} vs {targets.shape})."
            )
        result = raw.Exp(log_input) - log_input * targets
        if not compute_full_loss:
            return result
        log = raw.Log
        stirling = targets * log(targets) - targets + 0.5 * log(2 * np.pi * targets)
        zeros = raw.ZerosLike(targets)
        small = raw.LogicalAnd(raw.GreaterEqual(targets, zeros), raw.LessEqual(targets, zeros + 1))
        return result + raw.SelectV2(small, zeros, stirling)
