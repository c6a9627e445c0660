"""Ragged tensors as text, made by ops, so that graphs can print them."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.composite.ragged.ragged_tensor import RaggedTensor
from tidefall.composite.ragged.row_partition import RowPartition
from tidefall.op import raw
from tidefall.op.registry import find_op
from tidefall.tensor.conversion import constant


def ragged_text(value: RaggedTensor, summarize: int | None) -> Any:
    """A string scalar such as `[[1, 2], [3]]`.

    Args:
        value: the ragged tensor; its inner dimensions must be known in number.
        summarize: how many elements to show at each end of a row; -1 or None shows all.

    Raises:
        ValueError: for another `summarize` that is not positive.
    """
    if summarize in (-1, None):
        shown = -1
    elif isinstance(summarize, int) and summarize > 0:
        shown = summarize
    else:
        raise ValueError(f"Expected summarize to be -1 or a positive int, got {summarize}")
    inner = value.flat_values.shape.rank
    if inner is None:
        raise ValueError("RaggedTensor to_string requires value.shape.rank is not None.")
    if inner > 1:
        value = value.with_flat_values(
            RaggedTensor.from_tensor(
                value.flat_values, ragged_rank=inner - 1, row_splits_dtype=value.row_splits.dtype
            )
        )
    texts = _elements(value.flat_values)
    for partition in reversed(value._nested_row_partitions):
        texts = _rows(texts, partition, shown)
    whole = RowPartition.from_row_splits(
        raw.Pack([constant(0, dtypes.int64), _size(texts)]), validate=False
    )
    return raw.Reshape(_rows(texts, whole, shown), np.zeros(0, np.int32))


def _elements(values: Any) -> Any:
    if values.dtype == dtypes.string:
        quote = constant("'")
        return raw.StringJoin([quote, values, quote])
    return raw.AsString(values)


def _size(vector: Any) -> Any:
    return raw.Size(vector, out_type=dtypes.int64)


def _rows(texts: Any, partition: RowPartition, shown: int) -> Any:
    """One text for each row, with those of its elements between brackets."""
    rowids = partition.value_rowids()
    if shown != -1:
        texts, rowids = _shortened(texts, rowids, partition, shown)
    joined = raw.UnsortedSegmentJoin(texts, rowids, partition.nrows(), separator=", ")
    return raw.StringJoin([constant("["), joined, constant("]")])


def _shortened(texts: Any, rowids: Any, partition: RowPartition, shown: int) -> tuple[Any, Any]:
    """Dots in place of the middle of rows that are too long."""
    gather, either, both = (find_op(n) for n in ("GatherV2", "LogicalOr", "LogicalAnd"))
    lengths = gather(partition.row_lengths(), rowids, 0)
    places = partition.offsets_in_rows()
    limit = constant(shown, lengths.dtype)
    long = raw.Greater(lengths, limit + limit)
    dots = both(long, raw.Equal(places, limit))
    ends = either(raw.Less(places, limit), raw.GreaterEqual(places, lengths - limit))
    kept = either(raw.LogicalNot(long), either(ends, dots))
    where = raw.Reshape(raw.Where(kept), np.array([-1], np.int32))
    texts = raw.SelectV2(dots, constant("..."), texts)
    return gather(texts, where, 0), gather(rowids, where, 0)
