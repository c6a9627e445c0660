"""`tf.io.TFRecordWriter`, its options, and the plain reader."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from types import TracebackType
from typing import Any

from tidefall.base.errors import FailedPreconditionError, InvalidArgumentError
from tidefall.base.exports import export
from tidefall.io.file_systems.open_file import is_remote, open_file
from tidefall.io.file_systems.paths import local_path, path_text
from tidefall.io.records.tfrecord import RecordWriter, read_records

_KINDS = {0: "", 1: "ZLIB", 2: "GZIP"}


@export("io.TFRecordOptions")
class TFRecordOptions:
    """How a TFRecord file is compressed.

    Args:
        compression_type: "", "GZIP" or "ZLIB"; or other options, to take theirs.
        flush_mode: zlib's flush mode; has no effect on what is written.
        input_buffer_size, output_buffer_size: have no effect.
        window_bits, compression_level, mem_level, compression_strategy: zlib's settings.
        compression_method: zlib has one only.

    Raises:
        ValueError: for an unknown compression.

    >>> import tidefall as tf
    >>> tf.io.TFRecordOptions("GZIP").compression_type
    'GZIP'
    """

    compression_type_map = {1: "ZLIB", 2: "GZIP", 0: ""}  # noqa: RUF012 - TensorFlow's attribute

    def __init__(
        self,
        compression_type: Any = None,
        flush_mode: int | None = None,
        input_buffer_size: int | None = None,
        output_buffer_size: int | None = None,
        window_bits: int | None = None,
        compression_level: int | None = None,
        compression_method: int | None = None,
        mem_level: int | None = None,
        compression_strategy: int | None = None,
    ):
        self.compression_type = self.get_compression_type_string(compression_type)
        self.flush_mode = flush_mode
        self.input_buffer_size = input_buffer_size
        self.output_buffer_size = output_buffer_size
        self.window_bits = window_bits
        self.compression_level = compression_level
        self.compression_method = compression_method
        self.mem_level = mem_level
        self.compression_strategy = compression_strategy

    @classmethod
    def get_compression_type_string(cls, options: Any) -> str:
        """The name of a compression: "", "GZIP" or "ZLIB".

        Args:
            options: TFRecordOptions, a name, a number of TensorFlow 1's enum, or None.

        Raises:
            ValueError: for anything else.
        """
        if not options:
            return ""
        if isinstance(options, TFRecordOptions):
            return options.compression_type
        name = _KINDS.get(options, options)
        if name not in _KINDS.values():
            raise ValueError(f'Not a valid compression_type: "{options}"')
        return name


@export("io.TFRecordWriter")
class TFRecordWriter:
    """Writes a TFRecord file.

    Args:
        path: the file; replaced if it is there.
        options: `tf.io.TFRecordOptions`, or the name of a compression.

    Raises:
        NotFoundError: if its folder is not there.
        ValueError: for an unknown compression.
        InvalidArgumentError: for settings zlib does not take.

    >>> import os, tempfile
    >>> import tidefall as tf
    >>> path = os.path.join(tempfile.mkdtemp(), "data.tfrecord")
    >>> with tf.io.TFRecordWriter(path) as writer:
    ...     writer.write(b"one record")
    """

    def __init__(self, path: Any, options: Any = None):
        if not isinstance(options, TFRecordOptions):
            options = TFRecordOptions(options)
        settings = {
            "level": (options.compression_level, zlib.Z_DEFAULT_COMPRESSION),
            "window_bits": (options.window_bits, zlib.MAX_WBITS),
            "mem_level": (options.mem_level, 9),
            "strategy": (options.compression_strategy, zlib.Z_DEFAULT_STRATEGY),
        }
        given = {
            key: default if value is None else value for key, (value, default) in settings.items()
        }
        try:
            self._writer: RecordWriter | None = RecordWriter(
                open_file(path, "wb") if is_remote(path) else local_path(path),
                options.compression_type,
                **given,
            )
        except ValueError as error:
            raise InvalidArgumentError(
                None, None, f"{path_text(path)}: zlib does not take these options: {error}"
            ) from None

    def write(self, record: bytes | str) -> None:
        """Append one record.

        Args:
            record: its bytes; text is encoded as UTF-8.

        Raises:
            FailedPreconditionError: if the writer is closed.
            TypeError: if the record is neither.
        """
        self._open_writer().write(record)

    def flush(self) -> None:
        """Hand everything written so far to the operating system.

        Raises:
            FailedPreconditionError: if the writer is closed.
        """
        self._open_writer().flush()

    def close(self) -> None:
        """Finish the file. Closing again does nothing."""
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()

    def _open_writer(self) -> RecordWriter:
        if self._writer is None:
            raise FailedPreconditionError(None, None, "Writer is closed.")
        return self._writer

    def __enter__(self) -> TFRecordWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if hasattr(self, "_writer"):
            self.close()


@export("compat.v1.io.tf_record_iterator", "compat.v1.python_io.tf_record_iterator")
def tf_record_iterator(path: Any, options: Any = None) -> Iterator[bytes]:
    """Read a TFRecord file record by record; `tf.data.TFRecordDataset` is the newer way.

    Args:
        path: the file.
        options: `tf.io.TFRecordOptions`, or the name of a compression.

    Yields:
        The records.

    Raises:
        NotFoundError: if there is no such file.
        DataLossError: if a record is damaged.
    """
    compression = TFRecordOptions.get_compression_type_string(options)
    return read_records(local_path(path), compression)
