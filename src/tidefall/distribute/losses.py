"""Losses of a part of a batch, scaled so that their sum over all replicas is that of the whole."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.errors import InvalidArgumentError
from tidefall.base.exports import export
from tidefall.distribute.strategy import get_strategy, has_strategy, in_cross_replica_context
from tidefall.op import raw
from tidefall.ops.array.shapes_of import shape
from tidefall.ops.common import known_value
from tidefall.ops.math.cast import cast
from tidefall.ops.reductions.functions import reduce_sum
from tidefall.tensor.conversion import convert_to_tensor


def _require_replica(name: str) -> None:
    if has_strategy() and in_cross_replica_context():
        raise RuntimeError(
            f"You are calling `{name}` in cross replica context, while it was expected to be "
            "called in replica context."
        )


def _floating(value: Any) -> Any:
    tensor = convert_to_tensor(value, dtype_hint=dtypes.float32)
    return tensor if tensor.dtype.is_floating else cast(tensor, dtypes.float64)


def _weighted(losses: Any, weights: Any) -> Any:
    """Losses times weights, one for each of the first dimensions."""
    weights = cast(convert_to_tensor(weights, dtype_hint=dtypes.float32), losses.dtype)
    if weights.shape.rank is not None and losses.shape.rank is not None:
        if weights.shape.rank == losses.shape.rank + 1:
            weights = raw.Squeeze(weights, squeeze_dims=[-1])
        elif weights.shape.rank and weights.shape.rank + 1 == losses.shape.rank:
            weights = raw.ExpandDims(weights, np.int32(-1))
    return losses * weights


def _batch_size(value: Any) -> Any:
    size = convert_to_tensor(value)
    if size.shape.rank not in (None, 0):
        raise ValueError(f"global_batch_size must be scalar, got shape {size.shape}")
    if not size.dtype.is_integer:
        raise TypeError(f"global_batch_size must be an integer, got {size.dtype.name}")
    known = known_value(size)
    if known is not None and known < 0:
        raise InvalidArgumentError(
            None, None, f"global_batch_size must be non-negative, got {int(known)}"
        )
    return size


@export("nn.compute_average_loss")
def compute_average_loss(
    per_example_loss: Any, sample_weight: Any = None, global_batch_size: Any = None
) -> Any:
    """The sum of the losses of examples, divided by the size of the whole batch.

    Args:
        per_example_loss: tensor `[batch, ...]`.
        sample_weight: a weight for each example, or each loss; None for 1.
        global_batch_size: integer of shape (): examples on all replicas together. None for those
            here times the number of replicas.

    Returns:
        A scalar.

    Raises:
        ValueError: for a scalar loss, or a batch size that is not a scalar.
        TypeError: for a batch size that is not an integer.
        RuntimeError: in a cross-replica context without the size of the whole batch.
        InvalidArgumentError: for a negative batch size.

    >>> import tidefall as tf
    >>> float(tf.nn.compute_average_loss([1.0, 2.0, 3.0], global_batch_size=4))
    1.5
    """
    losses = _floating(per_example_loss)
    if losses.shape.rank == 0:
        raise ValueError(
            "Invalid value passed for `per_example_loss`. Expected a tensor with at least rank 1, "
            f"got {per_example_loss!r}"
        )
    if sample_weight is not None:
        losses = _weighted(losses, sample_weight)
    if global_batch_size is None:
        _require_replica("compute_average_loss")
        size: Any = shape(losses)[0] * get_strategy().num_replicas_in_sync
    else:
        size = _batch_size(global_batch_size)
    return raw.DivNoNan(reduce_sum(losses), cast(size, losses.dtype))


@export("nn.scale_regularization_loss")
def scale_regularization_loss(regularization_loss: Any) -> Any:
    """The sum of regularization losses, divided by the number of replicas.

    Args:
        regularization_loss: tensor of any shape.

    Returns:
        A scalar.

    >>> import tidefall as tf
    >>> float(tf.nn.scale_regularization_loss([1.0, 2.0]))
    3.0
    """
    _require_replica("scale_regularization_loss")
    total = reduce_sum(_floating(regularization_loss))
    return total / cast(get_strategy().num_replicas_in_sync, total.dtype)
