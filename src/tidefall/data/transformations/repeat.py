"""`Dataset.repeat`: the elements again and again."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.data.dataset import (
    DatasetV2,
    dataset_op,
    new_dataset,
    node_of,
    shown_name,
    transformation,
    variant_of,
)
from tidefall.data.engine.access import RandomAccess
from tidefall.data.engine.elements import Batch, Element, State
from tidefall.data.engine.iterators import ByNumber, ChainedIterator, Derived, ElementIterator
from tidefall.data.engine.node import INFINITE, Node
from tidefall.data.engine.stages import Stage
from tidefall.data.sources.random import RandomNode
from tidefall.data.transformations.shuffle import ShuffleNode


class RepeatNode(Node):
    """The elements of the input `count` times; without end if it is negative."""

    def __init__(self, source: Node, count: int):
        self.inputs = (source,)
        self.count = count

    def make_iterator(self) -> ElementIterator:
        access = self.random_access()
        return _Repeated(self.inputs[0], self.count) if access is None else ByNumber(access)

    def random_access(self) -> RandomAccess | None:
        access = self.inputs[0].random_access() if self.count >= 0 else None
        return None if access is None else _RepeatedAccess(access, self.count)

    def describe(self, asked: str) -> Stage:
        return self.describe_passing(asked, **{"": None if self.count < 0 else self.count})

    def cardinality(self) -> int:
        count = self.inputs[0].cardinality()
        if self.count < 0:
            return 0 if count == 0 else INFINITE
        if self.count == 0:
            return 0
        return count if count < 0 else count * self.count


class _RepeatedAccess(RandomAccess):
    __slots__ = ("_source", "size", "vectorized")

    def __init__(self, source: RandomAccess, count: int):
        self._source = source
        self.size = source.size * count
        self.vectorized = source.vectorized  # type: ignore[misc]

    def element(self, index: int) -> Element:
        return self._source.element(index % self._source.size)

    def gather(self, indices: np.ndarray) -> list[Any]:
        return self._source.gather(indices % self._source.size)

    def part(self, start: int, end: int) -> list[Any]:
        size = self._source.size
        first = start % size
        if first + end - start <= size:
            return self._source.part(first, first + end - start)
        return self.gather(np.arange(start, end))


class _Repeated(ChainedIterator):
    """The rounds over a node.

    Behind the last of a known number of rounds TensorFlow makes one more iterator and drops it; a
    shuffle further up takes its next seeds all the same. Not so if the shuffle is what is repeated,
    which TensorFlow makes one stage, nor for a single round, which it leaves out.
    """

    __slots__ = ("_drops_one", "_left", "_node", "_round")

    def __init__(self, node: Node, count: int):
        super().__init__()
        self._node = node
        self._left = count
        self._drops_one = count > 1 and not isinstance(node, ShuffleNode) and _shuffles(node)
        self._round: _Round | None = None

        if count > 0:
            # At once, since a shuffle further up takes its seeds when its iterator is made.
            self._current = self._open()

    def _open(self) -> ElementIterator:
        if self._left > 0:
            self._left -= 1
            return self._node.make_iterator()
        if self._drops_one:
            self._drops_one = False
            self._node.make_iterator()
        # Repeating without end ends all the same once a round was empty.
        if self._left == 0 or (self._round is not None and not self._round.any):
            raise StopIteration
        self._round = _Round(self._node.make_iterator())
        return self._round

    def _save_outer(self) -> State:
        shared = None if self._current is not None else self._node.save_shared()
        any_yet = self._round is None or self._round.any
        return {
            "left": self._left, "any": any_yet, "shared": shared, "drops_one": self._drops_one,
        }  # fmt: skip

    def _restore_outer(self, state: State, is_open: bool) -> ElementIterator | None:
        self._left, self._drops_one = state["left"], state["drops_one"]
        if state["shared"] is not None:
            self._node.restore_shared(state["shared"])
        iterator = self._node.make_iterator() if is_open else _Nothing()
        if self._left >= 0:
            return iterator if is_open else None
        self._round = _Round(iterator)
        self._round.any = state["any"]
        return self._round if is_open else None

    def saves_position(self) -> bool:
        return self._current is None or self._current.saves_position()


def _shuffles(node: Node) -> bool:
    return isinstance(node, ShuffleNode | RandomNode) or any(_shuffles(one) for one in node.inputs)


class _Nothing(ElementIterator):
    __slots__ = ()

    def __next__(self) -> Element:
        raise StopIteration


class _Round(Derived):
    """An iterator that knows whether it has given anything."""

    __slots__ = ("any",)
    _kept = ("any",)

    def __init__(self, source: ElementIterator):
        super().__init__(source)
        self.any = False

    def __next__(self) -> Element:
        element = next(self._source)
        self.any = True
        return element

    def batch(self, count: int) -> Batch:
        rows = self._source.batch(count)
        self.any = self.any or bool(rows[0])
        return rows


def _build(source: Any, count: Any) -> Node:
    return RepeatNode(node_of(source), int(count))


repeat_dataset_op = dataset_op("RepeatDataset", _build)


@transformation("repeat")
def repeat(self: DatasetV2, count: Any = None, name: str | None = None) -> DatasetV2:
    """Repeat the dataset.

    Args:
        count: how many times; None or -1 for no end.
        name: accepted for TensorFlow's sake.

    >>> import tidefall as tf
    >>> list(tf.data.Dataset.range(2).repeat(2).as_numpy_iterator())
    [np.int64(0), np.int64(1), np.int64(0), np.int64(1)]
    """
    variant = variant_of(
        repeat_dataset_op,
        self._variant_tensor,
        -1 if count is None else count,
        **self._flat_structure,
    )
    return new_dataset(variant, self._structure, [self], shown_name(repeat_dataset_op))
