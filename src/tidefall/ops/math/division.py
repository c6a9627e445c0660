"""Quotients and remainders, elementwise with broadcasting."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dispatch import BINARY, UNARY
from tidefall.base.dtypes import DType
from tidefall.base.exports import export
from tidefall.base.float_errors import quietly
from tidefall.base.state import name_scope
from tidefall.native.functions import Native
from tidefall.op.effects import PURE
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.traits import BROADCASTING, CHEAP, LACKS_GRADIENT, TOTAL
from tidefall.ops.common import broadcast, invalid, jnp, lax, needs, unbroadcast
from tidefall.ops.fast import agree, fast_binary, like
from tidefall.ops.math.cast import cast
from tidefall.ops.math.elementwise import conjugate, multiply, negative
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import Tensor


def _is_int(x: Any) -> bool:
    return x.dtype.kind in "iu"


def _no_zero(y: Any) -> None:
    """Reject a zero divisor: NumPy would give 0."""
    if not np.all(y):
        raise invalid("Integer division by zero")


# ---- true division ----


def _div_grad(op: Any, dy: Any) -> list[Any]:
    x, y = op.inputs
    divisor = conjugate(y)
    dx = unbroadcast(true_quotient(dy, divisor), x, y) if needs(op, 0) else None
    if not needs(op, 1):
        return [dx, None]
    # -x / y / y rather than -x / (y * y), which may overflow.
    slope = true_quotient(true_quotient(negative(conjugate(x)), divisor), divisor)
    return [dx, unbroadcast(multiply(dy, slope), y, x, first=False)]


def _real_div_host(x: Any, y: Any) -> Any:
    return np.divide(x, y) if not _is_int(x) else _truncate_div_host(x, y)


# Beside a Python number, a quotient of NumPy's own takes the dtype of the array it meets.
_quotient = Native("divide", np.divide)


def _real_div_xla(x: Any, y: Any) -> Any:
    return jnp.divide(x, y) if not _is_int(x) else lax.div(*jnp.broadcast_arrays(x, y))


real_div_op = op(
    "RealDiv",
    shape=broadcast,
    host=_real_div_host,
    xla=_real_div_xla,
    effects=PURE,
    traits=(BROADCASTING, CHEAP, TOTAL),
    gradient=_div_grad,
)
div_op = op(
    "Div",
    shape=broadcast,
    host=_real_div_host,
    xla=_real_div_xla,
    effects=PURE,
    traits=(BROADCASTING, CHEAP),
    gradient=_div_grad,
)


@export("realdiv", dispatch=BINARY)
@fast_binary(real_div_op, Native("divide", quietly(_real_div_host)))
def true_quotient(x: Any, y: Any, name: str | None = None) -> Any:
    """Quotient of two floating or complex tensors, elementwise.

    Args:
        x: floating or complex tensor of any shape.
        y: tensor of the same dtype, of a shape that broadcasts against `x`.
        name: name of the node in a graph.

    Returns:
        A tensor of the broadcast shape and the inputs' dtype.

    Raises:
        InvalidArgumentError: if the dtypes differ or the shapes do not broadcast.

    >>> import tidefall as tf
    >>> tf.realdiv([1.0, 3.0], 2.0).numpy()
    array([0.5, 1.5], dtype=float32)
    """
    return real_div_op(*agree(x, y), name=name)


# What integers become when they are divided; None keeps the dtype.
_QUOTIENT: dict[DType, DType | None] = {
    dtypes.uint8: dtypes.float32,
    dtypes.int8: dtypes.float32,
    dtypes.uint16: dtypes.float32,
    dtypes.int16: dtypes.float32,
    dtypes.uint32: dtypes.float64,
    dtypes.int32: dtypes.float64,
    dtypes.uint64: dtypes.float64,
    dtypes.int64: dtypes.float64,
    dtypes.bfloat16: None,
    dtypes.float16: None,
    dtypes.float32: None,
    dtypes.float64: None,
    dtypes.complex64: None,
    dtypes.complex128: None,
}


def true_operands(x: Any, y: Any, left_decides: bool = False) -> tuple[Any, Any]:
    """Tensors of one floating dtype for a true division.

    Args:
        x, y: the operands.
        left_decides: a value in place of `x` keeps its own dtype, whatever `y` is.
    """
    if (
        not left_decides
        and isinstance(getattr(y, "dtype", None), DType)
        and not isinstance(getattr(x, "dtype", None), DType)
    ):
        x = convert_to_tensor(x, y.dtype.base_dtype, name="x")
        y = convert_to_tensor(y, name="y")
    else:
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, dtype_hint=x.dtype.base_dtype, name="y")
    dtype, other = x.dtype.base_dtype, y.dtype.base_dtype
    if dtype is not other:
        raise TypeError(
            f"`x` and `y` must have the same dtype, got {dtype!r} != {other!r}. Use tf.cast to "
            "make the dtypes equal."
        )
    try:
        target = _QUOTIENT[dtype]
    except KeyError:
        raise TypeError(
            f"Invalid dtype {dtype!r} in __truediv__. Expected one of "
            f"{{{', '.join(repr(d) for d in _QUOTIENT)}}}."
        ) from None
    return (x, y) if target is None else (cast(x, target), cast(y, target))


@export("math.truediv", "truediv", dispatch=BINARY)
@fast_binary(real_div_op, _quotient, kinds="fcV", left_decides=True)
def truediv(x: Any, y: Any, name: str | None = None) -> Any:
    """Quotient as Python 3's `/` gives it: integers are converted to floats first.

    Args:
        x: numeric tensor of any shape.
        y: tensor of the same dtype, of a shape that broadcasts against `x`.
        name: name of the node in a graph.

    Returns:
        A tensor of the broadcast shape: float32 for integers of 8 and 16 bits, float64 for wider
        ones, else the inputs' dtype.

    Raises:
        TypeError: if the dtypes differ or are not numeric.

    >>> import tidefall as tf
    >>> tf.truediv([1, 3], 2).numpy()
    array([0.5, 1.5])
    """
    with name_scope(name or "truediv") as scope:
        return true_quotient(*true_operands(x, y, left_decides=True), scope)


@export("math.divide", "divide", dispatch=BINARY)
@fast_binary(real_div_op, _quotient, kinds="fcV")
def divide(x: Any, y: Any, name: str | None = None) -> Any:
    """Quotient as Python 3's `/` gives it; same as `tf.truediv`.

    Args:
        x: numeric tensor of any shape.
        y: tensor of the same dtype, of a shape that broadcasts against `x`.
        name: name of the node in a graph.

    Returns:
        A tensor of the broadcast shape; integers give floats.

    Raises:
        TypeError: if the dtypes differ or are not numeric.

    >>> import tidefall as tf
    >>> tf.divide([4.0, 9.0], 2.0).numpy()
    array([2. , 4.5], dtype=float32)
    """
    if isinstance(x, Tensor) and isinstance(y, (np.ndarray, np.generic)) and name is None:
        tensor: Any = x
        return tensor / y  # leaves what tensors do not divide, such as bools, to NumPy
    with name_scope(name or "truediv") as scope:
        return true_quotient(*true_operands(x, y), scope)


# ---- division that never gives nan ----


def _div_no_nan_grad(op: Any, dy: Any) -> list[Any]:
    x, y = op.inputs
    divisor = conjugate(y)
    dx = unbroadcast(safe_quotient(dy, divisor), x, y) if needs(op, 0) else None
    if not needs(op, 1):
        return [dx, None]
    slope = safe_quotient(safe_quotient(negative(conjugate(x)), divisor), divisor)
    return [dx, unbroadcast(multiply(dy, slope), y, x, first=False)]


def _div_no_nan_host(x: Any, y: Any) -> Any:
    return np.where(y == 0, x.dtype.type(0), np.divide(x, y))


def _div_no_nan_xla(x: Any, y: Any) -> Any:
    zero = y == 0
    safe = jnp.where(zero, jnp.ones((), y.dtype), y)
    return jnp.where(zero, jnp.zeros((), x.dtype), x / safe)


div_no_nan_op = op(
    "DivNoNan",
    shape=broadcast,
    host=_div_no_nan_host,
    xla=_div_no_nan_xla,
    effects=PURE,
    traits=(BROADCASTING,),
    gradient=_div_no_nan_grad,
)


@fast_binary(div_no_nan_op, _div_no_nan_host)
def safe_quotient(x: Any, y: Any, name: str | None = None) -> Any:
    """`DivNoNan` of two tensors of one floating dtype."""
    return div_no_nan_op(*agree(x, y), name=name)


@export("math.divide_no_nan", dispatch=BINARY)
def divide_no_nan(x: Any, y: Any, name: str | None = None) -> Any:
    """Quotient that is 0 wherever the divisor is 0, elementwise.

    Args:
        x: numeric tensor of any shape.
        y: tensor of the same dtype, of a shape that broadcasts against `x`.
        name: name of the node in a graph.

    Returns:
        A tensor of the broadcast shape; integers give floats as in `tf.truediv`.

    Raises:
        TypeError: if the dtypes differ or are not numeric.

    >>> import tidefall as tf
    >>> tf.math.divide_no_nan([1.0, 3.0], [0.0, 2.0]).numpy()
    array([0. , 1.5], dtype=float32)
    """
    with name_scope(name or "div_no_nan") as scope:
        return safe_quotient(*true_operands(x, y), scope)


@export("math.reciprocal_no_nan", dispatch=UNARY)
def reciprocal_no_nan(x: Any, name: str | None = None) -> Any:
    """`1 / x` elementwise, and 0 where `x` is 0.

    Args:
        x: floating or complex tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> tf.math.reciprocal_no_nan([2.0, 0.0]).numpy()
    array([0.5, 0. ], dtype=float32)
    """
    x = convert_to_tensor(x, name="x")
    return div_no_nan_op(like(1, x), x, name=name or "reciprocal_no_nan")


# ---- division to whole numbers ----


def _zero_grad(op: Any, dy: Any) -> list[Any]:
    return [None, None]


def _truncate_div_host(x: Any, y: Any) -> Any:
    if not _is_int(x):
        return np.trunc(np.divide(x, y))
    _no_zero(y)
    quotient = np.floor_divide(x, y)
    if x.dtype.kind == "u":
        return quotient
    inexact = np.multiply(quotient, y) != x
    return quotient + (inexact & ((x < 0) != (y < 0))).astype(x.dtype)


def _truncate_div_xla(x: Any, y: Any) -> Any:
    if _is_int(x):
        return lax.div(*jnp.broadcast_arrays(x, y))
    return jnp.trunc(jnp.divide(x, y))


def _floor_div_host(x: Any, y: Any) -> Any:
    if _is_int(x):
        _no_zero(y)
        return np.floor_divide(x, y)
    return np.floor(np.divide(x, y))


def _floor_div_xla(x: Any, y: Any) -> Any:
    return jnp.floor_divide(x, y) if _is_int(x) else jnp.floor(jnp.divide(x, y))


truncate_div_op = op(
    "TruncateDiv",
    shape=broadcast,
    host=_truncate_div_host,
    xla=_truncate_div_xla,
    effects=PURE,
    traits=(BROADCASTING,),
    gradient=_zero_grad,
)
floor_div_op = op(
    "FloorDiv",
    shape=broadcast,
    host=_floor_div_host,
    xla=_floor_div_xla,
    effects=PURE,
    traits=(BROADCASTING, TOTAL),
    gradient=_zero_grad,
)


@export("truncatediv", dispatch=BINARY)
@fast_binary(truncate_div_op, _truncate_div_host)
def truncatediv(x: Any, y: Any, name: str | None = None) -> Any:
    """Quotient rounded toward zero, elementwise, as C divides integers.

    Args:
        x: real tensor of any shape.
        y: tensor of the same dtype, of a shape that broadcasts against `x`.
        name: name of the node in a graph.

    Returns:
        A tensor of the broadcast shape and the inputs' dtype.

    Raises:
        InvalidArgumentError: if an integer is divided by 0.

    >>> import tidefall as tf
    >>> tf.truncatediv([-7, 7], 2).numpy()
    array([-3,  3], dtype=int32)
    """
    return truncate_div_op(*agree(x, y), name=name)


@export("math.floordiv", dispatch=BINARY)
@fast_binary(floor_div_op, _floor_div_host)
def floordiv(x: Any, y: Any, name: str | None = None) -> Any:
    """Quotient rounded down, elementwise, as Python's `//` gives it.

    Args:
        x: real tensor of any shape.
        y: tensor of the same dtype, of a shape that broadcasts against `x`.
        name: name of the node in a graph.

    Returns:
        A tensor of the broadcast shape and the inputs' dtype.

    Raises:
        InvalidArgumentError: if an integer is divided by 0.

    >>> import tidefall as tf
    >>> tf.math.floordiv([-7, 7], 2).numpy()
    array([-4,  3], dtype=int32)
    """
    return floor_div_op(*agree(x, y), name=name or "floordiv")


# ---- remainders ----


def _floor_mod_grad(op: Any, dy: Any) -> list[Any]:
    x, y = op.inputs
    slope = negative(floordiv(x, y))
    return [unbroadcast(dy, x, y), unbroadcast(multiply(dy, slope), y, x, first=False)]


def _floor_mod_host(x: Any, y: Any) -> Any:
    if _is_int(x):
        _no_zero(y)
    return np.remainder(x, y)


def _floor_mod_xla(x: Any, y: Any) -> Any:
    return jnp.remainder(x, y)


def _truncate_mod_host(x: Any, y: Any) -> Any:
    if _is_int(x):
        _no_zero(y)
    return np.fmod(x, y)


floor_mod_op = op(
    "FloorMod",
    shape=broadcast,
    host=_floor_mod_host,
    xla=_floor_mod_xla,
    effects=PURE,
    traits=(BROADCASTING,),
    gradient=_floor_mod_grad,
)
truncate_mod_op = op(
    "TruncateMod",
    shape=broadcast,
    host=_truncate_mod_host,
    xla=lambda x, y: jnp.fmod(x, y),
    effects=PURE,
    traits=(BROADCASTING, LACKS_GRADIENT),
    gradient=NOT_DIFFERENTIABLE,
)
mod_op = op(
    "Mod",
    shape=broadcast,
    host=_truncate_mod_host,
    xla=lambda x, y: jnp.fmod(x, y),
    effects=PURE,
    traits=(BROADCASTING, LACKS_GRADIENT),
    gradient=NOT_DIFFERENTIABLE,
)


@export("math.floormod", "math.mod", dispatch=BINARY)
@fast_binary(floor_mod_op, _floor_mod_host)
def floormod(x: Any, y: Any, name: str | None = None) -> Any:
    """Remainder of `//`, elementwise, with the sign of the divisor, as Python's `%` gives it.

    Args:
        x: real tensor of any shape.
        y: tensor of the same dtype, of a shape that broadcasts against `x`.
        name: name of the node in a graph.

    Returns:
        A tensor of the broadcast shape and the inputs' dtype.

    Raises:
        InvalidArgumentError: if an integer is divided by 0.

    >>> import tidefall as tf
    >>> tf.math.floormod([-7, 7], 3).numpy()
    array([2, 1], dtype=int32)
    """
    return floor_mod_op(*agree(x, y), name=name)


@export("truncatemod", dispatch=BINARY)
@fast_binary(truncate_mod_op, _truncate_mod_host)
def truncatemod(x: Any, y: Any, name: str | None = None) -> Any:
    """Remainder of the division rounded toward zero, with the sign of `x`, as C's `%` gives it.

    Args:
        x: real tensor of any shape.
        y: tensor of the same dtype, of a shape that broadcasts against `x`.
        name: name of the node in a graph.

    Returns:
        A tensor of the broadcast shape and the inputs' dtype.

    Raises:
        InvalidArgumentError: if an integer is divided by 0.

    >>> import tidefall as tf
    >>> tf.truncatemod([-7, 7], 3).numpy()
    array([-1,  1], dtype=int32)
    """
    return truncate_mod_op(*agree(x, y), name=name)
