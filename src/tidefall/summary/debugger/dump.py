"""`tf.debugging.experimental.enable_dump_debug_info`: files for TensorBoard's debugger."""

from __future__ import annotations

import atexit
import itertools
import re
import threading
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from tidefall.base.devices import CPU
from tidefall.base.dtypes import DType, as_dtype
from tidefall.base.exports import export
from tidefall.base.state import state
from tidefall.graph.operation import Operation
from tidefall.op import raw
from tidefall.op.op import Op
from tidefall.op.traits import CALL
from tidefall.ops.debugging.numeric_summary import TensorDebugMode, numeric_summary
from tidefall.proto.tensors import make_tensor_proto
from tidefall.runtime.debugging.checks import declare_check, switch_check
from tidefall.summary.debugger.events import DebugEventsWriter, new_id
from tidefall.summary.debugger.source_code import CodeLocations

NAME = "_dump_debug_info"

# Ops of control flow and calls, whose parts are shown instead.
_SKIPPED = frozenset(
    (
        raw.Enter, raw.Exit, raw.Identity, raw.If, raw.LoopCond, raw.Merge, raw.NextIteration,
        raw.StatelessIf, raw.StatefulPartitionedCall, raw.Switch, raw.While, raw.DestroyResourceOp,
    )
)  # fmt: skip
_HEALTH = (
    TensorDebugMode.CURT_HEALTH,
    TensorDebugMode.CONCISE_HEALTH,
    TensorDebugMode.FULL_HEALTH,
)
_MODES = (
    TensorDebugMode.NO_TENSOR,
    *_HEALTH,
    TensorDebugMode.SHAPE,
    TensorDebugMode.FULL_TENSOR,
)
_tensor_numbers = itertools.count()


@dataclass
class _Settings:
    """What to dump, and where."""

    dump_root: str
    mode: TensorDebugMode
    circular_buffer_size: int
    op_regex: str | None
    tensor_dtypes: list[DType] | Callable[[DType], bool] | None

    def wants(self, op_type: str, dtype: DType) -> bool:
        """Whether the values of an op's output are to be dumped."""
        if self.op_regex and not re.match(self.op_regex, op_type):
            return False
        if not self.tensor_dtypes:
            return True
        if callable(self.tensor_dtypes):
            return bool(self.tensor_dtypes(dtype))
        return dtype in self.tensor_dtypes

    def has_summary(self, dtype: DType) -> bool:
        """Whether the mode says anything of a dtype."""
        if self.mode in _HEALTH:
            return dtype.is_floating
        if self.mode is TensorDebugMode.SHAPE:
            return dtype.is_floating or dtype.is_integer or dtype.is_bool
        return True


@dataclass
class _Dump:
    """One run of the debugger: its settings, its writer, and what it has written so far."""

    settings: _Settings
    writer: DebugEventsWriter
    code: CodeLocations
    counter: Any = field(default_factory=lambda: itertools.count(1))
    graph_ids: WeakKeyDictionary[Any, str] = field(default_factory=WeakKeyDictionary)

    def graph_id(self, graph: Any) -> str:
        """The name of a graph; the graph is written when it is met first, after those around it."""
        graph = getattr(graph, "base", graph)
        found = self.graph_ids.get(graph)
        if found is None:
            outer = getattr(graph, "enclosing", None)
            fields = {"graph_name": getattr(graph, "name", None)}
            if outer is not None:
                fields["outer_context_id"] = self.graph_id(outer)
            found = self.graph_ids[graph] = new_id()
            self.writer.WriteDebuggedGraph({"graph_id": found, **fields})
        return found

    def node_made(self, node: Operation) -> None:
        """Write a new node, and mark it if its outputs are to be dumped."""
        graph_id = self.graph_id(node.graph)
        numbers = [next(self.counter) for _ in node.outputs]
        self.writer.WriteGraphOpCreation(
            {
                "op_type": node.type,
                "op_name": node.name,
                "graph_name": getattr(node.graph, "name", None),
                "graph_id": graph_id,
                "input_names": [t.name for t in node.inputs],
                "num_outputs": len(numbers),
                "output_tensor_ids": numbers,
                "code_location": self.code.here(),
            }
        )
        if numbers and node.op_type not in _SKIPPED:
            mark = (self.writer.run_id, graph_id, str(numbers[0]), node.name)
            node.attrs[NAME] = " ".join(mark)

    def node_ran(
        self, op_type: str, name: str, graph_id: str, first: int, values: Sequence[Any], dtypes: Any
    ) -> None:
        """Write what a node has computed."""
        for slot, (value, dtype) in enumerate(zip(values, dtypes, strict=True)):
            wanted = dtype.is_numpy_compatible and self.settings.wants(op_type, dtype)
            if not wanted or not self.settings.has_summary(dtype):
                continue
            self.writer.WriteGraphExecutionTrace(
                {
                    "tfdbg_context_id": graph_id,
                    "op_name": name,
                    "output_slot": slot,
                    "tensor_debug_mode": int(self.settings.mode),
                    "tensor_proto": self._tensor_proto(value, dtype, first + slot),
                    "device_name": CPU,
                }
            )

    def op_ran(self, op_type: str, tensors: Any, outputs: Any, graph_id: str | None) -> None:
        """Write an eager op, or a call of a function, that has run."""
        places = [self.writer.RegisterDeviceAndGetId(t.device) for t in outputs]
        mode = self.settings.mode
        protos = [] if mode is TensorDebugMode.NO_TENSOR else self._summaries(op_type, outputs)
        self.writer.WriteExecution(
            {
                "op_type": op_type,
                "num_outputs": len(outputs),
                "graph_id": graph_id,
                "input_tensor_ids": [_number_of(t) for t in tensors],
                "output_tensor_ids": [_number_of(t) for t in outputs],
                "output_tensor_device_ids": places,
                "tensor_debug_mode": int(mode),
                "tensor_protos": protos,
                "code_location": self.code.here(),
            }
        )

    def _summaries(self, op_type: str, outputs: Sequence[Any]) -> list[Any]:
        from tidefall.proto import TensorProto

        return [
            self._tensor_proto(t.host_array(), t.dtype, -1)
            if self.settings.has_summary(t.dtype)
            else TensorProto()
            for t in outputs
            if t.dtype.is_numpy_compatible and self.settings.wants(op_type, t.dtype)
        ]

    def _tensor_proto(self, value: Any, dtype: DType, number: int) -> Any:
        mode = self.settings.mode
        if mode is TensorDebugMode.NO_TENSOR:
            return make_tensor_proto(np.zeros([0], np.float32))
        array = np.asarray(value)
        if mode is TensorDebugMode.FULL_TENSOR:
            return make_tensor_proto(array, dtype.as_datatype_enum)
        return make_tensor_proto(numeric_summary(array, mode, number))


class _Active(threading.local):
    """The dump that this thread's ops and functions are written to."""

    dump: _Dump | None = None


_active = _Active()
_numbered: dict[int, tuple[int, Any]] = {}  # by id of a tensor; until that is gone
_dumps: dict[str, _Dump] = {}  # by run; functions traced for one may run in any thread


def _number_of(tensor: Any) -> int:
    """A number that the tensor has for life, and no other tensor."""
    key = id(tensor)
    found = _numbered.get(key)
    if found is None:
        gone = weakref.ref(tensor, lambda _: _numbered.pop(key, None))
        found = _numbered[key] = next(_tensor_numbers), gone
    return found[0]


def _hook(op: Op, tensors: Sequence[Any], attrs: dict[str, Any], outputs: Sequence[Any]) -> None:
    dump = _active.dump
    if dump is None:
        return
    if state.graph is not None:
        node = outputs[0].op if outputs else state.graph.nodes[-1]
        if node.op_type is op and NAME not in node.attrs:
            dump.node_made(node)
        return
    function = attrs.get("f")
    if function is not None and CALL in op.traits:
        dump.op_ran(function.name, tensors, outputs, dump.graph_id(function.graph))
    elif op not in _SKIPPED:
        dump.op_ran(op.name, tensors, outputs, None)


def _node_ran(node: Operation, arguments: Sequence[Any], result: Any) -> None:
    run, graph_id, first, name = node.attrs[NAME].split(" ", 3)
    dump = _dumps.get(run)
    if dump is None or _is_argument(node):  # or the dump that it was traced for has ended
        return
    values = node.op_type.definition.flatten_outputs(result)
    dump.node_ran(node.type, name, graph_id, int(first), values, [t.dtype for t in node.outputs])


def _is_argument(node: Operation) -> bool:
    arguments = getattr(node.graph, "arguments", ()) if node.op_type is raw.Placeholder else ()
    return any(t.op is node for t in arguments)


declare_check(NAME, _hook, after=_node_ran)


@export("debugging.experimental.enable_dump_debug_info")
def enable_dump_debug_info(
    dump_root: str,
    tensor_debug_mode: str = "NO_TENSOR",
    circular_buffer_size: int = 1000,
    op_regex: str | None = None,
    tensor_dtypes: Any = None,
) -> DebugEventsWriter:
    """Write what this thread's program does to files that TensorBoard's debugger reads.

    They hold the source code, the nodes of the functions that are traced, each with the lines that
    made it, the eager ops and functions that run, and what is asked for of the tensors that they
    compute. Functions are traced again for it, and run on the host executor node by node, also
    with `jit_compile=True`. Stack traces leave out frames of this package.

    Args:
        dump_root: the folder; made if it is not there. Another folder than that of an earlier
            call takes its place.
        tensor_debug_mode: what to keep of tensors. "NO_TENSOR": that they were computed.
            "CURT_HEALTH": whether floating-point numbers are all finite. "CONCISE_HEALTH": how
            many there are, and how many of them are -inf, inf, NaN. "FULL_HEALTH": also dtype,
            rank, and how many are negative, zero, positive. "SHAPE": dtype, rank, size and shape
            of numbers and bools. "FULL_TENSOR": the values.
        circular_buffer_size: how many of the last events of execution are kept; they are written by
            `FlushExecutionFiles`, and at the end. 0 or less writes all of them.
        op_regex: values are kept only of ops whose type matches from its beginning.
        tensor_dtypes: and of dtypes in this list, or for which this function returns True.

    Returns:
        The writer of the files, with `FlushNonExecutionFiles()` and `FlushExecutionFiles()`.

    Raises:
        ValueError: for an unknown mode or `tensor_dtypes` of another kind, or if an earlier call
            asked for another mode or size of the buffer.
        NotImplementedError: for a mode that TensorFlow has not, either.
        TypeError: for a name in `tensor_dtypes` that is no dtype.

    >>> import os, tempfile
    >>> import tidefall as tf
    >>> folder = tempfile.mkdtemp()
    >>> writer = tf.debugging.experimental.enable_dump_debug_info(folder, "FULL_HEALTH")
    >>> y = tf.constant([1.0, 0.0]) / tf.constant([0.0, 0.0])
    >>> tf.debugging.experimental.disable_dump_debug_info()
    >>> sorted(name.rpartition(".")[2] for name in os.listdir(folder))[:3]
    ['execution', 'graph_execution_traces', 'graphs']
    """
    settings = _Settings(
        dump_root,
        _mode(tensor_debug_mode),
        circular_buffer_size,
        op_regex,
        _dtypes(tensor_dtypes),
    )
    dump = _active.dump
    if dump is not None:
        _check_same(dump.settings, settings)
        if dump.settings.dump_root == dump_root:
            return dump.writer
        settings = _Settings(**{**dump.settings.__dict__, "dump_root": dump_root})
        disable_dump_debug_info()
    writer = DebugEventsWriter(dump_root, new_id()[:8], circular_buffer_size)
    _active.dump = _dumps[writer.run_id] = _Dump(settings, writer, CodeLocations(writer))
    switch_check(NAME, True)
    return writer


@export("debugging.experimental.disable_dump_debug_info")
def disable_dump_debug_info() -> None:
    """Finish the files of `tf.debugging.experimental.enable_dump_debug_info`, if it was called.

    >>> import tidefall as tf
    >>> tf.debugging.experimental.disable_dump_debug_info()
    """
    dump, _active.dump = _active.dump, None
    if dump is not None:
        switch_check(NAME, False)
        del _dumps[dump.writer.run_id]
        dump.writer.Close()


@atexit.register
def _finish() -> None:
    for dump in list(_dumps.values()):
        dump.writer.Close()


def _mode(name: Any) -> TensorDebugMode:
    names = [mode.name for mode in TensorDebugMode]
    if name not in names:
        raise ValueError(
            f"Invalid value in tensor_debug_mode ('{name}'). Valid options are: {names}"
        )
    mode = TensorDebugMode[name]
    if mode not in _MODES:
        raise NotImplementedError(
            f"tfdbg dumping: support for tensor debug mode {name} is not implemented yet"
        )
    return mode


def _dtypes(given: Any) -> Any:
    if given is None or (callable(given) and not isinstance(given, (list, tuple))):
        return given
    if not isinstance(given, (list, tuple)):
        raise ValueError(
            "If specified, tensor_dtypes is expected to be a list, a tuple, or a callable that "
            f"takes a DType argument and returns a boolean, but received {given}"
        )
    return [as_dtype(item) for item in given]


def _check_same(old: _Settings, new: _Settings) -> None:
    if old.circular_buffer_size != new.circular_buffer_size:
        raise ValueError(
            "There is already a dumping callback configured with a different circular-buffer size "
            f"({old.circular_buffer_size}). Therefore the newly request circular-buffer size "
            f"({new.circular_buffer_size}) will not be honored."
        )
    if old.mode is not new.mode:
        raise ValueError(
            "There is already a dumping callback configured for dump root "
            f"{old.dump_root} with a different tensor-debug mode ({old.mode.name}). Therefore the "
            f"newly request tensor-debug mode ({new.mode.name}) size will not be honored."
        )
