"""`SaveDatasetV2`: elements that are written to files while they are iterated."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any

from tidefall.data.dataset import dataset_op, node_of
from tidefall.data.engine.elements import Element, State
from tidefall.data.engine.functions import Runner
from tidefall.data.engine.iterators import ElementIterator
from tidefall.data.engine.node import Node
from tidefall.data.sources.file_sources import text
from tidefall.data.state.element_codec import to_bytes, type_of
from tidefall.data.state.shards import file_compression, shard_number
from tidefall.io.file_systems.paths import local_path
from tidefall.io.records.snapshot_files import RunWriter
from tidefall.runtime.graph_function import GraphFunction


class SaveNode(Node):
    """The input's elements, which are written to files along the way.

    The files count once an iteration has reached the end. A saved iterator goes on writing them.
    """

    title = "save"

    def __init__(self, source: Node, path: str, compression: str, shard: Runner | None):
        self.inputs = (source,)
        self.functions = (shard,) if shard else ()
        self.path = path
        self.compression = compression
        self.shard = shard

    def make_iterator(self) -> ElementIterator:
        return _Saving(self)

    def cardinality(self) -> int:
        return self.inputs[0].cardinality()


class _Saving(ElementIterator):
    __slots__ = ("__weakref__", "_end", "_node", "_source", "_types", "_writer")

    def __init__(self, node: SaveNode):
        self._node = node
        self._source = node.inputs[0].make_iterator()
        self._types: list[int] = []
        self._writer = RunWriter(node.path, "", node.compression)
        self._end = weakref.finalize(self, self._writer.discard)

    def __next__(self) -> Element:
        if not self._end.alive:
            raise StopIteration
        try:
            element = next(self._source)
            shard = self._node.shard
            number = shard_number(shard(element), "Dataset.save") if shard else 0
            self._types = self._types or [type_of(value) for value in element]
            self._writer.write(number, to_bytes(element))
        except StopIteration:
            self._writer.finish(self._types, count_is_told=True)
            self._end()
            raise
        except BaseException:
            self._end()
            raise
        return element

    def save(self) -> State:
        return {
            "source": self._source.save(),
            "written": self._writer.mark() if self._end.alive else None,
            "types": list(self._types),
        }

    def restore(self, state: State) -> None:
        self._source.restore(state["source"])
        self._types = list(state["types"])
        if state["written"] is None:
            self._end()
        else:
            self._writer.take_up(state["written"])


def _save_v2(
    source: Any,
    path: Any,
    captured: Sequence[Any],
    *,
    shard_func: GraphFunction,
    compression: Any,
    use_shard_func: bool,
) -> Node:
    shard = Runner(shard_func, captured) if use_shard_func else None
    node = node_of(source)
    return SaveNode(node, local_path(text(path)), file_compression(text(compression)), shard)


save_dataset_v2_op = dataset_op("SaveDatasetV2", _save_v2)
