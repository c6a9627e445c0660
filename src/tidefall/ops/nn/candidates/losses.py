"""Losses over many classes that look at a sample of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import name_scope
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import invalid, named
from tidefall.ops.nn.candidates.samplers import log_uniform_candidate_sampler
from tidefall.ops.nn.cross_entropy import (
    sigmoid_cross_entropy_with_logits,
    softmax_cross_entropy_with_logits,
)
from tidefall.ops.nn.embedding import embedding_lookup
from tidefall.ops.random.seeds import op_seeds
from tidefall.ops.reductions.functions import reduce_sum
from tidefall.tensor.conversion import convert_to_tensor

_OUT = -np.finfo(np.float32).max
"""What is added to the logit of a sampled class that is a true one."""


# ---- true classes among the sampled ones ----


def _hits_shape(c: Inference) -> list[TensorShape]:
    true = c.shape(0).with_rank(2)
    c.shape(1).with_rank(1)
    columns = true.as_list()[1]
    if columns is not None and columns != c.attr("num_true"):
        raise ValueError(
            f"true_classes has {columns} columns, and num_true is {c.attr('num_true')}"
        )
    return [TensorShape([None])] * 3


def _hits_host(true: np.ndarray, sampled: np.ndarray, *, num_true: int) -> Any:
    if true.ndim != 2 or true.shape[1] != num_true:
        raise invalid(
            f"true_candidates must be a batch_size * num_true matrix, got shape {list(true.shape)} "
            f"for num_true={num_true}"
        )
    if sampled.ndim != 1:
        raise invalid(
            "sampled_candidates must be a vector, which is typically an output from "
            f"CandidateSampler, got shape {list(sampled.shape)}"
        )
    # Of a class that was sampled several times, the last place counts.
    order = np.argsort(sampled, kind="stable")
    classes = sampled[order]
    last = np.searchsorted(classes, true, side="right") - 1
    found = np.zeros(true.shape, bool)
    if len(classes):
        found = (last >= 0) & (classes[last] == true)
    rows = np.nonzero(found)[0].astype(np.int32)
    places = order[last[found]].astype(np.int64)
    return rows, places, np.full(len(rows), _OUT, np.float32)


hits_op = op(
    "ComputeAccidentalHits",
    shape=_hits_shape,
    host=_hits_host,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)


@export("nn.compute_accidental_hits")
def compute_accidental_hits(
    true_classes: Any,
    sampled_candidates: Any,
    num_true: int,
    seed: int | None = None,
    name: str | None = None,
) -> Any:
    """Places where a sampled class is one of the true classes of an example.

    Args:
        true_classes: int64 tensor `[batch, num_true]`.
        sampled_candidates: int64 tensor `[num_sampled]`, from a candidate sampler.
        num_true: how many classes each row has.
        seed: of no effect.
        name: name of the node in a graph.

    Returns:
        Rows of `true_classes`, int32 `[hits]`; places in `sampled_candidates`, int64 `[hits]`; and
        the weights to add to their logits, float32 `[hits]`, each as low as float32 goes.

    Raises:
        InvalidArgumentError: for arguments of other shapes.

    >>> import tidefall as tf
    >>> rows, places, _ = tf.nn.compute_accidental_hits([[0, 1], [3, 2]], [3, 0, 5], 2)
    >>> rows.numpy(), places.numpy()
    (array([0, 1], dtype=int32), array([1, 0]))
    """
    how = {"num_true": num_true, **op_seeds(seed)}
    return named(hits_op, hits_op(true_classes, sampled_candidates, **how, name=name))


# ---- losses ----


def _rows(table: Any, ids: Any, dtype: Any) -> Any:
    rows = embedding_lookup(table, ids)
    return rows if rows.dtype == dtype else raw.Cast(rows, DstT=dtype)


def _split(rows: Any, count: Any) -> tuple[Any, Any]:
    """The rows of the true classes, and those of the sampled ones."""
    return rows[:count], rows[count:]


def _as(dtype: Any, x: Any) -> Any:
    return x if x.dtype == dtype else raw.Cast(x, DstT=dtype)


def _without_hits(logits: Any, labels: Any, sampled: Any, num_true: int) -> Any:
    """The logits of the sampled classes, as low as can be where a class is a true one."""
    rows, places, weights = compute_accidental_hits(labels, sampled, num_true)
    where = raw.Pack([rows, raw.Cast(places, DstT=dtypes.int32)], axis=1)
    shape = raw.Shape(logits)
    low = raw.SparseToDense(
        where,
        shape,
        _as(logits.dtype, weights),
        convert_to_tensor(0, dtype=logits.dtype),
        validate_indices=False,
    )
    return logits + low


def sampled_logits(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    num_sampled: int,
    num_classes: int,
    num_true: int,
    sampled_values: Any,
    remove_accidental_hits: bool,
    seed: int | None = None,
) -> tuple[Any, Any]:
    """Logits of the true classes and of sampled ones `[batch, num_true + num_sampled]`, and labels.

    Logits are less the logarithm of how often their class is expected among the sampled.
    """
    labels = _as(dtypes.int64, convert_to_tensor(labels))
    flat = raw.Reshape(labels, [-1])
    if sampled_values is None:
        sampled_values = log_uniform_candidate_sampler(
            labels, num_true, num_sampled, True, num_classes, seed=seed
        )
    stop = raw.StopGradient
    sampled, true_expected, sampled_expected = map(stop, map(convert_to_tensor, sampled_values))
    sampled = _as(dtypes.int64, sampled)
    ids = raw.ConcatV2([flat, sampled], 0)
    inputs = convert_to_tensor(inputs)
    dtype, count = inputs.dtype, raw.Shape(flat)[0]
    true_w, sampled_w = _split(_rows(weights, ids, dtype), count)
    true_b, sampled_b = _split(_rows(biases, ids, dtype), count)
    reshape = raw.Reshape
    width = raw.Shape(true_w)[1]
    own = reshape(true_w, raw.Pack([-1, num_true, width]))
    true_logits = reduce_sum(raw.ExpandDims(inputs, 1) * own, 2)
    true_logits = true_logits + reshape(true_b, [-1, num_true])
    others = raw.MatMul(inputs, sampled_w, transpose_b=True) + sampled_b
    if remove_accidental_hits:
        others = _without_hits(others, labels, sampled, num_true)
    log = raw.Log
    true_logits = true_logits - log(true_expected)
    others = others - log(sampled_expected)
    join = raw.ConcatV2
    ones = raw.OnesLike(true_logits) / num_true
    return (
        join([true_logits, others], 1),
        join([ones, raw.ZerosLike(others)], 1),
    )


@export("nn.nce_loss")
def nce_loss(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    num_sampled: int,
    num_classes: int,
    num_true: int = 1,
    sampled_values: Any = None,
    remove_accidental_hits: bool = False,
    name: str | None = "nce_loss",
) -> Any:
    """Noise-contrastive estimation: tell the true classes of each example from sampled ones.

    See Gutmann and Hyvarinen, https://proceedings.mlr.press/v9/gutmann10a.html. Use it to train; to
    evaluate, take the sigmoid cross entropy over all classes.

    Args:
        weights: floating-point tensor `[num_classes, width]`, or a list of tensors that make it up
            along the first axis.
        biases: floating-point tensor `[num_classes]`.
        labels: int64 tensor `[batch, num_true]` of true classes.
        inputs: floating-point tensor `[batch, width]`.
        num_sampled: how many classes to sample for the batch.
        num_classes: the number of classes there are.
        num_true: how many true classes each example has.
        sampled_values: what a candidate sampler returned; None draws with
            `tf.random.log_uniform_candidate_sampler`.
        remove_accidental_hits: leave out sampled classes that are true ones.
        name: name scope of the nodes in a graph.

    Returns:
        The loss of each example `[batch]`.

    Raises:
        InvalidArgumentError: for shapes that do not fit, or classes out of range.

    >>> import tidefall as tf
    >>> everything = tf.random.all_candidate_sampler([[1]], 1, 2, True)
    >>> weights, biases = tf.constant([[1.0], [2.0]]), tf.zeros([2])
    >>> loss = tf.nn.nce_loss(weights, biases, [[1]], [[0.0]], 2, 2, sampled_values=everything)
    >>> loss.numpy()
    array([2.0794415], dtype=float32)
    """
    with name_scope(name or "nce_loss"):
        logits, targets = sampled_logits(
            weights,
            biases,
            labels,
            inputs,
            num_sampled,
            num_classes,
            num_true,
            sampled_values,
            remove_accidental_hits,
        )
        return reduce_sum(sigmoid_cross_entropy_with_logits(labels=targets, logits=logits), 1)


@export("nn.sampled_softmax_loss")
def sampled_softmax_loss(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    num_sampled: int,
    num_classes: int,
    num_true: int = 1,
    sampled_values: Any = None,
    remove_accidental_hits: bool = True,
    seed: int | None = None,
    name: str | None = "sampled_softmax_loss",
) -> Any:
    """Softmax cross entropy over the true classes and a sample of the others.

    See Jean et al., https://arxiv.org/abs/1412.2007. Use it to train; to evaluate, take the softmax
    cross entropy over all classes.

    Args:
        weights: floating-point tensor `[num_classes, width]`, or a list of tensors that make it up
            along the first axis.
        biases: floating-point tensor `[num_classes]`.
        labels: int64 tensor `[batch, num_true]` of true classes.
        inputs: floating-point tensor `[batch, width]`.
        num_sampled: how many classes to sample for the batch.
        num_classes: the number of classes there are.
        num_true: how many true classes each example has.
        sampled_values: what a candidate sampler returned; None draws with
            `tf.random.log_uniform_candidate_sampler`.
        remove_accidental_hits: leave out sampled classes that are true ones.
        seed: seed of the sampler.
        name: name scope of the nodes in a graph.

    Returns:
        The loss of each example `[batch]`.

    Raises:
        InvalidArgumentError: for shapes that do not fit, or classes out of range.

    >>> import tidefall as tf
    >>> everything = tf.random.all_candidate_sampler([[1]], 1, 2, True)
    >>> weights, biases = tf.constant([[1.0], [2.0]]), tf.zeros([2])
    >>> loss = tf.nn.sampled_softmax_loss(
    ...     weights, biases, [[1]], [[0.0]], 2, 2, sampled_values=everything
    ... )
    >>> loss.numpy()
    array([0.6931472], dtype=float32)
    """
    with name_scope(name or "sampled_softmax_loss"):
        logits, targets = sampled_logits(
            weights,
            biases,
            labels,
            inputs,
            num_sampled,
            num_classes,
            num_true,
            sampled_values,
            remove_accidental_hits,
            seed,
        )
        return softmax_cross_entropy_with_logits(labels=raw.StopGradient(targets), logits=logits)
