"""`tf.compat.v1`'s readers: ops that read the files named in a queue, record by record."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

from tidefall.base import dtypes
from tidefall.base.exports import export
from tidefall.base.state import state
from tidefall.io.records.record_writer import TFRecordOptions
from tidefall.op import raw
from tidefall.op.op import Op
from tidefall.ops.queues.queues import QueueBase
from tidefall.tensor.conversion import convert_to_tensor

ReaderRead = namedtuple("ReaderRead", ["key", "value"])
ReaderReadUpTo = namedtuple("ReaderReadUpTo", ["keys", "values"])

_NOT_EAGER = (
    "Readers are not supported when eager execution is enabled. Instead, please use tf.data to get "
    "data into your model."
)


@export("compat.v1.ReaderBase")
class ReaderBase:
    """What all readers can do.

    Args:
        reader_ref: handle of the reader.
        supports_serialize: whether its state can be saved.

    Raises:
        RuntimeError: in eager code.
    """

    def __init__(self, reader_ref: Any, supports_serialize: bool = False):
        if state.graph is None:
            raise RuntimeError(_NOT_EAGER)
        self._reader_ref = reader_ref
        self._supports_serialize = supports_serialize

    @property
    def reader_ref(self) -> Any:
        """Handle of the reader."""
        return self._reader_ref

    @property
    def supports_serialize(self) -> bool:
        """Whether the reader's state can be saved."""
        return self._supports_serialize

    def read(self, queue: Any, name: str | None = None) -> Any:
        """The key and the value of the next record, string scalars.

        Args:
            queue: queue of file names, or its handle.
            name: name of the node.

        Raises:
            OutOfRangeError: when run, if the queue is closed and all its files are read.
        """
        return ReaderRead(*self._op((raw.ReaderRead, raw.ReaderReadV2), _handle(queue), name=name))

    def read_up_to(self, queue: Any, num_records: Any, name: str | None = None) -> Any:
        """Keys and values of the next records of a file, string vectors.

        Args:
            queue: queue of file names, or its handle.
            num_records: how many at most.
            name: name of the node.

        Raises:
            OutOfRangeError: when run, if the queue is closed and all its files are read.
        """
        count = convert_to_tensor(num_records, dtypes.int64)
        return ReaderReadUpTo(
            *self._op((raw.ReaderReadUpTo, raw.ReaderReadUpToV2), _handle(queue), count, name=name)
        )

    def num_records_produced(self, name: str | None = None) -> Any:
        """How many records were read, an int64 scalar."""
        return self._op((raw.ReaderNumRecordsProduced, raw.ReaderNumRecordsProducedV2), name=name)

    def num_work_units_completed(self, name: str | None = None) -> Any:
        """How many files were read to their ends, an int64 scalar."""
        return self._op(
            (raw.ReaderNumWorkUnitsCompleted, raw.ReaderNumWorkUnitsCompletedV2), name=name
        )

    def serialize_state(self, name: str | None = None) -> Any:
        """A string that says where the reader is.

        Raises:
            UnimplementedError: when run, for readers of several records from a file.
        """
        return self._op((raw.ReaderSerializeState, raw.ReaderSerializeStateV2), name=name)

    def restore_state(self, state: Any, name: str | None = None) -> Any:
        """Go where `serialize_state` was called.

        Args:
            state: what it returned.
            name: name of the node.

        Raises:
            InvalidArgumentError: when run, if that is something else.
        """
        return self._op(
            (raw.ReaderRestoreState, raw.ReaderRestoreStateV2),
            convert_to_tensor(state, dtypes.string),
            name=name,
        )

    def reset(self, name: str | None = None) -> Any:
        """Begin anew."""
        return self._op((raw.ReaderReset, raw.ReaderResetV2), name=name)

    def _op(self, versions: tuple[Op, Op], *inputs: Any, name: str | None) -> Any:
        """The op for a handle that is a reference, or the one for a resource."""
        op = versions[self._reader_ref.dtype == dtypes.resource]
        return op(self._reader_ref, *inputs, name=name)


def _handle(queue: Any) -> Any:
    return queue.queue_ref if isinstance(queue, QueueBase) else queue


def _made(op: Op, name: str | None, **attrs: Any) -> Any:
    if state.graph is None:
        raise RuntimeError(_NOT_EAGER)
    return op(name=name, **attrs)


@export("compat.v1.WholeFileReader")
class WholeFileReader(ReaderBase):
    """Reads files whole: the key is the file's name, the value what is in it.

    Args:
        name: name of the node.
    """

    def __init__(self, name: str | None = None):
        super().__init__(_made(raw.WholeFileReaderV2, name), supports_serialize=True)


@export("compat.v1.IdentityReader")
class IdentityReader(ReaderBase):
    """Reads nothing: key and value are what is in the queue.

    Args:
        name: name of the node.
    """

    def __init__(self, name: str | None = None):
        super().__init__(_made(raw.IdentityReaderV2, name), supports_serialize=True)


@export("compat.v1.TextLineReader")
class TextLineReader(ReaderBase):
    """Reads lines of text, without their ends; the key is the file's name and the line's number.

    Args:
        skip_header_lines: how many lines of each file to leave out.
        name: name of the node.
    """

    def __init__(self, skip_header_lines: int | None = None, name: str | None = None):
        super().__init__(
            _made(raw.TextLineReaderV2, name, skip_header_lines=skip_header_lines or 0)
        )


@export("compat.v1.FixedLengthRecordReader")
class FixedLengthRecordReader(ReaderBase):
    """Reads records of one length; the key is the file's name and the record's number.

    Args:
        record_bytes: how long a record is.
        header_bytes: how many bytes to leave out before them.
        footer_bytes: how many bytes to leave out after them.
        hop_bytes: how far it is from the start of a record to the next; their length if 0.
        name: name of the node.
        encoding: "", "ZLIB" or "GZIP".
    """

    def __init__(
        self,
        record_bytes: int,
        header_bytes: int | None = None,
        footer_bytes: int | None = None,
        hop_bytes: int | None = None,
        name: str | None = None,
        encoding: str | None = None,
    ):
        handle = _made(
            raw.FixedLengthRecordReaderV2,
            name,
            record_bytes=record_bytes,
            header_bytes=header_bytes or 0,
            footer_bytes=footer_bytes or 0,
            hop_bytes=hop_bytes or 0,
            encoding=encoding or "",
        )
        super().__init__(handle)


@export("compat.v1.TFRecordReader")
class TFRecordReader(ReaderBase):
    """Reads TFRecord files; the key is the file's name and the byte where the record begins.

    Args:
        name: name of the node.
        options: TFRecordOptions that say how files are compressed.
    """

    def __init__(self, name: str | None = None, options: Any = None):
        compression = TFRecordOptions.get_compression_type_string(options)
        super().__init__(_made(raw.TFRecordReaderV2, name, compression_type=compression))
