"""Event files: what a training run reports, as TensorBoard reads it.

An event file is a TFRecord file of `Event` messages, the first of which holds the version.
"""

from __future__ import annotations

import itertools
import os
import socket
import time
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any

from tidefall.base import errors
from tidefall.io.records import tfrecord

VERSION = "brain.Event:2"
_WRITER = "tensorflow.core.util.events_writer"

_file_numbers = itertools.count()


def summary_event(values: Iterable[Any], step: int, wall_time: float | None = None) -> Any:
    """What was measured at one step.

    Args:
        values: `Summary.Value` messages, as from `tidefall.summary.events.values`.
        step: the step.
        wall_time: seconds since 1970; now by default.

    Returns:
        An `Event`.
    """
    event = _event(step, wall_time)
    event.summary.value.extend(values)
    return event


def graph_event(graph_def: bytes, step: int = 0, wall_time: float | None = None) -> Any:
    """A graph for the Graphs dashboard.

    Args:
        graph_def: a serialized `GraphDef`.
        step: the step.
        wall_time: seconds since 1970; now by default.

    Returns:
        An `Event`.
    """
    event = _event(step, wall_time)
    event.graph_def = graph_def
    return event


def _event(step: int, wall_time: float | None) -> Any:
    from tidefall.proto import Event

    return Event(wall_time=time.time() if wall_time is None else wall_time, step=step)


class EventFileWriter:
    """Writes an event file.

    The file is named `events.out.tfevents.SECONDS.HOST.PROCESS.NUMBER` plus the suffix. Events are
    buffered until `flush` or `close`.

    Args:
        logdir: the folder; made if it is not there.
        filename_suffix: how the file's name ends.

    Raises:
        PermissionDeniedError: the folder cannot be written to.
        FailedPreconditionError: it is a file.

    ```python
    with EventFileWriter("logs") as writer:
        writer.write(summary_event([scalar_value("loss", 0.5)], step=1))
    ```
    """

    def __init__(self, logdir: str | os.PathLike[str], filename_suffix: str = ".v2"):
        from tidefall.proto import Event

        self.logdir = os.fspath(logdir)
        try:
            os.makedirs(self.logdir, exist_ok=True)
        except FileExistsError:
            raise errors.FailedPreconditionError(
                None, None, f"{self.logdir}; Not a directory"
            ) from None
        except OSError as error:
            raise tfrecord.errors_from_os(error, self.logdir) from None
        now, number = int(time.time()), next(_file_numbers)
        name = f"events.out.tfevents.{now:010d}.{socket.gethostname()}.{os.getpid()}.{number}"
        self.path = os.path.join(self.logdir, name + filename_suffix)
        self._records = tfrecord.RecordWriter(self.path)
        first = Event(wall_time=now, file_version=VERSION)
        first.source_metadata.writer = _WRITER
        self.write(first)
        self.flush()

    def write(self, event: Any) -> None:
        """Append an event.

        Args:
            event: an `Event`, or one serialized.

        Raises:
            FailedPreconditionError: the writer is closed.
        """
        self._records.write(event if isinstance(event, bytes) else event.SerializeToString())

    def flush(self) -> None:
        """Make everything written so far visible to readers.

        Raises:
            FailedPreconditionError: the writer is closed.
        """
        self._records.flush()

    def close(self) -> None:
        """Finish the file. Closing again does nothing."""
        self._records.close()

    def __enter__(self) -> EventFileWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        # Programs seldom close their summary writers.
        if hasattr(self, "_records"):
            self.close()


def read_events(path: str | os.PathLike[str]) -> Iterator[Any]:
    """Read an event file.

    Args:
        path: the file.

    Yields:
        `Event` messages, the one with the version first.

    Raises:
        NotFoundError: there is no such file.
        DataLossError: a record is damaged, or the last one is still being written. The good events
            before it have been yielded.
    """
    from google.protobuf.message import DecodeError

    from tidefall.proto import Event

    for index, record in enumerate(tfrecord.read_records(path)):
        try:
            yield Event.FromString(record)
        except DecodeError:
            raise errors.DataLossError(
                None, None, f"{os.fspath(path)}: record {index} is not an Event."
            ) from None
