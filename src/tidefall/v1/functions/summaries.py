"""`tf.compat.v1.summary`: nodes that describe a step, and files of what they say."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tidefall.base.exports import export
from tidefall.base.state import state
from tidefall.graph.graph import Graph
from tidefall.graph.v1.default_graph import get_default_graph
from tidefall.op import raw
from tidefall.summary.events.event_file import EventFileWriter, graph_event
from tidefall.v1.graphs.graph_keys import GraphKeys, get_collection
from tidefall.v1.variables.state_ops import name_scope

_BAD = re.compile(r"[^-/\w\.]")


def _clean(name: str) -> str:
    """A name that a tag may have."""
    if not name:
        return name
    return _BAD.sub("_", name).lstrip("/")


@contextmanager
def _tagged(
    name: str, family: str | None, values: Any, default_name: str
) -> Iterator[tuple[str, str]]:
    """The tag of a summary and the scope of its node."""
    name = _clean(name)
    family = _clean(family) if family else None
    label = name if family is None else f"{family}/{name}"
    with name_scope(label, default_name, values) as scope:
        tag = scope.rstrip("/")
        yield (tag if family is None else f"{family}/{tag}"), scope


def _collected(tensor: Any, collections: Any) -> Any:
    graph = get_default_graph()
    for key in [GraphKeys.SUMMARIES] if collections is None else collections:
        graph.add_to_collection(key, tensor)
    return tensor


def _nothing_in_eager() -> bool:
    """Summaries of this kind do nothing in eager code, as in TensorFlow."""
    return state.graph is None


@export("compat.v1.summary.scalar")
def scalar(name: str, tensor: Any, collections: Any = None, family: str | None = None) -> Any:
    """A node that makes a Summary message of a number.

    Args:
        name: name of the node, and the tag.
        tensor: a real scalar.
        collections: collections to add it to; the summaries by default.
        family: a prefix of the tag.

    Returns:
        A scalar string tensor; an empty one in eager code.

    >>> import tidefall as tf
    >>> with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    ...     node = tf.compat.v1.summary.scalar("loss", tf.constant(0.5))
    ...     message = tf.compat.v1.Summary.FromString(session.run(node))
    >>> message.value[0].tag, message.value[0].simple_value
    ('loss', 0.5)
    """
    if _nothing_in_eager():
        return raw.Identity(b"")
    with _tagged(name, family, [tensor], default_name="ScalarSummary") as (tag, scope):
        made = raw.ScalarSummary(tag, tensor, name=scope)
    return _collected(made, collections)


@export("compat.v1.summary.histogram")
def histogram(name: str, values: Any, collections: Any = None, family: str | None = None) -> Any:
    """A node that makes a Summary message with a histogram of values; see `scalar`."""
    if _nothing_in_eager():
        return raw.Identity(b"")
    with _tagged(name, family, [values], default_name="HistogramSummary") as (tag, scope):
        made = raw.HistogramSummary(tag, values, name=scope)
    return _collected(made, collections)


@export("compat.v1.summary.image")
def image(
    name: str,
    tensor: Any,
    max_outputs: int = 3,
    collections: Any = None,
    family: str | None = None,
) -> Any:
    """A node that makes a Summary message with pictures `[batch, height, width, channels]`.

    Args:
        name, collections, family: as for `scalar`.
        tensor: uint8 pictures, or real ones, which are scaled by their largest value.
        max_outputs: how many of the batch to take.
    """
    if _nothing_in_eager():
        return raw.Identity(b"")
    with _tagged(name, family, [tensor], default_name="ImageSummary") as (tag, scope):
        made = raw.ImageSummary(tag, tensor, max_images=max_outputs, name=scope)
    return _collected(made, collections)


@export("compat.v1.summary.audio")
def audio(
    name: str,
    tensor: Any,
    sample_rate: Any,
    max_outputs: int = 3,
    collections: Any = None,
    family: str | None = None,
) -> Any:
    """A node that makes a Summary message with sound `[batch, frames, channels]`.

    Args:
        name, collections, family: as for `scalar`.
        tensor: samples between -1 and 1.
        sample_rate: samples per second.
        max_outputs: how many of the batch to take.
    """
    if _nothing_in_eager():
        return raw.Identity(b"")
    with _tagged(name, family, [tensor], default_name="AudioSummary") as (tag, scope):
        rate = raw.Cast(sample_rate, DstT="float32")
        made = raw.AudioSummaryV2(tag, tensor, rate, max_outputs=max_outputs, name=scope)
    return _collected(made, collections)


@export("compat.v1.summary.tensor_summary")
def tensor_summary(
    name: str,
    tensor: Any,
    summary_description: Any = None,
    collections: Any = None,
    summary_metadata: Any = None,
    family: str | None = None,
    display_name: str | None = None,
) -> Any:
    """A node that makes a Summary message with a tensor.

    Args:
        name, collections, family: as for `scalar`.
        tensor: any tensor.
        summary_description: a SummaryDescription.
        summary_metadata: a SummaryMetadata that names the dashboard.
        display_name: what the dashboard calls it.
    """
    from tidefall.proto import SummaryMetadata

    metadata = summary_metadata if summary_metadata is not None else SummaryMetadata()
    if summary_description is not None:
        metadata.summary_description = summary_description
    if display_name is not None:
        metadata.display_name = display_name
    with _tagged(name, family, [tensor], default_name="TensorSummary") as (tag, scope):
        serialized = metadata.SerializeToString()
        made = raw.TensorSummaryV2(tag, tensor, serialized, name=scope)
    return _collected(made, collections)


@export("compat.v1.summary.text")
def text(name: str, tensor: Any, collections: Any = None) -> Any:
    """A node that makes a Summary message with text; see `scalar`.

    Raises:
        ValueError: if the tensor holds no strings.
    """
    from tidefall.proto import SummaryMetadata
    from tidefall.tensor.conversion import convert_to_tensor

    tensor = convert_to_tensor(tensor)
    if tensor.dtype.name != "string":
        raise ValueError(f"Expected tensor {tensor.name} to have dtype string, got {tensor.dtype}")
    metadata = SummaryMetadata()
    metadata.plugin_data.plugin_name = "text"
    return tensor_summary(name, tensor, collections=collections, summary_metadata=metadata)


@export("compat.v1.summary.merge")
def merge(inputs: Any, collections: Any = None, name: str | None = None) -> Any:
    """A node that joins Summary messages.

    Args:
        inputs: scalar string tensors.
        collections: collections to add it to; none by default.
        name: name scope of the node.

    Raises:
        RuntimeError: in eager code.
    """
    if state.graph is None:
        raise RuntimeError("Merging tf.summary.* ops is not compatible with eager execution.")
    with name_scope(name, "Merge", inputs):
        made = raw.MergeSummary(list(inputs))
    return _collected(made, collections or [])


@export("compat.v1.summary.merge_all")
def merge_all(
    key: str = GraphKeys.SUMMARIES, scope: str | None = None, name: str | None = None
) -> Any:
    """A node that joins all the Summary messages of a collection.

    Args:
        key: the collection; the summaries by default.
        scope: a regular expression that the names begin with.
        name: name scope of the node.

    Returns:
        A scalar string tensor; None if there are no summaries.

    Raises:
        RuntimeError: in eager code.
    """
    if state.graph is None:
        raise RuntimeError("Merging tf.summary.* ops is not compatible with eager execution.")
    found = get_collection(key, scope)
    return merge(found, name=name) if found else None


@export("compat.v1.summary.FileWriter")
class FileWriter:
    """Writes Summary messages and graphs to a file for TensorBoard.

    Args:
        logdir: the folder; made if it is not there.
        graph: a graph to write at once.
        max_queue, flush_secs: accepted.
        graph_def: old form of `graph`.
        filename_suffix: end of the file's name.
        session: accepted in graph mode for TensorFlow's sake; must be None.

    Raises:
        RuntimeError: in eager code.

    >>> import tempfile
    >>> import tidefall as tf
    >>> with tf.Graph().as_default() as graph:
    ...     with tf.compat.v1.summary.FileWriter(tempfile.mkdtemp(), graph) as writer:
    ...         writer.add_summary(tf.compat.v1.Summary(), global_step=1)
    """

    def __init__(
        self,
        logdir: Any,
        graph: Any = None,
        max_queue: int = 10,
        flush_secs: int = 120,
        graph_def: Any = None,
        filename_suffix: str | None = None,
        session: Any = None,
    ):
        if state.graph is None:
            raise RuntimeError(
                "tf.summary.FileWriter is not compatible with eager execution. Use "
                "tf.summary.create_file_writer, or a `with tf.Graph().as_default():` context"
            )
        if session is not None:
            from tidefall.base.errors import UnimplementedError

            raise UnimplementedError(None, None, "FileWriter(session=...) is not implemented.")
        self._logdir = str(logdir)
        self._suffix = filename_suffix or ""
        self._writer: EventFileWriter | None = EventFileWriter(logdir, self._suffix)
        self._tagged: set[str] = set()
        if graph is not None or graph_def is not None:
            self.add_graph(graph=graph, graph_def=graph_def)

    def __enter__(self) -> FileWriter:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def get_logdir(self) -> str:
        """The folder."""
        return self._logdir

    def _open(self) -> EventFileWriter:
        if self._writer is None:
            self._writer = EventFileWriter(self._logdir, self._suffix)
        return self._writer

    def add_event(self, event: Any) -> None:
        """Write an Event message."""
        self._open().write(event)

    def add_summary(self, summary: Any, global_step: Any = None) -> None:
        """Write a Summary message.

        Args:
            summary: the message, or its bytes as a session gives them.
            global_step: the step it is about.
        """
        import time

        from tidefall.proto import Event, Summary

        if isinstance(summary, bytes):
            summary = Summary.FromString(summary)
        event = Event(wall_time=time.time(), summary=summary)
        if global_step is not None:
            event.step = int(global_step)
        # The description of a tag is written once.
        for value in event.summary.value:
            if not value.HasField("metadata"):
                continue
            if value.tag in self._tagged:
                value.ClearField("metadata")
            self._tagged.add(value.tag)
        self.add_event(event)

    def add_graph(self, graph: Any, global_step: Any = None, graph_def: Any = None) -> None:
        """Write a graph.

        Args:
            graph: the graph, or a GraphDef.
            global_step: the step it is about.
            graph_def: old form of `graph`.
        """
        given = graph if graph is not None else graph_def
        if isinstance(given, Graph):
            message = given.as_graph_def(add_shapes=True)
        elif hasattr(given, "SerializeToString"):
            message = given
        else:
            raise TypeError("The passed graph must be an instance of `Graph` or a GraphDef.")
        self.add_event(graph_event(message.SerializeToString(), int(global_step or 0)))

    def add_meta_graph(self, meta_graph_def: Any, global_step: Any = None) -> None:
        """Write a MetaGraphDef."""
        import time

        from tidefall.proto import Event

        if not hasattr(meta_graph_def, "graph_def"):
            raise TypeError("meta_graph_def must be type MetaGraphDef")
        self.add_event(
            Event(
                wall_time=time.time(),
                step=int(global_step or 0),
                meta_graph_def=meta_graph_def.SerializeToString(),
            )
        )

    def add_session_log(self, session_log: Any, global_step: Any = None) -> None:
        """Write a SessionLog message."""
        import time

        from tidefall.proto import Event

        event = Event(wall_time=time.time(), step=int(global_step or 0), session_log=session_log)
        self.add_event(event)

    def add_run_metadata(self, run_metadata: Any, tag: str, global_step: Any = None) -> None:
        """Write a RunMetadata message under a tag."""
        import time

        from tidefall.proto import Event, TaggedRunMetadata

        tagged = TaggedRunMetadata(tag=tag, run_metadata=run_metadata.SerializeToString())
        step = int(global_step or 0)
        self.add_event(Event(wall_time=time.time(), step=step, tagged_run_metadata=tagged))

    def flush(self) -> None:
        """Put everything in the file."""
        if self._writer is not None:
            self._writer.flush()

    def close(self) -> None:
        """Close the file."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def reopen(self) -> None:
        """Open another file after `close`."""
        if self._writer is None:
            self._writer = EventFileWriter(self._logdir, self._suffix)


@export("compat.v1.summary.FileWriterCache")
class FileWriterCache:
    """One FileWriter for each folder."""

    _lock = threading.RLock()
    _cache: dict[str, FileWriter] = {}  # noqa: RUF012 - shared on purpose

    @staticmethod
    def clear() -> None:
        """Close and forget all writers."""
        with FileWriterCache._lock:
            for writer in FileWriterCache._cache.values():
                writer.close()
            FileWriterCache._cache.clear()

    @staticmethod
    def get(logdir: Any) -> FileWriter:
        """The writer of a folder, made if there is none."""
        key = str(logdir)
        with FileWriterCache._lock:
            if key not in FileWriterCache._cache:
                FileWriterCache._cache[key] = FileWriter(key, graph=get_default_graph())
            return FileWriterCache._cache[key]


@export("compat.v1.train.summary_iterator")
def summary_iterator(path: Any) -> Iterator[Any]:
    """The Event messages of an event file, one after the other.

    Args:
        path: the file.
    """
    from tidefall.summary.events.event_file import read_events

    return read_events(path)
