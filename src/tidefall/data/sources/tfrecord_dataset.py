"""`tf.data.TFRecordDataset`: the records of TFRecord files."""

from __future__ import annotations

from functools import partial
from typing import Any

from tidefall.base.exports import export
from tidefall.data.dataset import dataset_op
from tidefall.data.engine.node import Node
from tidefall.data.sources.file_sources import READ_AHEAD, FileDataset, FilesNode, text, texts
from tidefall.io.records.compression import check_compression
from tidefall.io.records.record_chunks import RecordReader
from tidefall.op.traits import READS_RECORDS


def _build(filenames: Any, compression_type: Any, buffer_size: Any, byte_offsets: Any = ()) -> Node:
    reader = partial(
        RecordReader,
        compression=check_compression(text(compression_type)),
        buffer_size=int(buffer_size) or READ_AHEAD,
    )
    return FilesNode(reader, texts(filenames), [int(offset) for offset in byte_offsets])


tfrecord_dataset_op = dataset_op("TFRecordDataset", _build, traits=(READS_RECORDS,))
dataset_op("TFRecordDatasetV2", _build, traits=(READS_RECORDS,))


@export("data.TFRecordDataset")
class TFRecordDatasetV2(FileDataset):
    """The records of TFRecord files, as scalar string tensors.

    Args:
        filenames: a path or URL, a list or tensor of them, or a dataset of them. URLs other than
            `file://` are read through fsspec.
        compression_type: "", "GZIP" or "ZLIB".
        buffer_size: bytes to read ahead; 256 KB by default.
        num_parallel_reads: how many files to read by turns; one after the other by default.
        name: accepted for TensorFlow's sake.

    Raises:
        TypeError: `filenames` are no strings.
        tf.errors.NotFoundError, tf.errors.DataLossError: while iterating, a file is missing, or a
            record is damaged or cut short; the message names file and place. The next element is
            then the first one of the next file.

    >>> import tempfile
    >>> import tidefall as tf
    >>> path = tempfile.mkdtemp() + "/two.tfrecord"
    >>> with tf.io.TFRecordWriter(path) as writer:
    ...     writer.write(b"one")
    ...     writer.write(b"two")
    >>> [record.numpy() for record in tf.data.TFRecordDataset(path)]
    [b'one', b'two']
    """

    def __init__(
        self,
        filenames: Any,
        compression_type: Any = None,
        buffer_size: Any = None,
        num_parallel_reads: Any = None,
        name: str | None = None,
    ):
        self._read_files(
            filenames, tfrecord_dataset_op, compression_type, buffer_size, num_parallel_reads
        )
