"""Elementwise arithmetic of two tensors, with broadcasting."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.core import dtypes
from tidefall.core.op import export, find_op, op
from tidefall.ops.common import broadcast, jnp, unbroadcast
from tidefall.ops.fast import agree, fast_binary


def conjugate(x: Any) -> Any:
    """Complex conjugate; a tensor that is not complex comes back as it is."""
    return find_op("Conj")(x) if x.dtype.is_complex else x


def _add_grad(op: Any, dy: Any) -> list[Any]:
    x, y = op.inputs
    return [unbroadcast(dy, x, y), unbroadcast(dy, y, x, first=False)]


add_op = op("AddV2", shape=broadcast, host=np.add, xla=lambda x, y: jnp.add(x, y), gradient=_add_grad)


@export("math.add", "add")
@fast_binary(add_op, np.add, quiet=False)
def add(x: Any, y: Any, name: str | None = None) -> Any:
    """Sum of two tensors, elementwise; strings are concatenated.

    Args:
        x: tensor of any shape `[...]`, numeric or string.
        y: tensor of the same dtype, of a shape that broadcasts against `x`.
        name: name of the node in a graph.

    Returns:
        A tensor of the broadcast shape and the inputs' dtype.

    Raises:
        InvalidArgumentError: if the dtypes differ or the shapes do not broadcast.

    >>> import tidefall as tf
    >>> tf.add([1, 2], [10, 20]).numpy()
    array([11, 22], dtype=int32)
    """
    x, y = agree(x, y)
    if x.dtype == dtypes.string:
        return find_op("Add")(x, y, name=name)
    return add_op(x, y, name=name)


def _mul_grad(op: Any, dy: Any) -> list[Any]:
    x, y = op.inputs
    return [
        unbroadcast(multiply(dy, conjugate(y)), x, y),
        unbroadcast(multiply(conjugate(x), dy), y, x, first=False),
    ]


mul_op = op("Mul", shape=broadcast, host=np.multiply, xla=lambda x, y: jnp.multiply(x, y), gradient=_mul_grad)


@export("math.multiply", "multiply")
@fast_binary(mul_op, np.multiply, quiet=False)
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

    >>> import tidefall as tf
    >>> tf.multiply([1.0, 2.0], 3.0).numpy()
    array([3., 6.], dtype=float32)
    """
    return mul_op(*agree(x, y), name=name)
