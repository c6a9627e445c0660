"""Rounding to whole numbers, and tests for nan and infinity, elementwise."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.dispatch import UNARY
from tidefall.base.exports import export
from tidefall.native.functions import Native
from tidefall.op.effects import PURE
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.traits import CHEAP, ELEMENTWISE, IDEMPOTENT, SAFE_IN_HALF, SPECULATABLE, TOTAL
from tidefall.ops.common import jnp, unchanged
from tidefall.ops.fast import fast_unary
from tidefall.tensor.conversion import convert_to_tensor

# ---- rounding ----


def _round_host(x: Any) -> Any:
    return x if x.dtype.kind in "iu" else np.rint(x)


def _round_xla(x: Any) -> Any:
    return x if x.dtype.kind in "iu" else jnp.rint(x)


floor_op = op(
    "Floor",
    shape=unchanged,
    host=np.floor,
    xla=lambda x: jnp.floor(x),
    effects=PURE,
    traits=(ELEMENTWISE, CHEAP, TOTAL, SAFE_IN_HALF, IDEMPOTENT),
    gradient=NOT_DIFFERENTIABLE,
)
ceil_op = op(
    "Ceil",
    shape=unchanged,
    host=np.ceil,
    xla=lambda x: jnp.ceil(x),
    effects=PURE,
    traits=(ELEMENTWISE, TOTAL, SAFE_IN_HALF, IDEMPOTENT),
    gradient=NOT_DIFFERENTIABLE,
)
round_op = op(
    "Round",
    shape=unchanged,
    host=_round_host,
    xla=_round_xla,
    effects=PURE,
    traits=(ELEMENTWISE, TOTAL, SAFE_IN_HALF),
    gradient=NOT_DIFFERENTIABLE,
)
rint_op = op(
    "Rint",
    shape=unchanged,
    host=np.rint,
    xla=lambda x: jnp.rint(x),
    effects=PURE,
    traits=(ELEMENTWISE,),
    gradient=NOT_DIFFERENTIABLE,
)


@export("math.floor", "floor", dispatch=UNARY)
@fast_unary(floor_op, np.floor, quiet=False)
def floor(x: Any, name: str | None = None) -> Any:
    """The largest whole number that is not greater, elementwise.

    Args:
        x: floating tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> tf.floor([1.7, -1.2]).numpy()
    array([ 1., -2.], dtype=float32)
    """
    return floor_op(x, name=name)


@export("math.ceil", dispatch=UNARY)
@fast_unary(ceil_op, np.ceil, quiet=False)
def ceil(x: Any, name: str | None = None) -> Any:
    """The smallest whole number that is not less, elementwise.

    Args:
        x: floating tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> tf.math.ceil([1.2, -1.7]).numpy()
    array([ 2., -1.], dtype=float32)
    """
    return ceil_op(x, name=name)


@export("math.round", "round", dispatch=UNARY)
def round(x: Any, name: str | None = None) -> Any:
    """The nearest whole number, elementwise; halves go to the even neighbour.

    Args:
        x: signed numeric tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`; integers come back as they are.

    >>> import tidefall as tf
    >>> tf.round([0.5, 1.5, 2.7]).numpy()
    array([0., 2., 3.], dtype=float32)
    """
    x = convert_to_tensor(x, name="x")
    return x if x.dtype.is_integer else _round(x, name)


@fast_unary(round_op, _round_host, quiet=False)
def _round(x: Any, name: str | None = None) -> Any:
    return round_op(x, name=name)


@export("math.rint", dispatch=UNARY)
@fast_unary(rint_op, np.rint, quiet=False)
def rint(x: Any, name: str | None = None) -> Any:
    """The nearest whole number, elementwise; halves go to the even neighbour.

    Args:
        x: floating tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> tf.math.rint([-1.5, 0.2]).numpy()
    array([-2.,  0.], dtype=float32)
    """
    return rint_op(x, name=name)


# ---- tests ----

is_nan_op = op(
    "IsNan",
    shape=unchanged,
    host=np.isnan,
    xla=lambda x: jnp.isnan(x),
    effects=PURE,
    traits=(ELEMENTWISE, SPECULATABLE),
    gradient=NOT_DIFFERENTIABLE,
)
is_inf_op = op(
    "IsInf",
    shape=unchanged,
    host=np.isinf,
    xla=lambda x: jnp.isinf(x),
    effects=PURE,
    traits=(ELEMENTWISE, SPECULATABLE),
    gradient=NOT_DIFFERENTIABLE,
)
_is_finite_host = Native("is_finite", np.isfinite)
is_finite_op = op(
    "IsFinite",
    shape=unchanged,
    host=_is_finite_host,
    xla=lambda x: jnp.isfinite(x),
    effects=PURE,
    traits=(ELEMENTWISE, SPECULATABLE),
    gradient=NOT_DIFFERENTIABLE,
)


@export("math.is_nan", dispatch=UNARY)
@fast_unary(is_nan_op, np.isnan, quiet=False)
def is_nan(x: Any, name: str | None = None) -> Any:
    """Whether each element is nan.

    Args:
        x: floating tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A bool tensor shaped like `x`.

    >>> import tidefall as tf
    >>> tf.math.is_nan([1.0, float("nan")]).numpy()
    array([False,  True])
    """
    return is_nan_op(x, name=name)


@export("math.is_inf", dispatch=UNARY)
@fast_unary(is_inf_op, np.isinf, quiet=False)
def is_inf(x: Any, name: str | None = None) -> Any:
    """Whether each element is infinite.

    Args:
        x: floating tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A bool tensor shaped like `x`.

    >>> import tidefall as tf
    >>> tf.math.is_inf([1.0, float("-inf")]).numpy()
    array([False,  True])
    """
    return is_inf_op(x, name=name)


@export("math.is_finite", dispatch=UNARY)
@fast_unary(is_finite_op, _is_finite_host)
def is_finite(x: Any, name: str | None = None) -> Any:
    """Whether each element is neither nan nor infinite.

    Args:
        x: floating tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A bool tensor shaped like `x`.

    >>> import tidefall as tf
    >>> tf.math.is_finite([1.0, float("nan")]).numpy()
    array([ True, False])
    """
    return is_finite_op(x, name=name)
