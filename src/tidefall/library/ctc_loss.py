"""`tf.nn.ctc_loss`: labels that came without alignment, in a form that compiles.

A. Graves, S. Fernandez, F. Gomez, J. Schmidhuber: Connectionist Temporal Classification. The walks
through time are `tf.scan`s, and the gradient is the difference between what the network says and
what is expected given the labels.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tidefall.autodiff.custom_gradient import custom_gradient
from tidefall.base import dtypes
from tidefall.base.exports import export
from tidefall.composite.sparse_tensor import SparseTensor
from tidefall.control_flow.functional import scan
from tidefall.op import raw
from tidefall.ops.array.ranges import range as range_
from tidefall.ops.array.reshaping import reshape
from tidefall.ops.array.selecting import where
from tidefall.ops.array.shapes_of import shape
from tidefall.ops.math.cast import cast
from tidefall.ops.nn.ctc.loss import ctc_loss_op
from tidefall.ops.reductions.statistics import reduce_logsumexp
from tidefall.tensor.conversion import convert_to_tensor

# What TensorFlow takes for the logarithm of nothing; sequences without a path get such a loss.
_NEVER = math.log(1e-307)


def _moved(scores: Any, by: int) -> Any:
    """States moved by some places, towards the end if positive."""
    none = raw.ZerosLike(scores[:, : abs(by)]) + _NEVER
    parts = [none, scores[:, :-by]] if by > 0 else [scores[:, -by:], none]
    return raw.ConcatV2(parts, np.int32(1))


def _sum(*scores: Any) -> Any:
    return reduce_logsumexp(raw.Pack(list(scores)), 0)


def _log(condition: Any, dtype: Any) -> Any:
    return where(condition, cast(0.0, dtype), cast(_NEVER, dtype))


class _States:
    """The states of label sequences: blanks, and between them the labels."""

    def __init__(self, labels: Any, lengths: Any, dtype: Any):
        sizes = shape(labels)
        pairs = raw.Pack([raw.ZerosLike(labels), labels], axis=2)
        flat = reshape(pairs, raw.Pack([sizes[0], 2 * sizes[1]]))
        zeros = raw.Fill(raw.Pack([sizes[0], np.int32(1)]), np.int32(0))
        self.symbols = raw.ConcatV2([flat, zeros], np.int32(1))
        before = raw.ConcatV2([zeros, zeros, self.symbols[:, :-2]], np.int32(1))
        place = range_(2 * sizes[1] + 1)[None, :]
        # By place, not by symbol: a label may be the blank's number, and is a label all the same.
        is_label = raw.Equal(raw.FloorMod(place, 2), 1)
        different = raw.NotEqual(self.symbols, before)
        self.skips = _log(raw.LogicalAnd(different, is_label), dtype)
        gap = 2 * lengths[:, None] - place
        is_end = raw.LogicalOr(raw.Equal(gap, 0), raw.Equal(gap, 1))
        self.final = _log(is_end, dtype)
        self.start = raw.Tile(_log(raw.Equal(place, 0), dtype), raw.Pack([sizes[0], np.int32(1)]))


def _loss_and_gradient(logits: Any, states: _States, lengths: Any) -> tuple[Any, Any]:
    """Losses `[batch]`, and their gradients with respect to the logits `[time, batch, classes]`."""
    scores = raw.LogSoftmax(logits)
    by_batch = raw.Transpose(scores, np.array([1, 0, 2], np.int32))
    emitted = raw.GatherV2(by_batch, states.symbols, np.int32(2), batch_dims=1)
    emitted = raw.Transpose(emitted, np.array([1, 0, 2], np.int32))

    def onward(now: Any, emission: Any) -> Any:
        return _sum(now, _moved(now, 1), _moved(now, 2) + states.skips) + emission

    def back(later: Any, step: Any) -> Any:
        emission, time = step
        here = later + emission
        earlier = _sum(here, _moved(here, -1), _moved(here + states.skips, -2))
        return where(raw.GreaterEqual(time + 1, lengths)[:, None], states.final, earlier)

    forward = scan(onward, emitted, initializer=states.start)
    # The step after the last has no emission; nothing is taken from it.
    after = raw.ConcatV2([emitted[1:], raw.ZerosLike(emitted[:1])], np.int32(0))
    times = range_(shape(logits)[0])
    backward = scan(back, (after, times), initializer=states.final, reverse=True)
    total = reduce_logsumexp(forward[0] + backward[0], 1)
    occupied = raw.Exp(forward + backward - total[None, :, None])
    classes = shape(logits)[2]
    one_hot = raw.OneHot(states.symbols, classes, cast(1.0, logits.dtype), cast(0.0, logits.dtype))
    expected = raw.Einsum([occupied, one_hot], equation="tbs,bsc->tbc")
    inside = cast(raw.Less(times[:, None], lengths[None, :]), logits.dtype)
    return -total, (raw.Exp(scores) - expected) * inside[:, :, None]


def _dense_loss(logits: Any, labels: Any, label_length: Any, logit_length: Any) -> Any:
    states = _States(labels, label_length, logits.dtype)
    logit_length = raw.Minimum(logit_length, shape(logits)[0])

    @custom_gradient
    def run(logits: Any) -> Any:
        loss, slope = _loss_and_gradient(logits, states, logit_length)
        return loss, lambda dy: slope * dy[None, :, None]

    return run(logits)


def _blank_first(logits: Any, labels: Any, blank: Any) -> tuple[Any, Any]:
    """Classes in an order in which the blank is the first."""
    if isinstance(blank, int) and blank == 0:
        return logits, labels
    classes = shape(logits)[2]
    blank = convert_to_tensor(blank, dtypes.int32)
    blank = where(raw.Less(blank, 0), blank + classes, blank)
    rest = range_(classes - 1)
    order = raw.ConcatV2(
        [reshape(blank, [1]), where(raw.Less(rest, blank), rest, rest + 1)], np.int32(0)
    )
    moved = where(raw.Less(labels, blank), labels + 1, labels)
    return raw.GatherV2(logits, order, np.int32(2)), moved


@export("nn.ctc_loss")
def ctc_loss(
    labels: Any,
    logits: Any,
    label_length: Any,
    logit_length: Any,
    logits_time_major: bool = True,
    unique: Any = None,
    blank_index: int | None = None,
    name: str | None = None,
) -> Any:
    """The loss of label sequences that are not aligned with the logits.

    Args:
        labels: integers `[batch, longest]`, or a SparseTensor of int32.
        logits: float32 or float64 `[time, batch, classes]`.
        label_length: int32 `[batch]`: how many labels each row has; None for a SparseTensor.
        logit_length: int32 `[batch]`: how many steps of the logits count.
        logits_time_major: False for logits `[batch, time, classes]`.
        unique: what `tf.nn.ctc_unique_labels` gives, which TensorFlow can make use of; not needed.
        blank_index: class of the blank, negative counts from the end. None for 0; it must be given
            for a SparseTensor.
        name: unused.

    Returns:
        A tensor `[batch]`: negated log probabilities of the labels.

    Raises:
        ValueError: for a SparseTensor without `blank_index`.
        InvalidArgumentError: for a SparseTensor with more labels than steps.

    >>> import tidefall as tf
    >>> loss = tf.nn.ctc_loss([[1]], tf.zeros([2, 1, 2]), [1], [2])
    >>> round(float(loss[0]), 4)
    0.2877
    """
    logits = convert_to_tensor(logits, dtype_hint=dtypes.float32)
    if not logits_time_major:
        logits = raw.Transpose(logits, np.array([1, 0, 2], np.int32))
    steps = cast(convert_to_tensor(logit_length), dtypes.int32)
    if isinstance(labels, SparseTensor):
        if blank_index is None:
            raise ValueError(
                "Argument `blank_index` must be provided when `labels` is a `SparseTensor`."
            )
        return _sparse_loss(labels, logits, steps, blank_index)
    dense = cast(convert_to_tensor(labels), dtypes.int32)
    logits, dense = _blank_first(logits, dense, 0 if blank_index is None else blank_index)
    dense = dense * cast(
        raw.Less(range_(shape(dense)[1])[None, :], _counts(label_length)[:, None]),
        dtypes.int32,
    )
    return _dense_loss(logits, dense, _counts(label_length), steps)


def _counts(lengths: Any) -> Any:
    return cast(convert_to_tensor(lengths), dtypes.int32)


def _sparse_loss(labels: SparseTensor, logits: Any, steps: Any, blank: int) -> Any:
    """Through the op, which takes the last class for the blank."""
    classes = shape(logits)[2]
    at = convert_to_tensor(blank, dtypes.int32)
    at = where(raw.Less(at, 0), at + classes, at)
    rest = range_(classes - 1)
    order = raw.ConcatV2([where(raw.Less(rest, at), rest, rest + 1), reshape(at, [1])], np.int32(0))
    values = cast(labels.values, dtypes.int32)
    values = where(raw.Greater(values, at), values - 1, values)
    logits = raw.GatherV2(logits, order, np.int32(2))
    return ctc_loss_op(logits, labels.indices, values, steps)[0]
