"""Ragged features whose rows other features of the example describe."""

from __future__ import annotations

from typing import Any

from tidefall.composite.ragged.ragged_tensor import RaggedTensor
from tidefall.io.parsing.features import (
    RaggedFeature,
    RowLengths,
    RowLimits,
    RowSplits,
    RowStarts,
    UniformRowLength,
    ValueRowIds,
)
from tidefall.ops.array.joining import concat
from tidefall.ops.array.reshaping import reshape
from tidefall.ops.array.shapes_of import shape
from tidefall.ops.math.cast import cast
from tidefall.ops.math.cumulative import cumsum
from tidefall.ops.math.power import maximum
from tidefall.ops.reductions.functions import reduce_sum
from tidefall.ops.reductions.unsorted_segments import unsorted_segment_max
from tidefall.ops.slices.gathering import gather

_MAKERS: dict[type, Any] = {
    RowSplits: RaggedTensor.from_row_splits,
    RowLengths: RaggedTensor.from_row_lengths,
    RowStarts: RaggedTensor.from_row_starts,
    RowLimits: RaggedTensor.from_row_limits,
    ValueRowIds: RaggedTensor.from_value_rowids,
}


def ragged_feature(key: Any, feature: RaggedFeature, parsed: dict[Any, Any]) -> Any:
    """The tensor of a ragged feature.

    Args:
        key: the key it stands under.
        feature: the feature.
        parsed: its values and those of its partitions: vectors of a single example, or
            RaggedTensors with a row for each example.

    Returns:
        For a single example the values cut into rows, otherwise a RaggedTensor
        `[batch, (rows), ...]`.
    """
    values = parsed[key if feature.value_key is None else feature.value_key]
    if not isinstance(values, RaggedTensor):
        for partition in reversed(feature.partitions):
            values = _cut(values, partition, feature, parsed)
        return values
    if not feature.partitions:
        return values
    rows, flat = values.row_lengths(), values.values
    for partition in reversed(feature.partitions):
        flat, rows = _cut_batch(flat, rows, partition, feature, parsed)
    return RaggedTensor.from_row_lengths(flat, rows, validate=feature.validate)


def _uniform(values: Any, length: Any) -> Any:
    if isinstance(values, RaggedTensor):
        return RaggedTensor.from_uniform_row_length(values, cast(length, values.row_splits.dtype))
    return reshape(values, concat([[-1, length], shape(values)[1:]], 0))


def _cut(values: Any, partition: Any, feature: RaggedFeature, parsed: dict[Any, Any]) -> Any:
    """The values of one example, cut into rows."""
    if isinstance(partition, UniformRowLength):
        return _uniform(values, partition.length)
    row_numbers = cast(parsed[partition.key], feature.row_splits_dtype)
    return _MAKERS[type(partition)](values, row_numbers, validate=feature.validate)


def _cut_batch(
    flat: Any, rows: Any, partition: Any, feature: RaggedFeature, parsed: dict[Any, Any]
) -> tuple[Any, Any]:
    """The values of all examples cut into rows, and how many rows each example has.

    Args:
        flat: the values of all examples, one after the other.
        rows: how many of them each example has.
        partition: how they are cut. What examples say of their rows counts from their own first
            value; for the batch it has to count from the first of all.
    """
    if isinstance(partition, UniformRowLength):
        return _uniform(flat, partition.length), rows // partition.length
    told: RaggedTensor = parsed[partition.key]
    if isinstance(partition, RowSplits):
        told, partition = told[:, 1:], RowLimits(partition.key)
    numbers = cast(told.values, feature.row_splits_dtype)
    owners, count = told.value_rowids(), told.row_lengths()
    if isinstance(partition, ValueRowIds):
        count = maximum(unsorted_segment_max(numbers, owners, told.nrows()), -1) + 1
        numbers = numbers + gather(cumsum(count, exclusive=True), owners)
        cut = RaggedTensor.from_value_rowids(
            flat, numbers, nrows=reduce_sum(count), validate=feature.validate
        )
        return cut, count
    if not isinstance(partition, RowLengths):
        numbers = numbers + gather(cumsum(rows, exclusive=True), owners)
    return _MAKERS[type(partition)](flat, numbers, validate=feature.validate), count
