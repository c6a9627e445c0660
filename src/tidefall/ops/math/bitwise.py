"""Logic on the bits of integers, elementwise with broadcasting."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.dispatch import BINARY, UNARY
from tidefall.base.exports import export
from tidefall.op.effects import PURE
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.traits import BROADCASTING, ELEMENTWISE, INVOLUTION
from tidefall.ops.common import broadcast, jnp, lax, unchanged
from tidefall.ops.fast import agree, fast_binary, fast_unary

bitwise_and_op = op(
    "BitwiseAnd",
    shape=broadcast,
    host=np.bitwise_and,
    xla=lambda x, y: jnp.bitwise_and(x, y),
    effects=PURE,
    traits=(BROADCASTING,),
    gradient=NOT_DIFFERENTIABLE,
)
bitwise_or_op = op(
    "BitwiseOr",
    shape=broadcast,
    host=np.bitwise_or,
    xla=lambda x, y: jnp.bitwise_or(x, y),
    effects=PURE,
    traits=(BROADCASTING,),
    gradient=NOT_DIFFERENTIABLE,
)
bitwise_xor_op = op(
    "BitwiseXor",
    shape=broadcast,
    host=np.bitwise_xor,
    xla=lambda x, y: jnp.bitwise_xor(x, y),
    effects=PURE,
    traits=(BROADCASTING,),
    gradient=NOT_DIFFERENTIABLE,
)
invert_op = op(
    "Invert",
    shape=unchanged,
    host=np.invert,
    xla=lambda x: jnp.invert(x),
    effects=PURE,
    traits=(ELEMENTWISE, INVOLUTION),
    gradient=NOT_DIFFERENTIABLE,
)


@export("bitwise.bitwise_and", dispatch=BINARY)
@fast_binary(bitwise_and_op, np.bitwise_and, quiet=False)
def bitwise_and(x: Any, y: Any, name: str | None = None) -> Any:
    """Bits set in both inputs, elementwise.

    Args:
        x: integer tensor of any shape.
        y: tensor of the same dtype, of a shape that broadcasts against `x`.
        name: name of the node in a graph.

    Returns:
        A tensor of the broadcast shape and the inputs' dtype.

    >>> import tidefall as tf
    >>> tf.bitwise.bitwise_and([6, 3], 5).numpy()
    array([4, 1], dtype=int32)
    """
    return bitwise_and_op(*agree(x, y), name=name)


@export("bitwise.bitwise_or", dispatch=BINARY)
@fast_binary(bitwise_or_op, np.bitwise_or, quiet=False)
def bitwise_or(x: Any, y: Any, name: str | None = None) -> Any:
    """Bits set in at least one input, elementwise.

    Args:
        x: integer tensor of any shape.
        y: tensor of the same dtype, of a shape that broadcasts against `x`.
        name: name of the node in a graph.

    Returns:
        A tensor of the broadcast shape and the inputs' dtype.

    >>> import tidefall as tf
    >>> tf.bitwise.bitwise_or([6, 3], 5).numpy()
    array([7, 7], dtype=int32)
    """
    return bitwise_or_op(*agree(x, y), name=name)


@export("bitwise.bitwise_xor", dispatch=BINARY)
@fast_binary(bitwise_xor_op, np.bitwise_xor, quiet=False)
def bitwise_xor(x: Any, y: Any, name: str | None = None) -> Any:
    """Bits set in exactly one input, elementwise.

    Args:
        x: integer tensor of any shape.
        y: tensor of the same dtype, of a shape that broadcasts against `x`.
        name: name of the node in a graph.

    Returns:
        A tensor of the broadcast shape and the inputs' dtype.

    >>> import tidefall as tf
    >>> tf.bitwise.bitwise_xor([6, 3], 5).numpy()
    array([3, 6], dtype=int32)
    """
    return bitwise_xor_op(*agree(x, y), name=name)


@export("bitwise.invert", dispatch=UNARY)
@fast_unary(invert_op, np.invert, quiet=False)
def invert(x: Any, name: str | None = None) -> Any:
    """Every bit flipped, elementwise.

    Args:
        x: integer tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> tf.bitwise.invert([0, 5]).numpy()
    array([-1, -6], dtype=int32)
    """
    return invert_op(x, name=name)


# ---- shifts ----
# C leaves shifts by the width or more undefined; TensorFlow shifts by width - 1 then, and by 0
# for negative counts.


def _count(x: Any, y: Any) -> Any:
    return np.clip(y, 0, x.dtype.itemsize * 8 - 1)


def _left_shift_host(x: Any, y: Any) -> Any:
    return np.left_shift(x, _count(x, y))


def _right_shift_host(x: Any, y: Any) -> Any:
    return np.right_shift(x, _count(x, y))


def _count_xla(x: Any, y: Any) -> Any:
    return jnp.clip(y, 0, x.dtype.itemsize * 8 - 1).astype(x.dtype)


left_shift_op = op(
    "LeftShift",
    shape=broadcast,
    host=_left_shift_host,
    xla=lambda x, y: jnp.left_shift(x, _count_xla(x, y)),
    effects=PURE,
    traits=(BROADCASTING,),
    gradient=NOT_DIFFERENTIABLE,
)
right_shift_op = op(
    "RightShift",
    shape=broadcast,
    host=_right_shift_host,
    xla=lambda x, y: jnp.right_shift(x, _count_xla(x, y)),
    effects=PURE,
    traits=(BROADCASTING,),
    gradient=NOT_DIFFERENTIABLE,
)


@export("bitwise.left_shift", dispatch=BINARY)
@fast_binary(left_shift_op, _left_shift_host, quiet=False)
def left_shift(x: Any, y: Any, name: str | None = None) -> Any:
    """Bits moved up by `y` places, elementwise.

    Args:
        x: integer tensor of any shape.
        y: counts, of the same dtype and a shape that broadcasts against `x`; counts beyond the
            width of the dtype are cut to its last bit.
        name: name of the node in a graph.

    Returns:
        A tensor of the broadcast shape and the inputs' dtype.

    >>> import tidefall as tf
    >>> tf.bitwise.left_shift([1, 3], 2).numpy()
    array([ 4, 12], dtype=int32)
    """
    return left_shift_op(*agree(x, y), name=name)


@export("bitwise.right_shift", dispatch=BINARY)
@fast_binary(right_shift_op, _right_shift_host, quiet=False)
def right_shift(x: Any, y: Any, name: str | None = None) -> Any:
    """Bits moved down by `y` places, elementwise; signed numbers keep their sign.

    Args:
        x: integer tensor of any shape.
        y: counts, of the same dtype and a shape that broadcasts against `x`; counts beyond the
            width of the dtype are cut to its last bit.
        name: name of the node in a graph.

    Returns:
        A tensor of the broadcast shape and the inputs' dtype.

    >>> import tidefall as tf
    >>> tf.bitwise.right_shift([-8, 12], 2).numpy()
    array([-2,  3], dtype=int32)
    """
    return right_shift_op(*agree(x, y), name=name)


def _population_count_host(x: Any) -> Any:
    # NumPy counts the bits of the absolute value of signed numbers; TensorFlow those of the word.
    return np.bitwise_count(x.view(f"u{x.dtype.itemsize}"))


population_count_op = op(
    "PopulationCount",
    shape=unchanged,
    host=_population_count_host,
    xla=lambda x: lax.population_count(x).astype(np.uint8),
    effects=PURE,
    traits=(ELEMENTWISE,),
    gradient=NOT_DIFFERENTIABLE,
)
