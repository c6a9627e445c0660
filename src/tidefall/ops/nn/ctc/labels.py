"""Label sequences in dense tensors: unique labels, repeats collapsed."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.exports import export
from tidefall.op import raw
from tidefall.ops.array.ranges import range as range_
from tidefall.ops.array.reshaping import reshape
from tidefall.ops.array.shapes_of import shape
from tidefall.ops.math.cast import cast
from tidefall.ops.reductions.functions import reduce_max, reduce_sum
from tidefall.tensor.conversion import convert_to_tensor


@export("nn.ctc_unique_labels")
def ctc_unique_labels(labels: Any, name: str | None = None) -> Any:
    """The different labels of each row, for `tf.nn.ctc_loss`.

    Args:
        labels: integer tensor `[batch, length]`, padded with zeros.
        name: unused.

    Returns:
        A list of two tensors `[batch, length]`: int64, the different labels in the order they
        come, padded with zeros; and int32, for each label its place among those.

    >>> import tidefall as tf
    >>> values, places = tf.nn.ctc_unique_labels([[3, 1, 3, 0]])
    >>> values.numpy().tolist(), places.numpy().tolist()
    ([[3, 1, 0, 0]], [[0, 1, 0, 2]])
    """
    labels = cast(convert_to_tensor(labels), dtypes.int64)
    length = shape(labels)[1]
    # A label is new where it equals none before it; its place is how many new ones came before.
    same = raw.Equal(labels[:, :, None], labels[:, None, :])
    first = raw.ArgMax(cast(same, dtypes.int32), np.int32(2), output_type=dtypes.int32)
    new = cast(raw.Equal(first, range_(length)[None, :]), dtypes.int32)
    rank = raw.Cumsum(new, np.int32(1)) - 1
    places = raw.GatherV2(rank, first, np.int32(1), batch_dims=1)
    here = raw.Equal(places[:, None, :], range_(length)[None, :, None])
    counted = cast(here, dtypes.int64) * cast(new, dtypes.int64)[:, None, :]
    return [reduce_sum(counted * labels[:, None, :], 2), places]


@export("nn.collapse_repeated")
def collapse_repeated(labels: Any, seq_length: Any, name: str | None = None) -> Any:
    """Make one label of each run of equal ones.

    Args:
        labels: tensor `[batch, length]`.
        seq_length: int32 `[batch]`: how many labels of each row count.
        name: unused.

    Returns:
        The labels `[batch, longest]`, padded with zeros, and how many there are in each row.

    >>> import tidefall as tf
    >>> labels, lengths = tf.nn.collapse_repeated([[1, 1, 2, 2, 1], [3, 3, 3, 0, 0]], [5, 3])
    >>> labels.numpy().tolist(), lengths.numpy().tolist()
    ([[1, 2, 1], [3, 0, 0]], [3, 1])
    """
    labels = convert_to_tensor(labels)
    lengths = convert_to_tensor(seq_length)
    starts = raw.OnesLike(raw.Cast(labels[:, :1], DstT=dtypes.bool))
    changed = raw.ConcatV2([starts, raw.NotEqual(labels[:, 1:], labels[:, :-1])], np.int32(1))
    column = range_(shape(labels)[1], dtype=lengths.dtype)
    kept = raw.LogicalAnd(changed, raw.Less(column[None, :], lengths[:, None]))
    counts = reduce_sum(cast(kept, lengths.dtype), 1)
    places = raw.Where(kept)
    values = raw.GatherNd(labels, places)
    order = cast(raw.Cumsum(cast(kept, dtypes.int32), np.int32(1)) - 1, dtypes.int64)
    targets = raw.Pack([places[:, 0], raw.GatherNd(order, places)], axis=1)
    dims = raw.Pack([shape(labels)[0], cast(reduce_max(counts), dtypes.int32)])
    return raw.ScatterNd(targets, values, cast(reshape(dims, [2]), dtypes.int64)), counts
