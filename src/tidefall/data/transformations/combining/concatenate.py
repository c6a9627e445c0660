"""`Dataset.concatenate`: one dataset after another."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import data_nest
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
from tidefall.data.engine.elements import Element, State, join_batches
from tidefall.data.engine.iterators import ByNumber, ChainedIterator, ElementIterator
from tidefall.data.engine.node import INFINITE, UNKNOWN, Node
from tidefall.data.engine.random_parts import separated
from tidefall.data.engine.stages import Stage
from tidefall.data.engine.structure import Structure


class ConcatenateNode(Node):
    """The elements of the first input, then those of the second."""

    def __init__(self, first: Node, second: Node):
        self.inputs = separated((first, second))

    def make_iterator(self) -> ElementIterator:
        access = self.random_access()
        return _Concatenated(self.inputs) if access is None else ByNumber(access)

    def random_access(self) -> RandomAccess | None:
        first = self.inputs[0].random_access()
        second = None if first is None else self.inputs[1].random_access()
        return None if first is None or second is None else _JoinedAccess(first, second)

    def describe(self, asked: str) -> Stage:
        return self.describe_passing(asked)

    def cardinality(self) -> int:
        counts = [node.cardinality() for node in self.inputs]
        if INFINITE in counts:
            return INFINITE
        return UNKNOWN if UNKNOWN in counts else sum(counts)


class _JoinedAccess(RandomAccess):
    __slots__ = ("_first", "_second", "size", "vectorized")

    def __init__(self, first: RandomAccess, second: RandomAccess):
        self._first = first
        self._second = second
        self.size = first.size + second.size
        self.vectorized = first.vectorized or second.vectorized  # type: ignore[misc]

    def element(self, index: int) -> Element:
        rest = index - self._first.size
        return self._first.element(index) if rest < 0 else self._second.element(rest)

    def gather(self, indices: np.ndarray) -> list[Any]:
        rest = indices - self._first.size
        behind = rest >= 0
        if not behind.any():
            return self._first.gather(indices)
        if behind.all():
            return self._second.gather(rest)
        ahead = ~behind
        parts = [self._first.gather(indices[ahead]), self._second.gather(rest[behind])]
        counts = [int(ahead.sum()), int(behind.sum())]
        _, columns = join_batches(list(zip(counts, parts, strict=True)))
        places = np.argsort(np.concatenate([np.flatnonzero(ahead), np.flatnonzero(behind)]))
        return [column[places] for column in columns]

    def part(self, start: int, end: int) -> list[Any]:
        size = self._first.size
        if end <= size:
            return self._first.part(start, end)
        if start >= size:
            return self._second.part(start - size, end - size)
        parts = [
            (size - start, self._first.part(start, size)),
            (end - size, self._second.part(0, end - size)),
        ]
        return join_batches(parts)[1]


class _Concatenated(ChainedIterator):
    __slots__ = ("_nodes", "_position")

    def __init__(self, nodes: tuple[Node, ...]):
        super().__init__()
        self._nodes = nodes
        self._position = 0
        # At once, since a shuffle further up takes its seeds when its iterator is made.
        self._current = self._open()

    def _open(self) -> ElementIterator:
        if self._position >= len(self._nodes):
            raise StopIteration
        self._position += 1
        return self._nodes[self._position - 1].make_iterator()

    def _save_outer(self) -> State:
        shut = self._shut(self._current is not None)
        return {"position": self._position, "shared": [node.save_shared() for node in shut]}

    def _shut(self, is_open: bool) -> list[Node]:
        """The inputs without an open iterator."""
        return [node for i, node in enumerate(self._nodes, 1) if i != self._position or not is_open]

    def _restore_outer(self, state: State, is_open: bool) -> ElementIterator | None:
        position = self._position = state["position"]
        for node, saved in zip(self._shut(is_open), state["shared"], strict=True):
            node.restore_shared(saved)
        return self._nodes[position - 1].make_iterator() if is_open else None

    def saves_position(self) -> bool:
        return self._current is None or self._current.saves_position()


def _build(first: Any, second: Any) -> Node:
    return ConcatenateNode(node_of(first), node_of(second))


concatenate_dataset_op = dataset_op("ConcatenateDataset", _build)


@transformation("concatenate")
def concatenate(self: DatasetV2, dataset: DatasetV2, name: str | None = None) -> DatasetV2:
    """This dataset followed by another.

    Args:
        dataset: a dataset whose elements have the same structure and dtypes.
        name: accepted for TensorFlow's sake.

    Raises:
        TypeError: structures or dtypes differ.

    >>> import tidefall as tf
    >>> joined = tf.data.Dataset.range(2).concatenate(tf.data.Dataset.range(1))
    >>> list(joined.as_numpy_iterator())
    [np.int64(0), np.int64(1), np.int64(0)]
    """
    spec = _common_spec(self.element_spec, dataset.element_spec)
    variant = variant_of(
        concatenate_dataset_op,
        self._variant_tensor,
        dataset._variant_tensor,
        **Structure(spec).attrs,
    )
    return new_dataset(variant, spec, [self, dataset], shown_name(concatenate_dataset_op))


def _common_spec(one: Any, other: Any) -> Any:
    try:
        data_nest.assert_same_structure(one, other)
        merged = [
            a.most_specific_common_supertype([b])
            for a, b in zip(data_nest.flatten(one), data_nest.flatten(other), strict=True)
        ]
    except (TypeError, ValueError):
        merged = [None]
    if None in merged:
        raise TypeError(f"Incompatible dataset elements:\n  {one} vs.   {other}")
    return data_nest.pack_sequence_as(one, merged)
