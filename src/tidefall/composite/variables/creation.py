"""How variables are made: who takes part in it, and what distributed copies are asked to do."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any

from tidefall.base.exports import export
from tidefall.base.state import state


@export("VariableSynchronization")
class VariableSynchronization(enum.Enum):
    """When copies of a distributed variable are brought together.

    >>> import tidefall as tf
    >>> tf.Variable(1.0).synchronization.name
    'AUTO'
    """

    AUTO = 0
    NONE = 1
    ON_WRITE = 2
    ON_READ = 3


@export("VariableAggregation")
class VariableAggregation(enum.Enum):
    """How copies of a distributed variable are brought together.

    >>> import tidefall as tf
    >>> tf.Variable(1.0, aggregation=tf.VariableAggregation.SUM).aggregation.name
    'SUM'
    """

    NONE = 0
    SUM = 1
    MEAN = 2
    ONLY_FIRST_REPLICA = 3


@export("variable_creator_scope")
class variable_creator_scope:  # noqa: N801 - TensorFlow's name
    """Let a function take part in the creation of variables inside the block.

    Args:
        variable_creator: called as `f(next_creator, **kwargs)`; returns a variable.

    >>> import tidefall as tf
    >>> def frozen(next_creator, **kwargs):
    ...     return next_creator(**{**kwargs, "trainable": False})
    >>> with tf.variable_creator_scope(frozen):
    ...     weights = tf.Variable(1.0)
    >>> weights.trainable
    False
    """

    def __init__(self, variable_creator: Callable[..., Any]):
        self._creator = variable_creator
        self._saved: list[tuple[Callable[..., Any], ...]] = []

    def __enter__(self) -> None:
        self._saved.append(state.variable_creators)
        state.variable_creators = (*state.variable_creators, self._creator)

    def __exit__(self, *exc: object) -> None:
        state.variable_creators = self._saved.pop()


def wrap_creator(scope: Callable[..., Any], inner: Callable[..., Any]) -> Callable[..., Any]:
    return lambda **kwargs: scope(inner, **kwargs)
