"""`Dataset.flat_map`: a dataset for every element, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from tidefall.base.errors import OpError
from tidefall.data.dataset import (
    DatasetSpec,
    DatasetV2,
    dataset_op,
    new_dataset,
    node_of,
    shown_name,
    transformation,
    variant_of,
)
from tidefall.data.engine.elements import Element, State
from tidefall.data.engine.functions import Runner, StructuredFunction, unpacked
from tidefall.data.engine.iterators import ElementIterator, NestedIterator
from tidefall.data.engine.node import Node
from tidefall.data.engine.stages import Stage
from tidefall.data.engine.structure import Structure
from tidefall.runtime.graph_function import GraphFunction


class FlatMapNode(Node):
    """The elements of the datasets that a function makes of each element."""

    def __init__(self, source: Node, function: Runner):
        self.inputs = (source,)
        self.function = function
        self.functions = (function,)

    def describe(self, asked: str) -> Stage:
        return Stage(asked, notes=["opens a dataset for every element"])

    def make_iterator(self) -> ElementIterator:
        return _Flattened(self.inputs[0].make_iterator(), self.function)


class _Flattened(NestedIterator):
    __slots__ = ("_function", "_index")

    def __init__(self, source: ElementIterator, function: Runner):
        super().__init__(source)
        self._function = function
        self._index = 0

    def _make(self, element: Element) -> ElementIterator:
        index = self._index
        self._index = index + 1
        (node,) = self._function(element, index)
        return node_of(node).make_iterator()

    def _raise(self, error: OpError) -> NoReturn:
        opened = self._opened
        assert opened is not None
        raise self._function.inside(error, self._index - 1, opened.element) from error

    def save(self) -> State:
        return {**super().save(), "function": self._function.save(), "index": self._index}

    def restore(self, state: State) -> None:
        super().restore(state)
        self._function.restore(state["function"])
        self._index = state["index"]


def _build(source: Any, captured: Sequence[Any], *, f: GraphFunction) -> Node:
    return FlatMapNode(node_of(source), Runner(f, captured))


flat_map_dataset_op = dataset_op("FlatMapDataset", _build)


def dataset_function(
    function: Callable[..., Any], transformation: str, spec: Any
) -> tuple[StructuredFunction, Structure]:
    """Trace a function that returns a dataset; also the structure of that dataset's elements.

    Raises:
        TypeError: it returns something else.
    """
    traced = StructuredFunction(function, transformation, unpacked(spec))
    returned = traced.output.spec
    if not isinstance(returned, DatasetSpec):
        raise TypeError(
            "The `map_func` argument must return a `Dataset` object. Got "
            f"{getattr(returned, 'value_type', type(returned))!r}."
        )
    return traced, Structure(returned.element_spec)


@transformation("flat_map")
def flat_map(self: DatasetV2, map_func: Callable[..., Any], name: str | None = None) -> DatasetV2:
    """Apply a function that returns a dataset to every element; the result has their elements.

    Args:
        map_func: takes an element and returns a dataset.
        name: accepted for TensorFlow's sake.

    Raises:
        TypeError: the function returns something else.

    >>> import tidefall as tf
    >>> dataset = tf.data.Dataset.range(1, 4).flat_map(tf.data.Dataset.range)
    >>> list(dataset.as_numpy_iterator())
    [np.int64(0), np.int64(0), np.int64(1), np.int64(0), np.int64(1), np.int64(2)]
    """
    traced, structure = dataset_function(map_func, "Dataset.flat_map", self.element_spec)
    variant = variant_of(
        flat_map_dataset_op,
        self._variant_tensor,
        traced.captured,
        f=traced.function,
        **structure.attrs,
    )
    return new_dataset(variant, structure, [self], shown_name(flat_map_dataset_op))
