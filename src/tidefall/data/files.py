"""Datasets of what stands in files: `TFRecordDataset` and `TextLineDataset`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np

from tidefall.core import dtypes
from tidefall.core.convert import convert_to_tensor
from tidefall.core.exports import export
from tidefall.core.op import Op, find_op
from tidefall.core.specs import TensorSpec
from tidefall.data.dataset import DatasetV2, dataset_op, new_dataset
from tidefall.data.flat_map import flat_map
from tidefall.data.interleave import interleave
from tidefall.data.node import Element, ElementIterator, Node, State
from tidefall.data.slices import from_tensor_slices
from tidefall.io.compression import InflateStream, check_compression
from tidefall.io.tfrecord import errors_from_os, read_records

_READ_AHEAD = 256 * 1024
Reader = Callable[[str, str, int], Iterator[bytes]]


class FilesNode(Node):
    """The records of files, one file after the other."""

    tuning = ("buffer_size",)

    def __init__(self, reader: Reader, paths: Sequence[str], compression: str, buffer_size: int):
        self.reader = reader
        self.paths = list(paths)
        self.compression = check_compression(compression)
        self.buffer_size = buffer_size if buffer_size > 0 else _READ_AHEAD

    def make_iterator(self) -> ElementIterator:
        return _Records(self)


class _Records(ElementIterator):
    __slots__ = ("_node", "_position", "_records", "_taken")

    def __init__(self, node: FilesNode):
        self._node = node
        self._position = 0
        self._records: Iterator[bytes] | None = None
        self._taken = 0

    def __next__(self) -> Element:
        node = self._node
        while True:
            if self._records is None:
                if self._position >= len(node.paths):
                    raise StopIteration
                self._records = self._open()
            for record in self._records:
                self._taken += 1
                return [np.array(record, object)]
            self._records = None

    def _open(self) -> Iterator[bytes]:
        node = self._node
        path = node.paths[self._position]
        self._position += 1
        self._taken = 0
        return node.reader(path, node.compression, node.buffer_size)

    def save(self) -> State:
        return [self._position, self._taken if self._records is not None else None]

    def restore(self, state: State) -> None:
        self._position, taken = state
        self._records = None
        if taken is not None:
            self._position -= 1
            self._records = self._open()
            self._taken = sum(1 for _ in islice(self._records, taken))

    def saves_position(self) -> bool:
        return True


def _lines(path: str, compression: str, buffer_size: int) -> Iterator[bytes]:
    """The lines of a file, without their ends and, as in TensorFlow, without carriage returns."""
    try:
        with open(path, "rb", buffering=max(buffer_size, 2)) as raw:
            stream: Any = InflateStream(raw, compression, path) if compression else raw
            rest = b""
            while piece := stream.read(buffer_size):
                lines = (rest + piece).replace(b"\r", b"").split(b"\n")
                rest = lines.pop()
                yield from lines
            if rest:
                yield rest
    except OSError as error:
        raise errors_from_os(error, path) from None


def _builder(reader: Reader) -> Callable[..., Node]:
    def build(filenames: Any, compression_type: Any, buffer_size: Any) -> Node:
        paths = [path.decode() for path in filenames.reshape(-1)]
        return FilesNode(reader, paths, compression_type[()].decode(), int(buffer_size))

    return build


tfrecord_dataset_op = dataset_op("TFRecordDataset", _builder(read_records))
text_line_dataset_op = dataset_op("TextLineDataset", _builder(_lines))


def _filenames(filenames: Any) -> DatasetV2:
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
    return from_tensor_slices(find_op("Reshape")(tensor, [-1]))


class _FileDataset(DatasetV2):
    """A dataset that reads files; a subclass names the op that reads one."""

    _reader: Op

    def __init__(
        self,
        filenames: Any,
        compression_type: Any = None,
        buffer_size: Any = None,
        num_parallel_reads: Any = None,
        name: str | None = None,
    ):
        names = _filenames(filenames)
        compression = "" if compression_type is None else compression_type
        size = _READ_AHEAD if buffer_size is None else buffer_size
        spec = TensorSpec([], dtypes.string)

        def read(filename: Any) -> DatasetV2:
            return new_dataset(self._reader(filename, compression, size), spec)

        if num_parallel_reads is None:
            records = flat_map(names, read)
        else:
            records = interleave(
                names, read, num_parallel_reads, num_parallel_calls=num_parallel_reads
            )
        self._set(records._variant_tensor, spec, [names], None)


@export("data.TFRecordDataset")
class TFRecordDatasetV2(_FileDataset):
    """The records of TFRecord files, as scalar string tensors.

    Args:
        filenames: a path, a list or tensor of paths, or a dataset of them.
        compression_type: "", "GZIP" or "ZLIB".
        buffer_size: bytes to read ahead; 256 KB by default.
        num_parallel_reads: how many files to read by turns; one after the other by default.
        name: accepted for TensorFlow's sake.

    Raises:
        TypeError: `filenames` are no strings.
        tf.errors.NotFoundError, tf.errors.DataLossError: while iterating, a file is missing, or a
            record is damaged.

    Example:

    ```python
    for record in tf.data.TFRecordDataset(["a.tfrecord", "b.tfrecord"]):
        example = tf.train.Example.FromString(record.numpy())
    ```
    """

    _reader = tfrecord_dataset_op


@export("data.TextLineDataset")
class TextLineDatasetV2(_FileDataset):
    """The lines of text files, as scalar string tensors without line ends.

    Args:
        filenames: a path, a list or tensor of paths, or a dataset of them.
        compression_type: "", "GZIP" or "ZLIB".
        buffer_size: bytes to read ahead; 256 KB by default.
        num_parallel_reads: how many files to read by turns; one after the other by default.
        name: accepted for TensorFlow's sake.

    Raises:
        TypeError: `filenames` are no strings.
        tf.errors.NotFoundError, tf.errors.DataLossError: while iterating, a file is missing, or
            its compressed data is damaged.

    Example:

    ```python
    lines = tf.data.TextLineDataset("words.txt").take(10)
    ```
    """

    _reader = text_line_dataset_op
