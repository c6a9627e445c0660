"""Window functions: weights that fade a stretch of signal in and out."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import DType, as_dtype
from tidefall.base.exports import export
from tidefall.op import raw
from tidefall.ops.array.ranges import range as range_
from tidefall.ops.array.selecting import where
from tidefall.ops.common import known_value
from tidefall.ops.math.cast import cast
from tidefall.tensor.conversion import convert_to_tensor


def scalar_int(value: Any, name: str) -> Any:
    """A scalar int32 tensor.

    Raises:
        ValueError: for another rank.
    """
    tensor = convert_to_tensor(value, dtype_hint=dtypes.int32)
    if not tensor.dtype.is_integer:
        raise TypeError(f"{name} must be an integer, got {value!r}")
    if tensor.shape.rank not in (None, 0):
        raise ValueError(f"{name} must be a scalar: shape {tensor.shape} must have rank 0")
    return tensor


def _floating(dtype: Any) -> DType:
    dtype = as_dtype(dtype)
    if not dtype.is_floating:
        raise ValueError(f"dtype must be a floating point type. Found {dtype!r}")
    return dtype


def _cosine_window(length: Any, periodic: Any, dtype: Any, a: float, b: float) -> Any:
    """`a - b * cos` over one period; a periodic window ends one step before the start comes again.

    Symmetric and periodic windows are the same for an odd length, as they are in TensorFlow.
    """
    dtype = _floating(dtype)
    length = scalar_int(length, "window_length")
    periodic = raw.Cast(convert_to_tensor(periodic, dtypes.bool), DstT=length.dtype)
    even = 1 - length % 2
    steps = cast(length + periodic * even - 1, dtypes.float64)
    turn = 2 * math.pi * cast(range_(length), dtypes.float64) / steps
    window = cast(a - b * raw.Cos(turn), dtype)
    known = known_value(length)
    if known is not None and int(known) != 1:
        return window
    return where(raw.Equal(length, 1), cast(1.0, dtype), window)


@export("signal.hann_window")
def hann_window(
    window_length: Any, periodic: Any = True, dtype: Any = dtypes.float32, name: str | None = None
) -> Any:
    """The Hann window, a raised cosine that starts at zero.

    Args:
        window_length: int32 of shape (): number of samples.
        periodic: False for a symmetric window; True for one whose repetition is smooth. They
            differ only for an even length.
        dtype: floating-point dtype of the result.
        name: unused.

    Returns:
        A tensor `[window_length]`.

    Raises:
        ValueError: for another rank, or a dtype that is not floating-point.

    >>> import tidefall as tf
    >>> tf.signal.hann_window(4).numpy().tolist()
    [0.0, 0.5, 1.0, 0.5]
    """
    return _cosine_window(window_length, periodic, dtype, 0.5, 0.5)


@export("signal.hamming_window")
def hamming_window(
    window_length: Any, periodic: Any = True, dtype: Any = dtypes.float32, name: str | None = None
) -> Any:
    """The Hamming window, a raised cosine that starts at 0.08.

    Args:
        window_length: int32 of shape (): number of samples.
        periodic: False for a symmetric window; True for one whose repetition is smooth. They
            differ only for an even length.
        dtype: floating-point dtype of the result.
        name: unused.

    Returns:
        A tensor `[window_length]`.

    Raises:
        ValueError: for another rank, or a dtype that is not floating-point.

    >>> import tidefall as tf
    >>> tf.signal.hamming_window(4).numpy().round(2)
    array([0.08, 0.54, 1.  , 0.54], dtype=float32)
    """
    return _cosine_window(window_length, periodic, dtype, 0.54, 0.46)


@export("signal.kaiser_window")
def kaiser_window(
    window_length: Any, beta: Any = 12.0, dtype: Any = dtypes.float32, name: str | None = None
) -> Any:
    """The Kaiser window: `I0(beta * sqrt(1 - x^2)) / I0(beta)` for x from -1 to 1.

    Args:
        window_length: int32 of shape (): number of samples, at least 1.
        beta: shape of the window: the larger, the narrower.
        dtype: floating-point dtype of the result.
        name: unused.

    Returns:
        A tensor `[window_length]`.

    Raises:
        ValueError: for another rank, or a dtype that is not floating-point.
        InvalidArgumentError: for a length below 1.

    >>> import tidefall as tf
    >>> tf.signal.kaiser_window(3, beta=0.0).numpy().tolist()
    [1.0, 1.0, 1.0]
    """
    dtype = _floating(dtype)
    length = scalar_int(window_length, "window_length")
    middle = cast(length - 1, dtypes.float64) / 2.0
    beta = cast(convert_to_tensor(beta, dtype_hint=dtypes.float32), dtypes.float64)
    place = range_(-middle, middle + 0.1, dtype=dtypes.float64) / middle
    inside = beta * raw.Sqrt(raw.Maximum(1.0 - place * place, np.float64(0)))
    scaled = raw.BesselI0e
    window = cast(raw.Exp(inside - beta) * scaled(inside) / scaled(beta), dtype)
    known = known_value(length)
    if known is not None:
        window.set_shape([int(known)])
        return raw.OnesLike(window) if int(known) == 1 else window
    return where(raw.Equal(length, 1), cast(1.0, dtype), window)


@export("signal.kaiser_bessel_derived_window")
def kaiser_bessel_derived_window(
    window_length: Any, beta: Any = 12.0, dtype: Any = dtypes.float32, name: str | None = None
) -> Any:
    """The Kaiser-Bessel derived window, whose square and its shifted self add up to one.

    Args:
        window_length: int32 of shape (): number of samples; an odd one is taken one smaller.
        beta: shape of the Kaiser window it is made of.
        dtype: floating-point dtype of the result.
        name: unused.

    Returns:
        A tensor `[window_length]`.

    Raises:
        ValueError: for another rank, or a dtype that is not floating-point.

    >>> import tidefall as tf
    >>> tf.signal.kaiser_bessel_derived_window(2).numpy().round(3)
    array([0.707, 0.707], dtype=float32)
    """
    length = scalar_int(window_length, "window_length")
    kaiser = kaiser_window(length // 2 + 1, beta, _floating(dtype))
    total = raw.Cumsum(kaiser, np.array(0, np.int32))
    rising = raw.Sqrt(total[:-1] / total[-1])
    falling = raw.ReverseV2(rising, np.array([0], np.int32))
    return raw.ConcatV2([rising, falling], 0)


@export("signal.vorbis_window")
def vorbis_window(window_length: Any, dtype: Any = dtypes.float32, name: str | None = None) -> Any:
    """The window of the Vorbis codec: `sin(pi / 2 * sin(pi * (n + 0.5) / length)^2)`.

    Args:
        window_length: int32 of shape (): number of samples.
        dtype: floating-point dtype of the result.
        name: unused.

    Returns:
        A tensor `[window_length]`.

    Raises:
        ValueError: for another rank, or a dtype that is not floating-point.

    >>> import tidefall as tf
    >>> tf.signal.vorbis_window(3).numpy().round(3)
    array([0.383, 1.   , 0.383], dtype=float32)
    """
    dtype = _floating(dtype)
    length = scalar_int(window_length, "window_length")
    sin = raw.Sin
    place = (cast(range_(length), dtypes.float64) + 0.5) / cast(length, dtypes.float64)
    return cast(sin(math.pi / 2.0 * sin(math.pi * place) ** 2), dtype)
