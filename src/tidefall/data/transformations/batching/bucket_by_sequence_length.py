"""`Dataset.bucket_by_sequence_length`: batches of elements of similar length."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tidefall.base import data_nest, dtypes
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.data.dataset import DatasetV2, transformation
from tidefall.data.transformations.batching.batch import batch
from tidefall.data.transformations.batching.padded_batch import padded_batch
from tidefall.data.transformations.group_by_window import group_by_window
from tidefall.function.autograph.calls import traced
from tidefall.graph.control_dependencies import control_dependencies
from tidefall.op import raw
from tidefall.ops.debugging.assertions import assert_less
from tidefall.tensor.conversion import constant, convert_to_tensor

_INT32 = np.iinfo(np.int32)


@transformation("bucket_by_sequence_length")
def bucket_by_sequence_length(
    self: DatasetV2,
    element_length_func: Callable[..., Any],
    bucket_boundaries: Sequence[int],
    bucket_batch_sizes: Sequence[int],
    padded_shapes: Any = None,
    padding_values: Any = None,
    pad_to_bucket_boundary: bool = False,
    no_padding: bool = False,
    drop_remainder: Any = False,
    name: str | None = None,
) -> DatasetV2:
    """Put elements of similar length into batches, which need little padding then.

    Args:
        element_length_func: takes an element and returns its length, a scalar int32 tensor.
        bucket_boundaries: growing lengths at which a new bucket begins.
        bucket_batch_sizes: the batch size of each bucket: one more than there are boundaries.
        padded_shapes: as of `padded_batch`.
        padding_values: as of `padded_batch`.
        pad_to_bucket_boundary: pad unknown dimensions to the largest length of the bucket, rather
            than to the longest element of the batch; no element may then be in the last bucket.
        no_padding: make batches without padding, of elements that have the same shape or are sparse
            or ragged.
        drop_remainder: leave out batches at the end that have fewer elements.
        name: accepted for TensorFlow's sake.

    Raises:
        ValueError: `bucket_batch_sizes` has another length.

    >>> import tidefall as tf
    >>> dataset = tf.data.Dataset.range(1, 5).map(lambda n: tf.fill([n], n))
    >>> buckets = dataset.bucket_by_sequence_length(lambda x: tf.shape(x)[0], [3], [2, 2])
    >>> [batch.numpy().tolist() for batch in buckets]
    [[[1, 0], [2, 2]], [[3, 3, 3, 0], [4, 4, 4, 4]]]
    """
    if len(bucket_batch_sizes) != len(bucket_boundaries) + 1:
        raise ValueError(
            "`len(bucket_batch_sizes)` must equal `len(bucket_boundaries) + 1` but "
            f"`len(bucket_batch_sizes)={len(bucket_batch_sizes)}` and "
            f"`len(bucket_boundaries)={len(bucket_boundaries)}`."
        )
    sizes = constant(bucket_batch_sizes, dtypes.int64)
    boundaries = list(bucket_boundaries)

    def bucket(*element: Any) -> Any:
        length = traced(element_length_func, "Dataset.bucket_by_sequence_length")(*element)
        return _bucket(convert_to_tensor(length), boundaries)

    def batches(number: Any, group: DatasetV2) -> DatasetV2:
        size = sizes[number]
        if no_padding:
            return batch(group, size, drop_remainder)
        filler = None
        if pad_to_bucket_boundary:
            filler = _longest(number, boundaries)
        given = padded_shapes or _shapes(group)
        shapes = data_nest.map_structure(lambda shape: _filled(shape, filler), given)
        return padded_batch(group, size, shapes, padding_values, drop_remainder)

    return group_by_window(
        self, key_func=bucket, reduce_func=batches, window_size_func=lambda number: sizes[number]
    )


def _bucket(length: Any, boundaries: Sequence[int]) -> Any:
    """The number of the bucket for a length."""
    lows = convert_to_tensor([_INT32.min, *boundaries])
    highs = convert_to_tensor([*boundaries, _INT32.max])
    inside = raw.LogicalAnd(raw.LessEqual(lows, length), raw.Less(length, highs))
    return raw.Min(raw.Where(inside), [0, 1])


def _longest(number: Any, boundaries: Sequence[int]) -> Any:
    """The largest length of a bucket; fails for the last one, which has none."""
    check = assert_less(
        number,
        constant(len(boundaries), dtypes.int64),
        message="When pad_to_bucket_boundary=True, elements must have length < "
        "max(bucket_boundaries).",
    )
    with control_dependencies([] if check is None else [check]):
        return constant(boundaries, dtypes.int64)[number] - 1


def _shapes(dataset: DatasetV2) -> Any:
    return data_nest.map_structure(lambda spec: spec.shape, dataset.element_spec)


def _filled(shape: Any, filler: Any) -> Any:
    """A shape in which `filler` stands for unknown dimensions."""
    dims = TensorShape(shape).as_list()
    if filler is None or None not in dims:
        return dims
    parts = [filler if d is None else constant(d, dtypes.int64) for d in dims]
    return raw.Pack(parts)


@export("data.experimental.bucket_by_sequence_length")
def experimental_bucket_by_sequence_length(
    element_length_func: Callable[..., Any],
    bucket_boundaries: Sequence[int],
    bucket_batch_sizes: Sequence[int],
    padded_shapes: Any = None,
    padding_values: Any = None,
    pad_to_bucket_boundary: bool = False,
    no_padding: bool = False,
    drop_remainder: Any = False,
) -> Callable[[DatasetV2], DatasetV2]:
    """A transformation that makes batches of elements of similar length.

    See `Dataset.bucket_by_sequence_length` for the arguments.

    >>> import tidefall as tf
    >>> dataset = tf.data.Dataset.range(1, 5).map(lambda n: tf.fill([n], n))
    >>> buckets = tf.data.experimental.bucket_by_sequence_length(tf.size, [3], [2, 2])
    >>> [batch.numpy().tolist() for batch in dataset.apply(buckets)]
    [[[1, 0], [2, 2]], [[3, 3, 3, 0], [4, 4, 4, 4]]]
    """
    return lambda dataset: bucket_by_sequence_length(
        dataset,
        element_length_func,
        bucket_boundaries,
        bucket_batch_sizes,
        padded_shapes,
        padding_values,
        pad_to_bucket_boundary,
        no_padding,
        drop_remainder,
    )
