"""`Dataset.cache`: elements are made once and kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tidefall.base.dtypes import DType
from tidefall.data.dataset import (
    DatasetV2,
    dataset_op,
    new_dataset,
    node_of,
    scalar,
    shown_name,
    transformation,
)
from tidefall.data.engine.elements import Element, State
from tidefall.data.engine.iterators import ElementIterator
from tidefall.data.engine.node import Node
from tidefall.data.engine.stages import ONE_BY_ONE, Stage
from tidefall.data.sources.file_sources import text
from tidefall.data.sources.tensors import ElementsNode
from tidefall.data.state.file_cache import FileCacheNode
from tidefall.io.file_systems.paths import local_path
from tidefall.op.effects import REFERS
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.traits import NO_EXTERNAL_STATE


class CacheNode(Node):
    """The input's elements; after one whole iteration they come from memory.

    An iteration that stops early keeps nothing.
    """

    def __init__(self, source: Node):
        self.inputs = (source,)
        self.kept: ElementsNode | None = None

    def with_inputs(self, inputs: Sequence[Node]) -> Node:
        return CacheNode(*inputs)

    def describe(self, asked: str) -> Stage:
        kept = "they are kept" if self.kept is not None else "the first whole iteration keeps them"
        return Stage(f"{ONE_BY_ONE}, from memory: {kept}")

    def make_iterator(self) -> ElementIterator:
        return _Cached(self)

    def cardinality(self) -> int:
        return self.inputs[0].cardinality()


class _Cached(ElementIterator):
    __slots__ = ("_elements", "_filling", "_node", "_source")

    def __init__(self, node: CacheNode):
        self._node = node
        self._elements: list[Element] = []
        self._filling = node.kept is None
        self._source = (node.kept or node.inputs[0]).make_iterator()

    def __next__(self) -> Element:
        try:
            element = next(self._source)
        except StopIteration:
            if self._filling and self._node.kept is None:
                self._node.kept = ElementsNode(self._elements)
            raise
        if self._filling:
            self._elements.append(element)
        return element

    def save(self) -> State:
        kept = self._node.kept
        return {
            "source": self._source.save(),
            "filled": list(self._elements) if self._filling else None,
            "kept": None if kept is None else list(kept.elements),
        }

    def restore(self, state: State) -> None:
        node = self._node
        node.kept = None if state["kept"] is None else ElementsNode(state["kept"])
        self._filling = state["filled"] is not None
        self._elements = list(state["filled"] or [])
        source = node.inputs[0] if self._filling or node.kept is None else node.kept
        self._source = source.make_iterator()
        self._source.restore(state["source"])


def _build(source: Any, filename: Any, cache: Any = None, *, output_types: Sequence[DType]) -> Node:
    node = node_of(source)
    prefix = local_path(text(filename))
    return FileCacheNode(node, prefix, output_types) if prefix else CacheNode(node)


dummy_memory_cache_op = op(
    "DummyMemoryCache",
    shape=scalar,
    host=lambda: None,
    effects=REFERS,
    traits=(NO_EXTERNAL_STATE,),
    gradient=NOT_DIFFERENTIABLE,
)
cache_dataset_op = dataset_op("CacheDatasetV2", _build)
dataset_op("CacheDataset", _build)


@transformation("cache")
def cache(self: DatasetV2, filename: Any = "", name: str | None = None) -> DatasetV2:
    """Keep the elements of the first whole iteration, and give those from then on.

    Args:
        filename: what the names of the files begin with that keep them, in TensorFlow's format, for
            this process and later ones; "" for memory. Delete the files when the dataset changes.
        name: accepted for TensorFlow's sake.

    Raises:
        tf.errors.AlreadyExistsError: while iterating, another iterator is writing the files.
        tf.errors.ResourceExhaustedError: while iterating, the disk is full. Files that are not
            complete are removed, and never used.

    >>> import tidefall as tf
    >>> cached = tf.data.Dataset.range(3).map(lambda x: x * x).cache()
    >>> len(list(cached)), len(list(cached))
    (3, 3)
    """
    variant = cache_dataset_op(
        self._variant_tensor, filename, dummy_memory_cache_op(), **self._flat_structure
    )
    return new_dataset(variant, self.element_spec, [self], shown_name(cache_dataset_op, ""))
