"""Candidate sampling: a few classes drawn to stand for all of them in a loss."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tidefall.core.exports import export
from tidefall.core.inference import Inference
from tidefall.core.op import NOT_DIFFERENTIABLE, Op, op
from tidefall.core.shapes import TensorShape
from tidefall.ops import random_philox as philox
from tidefall.ops.common import invalid
from tidefall.ops.random_seeds import Stream, eager_stream, node_stream, op_seeds

BLOCKS_PER_CLASS = 512
"""Blocks of random words that a sampler moves on for each class asked for."""
_AT_ONCE = 64
Draw = Callable[[np.ndarray, int], np.ndarray]
Chance = Callable[[np.ndarray, int], np.ndarray]


def _shape(c: Inference) -> list[TensorShape]:
    count, num_true = c.attr("num_sampled"), c.attr("num_true")
    rows = c.shape(0).with_rank(2).as_list()[0]
    return [TensorShape([count]), TensorShape([rows, num_true]), TensorShape([count])]


def _check_true(true: np.ndarray, num_true: int) -> None:
    if true.ndim != 2:
        raise invalid(f"true_classes must be a matrix, got shape {list(true.shape)}")
    if true.shape[1] != num_true:
        raise invalid(
            f"true_classes must have num_true columns, expected: {true.shape[1]} was: {num_true}"
        )


def _check_range(true: np.ndarray, range_max: int) -> None:
    outside = true[(true < 0) | (true >= range_max)]
    if outside.size:
        raise invalid(
            f"`true_candidate` out of range [0, {range_max}), received {int(outside.flat[0])}"
        )


def _pairs(key: int, counter: int) -> Iterator[np.ndarray]:
    """Pairs of random words, some blocks at a time."""
    start = 0
    while True:
        index = np.arange(start, start + _AT_ONCE, dtype=np.uint64)
        yield philox.blocks(key, counter, index).reshape(-1, 2)
        start += _AT_ONCE


def _drawn(
    where: tuple[int, int], draw: Draw, count: int, unique: bool, range_max: int
) -> tuple[np.ndarray, int]:
    """The classes, and how many draws they took."""
    taken: dict[int, None] = {}
    classes: list[np.ndarray] = []
    tries = 0
    for words in _pairs(*where):
        batch = draw(words, range_max)
        if not unique:
            classes.append(batch)
            tries += len(batch)
            if tries >= count:
                return np.concatenate(classes)[:count], count
            continue
        for value in batch.tolist():
            tries += 1
            taken[value] = None
            if len(taken) == count:
                return np.array(list(taken), np.int64), tries
    raise AssertionError("the stream of random words has no end")


def _expected(chance: np.ndarray, count: int, tries: int) -> np.ndarray:
    """How often classes are expected among the sampled ones."""
    if tries == count:
        return (chance * count).astype(np.float32)
    return (-np.expm1(tries * np.log1p(-chance))).astype(np.float32)


def _sampler(name: str, draw: Draw, chance: Chance) -> Op:
    def make(
        stream: Stream, true: np.ndarray, num_true: int, count: int, unique: bool, range_max: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        _check_true(true, num_true)
        if unique and count > range_max:
            raise invalid(
                f"Sampler's range is too small: {count} different classes of {range_max} are asked "
                "for"
            )
        where = stream.reserve(BLOCKS_PER_CLASS * count)
        _check_range(true, range_max)
        classes, tries = _drawn(where, draw, count, unique, range_max)
        expected = [_expected(chance(c, range_max), count, tries) for c in (true, classes)]
        return classes, expected[0], expected[1]

    def host(
        true: np.ndarray,
        *,
        num_true: int,
        num_sampled: int,
        unique: bool,
        range_max: int,
        seed: int,
        seed2: int,
    ) -> Any:
        how = (num_true, num_sampled, unique, range_max)
        return make(eager_stream((name, *how), seed, seed2), true, *how)

    def for_node(node: Any) -> Callable[..., Any]:
        def kernel(
            true: np.ndarray,
            *,
            num_true: int,
            num_sampled: int,
            unique: bool,
            range_max: int,
            seed: int,
            seed2: int,
        ) -> Any:
            return make(node_stream(node), true, num_true, num_sampled, unique, range_max)

        return kernel

    host.for_node = for_node  # type: ignore[attr-defined]
    return op(name, shape=_shape, host=host, xla=None, gradient=NOT_DIFFERENTIABLE)


def _uniform(words: np.ndarray, range_max: int) -> np.ndarray:
    return (philox.to_uint64(words) % np.uint64(range_max)).astype(np.int64)


def _uniform_chance(classes: np.ndarray, range_max: int) -> np.ndarray:
    return np.full(classes.shape, 1 / range_max)


def _log_uniform(words: np.ndarray, range_max: int) -> np.ndarray:
    unit = philox.to_unit(np, words, np.float64)
    # Rounding may give range_max itself, which TensorFlow wraps round.
    return (np.exp(unit * np.log1p(range_max)) - 1).astype(np.int64) % range_max


def _log_uniform_chance(classes: np.ndarray, range_max: int) -> np.ndarray:
    return np.log((classes + 2.0) / (classes + 1.0)) / np.log1p(range_max)


uniform_op = _sampler("UniformCandidateSampler", _uniform, _uniform_chance)
log_uniform_op = _sampler("LogUniformCandidateSampler", _log_uniform, _log_uniform_chance)


@export("random.uniform_candidate_sampler")
def uniform_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    seed: int | None = None,
    name: str | None = None,
) -> Any:
    """Draw classes, each as likely as the others.

    Args:
        true_classes: int64 tensor `[batch, num_true]`: classes whose expected count is asked.
        num_true: how many classes each row has.
        num_sampled: how many classes to draw.
        unique: whether all drawn classes differ.
        range_max: the number of classes there are.
        seed: seed of the op.
        name: name of the node in a graph.

    Returns:
        The drawn classes, int64 `[num_sampled]`; how often the true classes are expected among
        them, float32 `[batch, num_true]`; the same for the drawn ones, float32 `[num_sampled]`.

    Raises:
        InvalidArgumentError: for true classes out of range or of another shape, and for more
            different classes than there are.

    >>> import tidefall as tf
    >>> drawn, _, expected = tf.random.uniform_candidate_sampler([[1]], 1, 2, False, 4, seed=1)
    >>> drawn.shape, expected.numpy()
    (TensorShape([2]), array([0.5, 0.5], dtype=float32))
    """
    how = {"num_true": num_true, "num_sampled": num_sampled, "unique": unique}
    return uniform_op(true_classes, **how, range_max=range_max, **op_seeds(seed), name=name)


@export("random.log_uniform_candidate_sampler")
def log_uniform_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    seed: int | None = None,
    name: str | None = None,
) -> Any:
    """Draw classes that are rarer the larger their number: the law of Zipf.

    The chance of a class is `log((class + 2) / (class + 1)) / log(range_max + 1)`, which suits
    words numbered by how common they are.

    Args:
        true_classes: int64 tensor `[batch, num_true]`: classes whose expected count is asked.
        num_true: how many classes each row has.
        num_sampled: how many classes to draw.
        unique: whether all drawn classes differ.
        range_max: the number of classes there are.
        seed: seed of the op.
        name: name of the node in a graph.

    Returns:
        The drawn classes, int64 `[num_sampled]`; how often the true classes are expected among
        them, float32 `[batch, num_true]`; the same for the drawn ones, float32 `[num_sampled]`.

    Raises:
        InvalidArgumentError: for true classes out of range or of another shape, and for more
            different classes than there are.

    >>> import tidefall as tf
    >>> drawn, _, _ = tf.random.log_uniform_candidate_sampler([[1]], 1, 4, True, 4, seed=1)
    >>> sorted(drawn.numpy().tolist())
    [0, 1, 2, 3]
    """
    how = {"num_true": num_true, "num_sampled": num_sampled, "unique": unique}
    return log_uniform_op(true_classes, **how, range_max=range_max, **op_seeds(seed), name=name)
