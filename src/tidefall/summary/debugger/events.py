"""The files of a debugger's dump: what each holds, and when it is written."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
import uuid
from collections import deque
from typing import Any

from tidefall.base.versions import VERSION
from tidefall.io.records.tfrecord import RecordWriter

FILE_VERSION = "debug.Event:1"
_EXECUTION = ("execution", "graph_execution_traces")
_OTHERS = ("metadata", "source_files", "stack_frames", "graphs")


class DebugEventsWriter:
    """Six TFRecord files of DebugEvent messages in one folder.

    Programs, their source and their graphs are written as they come. Of what was executed, the
    last events are kept in memory, and written when `FlushExecutionFiles` is called or the writer
    is closed.

    Args:
        dump_root: the folder; made if it is not there.
        tfdbg_run_id: names the run; the files of one folder must be of one run.
        circular_buffer_size: how many events of each kind are kept; 0 or less writes all of them.
    """

    def __init__(self, dump_root: str, tfdbg_run_id: str, circular_buffer_size: int = 1000):
        self._dump_root = dump_root
        self.run_id = tfdbg_run_id
        self.host_name = socket.gethostname()
        self._lock = threading.RLock()
        size = circular_buffer_size if circular_buffer_size > 0 else 0
        self._kept: dict[str, deque[bytes]] | None = (
            {kind: deque(maxlen=size) for kind in _EXECUTION} if size else None
        )
        self._devices: dict[str, int] = {}
        self._files: dict[str, Any] = {}
        self._open()

    @property
    def dump_root(self) -> str:
        """The folder."""
        return self._dump_root

    @property
    def closed(self) -> bool:
        """Whether the files are finished."""
        return not self._files

    def _open(self) -> None:
        os.makedirs(self._dump_root, exist_ok=True)
        prefix = f"tfdbg_events.{time.time_ns() // 1000}.{self.host_name}"
        for kind in (*_OTHERS, *_EXECUTION):
            path = os.path.join(self._dump_root, f"{prefix}.{kind}")
            self._files[kind] = RecordWriter(path)
        self._write(
            "metadata",
            debug_metadata={
                "tensorflow_version": VERSION,
                "file_version": FILE_VERSION,
                "tfdbg_run_id": self.run_id,
            },
        )
        self._files["metadata"].flush()

    def _write(self, kind: str, **what: Any) -> None:
        from tidefall.proto import DebugEvent

        record = DebugEvent(wall_time=time.time(), **what).SerializeToString()
        with self._lock:
            if self.closed:
                return  # a thread that was still running when the dump ended
            if self._kept is not None and kind in self._kept:
                self._kept[kind].append(record)
            else:
                self._files[kind].write(record)

    def WriteSourceFile(self, source_file: Any) -> None:
        """Add the text of a source file, a `SourceFile` message or a dict of its fields."""
        self._write("source_files", source_file=source_file)

    def WriteStackFrameWithId(self, stack_frame_with_id: Any) -> None:
        """Add a place in a source file, a `StackFrameWithId` message or a dict of its fields."""
        self._write("stack_frames", stack_frame_with_id=stack_frame_with_id)

    def WriteGraphOpCreation(self, graph_op_creation: Any) -> None:
        """Add a node of a graph, a `GraphOpCreation` message or a dict of its fields."""
        self._write("graphs", graph_op_creation=graph_op_creation)

    def WriteDebuggedGraph(self, debugged_graph: Any) -> None:
        """Add a graph, a `DebuggedGraph` message or a dict of its fields."""
        self._write("graphs", debugged_graph=debugged_graph)

    def WriteExecution(self, execution: Any) -> None:
        """Add an eager op or a call of a function, an `Execution` message or a dict."""
        self._write("execution", execution=execution)

    def WriteGraphExecutionTrace(self, graph_execution_trace: Any) -> None:
        """Add what a node computed, a `GraphExecutionTrace` message or a dict of its fields."""
        self._write("graph_execution_traces", graph_execution_trace=graph_execution_trace)

    def RegisterDeviceAndGetId(self, device_name: str) -> int:
        """The number of a device, which is written when it is met first."""
        with self._lock:
            number = self._devices.get(device_name)
            if number is None:
                number = self._devices[device_name] = len(self._devices) + 1
                device = {"device_name": device_name, "device_id": number}
                self._write("graphs", debugged_device=device)
            return number

    def FlushNonExecutionFiles(self) -> None:
        """Hand the files on programs and graphs to the operating system."""
        self._flush(_OTHERS)

    def FlushExecutionFiles(self) -> None:
        """Write the events of execution that are kept, and forget them."""
        with self._lock:
            if not self.closed:
                self._write_kept()
        self._flush(_EXECUTION)

    def _write_kept(self) -> None:
        for kind, records in (self._kept or {}).items():
            for record in records:
                self._files[kind].write(record)
            records.clear()

    def _flush(self, kinds: tuple[str, ...]) -> None:
        with self._lock:
            for kind in kinds if not self.closed else ():
                self._files[kind].flush()

    def Close(self) -> None:
        """Write everything and finish the files. Closing again does nothing."""
        with self._lock, contextlib.ExitStack() as stack:
            for file in self._files.values():
                stack.callback(file.close)
            if not self.closed:
                self._write_kept()
            self._files = {}


def new_id() -> str:
    """A name that no other has."""
    return str(uuid.uuid4())
