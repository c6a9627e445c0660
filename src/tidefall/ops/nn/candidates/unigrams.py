"""Candidate samplers that draw classes as often as they occur: counted before, or on the way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tidefall.base.exports import export
from tidefall.ops.common import invalid
from tidefall.ops.nn.candidates.distributions import Learned, Weighted, read_weights, unigrams
from tidefall.ops.nn.candidates.samplers import draw, sampler


def _weighted(attrs: dict[str, Any]) -> Weighted:
    path, given = attrs["vocab_file"], attrs["unigrams"]
    path = path.decode() if isinstance(path, bytes) else path
    if not path and not given:
        raise invalid("Must provide either vocab_file or unigrams.")
    if path and given:
        raise invalid("Must only provide one of vocab_file and unigrams.")
    weights = unigrams(
        read_weights(path) if path else given,
        attrs["distortion"],
        attrs["num_reserved_ids"],
        attrs["num_shards"],
        attrs["shard"],
    )
    if len(weights) != attrs["range_max"]:
        raise invalid(
            f"range is {attrs['range_max']} must be equal to weights size  {len(weights)}"
        )
    return Weighted(weights)


fixed_op = sampler("FixedUnigramCandidateSampler", _weighted)
learned_op = sampler("LearnedUnigramCandidateSampler", lambda attrs: Learned(attrs["range_max"]))
sampler("ThreadUnsafeUnigramCandidateSampler", lambda attrs: Learned(attrs["range_max"]))


@export("random.fixed_unigram_candidate_sampler", "nn.fixed_unigram_candidate_sampler")
def fixed_unigram_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    vocab_file: str = "",
    distortion: float = 1.0,
    num_reserved_ids: int = 0,
    num_shards: int = 1,
    shard: int = 0,
    unigrams: Sequence[float] = (),
    seed: int | None = None,
    name: str | None = None,
) -> Any:
    """Draw classes by given weights, such as how often words occur.

    Args:
        true_classes: int64 tensor `[batch, num_true]`: classes whose expected count is asked.
        num_true: how many classes each row has.
        num_sampled: how many classes to draw.
        unique: whether all drawn classes differ.
        range_max: the number of classes there are.
        vocab_file: a file with a line for each class that ends in its weight, after a comma.
        distortion: weights are taken to this power; 0 makes all alike.
        num_reserved_ids: as many classes in front have no weight and are never drawn.
        num_shards: how many samplers share the classes.
        shard: which of them this one is: it has the classes of this remainder.
        unigrams: weights of the classes, instead of a file.
        seed: seed of the op.
        name: name of the node in a graph.

    Returns:
        The drawn classes, int64 `[num_sampled]`; how often the true classes are expected among
        them, float32 `[batch, num_true]`; the same for the drawn ones, float32 `[num_sampled]`.

    Raises:
        InvalidArgumentError: for true classes out of range or of another shape, more different
            classes than there are, weights that are not given once, or not one for each class.
        NotFoundError: if there is no such file.

    >>> import tidefall as tf
    >>> sample = tf.random.fixed_unigram_candidate_sampler
    >>> drawn, true, _ = sample([[2]], 1, 2, False, 3, unigrams=[0.0, 0.0, 5.0], seed=1)
    >>> drawn.numpy(), true.numpy()
    (array([2, 2]), array([[2.]], dtype=float32))
    """
    return draw(
        fixed_op,
        true_classes,
        seed,
        name,
        num_true=num_true,
        num_sampled=num_sampled,
        unique=unique,
        range_max=range_max,
        vocab_file=vocab_file,
        distortion=distortion,
        num_reserved_ids=num_reserved_ids,
        num_shards=num_shards,
        shard=shard,
        unigrams=list(unigrams),
    )


@export("random.learned_unigram_candidate_sampler", "nn.learned_unigram_candidate_sampler")
def learned_unigram_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    seed: int | None = None,
    name: str | None = None,
) -> Any:
    """Draw classes as often as they were true classes in the calls before.

    Each class counts as seen once to begin with. Calls with the same arguments go on counting
    together, until `tf.random.set_seed`; in a graph each node counts for itself.

    Args:
        true_classes: int64 tensor `[batch, num_true]`: classes whose expected count is asked, and
            which are counted then.
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
    >>> tf.random.set_seed(1)
    >>> sample = tf.random.learned_unigram_candidate_sampler
    >>> for _ in range(2):
    ...     drawn, true, _ = sample([[3, 3]], 2, 4, False, 4, seed=1)
    ...     print(true.numpy())
    [[1. 1.]]
    [[2. 2.]]
    """
    how = {"num_true": num_true, "num_sampled": num_sampled, "unique": unique}
    how["range_max"] = range_max
    return draw(learned_op, true_classes, seed, name, **how)
