"""Analyzers of numbers: one pass over all data, one value.

In a preprocessing_fn:

    center = tft.mean(inputs["fare"])
"""

from __future__ import annotations

from typing import Any

import tidefall as tf
from tidefall.lifecycle.data_validation.failures import invalid, unimplemented
from tidefall.lifecycle.transform.accumulators.distributions import Quantiles
from tidefall.lifecycle.transform.accumulators.per_key import KeyCounts
from tidefall.lifecycle.transform.accumulators.reductions import (
    Covariance,
    Extremes,
    Moments,
    Sum,
)
from tidefall.lifecycle.transform.accumulators.tails import LMoments
from tidefall.lifecycle.transform.tensors import (
    checked,
    element_shape,
    elements,
    known_shape,
    numeric,
    values_of,
)
from tidefall.lifecycle.transform.tracing import (
    apply_analyzer,
    current_trace,
    sanitized,
)


def float_type(dtype: Any, output_dtype: Any = None) -> Any:
    """The dtype of a mean: the floating one itself, float32 of integers."""
    if output_dtype is not None:
        return tf.as_dtype(output_dtype)
    return dtype if dtype.is_floating else tf.float32


def mean_and_var(
    x: Any, reduce_instance_dims: bool = True, output_dtype: Any = None, what: str = "mean"
) -> tuple[Any, Any]:
    """Mean and variance in one analyzer."""
    current_trace(what)
    x = numeric(x, what)
    dtype, elementwise = float_type(x.dtype, output_dtype), not reduce_instance_dims
    inputs, shape = elements(x, elementwise, what), element_shape(x, elementwise)
    settings = (dtype.as_numpy_dtype, elementwise, known_shape(shape))
    spec = tf.TensorSpec(shape, dtype)
    mean_, var_ = apply_analyzer(
        "mean_and_var", lambda: Moments(*settings), settings, inputs, [spec, spec]
    )
    return mean_, var_


def mean(
    x: Any, reduce_instance_dims: bool = True, name: str | None = None, output_dtype: Any = None
) -> Any:
    """Return the mean over all data; NaN and infinities do not count.

    Args:
        x: numbers: a Tensor, SparseTensor or RaggedTensor whose first axis is the batch.
        reduce_instance_dims: False for one mean of each element of the rows.
        name: a name for the operation.
        output_dtype: of the value; by default that of `x`, or float32 if it has integers.

    Returns:
        A scalar, or a tensor of the shape of a row.

    Raises:
        TypeError: `x` has no numbers.
        InvalidArgumentError: called outside of a preprocessing_fn or in a branch or loop.
    """
    with tf.name_scope(name or "mean"):
        return mean_and_var(x, reduce_instance_dims, output_dtype)[0]


def var(
    x: Any, reduce_instance_dims: bool = True, name: str | None = None, output_dtype: Any = None
) -> Any:
    """Return the population variance over all data. See `mean`."""
    with tf.name_scope(name or "var"):
        return mean_and_var(x, reduce_instance_dims, output_dtype, "var")[1]


def min_and_max(
    x: Any, reduce_instance_dims: bool = True, name: str | None = None, what: str = "min_and_max"
) -> tuple[Any, Any]:
    """Return the least and the greatest value, in one analyzer. See `min`."""
    current_trace(what)
    with tf.name_scope(name or what):
        x = numeric(x, what)
        elementwise = not reduce_instance_dims
        inputs, shape = elements(x, elementwise, what), element_shape(x, elementwise)
        settings = (
            x.dtype.as_numpy_dtype, elementwise, known_shape(shape), len(inputs) > 1,
        )  # fmt: skip
        spec = tf.TensorSpec(shape, x.dtype)
        low, high = apply_analyzer(
            "min_and_max", lambda: Extremes(*settings), settings, inputs, [spec, spec]
        )
        return low, high


def min(x: Any, reduce_instance_dims: bool = True, name: str | None = None) -> Any:
    """Return the least value over all data.

    Args:
        x: numbers, in a tensor of any kind.
        reduce_instance_dims: False for one of each element of the rows.
        name: a name for the operation.

    Returns:
        A tensor of the dtype of `x`; NaN if a value is. Without any value, infinity or the greatest
        integer; NaN for an element that no sparse row has.
    """
    return min_and_max(x, reduce_instance_dims, name, "min")[0]


def max(x: Any, reduce_instance_dims: bool = True, name: str | None = None) -> Any:
    """Return the greatest value over all data. See `min`."""
    return min_and_max(x, reduce_instance_dims, name, "max")[1]


def sum(x: Any, reduce_instance_dims: bool = True, name: str | None = None) -> Any:
    """Return the sum over all data: int64 or uint64 of integers, else of the dtype of `x`.

    Args:
        x: numbers, in a tensor of any kind; what sparse rows lack counts as 0.
        reduce_instance_dims: False for one sum of each element of the rows.
        name: a name for the operation.
    """
    with tf.name_scope(name or "sum"):
        x = numeric(x, "sum")
        dtype = x.dtype
        if dtype.is_integer:
            dtype = tf.uint64 if dtype.is_unsigned else tf.int64
        elementwise = not reduce_instance_dims
        shape = element_shape(x, elementwise)
        settings = (dtype.as_numpy_dtype, elementwise, known_shape(shape))
        inputs = elements(x, elementwise, "sum")[:1]
        return apply_analyzer(
            "sum", lambda: Sum(*settings), settings, inputs, [tf.TensorSpec(shape, dtype)]
        )[0]


def size(x: Any, reduce_instance_dims: bool = True, name: str | None = None) -> Any:
    """Return how many values there are, int64, or how many rows have each element."""
    with tf.name_scope(name or "size"):
        x = checked(x, "size")
        if isinstance(x, tf.SparseTensor):
            ones = tf.SparseTensor(x.indices, tf.ones_like(x.values, tf.int64), x.dense_shape)
        else:
            ones = tf.ones_like(x, tf.int64)
        return sum(ones, reduce_instance_dims)


def count_per_key(
    key: Any, key_vocabulary_filename: str | None = None, name: str | None = None
) -> Any:
    """Return the distinct keys and how often each occurs.

    Args:
        key: strings or integers, in a tensor of any kind.
        key_vocabulary_filename: a name for a file with lines of count and key, "" for one made up;
            None for the values themselves.
        name: a name for the operation.

    Returns:
        (keys, counts): `[n]` of the dtype of `key`, ascending as strings, and int64 `[n]`; or the
        name of the file.
    """
    with tf.name_scope(name or "count_per_key"):
        key = checked(key, "count_per_key")
        dtype = key.dtype
        values = tf.reshape(values_of(key), [-1])
        if dtype != tf.string:
            values = tf.strings.as_string(values)
        outputs = [tf.TensorSpec([None], tf.string), tf.TensorSpec([None], tf.int64)]
        if key_vocabulary_filename is not None:
            return file_of_analyzer(
                "count_per_key", KeyCounts, (), [values], outputs, key_vocabulary_filename
            )
        keys, counts = apply_analyzer("count_per_key", KeyCounts, (), [values], outputs)
        return keys if dtype == tf.string else tf.strings.to_number(keys, dtype), counts


def file_of_analyzer(
    what: str, make: Any, settings: tuple[Any, ...], inputs: list[Any], outputs: list[Any],
    file: str, dummy: bytes = b"1 -1\n", suffix: str = "",
) -> Any:  # fmt: skip
    """Ask for an analyzer that writes a file, and return the file's name as an eager tensor."""
    trace = current_trace(what)
    number = len(trace.calls)
    file = file or trace.unique(f"vocab_{what}")
    name = sanitized(file) + suffix
    apply_analyzer(what, make, settings, inputs, outputs, name)
    trace.assets[file] = name
    with tf.init_scope():
        path = trace.path_of(number, name, dummy)
        if trace.result(number) is not None:
            return trace.track(tf.saved_model.Asset(path)).asset_path
        return tf.constant(path)


def quantiles(
    x: Any, num_buckets: int, epsilon: float, weights: Any = None,
    reduce_instance_dims: bool = True, name: str | None = None,
) -> Any:  # fmt: skip
    """Return the boundaries between shares of equal weight.

    Args:
        x: numbers; NaN does not count.
        num_buckets: how many shares.
        epsilon: by how much of the whole the rank of a boundary may be wrong. Up to 16,384 values
            are exact.
        weights: numbers, one for each value.
        reduce_instance_dims: False for the boundaries of each element of the rows.
        name: a name for the operation.

    Returns:
        float32 `[1, num_buckets - 1]`, or `[..., num_buckets - 1]` by element: boundary j is value
        number `floor(j * n / num_buckets)` of all in ascending order.
    """
    with tf.name_scope(name or "quantiles"):
        x = numeric(x, "quantiles")
        if num_buckets < 1:
            raise ValueError(f"quantiles: num_buckets should be at least 1, got {num_buckets}")
        if not 0 < epsilon < 1:
            raise ValueError(f"quantiles: epsilon should be between 0 and 1, got {epsilon}")
        inputs = [values_of(x)]
        width, shape = None, [1]
        if not reduce_instance_dims:
            shape = x.shape.as_list()[1:]
            if None in shape:
                raise invalid(f"quantiles of each element need the shape of a row, got {x.shape}")
            width = 1
            for count in shape:
                width *= count
            shape = shape or [1]
        if weights is not None:
            if not reduce_instance_dims:
                raise unimplemented("weighted quantiles of each element")
            inputs.append(values_of(numeric(weights, "quantiles' weights")))
        settings = (int(num_buckets), float(epsilon), width)
        flat = tf.TensorSpec([width or 1, num_buckets - 1], tf.float32)
        (found,) = apply_analyzer(
            "quantiles", lambda: Quantiles(*settings), settings, inputs, [flat]
        )
        return tf.reshape(found, [*shape, num_buckets - 1])


def histogram(
    x: Any, boundaries: Any = None, categorical: bool | None = False, name: str | None = None
) -> tuple[Any, Any]:
    """Return how many values fall between boundaries, or how often each category occurs.

    Args:
        x: numbers, or with `categorical` strings or integers.
        boundaries: ascending numbers `[n + 1]`; or how many of them, of equal distance from the
            least to the greatest value, which takes a second pass; by default 11 from 0 to 1.
        categorical: count distinct values.
        name: a name for the operation.

    Returns:
        (counts, boundaries): int64 `[n]` and float32 `[1, n + 1]`. What is below the first boundary
        is counted in the first, what is above the last in the last. Boundaries are lowered by
        0.0001, so that values on them fall into the bucket above. With `categorical` the distinct
        values `[n]`.
    """
    with tf.name_scope(name or "histogram"):
        x = tf.reshape(values_of(checked(x, "histogram")), [-1])
        if categorical:
            keys, counts = count_per_key(x)
            return counts, keys
        x = numeric(x, "histogram")
        if boundaries is None:
            boundaries = tf.range(11, dtype=tf.float32) / 10.0
        elif isinstance(boundaries, int) or (
            tf.is_tensor(boundaries) and not boundaries.shape.rank
        ):
            low, high = min_and_max(x)
            boundaries = tf.linspace(
                tf.cast(low, tf.float32), tf.cast(high, tf.float32), tf.cast(boundaries, tf.int64)
            )
        boundaries = tf.reshape(tf.cast(boundaries, tf.float32), [1, -1]) - 0.0001
        places = tf.searchsorted(
            boundaries[0, 1:-1], tf.cast(x, tf.float32), side="left", out_type=tf.int64
        )
        buckets = tf.size(boundaries) - 1
        counts = tf.math.unsorted_segment_sum(tf.ones_like(places), places, buckets)
        return sum(counts[None], reduce_instance_dims=False), boundaries


def covariance(x: Any, dtype: Any, name: str | None = None) -> Any:
    """Return the population covariance of the columns of rows.

    Args:
        x: numbers `[batch, width]`.
        dtype: of the value.
        name: a name for the operation.

    Returns:
        `[width, width]`.
    """
    with tf.name_scope(name or "covariance"):
        return _covariance(x, dtype, None, "covariance")


def pca(x: Any, output_dim: int, dtype: Any, name: str | None = None) -> Any:
    """Return the directions of the greatest variance: eigenvectors of the covariance.

    Args:
        x: numbers `[batch, width]`.
        output_dim: how many directions.
        dtype: of the value.
        name: a name for the operation.

    Returns:
        `[width, output_dim]`, greatest variance first; the sign of each is not determined.
    """
    with tf.name_scope(name or "pca"):
        return _covariance(x, dtype, int(output_dim), "pca")


def _covariance(x: Any, dtype: Any, components: int | None, what: str) -> Any:
    x, dtype = numeric(x, what), tf.as_dtype(dtype)
    if not isinstance(x, tf.Tensor):
        raise TypeError(f"`{what}` wants a dense Tensor, got {type(x).__name__}")
    if x.shape.rank != 2 or x.shape[1] is None:
        raise ValueError(f"`{what}` wants a tensor of shape [batch, width], got {x.shape}")
    width = int(x.shape[1])
    settings = (width, dtype.as_numpy_dtype, components)
    spec = tf.TensorSpec([width, components or width], dtype)
    return apply_analyzer(what, lambda: Covariance(*settings), settings, [x], [spec])[0]


def tukey_parameters(
    x: Any, reduce_instance_dims: bool = True, output_dtype: Any = None, what: str = "tukey"
) -> list[Any]:
    """Location, scale, left and right tail of the Tukey HH distribution, in one analyzer."""
    current_trace(what)
    x = numeric(x, what)
    dtype, elementwise = float_type(x.dtype, output_dtype), not reduce_instance_dims
    if elementwise and not isinstance(x, tf.Tensor):
        raise unimplemented(f"`{what}` of each element of a {type(x).__name__}")
    shape = element_shape(x, elementwise)
    if shape is None or None in shape:
        raise invalid(f"`{what}` of each element needs the shape of a row, got {x.shape}")
    settings = (dtype.as_numpy_dtype, elementwise, known_shape(shape))
    inputs = elements(x, elementwise, what)
    specs = [tf.TensorSpec(shape, dtype)] * 4
    return apply_analyzer("tukey", lambda: LMoments(*settings), settings, inputs, specs)


def tukey_location(
    x: Any, reduce_instance_dims: bool | None = True, output_dtype: Any = None,
    name: str | None = None,
) -> Any:  # fmt: skip
    """Return the location of the Tukey HH distribution with the L-moments of the data."""
    with tf.name_scope(name or "tukey_location"):
        return tukey_parameters(x, bool(reduce_instance_dims), output_dtype, "tukey_location")[0]


def tukey_scale(
    x: Any, reduce_instance_dims: bool | None = True, output_dtype: Any = None,
    name: str | None = None,
) -> Any:  # fmt: skip
    """Return the scale of the Tukey HH distribution with the L-moments of the data."""
    with tf.name_scope(name or "tukey_scale"):
        return tukey_parameters(x, bool(reduce_instance_dims), output_dtype, "tukey_scale")[1]


def tukey_h_params(
    x: Any, reduce_instance_dims: bool = True, output_dtype: Any = None, name: str | None = None
) -> tuple[Any, Any]:
    """Return the lengths of the left and the right tail, each from 0 (Gaussian) to below 1."""
    with tf.name_scope(name or "tukey_h_params"):
        _, _, left, right = tukey_parameters(
            x, reduce_instance_dims, output_dtype, "tukey_h_params"
        )
        return left, right
