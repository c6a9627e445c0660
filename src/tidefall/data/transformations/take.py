"""`Dataset.take` and `Dataset.skip`: the first elements, or all but those."""

from __future__ import annotations

from typing import Any

from tidefall.data.dataset import (
    DatasetV2,
    dataset_op,
    new_dataset,
    node_of,
    shown_name,
    transformation,
)
from tidefall.data.engine.access import RandomAccess, part_of
from tidefall.data.engine.elements import Batch, Element
from tidefall.data.engine.iterators import ByNumber, Derived, ElementIterator
from tidefall.data.engine.node import Node
from tidefall.data.engine.stages import Stage
from tidefall.data.sources.tensors import ElementsNode


class TakeNode(Node):
    """The first `count` elements; all of them if it is negative."""

    def __init__(self, source: Node, count: int):
        self.inputs = (source,)
        self.count = count

    def make_iterator(self) -> ElementIterator:
        access = self.random_access()
        if access is not None:
            return ByNumber(access)
        if self.count == 0:
            # As in TensorFlow its input is not begun: a shuffle there draws no seeds.
            return ByNumber(ElementsNode([]).random_access())
        source = self.inputs[0].make_iterator()
        return source if self.count < 0 else _Taken(source, self.count)

    def random_access(self) -> RandomAccess | None:
        access = self.inputs[0].random_access()
        return None if access is None else part_of(access, 0, self.cardinality())

    def describe(self, asked: str) -> Stage:
        return self.describe_passing(asked, **{"": self.count})

    def cardinality(self) -> int:
        count = self.inputs[0].cardinality()
        if count < 0:
            return self.count if count == -1 else count
        return count if self.count < 0 else min(count, self.count)


class _Taken(Derived):
    __slots__ = ("_left",)
    _kept = ("_left",)

    def __init__(self, source: ElementIterator, count: int):
        super().__init__(source)
        self._left = count

    def __next__(self) -> Element:
        if self._left <= 0:
            raise StopIteration
        self._left -= 1
        return next(self._source)

    def batch(self, count: int) -> Batch:
        count = min(count, self._left)
        if not count:
            return 0, []
        self._left -= count
        return self._source.batch(count)


class SkipNode(Node):
    """All but the first `count` elements; none if it is negative."""

    def __init__(self, source: Node, count: int):
        self.inputs = (source,)
        self.count = count

    def make_iterator(self) -> ElementIterator:
        access = self.random_access()
        if access is not None:
            return ByNumber(access)
        source = self.inputs[0].make_iterator()
        return _Taken(source, 0) if self.count < 0 else _Skipped(source, self.count)

    def random_access(self) -> RandomAccess | None:
        access = self.inputs[0].random_access()
        if access is None:
            return None
        size = access.size
        return part_of(access, size if self.count < 0 else min(self.count, size), size)

    def describe(self, asked: str) -> Stage:
        return self.describe_passing(asked, **{"": self.count})

    def cardinality(self) -> int:
        count = self.inputs[0].cardinality()
        if count < 0:
            return count
        return 0 if self.count < 0 else max(count - self.count, 0)


class _Skipped(Derived):
    __slots__ = ("_to_skip",)
    _kept = ("_to_skip",)

    def __init__(self, source: ElementIterator, count: int):
        super().__init__(source)
        self._to_skip = count

    def _skip_first(self) -> None:
        count, self._to_skip = self._to_skip, 0
        self._source.skip(count)

    def __next__(self) -> Element:
        if self._to_skip:
            self._skip_first()
        return next(self._source)

    def batch(self, count: int) -> Batch:
        if self._to_skip:
            self._skip_first()
        return self._source.batch(count)


def _build_take(source: Any, count: Any) -> Node:
    return TakeNode(node_of(source), int(count))


def _build_skip(source: Any, count: Any) -> Node:
    return SkipNode(node_of(source), int(count))


take_dataset_op = dataset_op("TakeDataset", _build_take)
skip_dataset_op = dataset_op("SkipDataset", _build_skip)


@transformation("take")
def take(self: DatasetV2, count: Any, name: str | None = None) -> DatasetV2:
    """The first elements of the dataset.

    Args:
        count: how many; -1 for all.
        name: accepted for TensorFlow's sake.

    >>> import tidefall as tf
    >>> list(tf.data.Dataset.range(9).take(2).as_numpy_iterator())
    [np.int64(0), np.int64(1)]
    """
    variant = take_dataset_op(self._variant_tensor, count, **self._flat_structure)
    return new_dataset(variant, self.element_spec, [self], shown_name(take_dataset_op))


@transformation("skip")
def skip(self: DatasetV2, count: Any, name: str | None = None) -> DatasetV2:
    """All but the first elements of the dataset.

    Args:
        count: how many to leave out; -1 for all.
        name: accepted for TensorFlow's sake.

    >>> import tidefall as tf
    >>> list(tf.data.Dataset.range(4).skip(2).as_numpy_iterator())
    [np.int64(2), np.int64(3)]
    """
    variant = skip_dataset_op(self._variant_tensor, count, **self._flat_structure)
    return new_dataset(variant, self.element_spec, [self], shown_name(skip_dataset_op))
