"""`tf.summary`'s writers, and what is current in a thread: the writer, the step, the condition."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from types import TracebackType
from typing import Any

from tidefall.base import dtypes
from tidefall.base.errors import UnimplementedError
from tidefall.base.exports import export
from tidefall.base.state import init_scope, name_scope, state
from tidefall.control_flow.cond import smart_cond
from tidefall.ops.array.identity import identity
from tidefall.summary.events import event_ops
from tidefall.tensor.conversion import constant, convert_to_tensor

_NO_STEP = (
    "No step set. Please specify one either through the `step` argument or through "
    "tf.summary.experimental.set_step()"
)


class _Current(threading.local):
    """The thread's default writer, step and recording condition."""

    writer: Any = None
    step: Any = None
    recording: Any = None


_current = _Current()


class _WriterScope:
    """The block of `writer.as_default()`."""

    def __init__(self, writer: SummaryWriter, step: Any):
        self._writer = writer
        self._step = step
        self._saved: tuple[Any, Any] = (None, None)

    def __enter__(self) -> SummaryWriter:
        self._saved = (_current.writer, _current.step)
        _current.writer = self._writer
        if self._step is not None:
            _current.step = self._step
        return self._writer

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._writer.flush()
        _current.writer, step = self._saved
        if self._step is not None:
            _current.step = step


@export("summary.SummaryWriter")
class SummaryWriter:
    """Where summaries go; `tf.summary.create_file_writer` makes one.

    >>> import tempfile
    >>> import tidefall as tf
    >>> writer = tf.summary.create_file_writer(tempfile.mkdtemp())
    >>> with writer.as_default(step=1):
    ...     bool(tf.summary.scalar("loss", 0.5))
    True
    """

    def set_as_default(self, step: Any = None) -> None:
        """Make this the default writer of the thread.

        Args:
            step: the step to set with it; None leaves the step as it is.
        """
        self.as_default(step).__enter__()

    def as_default(self, step: Any = None) -> Any:
        """A context manager inside which this is the default writer; it flushes at the end.

        Args:
            step: the step inside the block; None leaves the step as it is.
        """
        return _WriterScope(self, step)

    def init(self) -> Any:
        """Open the writer, which happens by itself in eager code."""
        raise NotImplementedError()

    def flush(self) -> Any:
        """Make everything written so far visible to readers."""
        raise NotImplementedError()

    def close(self) -> Any:
        """Flush, and write no more."""
        raise NotImplementedError()


class _FileWriter(SummaryWriter):
    """A writer of one event file."""

    def __init__(self, create: Callable[[Any], Any]):
        self._resource = event_ops.summary_writer_op()
        self._init_op = create(self._resource)
        self._closed = False

    def as_default(self, step: Any = None) -> Any:
        self._check_open()
        return super().as_default(step)

    def init(self) -> Any:
        self._check_open()
        return self._init_op

    def flush(self) -> Any:
        return None if self._closed else event_ops.flush_writer_op(self._resource)

    def close(self) -> Any:
        if self._closed:
            return None
        try:
            self.flush()
            return event_ops.close_writer_op(self._resource)
        finally:
            if state.graph is None:
                self._closed = True

    def _check_open(self) -> None:
        if self._closed:
            raise RuntimeError(f"SummaryWriter {self!r} is already closed")


class _NoopWriter(SummaryWriter):
    """A writer that writes nothing, and leaves the default writer alone."""

    def set_as_default(self, step: Any = None) -> None:
        return None

    def as_default(self, step: Any = None) -> Any:
        return nullcontext()

    def init(self) -> None:
        return None

    def flush(self) -> None:
        return None

    def close(self) -> None:
        return None


@export("summary.create_file_writer")
def create_file_writer(
    logdir: Any,
    max_queue: Any = None,
    flush_millis: Any = None,
    filename_suffix: Any = None,
    name: str | None = None,
    experimental_trackable: bool = False,
    experimental_mesh: Any = None,
) -> SummaryWriter:
    """A writer of a new event file in a folder.

    Args:
        logdir: the folder, a path or string tensor; made if it is not there.
        max_queue: how many events may wait before they are flushed; 10 by default.
        flush_millis: how long they may wait, in milliseconds; two minutes by default.
        filename_suffix: how the file's name ends; ".v2" by default.
        name: name of the node in a graph.
        experimental_trackable: not implemented.
        experimental_mesh: not implemented.

    Returns:
        A `tf.summary.SummaryWriter`.

    Raises:
        ValueError: if `logdir` is None.
        NotFoundError: if the folder cannot be made; other classes for other reasons.

    >>> import tempfile
    >>> import tidefall as tf
    >>> writer = tf.summary.create_file_writer(tempfile.mkdtemp())
    >>> with writer.as_default():
    ...     for step in range(3):
    ...         _ = tf.summary.scalar("loss", 1 / (step + 1), step=step)
    """
    if logdir is None:
        raise ValueError("Argument `logdir` cannot be None")
    if experimental_trackable or experimental_mesh is not None:
        raise UnimplementedError(
            None,
            None,
            "create_file_writer: experimental_trackable and experimental_mesh are not implemented "
            "in Tidefall yet.",
        )
    logdir = os.fspath(logdir) if isinstance(logdir, os.PathLike) else logdir

    def create(writer: Any) -> Any:
        return event_ops.create_file_writer_op(
            writer,
            convert_to_tensor(logdir, dtypes.string),
            10 if max_queue is None else max_queue,
            120_000 if flush_millis is None else flush_millis,
            ".v2" if filename_suffix is None else filename_suffix,
            name=name,
        )

    with init_scope():
        return _FileWriter(create)


@export("summary.create_noop_writer")
def create_noop_writer() -> SummaryWriter:
    """A writer that writes nothing, where code wants a writer.

    >>> import tidefall as tf
    >>> tf.summary.create_noop_writer().flush() is None
    True
    """
    return _NoopWriter()


# ---- the step and the condition ----


@export("summary.experimental.get_step")
def get_step() -> Any:
    """The thread's default step: what `set_step` or `as_default(step)` gave, or None."""
    return _current.step


@export("summary.experimental.set_step")
def set_step(step: Any) -> None:
    """Set the thread's default step.

    Args:
        step: an integer, an int64 scalar tensor or variable, or None for no default. In a
            `tf.function` a Python integer is fixed when the function is traced; a variable is read
            each time.

    >>> import tidefall as tf
    >>> tf.summary.experimental.set_step(3)
    >>> tf.summary.experimental.get_step()
    3
    >>> tf.summary.experimental.set_step(None)
    """
    _current.step = step


@export("summary.record_if")
@contextmanager
def record_if(condition: Any) -> Iterator[None]:
    """Record summaries inside the block only where a condition holds.

    Args:
        condition: a bool, a bool scalar tensor, or a function of no arguments that returns one.

    >>> import tidefall as tf
    >>> with tf.summary.record_if(False):
    ...     bool(tf.summary.should_record_summaries())
    False
    """
    saved = _current.recording
    _current.recording = condition
    try:
        yield
    finally:
        _current.recording = saved


@export("summary.should_record_summaries")
def should_record_summaries() -> Any:
    """Whether a summary would be recorded here: a bool scalar tensor."""
    if _current.writer is None:
        return constant(False)
    condition = _current.recording
    condition = condition() if callable(condition) else condition
    return convert_to_tensor(True if condition is None else condition, dtypes.bool)


@export("summary.experimental.summary_scope")
@contextmanager
def summary_scope(
    name: str | None, default_name: str = "summary", values: Any = None
) -> Iterator[tuple[str, str]]:
    """The tag of a summary, and a name scope for the ops that make it.

    Args:
        name: the summary's name; it may hold any character.
        default_name: taken where `name` is empty, or for the scope where it has no usable
            characters.
        values: ignored.

    Yields:
        The tag (the name behind the name scopes around it) and the name of the scope.

    >>> import tidefall as tf
    >>> with tf.summary.experimental.summary_scope("a loss") as (tag, scope):
    ...     print(tag, "|", scope)
    a loss | aloss/
    """
    name = name or default_name
    tag = f"{state.name_scope}/{name}" if state.name_scope else name
    usable = re.sub(r"[^A-Za-z0-9_./-]", "", name)
    usable = re.sub(r"^[^A-Za-z0-9.]+", "", usable) or default_name
    with name_scope(usable) as scope:
        yield tag, scope


# ---- writing ----


@export("summary.write")
def write(
    tag: Any, tensor: Any, step: Any = None, metadata: Any = None, name: str | None = None
) -> Any:
    """Write any tensor under a tag to the default writer.

    Args:
        tag: string, taken as it is; `summary_scope` gives one that respects name scopes.
        tensor: a value of any shape and dtype, or a function that returns one, called only where
            summaries are recorded.
        step: int64 scalar; the thread's default step where it is None.
        metadata: a `SummaryMetadata` message, or one serialized, that names the dashboard.
        name: name of the scope of the ops.

    Returns:
        A bool scalar tensor: whether it was written.

    Raises:
        ValueError: if there is a writer and no step.

    >>> import tidefall as tf
    >>> bool(tf.summary.write("weights", [1, 2, 3], step=0))  # there is no default writer
    False
    """
    writer = _current.writer
    with name_scope(name or "write_summary"):
        if writer is None:
            return constant(False)
        serialized = b"" if metadata is None else metadata
        if hasattr(serialized, "SerializeToString"):
            serialized = serialized.SerializeToString()

        def record() -> Any:
            step64 = _step(step)
            value = identity(convert_to_tensor(tensor() if callable(tensor) else tensor))
            event_ops.write_summary_op(writer._resource, step64, value, tag, serialized)
            return constant(True)

        return smart_cond(should_record_summaries(), record, lambda: constant(False))


def _step(step: Any) -> Any:
    if step is None:
        step = _current.step
    if step is None:
        raise ValueError(_NO_STEP)
    tensor = convert_to_tensor(step, dtypes.int64)
    if tensor.shape.rank not in (None, 0):
        raise ValueError(
            f"Argument `step` must be a scalar. Received step with shape {tensor.shape}."
        )
    return tensor


@export("summary.experimental.write_raw_pb")
def write_raw_pb(tensor: Any, step: Any = None, name: str | None = None) -> Any:
    """Write serialized `Summary` messages to the default writer.

    Args:
        tensor: string tensor of any shape: the messages.
        step: int64 scalar; the thread's default step where it is None.
        name: name of the scope of the ops.

    Returns:
        A bool scalar tensor: whether it was written.

    Raises:
        ValueError: if there is a writer and no step.
        DataLossError: if the bytes are not a `Summary`.
    """
    writer = _current.writer
    if writer is None:
        return constant(False)
    with name_scope(name or "write_raw_pb"):
        step64 = _step(step)

        def record() -> Any:
            event_ops.write_raw_op(writer._resource, step64, tensor)
            return constant(True)

        return smart_cond(should_record_summaries(), record, lambda: constant(False))


@export("summary.flush")
def flush(writer: SummaryWriter | None = None, name: str | None = None) -> Any:
    """Make everything a writer wrote so far visible to readers.

    Args:
        writer: the writer; the default one where it is None.
        name: ignored.

    Returns:
        The node in a graph, None otherwise.
    """
    writer = _current.writer if writer is None else writer
    return None if writer is None else writer.flush()


def current_writer() -> Any:
    """The thread's default writer, or None."""
    return _current.writer
