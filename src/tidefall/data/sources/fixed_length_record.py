"""`tf.data.FixedLengthRecordDataset`: files cut into records of one length."""

from __future__ import annotations

from functools import partial
from typing import Any

from tidefall.base.errors import InvalidArgumentError
from tidefall.base.exports import export
from tidefall.data.dataset import dataset_op
from tidefall.data.engine.node import Node
from tidefall.data.sources.file_sources import READ_AHEAD, FileDataset, FilesNode, text, texts
from tidefall.io.records.compression import check_compression
from tidefall.io.records.record_chunks import FixedReader
from tidefall.op.traits import READS_RECORDS


def _build(
    filenames: Any,
    header_bytes: Any,
    record_bytes: Any,
    footer_bytes: Any,
    buffer_size: Any,
    compression_type: Any = "",
) -> Node:
    if header_bytes < 0:
        raise InvalidArgumentError(None, None, "`header_bytes` must be >= 0")
    if record_bytes <= 0:
        raise InvalidArgumentError(None, None, "`record_bytes` must be > 0")
    if footer_bytes < 0:
        raise InvalidArgumentError(None, None, "`footer_bytes` must be >= 0")
    reader = partial(
        FixedReader,
        compression=check_compression(text(compression_type)),
        size=int(buffer_size) or READ_AHEAD,
        record=int(record_bytes),
        header=int(header_bytes),
        footer=int(footer_bytes),
    )
    return FilesNode(reader, texts(filenames))


dataset_op("FixedLengthRecordDataset", _build, traits=(READS_RECORDS,))
fixed_length_record_dataset_op = dataset_op(
    "FixedLengthRecordDatasetV2", _build, traits=(READS_RECORDS,)
)


@export("data.FixedLengthRecordDataset")
class FixedLengthRecordDatasetV2(FileDataset):
    """Records of one length from binary files, as scalar string tensors.

    Args:
        filenames: a path or URL, a list or tensor of them, or a dataset of them.
        record_bytes: the length of a record.
        header_bytes: how many bytes to skip at the beginning of a file.
        footer_bytes: how many bytes to ignore at the end of a file.
        buffer_size: bytes to read ahead; 256 KB by default.
        compression_type: "", "GZIP" or "ZLIB".
        num_parallel_reads: how many files to read by turns; one after the other by default.
        name: accepted for TensorFlow's sake.

    Raises:
        TypeError: `filenames` are no strings.
        tf.errors.InvalidArgumentError, tf.errors.DataLossError: while iterating, for a plain or
            a compressed file whose bytes between header and footer are no whole number of records.

    >>> import os, tempfile
    >>> import tidefall as tf
    >>> path = os.path.join(tempfile.mkdtemp(), "pairs")
    >>> tf.io.write_file(path, "headaabbcc")
    >>> dataset = tf.data.FixedLengthRecordDataset(path, record_bytes=2, header_bytes=4)
    >>> list(dataset.as_numpy_iterator())
    [b'aa', b'bb', b'cc']
    """

    def __init__(
        self,
        filenames: Any,
        record_bytes: Any,
        header_bytes: Any = None,
        footer_bytes: Any = None,
        buffer_size: Any = None,
        compression_type: Any = None,
        num_parallel_reads: Any = None,
        name: str | None = None,
    ):
        header = 0 if header_bytes is None else header_bytes
        footer = 0 if footer_bytes is None else footer_bytes

        def read(filename: Any, compression: Any, size: Any) -> Any:
            return fixed_length_record_dataset_op(
                filename, header, record_bytes, footer, size, compression
            )

        self._read_files(filenames, read, compression_type, buffer_size, num_parallel_reads)
