"""Numbers brought to a common scale, by all data or by those of the same key."""

from __future__ import annotations

from typing import Any

import tidefall as tf
from tidefall.lifecycle.data_validation.failures import unimplemented
from tidefall.lifecycle.transform.accumulators.reductions import Extremes, Moments
from tidefall.lifecycle.transform.analyzers import (
    float_type,
    mean_and_var,
    min_and_max,
    tukey_parameters,
)
from tidefall.lifecycle.transform.mappers.keys import values_by_key
from tidefall.lifecycle.transform.tensors import (
    is_composite,
    known_shape,
    numeric,
    per_element,
    values_of,
    with_values,
)


def scale_to_z_score(
    x: Any, elementwise: bool = False, name: str | None = None, output_dtype: Any = None
) -> Any:
    """Return (x - mean) / standard deviation, by the moments of all data.

    Args:
        x: numbers, in a tensor of any kind.
        elementwise: whether each element of the rows has its own moments.
        name: a name for the operation.
        output_dtype: of the result; by default that of `x`, or float32 for integers.

    Returns:
        A tensor like `x`. Where the variance is 0, x - mean.

    In a preprocessing_fn:

        {"fare": tft.scale_to_z_score(inputs["fare"])}
    """
    with tf.name_scope(name or "scale_to_z_score"):
        x = numeric(x, "scale_to_z_score")
        center, variance = mean_and_var(x, not elementwise, output_dtype, "scale_to_z_score")
        return _z_score(
            x, per_element(x, center, elementwise), per_element(x, variance, elementwise)
        )


def scale_to_z_score_per_key(
    x: Any, key: Any, elementwise: bool = False, key_vocabulary_filename: str | None = None,
    name: str | None = None, output_dtype: Any = None,
) -> Any:  # fmt: skip
    """Return (x - mean) / standard deviation, by the moments of the rows with the same key.

    Args:
        x: numbers, in a tensor of any kind.
        key: strings: one for each row, or one for each value, in a tensor like `x`.
        elementwise: whether each element of the rows has its own moments; `x` is then dense.
        key_vocabulary_filename: a name for a file of the moments, "" for one made up.
        name: a name for the operation.
        output_dtype: of the result.

    Returns:
        A tensor like `x`. A key that was never seen has mean and variance 0: x itself.
    """
    with tf.name_scope(name or "scale_to_z_score_per_key"):
        x = numeric(x, "scale_to_z_score_per_key")
        dtype = float_type(x.dtype, output_dtype)
        settings = (dtype.as_numpy_dtype, elementwise, _row_shape(x, elementwise))
        center, variance = values_by_key(
            "mean_and_var_per_key", x, key, lambda: Moments(*settings), settings, [dtype, dtype],
            elementwise, key_vocabulary_filename,
        )  # fmt: skip
        return _z_score(x, center, variance)


def _row_shape(x: Any, elementwise: bool) -> tuple[int, ...]:
    if not elementwise:
        return ()
    if is_composite(x):
        raise unimplemented(f"scaling each element of a {type(x).__name__} by key")
    return known_shape(x.shape.as_list()[1:])


def _z_score(x: Any, center: Any, variance: Any) -> Any:
    gap = tf.cast(values_of(x), center.dtype) - center
    spread = tf.sqrt(variance)
    some = tf.logical_and(tf.not_equal(spread, 0), tf.fill(tf.shape(gap), True))
    return with_values(x, tf.where(some, gap * _reciprocal(spread), gap))


def _reciprocal(x: Any) -> Any:
    """1 / x, and 1 for 0.

    Optimizers make a product of a quotient by a constant. Said as one, all give the same bits.
    """
    return 1 / tf.where(tf.equal(x, 0), tf.ones_like(x), x)


def scale_by_min_max(
    x: Any, output_min: float = 0.0, output_max: float = 1.0, elementwise: bool = False,
    name: str | None = None,
) -> Any:  # fmt: skip
    """Return `x` moved and stretched so that all data lie in a range.

    Args:
        x: numbers, in a tensor of any kind.
        output_min: what the least value becomes.
        output_max: what the greatest value becomes.
        elementwise: whether each element of the rows has its own extremes.
        name: a name for the operation.

    Returns:
        A float32 tensor like `x`. Where all data are equal, or there are none, the sigmoid of `x`,
        in that range.

    Raises:
        ValueError: `output_min` is not less than `output_max`.
    """
    with tf.name_scope(name or "scale_by_min_max"):
        _check_range(output_min, output_max)
        x = tf.cast(numeric(x, "scale_by_min_max"), tf.float32)
        low, high = min_and_max(x, not elementwise)
        low, high = per_element(x, low, elementwise), per_element(x, high, elementwise)
        return _min_max(x, low, high, output_min, output_max)


def scale_by_min_max_per_key(
    x: Any, key: Any, output_min: float = 0.0, output_max: float = 1.0, elementwise: bool = False,
    key_vocabulary_filename: str | None = None, name: str | None = None,
) -> Any:  # fmt: skip
    """Return `x` so scaled that the data of each key lie in a range.

    See `scale_by_min_max`, and `scale_to_z_score_per_key` for the keys. A key that was never seen
    gives the sigmoid.
    """
    with tf.name_scope(name or "scale_by_min_max_per_key"):
        _check_range(output_min, output_max)
        x = tf.cast(numeric(x, "scale_by_min_max_per_key"), tf.float32)
        settings = (tf.float32.as_numpy_dtype, elementwise, _row_shape(x, elementwise), False)
        low, high = values_by_key(
            "min_and_max_per_key", x, key, lambda: Extremes(*settings), settings,
            [tf.float32, tf.float32], elementwise, key_vocabulary_filename,
        )  # fmt: skip
        return _min_max(x, low, high, output_min, output_max)


def scale_to_0_1(x: Any, elementwise: bool = False, name: str | None = None) -> Any:
    """Return `x` so scaled that all data lie from 0 to 1. See `scale_by_min_max`."""
    return scale_by_min_max(x, 0.0, 1.0, elementwise, name or "scale_to_0_1")


def scale_to_0_1_per_key(
    x: Any, key: Any, elementwise: bool = False, key_vocabulary_filename: str | None = None,
    name: str | None = None,
) -> Any:  # fmt: skip
    """Return `x` so scaled that the data of each key lie from 0 to 1."""
    return scale_by_min_max_per_key(
        x, key, 0.0, 1.0, elementwise, key_vocabulary_filename, name or "scale_to_0_1_per_key"
    )


def _check_range(low: float, high: float) -> None:
    if low >= high:
        raise ValueError(f"output_min should be less than output_max, got {low} and {high}")


def _min_max(x: Any, low: Any, high: Any, output_min: float, output_max: float) -> Any:
    values = values_of(x)
    gap = values - low
    some = tf.logical_and(low < high, tf.fill(tf.shape(gap), True))
    scaled = tf.where(some, gap * _reciprocal(high - low), tf.sigmoid(values))
    if (output_min, output_max) != (0.0, 1.0):
        scaled = scaled * (output_max - output_min) + output_min
    return with_values(x, scaled)


def scale_to_gaussian(
    x: Any, elementwise: bool = False, name: str | None = None, output_dtype: Any = None
) -> Any:
    """Return `x` with long tails drawn in, so that it is about standard Gaussian.

    A Tukey HH distribution with the L-moments of the data is undone. Data without long tails are
    only scaled as by `scale_to_z_score`.

    Args:
        x: numbers, in a tensor of any kind.
        elementwise: whether each element of the rows has its own distribution; `x` is then dense.
        name: a name for the operation.
        output_dtype: of the result; by default that of `x`, or float32 for integers.

    Source: Goerg, "The Lambert way to Gaussianize heavy-tailed data with the inverse of Tukey's h
    transformation as a special case", 2015.
    """
    with tf.name_scope(name or "scale_to_gaussian"):
        x = numeric(x, "scale_to_gaussian")
        location, scale, left, right = tukey_parameters(
            x, not elementwise, output_dtype, "scale_to_gaussian"
        )
        _, variance = mean_and_var(x, not elementwise, output_dtype, "scale_to_gaussian")
        gap = tf.cast(values_of(x), location.dtype) - location
        long = tf.logical_or(left > 0, right > 0)
        spread = tf.where(long, scale, tf.sqrt(variance))
        some = tf.logical_and(tf.not_equal(spread, 0), tf.fill(tf.shape(gap), True))
        scaled = tf.where(some, gap * _reciprocal(spread), gap)
        below = -_shortened(-scaled, left)
        return with_values(x, tf.where(scaled < 0, below, _shortened(scaled, right)))


def _shortened(z: Any, tail: Any) -> Any:
    """The inverse of z exp(tail z^2 / 2) for z >= 0."""
    square = tail * tf.square(z)
    long = square > 1e-7
    safe = tf.where(long, square, tf.ones_like(square))
    divisor = tf.where(tail > 0, tail, tf.ones_like(tail))
    return tf.where(long, tf.sqrt(_lambert_w(safe) / divisor), z)


def _lambert_w(x: Any) -> Any:
    """The w >= 0 with w exp(w) = x, for x >= 0.

    Source: Winitzki's first guess, then Halley's steps: Corless et al., "On the Lambert W
    function", 1996.
    """
    log = tf.math.log1p(x)
    w = log * (1 - tf.math.log1p(log) / (2 + log))
    for _ in range(4):
        over = w - x * tf.exp(-w)
        w = w - over / (w + 1 - (w + 2) * over / (2 * w + 2))
    return w
