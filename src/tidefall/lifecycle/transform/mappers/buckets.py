"""Numbers to the numbers of buckets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tidefall as tf
from tidefall.lifecycle.data_validation.failures import unimplemented
from tidefall.lifecycle.transform.accumulators.accumulator import Accumulator
from tidefall.lifecycle.transform.accumulators.distributions import Quantiles
from tidefall.lifecycle.transform.accumulators.per_key import PerKey
from tidefall.lifecycle.transform.analyzers import histogram, quantiles
from tidefall.lifecycle.transform.mappers.keys import key_of_each, keyed_analyzer
from tidefall.lifecycle.transform.tensors import (
    checked,
    is_composite,
    numeric,
    values_of,
    with_values,
)
from tidefall.lifecycle.transform.tracing import set_range


def _check_buckets(num_buckets: Any) -> None:
    if not isinstance(num_buckets, int):
        raise TypeError(f"num_buckets should be an int, got {type(num_buckets).__name__}")
    if num_buckets < 1:
        raise ValueError(f"num_buckets should be at least 1, got {num_buckets}")


def bucketize(
    x: Any, num_buckets: int, epsilon: float | None = None, weights: Any = None,
    elementwise: bool = False, name: str | None = None,
) -> Any:  # fmt: skip
    """Return the bucket of each number, where buckets have equal shares of all data.

    Args:
        x: numbers, in a tensor of any kind.
        num_buckets: how many buckets.
        epsilon: by how much of the whole a share may be wrong; by default 0.01, or 1 / num_buckets
            if that is less.
        weights: numbers, one for each value.
        elementwise: whether each element of the rows has its own buckets; `x` is then dense.
        name: a name for the operation.

    Returns:
        An int64 tensor like `x`, from 0 to num_buckets - 1: how many boundaries are at or below the
        number. NaN is in the last bucket.
    """
    with tf.name_scope(name or "bucketize"):
        _check_buckets(num_buckets)
        x = numeric(x, "bucketize")
        if elementwise and is_composite(x):
            raise ValueError("bucketize with elementwise=True wants a dense tensor")
        epsilon = min(1.0 / num_buckets, 0.01) if epsilon is None else epsilon
        if not elementwise:
            return apply_buckets(x, quantiles(values_of(x), num_buckets, epsilon, weights))
        boundaries = quantiles(x, num_buckets, epsilon, weights, reduce_instance_dims=False)
        found = _count_at_or_below(x, boundaries)
        set_range(found, tf.constant(0, tf.int64), tf.constant(num_buckets - 1, tf.int64))
        return found


def _count_at_or_below(x: Any, boundaries: Any) -> Any:
    """How many boundaries, along the last axis, are at or below each number; all for NaN."""
    each = tf.cast(x, boundaries.dtype)[..., None]
    below = tf.logical_or(boundaries <= each, tf.math.is_nan(each))
    return tf.reduce_sum(tf.cast(below, tf.int64), -1)


def bucketize_per_key(
    x: Any, key: Any, num_buckets: int, epsilon: float | None = None, weights: Any = None,
    name: str | None = None,
) -> Any:  # fmt: skip
    """Return the bucket of each number, where buckets have equal shares of the data of its key.

    Args:
        x: numbers, in a tensor of any kind.
        key: strings: one for each row, or one for each value, in a tensor like `x`.
        num_buckets, epsilon, weights, name: see `bucketize`.

    Returns:
        An int64 tensor like `x`; -1 where the key was never seen.
    """
    with tf.name_scope(name or "bucketize_per_key"):
        _check_buckets(num_buckets)
        x = numeric(x, "bucketize_per_key")
        epsilon = min(1.0 / num_buckets, 0.01) if epsilon is None else epsilon
        keys = key_of_each(x, key, False, "bucketize_per_key")
        flat = tf.reshape(values_of(x), [-1])
        inputs = [keys, flat]
        if weights is not None:
            inputs.append(tf.reshape(values_of(checked(weights, "bucketize_per_key")), [-1]))
        settings = (num_buckets, float(epsilon))
        make: Callable[[], Accumulator] = lambda: Quantiles(*settings)  # noqa: E731
        spec = tf.TensorSpec([None, 1, num_buckets - 1], tf.float32)
        at, (boundaries,) = keyed_analyzer(
            "quantiles_per_key", PerKey, make, settings, inputs, [spec]
        )(keys)
        padded = tf.pad(boundaries[:, 0], [[1, 0], [0, 0]])
        found = _count_at_or_below(flat, tf.gather(padded, at + 1))
        found = tf.reshape(tf.where(at < 0, at, found), tf.shape(values_of(x)))
        set_range(found, tf.constant(0, tf.int64), tf.constant(num_buckets - 1, tf.int64))
        return with_values(x, found)


def _search(x: Any, boundaries: Any) -> Any:
    """How many of the boundaries `[1, n]` are at or below each number, int64."""
    flat = tf.reshape(boundaries, [-1])
    if x.dtype.max > flat.dtype.max:
        flat = tf.cast(flat, x.dtype)
    else:
        x = tf.cast(x, flat.dtype)
    found = tf.searchsorted(flat, tf.reshape(x, [-1]), side="right", out_type=tf.int64)
    if flat.dtype.is_floating:
        nan = tf.math.is_nan(tf.reshape(x, [-1]))
        found = tf.where(nan, tf.size(flat, tf.int64), found)
    return tf.reshape(found, tf.shape(x))


def _boundaries(bucket_boundaries: Any) -> Any:
    boundaries = tf.convert_to_tensor(bucket_boundaries)
    if boundaries.shape.rank != 2:
        raise ValueError(
            f"bucket_boundaries should be of rank 2, [[b0, b1, ...]], got shape {boundaries.shape}"
        )
    return boundaries


def apply_buckets(x: Any, bucket_boundaries: Any, name: str | None = None) -> Any:
    """Return how many boundaries are at or below each number.

    Args:
        x: numbers, in a tensor of any kind.
        bucket_boundaries: numbers `[1, n]`, ascending.
        name: a name for the operation.

    Returns:
        An int64 tensor like `x`, from 0 to n; n for NaN.

    >>> from tidefall import transform as tft
    >>> tft.apply_buckets([4.0, 1.0, float("nan"), 5.0], [[2.0, 5.0, 10.0]]).numpy().tolist()
    [1, 0, 3, 2]
    """
    with tf.name_scope(name or "apply_buckets"):
        x, boundaries = numeric(x, "apply_buckets"), _boundaries(bucket_boundaries)
        found = _search(values_of(x), boundaries)
        set_range(found, tf.constant(0, tf.int64), tf.size(boundaries, tf.int64))
        return with_values(x, found)


def apply_buckets_with_interpolation(
    x: Any, bucket_boundaries: Any, name: str | None = None
) -> Any:
    """Return each number as its place among boundaries, from 0 to 1, linear between two of them.

    Args:
        x: numbers, in a tensor of any kind.
        bucket_boundaries: numbers `[1, n]`, ascending; those that are not finite do not count.
        name: a name for the operation.

    Returns:
        A tensor like `x`, float64 if `x` is, else float32. 0 below the first boundary, 1 above the
        last, 0.5 for NaN. With one boundary 0 below it, else 1, for NaN as well.

    Raises:
        InvalidArgumentError: no boundary is finite.
    """
    with tf.name_scope(name or "apply_buckets_with_interpolation"):
        x, boundaries = (
            numeric(x, "apply_buckets_with_interpolation"),
            _boundaries(bucket_boundaries),
        )
        values = values_of(x)
        flat = tf.reshape(boundaries, [-1])
        if flat.dtype.is_floating:
            flat = tf.boolean_mask(flat, tf.math.is_finite(flat))
        count = tf.size(flat, tf.int64)
        check = tf.debugging.assert_greater(
            count, tf.constant(0, tf.int64), "apply_buckets_with_interpolation: no finite boundary"
        )
        dtype = tf.float64 if values.dtype == tf.float64 else tf.float32
        with tf.control_dependencies([] if check is None else [check]):
            at = _search(values, flat)
        numbers, edges = tf.cast(values, dtype), tf.cast(flat, dtype)
        low = tf.gather(edges, tf.maximum(at - 1, 0))
        high = tf.gather(edges, tf.minimum(at, count - 1))
        width = high - low
        inside = tf.logical_and(at > 0, at < count)
        share = tf.where(
            width > 0, (numbers - low) / tf.where(width > 0, width, tf.ones_like(width)), 0.5
        )
        place = tf.cast(tf.maximum(at - 1, 0), dtype) + tf.where(
            inside, share, tf.zeros_like(share)
        )
        found = place * (1 / tf.cast(tf.maximum(count - 1, 1), dtype))
        if values.dtype.is_floating:
            found = tf.where(tf.math.is_nan(values), tf.constant(0.5, dtype), found)
        single = tf.where(at > 0, tf.ones_like(found), tf.zeros_like(found))
        return with_values(x, tf.where(tf.equal(count, 1), single, found))


def estimated_probability_density(
    x: Any, boundaries: Any = None, categorical: bool = False, name: str | None = None
) -> Any:
    """Return how dense the data are at each number, by a histogram of equal buckets.

    Args:
        x: numbers `[batch]` or `[batch, 1]`, or with `categorical` strings or integers.
        boundaries: see `histogram`.
        categorical: return the share of all data that equals each value, 0 for values never seen.
        name: a name for the operation.

    Returns:
        A float32 tensor of the shape of `x`.
    """
    with tf.name_scope(name or "estimated_probability_density"):
        x = checked(x, "estimated_probability_density")
        if is_composite(x):
            raise unimplemented(f"estimated_probability_density of a {type(x).__name__}")
        if x.shape.rank is not None and x.shape.rank > 1 and x.shape[-1] != 1:
            raise unimplemented(f"estimated_probability_density of rows of shape {x.shape[1:]}")
        flat = tf.reshape(x, [-1])
        if categorical:
            strings = flat if flat.dtype == tf.string else tf.strings.as_string(flat)
            return tf.reshape(_share_of(strings), tf.shape(x))
        counts, boundaries = histogram(flat, boundaries)
        shares = tf.cast(counts, tf.float32)
        shares = shares / tf.reduce_sum(shares)
        width = (boundaries[0, -1] - boundaries[0, 0]) / tf.cast(tf.size(shares), tf.float32)
        at = tf.searchsorted(
            boundaries[0, 1:-1], tf.cast(flat, tf.float32), side="left", out_type=tf.int64
        )
        return tf.reshape(tf.gather(shares / width, at), tf.shape(x))


def _share_of(strings: Any) -> Any:
    from tidefall.lifecycle.transform.accumulators.reductions import Sum

    settings = (tf.int64.as_numpy_dtype,)
    make: Callable[[], Accumulator] = lambda: Sum(*settings)  # noqa: E731
    at, (counts,) = keyed_analyzer(
        "count_per_key", PerKey, make, settings, [strings, tf.ones_like(strings, tf.int64)],
        [tf.TensorSpec([None], tf.int64)],
    )(strings)  # fmt: skip
    shares = tf.cast(counts, tf.float32)
    return tf.gather(tf.pad(shares / tf.reduce_sum(shares), [[1, 0]]), at + 1)
