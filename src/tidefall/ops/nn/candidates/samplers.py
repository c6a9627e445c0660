"""Candidate samplers whose law is known beforehand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.op.effects import DRAWS
from tidefall.op.inference import Inference
from tidefall.op.op import Op
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import invalid, named
from tidefall.ops.nn.candidates.distributions import Distribution, Everything, LogUniform, Uniform
from tidefall.ops.random.seeds import Stream, eager_stream, node_stream, op_seeds

BLOCKS_PER_CLASS = 512
"""Blocks of random words that a sampler moves on for each class asked for."""
Attrs = dict[str, Any]
Make = Callable[[Attrs], Distribution]


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


def _drawn(draws: Iterator[np.ndarray], count: int, unique: bool) -> tuple[np.ndarray, int]:
    """The classes, and how many draws they took."""
    taken: dict[int, None] = {}
    classes: list[np.ndarray] = []
    tries = 0
    for batch in draws:
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
    raise AssertionError("draws have no end")


def _expected(chance: np.ndarray, count: int, tries: int) -> np.ndarray:
    """How often classes are expected among the sampled ones."""
    if tries == count:
        return (chance * count).astype(np.float32)
    return (-np.expm1(tries * np.log1p(-chance))).astype(np.float32)


def _sample(stream: Stream, law: Distribution, true: np.ndarray, attrs: Attrs) -> Any:
    count, unique = attrs["num_sampled"], attrs["unique"]
    _check_true(true, attrs["num_true"])
    if unique and count > law.possible:
        raise invalid(
            f"Sampler's range is too small: {count} different classes of {law.possible} are asked "
            "for"
        )
    where = stream.reserve(BLOCKS_PER_CLASS * count)
    _check_range(true, law.size)
    classes, tries = _drawn(law.draws(where), count, unique)
    expected = [_expected(law.chance(c), count, tries) for c in (true, classes)]
    law.learn(true)
    return classes, expected[0], expected[1]


def sampler(name: str, make: Make) -> Op:
    """Declare the op of a sampler, whose law is made of its attributes at the first call."""

    def run(stream: Stream, true: np.ndarray, attrs: Attrs) -> Any:
        if stream.law is None:
            stream.law = make(attrs)
        return _sample(stream, stream.law, true, attrs)

    def host(true: np.ndarray, **attrs: Any) -> Any:
        kind = (name, *(str(attrs[k]) for k in sorted(attrs)))
        return run(eager_stream(kind, attrs["seed"], attrs["seed2"]), true, attrs)

    def for_node(node: Any) -> Callable[..., Any]:
        def kernel(true: np.ndarray, **attrs: Any) -> Any:
            return run(node_stream(node), true, attrs)

        return kernel

    host.for_node = for_node  # type: ignore[attr-defined]
    declared = op(name, shape=_shape, host=host, effects=DRAWS, gradient=NOT_DIFFERENTIABLE)
    declared.host_attrs = tuple(declared.definition.attrs)
    return declared


uniform_op = sampler("UniformCandidateSampler", lambda attrs: Uniform(attrs["range_max"]))
log_uniform_op = sampler("LogUniformCandidateSampler", lambda attrs: LogUniform(attrs["range_max"]))
all_op = sampler("AllCandidateSampler", lambda attrs: Everything(attrs["num_sampled"]))


def draw(kind: Op, true_classes: Any, seed: Any, name: str | None, **how: Any) -> Any:
    """What a sampler draws, and what it expected, by the names of the outputs.

    Args:
        kind: the sampler's op.
        true_classes: int64 `[batch, num_true]`.
        seed: seed of the op.
        name: name of the node.
        **how: the other attributes.
    """
    return named(kind, kind(true_classes, **how, **op_seeds(seed), name=name))


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
    how = {"num_sampled": num_sampled, "unique": unique, "range_max": range_max}
    return draw(uniform_op, true_classes, seed, name, num_true=num_true, **how)


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
    how = {"num_sampled": num_sampled, "unique": unique, "range_max": range_max}
    return draw(log_uniform_op, true_classes, seed, name, num_true=num_true, **how)


@export("random.all_candidate_sampler", "nn.all_candidate_sampler")
def all_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    seed: int | None = None,
    name: str | None = None,
) -> Any:
    """Take every class: what a loss on samples comes to when nothing is left out.

    Args:
        true_classes: int64 tensor `[batch, num_true]`: classes whose expected count is asked.
        num_true: how many classes each row has.
        num_sampled: the number of classes there are.
        unique: of no effect, since no class comes twice.
        seed: of no effect.
        name: name of the node in a graph.

    Returns:
        The classes in order, int64 `[num_sampled]`; ones, float32 `[batch, num_true]`; ones,
        float32 `[num_sampled]`.

    Raises:
        InvalidArgumentError: for true classes out of range or of another shape.

    >>> import tidefall as tf
    >>> classes, _, expected = tf.random.all_candidate_sampler([[1]], 1, 3, True)
    >>> classes.numpy(), expected.numpy()
    (array([0, 1, 2]), array([1., 1., 1.], dtype=float32))
    """
    how = {"num_true": num_true, "num_sampled": num_sampled, "unique": unique}
    return draw(all_op, true_classes, seed, name, **how)
