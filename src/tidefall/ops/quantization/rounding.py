"""Numbers rounded as if they had been quantized and read back, for models to be quantized later."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np

from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import name_scope
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import invalid, jnp, unchanged
from tidefall.tensor.conversion import convert_to_tensor

# ---- kernels, for NumPy and jax arrays alike ----


def _steps(num_bits: int, signed: bool, narrow: bool) -> tuple[int, int]:
    """The smallest and the largest integer."""
    if not 0 < num_bits < (62 if signed else 63):
        raise invalid(f"num_bits is out of range: {num_bits} with signed_input_ {int(signed)}")
    if not signed:
        return 0, 2**num_bits - 1
    return -(2 ** (num_bits - 1)) + int(narrow), 2 ** (num_bits - 1) - 1


def _scales(xp: Any, low: Any, high: Any, first: int, last: int) -> tuple[Any, Any, Any, Any]:
    """Steps per unit and units per step, and the limits, one of which may move."""
    kind = low.dtype.type
    largest = kind(ml_dtypes.finfo(low.dtype).max)
    least, most = kind(first), kind(last)
    from_low = xp.where(least * low > 0, least / low, largest)
    from_high = xp.where(most * high > 0, most / high, largest)
    by_low = from_low < from_high
    unit = xp.where(by_low, low / (least if first else kind(1)), high / (most if last else kind(1)))
    return (
        xp.where(by_low, from_low, from_high),
        unit,
        xp.where(by_low, low, least * unit),
        xp.where(by_low, most * unit, high),
    )


def _along(value: Any, axis: int, rank: int) -> Any:
    """A vector made to broadcast along an axis."""
    return value if axis < 0 or not value.ndim else value.reshape([-1] + [1] * (rank - 1 - axis))


def _check_limits(x: Any, low: Any, high: Any, axis: int, given: bool) -> None:
    if axis >= x.ndim:
        raise invalid(f"Shape must be at least rank {axis + 1} but is rank {x.ndim}")
    if not given:
        return
    for name, value in (("input_min", low), ("input_max", high)):
        if value.ndim:
            raise invalid(f"{name} must be a scalar.")
    if isinstance(low, np.ndarray) and isinstance(high, np.ndarray) and low > high:
        raise invalid(f"Invalid range: input_min {low:g} > input_max {high:g}")


def _rounding(
    xp: Any, x: Any, low: Any, high: Any, bits: int, signed: bool, given: bool, mode: Any,
    narrow: bool, axis: int,
) -> Any:  # fmt: skip
    first, last = _steps(bits, signed, narrow)
    _check_limits(x, low, high, axis, given)
    if 0 in x.shape:
        return x
    if not given:
        axes = tuple(i for i in range(x.ndim) if i != axis)
        low, high = xp.min(x, axis=axes), xp.max(x, axis=axes)
    scale, unit, low, high = (
        _along(value, axis, x.ndim)
        for value in _scales(xp, xp.asarray(low), xp.asarray(high), first, last)
    )
    if given:
        x = xp.maximum(xp.minimum(x, high), low)
    half_up = mode in ("HALF_UP", b"HALF_UP")
    rounded = xp.floor(x * scale + x.dtype.type(0.5)) if half_up else xp.rint(x * scale)
    return rounded * unit


def _attributes_kernel(xp: Callable[[], Any]) -> Callable[..., Any]:
    def kernel(
        x: Any, low: Any, high: Any, *, signed_input: bool, num_bits: int, range_given: bool,
        round_mode: Any, narrow_range: bool, axis: int,
    ) -> Any:  # fmt: skip
        limits = (low, high, num_bits, signed_input, range_given, round_mode, narrow_range, axis)
        return _rounding(xp(), x, *limits)

    return kernel


def _bits_kernel(xp: Callable[[], Any]) -> Callable[..., Any]:
    def kernel(
        x: Any, low: Any, high: Any, num_bits: Any, *, signed_input: bool, range_given: bool,
        narrow_range: bool, axis: int,
    ) -> Any:  # fmt: skip
        if num_bits.ndim:
            raise invalid(
                "Invalid shape. The `num_bits` tensor should be a scalar. Got dimensions: "
                f"{num_bits.ndim}"
            )
        limits = (low, high, int(num_bits), signed_input, range_given, "", narrow_range, axis)
        return _rounding(xp(), x, *limits)

    return kernel


def _grad_kernel(xp: Callable[[], Any]) -> Callable[..., Any]:
    def kernel(dy: Any, x: Any, low: Any, high: Any, *, axis: int) -> Any:
        if dy.shape != x.shape:
            raise invalid("gradient and input must be the same size")
        if axis >= x.ndim:
            raise invalid(f"Axis should be less than the rank {x.ndim}, got {axis}")
        size = () if axis < 0 else (x.shape[axis],)
        for name, value in (("input_min", low), ("input_max", high)):
            if value.shape != size:
                raise invalid(
                    f"{name} must be a scalar if axis is unspecified"
                    if not size
                    else f"{name} has incorrect size, expected {size[0]}, got {value.shape}"
                )
        within = (x >= _along(low, axis, x.ndim)) & (x <= _along(high, axis, x.ndim))
        zeros = xp().zeros(size, x.dtype)
        return dy * within, zeros, zeros

    return kernel


# ---- ops ----


def _shape(c: Inference) -> TensorShape:
    shape, axis = c.shape(0), c.attr("axis")
    if axis < -1:
        raise ValueError(f"axis should be at least -1, got {axis}")
    if shape.rank is not None and axis >= shape.rank:
        raise ValueError(f"Shape must be at least rank {axis + 1} but is rank {shape.rank}")
    return shape


def _grad_shape(c: Inference) -> list[TensorShape]:
    shape, axis = c.shape(1), c.attr("axis")
    if axis < 0:
        limit = TensorShape([])
    else:
        limit = c.shape(2).merge_with(c.shape(3)).with_rank(1)
        limit = limit.merge_with([None if shape.rank is None else shape[axis]])
    return [c.shape(0).merge_with(shape), limit, limit]


def _numpy() -> Any:
    return np


def _jax() -> Any:
    return jnp


def _first_kernel(xp: Callable[[], Any]) -> Callable[..., Any]:
    """Of the first version, whose limits are attributes."""

    def kernel(
        x: Any, *, signed_input: bool, num_bits: int, range_given: bool, input_min: float,
        input_max: float,
    ) -> Any:  # fmt: skip
        low, high = (np.asarray(limit, x.dtype) for limit in (input_min, input_max))
        return _rounding(xp(), x, low, high, num_bits, signed_input, range_given, "", False, -1)

    return kernel


op(
    "QuantizeAndDequantize",
    shape=unchanged,
    host=_first_kernel(_numpy),
    xla=_first_kernel(_jax),
    effects=PURE,
    gradient=lambda op, dy: dy,
)
round_v2_op = op(
    "QuantizeAndDequantizeV2",
    shape=_shape,
    host=_attributes_kernel(_numpy),
    xla=_attributes_kernel(_jax),
    effects=PURE,
    gradient=lambda op, dy: [dy, None, None],
)
round_v3_op = op(
    "QuantizeAndDequantizeV3",
    shape=_shape,
    host=_bits_kernel(_numpy),
    xla=_bits_kernel(_jax),
    effects=PURE,
    gradient=lambda op, dy: [dy, None, None, None],
    static=("num_bits",),
)
round_v4_grad_op = op(
    "QuantizeAndDequantizeV4Grad",
    shape=_grad_shape,
    host=_grad_kernel(_numpy),
    xla=_grad_kernel(_jax),
    # TensorFlow registers a function here that cannot take the gradients it is given.
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)
round_v4_op = op(
    "QuantizeAndDequantizeV4",
    shape=_shape,
    host=_attributes_kernel(_numpy),
    xla=_attributes_kernel(_jax),
    effects=PURE,
    gradient=lambda op, dy: list(round_v4_grad_op(dy, *op.inputs, axis=op.get_attr("axis"))),
)

# ---- public functions ----


def counted_axis(tensor: Any, axis: int | None) -> int:
    """An axis counted from the front; -1 for none."""
    if axis is None:
        return -1
    if axis >= 0:
        return axis
    if tensor.shape.rank is None:
        raise ValueError("input should have known rank to use negative axis.")
    return axis % tensor.shape.rank


@export("quantization.quantize_and_dequantize")
def quantize_and_dequantize(
    input: Any,
    input_min: Any,
    input_max: Any,
    signed_input: bool = True,
    num_bits: int = 8,
    range_given: bool = False,
    round_mode: str = "HALF_TO_EVEN",
    name: str | None = None,
    narrow_range: bool = False,
    axis: int | None = None,
) -> Any:
    """Numbers rounded to what `num_bits` bits can tell apart; the gradient passes unchanged.

    Args:
        input: float32 or float64 tensor of any shape.
        input_min, input_max: scalar limits, used if `range_given`.
        signed_input: count from negative integers.
        num_bits: number of bits.
        range_given: use the limits; otherwise they are the smallest and largest element.
        round_mode: "HALF_TO_EVEN" or "HALF_UP".
        name: name of the node in a graph.
        narrow_range: leave out the lowest integer.
        axis: quantize each slice along this axis by itself; None for all together.

    Returns:
        A tensor like `input`.

    Raises:
        InvalidArgumentError: for limits that are no range, and other numbers of bits.

    >>> import tidefall as tf
    >>> tf.quantization.quantize_and_dequantize([-1.0, 0.3, 2.0], 0.0, 0.0, num_bits=3).numpy()
    array([-1.3333334,  0.       ,  2.       ], dtype=float32)
    """
    with name_scope(name or "quantize_and_dequantize"):
        input = convert_to_tensor(input, name="input")
        return round_v2_op(
            input,
            input_min,
            input_max,
            signed_input=signed_input,
            num_bits=num_bits,
            range_given=range_given,
            round_mode=round_mode,
            narrow_range=narrow_range,
            axis=counted_axis(input, axis),
        )


@export("quantization.quantize_and_dequantize_v2")
def quantize_and_dequantize_v2(
    input: Any,
    input_min: Any,
    input_max: Any,
    signed_input: bool = True,
    num_bits: int = 8,
    range_given: bool = False,
    round_mode: str = "HALF_TO_EVEN",
    name: str | None = None,
    narrow_range: bool = False,
    axis: int | None = None,
) -> Any:
    """Numbers rounded to what `num_bits` bits can tell apart; outside the range no gradient passes.

    Args:
        input: float32 or float64 tensor of any shape.
        input_min, input_max: limits: those of the range if `range_given`, and always those within
            which the gradient passes. Scalars; without `range_given` vectors along `axis`.
        signed_input: count from negative integers.
        num_bits: number of bits.
        range_given: use the limits; otherwise they are the smallest and largest element.
        round_mode: "HALF_TO_EVEN" or "HALF_UP".
        name: name of the node in a graph.
        narrow_range: leave out the lowest integer.
        axis: quantize each slice along this axis by itself; None for all together.

    Returns:
        A tensor like `input`.

    Raises:
        InvalidArgumentError: for limits that are no range, and other numbers of bits.

    >>> import tidefall as tf
    >>> tf.quantization.quantize_and_dequantize_v2(
    ...     [-1.0, 0.3, 2.0], -1.0, 1.0, num_bits=3, range_given=True, narrow_range=True
    ... ).numpy()
    array([-1.        ,  0.33333334,  1.        ], dtype=float32)
    """
    with name_scope(name or "quantize_and_dequantize_v2"):
        input = convert_to_tensor(input, name="input")
        return round_v4_op(
            input,
            input_min,
            input_max,
            signed_input=signed_input,
            num_bits=num_bits,
            range_given=range_given,
            round_mode=round_mode,
            narrow_range=narrow_range,
            axis=counted_axis(input, axis),
        )
