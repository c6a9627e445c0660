"""Comparisons of two tensors, elementwise with broadcasting; the results are booleans."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.dispatch import BINARY
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape, broadcast_shape
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.traits import BROADCASTING, CHEAP, SPECULATABLE, STATIC_VALUE, TOTAL
from tidefall.ops.common import broadcast, jnp, shape_text
from tidefall.ops.fast import agree, fast_binary

# ---- equality ----


def _equality_shape(c: Inference) -> TensorShape:
    if c.attr("incompatible_shape_error"):
        return broadcast(c)
    x, y = c.shape(0), c.shape(1)
    try:
        found = broadcast_shape(x, y)
    except ValueError:
        return TensorShape(())  # a single False or True
    if x.rank is None or y.rank is None:
        return found
    pairs = zip(reversed(x.as_list()), reversed(y.as_list()), strict=False)
    may_not_fit = any((m is None) != (n is None) and 1 not in (m, n) for m, n in pairs)
    return TensorShape(None) if may_not_fit else found


def _fits(x: Any, y: Any) -> bool:
    return all(
        a == b or a == 1 or b == 1 for a, b in zip(x.shape[::-1], y.shape[::-1], strict=False)
    )


def _equal_host(x: Any, y: Any, *, incompatible_shape_error: bool) -> Any:
    if not incompatible_shape_error and not _fits(x, y):
        return np.array(False)
    return np.equal(x, y)


def _equal_xla(x: Any, y: Any, *, incompatible_shape_error: bool) -> Any:
    if not incompatible_shape_error and not _fits(x, y):
        return np.array(False)
    return jnp.equal(x, y)


def _not_equal_host(x: Any, y: Any, *, incompatible_shape_error: bool) -> Any:
    if not incompatible_shape_error and not _fits(x, y):
        return np.array(True)
    return np.not_equal(x, y)


def _not_equal_xla(x: Any, y: Any, *, incompatible_shape_error: bool) -> Any:
    if not incompatible_shape_error and not _fits(x, y):
        return np.array(True)
    return jnp.not_equal(x, y)


equal_op = op(
    "Equal",
    shape=_equality_shape,
    host=_equal_host,
    xla=_equal_xla,
    effects=PURE,
    traits=(BROADCASTING, CHEAP, TOTAL, SPECULATABLE, STATIC_VALUE),
    gradient=NOT_DIFFERENTIABLE,
)
not_equal_op = op(
    "NotEqual",
    shape=_equality_shape,
    host=_not_equal_host,
    xla=_not_equal_xla,
    effects=PURE,
    traits=(BROADCASTING, CHEAP, TOTAL, SPECULATABLE, STATIC_VALUE),
    gradient=NOT_DIFFERENTIABLE,
)


@export("math.equal", "equal", dispatch=BINARY)
@fast_binary(equal_op, np.equal, quiet=False)
def equal(x: Any, y: Any, name: str | None = None) -> Any:
    """Whether two tensors are equal, elementwise.

    Args:
        x: tensor of any dtype and shape.
        y: tensor of the same dtype, of a shape that broadcasts against `x`.
        name: name of the node in a graph.

    Returns:
        A bool tensor of the broadcast shape.

    Raises:
        InvalidArgumentError: if the dtypes differ or the shapes do not broadcast.

    >>> import tidefall as tf
    >>> tf.equal([1, 2], [1, 3]).numpy()
    array([ True, False])
    """
    return equal_op(*agree(x, y), name=name)


@export("math.not_equal", "not_equal", dispatch=BINARY)
@fast_binary(not_equal_op, np.not_equal, quiet=False)
def not_equal(x: Any, y: Any, name: str | None = None) -> Any:
    """Whether two tensors differ, elementwise.

    Args:
        x: tensor of any dtype and shape.
        y: tensor of the same dtype, of a shape that broadcasts against `x`.
        name: name of the node in a graph.

    Returns:
        A bool tensor of the broadcast shape.

    Raises:
        InvalidArgumentError: if the dtypes differ or the shapes do not broadcast.

    >>> import tidefall as tf
    >>> tf.not_equal([1, 2], [1, 3]).numpy()
    array([False,  True])
    """
    return not_equal_op(*agree(x, y), name=name)


# ---- order ----

less_op = op(
    "Less",
    shape=broadcast,
    host=np.less,
    xla=lambda x, y: jnp.less(x, y),
    effects=PURE,
    traits=(BROADCASTING, CHEAP, TOTAL, SPECULATABLE),
    gradient=NOT_DIFFERENTIABLE,
)
less_equal_op = op(
    "LessEqual",
    shape=broadcast,
    host=np.less_equal,
    xla=lambda x, y: jnp.less_equal(x, y),
    effects=PURE,
    traits=(BROADCASTING, CHEAP, TOTAL, SPECULATABLE),
    gradient=NOT_DIFFERENTIABLE,
)
greater_op = op(
    "Greater",
    shape=broadcast,
    host=np.greater,
    xla=lambda x, y: jnp.greater(x, y),
    effects=PURE,
    traits=(BROADCASTING, CHEAP, TOTAL, SPECULATABLE),
    gradient=NOT_DIFFERENTIABLE,
)
greater_equal_op = op(
    "GreaterEqual",
    shape=broadcast,
    host=np.greater_equal,
    xla=lambda x, y: jnp.greater_equal(x, y),
    effects=PURE,
    traits=(BROADCASTING, CHEAP, TOTAL, SPECULATABLE),
    gradient=NOT_DIFFERENTIABLE,
)


@export("math.less", "less", dispatch=BINARY)
@fast_binary(less_op, np.less, quiet=False)
def less(x: Any, y: Any, name: str | None = None) -> Any:
    """Whether `x < y`, elementwise.

    Args:
        x: real tensor of any shape.
        y: tensor of the same dtype, of a shape that broadcasts against `x`.
        name: name of the node in a graph.

    Returns:
        A bool tensor of the broadcast shape.

    Raises:
        InvalidArgumentError: if the dtypes differ or the shapes do not broadcast.

    >>> import tidefall as tf
    >>> tf.less([1, 2], 2).numpy()
    array([ True, False])
    """
    return less_op(*agree(x, y), name=name)


@export("math.less_equal", "less_equal", dispatch=BINARY)
@fast_binary(less_equal_op, np.less_equal, quiet=False)
def less_equal(x: Any, y: Any, name: str | None = None) -> Any:
    """Whether `x <= y`, elementwise.

    Args:
        x: real tensor of any shape.
        y: tensor of the same dtype, of a shape that broadcasts against `x`.
        name: name of the node in a graph.

    Returns:
        A bool tensor of the broadcast shape.

    Raises:
        InvalidArgumentError: if the dtypes differ or the shapes do not broadcast.

    >>> import tidefall as tf
    >>> tf.less_equal([1, 3], 2).numpy()
    array([ True, False])
    """
    return less_equal_op(*agree(x, y), name=name)


@export("math.greater", "greater", dispatch=BINARY)
@fast_binary(greater_op, np.greater, quiet=False)
def greater(x: Any, y: Any, name: str | None = None) -> Any:
    """Whether `x > y`, elementwise.

    Args:
        x: real tensor of any shape.
        y: tensor of the same dtype, of a shape that broadcasts against `x`.
        name: name of the node in a graph.

    Returns:
        A bool tensor of the broadcast shape.

    Raises:
        InvalidArgumentError: if the dtypes differ or the shapes do not broadcast.

    >>> import tidefall as tf
    >>> tf.greater([1, 3], 2).numpy()
    array([False,  True])
    """
    return greater_op(*agree(x, y), name=name)


@export("math.greater_equal", "greater_equal", dispatch=BINARY)
@fast_binary(greater_equal_op, np.greater_equal, quiet=False)
def greater_equal(x: Any, y: Any, name: str | None = None) -> Any:
    """Whether `x >= y`, elementwise.

    Args:
        x: real tensor of any shape.
        y: tensor of the same dtype, of a shape that broadcasts against `x`.
        name: name of the node in a graph.

    Returns:
        A bool tensor of the broadcast shape.

    Raises:
        InvalidArgumentError: if the dtypes differ or the shapes do not broadcast.

    >>> import tidefall as tf
    >>> tf.greater_equal([1, 2], 2).numpy()
    array([False,  True])
    """
    return greater_equal_op(*agree(x, y), name=name)


# ---- approximate equality ----


def _same_shape(c: Inference) -> TensorShape:
    x, y = c.shape(0), c.shape(1)
    try:
        return x.merge_with(y)
    except ValueError:
        raise ValueError(
            f"x and y must be of the same shape. x shape: {shape_text(x)}. y shape: {shape_text(y)}"
        ) from None


def _approximate_equal_host(x: Any, y: Any, *, tolerance: float) -> Any:
    if x.shape != y.shape:
        raise ValueError("the shapes differ")
    # Not abs(x - y), which wraps around for unsigned integers.
    return np.where(x > y, x - y, y - x) < tolerance


approximate_equal_op = op(
    "ApproximateEqual",
    shape=_same_shape,
    host=_approximate_equal_host,
    xla=lambda x, y, *, tolerance: jnp.where(x > y, x - y, y - x) < tolerance,
    effects=PURE,
    traits=(BROADCASTING,),
    gradient=NOT_DIFFERENTIABLE,
)
