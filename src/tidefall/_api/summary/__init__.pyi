# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.summary`."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
import tidefall as tf
from tidefall._api._types import TensorLike
from tidefall._api.summary import experimental as experimental
from typing import Any

class SummaryWriter:
    """Where summaries go; `tf.summary.create_file_writer` makes one."""
    def set_as_default(self, step: Any = None) -> None:
        """Make this the default writer of the thread."""
    def init(self) -> Any:
        """Open the writer, which happens by itself in eager code."""
    def flush(self) -> Any:
        """Make everything written so far visible to readers."""
    def close(self) -> Any:
        """Flush, and write no more."""
    def as_default(self, step: Any=None) -> AbstractContextManager[tf.summary.SummaryWriter]:
        """A context manager inside which this is the default writer; it flushes at the end."""
def audio(name: str, data: TensorLike, sample_rate: TensorLike, step: TensorLike | None = None, max_outputs: Any = 3, encoding: str | None = None, description: str | None = None) -> tf.Tensor:
    """Write sound to the default writer, for the Audio dashboard."""
def create_file_writer(logdir: Any, max_queue: Any = None, flush_millis: Any = None, filename_suffix: Any = None, name: str | None = None, experimental_trackable: bool = False, experimental_mesh: Any = None) -> tf.summary.SummaryWriter:
    """A writer of a new event file in a folder."""
def create_noop_writer() -> tf.summary.SummaryWriter:
    """A writer that writes nothing, where code wants a writer."""
def flush(writer: tf.summary.SummaryWriter | None = None, name: str | None = None) -> Any:
    """Make everything a writer wrote so far visible to readers."""
def graph(graph_data: Any) -> tf.Tensor:
    """Write a graph to the default writer, for the Graphs dashboard."""
def histogram(name: str, data: TensorLike, step: TensorLike | None = None, buckets: Any = None, description: str | None = None) -> tf.Tensor:
    """Write the distribution of values to the default writer, for the Histograms dashboard."""
def image(name: str, data: TensorLike, step: TensorLike | None = None, max_outputs: Any = 3, description: str | None = None) -> tf.Tensor:
    """Write pictures to the default writer, for the Images dashboard."""
def record_if(condition: Any) -> AbstractContextManager[None]:
    """Record summaries inside the block only where a condition holds."""
def scalar(name: str, data: TensorLike, step: TensorLike | None = None, description: str | None = None) -> tf.Tensor:
    """Write a number to the default writer, for the Scalars dashboard."""
def should_record_summaries() -> Any:
    """Whether a summary would be recorded here: a bool scalar tensor."""
def text(name: str, data: TensorLike, step: TensorLike | None = None, description: str | None = None) -> tf.Tensor:
    """Write text to the default writer, for the Text dashboard."""
def trace_export(name: str, step: TensorLike | None = None, profiler_outdir: Any = None) -> None:
    """Write what was collected since `trace_on` to the default writer, and stop collecting."""
def trace_off() -> None:
    """Stop collecting, and forget what was collected."""
def trace_on(graph: bool = True, profiler: bool = False, profiler_outdir: Any = None) -> None:
    """Start collecting what `trace_export` writes."""
def write(tag: Any, tensor: Any, step: TensorLike | None = None, metadata: Any = None, name: str | None = None) -> tf.Tensor:
    """Write any tensor under a tag to the default writer."""
