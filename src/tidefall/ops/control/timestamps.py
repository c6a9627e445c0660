"""The time of day as a tensor."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from tidefall.base.exports import export
from tidefall.op.effects import READS_OUTSIDE
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.traits import NO_EXTERNAL_STATE
from tidefall.ops.common import scalar

timestamp_op = op(
    "Timestamp",
    shape=scalar,
    host=lambda: np.asarray(time.time(), np.float64),
    xla=None,
    effects=READS_OUTSIDE,
    traits=(NO_EXTERNAL_STATE,),
    gradient=NOT_DIFFERENTIABLE,
)


@export("timestamp")
def timestamp(name: str | None = None) -> Any:
    """Seconds since 1970 at the moment the op runs: in a function, at each call.

    Args:
        name: name of the node in a graph.

    Returns:
        A float64 scalar.

    >>> import tidefall as tf
    >>> bool(tf.timestamp() > 1.7e9)
    True
    """
    return timestamp_op(name=name)
