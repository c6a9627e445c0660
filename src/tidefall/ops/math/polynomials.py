"""Polynomials, and whether numbers are in order."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.exports import export
from tidefall.base.state import name_scope
from tidefall.op import raw
from tidefall.ops.math.comparison import less, less_equal
from tidefall.ops.math.elementwise import add, multiply
from tidefall.ops.reductions.functions import reduce_all
from tidefall.tensor.conversion import convert_to_tensor


@export("math.polyval")
def polyval(coeffs: Any, x: Any, name: str | None = None) -> Any:
    """Value of a polynomial, elementwise.

    Args:
        coeffs: list of coefficients, that of the highest power first: tensors of the dtype of `x`
            that broadcast against it.
        x: numeric tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor of the broadcast shape.

    Raises:
        ValueError: if `coeffs` is not a list.

    >>> import tidefall as tf
    >>> tf.math.polyval([1.0, 0.0, 3.0], [2.0, 4.0]).numpy()
    array([ 7., 19.], dtype=float32)
    """
    if not isinstance(coeffs, list):
        raise ValueError(f"Argument coeffs must be list type. Received type {type(coeffs)}.")
    with name_scope(name or "polyval"):
        x = convert_to_tensor(x, name="x")
        if not coeffs:
            return raw.ZerosLike(x)
        value = convert_to_tensor(coeffs[0], name="coeff")
        for coefficient in coeffs[1:]:
            value = add(convert_to_tensor(coefficient), multiply(value, x))
        return value


def _in_order(compare: Any, x: Any) -> Any:
    """Whether each element compares with the next one, read in row-major order."""
    flat = raw.Reshape(convert_to_tensor(x, name="x"), np.array([-1], np.int32))
    return reduce_all(compare(flat[:-1], flat[1:]))


@export("math.is_non_decreasing")
def is_non_decreasing(x: Any, name: str | None = None) -> Any:
    """Whether no element is less than the one before it, in row-major order.

    Args:
        x: real tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A bool tensor of shape (); True for fewer than two elements.

    >>> import tidefall as tf
    >>> bool(tf.math.is_non_decreasing([1, 1, 2]))
    True
    """
    with name_scope(name or "is_non_decreasing"):
        return _in_order(less_equal, x)


@export("math.is_strictly_increasing")
def is_strictly_increasing(x: Any, name: str | None = None) -> Any:
    """Whether each element is greater than the one before it, in row-major order.

    Args:
        x: real tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A bool tensor of shape (); True for fewer than two elements.

    >>> import tidefall as tf
    >>> bool(tf.math.is_strictly_increasing([1, 1, 2]))
    False
    """
    with name_scope(name or "is_strictly_increasing"):
        return _in_order(less, x)
