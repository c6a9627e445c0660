"""`Dataset.zip` and `Dataset.enumerate`: elements of several datasets side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.base import data_nest, dtypes
from tidefall.data.dataset import (
    DatasetV2,
    dataset_op,
    new_dataset,
    node_of,
    shown_name,
    source,
    transformation,
    variant_of,
)
from tidefall.data.engine.access import RandomAccess
from tidefall.data.engine.elements import Batch, Element, State
from tidefall.data.engine.iterators import ByNumber, ElementIterator
from tidefall.data.engine.node import INFINITE, UNKNOWN, Node
from tidefall.data.engine.random_parts import separated, share_streams
from tidefall.data.engine.stages import Stage
from tidefall.data.engine.structure import Structure


class ZipNode(Node):
    """The components of all inputs' elements in one element, until one input ends."""

    def __init__(self, inputs: Sequence[Node]):
        self.inputs = separated(inputs)

    def make_iterator(self) -> ElementIterator:
        access = self.random_access()
        if access is not None:
            return ByNumber(access)
        return _Zipped([node.make_iterator() for node in self.inputs], share_streams(self.inputs))

    def random_access(self) -> RandomAccess | None:
        parts = [node.random_access() for node in self.inputs]
        found = [access for access in parts if access is not None]
        return _ZipAccess(found) if found and len(found) == len(parts) else None

    def describe(self, asked: str) -> Stage:
        return self.describe_passing(asked)

    def cardinality(self) -> int:
        counts = [node.cardinality() for node in self.inputs]
        if UNKNOWN in counts:
            return UNKNOWN
        return min((count for count in counts if count != INFINITE), default=INFINITE)


class _ZipAccess(RandomAccess):
    __slots__ = ("_sources", "size", "vectorized")

    def __init__(self, sources: Sequence[RandomAccess]):
        self._sources = sources
        self.size = min(one.size for one in sources)
        self.vectorized = any(one.vectorized for one in sources)  # type: ignore[misc]

    def element(self, index: int) -> Element:
        return [value for one in self._sources for value in one.element(index)]

    def gather(self, indices: np.ndarray) -> list[Any]:
        return [column for one in self._sources for column in one.gather(indices)]

    def part(self, start: int, end: int) -> list[Any]:
        return [column for one in self._sources for column in one.part(start, end)]


class _Zipped(ElementIterator):
    __slots__ = ("_by_turns", "_sources")

    def __init__(self, sources: Sequence[ElementIterator], by_turns: bool):
        self._sources = sources
        self._by_turns = by_turns

    def __next__(self) -> Element:
        element: list[Any] = []
        for one in self._sources:
            element += next(one)
        return element

    def batch(self, count: int) -> Batch:
        if self._by_turns:
            return super().batch(count)
        columns: list[list[Any]] = []
        for one in self._sources:
            got, arrays = one.batch(count)
            columns.append(arrays)
            if got < count:
                columns = [[array[:got] for array in earlier] for earlier in columns]
                count = got
            if not count:
                return 0, []
        return count, [array for arrays in columns for array in arrays]

    def save(self) -> State:
        return [one.save() for one in self._sources]

    def restore(self, state: State) -> None:
        for one, saved in zip(self._sources, state, strict=True):
            one.restore(saved)

    def saves_position(self) -> bool:
        return all(one.saves_position() for one in self._sources)


def _build(inputs: Sequence[Any]) -> Node:
    return ZipNode([node_of(one) for one in inputs])


zip_dataset_op = dataset_op("ZipDataset", _build)


@source("zip")
def zip_(*args: Any, datasets: Any = None, name: str | None = None) -> DatasetV2:
    """Datasets side by side: element i is made of element i of each.

    Args:
        *args: datasets, or nested structures of them.
        datasets: the same as one structure, instead of `args`.
        name: accepted for TensorFlow's sake.

    Raises:
        TypeError: for anything but datasets in tuples and dicts.

    >>> import tidefall as tf
    >>> dataset = tf.data.Dataset
    >>> list(dataset.zip(dataset.range(2), dataset.range(5, 9)).as_numpy_iterator())
    [(np.int64(0), np.int64(5)), (np.int64(1), np.int64(6))]
    """
    if not args and datasets is None:
        raise TypeError("Must pass at least one dataset to `zip`.")
    if args and datasets is not None:
        raise TypeError("Both `*args` and `datasets` cannot be set.")
    if len(args) == 1:
        datasets = args[0]
    elif args:
        datasets = args
    flat = data_nest.flatten(datasets)
    for one in flat:
        _check(one)
    spec = data_nest.map_structure(lambda one: one.element_spec, datasets)
    structure = Structure(spec)
    variants = [one._variant_tensor for one in flat]
    variant = variant_of(zip_dataset_op, variants, **structure.attrs)
    return new_dataset(variant, structure, flat, shown_name(zip_dataset_op))


def _check(value: Any) -> None:
    if isinstance(value, DatasetV2):
        return
    begin = "Invalid input to `zip`. Inputs are expected to be (nested) structures of "
    if isinstance(value, list):
        raise TypeError(
            f"{begin}`tf.data.Dataset` objects. Python `list` is not supported and you should use "
            "`tuple` instead."
        )
    raise TypeError(
        f"{begin}`tf.data.Dataset` objects but encountered object of type {type(value)}."
    )


@transformation("enumerate")
def enumerate_(self: DatasetV2, start: Any = 0, name: str | None = None) -> DatasetV2:
    """Number the elements.

    Args:
        start: the first number, int64.
        name: accepted for TensorFlow's sake.

    >>> import tidefall as tf
    >>> letters = tf.data.Dataset.from_tensor_slices(["a", "b"])
    >>> list(letters.enumerate(start=5).as_numpy_iterator())
    [(np.int64(5), b'a'), (np.int64(6), b'b')]
    """
    numbers = DatasetV2.range(start, np.iinfo(np.int64).max, output_type=dtypes.int64)  # type: ignore[attr-defined]
    return zip_((numbers, self))
