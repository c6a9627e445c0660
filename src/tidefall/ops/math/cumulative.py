"""Running sums, products and log-sum-exps along an axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.dispatch import OTHER
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import find_op, op
from tidefall.op.traits import EXACT_OVER_INTEGERS, LINEAR, TOTAL
from tidefall.ops.batching import along_axes
from tidefall.ops.common import jnp, lax
from tidefall.ops.fast import like
from tidefall.ops.math.division import safe_quotient
from tidefall.ops.math.elementwise import add, multiply, negative, subtract
from tidefall.ops.math.exponential import exp, log

# ---- axis and direction ----


def _shape(c: Inference) -> TensorShape:
    shape, axis = c.shape(0), c.constant(1)
    if axis is not None and shape.rank is not None:
        _checked(axis, shape.rank)
    return shape


def _checked(axis: Any, rank: int) -> int:
    axis = int(axis)
    if not -rank <= axis < rank:
        raise ValueError(
            f"ScanOp: Expected scan axis in the range [{-rank}, {rank}), but got {axis}"
        )
    return axis % rank


def _scan(x: Any, axis: Any, exclusive: bool, reverse: bool, accumulate: Any, start: Any) -> Any:
    """Accumulate along an axis; exclusive results are shifted by one and begin with `start`."""
    axis = _checked(axis, x.ndim)
    if reverse:
        x = np.flip(x, axis)
    result = accumulate(x, axis)
    if exclusive and x.shape[axis]:
        shifted = np.empty_like(result)
        ahead = (slice(None),) * axis
        shifted[(*ahead, slice(1, None))] = result[(*ahead, slice(None, -1))]
        shifted[(*ahead, 0)] = start
        result = shifted
    return np.flip(result, axis) if reverse else result


def _scan_xla(
    x: Any, axis: Any, exclusive: bool, reverse: bool, accumulate: Any, start: Any
) -> Any:
    axis = _checked(axis, x.ndim)
    if exclusive and x.shape[axis]:
        # Shift the input instead: the last element counts for nobody.
        edge = jnp.full((*x.shape[:axis], 1, *x.shape[axis + 1 :]), start, x.dtype)
        size = x.shape[axis]
        if reverse:
            x = jnp.concatenate([lax.slice_in_dim(x, 1, size, axis=axis), edge], axis)
        else:
            x = jnp.concatenate([edge, lax.slice_in_dim(x, 0, size - 1, axis=axis)], axis)
    return accumulate(x, axis, reverse)


# ---- sums ----


def _cumsum_host(x: Any, axis: Any, *, exclusive: bool, reverse: bool) -> Any:
    return _scan(x, axis, exclusive, reverse, lambda v, a: np.cumsum(v, a, v.dtype), 0)


def _cumsum_xla(x: Any, axis: Any, *, exclusive: bool, reverse: bool) -> Any:
    return _scan_xla(
        x, axis, exclusive, reverse, lambda v, a, r: lax.cumsum(jnp.asarray(v), a, r), 0
    )


def _cumsum_grad(op: Any, dy: Any) -> list[Any]:
    attrs = op.attrs
    back = not attrs["reverse"]
    return [cumsum_op(dy, op.inputs[1], exclusive=attrs["exclusive"], reverse=back), None]


cumsum_op = op(
    "Cumsum",
    shape=_shape,
    host=_cumsum_host,
    xla=_cumsum_xla,
    effects=PURE,
    traits=(EXACT_OVER_INTEGERS, LINEAR, TOTAL),
    batching=along_axes,
    gradient=_cumsum_grad,
    static=("axis",),
)


@export("math.cumsum", "cumsum", dispatch=OTHER)
def cumsum(
    x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None
) -> Any:
    """Running sum along an axis.

    Args:
        x: numeric tensor of at least one dimension.
        axis: the axis.
        exclusive: leave each element out of its own sum, so that the first sum is 0.
        reverse: sum from the end.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    Raises:
        InvalidArgumentError: if the axis is out of range.

    >>> import tidefall as tf
    >>> tf.cumsum([1, 2, 3]).numpy()
    array([1, 3, 6], dtype=int32)
    """
    return cumsum_op(x, axis, exclusive=exclusive, reverse=reverse, name=name)


# ---- products ----


def _cumprod_host(x: Any, axis: Any, *, exclusive: bool, reverse: bool) -> Any:
    return _scan(x, axis, exclusive, reverse, lambda v, a: np.cumprod(v, a, v.dtype), 1)


def _cumprod_xla(x: Any, axis: Any, *, exclusive: bool, reverse: bool) -> Any:
    return _scan_xla(
        x, axis, exclusive, reverse, lambda v, a, r: lax.cumprod(jnp.asarray(v), a, r), 1
    )


def _cumprod_grad(op: Any, dy: Any) -> list[Any]:
    # TensorFlow does not conjugate complex numbers here.
    x, axis = op.inputs
    attrs = op.attrs
    total = cumsum_op(
        multiply(op.outputs[0], dy),
        axis,
        exclusive=attrs["exclusive"],
        reverse=not attrs["reverse"],
    )
    return [safe_quotient(total, x), None]


cumprod_op = op(
    "Cumprod",
    shape=_shape,
    host=_cumprod_host,
    xla=_cumprod_xla,
    effects=PURE,
    traits=(EXACT_OVER_INTEGERS,),
    batching=along_axes,
    gradient=_cumprod_grad,
    static=("axis",),
)


@export("math.cumprod")
def cumprod(
    x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None
) -> Any:
    """Running product along an axis.

    Args:
        x: numeric tensor of at least one dimension.
        axis: the axis.
        exclusive: leave each element out of its own product, so that the first product is 1.
        reverse: multiply from the end.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    Raises:
        InvalidArgumentError: if the axis is out of range.

    >>> import tidefall as tf
    >>> tf.math.cumprod([2, 3, 4]).numpy()
    array([ 2,  6, 24], dtype=int32)
    """
    return cumprod_op(x, axis, exclusive=exclusive, reverse=reverse, name=name)


# ---- log-sum-exps ----


def _logsumexp_host(x: Any, axis: Any, *, exclusive: bool, reverse: bool) -> Any:
    narrow = x.dtype.kind == "V"
    work = x.astype(np.float32) if narrow else x
    result = _scan(
        work, axis, exclusive, reverse, lambda v, a: np.logaddexp.accumulate(v, a), -np.inf
    )
    return result.astype(x.dtype) if narrow else result


def _logsumexp_xla(x: Any, axis: Any, *, exclusive: bool, reverse: bool) -> Any:
    return _scan_xla(
        x,
        axis,
        exclusive,
        reverse,
        lambda v, a, r: lax.associative_scan(jnp.logaddexp, jnp.asarray(v), axis=a, reverse=r),
        -np.inf,
    )


def _logsumexp_grad(op: Any, dy: Any) -> list[Any]:
    x, axis = op.inputs
    y = op.outputs[0]
    attrs = op.attrs
    scan = {"exclusive": attrs["exclusive"], "reverse": not attrs["reverse"]}
    select, zero = raw.SelectV2, like(0, dy)
    lowest = like(dy.dtype.min, dy)

    def part(sign: str, amount: Any) -> Any:
        """What the gradients of one sign add up to, summed as logarithms against overflow."""
        chosen = find_op(sign)(dy, zero)
        magnitude = select(chosen, log(select(chosen, amount, like(1, dy))), lowest)
        return exp(add(cumulative_logsumexp_op(subtract(magnitude, y), axis, **scan), x))

    return [subtract(part("Greater", dy), part("Less", negative(dy))), None]


cumulative_logsumexp_op = op(
    "CumulativeLogsumexp",
    shape=_shape,
    host=_logsumexp_host,
    xla=_logsumexp_xla,
    effects=PURE,
    batching=along_axes,
    gradient=_logsumexp_grad,
    static=("axis",),
)


@export("math.cumulative_logsumexp")
def cumulative_logsumexp(
    x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None
) -> Any:
    """Running `log(sum(exp(x)))` along an axis, without overflow.

    Args:
        x: floating tensor of at least one dimension.
        axis: the axis.
        exclusive: leave each element out of its own sum, so that the first result is -inf.
        reverse: sum from the end.
        name: name of the node in a graph.

    Returns:
        A tensor like `x`.

    Raises:
        InvalidArgumentError: if the axis is out of range.

    >>> import tidefall as tf
    >>> tf.math.cumulative_logsumexp([0.0, 0.0]).numpy()
    array([0.       , 0.6931472], dtype=float32)
    """
    return cumulative_logsumexp_op(x, axis, exclusive=exclusive, reverse=reverse, name=name)
