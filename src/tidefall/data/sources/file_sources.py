"""What the datasets of records in files share: one file after the other, many records at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.data.dataset import DatasetV2, new_dataset
from tidefall.data.engine.elements import Batch, Element, State
from tidefall.data.engine.iterators import ElementIterator
from tidefall.data.engine.node import Node
from tidefall.data.engine.stages import Stage
from tidefall.data.sources.slices import from_tensor_slices
from tidefall.data.transformations.combining.flat_map import flat_map
from tidefall.data.transformations.combining.interleave import interleave
from tidefall.io.records.record_chunks import ChunkReader
from tidefall.op import raw
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.specs import TensorSpec

READ_AHEAD = 256 * 1024
_AT_ONCE = 256
"""How many records are fetched together where they are taken one by one."""


class FilesNode(Node):
    """The records of files, one file after the other.

    Args:
        open_reader: opens a file.
        paths: the files.
        starts: the place in each file to begin at; by default the beginning.
        first: opens a file at its beginning, where that is something else.
    """

    def __init__(
        self,
        open_reader: Callable[[str], ChunkReader],
        paths: Sequence[str],
        starts: Sequence[int] = (),
        first: Callable[[str], ChunkReader] | None = None,
    ):
        self.first = first
        self.open_reader = open_reader
        self.paths = list(paths)
        self.starts = list(starts)

    def describe(self, asked: str) -> Stage:
        files = "1 file" if len(self.paths) == 1 else f"{len(self.paths):,} files"
        return Stage(asked, arguments={"": files})

    def make_iterator(self) -> ElementIterator:
        return _Records(self)

    def open(self, index: int, place: int | None) -> ChunkReader:
        """The reader of a file, at a place, or at its first record."""
        if place is None and self.starts:
            place = self.starts[index]
        if place is None and self.first is not None:
            return self.first(self.paths[index])
        reader = self.open_reader(self.paths[index])
        if place is not None:
            reader.seek(place)
        return reader


class _Records(ElementIterator):
    """Its state is the number of a file and a place in it.

    A file that cannot be opened or read on is left with an error; the next call goes on with the
    file after it.
    """

    __slots__ = ("_before", "_file", "_made", "_node", "_reader", "_taken")

    def __init__(self, node: FilesNode):
        self._node = node
        self._begin(0, None)

    def _begin(self, file: int, place: int | None) -> None:
        """Stand in a file: at its beginning, or behind the records before a place."""
        self._file = file
        self._before = place
        self._reader: ChunkReader | None = None
        self._made: list[bytes] = []
        self._taken = 0

    def _take(self, count: int) -> list[bytes]:
        """The next records, all of one file; none at the end of all files."""
        node = self._node
        while self._file < len(node.paths):
            try:
                if self._reader is None:
                    self._reader = node.open(self._file, self._before)
                self._before = self._reader.offset
                found = self._reader.take(count)
            except BaseException:
                self._leave()
                raise
            if found:
                return found
            self._leave()
        return []

    def _leave(self) -> None:
        """Go to the next file."""
        if self._reader is not None:
            self._reader.close()
        self._begin(self._file + 1, None)

    def __next__(self) -> Element:
        taken = self._taken
        if taken == len(self._made):
            self._made, self._taken = [], 0
            self._made = self._take(_AT_ONCE)
            taken = 0
            if not self._made:
                raise StopIteration
        self._taken = taken + 1
        return [np.array(self._made[taken], object)]

    def batch(self, count: int) -> Batch:
        records = self._made[self._taken : self._taken + count]
        self._taken += len(records)
        while len(records) < count:
            self._made, self._taken = [], 0
            found = self._take(count - len(records))
            if not found:
                break
            records += found
            self._made, self._taken = found, len(found)
        return len(records), [strings(records)] if records else []

    def save(self) -> State:
        return [self._file, self._before, self._taken]

    def restore(self, state: State) -> None:
        if self._reader is not None:
            self._reader.close()
        file, before, taken = state
        self._begin(file, before)
        if taken:
            self._made = self._take(taken)
            self._taken = len(self._made)

    def saves_position(self) -> bool:
        return True


def strings(items: Sequence[bytes]) -> np.ndarray:
    """Byte strings as a vector."""
    array = np.empty(len(items), object)
    array[:] = items
    return array


def text(value: Any) -> str:
    """A scalar string as Python text."""
    item = value[()] if isinstance(value, np.ndarray) else value
    return item.decode("utf-8", "surrogateescape") if isinstance(item, bytes) else str(item)


def texts(values: np.ndarray) -> list[str]:
    """The strings of a tensor as Python text."""
    return [text(value) for value in np.asarray(values).reshape(-1).tolist()]


def filenames_dataset(filenames: Any) -> DatasetV2:
    """Names of files as a dataset of strings.

    Raises:
        TypeError: they are no strings.
    """
    begin = "The `filenames` argument must contain `tf.string` elements"
    if isinstance(filenames, DatasetV2):
        spec = filenames.element_spec
        if spec.dtype != dtypes.string:
            raise TypeError(f"{begin}. Got a dataset of {spec.dtype!r} elements.")
        if not spec.shape.is_compatible_with([]):
            raise TypeError(
                f"{begin} of shape [] (i.e. scalars). Got a dataset of element shape "
                f"{spec.shape!r}."
            )
        return filenames
    if isinstance(filenames, os.PathLike):
        filenames = os.fspath(filenames)
    elif isinstance(filenames, list | tuple):
        filenames = [os.fspath(f) if isinstance(f, os.PathLike) else f for f in filenames]
    tensor = convert_to_tensor(filenames)
    if tensor.dtype != dtypes.string:
        raise TypeError(f"{begin}. Got {tensor.dtype!r} elements.")
    return from_tensor_slices(raw.Reshape(tensor, [-1]))


class FileDataset(DatasetV2):
    """A dataset that reads files. A subclass makes the dataset of one file."""

    def _read_files(
        self,
        filenames: Any,
        read: Callable[[Any, Any, Any], Any],
        compression_type: Any,
        buffer_size: Any,
        num_parallel_reads: Any,
    ) -> None:
        """Read files one after the other, or several by turns.

        Args:
            filenames: their names, in any form.
            read: from the name of a file, the compression and the bytes to read ahead to the
                variant of its dataset.
            compression_type: "", "GZIP" or "ZLIB"; "" by default.
            buffer_size: bytes to read ahead, or None.
            num_parallel_reads: how many files to read by turns; None for one after the other.
        """
        compression = "" if compression_type is None else compression_type
        size = READ_AHEAD if buffer_size is None else buffer_size
        names = filenames_dataset(filenames)
        spec = TensorSpec([], dtypes.string)

        def one_file(filename: Any) -> DatasetV2:
            return new_dataset(read(filename, compression, size), spec)

        if num_parallel_reads is None:
            records = flat_map(names, one_file)
        else:
            records = interleave(
                names, one_file, num_parallel_reads, num_parallel_calls=num_parallel_reads
            )
        self._set(records._variant_tensor, spec, [names], None)
