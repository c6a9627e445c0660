"""`GlobalShuffleDataset`: all elements in an order that is computed, not drawn from a buffer.

Which element comes in which place is a permutation by a block cipher, so that nothing is kept. The
input must have its elements by number.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.errors import FailedPreconditionError, InvalidArgumentError
from tidefall.data.at import element_at, has_elements_at
from tidefall.data.dataset import dataset_op, node_of
from tidefall.data.engine.elements import Element, State
from tidefall.data.engine.iterators import ElementIterator
from tidefall.data.engine.node import Node
from tidefall.data.transformations.shuffle import SeedGenerator
from tidefall.ops.random.index_shuffle import shuffled_indices

_ROUNDS = 8
_AT_ONCE = 1024


class GlobalShuffleNode(Node):
    """The input's elements, all of them shuffled at once."""

    def __init__(self, source: Node, seeds: SeedGenerator):
        if source.cardinality() <= 0:
            raise InvalidArgumentError(
                None,
                None,
                "`global_shuffle` requires the input dataset to have a non-empty finite "
                f"cardinality. Received: {source.cardinality()}",
            )
        if not has_elements_at(source):
            raise FailedPreconditionError(
                None,
                None,
                "`global_shuffle` requires all upstream transformations be compatible with random "
                f"access. {source!r} is not.",
            )
        self.inputs = (source,)
        self.seeds = seeds

    def make_iterator(self) -> ElementIterator:
        return _GloballyShuffled(self)

    def cardinality(self) -> int:
        return self.inputs[0].cardinality()

    def save_shared(self) -> State:
        return [self.seeds.save(), super().save_shared()]

    def restore_shared(self, state: State) -> None:
        self.seeds.restore(state[0])
        super().restore_shared(state[1])


class _GloballyShuffled(ElementIterator):
    __slots__ = ("_key", "_node", "_numbers", "_size", "_start", "_taken")

    def __init__(self, node: GlobalShuffleNode):
        self._node = node
        self._size = node.cardinality()
        first, second = node.seeds.next()
        self._begin([first, second, node.seeds.next()[0]], 0)

    def _begin(self, key: list[int], taken: int) -> None:
        self._key = key
        self._taken = self._start = taken
        self._numbers: list[int] = []

    def __next__(self) -> Element:
        place = self._taken
        if place >= self._size:
            raise StopIteration
        if place - self._start >= len(self._numbers):
            self._start = place
            self._numbers = self._following()
        self._taken = place + 1
        return element_at(self._node.inputs[0], self._numbers[place - self._start])

    def _following(self) -> list[int]:
        """The numbers of the next elements."""
        index = np.arange(self._taken, min(self._taken + _AT_ONCE, self._size), dtype=np.uint64)
        key = np.array([part & 0xFFFFFFFF for part in self._key], np.uint32)
        most = np.array(self._size - 1, np.uint64)
        return shuffled_indices(index, key, most, rounds=_ROUNDS, dtype=dtypes.uint64).tolist()

    def save(self) -> State:
        following = self._node.seeds.save()
        return {"key": list(self._key), "following": following, "taken": self._taken}

    def restore(self, state: State) -> None:
        self._node.seeds.restore(state["following"])
        self._begin(list(state["key"]), state["taken"])

    def saves_position(self) -> bool:
        return True


def _build(
    source: Any, seed: Any, seed2: Any, generator: Any, *, reshuffle_each_iteration: bool
) -> Node:
    seeds = generator or SeedGenerator(int(seed), int(seed2), reshuffle_each_iteration)
    return GlobalShuffleNode(node_of(source), seeds)


dataset_op("GlobalShuffleDataset", _build)
