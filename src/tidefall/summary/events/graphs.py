"""`tf.summary.graph`, and the traces that `trace_on` and `trace_export` make."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from tidefall.base.errors import OpError
from tidefall.base.exports import export
from tidefall.base.state import refresh, state
from tidefall.graph.graph import Graph
from tidefall.op.traits import CALL
from tidefall.summary.events import event_ops
from tidefall.summary.events.values import plugin_metadata
from tidefall.summary.events.writer import (
    current_writer,
    should_record_summaries,
    summary_scope,
    write,
)
from tidefall.summary.profiler import profiler
from tidefall.tensor.conversion import constant

_logger = logging.getLogger("tensorflow")


@export("summary.graph")
def graph(graph_data: Any) -> Any:
    """Write a graph to the default writer, for the Graphs dashboard.

    Args:
        graph_data: a `tf.Graph` (that of a concrete function, say) or a `GraphDef` message.

    Returns:
        A bool scalar tensor: whether it was written.

    Raises:
        ValueError: for anything else, and inside a graph.

    >>> import tempfile
    >>> import tidefall as tf
    >>> traced = tf.function(lambda x: x + 1).get_concrete_function(tf.constant(1))
    >>> with tf.summary.create_file_writer(tempfile.mkdtemp()).as_default():
    ...     bool(tf.summary.graph(traced.graph))
    True
    """
    if state.graph is not None:
        raise ValueError("graph() cannot be invoked inside a graph context.")
    writer = current_writer()
    if writer is None or not bool(should_record_summaries()):
        return constant(False)
    if isinstance(graph_data, Graph):
        message = graph_data.as_graph_def(add_shapes=True)
    elif getattr(getattr(graph_data, "DESCRIPTOR", None), "full_name", "") == "tensorflow.GraphDef":
        message = graph_data
    else:
        raise ValueError(
            "Argument 'graph_data' is not tf.Graph or tf.compat.v1.GraphDef. Received "
            f"graph_data={graph_data} of type {type(graph_data).__name__}."
        )
    event_ops.write_graph_op(writer._resource, 0, message.SerializeToString())
    return constant(True)


class _Trace:
    """What is collected between `trace_on` and `trace_export`: the functions that ran."""

    def __init__(self, graph: bool, profiler: bool):
        self.graph = graph
        self.profiler = profiler
        self.functions: dict[str, Any] = {}

    def __call__(self, op: Any, tensors: Any, attrs: dict[str, Any], outputs: Any) -> None:
        function = attrs.get("f")
        if CALL in op.traits and state.graph is None:
            self.functions.setdefault(function.name, function)

    def metadata(self) -> Any:
        """The functions' graphs as a RunMetadata message."""
        from tidefall.proto import RunMetadata

        collected = RunMetadata()
        for function in self.functions.values():
            message = function.graph.as_graph_def()
            collected.partition_graphs.add().CopyFrom(message)
            graphs = collected.function_graphs.add()
            graphs.partition_graphs.add().CopyFrom(message)
            graphs.pre_optimization_graph.CopyFrom(message)
            graphs.post_optimization_graph.CopyFrom(message)
        return collected


_lock = threading.Lock()
_trace: _Trace | None = None


@export("summary.trace_on")
def trace_on(graph: bool = True, profiler: bool = False, profiler_outdir: Any = None) -> None:
    """Start collecting what `trace_export` writes.

    Args:
        graph: collect the graphs of the functions that run in this thread.
        profiler: also measure, as `tf.profiler.experimental.start` does.
        profiler_outdir: the folder for the measurements.

    >>> import tempfile
    >>> import tidefall as tf
    >>> tf.summary.trace_on()
    >>> _ = tf.function(lambda x: x + 1)(tf.constant(1))
    >>> with tf.summary.create_file_writer(tempfile.mkdtemp()).as_default():
    ...     tf.summary.trace_export("step", step=0)
    """
    global _trace
    if state.graph is not None:
        _logger.warning("Cannot enable trace inside a tf.function.")
        return
    if profiler and profiler_outdir is None:
        _logger.warning("No `profiler_outdir` passed to trace_on(). Profiler won't be enabled.")
        profiler = False
    with _lock:
        if _trace is not None:
            _logger.warning("Trace already enabled")
            return
        trace = _Trace(graph, profiler)
        if profiler:
            _start_profiler(profiler_outdir)
        _trace = trace
    if graph:
        state.hooks = (*state.hooks, trace)
        refresh()


def _start_profiler(outdir: Any) -> None:
    profiler.start(outdir)


@export("summary.trace_export")
def trace_export(name: str, step: Any = None, profiler_outdir: Any = None) -> None:
    """Write what was collected since `trace_on` to the default writer, and stop collecting.

    Args:
        name: the name in the Graphs dashboard.
        step: int64 scalar; the thread's default step where it is None.
        profiler_outdir: ignored; `trace_on` takes it.

    Raises:
        ValueError: if nothing is being collected, or there is a writer and no step.
    """
    if state.graph is not None:
        _logger.warning("Cannot export trace inside a tf.function.")
        return
    trace = _trace
    if trace is None:
        raise ValueError("Must enable trace before export through tf.summary.trace_on.")
    if trace.graph:
        kind = "graph_run_metadata" if trace.profiler else "graph_run_metadata_graph"
        metadata = plugin_metadata(kind, content=b"1")
        with summary_scope(name, "trace_export") as (tag, _):
            serialized: Callable[[], Any] = lambda: constant(trace.metadata().SerializeToString())  # noqa: E731
            write(tag, serialized, step=step, metadata=metadata)
    trace_off()


@export("summary.trace_off")
def trace_off() -> None:
    """Stop collecting, and forget what was collected."""
    global _trace
    with _lock:
        trace, _trace = _trace, None
    if trace is None:
        return
    state.hooks = tuple(hook for hook in state.hooks if hook is not trace)
    refresh()
    if trace.profiler:
        try:
            profiler.stop()
        except OpError as error:
            _logger.warning("Error while stopping profiler: %s", error)
