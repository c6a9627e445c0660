"""`tf.compat.v1.losses`: losses that add themselves to a collection of the graph."""

from __future__ import annotations

from typing import Any

from tidefall.base.dtypes import as_dtype
from tidefall.base.exports import export
from tidefall.base.state import name_scope, state
from tidefall.op import raw
from tidefall.surface import resolve
from tidefall.tensor.conversion import constant, convert_to_tensor
from tidefall.v1.graphs.graph_keys import GraphKeys, add_to_collection, get_collection


@export("compat.v1.losses.Reduction")
class Reduction:
    """How the losses of elements become one."""

    NONE = "none"
    SUM = "weighted_sum"
    SUM_OVER_BATCH_SIZE = "weighted_sum_over_batch_size"
    MEAN = "weighted_mean"
    SUM_BY_NONZERO_WEIGHTS = "weighted_sum_by_nonzero_weights"
    SUM_OVER_NONZERO_WEIGHTS = SUM_BY_NONZERO_WEIGHTS

    @classmethod
    def all(cls) -> tuple[str, ...]:
        """All of them."""
        return (cls.NONE, cls.SUM, cls.MEAN, cls.SUM_OVER_BATCH_SIZE, cls.SUM_BY_NONZERO_WEIGHTS)

    @classmethod
    def validate(cls, key: str) -> None:
        """Raise ValueError for anything else."""
        if key not in cls.all():
            raise ValueError(f"Invalid Reduction Key: {key}. Key should be one of {cls.all()}.")


def _f(name: str) -> Any:
    path, _, last = name.rpartition(".")
    return resolve(path, last)


def _float(value: Any) -> Any:
    tensor = convert_to_tensor(value)
    float32 = as_dtype("float32")
    return tensor if tensor.dtype.base_dtype == float32 else raw.Cast(tensor, DstT=float32)


def _same_shape(x: Any, y: Any) -> None:
    if not x.shape.is_compatible_with(y.shape):
        raise ValueError(f"Shapes {x.shape} and {y.shape} are incompatible")


@export("compat.v1.losses.compute_weighted_loss")
def compute_weighted_loss(
    losses: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Any:
    """The weighted loss, added to a collection.

    Args:
        losses: losses of the elements.
        weights: a number, or a tensor that broadcasts against the losses.
        scope: name scope of the nodes.
        loss_collection: the collection; None for none.
        reduction: how to reduce, a `Reduction`.

    Returns:
        A scalar; with `Reduction.NONE` the shape of the losses.
    """
    Reduction.validate(reduction)
    with name_scope(scope or "weighted_loss"):
        losses = convert_to_tensor(losses)
        dtype = losses.dtype
        values, weights = _float(losses), _float(weights)
        weighted = raw.Mul(values, weights)
        if reduction == Reduction.NONE:
            loss = weighted
        else:
            loss = _f("reduce_sum")(weighted)
            if reduction == Reduction.MEAN:
                loss = _safe_mean(loss, _f("reduce_sum")(_f("ones_like")(values) * weights))
            elif reduction == Reduction.SUM_BY_NONZERO_WEIGHTS:
                loss = _safe_mean(loss, _present(values, weights))
            elif reduction == Reduction.SUM_OVER_BATCH_SIZE:
                loss = _safe_mean(loss, raw.Cast(raw.Size(values), DstT="float32"))
        if loss.dtype.base_dtype != dtype.base_dtype:
            loss = raw.Cast(loss, DstT=dtype.base_dtype)
        add_loss(loss, loss_collection)
        return loss


def _safe_mean(total: Any, count: Any) -> Any:
    return raw.DivNoNan(total, count, name="value")


def _present(losses: Any, weights: Any) -> Any:
    """How many losses have a weight that is not zero."""
    nonzero = raw.NotEqual(weights, constant(0.0))
    counted = raw.Cast(nonzero, DstT="float32") * _f("ones_like")(losses)
    return _f("reduce_sum")(counted, name="num_present")


@export("compat.v1.losses.add_loss")
def add_loss(loss: Any, loss_collection: Any = GraphKeys.LOSSES) -> None:
    """Add a loss to a collection, in graph mode."""
    if loss_collection and state.graph is not None:
        add_to_collection(loss_collection, loss)


@export("compat.v1.losses.get_losses")
def get_losses(scope: str | None = None, loss_collection: Any = GraphKeys.LOSSES) -> list[Any]:
    """The losses in a collection."""
    return get_collection(loss_collection, scope)


@export("compat.v1.losses.get_regularization_losses")
def get_regularization_losses(scope: str | None = None) -> list[Any]:
    """The losses that regularisers added."""
    return get_collection(GraphKeys.REGULARIZATION_LOSSES, scope)


@export("compat.v1.losses.get_regularization_loss")
def get_regularization_loss(
    scope: str | None = None, name: str = "total_regularization_loss"
) -> Any:
    """The sum of the losses that regularisers added; 0 without any."""
    found = get_regularization_losses(scope)
    return _f("add_n")(found, name=name) if found else constant(0.0)


@export("compat.v1.losses.get_total_loss")
def get_total_loss(
    add_regularization_losses: bool = True, name: str = "total_loss", scope: str | None = None
) -> Any:
    """The sum of all losses.

    Args:
        add_regularization_losses: whether those of regularisers count.
        name: name of the node.
        scope: a regular expression that the names begin with.
    """
    found = get_losses(scope)
    if add_regularization_losses:
        found = found + get_regularization_losses(scope)
    return _f("add_n")(found, name=name)


def _pair(labels: Any, predictions: Any) -> tuple[Any, Any]:
    if labels is None:
        raise ValueError("Argument `labels` must not be None.")
    if predictions is None:
        raise ValueError("Argument `predictions` must not be None.")
    predictions, labels = _float(predictions), _float(labels)
    _same_shape(predictions, labels)
    return labels, predictions


@export("compat.v1.losses.absolute_difference")
def absolute_difference(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Any:
    """The mean of the absolute differences; see `compute_weighted_loss`."""
    with name_scope(scope or "absolute_difference") as inner:
        labels, predictions = _pair(labels, predictions)
        losses = _f("abs")(predictions - labels)
        return compute_weighted_loss(losses, weights, inner, loss_collection, reduction)


@export("compat.v1.losses.mean_squared_error")
def mean_squared_error(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Any:
    """The mean of the squared differences; see `compute_weighted_loss`."""
    with name_scope(scope or "mean_squared_error") as inner:
        labels, predictions = _pair(labels, predictions)
        losses = raw.SquaredDifference(predictions, labels)
        return compute_weighted_loss(losses, weights, inner, loss_collection, reduction)


@export("compat.v1.losses.huber_loss")
def huber_loss(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    delta: float = 1.0,
    scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Any:
    """Squared near zero and linear beyond `delta`; see `compute_weighted_loss`."""
    with name_scope(scope or "huber_loss") as inner:
        labels, predictions = _pair(labels, predictions)
        error = _f("abs")(predictions - labels)
        quadratic = _f("minimum")(error, delta)
        losses = 0.5 * quadratic * quadratic + delta * (error - quadratic)
        return compute_weighted_loss(losses, weights, inner, loss_collection, reduction)


@export("compat.v1.losses.log_loss")
def log_loss(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    epsilon: float = 1e-7,
    scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Any:
    """Cross entropy of probabilities of two classes; see `compute_weighted_loss`."""
    with name_scope(scope or "log_loss") as inner:
        labels, predictions = _pair(labels, predictions)
        log = raw.Log
        losses = -labels * log(predictions + epsilon)
        losses = losses - (1 - labels) * log(1 - predictions + epsilon)
        return compute_weighted_loss(losses, weights, inner, loss_collection, reduction)


@export("compat.v1.losses.hinge_loss")
def hinge_loss(
    labels: Any,
    logits: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Any:
    """The hinge loss of labels 0 and 1; see `compute_weighted_loss`."""
    with name_scope(scope or "hinge_loss") as inner:
        labels, logits = _pair(labels, logits)
        losses = raw.Relu(1.0 - (2.0 * labels - 1.0) * logits)
        return compute_weighted_loss(losses, weights, inner, loss_collection, reduction)


@export("compat.v1.losses.cosine_distance")
def cosine_distance(
    labels: Any,
    predictions: Any,
    axis: int | None = None,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
    dim: int | None = None,
) -> Any:
    """One minus the product of unit vectors along an axis; see `compute_weighted_loss`."""
    axis = dim if axis is None else axis
    if axis is None:
        raise ValueError("You must specify argument `axis`.")
    with name_scope(scope or "cosine_distance_loss") as inner:
        labels, predictions = _pair(labels, predictions)
        losses = 1 - _f("reduce_sum")(predictions * labels, axis=axis, keepdims=True)
        return compute_weighted_loss(losses, weights, inner, loss_collection, reduction)


@export("compat.v1.losses.sigmoid_cross_entropy")
def sigmoid_cross_entropy(
    multi_class_labels: Any,
    logits: Any,
    weights: Any = 1.0,
    label_smoothing: float = 0,
    scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Any:
    """Cross entropy of independent classes; see `compute_weighted_loss`."""
    with name_scope(scope or "sigmoid_cross_entropy_loss") as inner:
        logits = convert_to_tensor(logits)
        labels = _f("cast")(multi_class_labels, logits.dtype)
        _same_shape(logits, labels)
        if label_smoothing > 0:
            labels = labels * (1 - label_smoothing) + 0.5 * label_smoothing
        losses = _f("nn.sigmoid_cross_entropy_with_logits")(labels=labels, logits=logits)
        return compute_weighted_loss(losses, weights, inner, loss_collection, reduction)


@export("compat.v1.losses.softmax_cross_entropy")
def softmax_cross_entropy(
    onehot_labels: Any,
    logits: Any,
    weights: Any = 1.0,
    label_smoothing: float = 0,
    scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Any:
    """Cross entropy of a softmax, labels taken as constants; see `compute_weighted_loss`."""
    with name_scope(scope or "softmax_cross_entropy_loss") as inner:
        logits = convert_to_tensor(logits)
        labels = _f("cast")(onehot_labels, logits.dtype)
        _same_shape(logits, labels)
        if label_smoothing > 0:
            count = float(labels.shape.as_list()[-1])
            labels = labels * (1.0 - label_smoothing) + label_smoothing / count
        labels = raw.StopGradient(labels, name="labels_stop_gradient")
        losses = _f("nn.softmax_cross_entropy_with_logits")(labels, logits, name="xentropy")
        return compute_weighted_loss(losses, weights, inner, loss_collection, reduction)


@export("compat.v1.losses.sparse_softmax_cross_entropy")
def sparse_softmax_cross_entropy(
    labels: Any,
    logits: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Any:
    """Cross entropy of a softmax with numbers of classes; see `compute_weighted_loss`."""
    with name_scope(scope or "sparse_softmax_cross_entropy_loss") as inner:
        labels, logits = convert_to_tensor(labels), convert_to_tensor(logits)
        if labels.shape.rank is not None and labels.shape.rank == logits.shape.rank:
            labels = _f("squeeze")(labels, [-1])
        losses = _f("nn.sparse_softmax_cross_entropy_with_logits")(labels, logits, name="xentropy")
        return compute_weighted_loss(losses, weights, inner, loss_collection, reduction)
