"""Sums, differences, products and negation, elementwise with broadcasting."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dispatch import BINARY, UNARY
from tidefall.base.exports import export
from tidefall.base.state import name_scope, state
from tidefall.native.functions import Native
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.registry import op
from tidefall.op.traits import (
    BROADCASTING,
    CHEAP,
    ELEMENTWISE,
    INVOLUTION,
    LINEAR,
    MULTILINEAR,
    SAFE_IN_HALF,
    SPECULATABLE,
    TOTAL,
)
from tidefall.ops.common import broadcast, jnp, needs, unbroadcast, unchanged
from tidefall.ops.fast import agree, agree_loosely, fast_binary, fast_unary
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import EagerTensor


def conjugate(x: Any) -> Any:
    """Complex conjugate; a tensor that is not complex comes back as it is."""
    if type(x) is EagerTensor:
        return raw.Conj(x) if x.storage.dtype.kind == "c" else x
    return raw.Conj(x) if x.dtype.is_complex else x


# ---- sums and differences ----


def _add_grad(op: Any, dy: Any) -> list[Any]:
    x, y = op.inputs
    return [
        unbroadcast(dy, x, y) if needs(op, 0) else None,
        unbroadcast(dy, y, x, first=False) if needs(op, 1) else None,
    ]


def _add_xla(x: Any, y: Any) -> Any:
    return jnp.add(x, y)


add_op = op(
    "AddV2",
    shape=broadcast,
    host=np.add,
    xla=_add_xla,
    effects=PURE,
    traits=(BROADCASTING, LINEAR, CHEAP, TOTAL, SAFE_IN_HALF, SPECULATABLE),
    gradient=_add_grad,
)


def _add_any(x: Any, y: Any) -> Any:
    result = np.add(x, y)
    # NumPy takes the sum of two scalar arrays of objects out of its array.
    return np.array(result, object) if type(result) is bytes else result


add_any_op = op(
    "Add",
    shape=broadcast,
    host=_add_any,
    xla=_add_xla,
    effects=PURE,
    traits=(BROADCASTING, LINEAR, CHEAP, SAFE_IN_HALF, SPECULATABLE),
    gradient=_add_grad,
)


@export("math.add", "add", dispatch=BINARY)
@fast_binary(add_op, Native("add", np.add), left_decides=True)
def add(x: Any, y: Any, name: str | None = None) -> Any:
    """Sum of two tensors, elementwise; strings are concatenated.

    Args:
        x: tensor of any shape `[...]`, numeric or string.
        y: tensor of the same dtype, of a shape that broadcasts against `x`. A NumPy array or Python
            value takes the dtype of `x`; in place of `x` it keeps its own.
        name: name of the node in a graph.

    Returns:
        A tensor of the broadcast shape and the inputs' dtype.

    Raises:
        InvalidArgumentError: if the dtypes differ or the shapes do not broadcast.

    >>> import tidefall as tf
    >>> tf.add([1, 2], [10, 20]).numpy()
    array([11, 22], dtype=int32)
    """
    if state.graph is None:
        x, y = agree_loosely(x, y)
        return (add_any_op if x.dtype == dtypes.string else add_op)(x, y)
    with name_scope(name or "Add") as scope:
        x, y = agree_loosely(x, y, "x", "y")
        return (add_any_op if x.dtype == dtypes.string else add_op)(x, y, name=scope)


def _sub_grad(op: Any, dy: Any) -> list[Any]:
    x, y = op.inputs
    return [
        unbroadcast(dy, x, y) if needs(op, 0) else None,
        negative(unbroadcast(dy, y, x, first=False)) if needs(op, 1) else None,
    ]


sub_op = op(
    "Sub",
    shape=broadcast,
    host=np.subtract,
    xla=lambda x, y: jnp.subtract(x, y),
    effects=PURE,
    traits=(BROADCASTING, LINEAR, CHEAP, TOTAL, SAFE_IN_HALF, SPECULATABLE),
    gradient=_sub_grad,
)


@export("math.subtract", "subtract", dispatch=BINARY)
@fast_binary(sub_op, Native("subtract", np.subtract))
def subtract(x: Any, y: Any, name: str | None = None) -> Any:
    """Difference of two tensors, elementwise.

    Args:
        x: numeric tensor of any shape `[...]`.
        y: tensor of the same dtype, of a shape that broadcasts against `x`.
        name: name of the node in a graph.

    Returns:
        A tensor of the broadcast shape and the inputs' dtype.

    Raises:
        InvalidArgumentError: if the dtypes differ or the shapes do not broadcast.
        TypeError: if a Python value does not fit the other input's dtype.

    >>> import tidefall as tf
    >>> tf.subtract([10, 20], 1).numpy()
    array([ 9, 19], dtype=int32)
    """
    return sub_op(*agree(x, y), name=name)


neg_op = op(
    "Neg",
    shape=unchanged,
    host=np.negative,
    xla=lambda x: jnp.negative(x),
    effects=PURE,
    traits=(ELEMENTWISE, LINEAR, CHEAP, TOTAL, SAFE_IN_HALF, SPECULATABLE, INVOLUTION),
    gradient=lambda op, dy: negative(dy),
)


@export("math.negative", "negative", dispatch=UNARY)
@fast_unary(neg_op, np.negative, quiet=False)
def negative(x: Any, name: str | None = None) -> Any:
    """The negative of a tensor, elementwise.

    Args:
        x: signed numeric tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> tf.negative([1, -2]).numpy()
    array([-1,  2], dtype=int32)
    """
    return neg_op(x, name=name)


# ---- products ----


def _mul_grad(op: Any, dy: Any) -> list[Any]:
    x, y = op.inputs
    return [
        unbroadcast(multiply(dy, conjugate(y)), x, y) if needs(op, 0) else None,
        unbroadcast(multiply(conjugate(x), dy), y, x, first=False) if needs(op, 1) else None,
    ]


mul_op = op(
    "Mul",
    shape=broadcast,
    host=np.multiply,
    xla=lambda x, y: jnp.multiply(x, y),
    effects=PURE,
    traits=(BROADCASTING, MULTILINEAR, CHEAP, TOTAL, SAFE_IN_HALF, SPECULATABLE),
    gradient=_mul_grad,
)


@export("math.multiply", "multiply", dispatch=BINARY)
@fast_binary(mul_op, Native("multiply", np.multiply))
def multiply(x: Any, y: Any, name: str | None = None) -> Any:
    """Product of two tensors, elementwise.

    Args:
        x: numeric tensor of any shape `[...]`.
        y: tensor of the same dtype, of a shape that broadcasts against `x`.
        name: name of the node in a graph.

    Returns:
        A tensor of the broadcast shape and the inputs' dtype.

    Raises:
        InvalidArgumentError: if the dtypes differ or the shapes do not broadcast.
        TypeError: if a Python value does not fit the other input's dtype.

    >>> import tidefall as tf
    >>> tf.multiply([1.0, 2.0], 3.0).numpy()
    array([3., 6.], dtype=float32)
    """
    return mul_op(*agree(x, y), name=name)


@export("math.scalar_mul", "scalar_mul", dispatch=BINARY)
def scalar_mul(scalar: Any, x: Any, name: str | None = None) -> Any:
    """Product of a scalar with a tensor or with `tf.IndexedSlices`.

    Args:
        scalar: tensor of shape () and the dtype of `x`.
        x: numeric tensor of any shape, or `tf.IndexedSlices`.
        name: name of the node in a graph.

    Returns:
        `scalar * x`, of the kind of `x`.

    Raises:
        ValueError: if `scalar` does not have shape ().

    >>> import tidefall as tf
    >>> tf.math.scalar_mul(10.0, [1.0, 2.0]).numpy()
    array([10., 20.], dtype=float32)
    """
    base = dtypes.as_dtype(x.dtype).base_dtype if hasattr(x, "dtype") else None
    with name_scope(name or "scalar_mul") as scope:
        scalar = convert_to_tensor(scalar, base, name="scalar")
        if scalar.shape.rank != 0:
            raise ValueError(f"The input scalar must be a 0-D value. Received: {scalar!r}")
        if hasattr(x, "indices") and hasattr(x, "values") and hasattr(x, "dense_shape"):
            return type(x)(multiply(scalar, x.values, scope), x.indices, x.dense_shape)
        return multiply(scalar, x, scope)
