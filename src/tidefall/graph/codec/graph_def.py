"""Graphs as messages: Graph to GraphDef, graph functions to FunctionDef.

`tidefall.graph.codec.importer` reads them back. A graph function is any object with a `name`, a
`graph` (a FuncGraph) and `jit_compile`; attributes of call nodes refer to such objects, and in a
file to their names in a library that is written along with the graph.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tidefall.base import dtypes
from tidefall.base.errors import InvalidArgumentError
from tidefall.graph.analysis import reachable
from tidefall.graph.codec import counted_loops
from tidefall.graph.codec.attributes import LIBRARY, write_attrs
from tidefall.graph.effects import control_edges
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.graph import Graph
from tidefall.graph.operation import Operation
from tidefall.graph.passes.replicas import without_replicas
from tidefall.tensor.tensor import SymbolicTensor

PRODUCER = 2474
"""The version of GraphDefs that TensorFlow 2.21 writes."""
MIN_CONSUMER = 12

Needed = Callable[[Sequence[Any], Sequence[Operation]], list[Operation]]

_BAD_CHARACTER = re.compile(r"[^A-Za-z0-9_.\\/>-]")
_NOT_WORD = re.compile(r"[^a-z0-9_]")


@dataclass
class WrittenGradient:
    """A node with a custom gradient that was written, and what it is called in the file."""

    node: Operation
    op_type: str
    function: str
    tensor_name: Callable[[SymbolicTensor], str]


class Library:
    """The functions that graphs being written call, each under a name of its own.

    Args:
        needed: gives the nodes of a graph that its outputs need, in program order.
        keep_gradients: note the nodes that have custom gradients in `gradients`.
        count_loops: write loops with a counter, as TensorFlow's gradients of loops need it.
    """

    def __init__(
        self,
        needed: Needed = reachable,
        keep_gradients: bool = False,
        count_loops: bool = False,
    ) -> None:
        self.needed = needed
        self.keep_gradients = keep_gradients
        self.count_loops = count_loops
        self.gradients: list[WrittenGradient] = []
        self._names: dict[int, str] = {}
        self._functions: list[Any] = []
        self._taken: set[str] = set()
        self._protos: dict[int, Any] = {}
        self._counted: dict[tuple[int, bool], tuple[Any, Any]] = {}
        self._kept: dict[str, tuple[Any, Any]] = {}

    def name_of(self, function: Any) -> str:
        """The name of a graph function in the file; adds the function to the library."""
        key = id(function)
        if key not in self._names and self._kept.get(function.name, ("", None))[1] is function:
            self._names[key] = function.name
        if key not in self._names:
            name = _unique(function.name, self._taken)
            self._names[key] = name
            self._functions.append(function)
            self._protos[key] = _FunctionWriter(function, name, self).write()
        return self._names[key]

    @contextmanager
    def leaving_out_gradients(self) -> Generator[None]:
        """In the block, custom gradients of nodes are not noted: using them will be an error."""
        before = self.needed, self.keep_gradients
        self.needed, self.keep_gradients = reachable, False
        try:
            yield
        finally:
            self.needed, self.keep_gradients = before

    def counted_name_of(self, function: Any, is_body: bool) -> str:
        """The same for the condition or the body of a loop that gets a counter."""
        key = id(function), is_body
        if key not in self._counted:
            name = _unique(function.name, self._taken)
            proto = _FunctionWriter(function, name, self, "body" if is_body else "cond").write()
            self._counted[key] = function, proto
        return self._counted[key][1].signature.name

    def keep(self, functions: dict[str, tuple[Any, Any]]) -> None:
        """Take over functions that were read from a file, to be written as they were.

        Args:
            functions: pairs of the message and the function made of it, if any, by name.
        """
        self._kept.update(functions)
        self._taken.update(functions)

    def graphs(self) -> list[tuple[str, Any]]:
        """The names in the file and the graphs of the functions that were added."""
        return [(self._names[id(function)], function.graph) for function in self._functions]

    def function(self, function: Any) -> Any:
        """The FunctionDef of a graph function, which is added if need be."""
        self.name_of(function)
        return self._protos[id(function)]

    def functions(self) -> list[Any]:
        """The FunctionDefs of all functions added, in order."""
        kept = [message for message, _ in self._kept.values()]
        made = [self._protos[id(function)] for function in self._functions]
        return kept + made + [message for _, message in self._counted.values()]


def _unique(name: str, taken: set[str]) -> str:
    candidate, number = name, 1
    while candidate in taken:
        candidate = f"{name}_{number}"
        number += 1
    taken.add(candidate)
    return candidate


def graph_to_proto(
    graph: Graph,
    library: Library | None = None,
    since: int = 0,
    add_shapes: bool = False,
    all_attrs: bool = False,
) -> Any:
    """The GraphDef of a graph, with the functions it calls in its library.

    Args:
        graph: the graph.
        library: also put these functions in, and add to them.
        since: leave out the nodes that were there at this version of the graph.
        add_shapes: write the static shapes of the outputs, too.
        all_attrs: also write attributes that equal their default.

    Raises:
        InvalidArgumentError: for a node that cannot be written.
    """
    from tidefall.proto import GraphDef

    library = Library() if library is None else library
    library.keep(graph.imported_functions)
    proto = GraphDef()
    for node in graph.nodes:
        if since and node.number <= since:
            continue
        _flat_node(proto.node.add(), node, library, all_attrs)
        if add_shapes and node.outputs:
            shapes = proto.node[-1].attr["_output_shapes"].list.shape
            shapes.extend(tensor.shape.as_proto() for tensor in node.outputs)
    proto.library.function.extend(library.functions())
    if library.functions() or not all_attrs:
        proto.library.SetInParent()
    else:
        proto.ClearField("library")
    proto.versions.CopyFrom(versions())
    return proto


def versions() -> Any:
    """The versions of the GraphDefs that are written."""
    from tidefall.proto import VersionDef

    return VersionDef(producer=PRODUCER, min_consumer=MIN_CONSUMER)


def node_to_proto(node: Operation) -> Any:
    """The NodeDef of a node, with all its attributes."""
    from tidefall.proto import NodeDef

    message = NodeDef()
    _flat_node(message, node, Library(), all_attrs=True)
    return message


def _flat_node(message: Any, node: Operation, library: Library, all_attrs: bool) -> None:
    inputs = [_flat_name(t) for t in node.inputs]
    _write_node(message, node, node.name, inputs, library, all_attrs)
    # A graph runs in parts, so only the edges the user made order its side effects.
    message.input.extend(dict.fromkeys(f"^{n.name}" for n in node.control_inputs))
    kind = getattr(node.backward, "kind", None)
    if kind is not None and "_gradient_op_type" not in message.attr:
        message.attr["_gradient_op_type"].s = kind.encode()


def _flat_name(tensor: SymbolicTensor) -> str:
    return tensor.op.name if tensor.value_index == 0 else f"{tensor.op.name}:{tensor.value_index}"


def function_to_proto(function: Any, library: Library | None = None) -> Any:
    """The FunctionDef of a graph function.

    Args:
        function: the function.
        library: gets the functions it calls.

    Raises:
        InvalidArgumentError: for a node that cannot be written.
    """
    return (Library() if library is None else library).function(function)


class _FunctionWriter:
    """Writes one function; names of arguments and nodes share one namespace."""

    def __init__(self, function: Any, name: str, library: Library, counted: str = ""):
        from tidefall.proto import FunctionDef

        self.function = function
        self.name = name
        self.graph: FuncGraph = without_replicas(function.graph)
        self.library = library
        self.proto = FunctionDef()
        self._counted = counted
        self._taken: set[str] = set()
        self._extra: list[str] = []
        self._node_names: dict[int, str] = {}
        self._arguments: dict[int, str] = {}

    def write(self) -> Any:
        proto, graph = self.proto, self.graph
        proto.signature.name = self.name
        if self._counted:
            parts = (counted_loops.COUNTER, counted_loops.LIMIT)
            self._extra = [_unique(part, self._taken) for part in parts]
            counted_loops.add_arguments(proto, self._extra)
        for i, tensor in enumerate(graph.inputs, len(self._extra)):
            self._add_argument(i, tensor)
        arguments = {id(t.op) for t in graph.inputs}
        needed = self.library.needed(graph.outputs, graph.nodes)
        nodes = [n for n in needed if id(n) not in arguments]
        for node in nodes:
            name = _unique(_valid_name(node.name), self._taken)
            self._node_names[id(node)] = name
        waits, must_run = control_edges(nodes)
        for node in nodes:
            self._add_node(node, waits.get(id(node), ()))
        self._add_outputs()
        self._add_control_outputs(must_run)
        proto.signature.is_stateful = any(n.op_type.is_stateful for n in nodes)
        if self.function.jit_compile:
            proto.attr["_XlaMustCompile"].b = True
            proto.attr["_noinline"].b = True
        return proto

    def _add_argument(self, position: int, tensor: SymbolicTensor) -> None:
        name = _unique(_argument_name(tensor.op.name), self._taken)
        self._arguments[id(tensor)] = name
        argument = self.proto.signature.input_arg.add(name=name)
        argument.type = tensor.dtype.as_datatype_enum
        storage = getattr(getattr(tensor, "value_hint", None), "storage", None)
        is_resource = tensor.dtype == dtypes.resource
        if is_resource and storage is not None and hasattr(storage, "shape"):
            argument.handle_data.add(
                dtype=storage.dtype.as_datatype_enum, shape=storage.shape.as_proto()
            )
        else:
            shapes = self.proto.arg_attr[position].attr["_output_shapes"].list
            shapes.shape.append(tensor.shape.as_proto())

    def _add_node(self, node: Operation, waits: Iterable[Operation]) -> None:
        name, inputs = self._node_names[id(node)], [self._name(t) for t in node.inputs]
        if self._shift(node):
            parts = (counted_loops.COUNTER, counted_loops.LIMIT)
            added = [_unique(f"{name}/{part}", self._taken) for part in parts]
            inputs = counted_loops.add_start(self.proto, added) + inputs
            message = self.proto.node_def.add()
            _write_counted(message, node, name, inputs, self.library)
        else:
            message = self.proto.node_def.add()
            _write_node(message, node, name, inputs, self.library)
        before = [n for n in (*node.control_inputs, *waits) if id(n) in self._node_names]
        message.input.extend(sorted({f"^{self._node_names[id(n)]}" for n in before}))
        backward = node.backward
        missing = getattr(backward, "is_missing", False)
        if backward is not None and (missing or not self.library.keep_gradients):
            # Gradients of this node shall fail, not be those of its op or of another program's.
            message.attr["_gradient_op_type"].s = f"CustomGradient-not-saved-{node.name}".encode()
        elif backward is not None:
            kind = f"CustomGradient-{len(self.library.gradients)}"
            message.attr["_gradient_op_type"].s = kind.encode()
            written = WrittenGradient(node, kind, self.name, self._flat_name)
            self.library.gradients.append(written)

    def _flat_name(self, tensor: SymbolicTensor) -> str:
        """What a tensor is called once the function is a graph again."""
        argument = self._arguments.get(id(tensor))
        if argument is not None:
            return f"{argument}:0"
        return f"{self._node_names[id(tensor.op)]}:{tensor.value_index + self._shift(tensor.op)}"

    def _shift(self, node: Operation) -> int:
        """How many outputs a node has in the file before its own."""
        is_counted = self.library.count_loops and counted_loops.lacks_counter(node)
        return counted_loops.ADDED if is_counted else 0

    def _name(self, tensor: SymbolicTensor) -> str:
        """How a node of this function refers to a tensor."""
        argument = self._arguments.get(id(tensor))
        if argument is not None:
            return argument
        node = tensor.op
        for name, start, stop in output_ranges(node.op_type, node.attrs):
            if start <= tensor.value_index < stop:
                index = tensor.value_index - start + self._shift(node)
                return f"{self._node_names[id(node)]}:{name}:{index}"
        raise InvalidArgumentError(None, None, f"{tensor!r} is not an output of {node.name}.")

    def _add_outputs(self) -> None:
        taken: set[str] = set(self._extra)
        if self._counted == "body":
            node = _unique("next_loop_counter", self._taken)
            counted_loops.add_results(self.proto, self._extra, node)
        for tensor in self.graph.outputs:
            name = _unique(_argument_name(tensor.op.name), taken)
            self.proto.signature.output_arg.add(name=name, type=tensor.dtype.as_datatype_enum)
            self.proto.ret[name] = self._name(tensor)

    def _add_control_outputs(self, must_run: Sequence[Operation]) -> None:
        for node in must_run:
            name = self._node_names[id(node)]
            self.proto.signature.control_output.append(name)
            self.proto.control_ret[name] = name


def output_ranges(op: Any, attrs: dict[str, Any]) -> list[tuple[str, int, int]]:
    """For each output argument of an op its name, and where its tensors stand among the outputs."""
    ranges: list[tuple[str, int, int]] = []
    start = 0
    for argument in op.definition.outputs:
        if argument.type_list_attr is not None:
            count = len(attrs[argument.type_list_attr])
        else:
            count = attrs[argument.number_attr] if argument.number_attr is not None else 1
        ranges.append((argument.name, start, start + count))
        start += count
    return ranges


def _write_node(
    proto: Any,
    node: Operation,
    name: str,
    inputs: Sequence[str],
    library: Library,
    all_attrs: bool = False,
) -> None:
    proto.name = name
    proto.op = node.type
    proto.device = node.device
    proto.input.extend(inputs)
    attrs = _shortened(node)
    write_attrs(proto, node.op_type.definition, attrs, library.name_of, all_attrs)
    if attrs is not node.attrs:
        proto.attr["value"].CopyFrom(node.short_value[1])
    if node.op_type.definition.library:
        proto.attr[LIBRARY].s = node.op_type.definition.library.encode()


def _write_counted(
    proto: Any, node: Operation, name: str, inputs: Sequence[str], library: Library
) -> None:
    """Write a loop with a counter in front of its variables."""
    body = node.attrs["body"]
    proto.name, proto.op, proto.device = name, node.type, node.device
    proto.input.extend(inputs)
    write_attrs(
        proto,
        node.op_type.definition,
        counted_loops.counted_attrs(node),
        lambda function: library.counted_name_of(function, function is body),
    )


def _shortened(node: Operation) -> dict[str, Any]:
    """The attributes of a node, without the value of a constant that was read in a short form."""
    short = node.short_value
    if short is None or node.attrs.get("value") is not short[0]:
        return node.attrs
    return {**node.attrs, "value": short[0].reshape(-1)[:0]}


def _valid_name(name: str) -> str:
    name = _BAD_CHARACTER.sub("_", name)
    return name if name[:1].isalnum() or name[:1] == "." else f"node{name}"


def _argument_name(name: str) -> str:
    """A name as arguments have them: lower case, beginning with a letter."""
    name = _NOT_WORD.sub("_", name.lower()).lstrip("_0123456789")
    return name or "unknown"
