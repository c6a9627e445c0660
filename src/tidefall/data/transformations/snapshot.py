"""`Dataset.snapshot`: elements are written to files once, and read from then on."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import DType
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
from tidefall.data.engine.functions import Runner, StructuredFunction, unpacked
from tidefall.data.engine.iterators import Derived, ElementIterator
from tidefall.data.engine.node import Node
from tidefall.data.engine.stages import ONE_BY_ONE, Stage
from tidefall.data.report.fingerprint import number_of
from tidefall.data.sources.file_sources import text
from tidefall.data.state.element_codec import to_bytes
from tidefall.data.state.shards import file_compression, read_shards, shard_number, traced_reader
from tidefall.data.transformations.combining.zip import enumerate_
from tidefall.data.transformations.map import map_
from tidefall.io.file_systems.paths import local_path, path_text
from tidefall.io.records.snapshot_files import RunWriter, read_metadata
from tidefall.runtime.graph_function import GraphFunction
from tidefall.tensor.conversion import convert_to_tensor


class SnapshotNode(Node):
    """The input's elements; once an iteration has gone over all of them, those in the files.

    An iteration that stops early leaves no files. Snapshots of other pipelines may lie in the same
    folder: each has a folder of its own, named by the pipeline's fingerprint.
    """

    tuning = ("reader",)

    def __init__(
        self,
        source: Node,
        path: str,
        compression: str,
        shard: Runner,
        reader: Runner,
        types: Sequence[int],
    ):
        self.inputs = (source,)
        self.functions = (shard, reader)
        self.path = path
        self.compression = compression
        self.shard = shard
        self.reader = reader
        self.types = list(types)

    def describe(self, asked: str) -> Stage:
        metadata = read_metadata(self.folder())
        is_there = metadata is not None and metadata.is_final
        kept = "they are there" if is_there else "the first whole iteration writes them"
        return Stage(f"{ONE_BY_ONE}, from files: {kept}", arguments={"": repr(self.path)})

    def cardinality(self) -> int:
        return self.inputs[0].cardinality()

    def folder(self) -> str:
        """Where the files of this pipeline are."""
        number = number_of(self.inputs[0], self.shard, self.compression)
        return os.path.join(self.path, str(number))

    def make_iterator(self) -> ElementIterator:
        folder = self.folder()
        metadata = read_metadata(folder)
        if metadata is None or not metadata.is_final:
            return _Writing(self, folder)
        elements = read_shards(folder, metadata, self.compression, self.types, self.reader)
        return _Reading(elements.make_iterator())


class _Reading(Derived):
    __slots__ = ()

    def __next__(self) -> Element:
        return next(self._source)

    def save(self) -> State:
        return {**super().save(), "reads": True}


class _Writing(ElementIterator):
    """Hands elements on, and writes them along the way.

    What takes up a state that was saved in the middle writes nothing: the next iteration does.
    """

    __slots__ = ("__weakref__", "_elements", "_end", "_node", "_source", "_writer")

    def __init__(self, node: SnapshotNode, folder: str):
        self._node = node
        self._source = node.inputs[0].make_iterator()
        self._elements: ElementIterator | None = None
        self._writer: RunWriter | None = RunWriter(
            folder, os.path.basename(folder), node.compression
        )
        self._end = weakref.finalize(self, self._writer.discard)

    def __next__(self) -> Element:
        if self._elements is not None:
            return next(self._elements)
        writer = self._writer
        if writer is None:
            return next(self._source)
        try:
            element = next(self._source)
            shard = shard_number(self._node.shard(element), "Dataset.snapshot")
            writer.write(shard, to_bytes(element))
        except StopIteration:
            self._finish(writer)
            raise
        except BaseException:
            # Something is missing in the files, whatever it is.
            self._give_up()
            raise
        return element

    def _finish(self, writer: RunWriter) -> None:
        try:
            writer.finish(self._node.types, count_is_told=False)
        finally:
            self._give_up()

    def _give_up(self) -> None:
        self._writer = None
        self._end()

    def save(self) -> State:
        if self._elements is not None:
            return self._elements.save()
        return {"source": self._source.save(), "reads": False}

    def restore(self, state: State) -> None:
        self._give_up()
        if not state["reads"]:
            self._elements = None
            self._source.restore(state["source"])
            return
        self._elements = self._node.make_iterator()
        self._elements.restore(state)


def _build(
    source: Any,
    path: Any,
    reader_args: Sequence[Any],
    shard_args: Sequence[Any],
    *,
    output_types: Sequence[DType],
    compression: Any,
    reader_func: GraphFunction,
    shard_func: GraphFunction,
) -> Node:
    return SnapshotNode(
        node_of(source),
        local_path(text(path)),
        file_compression(text(compression), auto="SNAPPY"),
        Runner(shard_func, shard_args),
        Runner(reader_func, reader_args),
        [dtype.as_datatype_enum for dtype in output_types],
    )


snapshot_dataset_op = dataset_op("SnapshotDatasetV2", _build)


@transformation("snapshot")
def snapshot(
    self: DatasetV2,
    path: Any,
    compression: str | None = "AUTO",
    reader_func: Callable[..., Any] | None = None,
    shard_func: Callable[..., Any] | None = None,
    name: str | None = None,
) -> DatasetV2:
    """Write the elements to files in the first iteration, and read them from there afterwards.

    The files are in TensorFlow's format. They are used by every pipeline that is built alike, in
    later processes too; as soon as the pipeline changes, a new snapshot is written beside them. An
    iteration that does not reach the end leaves nothing behind.

    Args:
        path: a folder; made if it is not there.
        compression: "AUTO" and "SNAPPY" for Snappy, "GZIP", or None.
        reader_func: takes a dataset with a dataset for each file, and returns a dataset; by default
            the files are read by turns.
        shard_func: takes an element and returns the number of the file it goes to, scalar int64; by
            default as many files as there are processors are filled by turns.
        name: accepted for TensorFlow's sake.

    Raises:
        tf.errors.InvalidArgumentError: a function returns something else.
        tf.errors.ResourceExhaustedError: while iterating, the disk is full.
        tf.errors.DataLossError: while iterating, a file is damaged.

    >>> import tempfile
    >>> import tidefall as tf
    >>> dataset = tf.data.Dataset.range(3).snapshot(tempfile.mkdtemp())
    >>> list(dataset.as_numpy_iterator()), list(dataset.as_numpy_iterator())
    ([np.int64(0), np.int64(1), np.int64(2)], [np.int64(0), np.int64(1), np.int64(2)])
    """
    shards = np.int64(os.cpu_count() or 1)
    dataset = self if shard_func is not None else enumerate_(self)
    spec = dataset.element_spec
    by_turns: Callable[..., Any] = lambda index, _: index % shards  # noqa: E731
    shard = StructuredFunction(shard_func or by_turns, "Dataset.snapshot", unpacked(spec))
    reader = traced_reader(reader_func, "Dataset.snapshot", spec)
    variant = snapshot_dataset_op(
        dataset._variant_tensor,
        convert_to_tensor(path_text(path), dtypes.string),
        reader.captured,
        shard.captured,
        compression=compression or "",
        reader_func=reader.function,
        shard_func=shard.function,
        **dataset._flat_structure,
    )
    stored = new_dataset(variant, spec, [dataset], shown_name(snapshot_dataset_op))
    return stored if shard_func is not None else map_(stored, lambda _, element: element)


@export("data.experimental.snapshot")
def experimental_snapshot(
    path: Any,
    compression: str | None = "AUTO",
    reader_func: Callable[..., Any] | None = None,
    shard_func: Callable[..., Any] | None = None,
) -> Callable[[DatasetV2], DatasetV2]:
    """A transformation that keeps elements in files; see `Dataset.snapshot`.

    >>> import tempfile
    >>> import tidefall as tf
    >>> kept = tf.data.experimental.snapshot(tempfile.mkdtemp())
    >>> dataset = tf.data.Dataset.range(3).map(lambda x: 2 * x).apply(kept)
    >>> [int(x) for x in dataset], [int(x) for x in dataset]
    ([0, 2, 4], [0, 2, 4])
    """
    return lambda dataset: snapshot(dataset, path, compression, reader_func, shard_func)
