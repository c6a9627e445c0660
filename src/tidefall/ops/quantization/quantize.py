"""Floating-point numbers as integers of a few bits, with the range they stand for; and back.

Mode MIN_COMBINED maps a range onto all integers of the dtype, MIN_FIRST does so after rounding the
lower limit to a step, and SCALED multiplies only, so that zero stays zero.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import DType
from tidefall.base.errors import UnimplementedError
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import invalid, jnp, shape_text
from tidefall.ops.quantization.rounding import counted_axis
from tidefall.tensor.conversion import convert_to_tensor

FLOAT = np.float32
_LARGEST = FLOAT(np.finfo(FLOAT).max)


def integers(dtype: DType) -> np.dtype:
    """The integer dtype that holds the values of a quantized one."""
    return np.dtype(f"{'u' if dtype.name.startswith('qu') else ''}int{8 * dtype.size}")


def as_integers(array: Any, dtype: DType) -> Any:
    """The values of a quantized tensor as integers."""
    if array.dtype.names or array.dtype == object:
        return array.view(integers(dtype))
    return array


def _limits(dtype: np.dtype) -> tuple[int, int]:
    info = np.iinfo(dtype)
    return int(info.min), int(info.max)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _half_away(x: np.ndarray) -> np.ndarray:
    """Rounded to integers, halves away from zero."""
    # Adding a half may round up what is just below one; the remainder is exact.
    whole = np.trunc(x)
    return whole + np.where(np.abs(x - whole) >= FLOAT(0.5), np.copysign(FLOAT(1), x), FLOAT(0))


def _to_integers(x: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Cast as C does: what is one too large wraps around."""
    return x.astype(np.int64).astype(dtype)


def _one_range(low: Any, name: str) -> None:
    """Raise for ranges of several slices, as TensorFlow does in mode MIN_FIRST."""
    if low.size > 1:
        raise UnimplementedError(
            None, None, f"MIN_FIRST mode is not implemented for {name} with axis != -1."
        )


# ---- quantizing ----


def _limits_along(x: Any, low: Any, high: Any, axis: int) -> tuple[np.ndarray, np.ndarray]:
    if axis >= x.ndim:
        raise invalid(
            "Axis is on a zero-based index, so its value must always be less than number of "
            f"input's dims, but given axis value was {axis} and input's dims was {x.ndim}"
        )
    for name, value in (("min_range", low), ("max_range", high)):
        if axis < 0:
            if value.size != 1:
                raise invalid(
                    f"If axis is not specified, {name} must contain a single float element, but it "
                    f"contains {value.size} elements"
                )
        elif value.shape != (x.shape[axis],):
            raise invalid(
                f"If axis is specified, {name} must be a 1-D tensor whose size matches the axis "
                f"dimension of the input and output tensors, but {name} has shape "
                f"{shape_text(value.shape)} and the dimension is {x.shape[axis]}"
            )
    return (low.reshape(()), high.reshape(())) if axis < 0 else (low, high)


def _widened(low: np.ndarray, high: np.ndarray, least: float) -> tuple[np.ndarray, np.ndarray]:
    """Limits with zero between them, and not too close to each other."""
    if (high < low).any():
        raise invalid("input_max_range must be larger than input_min_range.")
    start = np.minimum(FLOAT(0), low)
    close = np.maximum(FLOAT(1), np.maximum(np.abs(low), np.abs(high))) * FLOAT(least)
    return start, np.maximum(FLOAT(0), np.maximum(high, start + close))


def _clamped(x: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Within limits; NaN becomes the lower one."""
    return np.where(np.isnan(x), low, np.maximum(np.minimum(x, high), low))


def min_first_scale(low: Any, high: Any, dtype: np.dtype) -> np.ndarray:
    """Steps per unit of mode MIN_FIRST; 0 for an empty range."""
    first, last = _limits(dtype)
    span = np.asarray(high, np.float64) - np.asarray(low, np.float64)
    return np.where(span == 0, 0.0, (last - first) / np.where(span == 0, 1.0, span)).astype(FLOAT)


def _min_first(x: np.ndarray, low: np.ndarray, high: np.ndarray, dtype: np.dtype) -> np.ndarray:
    first, last = _limits(dtype)
    scale = min_first_scale(low, high, dtype)
    start = _half_away(low * scale) - FLOAT(first)
    top = FLOAT(last) if int(FLOAT(last)) <= last else np.nextafter(FLOAT(last), FLOAT(0))
    steps = _half_away(x * scale) - start
    return _to_integers(_clamped(steps, np.asarray(first, FLOAT), np.asarray(top)), dtype)


def _min_combined(x: np.ndarray, low: np.ndarray, high: np.ndarray, dtype: np.dtype) -> np.ndarray:
    first, last = _limits(dtype)
    steps = (_clamped(x, low, high) - low) * (FLOAT(last - first) / (high - low))
    if first:
        return _to_integers(_half_away(steps - FLOAT((last - first + 1) // 2)), dtype)
    return _to_integers(steps + FLOAT(0.5), dtype)


def _scale(low: np.ndarray, high: np.ndarray, first: int, last: int) -> np.ndarray:
    """Steps per unit of mode SCALED."""
    from_low = np.where(FLOAT(first) * low > 0, FLOAT(first) / low, _LARGEST)
    from_high = np.where(FLOAT(last) * high > 0, FLOAT(last) / high, _LARGEST)
    return np.minimum(from_low, from_high)


def _quantize_host(
    x: Any, min_range: Any, max_range: Any, *, T: DType, mode: Any, round_mode: Any,
    narrow_range: bool, axis: int, ensure_minimum_range: float,
) -> Any:  # fmt: skip
    mode, round_mode, dtype = _text(mode), _text(round_mode), integers(T)
    if round_mode == "HALF_TO_EVEN" and mode != "SCALED":
        raise invalid(
            f"Round mode 'HALF_TO_EVEN' only supported for mode 'SCALED', but mode is '{mode}'."
        )
    low, high = _limits_along(x, min_range, max_range, axis)
    if mode == "MIN_FIRST":
        _one_range(low, "Quantize")
    low, high = _widened(low, high, ensure_minimum_range)
    shape = [-1] + [1] * (x.ndim - 1 - axis) if axis >= 0 else []
    if mode != "SCALED":
        kernel = _min_first if mode == "MIN_FIRST" else _min_combined
        return kernel(x, low.reshape(shape), high.reshape(shape), dtype), low, high
    first, last = _limits(dtype)
    first += int(narrow_range)
    scale = _scale(low, high, first, last)
    low, high = FLOAT(first) / scale, FLOAT(last) / scale
    steps = _clamped(x, low.reshape(shape), high.reshape(shape)) * scale.reshape(shape)
    rounded = np.rint(steps) if round_mode == "HALF_TO_EVEN" else _half_away(steps)
    return _to_integers(rounded, dtype), low, high


def _limit_shape(c: Inference) -> TensorShape:
    """Shape of the limits: a scalar, or a vector along the axis."""
    shape, axis = c.shape(0), c.attr("axis")
    if axis < -1:
        raise ValueError(f"axis should be at least -1, got {axis}")
    if axis < 0:
        return TensorShape([])
    limit = c.shape(1).merge_with(c.shape(2)).with_rank(1)
    if shape.rank is None:
        return limit
    if axis >= shape.rank:
        raise ValueError(f"Shape must be at least rank {axis + 1} but is rank {shape.rank}")
    return limit.merge_with([shape[axis]])


def _quantize_shape(c: Inference) -> list[TensorShape]:
    limit = _limit_shape(c)
    return [c.shape(0), limit, limit]


quantize_op = op(
    "QuantizeV2",
    shape=_quantize_shape,
    host=_quantize_host,
    xla=None,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)

# ---- reading back ----


def _check_back(x: Any, low: Any, high: Any, axis: int, mode: str) -> None:
    if axis >= x.ndim:
        raise invalid(f"Axis must be less than input dimension({x.ndim}), got {axis}")
    count = 1 if axis < 0 else x.shape[axis]
    for name, value in (("input_min_tensor", low), ("input_max_tensor", high)):
        if value.size != count:
            raise invalid(
                f"{name} must have as many elements as input on the dequantization axis ({axis}), "
                f"got {value.size}, expected {count}"
            )
    if mode == "MIN_FIRST":
        _one_range(low, "Dequantize")


def _read_back(xp: Any, x: Any, low: Any, high: Any, mode: str, narrow: bool, dtype: Any) -> Any:
    """Integers as float32."""
    first, last = _limits(dtype)
    values = x.astype(FLOAT)
    if mode == "SCALED":
        least = first + int(narrow)
        unit = high / FLOAT(last)
        return values * (xp.maximum(low / FLOAT(least), unit) if first else unit)
    unit = (high - low) / FLOAT(last - first)
    if mode == "MIN_COMBINED":
        return (values + FLOAT((last - first + 1) // 2 if first else 0)) * unit + low
    place = low / xp.where(unit == 0, FLOAT(1), unit)
    rounded = xp.where(unit == 0, low, xp.sign(place) * xp.floor(xp.abs(place) + FLOAT(0.5)) * unit)
    return rounded - FLOAT(first) * unit + values * unit


def _dequantize(xp: Any, x: Any, low: Any, high: Any, options: dict[str, Any]) -> Any:
    mode, axis, kind = _text(options["mode"]), options["axis"], options["T"]
    x = as_integers(x, kind)
    _check_back(x, low, high, axis, mode)
    shape = [-1] + [1] * (x.ndim - 1 - axis) if axis >= 0 else []
    low, high = xp.asarray(low).reshape(shape), xp.asarray(high).reshape(shape)
    result = _read_back(xp, x, low, high, mode, options["narrow_range"], integers(kind))
    return result.astype(options["dtype"].as_numpy_dtype)


def _dequantize_host(
    x: Any, low: Any, high: Any, *, T: DType, mode: Any, narrow_range: bool, axis: int, dtype: DType
) -> Any:
    options = {"mode": mode, "narrow_range": narrow_range, "axis": axis, "T": T, "dtype": dtype}
    return _dequantize(np, x, low, high, options)


def _dequantize_xla(
    x: Any, low: Any, high: Any, *, T: DType, mode: Any, narrow_range: bool, axis: int, dtype: DType
) -> Any:
    options = {"mode": mode, "narrow_range": narrow_range, "axis": axis, "T": T, "dtype": dtype}
    return _dequantize(jnp, x, low, high, options)


def _dequantize_shape(c: Inference) -> TensorShape:
    _limit_shape(c)
    return c.shape(0)


dequantize_op = op(
    "Dequantize",
    shape=_dequantize_shape,
    host=_dequantize_host,
    xla=_dequantize_xla,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)

# ---- public functions ----


class QuantizeV2(NamedTuple):
    """Integers, and the limits that they stand for."""

    output: Any
    output_min: Any
    output_max: Any


@export("quantization.quantize")
def quantize(
    input: Any,
    min_range: Any,
    max_range: Any,
    T: Any,
    mode: str = "MIN_COMBINED",
    round_mode: str = "HALF_AWAY_FROM_ZERO",
    name: str | None = None,
    narrow_range: bool = False,
    axis: int | None = None,
    ensure_minimum_range: float = 0.01,
) -> Any:
    """Floating-point numbers as integers of a quantized dtype.

    Args:
        input: float32 tensor of any shape.
        min_range, max_range: limits, float32 scalars, or vectors along `axis`. They are widened to
            hold zero; numbers outside become the limits.
        T: `tf.qint8`, `quint8`, `qint16`, `quint16` or `qint32`.
        mode: "MIN_COMBINED", "MIN_FIRST" or "SCALED".
        round_mode: "HALF_AWAY_FROM_ZERO"; mode SCALED also takes "HALF_TO_EVEN".
        name: name of the node in a graph.
        narrow_range: mode SCALED leaves out the lowest integer.
        axis: quantize each slice along this axis by itself; None for all together.
        ensure_minimum_range: the limits are at least so far apart, in parts of the larger one.

    Returns:
        `(output, output_min, output_max)`: the integers, and the limits that they stand for.

    Raises:
        InvalidArgumentError: if `max_range < min_range`, or for limits of another shape.

    >>> import tidefall as tf
    >>> output, low, high = tf.quantization.quantize([0.0, 1.5, 9.0], 0.0, 3.0, tf.quint8)
    >>> tf.bitcast(output, tf.uint8).numpy()
    array([  0, 128, 255], dtype=uint8)
    """
    input = convert_to_tensor(input, dtypes.float32, name="input")
    outputs = quantize_op(
        input,
        min_range,
        max_range,
        T=T,
        mode=mode,
        round_mode=round_mode,
        narrow_range=narrow_range,
        axis=counted_axis(input, axis),
        ensure_minimum_range=ensure_minimum_range,
        name=name,
    )
    return QuantizeV2(*outputs)


@export("quantization.dequantize")
def dequantize(
    input: Any,
    min_range: Any,
    max_range: Any,
    mode: str = "MIN_COMBINED",
    name: str | None = None,
    axis: int | None = None,
    narrow_range: bool = False,
    dtype: Any = dtypes.float32,
) -> Any:
    """The floating-point numbers that integers of a quantized dtype stand for.

    Args:
        input: tensor of a quantized dtype.
        min_range, max_range: limits they stand for, float32 scalars, or vectors along `axis`.
        mode: "MIN_COMBINED", "MIN_FIRST" or "SCALED".
        name: name of the node in a graph.
        axis: each slice along this axis has limits of its own; None for the same ones.
        narrow_range: the lowest integer was left out.
        dtype: float32 or bfloat16.

    Returns:
        A tensor of `dtype` shaped like `input`.

    Raises:
        InvalidArgumentError: for limits of another size.

    >>> import tidefall as tf
    >>> output, low, high = tf.quantization.quantize([0.0, 1.0], 0.0, 2.55, tf.quint8)
    >>> tf.quantization.dequantize(output, low, high).numpy()
    array([0., 1.], dtype=float32)
    """
    input = convert_to_tensor(input, name="input")
    return dequantize_op(
        input,
        min_range,
        max_range,
        mode=mode,
        narrow_range=narrow_range,
        axis=counted_axis(input, axis),
        dtype=dtype,
        name=name,
    )
