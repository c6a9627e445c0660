"""NodeDefs read: the nodes of a message added to a graph."""

from __future__ import annotations

import contextlib
import heapq
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from typing import Any

from tidefall.base.errors import DataLossError, InvalidArgumentError
from tidefall.base.shapes import TensorShape
from tidefall.base.state import graph_scope, tapes_paused
from tidefall.graph.codec.attributes import FLAGS, NOT_KEPT, attr_from_proto
from tidefall.graph.codec.graph_def import output_ranges
from tidefall.graph.graph import Graph
from tidefall.graph.operation import Operation
from tidefall.graph.v1.control_flow import is_back_edge
from tidefall.op.definition import OpDef
from tidefall.op.registry import find_op
from tidefall.ops.control.switch_merge import MERGES

_SCALARS_OF_ANY_SHAPE = 21
"""The last version of graphs whose placeholders without sizes are of any shape."""

MakeGradient = Callable[[Operation, str], Callable[..., Any]]


class MissingGradient:
    """The gradient function of a node whose own one is not in the file: calling it fails."""

    is_missing = True

    def __init__(self, node: Operation, kind: str):
        self.node = node
        self.kind = kind

    def __call__(self, *gradients: Any) -> Any:
        raise LookupError(
            f"No gradient defined for operation '{self.node.name}' (op type: {self.node.type}): it "
            f"had a custom gradient ({self.kind}) that was not saved with the model."
        )


def nodes_of(graph_def: Any) -> list[Any]:
    """The NodeDefs of a GraphDef, read as the version of its producer meant them."""
    if graph_def.versions.producer > _SCALARS_OF_ANY_SHAPE:
        return list(graph_def.node)
    return [_of_any_shape(node) for node in graph_def.node]


def _of_any_shape(node: Any) -> Any:
    if node.op != "Placeholder" or node.attr["shape"].shape.dim:
        return node
    changed = type(node)()
    changed.CopyFrom(node)
    changed.attr["shape"].shape.unknown_rank = True
    return changed


def import_nodes(
    nodes: Sequence[Any],
    graph: Graph,
    resolve: dict[str, Any],
    function_of: Callable[[str, Sequence[Any]], Any],
    where: str,
    flat_names: bool,
    make_gradient: MakeGradient = MissingGradient,
    prefix: str = "",
    op_of: Callable[[str], Any] = find_op,
) -> dict[str, Operation]:
    """Add NodeDefs to a graph, in an order in which they may run.

    Args:
        nodes: the NodeDefs.
        graph: the graph being built.
        resolve: tensors that stand for inputs outside of `nodes`, by the name of the argument, or
            by `node:index` with flat names.
        function_of: gives the graph function of a name, and of the tensors it is called with.
        where: what the nodes are part of, for errors.
        flat_names: inputs are `node:index`, as in a GraphDef; else `node:output:index`.
        make_gradient: makes the gradient function of a node that has one of its own.
        prefix: what the names of the nodes begin with in the graph.
        op_of: gives the op of a name.

    Returns:
        The new nodes by their names in the messages.
    """
    made: dict[str, Operation] = {}
    reader = _NodeReader(graph, made, resolve, function_of, where, flat_names)
    reader.prefix, reader.op_of = prefix, op_of
    with graph_scope(graph), tapes_paused(), _without_lines(graph):
        outside = {source_of(text) for text in resolve}
        for node in in_running_order(nodes, outside, where):
            made[node.name] = new = reader.read(node)
            if "_gradient_op_type" in node.attr:
                kind = node.attr["_gradient_op_type"].s.decode(errors="replace")
                new.backward = make_gradient(new, kind)
        reader.close_loops()
    return made


@contextlib.contextmanager
def _without_lines(graph: Graph) -> Generator[None]:
    """No line of this program makes the nodes."""
    noted, graph.notes_lines = graph.notes_lines, False
    try:
        yield
    finally:
        graph.notes_lines = noted


def in_running_order(nodes: Sequence[Any], outside: Collection[str], where: str) -> list[Any]:
    """NodeDefs with every node after the nodes it reads or waits for; else as they come.

    What a loop of TensorFlow 1 sends back to its start comes after it.

    Raises:
        DataLossError: for an input that does not exist, or nodes that wait for each other.
    """
    position = {node.name: i for i, node in enumerate(nodes)}
    if len(position) != len(nodes):
        raise DataLossError(None, None, f"{where} has two nodes of one name.")
    followers: list[list[int]] = [[] for _ in nodes]
    missing = [0] * len(nodes)
    for i, node in enumerate(nodes):
        for name in {source_of(text) for text in node.input}:
            source = position.get(name)
            if source is not None:
                if not is_back_edge(nodes[source].op, node.op):
                    followers[source].append(i)
                    missing[i] += 1
            elif name not in outside:
                raise DataLossError(
                    None,
                    None,
                    f"{where}: node {node.name} has the input {name}, which is not there.",
                )
    ready = [i for i, count in enumerate(missing) if count == 0]
    ordered: list[Any] = []
    while ready:
        i = heapq.heappop(ready)
        ordered.append(nodes[i])
        for follower in followers[i]:
            missing[follower] -= 1
            if missing[follower] == 0:
                heapq.heappush(ready, follower)
    if len(ordered) < len(nodes):
        names = ", ".join([nodes[i].name for i, count in enumerate(missing) if count][:5])
        raise DataLossError(None, None, f"{where} has nodes that wait for each other: {names}.")
    return ordered


def source_of(text: str) -> str:
    """The node that an input of a NodeDef names."""
    return text.removeprefix("^").partition(":")[0]


class _NodeReader:
    """Makes nodes of NodeDefs."""

    prefix = ""
    op_of: Callable[[str], Any] = staticmethod(find_op)

    def __init__(
        self,
        graph: Graph,
        made: dict[str, Operation],
        resolve: Mapping[str, Any],
        function_of: Callable[[str, Sequence[Any]], Any],
        where: str,
        flat_names: bool,
    ):
        self._graph = graph
        self._made = made
        self._resolve = resolve
        self._outside = {source_of(text) for text in resolve}
        self._function_of = function_of
        self._where = where
        self._find = self._flat_tensor if flat_names else self._nested_tensor
        self._open_loops: list[tuple[Operation, int, str, Any]] = []

    def read(self, proto: Any) -> Operation:
        """Add the node of a NodeDef, whose inputs must be there already."""
        op = self.op_of(proto.op)
        inputs, sent_back = self._inputs(proto)
        attrs = self._attrs(proto, op.definition, inputs)
        self._check_inputs(proto, op.definition, attrs, inputs)
        node = self._graph.add_node(op, inputs, attrs, f"{self.prefix}{proto.name}/")
        before = [text[1:] for text in proto.input if text.startswith("^")]
        node.control_inputs = [self._made[name] for name in before if name in self._made]
        node.device = proto.device
        if "_class" in attrs and self.prefix:
            attrs["_class"] = _moved(attrs["_class"], self.prefix)
        if proto.op == "Const":
            _keep_short(node, proto.attr["value"])
        _narrow(node, proto)
        self._open_loops += [(node, i, text, proto) for i, text in sent_back]
        return node

    def _inputs(self, proto: Any) -> tuple[list[Any], list[tuple[int, str]]]:
        """The inputs of a node; and which of them are in the place of one that comes later."""
        texts = [text for text in proto.input if not text.startswith("^")]
        if proto.op not in MERGES:
            return [self._find(text, proto) for text in texts], []
        late = [(i, t) for i, t in enumerate(texts) if self._comes_later(t)]
        found = [None if self._comes_later(t) else self._find(t, proto) for t in texts]
        stand_in = next((t for t in found if t is not None), None)
        if late and stand_in is None:
            self._bad(proto, "has no input from outside of its loop")
        return [stand_in if t is None else t for t in found], late

    def _comes_later(self, text: str) -> bool:
        name = source_of(text)
        return name not in self._made and name not in self._outside

    def close_loops(self) -> None:
        """Give the nodes at the start of loops the inputs that are sent back to them."""
        for node, i, text, proto in self._open_loops:
            tensor = self._find(text, proto)
            if tensor.dtype.base_dtype != node.inputs[i].dtype.base_dtype:
                self._bad(proto, f"takes {node.inputs[i].dtype.name} and gets {tensor.dtype.name}")
            node.inputs[i] = tensor
            node.graph.changed()

    def _attrs(self, proto: Any, definition: OpDef, inputs: Sequence[Any]) -> dict[str, Any]:
        # The first input of If and Case is the condition, not an input of the branches.
        passed = (
            inputs[1:] if proto.op in ("If", "StatelessIf", "Case", "StatelessCase") else inputs
        )
        attrs: dict[str, Any] = {}
        for name, attr in definition.attrs.items():
            if name not in proto.attr:
                if not attr.has_default:
                    self._bad(proto, f"is missing its attribute '{name}'")
                attrs[name] = attr.default
                continue
            try:
                attrs[name] = attr_from_proto(
                    attr.kind, proto.attr[name], lambda f: self._function_of(f, passed)
                )
            except InvalidArgumentError as error:
                self._bad(proto, f"has a bad attribute '{name}': {error.message}")
        for name, value in proto.attr.items():
            if name[0] == "_" and name not in NOT_KEPT:
                attrs[name] = value.b if name in FLAGS else _copy(value)
        return attrs

    def _check_inputs(
        self, proto: Any, definition: OpDef, attrs: Mapping[str, Any], inputs: Sequence[Any]
    ) -> None:
        wanted: list[Any] = []
        for argument in definition.inputs:
            if argument.type_list_attr is not None:
                wanted.extend(attrs[argument.type_list_attr])
                continue
            dtype = argument.dtype if argument.type_attr is None else attrs[argument.type_attr]
            count = attrs[argument.number_attr] if argument.number_attr is not None else 1
            wanted.extend([dtype] * count)
        got = [t.dtype for t in inputs]
        if [d.base_dtype for d in wanted] != [d.base_dtype for d in got]:
            self._bad(
                proto,
                f"takes inputs of the types {[d.name for d in wanted]}, and has "
                f"{[d.name for d in got]}",
            )

    def _flat_tensor(self, text: str, proto: Any) -> Any:
        name, _, index = text.partition(":")
        outside = self._resolve.get(f"{name}:{index or 0}")
        return self._output(name, int(index or 0), text, proto) if outside is None else outside

    def _nested_tensor(self, text: str, proto: Any) -> Any:
        argument = self._resolve.get(text)
        if argument is not None:
            return argument
        name, _, rest = text.partition(":")
        output, _, index = rest.partition(":")
        node = self._made.get(name)
        if node is not None:
            for key, start, stop in output_ranges(node.op_type, node.attrs):
                if key == output and start + int(index or 0) < stop:
                    return node.outputs[start + int(index or 0)]
        self._bad(proto, f"has the input {text}, which is not there")
        return None

    def _output(self, name: str, index: int, text: str, proto: Any) -> Any:
        node = self._made.get(name)
        if node is None or index >= len(node.outputs):
            self._bad(proto, f"has the input {text}, which is not there")
            return None
        return node.outputs[index]

    def _bad(self, proto: Any, problem: str) -> None:
        raise DataLossError(None, None, f"{self._where}: node {proto.name} ({proto.op}) {problem}.")


def _keep_short(node: Operation, value: Any) -> None:
    """Remember the message of a constant that is much shorter than its array, for writing it."""
    array = node.attrs["value"]
    if value.ByteSize() < array.nbytes:
        node.short_value = (array, _copy(value))


def _moved(value: Any, prefix: str) -> Any:
    """An attribute `_class` whose nodes got a prefix."""
    moved = type(value)()
    for group in value.list.s:
        inside = group.startswith(b"loc:@")
        moved.list.s.append(b"loc:@" + prefix.encode() + group[5:] if inside else group)
    return moved


def _copy(value: Any) -> Any:
    copied = type(value)()
    copied.CopyFrom(value)
    return copied


def _narrow(node: Operation, proto: Any) -> None:
    """Take over shapes that the writer knew and our rules do not."""
    if "_output_shapes" not in proto.attr:
        return
    shapes = proto.attr["_output_shapes"].list.shape
    if len(shapes) == len(node.outputs):
        for tensor, shape in zip(node.outputs, shapes, strict=True):
            known = TensorShape(shape)
            if tensor.shape.is_compatible_with(known):
                tensor.set_shape(known)
