"""`Dataset.unique`: each element once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tidefall.base import data_nest, dtypes
from tidefall.base.errors import InvalidArgumentError
from tidefall.base.exports import export
from tidefall.data.dataset import (
    DatasetV2,
    dataset_op,
    new_dataset,
    node_of,
    shown_name,
    transformation,
)
from tidefall.data.engine.elements import Element, State
from tidefall.data.engine.iterators import Derived, ElementIterator
from tidefall.data.engine.node import Node

_DTYPES = (dtypes.int32, dtypes.int64, dtypes.string)


class UniqueNode(Node):
    """The first of all elements that are equal."""

    def __init__(self, source: Node):
        self.inputs = (source,)

    def make_iterator(self) -> ElementIterator:
        return _Unique(self.inputs[0].make_iterator())


class _Unique(Derived):
    __slots__ = ("_seen",)

    def __init__(self, source: ElementIterator):
        super().__init__(source)
        self._seen: set[Any] = set()

    def __next__(self) -> Element:
        seen = self._seen
        while True:
            element = next(self._source)
            key = _key(element[0])
            if key not in seen:
                seen.add(key)
                return element

    def save(self) -> State:
        seen = [list(key) if isinstance(key, tuple) else key for key in self._seen]
        return {**super().save(), "seen": seen}

    def restore(self, state: State) -> None:
        super().restore(state)
        self._seen = {_restored(key) for key in state["seen"]}

    def saves_position(self) -> bool:
        return False


def _key(value: Any) -> Any:
    """What tells values apart: the number or string itself, or the shape and the contents."""
    if not value.ndim:
        return value.item()
    if value.dtype == object:
        return (tuple(value.shape), tuple(value.reshape(-1).tolist()))
    return (tuple(value.shape), value.tobytes())


def _restored(key: State) -> Any:
    if not isinstance(key, list):
        return key
    shape, contents = key
    return (tuple(shape), contents if isinstance(contents, bytes) else tuple(contents))


def _build(source: Any, *, output_types: list[Any]) -> Node:
    if len(output_types) != 1:
        raise InvalidArgumentError(
            None,
            None,
            "UniqueDataset only supports inputs with a single component. The elements have "
            f"{len(output_types)}.",
        )
    if output_types[0] not in _DTYPES:
        raise InvalidArgumentError(
            None,
            None,
            "UniqueDataset only supports inputs with a single `tf.int32`, `tf.int64`, or "
            f"`tf.string` component. Its dtype is {output_types[0].name}.",
        )
    return UniqueNode(node_of(source))


unique_dataset_op = dataset_op("UniqueDataset", _build)


@transformation("unique")
def unique(self: DatasetV2, name: str | None = None) -> DatasetV2:
    """Leave out elements that were there before.

    All distinct elements are held in memory while iterating.

    Args:
        name: accepted for TensorFlow's sake.

    Raises:
        TypeError: the dtype of the elements is not int32, int64 or string.
        tf.errors.InvalidArgumentError: the elements have more than one component.

    >>> import tidefall as tf
    >>> dataset = tf.data.Dataset.from_tensor_slices([1, 37, 2, 37, 2, 1])
    >>> [int(x) for x in dataset.unique()]
    [1, 37, 2]
    """
    for spec in data_nest.flatten(self.element_spec):
        dtype = getattr(spec, "dtype", dtypes.variant)
        if dtype not in _DTYPES:
            raise TypeError(
                f"`tf.data.Dataset.unique` does not support type {dtype} -- only `tf.int32`, "
                "`tf.int64`, and `tf.string` are supported."
            )
    variant = unique_dataset_op(self._variant_tensor, **self._flat_structure)
    return new_dataset(variant, self.element_spec, [self], shown_name(unique_dataset_op))


@export("data.experimental.unique")
def experimental_unique() -> Callable[[DatasetV2], DatasetV2]:
    """A transformation that leaves out repeated elements; see `Dataset.unique`.

    >>> import tidefall as tf
    >>> dataset = tf.data.Dataset.from_tensor_slices([1, 37, 2, 37, 2, 1])
    >>> [int(x) for x in dataset.apply(tf.data.experimental.unique())]
    [1, 37, 2]
    """
    return unique
