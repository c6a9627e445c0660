"""The losses `CTCLoss` and `CTCLossV2`, over sparse labels.

A. Graves, S. Fernandez, F. Gomez, J. Schmidhuber: Connectionist Temporal Classification. A label
sequence is laid out as states: a blank, the first label, a blank, the second label, and so on. All
sequences of a batch walk through time together.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import op
from tidefall.ops.common import invalid

_NEVER = -np.inf


def _shape_rule(c: Inference) -> list[TensorShape]:
    inputs = c.shape(0).with_rank(3)
    c.shape(1).with_rank(2)
    c.shape(2).with_rank(1)
    lengths = c.shape(3).with_rank(1)
    batch = inputs[1] if inputs[1] is not None else lengths[0]
    return [TensorShape([batch]), TensorShape([inputs[0], batch, inputs[2]])]


def _check(inputs: Any, indices: Any, values: Any, lengths: Any) -> None:
    if inputs.ndim != 3:
        raise invalid(f"inputs is not a 3-Tensor: {list(inputs.shape)}")
    if lengths.ndim != 1 or indices.ndim != 2 or values.ndim != 1:
        raise invalid("sequence_length and labels_values are vectors, labels_indices is a matrix")
    time, batch, _ = inputs.shape
    if len(lengths) != batch:
        raise invalid(f"len(sequence_length) != batch_size: {len(lengths)} vs. {batch}")
    if len(indices) != len(values):
        raise invalid(
            f"labels_indices and labels_values must contain the same number of rows, but saw "
            f"{len(indices)} vs. {len(values)}"
        )
    if batch == 0:
        raise invalid("batch_size must not be 0")
    if (lengths > time).any() or (lengths < 0).any():
        at = int(np.flatnonzero((lengths > time) | (lengths < 0))[0])
        raise invalid(f"sequence_length({at}) is {lengths[at]}, not in 0..{time}")
    if len(indices) and (indices[:, 0].min() < 0 or indices[:, 0].max() >= batch):
        raise invalid("labels_indices names a sequence outside of the batch")


def _rows(indices: Any, values: Any, batch: int, collapse: bool) -> list[np.ndarray]:
    """The labels of each sequence of the batch."""
    rows = [values[indices[:, 0] == b] for b in range(batch)]
    if collapse:
        rows = [r[np.concatenate([[True], r[1:] != r[:-1]])] if len(r) else r for r in rows]
    return rows


def log_softmax(x: np.ndarray) -> np.ndarray:
    """Logarithms of the softmax over the last axis."""
    x = x - x.max(-1, keepdims=True)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def _moved(scores: np.ndarray, by: int) -> np.ndarray:
    """States moved by some places, towards the end if positive."""
    result = np.full_like(scores, _NEVER)
    if scores.shape[1] > abs(by):
        if by > 0:
            result[:, by:] = scores[:, :-by]
        else:
            result[:, :by] = scores[:, -by:]
    return result


def _add(*scores: np.ndarray) -> np.ndarray:
    return np.logaddexp.reduce(np.stack(scores))


class _States:
    """The states of a batch of label sequences."""

    def __init__(self, rows: list[np.ndarray], blank: int, merge_repeated: bool):
        longest = max((len(r) for r in rows), default=0)
        self.symbols = np.full((len(rows), 2 * longest + 1), blank)
        for b, row in enumerate(rows):
            self.symbols[b, 1 : 2 * len(row) : 2] = row
        self.ends = np.array([2 * len(r) for r in rows])
        is_label = np.zeros(self.symbols.shape, bool)
        is_label[:, 1::2] = True
        before = np.full(self.symbols.shape, -1)
        before[:, 2:] = self.symbols[:, :-2]
        self.skips = np.where(is_label & (before != self.symbols) & (before >= 0), 0.0, _NEVER)
        # Unless repeated labels are merged, each step in a label is a label of its own.
        if not merge_repeated:
            self.skips = np.where(is_label & (before >= 0), 0.0, _NEVER)
        self.stays = 0.0 if merge_repeated else np.where(is_label, _NEVER, 0.0)


def _walk(emitted: np.ndarray, states: _States, lengths: np.ndarray) -> tuple[Any, Any]:
    """Log probability of each sequence, and of being in each state at each time given it."""
    time, batch, count = emitted.shape
    forward = np.full((time, batch, count), _NEVER)
    now = np.full((batch, count), _NEVER)
    now[:, 0] = 0.0
    for t in range(time):
        stay = now + (states.stays if t else 0.0)
        now = _add(stay, _moved(now, 1), _moved(now, 2) + states.skips) + emitted[t]
        forward[t] = now
    final = np.full((batch, count), _NEVER)
    each = np.arange(batch)
    final[each, states.ends] = 0.0
    final[each, np.maximum(states.ends - 1, 0)] = 0.0
    backward = np.full((time, batch, count), _NEVER)
    after = np.full((batch, count), _NEVER)
    for t in range(time - 1, -1, -1):
        if t + 1 < time:
            here = after + emitted[t + 1]
            skipped = _moved(here + states.skips, -2)
            after = _add(here + states.stays, _moved(here, -1), skipped)
        after = np.where((lengths == t + 1)[:, None], final, after)
        backward[t] = after
    last = np.maximum(lengths - 1, 0)
    total = np.logaddexp.reduce(forward[last, each] + final, axis=1)
    return total, forward + backward - np.where(np.isfinite(total), total, 0.0)[:, None]


def loss_and_gradient(
    logits: np.ndarray,
    rows: list[np.ndarray],
    lengths: np.ndarray,
    blank: int,
    merge_repeated: bool = True,
) -> tuple[np.ndarray, np.ndarray]:
    """The loss of each sequence, and its gradient with respect to the logits.

    Args:
        logits: `[time, batch, classes]`.
        rows: the labels of each sequence.
        lengths: `[batch]`, the steps of each sequence.
        blank: class of the blank.
        merge_repeated: whether a label that is repeated without a blank between is one label.
    """
    scores = log_softmax(logits.astype(np.float64))
    states = _States(rows, blank, merge_repeated)
    batch, classes = logits.shape[1:]
    symbols = np.broadcast_to(states.symbols, (len(scores), *states.symbols.shape))
    emitted = np.take_along_axis(scores, symbols, 2)
    total, occupied = _walk(emitted, states, lengths)
    one_hot = np.zeros((batch, states.symbols.shape[1], classes))
    np.put_along_axis(one_hot, states.symbols[:, :, None], 1.0, 2)
    expected = np.einsum("tbs,bsc->tbc", np.exp(occupied), one_hot)
    inside = np.arange(len(scores))[:, None] < lengths
    possible = np.isfinite(total)
    gradient = np.where((inside & possible)[:, :, None], np.exp(scores) - expected, 0.0)
    loss = np.where(lengths > 0, -total, 0.0)
    return loss.astype(logits.dtype), gradient.astype(logits.dtype)


def _kernel(blank_first: bool) -> Any:
    def run(
        inputs: np.ndarray,
        labels_indices: np.ndarray,
        labels_values: np.ndarray,
        sequence_length: np.ndarray,
        *,
        preprocess_collapse_repeated: bool,
        ctc_merge_repeated: bool,
        ignore_longer_outputs_than_inputs: bool,
    ) -> tuple[np.ndarray, np.ndarray]:
        _check(inputs, labels_indices, labels_values, sequence_length)
        classes = inputs.shape[2]
        blank = 0 if blank_first else classes - 1
        rows = _rows(labels_indices, labels_values, inputs.shape[1], preprocess_collapse_repeated)
        rows = [_targets(r, blank, classes) for r in rows]
        dropped = _dropped(rows, sequence_length, ignore_longer_outputs_than_inputs)
        rows = [r[:0] if d else r for r, d in zip(rows, dropped, strict=True)]
        loss, gradient = loss_and_gradient(inputs, rows, sequence_length, blank, ctc_merge_repeated)
        loss[dropped] = 0
        gradient[:, dropped] = 0
        return loss, gradient

    return run


def _targets(row: np.ndarray, blank: int, classes: int) -> np.ndarray:
    """The labels without those at the end that stand for nothing, as TensorFlow takes them."""
    nothing = (row >= classes - 1) if blank else (row == 0)
    if (row < 0).any():
        raise invalid(f"All labels must be nonnegative integers, got {row.tolist()}")
    count = len(row) - int(np.argmin(nothing[::-1])) if not nothing.all() else 0
    if nothing[:count].any():
        raise invalid(
            f"Saw a label that stands for nothing before one that does not: {row.tolist()} of "
            f"{classes} classes with the blank {blank}"
        )
    return row[:count]


def _dropped(rows: list[np.ndarray], lengths: np.ndarray, ignore: bool) -> np.ndarray:
    """Which sequences are left out, because they have more labels than steps."""
    dropped = np.array([len(row) for row in rows]) > lengths
    if dropped.any() and not ignore:
        b = int(np.flatnonzero(dropped)[0])
        raise invalid(
            f"Not enough time for target transition sequence (required: {len(rows[b])}, "
            f"available: {lengths[b]}) in sequence {b}. Turn on "
            "ignore_longer_outputs_than_inputs to leave it out."
        )
    return dropped


def _gradient(op: Any, dy: Any, _: Any) -> list[Any]:
    weights = raw.ExpandDims(raw.ExpandDims(dy, np.int32(0)), np.int32(-1))
    return [op.outputs[1] * weights, None, None, None]


ctc_loss_op = op(
    "CTCLoss", shape=_shape_rule, host=_kernel(False), effects=PURE, gradient=_gradient
)
ctc_loss_v2_op = op(
    "CTCLossV2", shape=_shape_rule, host=_kernel(True), effects=PURE, gradient=_gradient
)
