"""Elements that stand in the shards of saved datasets and snapshots."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tidefall.base.errors import DataLossError, InvalidArgumentError
from tidefall.data.dataset import DatasetSpec, DatasetV2, node_of
from tidefall.data.engine.elements import Element
from tidefall.data.engine.functions import Runner, StructuredFunction
from tidefall.data.engine.iterators import Derived, ElementIterator
from tidefall.data.engine.node import AUTOTUNE, Node
from tidefall.data.sources.file_sources import FilesNode
from tidefall.data.sources.tensors import ElementsNode
from tidefall.data.state.element_codec import from_bytes
from tidefall.data.transformations.combining.interleave import interleave
from tidefall.io.records.snapshot_files import (
    COMPRESSIONS,
    Metadata,
    shard_files,
    shard_opener,
    shards,
)


def file_compression(compression: Any, auto: str = "") -> str:
    """The name of a compression of saved elements; InvalidArgumentError if it is unknown."""
    name = "" if compression is None else str(compression).upper()
    name = {"AUTO": auto, "NONE": ""}.get(name, name)
    if name not in COMPRESSIONS:
        raise InvalidArgumentError(
            None,
            None,
            f"Unknown compression {compression!r} of saved elements; use one of "
            f"{('AUTO', *COMPRESSIONS)} or None.",
        )
    return name


class ShardNode(Node):
    """The elements of one shard.

    Args:
        folder: where its files are.
        compression: theirs.
        types: DataType numbers of the components that are expected.
        files: the files; by default all in the folder.
    """

    def __init__(
        self,
        folder: str,
        compression: str,
        types: Sequence[int],
        files: Sequence[str] | None = None,
    ):
        self.folder = folder
        self.types = list(types)
        paths = shard_files(folder) if files is None else files
        self.inputs = (FilesNode(shard_opener(compression), paths),)

    def make_iterator(self) -> ElementIterator:
        return _ShardElements(self.inputs[0].make_iterator(), self)


class _ShardElements(Derived):
    __slots__ = ("_folder", "_types")

    def __init__(self, source: ElementIterator, node: ShardNode):
        super().__init__(source)
        self._types = node.types
        self._folder = node.folder

    def __next__(self) -> Element:
        wanted = len(self._types)
        count, columns = self._source.batch(wanted)
        if not count:
            raise StopIteration
        if count < wanted:
            raise DataLossError(
                None,
                None,
                f"{self._folder} ends inside of an element: {count} of {wanted} components are "
                "there.",
            )
        return from_bytes(columns[0].tolist(), self._types, self._folder)


def read_by_turns(datasets: DatasetV2) -> DatasetV2:
    """How shards are read by default: one element of each by turns, several shards at a time."""
    cycle = multiprocessing.cpu_count()
    return interleave(datasets, lambda shard: shard, cycle, num_parallel_calls=AUTOTUNE)


def traced_reader(
    reader_func: Callable[..., Any] | None, transformation: str, spec: Any
) -> StructuredFunction:
    """A function of the dataset of all shards, each a dataset, traced.

    Raises:
        InvalidArgumentError: it returns no dataset.
    """
    function = reader_func or read_by_turns
    traced = StructuredFunction(function, transformation, [DatasetSpec(DatasetSpec(spec))])
    if not isinstance(traced.output.spec, DatasetSpec):
        raise InvalidArgumentError(
            None,
            None,
            f"`reader_func` of {transformation} must return a dataset, not {traced.output.spec}.",
        )
    return traced


def read_shards(
    folder: str, metadata: Metadata, compression: str, types: Sequence[int], reader: Runner
) -> Node:
    """The elements of all shards, as a reader function puts them together."""
    nodes = [ShardNode(shard, compression, types) for shard in shards(folder, metadata)]
    (result,) = reader([ElementsNode([[node] for node in nodes])])
    return node_of(result)


def shard_number(returned: Sequence[Any], transformation: str) -> int:
    """What a shard function returned; InvalidArgumentError unless it is a scalar int64."""
    value = returned[0] if len(returned) == 1 else None
    if not isinstance(value, np.ndarray) or value.dtype != np.int64 or value.ndim:
        raise InvalidArgumentError(
            None, None, f"`shard_func` of {transformation} must return a scalar int64."
        )
    return int(value)
