"""`Dataset.window`: runs of elements, each a dataset."""

from __future__ import annotations

from itertools import islice
from typing import Any

from tidefall.base.errors import InvalidArgumentError
from tidefall.data.dataset import (
    DatasetSpec,
    DatasetV2,
    dataset_op,
    new_dataset,
    node_of,
    shown_name,
    transformation,
)
from tidefall.data.engine.elements import Element
from tidefall.data.engine.iterators import Derived, ElementIterator
from tidefall.data.engine.node import Node
from tidefall.data.engine.stages import ONE_BY_ONE, Stage
from tidefall.data.engine.structure import Structure, map_specs
from tidefall.data.sources.tensors import ElementsNode


class WindowNode(Node):
    """For each window, one dataset for each component of the input's elements."""

    def __init__(self, source: Node, size: int, shift: int, stride: int, drop_remainder: bool):
        for value, what in ((size, "size"), (shift, "shift"), (stride, "stride")):
            if value <= 0:
                raise InvalidArgumentError(None, None, f"Window {what} must be greater than zero.")
        self.inputs = (source,)
        self.size = size
        self.shift = shift
        self.stride = stride
        self.drop_remainder = drop_remainder
        self.span = (size - 1) * stride + 1

    def make_iterator(self) -> ElementIterator:
        return _Windows(self)

    def describe(self, asked: str) -> Stage:
        return Stage(ONE_BY_ONE, arguments={"": f"{self.size}, {self.shift}, {self.stride}"})

    def cardinality(self) -> int:
        count = self.inputs[0].cardinality()
        if count < 0:
            return count
        if self.drop_remainder:
            rest = count - self.span
            return 0 if rest < 0 else rest // self.shift + 1
        return -(-count // self.shift)


class WindowsIterator(Derived):
    """Runs of elements; a subclass says what becomes of them."""

    __slots__ = ("_buffer", "_node")
    _kept = ("_buffer",)

    def __init__(self, node: WindowNode):
        super().__init__(node.inputs[0].make_iterator())
        self._node = node
        self._buffer: list[Element] = []

    def window(self) -> list[Element]:
        """The elements of the next window."""
        node, buffer = self._node, self._buffer
        for element in islice(self._source, node.span - len(buffer)):
            buffer.append(element)
        if not buffer or (node.drop_remainder and len(buffer) < node.span):
            raise StopIteration
        window = list(islice(buffer, 0, None, node.stride))
        if node.shift > len(buffer):
            self._source.skip(node.shift - len(buffer))
        del buffer[: node.shift]
        return window

    def saves_position(self) -> bool:
        return False


class _Windows(WindowsIterator):
    __slots__ = ()

    def __next__(self) -> Element:
        columns = zip(*self.window(), strict=True)
        return [ElementsNode([[value] for value in column]) for column in columns]


def _build(source: Any, size: Any, shift: Any, stride: Any, drop_remainder: Any) -> Node:
    node = node_of(source)
    return WindowNode(node, int(size), int(shift), int(stride), bool(drop_remainder))


window_dataset_op = dataset_op("WindowDataset", _build)


@transformation("window")
def window(
    self: DatasetV2,
    size: Any,
    shift: Any = None,
    stride: Any = 1,
    drop_remainder: Any = False,
    name: str | None = None,
) -> DatasetV2:
    """Group elements into windows.

    Args:
        size: how many elements a window has.
        shift: how far each window is from the one before; `size` by default.
        stride: how far the elements of a window are from each other.
        drop_remainder: leave out windows at the end that have fewer elements.
        name: accepted for TensorFlow's sake.

    Returns:
        A dataset whose elements have a dataset in place of each component.

    Raises:
        tf.errors.InvalidArgumentError: a number is not positive.

    >>> import tidefall as tf
    >>> windows = tf.data.Dataset.range(5).window(3, shift=1, drop_remainder=True)
    >>> [[int(x) for x in window] for window in windows]
    [[0, 1, 2], [1, 2, 3], [2, 3, 4]]
    """
    spec = map_specs(DatasetSpec, self.element_spec)
    shift = size if shift is None else shift
    variant = window_dataset_op(
        self._variant_tensor, size, shift, stride, drop_remainder, **Structure(spec).attrs
    )
    return new_dataset(variant, spec, [self], shown_name(window_dataset_op))
