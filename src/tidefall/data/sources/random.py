"""`Dataset.random`: pseudorandom numbers without end, TensorFlow's for the same seeds."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.data.dataset import DatasetV2, dataset_op, new_dataset, shown_name, source
from tidefall.data.engine.elements import Batch, Element, State
from tidefall.data.engine.iterators import ElementIterator
from tidefall.data.engine.node import INFINITE, Node
from tidefall.data.engine.random_bits import RandomBits
from tidefall.data.engine.random_seed import get_seeds
from tidefall.data.engine.stages import Stage
from tidefall.data.transformations.shuffle import SeedGenerator, dummy_seed_generator_op
from tidefall.tensor.specs import TensorSpec

_AT_ONCE = 1024
_SPEC = TensorSpec([], dtypes.int64)


class RandomNode(Node):
    """Random 32-bit numbers; `seeds` says which ones in each iteration."""

    def __init__(self, seeds: SeedGenerator):
        self.seeds = seeds

    def describe(self, asked: str) -> Stage:
        return Stage(asked)

    def make_iterator(self) -> ElementIterator:
        return _Random(self.seeds)

    def cardinality(self) -> int:
        return INFINITE

    def save_shared(self) -> State:
        return [self.seeds.save(), super().save_shared()]

    def restore_shared(self, state: State) -> None:
        self.seeds.restore(state[0])
        super().restore_shared(state[1])


class _Random(ElementIterator):
    """Any number can be computed from its position, so there is no other state."""

    __slots__ = ("_generator", "_random_bits", "_ready", "_seeds", "_start", "_taken")

    def __init__(self, generator: SeedGenerator):
        self._generator = generator
        self._begin(generator.next(), 0)

    def _begin(self, seeds: tuple[int, int], taken: int) -> None:
        self._seeds = seeds
        self._random_bits = RandomBits(*seeds)
        self._taken = self._start = taken
        self._ready = np.empty(0, np.int64)

    def __next__(self) -> Element:
        place = self._taken - self._start
        if not 0 <= place < len(self._ready):
            self._start, place = self._taken, 0
            self._ready = self._random_bits.at(self._taken, _AT_ONCE)
        self._taken += 1
        return [self._ready[place, ...]]

    def batch(self, count: int) -> Batch:
        start = self._taken
        self._taken = start + count
        return count, [self._random_bits.at(start, count)]

    def skip(self, count: int) -> int:
        self._taken += count
        return count

    def save(self) -> State:
        following = self._generator.save()
        return {"seeds": list(self._seeds), "following": following, "taken": self._taken}

    def restore(self, state: State) -> None:
        self._generator.restore(state["following"])
        self._begin(tuple(state["seeds"]), state["taken"])

    def saves_position(self) -> bool:
        return True


def _build(seed: Any, seed2: Any) -> Node:
    return RandomNode(SeedGenerator(int(seed), int(seed2), reshuffle=False))


def _build_v2(seed: Any, seed2: Any, generator: Any, *, rerandomize_each_iteration: bool) -> Node:
    seeds = generator or SeedGenerator(int(seed), int(seed2), rerandomize_each_iteration)
    return RandomNode(seeds)


random_dataset_op = dataset_op("RandomDataset", _build)
random_dataset_v2_op = dataset_op("RandomDatasetV2", _build_v2)


def _variant(seed: Any, rerandomize: bool | None) -> Any:
    first, second = get_seeds(seed)
    attrs: dict[str, Any] = {"output_types": [dtypes.int64], "output_shapes": [TensorShape([])]}
    if not rerandomize:
        return random_dataset_op(first, second, **attrs)
    return random_dataset_v2_op(
        first, second, dummy_seed_generator_op(), rerandomize_each_iteration=True, **attrs
    )


@source("random")
def random(
    seed: Any = None, rerandomize_each_iteration: bool | None = None, name: str | None = None
) -> DatasetV2:
    """A dataset of pseudorandom numbers, without end.

    Args:
        seed: an int64 that fixes the numbers, together with `tf.random.set_seed`.
        rerandomize_each_iteration: other numbers in every iteration.
        name: accepted for TensorFlow's sake.

    Returns:
        A dataset of scalar int64 tensors from 0 to 2**32 - 1.

    >>> import tidefall as tf
    >>> [int(x) for x in tf.data.Dataset.random(seed=4).take(2)]
    [3128586565, 2023892699]
    """
    return new_dataset(
        _variant(seed, rerandomize_each_iteration), _SPEC, kind=shown_name(random_dataset_v2_op)
    )


@export("data.experimental.RandomDataset")
class RandomDatasetV2(DatasetV2):
    """A dataset of pseudorandom numbers; see `Dataset.random`.

    Args:
        seed: an int64 that fixes the numbers, together with `tf.random.set_seed`.
        rerandomize_each_iteration: other numbers in every iteration.
        name: accepted for TensorFlow's sake.

    >>> import tidefall as tf
    >>> [int(x) for x in tf.data.experimental.RandomDataset(seed=4).take(1)]
    [3128586565]
    """

    def __init__(
        self,
        seed: Any = None,
        rerandomize_each_iteration: bool | None = None,
        name: str | None = None,
    ):
        self._set(_variant(seed, rerandomize_each_iteration), _SPEC, (), None)
