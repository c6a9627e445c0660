"""A program whose debugging is compared with TensorFlow's, and what is compared.

Run by TensorFlow's Python, it writes `debug_dumps.json`: what TensorFlow's own files say; with
folders as arguments, it prints what the files in these say.
"""

from __future__ import annotations

import json
import math
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

RECORDED = Path(__file__).with_suffix(".json")
MODES = ["NO_TENSOR", "CURT_HEALTH", "CONCISE_HEALTH", "FULL_HEALTH", "SHAPE", "FULL_TENSOR"]
OPTIONS: dict[str, dict[str, Any]] = {mode: {"tensor_debug_mode": mode} for mode in MODES}
OPTIONS |= {
    "op_regex": {"tensor_debug_mode": "FULL_TENSOR", "op_regex": "Log|RealD"},
    "tensor_dtypes": {"tensor_debug_mode": "SHAPE", "tensor_dtypes": ["int32", "bool"]},
    "last events": {"circular_buffer_size": 2},
    "all events": {"circular_buffer_size": 0},
}


def run_program(tf: Any, folder: str, options: dict[str, Any]) -> None:
    """Eager ops on several dtypes, and a function called twice."""

    @tf.function
    def layer(x: Any) -> Any:
        logs = tf.math.log(x)
        few = tf.math.less(logs, 0.5)
        return tf.math.reduce_sum(logs, axis=0) + 1.0, tf.cast(few, tf.int32)

    tf.debugging.experimental.enable_dump_debug_info(folder, **options)
    x = tf.constant([[1.0, 2.0, 0.0], [4.0, 8.0, -1.0]])
    layer(x / tf.constant([1.0, 1.0, 0.0]))
    layer(tf.math.abs(x))
    tf.math.add(tf.constant([1, 2]), 3)
    tf.strings.upper(tf.constant(["a", "b"]))
    tf.debugging.experimental.disable_dump_debug_info()


def facts(events: dict[str, list[Any]], values: Callable[[Any], Any]) -> dict[str, Any]:
    """What files say, without names that are made up.

    Args:
        events: the messages of each of the files.
        values: the array of a TensorProto.
    """
    nodes = [e.graph_op_creation for e in events["graphs"] if e.HasField("graph_op_creation")]
    nodes = [n for n in nodes if n.op_type != "NoOp"]
    types = {(n.graph_id, n.op_name): n.op_type for n in nodes}
    executions = [e.execution for e in events["execution"]]
    traces = [e.graph_execution_trace for e in events["graph_execution_traces"]]
    metadata = events["metadata"][0].debug_metadata
    return {
        "versions": [metadata.tensorflow_version, metadata.file_version],
        "devices": [e.debugged_device.device_name for e in _having(events, "debugged_device")],
        "nodes": [[n.op_type, n.num_outputs, len(n.input_names)] for n in nodes],
        "executions": [
            [
                e.op_type.rpartition("_")[0] if "__inference" in e.op_type else e.op_type,
                bool(e.graph_id),
                len(e.input_tensor_ids),
                e.num_outputs,
                list(e.output_tensor_device_ids),
                e.tensor_debug_mode,
                [_plain(values(t)) for t in e.tensor_protos if t.dtype],
            ]
            for e in executions
        ],
        "traces": [
            [
                types[t.tfdbg_context_id, t.op_name],
                t.output_slot,
                t.tensor_debug_mode,
                _without_number(t.tensor_debug_mode, _plain(values(t.tensor_proto))),
            ]
            for t in traces
        ],
    }


def _having(events: dict[str, list[Any]], what: str) -> list[Any]:
    return [event for event in events["graphs"] if event.HasField(what)]


def _plain(array: Any) -> Any:
    def text(item: Any) -> Any:
        if isinstance(item, bytes):
            return item.decode()
        if isinstance(item, float):
            return round(item, 5) if math.isfinite(item) else str(item)
        return [text(i) for i in item] if isinstance(item, list) else item

    return text(array.tolist())


def _without_number(mode: int, values: Any) -> Any:
    """Summaries begin with the number of the tensor, which depends on the nodes before it."""
    return values[1:] if mode in (2, 3, 4, 5) else values


def record() -> None:
    """Write what TensorFlow's files say, as its own reader reads them."""
    import tensorflow as tf

    found = {}
    for name, options in OPTIONS.items():
        folder = tempfile.mkdtemp()
        run_program(tf, folder, options)
        found[name] = genuine_facts(folder)
    RECORDED.write_text(json.dumps(found, indent=1) + "\n")


def genuine_facts(folder: str) -> dict[str, Any]:
    """What files say, read by TensorFlow."""
    import tensorflow as tf
    from tensorflow.python.debug.lib.debug_events_reader import DebugDataReader

    with DebugDataReader(folder) as reader:
        reader.update()
        for execution in reader.executions():
            assert reader.read_execution_stack_trace(execution)[1]
        for node in reader.graph_op_digests():
            assert reader.read_graph_op_creation_stack_trace(node)[1]
        for host, file in reader.source_file_list():
            assert reader.source_lines(host, file) or not file.endswith(".py")
        files = reader._reader
        (traces,) = files.graph_execution_traces_iterators()
        assert len(reader.graph_execution_traces()) == reader.num_graph_execution_traces()
    with DebugDataReader(folder) as reader:
        files = reader._reader
        (traces,) = files.graph_execution_traces_iterators()
        from tensorflow.core.protobuf.debug_event_pb2 import DebugEvent

        (metadata,) = Path(folder).glob("*.metadata")
        records = tf.data.TFRecordDataset(str(metadata))
        events = {
            "metadata": [DebugEvent.FromString(r.numpy()) for r in records],
            "graphs": [e for e, _ in files.graphs_iterator()],
            "execution": [e for e, _ in files.execution_iterator()],
            "graph_execution_traces": [e for e, _ in traces],
        }
        return facts(events, tf.make_ndarray)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.stdout.write(json.dumps([genuine_facts(folder) for folder in sys.argv[1:]]))
    else:
        record()
