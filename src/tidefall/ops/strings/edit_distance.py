"""`tf.edit_distance`: how many changes make one sequence of another."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.composite.sparse_tensor import SparseTensor, sparse_of_value
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import invalid


def levenshtein(one: np.ndarray, two: np.ndarray) -> int:
    """The least number of insertions, deletions and replacements; both vectors of integers.

    One row of the table of distances is made of the row above at a time. Insertions run along the
    row, which is a running minimum once the columns' numbers are taken off.
    """
    if len(one) < len(two):
        one, two = two, one
    columns = np.arange(len(two) + 1)
    row = columns.copy()
    for i, item in enumerate(one.tolist(), 1):
        best = np.minimum(row[:-1] + (two != item), row[1:] + 1)
        row = np.minimum.accumulate(np.concatenate([[i], best]) - columns) + columns
    return int(row[-1])


def _groups(indices: np.ndarray, values: np.ndarray, shape: np.ndarray) -> dict[int, np.ndarray]:
    """The sequences, by the flat position of the group that they belong to."""
    if not len(indices):
        return {}
    flat: Any = np.ravel_multi_index(tuple(indices[:, :-1].T), tuple(shape.tolist()))
    edges = np.flatnonzero(np.concatenate([[True], flat[1:] != flat[:-1], [True]]))
    return {int(flat[a]): values[a:b] for a, b in itertools.pairwise(edges.tolist())}


def _distance(
    hypothesis_indices: np.ndarray,
    hypothesis_values: np.ndarray,
    hypothesis_shape: np.ndarray,
    truth_indices: np.ndarray,
    truth_values: np.ndarray,
    truth_shape: np.ndarray,
    *,
    normalize: bool,
) -> np.ndarray:
    _check("hypothesis", hypothesis_indices, hypothesis_values, hypothesis_shape)
    _check("truth", truth_indices, truth_values, truth_shape)
    if truth_shape.size != hypothesis_shape.size:
        raise invalid(
            "Expected truth and hypothesis to have matching ranks, but their shapes are: "
            f"{truth_shape.tolist()} and {hypothesis_shape.tolist()}"
        )
    shape = np.maximum(hypothesis_shape, truth_shape)[:-1]
    if not len(hypothesis_values) + len(truth_values):
        return np.zeros(shape, np.float32)
    _, codes = np.unique(np.concatenate([hypothesis_values, truth_values]), return_inverse=True)
    guessed = _groups(hypothesis_indices, codes[: len(hypothesis_values)], shape)
    true = _groups(truth_indices, codes[len(hypothesis_values) :], shape)
    result = np.zeros(int(np.prod(shape)), np.float32)
    nothing = np.zeros(0, np.int64)
    for group in guessed.keys() | true.keys():
        guess, truth = guessed.get(group, nothing), true.get(group, nothing)
        distance = np.float32(levenshtein(guess, truth))
        if normalize:
            distance = distance / np.float32(len(truth)) if len(truth) else np.float32(np.inf)
        result[group] = distance
    return result.reshape(shape)


_TOO_FLAT = (
    "Input {title} SparseTensors must have rank at least 2, but {what}_shape rank is: {rank}"
)


def _check(what: str, indices: np.ndarray, values: np.ndarray, shape: np.ndarray) -> None:
    if shape.ndim == 1 and shape.size < 2:
        raise invalid(_TOO_FLAT.format(title=what.title(), what=what, rank=shape.size))
    for part, array, rank in (("indices", indices, 2), ("values", values, 1), ("shape", shape, 1)):
        if array.ndim != rank:
            kind = "matrix" if rank == 2 else "vector"
            raise invalid(f"{what}_{part} should be a {kind}, but got shape: {list(array.shape)}")
    if indices.shape != (len(values), shape.size):
        raise invalid(
            f"{what}_indices should have shape {[len(values), shape.size]}, one row for each "
            f"value, but got shape: {list(indices.shape)}"
        )
    if indices.size and ((indices < 0).any() or (indices >= shape).any()):
        wrong = indices[((indices < 0) | (indices >= shape)).any(1)][0]
        raise invalid(
            f"{what}_indices {wrong.tolist()} are out of bounds of {what}_shape {shape.tolist()}"
        )


def _distance_shape(c: Inference) -> TensorShape:
    for what, place in (("hypothesis", 2), ("truth", 5)):
        known = c.shape(place)
        if known.rank == 1 and known[0] is not None and known[0] < 2:
            raise ValueError(_TOO_FLAT.format(title=what.title(), what=what, rank=known[0]))
    guessed, true = c.constant(2), c.constant(5)
    if guessed is None or true is None or guessed.shape != true.shape or guessed.ndim != 1:
        rank = c.shape(2)
        known = rank.rank == 1 and rank[0] is not None and rank[0] >= 1
        return TensorShape([None] * (rank[0] - 1)) if known else TensorShape(None)
    return TensorShape(np.maximum(guessed, true)[:-1].tolist())


edit_distance_op = op(
    "EditDistance", shape=_distance_shape, host=_distance, effects=PURE, gradient=NOT_DIFFERENTIABLE
)


@export("edit_distance")
def edit_distance(
    hypothesis: Any, truth: Any, normalize: bool = True, name: str | None = "edit_distance"
) -> Any:
    """The Levenshtein distances between the sequences of two sparse tensors.

    Args:
        hypothesis: a sparse tensor `[..., length]` of any dtype with equality; its last dimension
            is that of the sequences.
        truth: a sparse tensor of the same rank and dtype.
        normalize: divide by the lengths of the true sequences; a distance to an empty one is
            infinite.
        name: name of the node in a graph.

    Returns:
        A float32 tensor of all dimensions but the last.

    Raises:
        TypeError: if one of the two is not sparse.
        InvalidArgumentError: if the ranks differ or are less than 2.

    >>> import tidefall as tf
    >>> guess = tf.sparse.from_dense([["a", "b"]])
    >>> truth = tf.sparse.from_dense([["a", "c"]])
    >>> tf.edit_distance(guess, truth).numpy()
    array([0.5], dtype=float32)
    """
    hypothesis, truth = sparse_of_value(hypothesis), sparse_of_value(truth)
    for what, value in (("Hypothesis", hypothesis), ("Truth", truth)):
        if not isinstance(value, SparseTensor):
            raise TypeError(f"{what} must be a SparseTensor.")
    return edit_distance_op(
        hypothesis.indices,
        hypothesis.values,
        hypothesis.dense_shape,
        truth.indices,
        truth.values,
        truth.dense_shape,
        normalize=normalize,
        name=name,
    )
