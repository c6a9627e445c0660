"""`Dataset.choose_from_datasets`: another dataset says which one the next element comes from."""

from __future__ import annotations

from collections.abc import Sequence
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
    source,
)
from tidefall.data.engine.elements import Element, State
from tidefall.data.engine.iterators import ElementIterator
from tidefall.data.engine.node import INFINITE, UNKNOWN, Node
from tidefall.data.engine.random_parts import separated
from tidefall.data.engine.structure import Structure
from tidefall.tensor.specs import TensorSpec


class DirectedInterleaveNode(Node):
    """Elements of several datasets; the elements of `selector` are the numbers of datasets."""

    def __init__(self, selector: Node, sources: Sequence[Node], stop_on_empty: bool):
        self.inputs = separated((selector, *sources))
        self.stop_on_empty = stop_on_empty

    def make_iterator(self) -> ElementIterator:
        return _Directed(self)

    def cardinality(self) -> int:
        endless = any(node.cardinality() == INFINITE for node in self.inputs[1:])
        return INFINITE if endless else UNKNOWN


class _Directed(ElementIterator):
    __slots__ = ("_selector", "_sources", "_stop_on_empty")

    def __init__(self, node: DirectedInterleaveNode):
        selector, *sources = (one.make_iterator() for one in node.inputs)
        self._selector = selector
        self._sources: list[ElementIterator | None] = list(sources)
        self._stop_on_empty = node.stop_on_empty

    def __next__(self) -> Element:
        sources = self._sources
        while True:
            number = int(next(self._selector)[0])
            if not 0 <= number < len(sources):
                raise InvalidArgumentError(
                    None, None, f"Selector index out of range: {number} >= {len(sources)}"
                )
            chosen = sources[number]
            if chosen is None:
                continue
            try:
                return next(chosen)
            except StopIteration:
                sources[number] = None
            if self._stop_on_empty or not any(one is not None for one in sources):
                self._sources = [None] * len(sources)
                self._selector = _Ended()
                raise StopIteration

    def save(self) -> State:
        if isinstance(self._selector, _Ended):
            return None
        sources = [None if one is None else [one.save()] for one in self._sources]
        return {"selector": self._selector.save(), "sources": sources}

    def restore(self, state: State) -> None:
        if state is None:
            self._selector = _Ended()
            return
        self._selector.restore(state["selector"])
        for i, (one, saved) in enumerate(zip(self._sources, state["sources"], strict=True)):
            if saved is None:
                self._sources[i] = None
            else:
                assert one is not None
                one.restore(saved[0])

    def saves_position(self) -> bool:
        iterators = (self._selector, *self._sources)
        return all(one is None or one.saves_position() for one in iterators)


class _Ended(ElementIterator):
    __slots__ = ()

    def __next__(self) -> Element:
        raise StopIteration

    def saves_position(self) -> bool:
        return True


def _build(selector: Any, sources: Sequence[Any], *, stop_on_empty_dataset: bool) -> Node:
    nodes = [node_of(one) for one in sources]
    return DirectedInterleaveNode(node_of(selector), nodes, stop_on_empty_dataset)


directed_interleave_dataset_op = dataset_op("DirectedInterleaveDataset", _build)


def directed_interleave(
    selector: DatasetV2, datasets: Sequence[DatasetV2], stop_on_empty_dataset: bool
) -> DatasetV2:
    """The elements of datasets, chosen by a dataset of their numbers.

    Raises:
        TypeError: the element specs have no common type.
    """
    spec = _common_spec(datasets)
    variant = directed_interleave_dataset_op(
        selector._variant_tensor,
        [dataset._variant_tensor for dataset in datasets],
        stop_on_empty_dataset=stop_on_empty_dataset,
        **Structure(spec).attrs,
    )
    kind = shown_name(directed_interleave_dataset_op)
    return new_dataset(variant, spec, [selector, *datasets], kind)


def _common_spec(datasets: Sequence[DatasetV2]) -> Any:
    spec = datasets[0].element_spec
    for i, dataset in enumerate(datasets[1:], 1):
        try:
            spec = data_nest.map_structure(_common_type, spec, dataset.element_spec)
        except (TypeError, ValueError) as error:
            raise TypeError(
                "Invalid `datasets`. `datasets` must have compatible element specs.\n Dataset 0 "
                f"element_spec={datasets[0].element_spec}.\nDataset {i} "
                f"element_spec={dataset.element_spec}."
            ) from error
    return spec


def _common_type(one: Any, other: Any) -> Any:
    found = one.most_specific_common_supertype([other])
    if found is None:
        raise TypeError(f"No common supertype of {one} and {other}.")
    return found


@source("choose_from_datasets")
def choose_from_datasets(
    datasets: Sequence[DatasetV2], choice_dataset: DatasetV2, stop_on_empty_dataset: bool = True
) -> DatasetV2:
    """The elements of several datasets, in an order that another one says.

    Args:
        datasets: datasets whose elements have compatible specs.
        choice_dataset: a dataset of scalar int64 tensors: the number, in `datasets`, of the dataset
            each element is taken from.
        stop_on_empty_dataset: end where a chosen dataset has no more elements; otherwise it is
            passed over from then on.

    Raises:
        ValueError: `datasets` is empty.
        TypeError: specs do not fit together, or `choice_dataset` is no dataset of int64 scalars.
        tf.errors.InvalidArgumentError: while iterating, there is no dataset of a number.

    >>> import tidefall as tf
    >>> choice = tf.data.Dataset.range(2).repeat(2)
    >>> pair = [tf.data.Dataset.range(10, 12), tf.data.Dataset.range(20, 22)]
    >>> [int(x) for x in tf.data.Dataset.choose_from_datasets(pair, choice)]
    [10, 20, 11, 21]
    """
    if not datasets:
        raise ValueError("Invalid `datasets`. `datasets` should not be empty.")
    if not isinstance(choice_dataset, DatasetV2):
        raise TypeError(
            "Invalid `choice_dataset`. `choice_dataset` should be a `tf.data.Dataset` but is "
            f"{type(choice_dataset)}."
        )
    spec = choice_dataset.element_spec
    if not isinstance(spec, TensorSpec) or not TensorSpec([], dtypes.int64).is_compatible_with(
        spec
    ):
        raise TypeError(
            "Invalid `choice_dataset`. Elements of `choice_dataset` must be scalar `tf.int64` "
            f"tensors but are {spec}."
        )
    return directed_interleave(choice_dataset, datasets, stop_on_empty_dataset)


@export("data.experimental.choose_from_datasets")
def experimental_choose_from_datasets(
    datasets: Sequence[DatasetV2], choice_dataset: DatasetV2, stop_on_empty_dataset: bool = False
) -> DatasetV2:
    """Same as `Dataset.choose_from_datasets`, with another default.

    Args:
        datasets: datasets whose elements have compatible specs.
        choice_dataset: a dataset of the numbers of datasets.
        stop_on_empty_dataset: end where a chosen dataset has no more elements.

    >>> import tidefall as tf
    >>> pair = [tf.data.Dataset.from_tensors(text).repeat() for text in ("a", "b")]
    >>> choice = tf.data.Dataset.from_tensor_slices(tf.constant([1, 0, 1], tf.int64))
    >>> list(tf.data.experimental.choose_from_datasets(pair, choice).as_numpy_iterator())
    [b'b', b'a', b'b']
    """
    return choose_from_datasets(datasets, choice_dataset, stop_on_empty_dataset)
