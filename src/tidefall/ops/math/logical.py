"""Logic on booleans, elementwise with broadcasting."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dispatch import BINARY, UNARY
from tidefall.base.exports import export
from tidefall.op.effects import PURE
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.traits import BROADCASTING, ELEMENTWISE, INVOLUTION, SPECULATABLE, TOTAL
from tidefall.ops.common import broadcast, jnp, unchanged
from tidefall.ops.fast import fast_binary, fast_unary
from tidefall.tensor.conversion import convert_to_tensor

logical_and_op = op(
    "LogicalAnd",
    shape=broadcast,
    host=np.logical_and,
    xla=lambda x, y: jnp.logical_and(x, y),
    effects=PURE,
    traits=(BROADCASTING, TOTAL, SPECULATABLE),
    gradient=NOT_DIFFERENTIABLE,
)
logical_or_op = op(
    "LogicalOr",
    shape=broadcast,
    host=np.logical_or,
    xla=lambda x, y: jnp.logical_or(x, y),
    effects=PURE,
    traits=(BROADCASTING, TOTAL, SPECULATABLE),
    gradient=NOT_DIFFERENTIABLE,
)
logical_not_op = op(
    "LogicalNot",
    shape=unchanged,
    host=np.logical_not,
    xla=lambda x: jnp.logical_not(x),
    effects=PURE,
    traits=(ELEMENTWISE, TOTAL, SPECULATABLE, INVOLUTION),
    gradient=NOT_DIFFERENTIABLE,
)


@export("math.logical_and", "logical_and", dispatch=BINARY)
@fast_binary(logical_and_op, np.logical_and, quiet=False, attr=None)
def logical_and(x: Any, y: Any, name: str | None = None) -> Any:
    """Whether both inputs are true, elementwise.

    Args:
        x: bool tensor of any shape.
        y: bool tensor of a shape that broadcasts against `x`.
        name: name of the node in a graph.

    Returns:
        A bool tensor of the broadcast shape.

    Raises:
        InvalidArgumentError: for other dtypes, or shapes that do not broadcast.

    >>> import tidefall as tf
    >>> tf.logical_and([True, False], True).numpy()
    array([ True, False])
    """
    return logical_and_op(x, y, name=name)


@export("math.logical_or", "logical_or", dispatch=BINARY)
@fast_binary(logical_or_op, np.logical_or, quiet=False, attr=None)
def logical_or(x: Any, y: Any, name: str | None = None) -> Any:
    """Whether at least one input is true, elementwise.

    Args:
        x: bool tensor of any shape.
        y: bool tensor of a shape that broadcasts against `x`.
        name: name of the node in a graph.

    Returns:
        A bool tensor of the broadcast shape.

    Raises:
        InvalidArgumentError: for other dtypes, or shapes that do not broadcast.

    >>> import tidefall as tf
    >>> tf.logical_or([True, False], False).numpy()
    array([ True, False])
    """
    return logical_or_op(x, y, name=name)


@export("math.logical_not", "logical_not", dispatch=UNARY)
@fast_unary(logical_not_op, np.logical_not, quiet=False, attr=None)
def logical_not(x: Any, name: str | None = None) -> Any:
    """The opposite truth value, elementwise.

    Args:
        x: bool tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A bool tensor like `x`.

    Raises:
        InvalidArgumentError: for other dtypes.

    >>> import tidefall as tf
    >>> tf.logical_not([True, False]).numpy()
    array([False,  True])
    """
    return logical_not_op(x, name=name)


@export("math.logical_xor", dispatch=BINARY)
def logical_xor(x: Any, y: Any, name: str | None = "LogicalXor") -> Any:
    """Whether exactly one input is true, elementwise.

    Args:
        x: bool tensor of any shape.
        y: bool tensor of a shape that broadcasts against `x`.
        name: name of the node in a graph.

    Returns:
        A bool tensor of the broadcast shape.

    Raises:
        InvalidArgumentError: for other dtypes, or shapes that do not broadcast.

    >>> import tidefall as tf
    >>> tf.math.logical_xor([True, False], True).numpy()
    array([False,  True])
    """
    x, y = convert_to_tensor(x, dtypes.bool), convert_to_tensor(y, dtypes.bool)
    return logical_and(logical_or(x, y), logical_not(logical_and(x, y)), name=name)
