"""`Dataset.repeat`: the elements again and again."""

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
from tidefall.data.node import INFINITE, Element, ElementIterator, Node, Rows, join_rows


class RepeatNode(Node):
    """The elements of the input `count` times; without end if it is negative."""

    def __init__(self, source: Node, count: int):
        self.inputs = (source,)
        self.count = count

    def make_iterator(self) -> ElementIterator:
        return _Repeated(self.inputs[0], self.count)

    def cardinality(self) -> int:
        count = self.inputs[0].cardinality()
        if self.count < 0:
            return 0 if count == 0 else INFINITE
        if self.count == 0 or count < 0:
            return min(count, 0) if self.count else 0
        return count * self.count


class _Repeated(ElementIterator):
    __slots__ = ("_current", "_left", "_node", "_seen")

    def __init__(self, node: Node, count: int):
        self._node = node
        self._left = count
        self._current: ElementIterator | None = None
        self._seen = False

    def _open(self) -> ElementIterator:
        """Begin the next round; StopIteration if it was the last, or had nothing to repeat."""
        if self._left == 0:
            raise StopIteration
        self._left -= 1
        self._seen = False
        self._current = self._node.make_iterator()
        return self._current

    def _end_round(self) -> None:
        self._current = None
        if not self._seen:
            self._left = 0

    def __next__(self) -> Element:
        while True:
            current = self._current or self._open()
            try:
                element = next(current)
            except StopIteration:
                self._end_round()
                continue
            self._seen = True
            return element

    def rows(self, count: int) -> Rows:
        parts: list[Rows] = []
        while count > 0:
            if self._current is None:
                try:
                    self._open()
                except StopIteration:
                    break
            assert self._current is not None
            part = self._current.rows(count)
            if part[0]:
                parts.append(part)
                self._seen = True
            if part[0] < count:
                self._end_round()
            count -= part[0]
        return join_rows(parts) if parts else (0, [])


def _build(source: Any, count: Any) -> Node:
    return RepeatNode(node_of(source, "RepeatDataset"), int(count))


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
    variant = repeat_dataset_op(
        self._variant_tensor, -1 if count is None else count, **self._flat_structure
    )
    return new_dataset(variant, self.element_spec, [self], shown_name("RepeatDataset"))
