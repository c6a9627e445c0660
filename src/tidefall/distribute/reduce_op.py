"""How values of several replicas are combined."""

from __future__ import annotations

import enum
from typing import Any

from tidefall.base.exports import export


@export("distribute.ReduceOp")
class ReduceOp(enum.Enum):
    """How values of several replicas are combined.

    >>> import tidefall as tf
    >>> tf.distribute.ReduceOp("SUM").name
    'SUM'
    """

    SUM = "SUM"
    MEAN = "MEAN"

    @staticmethod
    def from_variable_aggregation(aggregation: Any) -> ReduceOp:
        """The reduction that a `tf.VariableAggregation` asks for."""
        name = getattr(aggregation, "name", "")
        if name not in ("SUM", "MEAN"):
            raise ValueError(
                f"Could not convert from `tf.VariableAggregation` {aggregation} to "
                "`tf.distribute.ReduceOp` type"
            )
        return ReduceOp[name]


def as_reduce_op(value: Any) -> ReduceOp:
    """A reduction, also by its name in any case.

    Raises:
        ValueError: for anything else; of several values, only sums and means are taken.
    """
    try:
        return ReduceOp(value.upper()) if isinstance(value, str) else ReduceOp(value)
    except ValueError:
        raise ValueError(
            f"reduce_op must be 'SUM', 'MEAN' or a tf.distribute.ReduceOp. Received: {value!r}"
        ) from None
