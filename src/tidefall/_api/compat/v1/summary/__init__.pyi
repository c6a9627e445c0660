# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.summary`."""

from google.protobuf.message import Message
import tidefall as tf
from tidefall._api._types import TensorLike
from tidefall._api.compat.v1 import Event as Event
from tidefall._api.compat.v1 import Summary as Summary
from tidefall._api.compat.v1.summary import experimental as experimental
from tidefall._api.summary import SummaryWriter as SummaryWriter
from tidefall._api.summary import create_file_writer as create_file_writer
from tidefall._api.summary import create_noop_writer as create_noop_writer
from tidefall._api.summary import flush as flush
from tidefall._api.summary import graph as graph
from tidefall._api.summary import record_if as record_if
from tidefall._api.summary import should_record_summaries as should_record_summaries
from tidefall._api.summary import trace_export as trace_export
from tidefall._api.summary import trace_off as trace_off
from tidefall._api.summary import trace_on as trace_on
from tidefall._api.summary import write as write
from typing import Any

class FileWriter:
    """Writes Summary messages and graphs to a file for TensorBoard."""
    def __init__(self, logdir: Any, graph: Any = None, max_queue: int = 10, flush_secs: int = 120, graph_def: Any = None, filename_suffix: str | None = None, session: Any = None) -> None: ...
    def __enter__(self) -> tf.compat.v1.summary.FileWriter: ...
    def __exit__(self, *exc: object) -> None: ...
    def get_logdir(self) -> str:
        """The folder."""
    def add_event(self, event: Any) -> None:
        """Write an Event message."""
    def add_summary(self, summary: Any, global_step: Any = None) -> None:
        """Write a Summary message."""
    def add_graph(self, graph: Any, global_step: Any = None, graph_def: Any = None) -> None:
        """Write a graph."""
    def add_meta_graph(self, meta_graph_def: Any, global_step: Any = None) -> None:
        """Write a MetaGraphDef."""
    def add_session_log(self, session_log: Any, global_step: Any = None) -> None:
        """Write a SessionLog message."""
    def add_run_metadata(self, run_metadata: Any, tag: str, global_step: Any = None) -> None:
        """Write a RunMetadata message under a tag."""
    def flush(self) -> None:
        """Put everything in the file."""
    def close(self) -> None:
        """Close the file."""
    def reopen(self) -> None:
        """Open another file after `close`."""
class FileWriterCache:
    """One FileWriter for each folder."""
    @staticmethod
    def clear() -> None:
        """Close and forget all writers."""
    @staticmethod
    def get(logdir: Any) -> tf.compat.v1.summary.FileWriter:
        """The writer of a folder, made if there is none."""
class SummaryDescription(Message):
    type_hint: str
    def __init__(self, *, type_hint: Any = ...) -> None: ...
class TaggedRunMetadata(Message):
    tag: str
    run_metadata: bytes
    def __init__(self, *, tag: Any = ..., run_metadata: Any = ...) -> None: ...
def audio(name: str, tensor: Any, sample_rate: Any, max_outputs: int = 3, collections: Any = None, family: str | None = None) -> tf.Tensor:
    """A node that makes a Summary message with sound `[batch, frames, channels]`."""
def histogram(name: str, values: Any, collections: Any = None, family: str | None = None) -> tf.Tensor:
    """A node that makes a Summary message with a histogram of values; see `scalar`."""
def image(name: str, tensor: Any, max_outputs: int = 3, collections: Any = None, family: str | None = None) -> tf.Tensor:
    """A node that makes a Summary message with pictures `[batch, height, width, channels]`."""
def merge(inputs: TensorLike, collections: Any = None, name: str | None = None) -> Any:
    """A node that joins Summary messages."""
def merge_all(key: str = 'summaries', scope: str | None = None, name: str | None = None) -> tf.Tensor:
    """A node that joins all the Summary messages of a collection."""
def scalar(name: str, tensor: TensorLike, collections: Any = None, family: str | None = None) -> tf.Tensor:
    """A node that makes a Summary message of a number."""
def tensor_summary(name: str, tensor: TensorLike, summary_description: Any = None, collections: Any = None, summary_metadata: Any = None, family: str | None = None, display_name: str | None = None) -> tf.Tensor:
    """A node that makes a Summary message with a tensor."""
def text(name: str, tensor: Any, collections: Any = None) -> tf.Tensor:
    """A node that makes a Summary message with text; see `scalar`."""
