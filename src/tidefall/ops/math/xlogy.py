"""Products and quotients that are 0 wherever the first factor is 0, elementwise."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.dispatch import BINARY
from tidefall.base.exports import export
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.registry import op
from tidefall.op.traits import BROADCASTING, TOTAL
from tidefall.ops.common import broadcast, jnp, unbroadcast
from tidefall.ops.fast import agree, fast_binary, like
from tidefall.ops.math.elementwise import add, multiply, negative
from tidefall.tensor.conversion import convert_to_tensor


def _mask(x: Any) -> Any:
    """1 where `x` is not 0, else 0, in the dtype of `x`."""
    return raw.Cast(raw.NotEqual(x, like(0, x)), DstT=x.dtype)


def _product_grads(op: Any, dy: Any, slope_x: Any, slope_y: Any) -> list[Any]:
    x, y = op.inputs
    # TensorFlow does not conjugate the slopes of complex numbers here.
    return [
        unbroadcast(multiply(dy, slope_x), x, y),
        unbroadcast(multiply(dy, slope_y), y, x, first=False),
    ]


def _where_zero(x: Any, value: Any) -> Any:
    return np.where(x == 0, value.dtype.type(0), value)


def _where_zero_xla(x: Any, value: Any) -> Any:
    return jnp.where(x == 0, jnp.zeros((), value.dtype), value)


# ---- x / y ----


def _xdivy_host(x: Any, y: Any) -> Any:
    return _where_zero(x, np.divide(x, y))


def _xdivy_grad(op: Any, dy: Any) -> list[Any]:
    x, y = op.inputs
    return _product_grads(op, dy, xdivy(_mask(x), y), xdivy(negative(x), multiply(y, y)))


xdivy_op = op(
    "Xdivy",
    shape=broadcast,
    host=_xdivy_host,
    xla=lambda x, y: _where_zero_xla(x, x / jnp.where(x == 0, jnp.ones((), y.dtype), y)),
    effects=PURE,
    traits=(BROADCASTING,),
    gradient=_xdivy_grad,
)


@export("math.xdivy", dispatch=BINARY)
@fast_binary(xdivy_op, _xdivy_host)
def xdivy(x: Any, y: Any, name: str | None = None) -> Any:
    """`x / y`, elementwise, and 0 where `x` is 0 whatever `y` is.

    Args:
        x: floating or complex tensor of any shape.
        y: tensor of the same dtype, of a shape that broadcasts against `x`.
        name: name of the node in a graph.

    Returns:
        A tensor of the broadcast shape and the inputs' dtype.

    >>> import tidefall as tf
    >>> tf.math.xdivy([0.0, 3.0], [0.0, 2.0]).numpy()
    array([0. , 1.5], dtype=float32)
    """
    return xdivy_op(*agree(x, y), name=name)


# ---- x * log(y) ----


def _xlogy_host(x: Any, y: Any) -> Any:
    return _where_zero(x, np.multiply(x, np.log(y)))


def _xlogy_grad(op: Any, dy: Any) -> list[Any]:
    x, y = op.inputs
    return _product_grads(op, dy, xlogy(_mask(x), y), xdivy(x, y))


xlogy_op = op(
    "Xlogy",
    shape=broadcast,
    host=_xlogy_host,
    xla=lambda x, y: _where_zero_xla(x, x * jnp.log(jnp.where(x == 0, jnp.ones((), y.dtype), y))),
    effects=PURE,
    traits=(BROADCASTING, TOTAL),
    gradient=_xlogy_grad,
)


@export("math.xlogy", dispatch=BINARY)
@fast_binary(xlogy_op, _xlogy_host)
def xlogy(x: Any, y: Any, name: str | None = None) -> Any:
    """`x * log(y)`, elementwise, and 0 where `x` is 0 whatever `y` is.

    Args:
        x: floating or complex tensor of any shape.
        y: tensor of the same dtype, of a shape that broadcasts against `x`.
        name: name of the node in a graph.

    Returns:
        A tensor of the broadcast shape and the inputs' dtype.

    >>> import tidefall as tf
    >>> tf.math.xlogy([0.0, 2.0], [0.0, 1.0]).numpy()
    array([0., 0.], dtype=float32)
    """
    return xlogy_op(*agree(x, y), name=name)


# ---- x * log(1 + y) ----


def _xlog1py_host(x: Any, y: Any) -> Any:
    return _where_zero(x, np.multiply(x, np.log1p(y)))


def _xlog1py_grad(op: Any, dy: Any) -> list[Any]:
    x, y = op.inputs
    return _product_grads(op, dy, xlog1py(_mask(x), y), xdivy(x, add(y, like(1, y))))


xlog1py_op = op(
    "Xlog1py",
    shape=broadcast,
    host=_xlog1py_host,
    xla=lambda x, y: _where_zero_xla(
        x, x * jnp.log1p(jnp.where(x == 0, jnp.zeros((), y.dtype), y))
    ),
    effects=PURE,
    traits=(BROADCASTING,),
    gradient=_xlog1py_grad,
)


@export("math.xlog1py", dispatch=BINARY)
@fast_binary(xlog1py_op, _xlog1py_host)
def xlog1py(x: Any, y: Any, name: str | None = None) -> Any:
    """`x * log(1 + y)`, elementwise, and 0 where `x` is 0 whatever `y` is.

    Args:
        x: floating or complex tensor of any shape.
        y: tensor of the same dtype, of a shape that broadcasts against `x`.
        name: name of the node in a graph.

    Returns:
        A tensor of the broadcast shape and the inputs' dtype.

    >>> import tidefall as tf
    >>> tf.math.xlog1py([0.0, 2.0], [-1.0, 0.0]).numpy()
    array([0., 0.], dtype=float32)
    """
    return xlog1py_op(*agree(x, y), name=name)


# ---- x * y, 0 where y is 0 ----


def _mul_no_nan_host(x: Any, y: Any) -> Any:
    return _where_zero(y, np.multiply(x, y))


def _mul_no_nan_grad(op: Any, dy: Any) -> list[Any]:
    x, y = op.inputs
    return [
        unbroadcast(mul_no_nan(dy, y), x, y),
        unbroadcast(mul_no_nan(x, dy), y, x, first=False),
    ]


mul_no_nan_op = op(
    "MulNoNan",
    shape=broadcast,
    host=_mul_no_nan_host,
    xla=lambda x, y: _where_zero_xla(y, x * y),
    effects=PURE,
    traits=(BROADCASTING,),
    gradient=_mul_no_nan_grad,
)


@fast_binary(mul_no_nan_op, _mul_no_nan_host)
def mul_no_nan(x: Any, y: Any, name: str | None = None) -> Any:
    """`MulNoNan` of two tensors of one dtype."""
    return mul_no_nan_op(*agree(x, y), name=name)


@export("math.multiply_no_nan", dispatch=BINARY)
def multiply_no_nan(x: Any, y: Any, name: str | None = None) -> Any:
    """`x * y`, elementwise, and 0 where `y` is 0 whatever `x` is.

    Args:
        x: floating or complex tensor of any shape.
        y: tensor of the same dtype, of a shape that broadcasts against `x`.
        name: name of the node in a graph.

    Returns:
        A tensor of the broadcast shape and the inputs' dtype.

    Raises:
        ValueError: if the dtypes differ.

    >>> import tidefall as tf
    >>> tf.math.multiply_no_nan([float("nan"), 2.0], [0.0, 3.0]).numpy()
    array([0., 6.], dtype=float32)
    """
    x = convert_to_tensor(x, name="x")
    return mul_no_nan(x, convert_to_tensor(y, x.dtype.base_dtype, name="y"), name)
