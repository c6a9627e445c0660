"""From the scores of a network to label sequences: greedily, or by beam search."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.errors import FailedPreconditionError
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.composite.sparse_tensor import SparseTensor
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import invalid
from tidefall.ops.nn.ctc.loss import log_softmax
from tidefall.tensor.conversion import convert_to_tensor


def _check(inputs: np.ndarray, lengths: np.ndarray) -> None:
    if inputs.ndim != 3:
        raise invalid(f"inputs is not a 3-Tensor: {list(inputs.shape)}")
    time, batch, _ = inputs.shape
    if lengths.shape != (batch,):
        raise FailedPreconditionError(
            None, None, f"sequence_length must have shape [{batch}], got {list(lengths.shape)}"
        )
    if (lengths > time).any():
        at = int(np.flatnonzero(lengths > time)[0])
        raise FailedPreconditionError(
            None, None, f"sequence_length({at}) is {lengths[at]}, more than the {time} steps"
        )


def _sparse(rows: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Indices, values and dense shape of rows of different lengths."""
    counts = np.array([len(r) for r in rows], np.int64)
    places = [np.arange(n) for n in counts]
    indices = np.stack([np.repeat(np.arange(len(rows)), counts), np.concatenate(places)], 1)
    values = np.concatenate(rows).astype(np.int64)
    return indices.astype(np.int64), values, np.array([len(rows), counts.max()], np.int64)


# ---- greedy ----


def _greedy_shape(c: Inference) -> list[TensorShape]:
    inputs = c.shape(0).with_rank(3)
    batch = inputs[1] if inputs[1] is not None else c.shape(1).with_rank(1)[0]
    shapes: list[list[int | None]] = [[None, 2], [None], [2], [batch, 1]]
    return [TensorShape(s) for s in shapes]


def _greedy(
    inputs: np.ndarray, sequence_length: np.ndarray, *, merge_repeated: bool, blank_index: int
) -> tuple[np.ndarray, ...]:
    _check(inputs, sequence_length)
    time, batch, classes = inputs.shape
    blank = blank_index + classes if blank_index < 0 else blank_index
    if not 0 <= blank < classes:
        raise invalid(f"blank_index {blank_index} is outside of the {classes} classes")
    inside = np.arange(time)[:, None] < sequence_length
    best = inputs.argmax(2)
    kept = inside & (best != blank)
    if merge_repeated:
        kept[1:] &= best[1:] != best[:-1]
    scores = -np.where(inside, inputs.max(2), 0).sum(0, dtype=inputs.dtype)
    rows = [best[kept[:, b], b] for b in range(batch)]
    return *_sparse(rows), scores[:, None].astype(inputs.dtype)


greedy_op = op(
    "CTCGreedyDecoder", shape=_greedy_shape, host=_greedy, effects=PURE, gradient=NOT_DIFFERENTIABLE
)


@export("nn.ctc_greedy_decoder")
def ctc_greedy_decoder(
    inputs: Any, sequence_length: Any, merge_repeated: bool = True, blank_index: int | None = None
) -> Any:
    """The best class at each step, without blanks.

    Args:
        inputs: float32 or float64 logits `[time, batch, classes]`.
        sequence_length: int32 `[batch]`.
        merge_repeated: make one label of a class that is repeated.
        blank_index: class of the blank; None for the last one, negative counts from the end.

    Returns:
        A list of one SparseTensor `[batch, longest]` of int64 labels; and the negated sums of the
        best logits, `[batch, 1]`.

    Raises:
        InvalidArgumentError: if a sequence is longer than the inputs.

    >>> import tidefall as tf
    >>> logits = tf.constant([[[5.0, 1.0, 0.0]], [[0.0, 1.0, 4.0]], [[0.0, 3.0, 1.0]]])
    >>> decoded, scores = tf.nn.ctc_greedy_decoder(logits, [3])
    >>> tf.sparse.to_dense(decoded[0]).numpy().tolist(), scores.numpy().tolist()
    ([[0, 1]], [[-12.0]])
    """
    blank = -1 if blank_index is None else blank_index
    lengths = convert_to_tensor(sequence_length)
    found = greedy_op(inputs, lengths, merge_repeated=merge_repeated, blank_index=blank)
    return [SparseTensor(found[0], found[1], found[2])], found[3]


# ---- beam search ----


def _beam_shape(c: Inference) -> list[TensorShape]:
    inputs = c.shape(0).with_rank(3)
    batch = inputs[1] if inputs[1] is not None else c.shape(1).with_rank(1)[0]
    paths = c.attr("top_paths")
    shapes: list[list[int | None]] = [[None, 2]] * paths + [[None]] * paths + [[2]] * paths
    return [TensorShape(s) for s in [*shapes, [batch, paths]]]


def _search(scores: np.ndarray, width: int, blank: int) -> list[tuple[tuple[int, ...], float]]:
    """The most probable label sequences with their log probabilities, best first.

    For each prefix two scores are kept: of the paths that end in a blank, and of those that end in
    its last label.
    """
    labels = [c for c in range(scores.shape[1]) if c != blank]
    beams: dict[tuple[int, ...], tuple[float, float]] = {(): (0.0, -np.inf)}
    for step in scores.tolist():
        grown: dict[tuple[int, ...], tuple[float, float]] = {}

        def add(
            prefix: tuple[int, ...], by_blank: float, by_label: float, grown: Any = grown
        ) -> None:
            old = grown.get(prefix, (-np.inf, -np.inf))
            grown[prefix] = (
                float(np.logaddexp(old[0], by_blank)),
                float(np.logaddexp(old[1], by_label)),
            )

        for prefix, (blanks, ends) in beams.items():
            total = float(np.logaddexp(blanks, ends))
            add(prefix, total + step[blank], ends + step[prefix[-1]] if prefix else -np.inf)
            for label in labels:
                came = blanks if prefix and prefix[-1] == label else total
                if came > -np.inf:
                    add((*prefix, label), -np.inf, came + step[label])
        best = sorted(grown.items(), key=lambda item: -np.logaddexp(*item[1]))
        beams = dict(best[:width])
    return [(prefix, float(np.logaddexp(*score))) for prefix, score in beams.items()]


def _beam(
    inputs: np.ndarray,
    sequence_length: np.ndarray,
    *,
    beam_width: int,
    top_paths: int,
    merge_repeated: bool,
) -> tuple[Any, ...]:
    _check(inputs, sequence_length)
    if top_paths > beam_width:
        raise invalid(f"Requested {top_paths} paths, more than the beam width {beam_width}")
    batch, classes = inputs.shape[1:]
    scores = log_softmax(inputs.astype(np.float64))
    rows: list[list[np.ndarray]] = [[] for _ in range(top_paths)]
    found = np.zeros((batch, top_paths), inputs.dtype)
    for b in range(batch):
        paths = _search(scores[: sequence_length[b], b], beam_width, classes - 1)
        if len(paths) < top_paths:
            raise invalid(
                f"Less leaves in the beam search than requested: {len(paths)} vs. {top_paths}"
            )
        for i, (prefix, score) in enumerate(paths[:top_paths]):
            row = np.array(prefix, np.int64)
            if merge_repeated and len(row):
                row = row[np.concatenate([[True], row[1:] != row[:-1]])]
            rows[i].append(row)
            found[b, i] = score
    parts = [_sparse(r) for r in rows]
    return [p[0] for p in parts], [p[1] for p in parts], [p[2] for p in parts], found


beam_search_op = op(
    "CTCBeamSearchDecoder", shape=_beam_shape, host=_beam, effects=PURE, gradient=NOT_DIFFERENTIABLE
)


@export("nn.ctc_beam_search_decoder")
def ctc_beam_search_decoder(
    inputs: Any, sequence_length: Any, beam_width: int = 100, top_paths: int = 1
) -> Any:
    """The most probable label sequences, by a search that keeps the best prefixes.

    The blank is the last class.

    Args:
        inputs: float32 or float64 logits `[time, batch, classes]`.
        sequence_length: int32 `[batch]`.
        beam_width: how many prefixes are kept at each step.
        top_paths: how many sequences to return, at most `beam_width`.

    Returns:
        A list of `top_paths` SparseTensors `[batch, longest]` of int64 labels; and their log
        probabilities `[batch, top_paths]`.

    Raises:
        InvalidArgumentError: for more paths than the beam is wide.

    >>> import tidefall as tf
    >>> logits = tf.constant([[[5.0, 1.0, 0.0]], [[0.0, 1.0, 4.0]], [[0.0, 3.0, 1.0]]])
    >>> decoded, scores = tf.nn.ctc_beam_search_decoder(logits, [3], beam_width=4)
    >>> tf.sparse.to_dense(decoded[0]).numpy().tolist()
    [[0, 1]]
    """
    indices, labels, shapes, scores = beam_search_op(
        inputs,
        convert_to_tensor(sequence_length),
        beam_width=beam_width,
        top_paths=top_paths,
        merge_repeated=False,
    )
    parts = zip(indices, labels, shapes, strict=True)
    return [SparseTensor(i, v, s) for i, v, s in parts], scores
