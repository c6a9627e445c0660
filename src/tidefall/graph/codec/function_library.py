"""The functions of a file: FunctionDefs read as FuncGraphs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from tidefall.base import dtypes
from tidefall.base.background import yield_gil
from tidefall.base.dtypes import as_dtype
from tidefall.base.errors import DataLossError, UnimplementedError
from tidefall.base.shapes import TensorShape
from tidefall.base.state import graph_scope, tapes_paused
from tidefall.composite.variables.storage import VariableStorage
from tidefall.graph.codec.attributes import LIBRARY
from tidefall.graph.codec.graph_def import output_ranges
from tidefall.graph.codec.importer import MakeGradient, MissingGradient, import_nodes
from tidefall.graph.func_graph import FuncGraph
from tidefall.op.registry import find_op, is_registered
from tidefall.op.table import op_def, op_names
from tidefall.tensor.tensor import SymbolicTensor, TypedTensor

MakeFunction = Callable[[str, FuncGraph, bool], Any]
_ARGUMENTS = frozenset({"Placeholder", "Arg", "_Arg", "_Retval"})


def called_by(nodes: Iterable[Any]) -> list[str]:
    """The names of the functions that NodeDefs refer to, each once, in order."""
    found: dict[str, None] = {}
    for node in nodes:
        for attr in node.attr.values():
            if attr.WhichOneof("value") == "func":
                found[attr.func.name] = None
            elif attr.WhichOneof("value") == "list":
                found.update((f.name, None) for f in attr.list.func)
    return [name for name in found if name]


class FunctionLibrary:
    """The functions of a file, turned into graphs when they are asked for.

    Args:
        functions: FunctionDefs.
        make_function: makes the object that call nodes refer to, from a name, a graph, and whether
            XLA must compile it.
        make_gradient: makes the gradient function of a node that has one of its own.
        op_of: gives the op of a name.
    """

    def __init__(
        self,
        functions: Iterable[Any],
        make_function: MakeFunction,
        make_gradient: MakeGradient | None = None,
        op_of: Callable[[str], Any] = find_op,
    ):
        self.op_of = op_of
        self.make_gradient = make_gradient or MissingGradient
        self.protos: dict[str, Any] = {f.signature.name: f for f in functions}
        self._make = make_function
        self._made: dict[str, Any] = {}
        self._making: list[str] = []

    def __contains__(self, name: object) -> bool:
        return name in self.protos

    def function(self, name: str, hints: Sequence[Any] = ()) -> Any:
        """The function of that name, the same object every time.

        Args:
            name: its name.
            hints: what is known of its inputs, by position: tensors or None. They tell the shapes
                of variables.

        Raises:
            NotFoundError, UnimplementedError, DataLossError: if it cannot be read.
        """
        found = self._made.get(name)
        if found is None:
            if name in self._making:
                raise UnimplementedError(
                    None, None, f"The function {name} calls itself, which is not supported."
                )
            proto = self._proto(name)
            self._making.append(name)
            try:
                graph = _FunctionReader(proto, self, hints).read()
            finally:
                self._making.pop()
            jit = proto.attr["_XlaMustCompile"].b if "_XlaMustCompile" in proto.attr else False
            found = self._made[name] = self._make(name, graph, jit)
        return found

    def made(self, name: str) -> Any:
        """The function of that name if it was asked for, else None."""
        return self._made.get(name)

    def _proto(self, name: str) -> Any:
        if name not in self.protos:
            raise DataLossError(
                None, None, f"The function {name} is called, but the file does not define it."
            )
        return self.protos[name]

    def reachable(self, nodes: Iterable[Any]) -> Iterator[Any]:
        """NodeDefs, and those of all functions that they call."""
        waiting = [list(nodes)]
        seen: set[str] = set()
        while waiting:
            found = waiting.pop()
            yield from found
            for name in called_by(found):
                if name not in seen:
                    seen.add(name)
                    waiting.append(list(self._proto(name).node_def))

    def check(self, names: Iterable[str], parts: Mapping[str, Sequence[Any]] | None = None) -> None:
        """Make sure that everything functions need is there, before any of it is used.

        Args:
            names: functions; what they call is looked at too.
            parts: NodeDefs of the main graph, by what they are needed for.

        Raises:
            UnimplementedError: names every op and attribute that Tidefall does not have, with the
                functions that use it.
        """
        problems: dict[str, dict[str, None]] = {}
        waiting = list(names)
        seen: set[str] = set()
        for where, nodes in (parts or {}).items():
            _find_unknown(nodes, where, problems)
            waiting += called_by(nodes)
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            yield_gil()
            found = self._proto(name).node_def
            _find_unknown(found, name, problems)
            waiting.extend(called_by(found))
        if problems:
            lines = "\n".join(f"  {what}: {', '.join(w)}" for what, w in sorted(problems.items()))
            raise UnimplementedError(
                None,
                None,
                "This model uses what Tidefall does not have yet (and the functions that use "
                f"it):\n{lines}",
            )


def _find_unknown(nodes: Iterable[Any], where: str, problems: dict[str, dict[str, None]]) -> None:
    for node in nodes:
        kind = node.op
        if kind in _ARGUMENTS and kind != "Placeholder":
            continue
        if not is_registered(kind):
            problems.setdefault(_described(node), {})[where] = None
            continue
        attrs = op_def(kind).attrs
        for key in node.attr:
            if key not in attrs and not key.startswith("_"):
                problems.setdefault(f"attribute {key} of op {kind}", {})[where] = None


def _described(node: Any) -> str:
    """What an op is that is not there."""
    if node.op in op_names():
        return f"op {node.op}"
    if LIBRARY not in node.attr:
        return f"unknown op {node.op}"
    library = node.attr[LIBRARY].s.decode(errors="replace")
    if library.endswith((".so", ".dylib")):
        return f"custom op {node.op} (load {library} with tf.load_op_library first)"
    return f"custom op {node.op} (import {library} first)"


class _FunctionReader:
    """Reads one FunctionDef."""

    def __init__(self, proto: Any, library: FunctionLibrary, hints: Sequence[Any]):
        self._proto = proto
        self._library = library
        self._hints = hints
        self._where = f"function {proto.signature.name}"

    def read(self) -> FuncGraph:
        proto = self._proto
        graph = FuncGraph(proto.signature.name)
        graph.enclosing = None
        arguments: dict[str, Any] = {}
        with graph_scope(graph), tapes_paused():
            for i, argument in enumerate(proto.signature.input_arg):
                arguments[argument.name] = self._add_argument(graph, i, argument)
        made = import_nodes(
            proto.node_def,
            graph,
            arguments,
            self._library.function,
            self._where,
            flat_names=False,
            make_gradient=self._library.make_gradient,
            op_of=self._library.op_of,
        )
        graph.outputs = [
            self._output(proto.ret[output.name], arguments, made)
            for output in proto.signature.output_arg
        ]
        graph.structured_outputs = list(graph.outputs)
        return graph

    def _add_argument(self, graph: FuncGraph, position: int, argument: Any) -> SymbolicTensor:
        if argument.number_attr or argument.type_list_attr or not argument.type:
            raise UnimplementedError(
                None,
                None,
                f"{self._where} has the list or generic argument {argument.name}, which "
                "is not supported.",
            )
        given = self._proto.arg_attr
        attrs: Mapping[str, Any] = given[position].attr if position in given else {}
        shape = TensorShape(None)
        if "_output_shapes" in attrs and len(attrs["_output_shapes"].list.shape) == 1:
            shape = TensorShape(attrs["_output_shapes"].list.shape[0])
        hint = self._hints[position] if position < len(self._hints) else None
        dtype = as_dtype(argument.type)
        if dtype == dtypes.resource:
            shape = TensorShape(())
        tensor = graph.add_argument(dtype, shape, f"{argument.name}/")
        if dtype == dtypes.resource:
            tensor.value_hint = _resource_hint(hint, argument)
        elif hint is not None and hint.shape.is_compatible_with(shape) and shape.rank is None:
            tensor.set_shape(hint.shape)
        return tensor

    def _output(self, text: str, arguments: Mapping[str, Any], made: Mapping[str, Any]) -> Any:
        if text in arguments:
            return arguments[text]
        name, _, rest = text.partition(":")
        output, _, index = rest.partition(":")
        node = made.get(name)
        if node is not None:
            for key, start, stop in output_ranges(node.op_type, node.attrs):
                if key == output and start + int(index or 0) < stop:
                    return node.outputs[start + int(index or 0)]
        raise DataLossError(None, None, f"{self._where} returns {text}, which is not there.")


def _resource_hint(hint: Any, argument: Any) -> Any:
    """What shape rules may know of a resource: the tensor given, or the file's own word."""
    while isinstance(hint, SymbolicTensor):
        hint = getattr(hint, "value_hint", None)
    if hint is None and len(argument.handle_data) == 1 and argument.handle_data[0].dtype:
        data = argument.handle_data[0]
        storage = VariableStorage(argument.name, as_dtype(data.dtype), TensorShape(data.shape))
        hint = TypedTensor(storage, dtypes.resource)
    return hint
