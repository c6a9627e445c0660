"""What all metrics share: their variables, weights, and the tensors they return."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tidefall.base import dtypes
from tidefall.base.state import state
from tidefall.graph.v1.default_graph import get_default_graph
from tidefall.ops.array.constants import ones_like, zeros
from tidefall.ops.array.reshaping import expand_dims, squeeze
from tidefall.ops.array.transposing import broadcast_to
from tidefall.ops.math.cast import cast
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.v1.graphs.graph_keys import GraphKeys
from tidefall.v1.variables.scope_stack import variable_scope
from tidefall.v1.variables.state_ops import assign_add
from tidefall.v1.variables.v1_variable import Variable

Result = tuple[Any, Any]


def refuse_eager(name: str) -> None:
    """Metrics are nodes of a graph.

    Raises:
        RuntimeError: in eager code.
    """
    if state.graph is None:
        raise RuntimeError(f"tf.metrics.{name} is not supported when eager execution is enabled.")


def scope(name: str | None, default: str) -> Any:
    """The variable scope of a metric."""
    return variable_scope(name, default)


def metric_variable(shape: Any, dtype: Any = dtypes.float32, name: str | None = None) -> Any:
    """A local variable of zeros."""
    return Variable(
        lambda: zeros(shape, dtype),
        trainable=False,
        collections=[GraphKeys.LOCAL_VARIABLES, GraphKeys.METRIC_VARIABLES],
        name=name,
    )


def collect(value: Any, update: Any, metrics: Any, updates: Any) -> Result:
    """Add the two tensors of a metric to collections."""
    if metrics:
        get_default_graph().add_to_collections(metrics, value)
    if updates:
        get_default_graph().add_to_collections(updates, update)
    return value, update


def total_of(values: Any, shape: Any, dtype: Any, name: str) -> tuple[Any, Any]:
    """A variable that values are added to: as it is, and after adding them."""
    variable = metric_variable(shape, dtype, name)
    return variable.value(), assign_add(variable, values)


def squeezed(
    predictions: Any, labels: Any, weights: Any = None, like: Callable[[Any], Any] = lambda x: x
) -> tuple[Any, Any, Any]:
    """The arguments as tensors of one rank, without last dimensions of size 1.

    Args:
        predictions, labels: of the same shape but for a last dimension of size 1.
        weights: None, a scalar, or of that shape, too.
        like: applied to the first two.
    """
    predictions, labels = like(convert_to_tensor(predictions)), like(convert_to_tensor(labels))
    ranks = predictions.shape.rank, labels.shape.rank
    if None not in ranks:
        if ranks[0] == ranks[1] + 1 and predictions.shape.as_list()[-1] in (1, None):
            predictions = squeeze(predictions, [-1])
        elif ranks[1] == ranks[0] + 1 and labels.shape.as_list()[-1] in (1, None):
            labels = squeeze(labels, [-1])
    predictions.shape.assert_is_compatible_with(labels.shape)
    if weights is None:
        return predictions, labels, None
    weights = convert_to_tensor(weights)
    rank, wanted = weights.shape.rank, predictions.shape.rank
    if rank and wanted is not None:
        if rank == wanted + 1:
            weights = squeeze(weights, [-1])
        elif rank == wanted - 1:
            weights = expand_dims(weights, -1)
    return predictions, labels, weights


def weighted(weights: Any, values: Any) -> Any:
    """Weights in the dtype and shape of values; ones if there are none.

    Raises:
        ValueError: for weights of another rank, or a size that does not fit.
    """
    if weights is None:
        return ones_like(values)
    weights = cast(weights, values.dtype.base_dtype)
    theirs, ours = weights.shape, values.shape
    if theirs.rank in (None, 0) or ours.rank is None:
        return broadcast_to(weights, _dynamic_shape(values))
    fits = theirs.rank == ours.rank and all(
        a in (1, b) or None in (a, b) for a, b in zip(theirs.as_list(), ours.as_list(), strict=True)
    )
    if not fits:
        raise ValueError(
            f"weights can not be broadcast to values. values.rank={ours.rank}. weights.rank="
            f"{theirs.rank}. values.shape={ours}. weights.shape={theirs}."
        )
    return broadcast_to(weights, _dynamic_shape(values))


def _dynamic_shape(values: Any) -> Any:
    from tidefall.ops.array.shapes_of import shape

    return shape(values)


def as_float(value: Any) -> Any:
    """A tensor in float32."""
    return cast(convert_to_tensor(value), dtypes.float32)
