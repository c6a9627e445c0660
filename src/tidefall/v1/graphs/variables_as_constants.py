"""GraphDefs and FunctionDefs in which what read a variable reads a constant instead."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from tidefall.graph.codec.function_library import called_by
from tidefall.graph.codec.importer import in_running_order
from tidefall.proto.tensors import make_tensor_proto

_INT32, _BOOL = 3, 10
_PASSED_ON = frozenset({"Identity", "Enter", "Exit", "Switch"})
"""Ops whose outputs are the handle that they take."""


class Constant(NamedTuple):
    """What stands where the handle of a variable stood.

    Attributes:
        dtype: the number of its DataType.
        shape: the bytes of its TensorShapeProto.
    """

    dtype: int
    shape: bytes


class _Caller(NamedTuple):
    """An op that calls functions with its inputs.

    Attributes:
        functions: the attributes that name them.
        first: the first input that they get.
        types: the attribute with the dtypes of these inputs.
        results: the attribute with the dtypes of the outputs.
    """

    functions: tuple[str, ...]
    first: int
    types: str = "Tin"
    results: str = "Tout"


_CALL = _Caller(("f",), 0)
_IF = _Caller(("then_branch", "else_branch"), 1)
_CASE = _Caller(("branches",), 1)
_WHILE = _Caller(("cond", "body"), 0, "T", "T")
_CALLERS = {
    "PartitionedCall": _CALL,
    "StatefulPartitionedCall": _CALL,
    "If": _IF,
    "StatelessIf": _IF,
    "Case": _CASE,
    "StatelessCase": _CASE,
    "While": _WHILE,
    "StatelessWhile": _WHILE,
}


class ConstantReaders:
    """Turns nodes that use handles of variables into nodes that use tensors.

    Functions that get handles are written anew, for tensors; the others stay as they are.

    Args:
        functions: the FunctionDefs that nodes may call.
    """

    def __init__(self, functions: Iterable[Any]):
        self._functions = {message.signature.name: message for message in functions}
        self._made: dict[tuple[str, tuple[Any, ...]], tuple[str, dict[int, Constant]]] = {}

    def graph(self, nodes: Iterable[Any], constants: Mapping[str, Constant]) -> list[Any]:
        """The nodes of a GraphDef.

        Args:
            nodes: NodeDefs, those of the constants among them.
            constants: the constants in place of handles, by the names of their nodes.

        Raises:
            ValueError: for a node that does with a variable what cannot be done with a constant.
        """
        handles = {f"{name}:0": constant for name, constant in constants.items()}
        return _Scope(self, handles, nested=False).nodes(list(nodes), ())

    def called(self, nodes: Iterable[Any]) -> list[Any]:
        """The functions that nodes call, and those that these call, in the order of their names."""
        found: dict[str, Any] = {}
        waiting = called_by(nodes)
        while waiting:
            name = waiting.pop()
            message = self._functions.get(name)
            if message is not None and name not in found:
                found[name] = message
                waiting += called_by(message.node_def)
        return [found[name] for name in sorted(found)]

    def function(self, name: str, given: Mapping[int, Constant]) -> tuple[str, dict[int, Constant]]:
        """The function that takes tensors as some arguments where another takes handles.

        Returns:
            Its name, and which of its results are such tensors.
        """
        key = name, tuple(sorted(given.items()))
        if key in self._made:
            return self._made[key]
        source = self._functions[name]
        message = type(source)()
        message.CopyFrom(source)
        signature, handles = message.signature, {}
        signature.name = self._new_name(name)
        for position, constant in given.items():
            argument = signature.input_arg[position]
            argument.type = constant.dtype
            argument.ClearField("handle_data")
            shapes = message.arg_attr[position].attr["_output_shapes"].list
            del shapes.shape[:]
            shapes.shape.add().ParseFromString(constant.shape)
            handles[argument.name] = constant
        scope = _Scope(self, handles, nested=True)
        nodes = scope.nodes(list(source.node_def), [a.name for a in signature.input_arg])
        del message.node_def[:]
        message.node_def.extend(nodes)
        results = {}
        for position, result in enumerate(signature.output_arg):
            text = message.ret[result.name] = scope.name(message.ret[result.name])
            constant = handles.get(text)
            if constant is not None:
                results[position] = constant
                result.type = constant.dtype
                result.ClearField("handle_data")
        self._functions[signature.name] = message
        self._made[key] = signature.name, results
        return self._made[key]

    def _new_name(self, name: str) -> str:
        number = 0
        while f"{name}_frozen_{number}" in self._functions:
            number += 1
        return f"{name}_frozen_{number}"


class _Scope:
    """The nodes of one graph or function, where handles have names.

    Args:
        readers: gives the functions.
        handles: the constants in place of handles by what nodes call them; more are added.
        nested: whether it is a function.
    """

    def __init__(self, readers: ConstantReaders, handles: dict[str, Constant], nested: bool):
        self._readers = readers
        self._handles = handles
        self._nested = nested
        self._added: list[Any] = []
        self._renamed: dict[str, str] = {}

    def name(self, text: str) -> str:
        """What an output of a node is called now."""
        return self._renamed.get(text, text)

    def nodes(self, nodes: list[Any], arguments: Iterable[str]) -> list[Any]:
        """The nodes as they are with tensors in place of handles."""
        for node in in_running_order(nodes, set(arguments), "The graph"):
            copy = type(node)()
            copy.CopyFrom(node)
            copy.input[:] = [self.name(text) for text in node.input]
            given = {
                i: constant
                for i, text in enumerate(_data_inputs(node))
                if (constant := self._handles.get(self._key(text))) is not None
            }
            if given:
                self._change(copy, given)
            self._added.append(copy)
        return self._added

    def _key(self, text: str) -> str:
        return text if self._nested or ":" in text else f"{text}:0"

    def _change(self, node: Any, given: dict[int, Constant]) -> None:
        constant = next(iter(given.values()))
        if node.op in _CALLERS:
            self._change_call(node, given)
        elif node.op in _PASSED_ON:
            node.attr["T"].type = constant.dtype
            for index, name in enumerate(("output_false", "output_true")):
                name = name if node.op == "Switch" else "output"
                self._name_output(node, name, index, constant)
        elif node.op in _READERS:
            if self._nested:
                output = _OUTPUTS.get(node.op, "output")
                self._renamed[f"{node.name}:{output}:0"] = f"{node.name}:output:0"
            _READERS[node.op](self, node, constant)
        else:
            raise ValueError(
                f"The node {node.name} ({node.op}) uses a variable in a way that has no constant "
                "form. Freeze a function that only reads its variables."
            )

    def _change_call(self, node: Any, given: dict[int, Constant]) -> None:
        caller = _CALLERS[node.op]
        inner = {i - caller.first: constant for i, constant in given.items()}
        results = dict(inner) if caller is _WHILE else {}
        for attr in caller.functions:
            value = node.attr[attr]
            for function in value.list.func if caller is _CASE else [value.func]:
                function.name, found = self._readers.function(function.name, inner)
                results |= found if caller is not _WHILE else {}
        types = node.attr[caller.types].list.type
        for position, constant in inner.items():
            types[position] = constant.dtype
        for position, constant in results.items():
            node.attr[caller.results].list.type[position] = constant.dtype
            if position < len(node.attr["output_shapes"].list.shape):
                node.attr["output_shapes"].list.shape[position].ParseFromString(constant.shape)
            self._name_output(node, "output", position, constant)
        if not node.attr["output_shapes"].ByteSize():
            del node.attr["output_shapes"]

    def _name_output(self, node: Any, output: str, index: int, constant: Constant) -> None:
        key = f"{node.name}:{output}:{index}" if self._nested else f"{node.name}:{index}"
        if self._nested and output.startswith("output_"):
            key = f"{node.name}:{output}:0"
        self._handles[key] = constant

    # ---- ops that read variables ----

    def read(self, node: Any, constant: Constant) -> None:
        _become(node, "Identity", T=constant.dtype)

    def gather(self, node: Any, constant: Constant) -> None:
        batch, indices = node.attr["batch_dims"].i, node.attr["Tindices"].type
        axis = type(node)(name=f"{node.name}/axis", op="Const", device=node.device)
        axis.attr["dtype"].type = _INT32
        axis.attr["value"].tensor.CopyFrom(make_tensor_proto(batch, _INT32))
        self._added.append(axis)
        _become(node, "GatherV2", Tparams=constant.dtype, Tindices=indices, Taxis=_INT32)
        node.attr["batch_dims"].i = batch
        node.input.insert(2, f"{axis.name}:output:0" if self._nested else axis.name)

    def gather_nd(self, node: Any, constant: Constant) -> None:
        indices = node.attr["Tindices"].type
        _become(node, "GatherNd", Tparams=constant.dtype, Tindices=indices)

    def shape(self, node: Any, constant: Constant) -> None:
        out_type = node.attr["out_type"].type or _INT32
        _become(node, "Shape", T=constant.dtype, out_type=out_type)

    def is_initialized(self, node: Any, constant: Constant) -> None:
        _become(node, "Const", dtype=_BOOL)
        node.attr["value"].tensor.CopyFrom(make_tensor_proto(True, _BOOL))
        _read_nothing(node)

    def nothing(self, node: Any, constant: Constant) -> None:
        _become(node, "NoOp")
        _read_nothing(node)


_READERS: dict[str, Callable[[_Scope, Any, Constant], None]] = {
    "ReadVariableOp": _Scope.read,
    "ResourceGather": _Scope.gather,
    "ResourceGatherNd": _Scope.gather_nd,
    "VariableShape": _Scope.shape,
    "VarIsInitializedOp": _Scope.is_initialized,
    "DisableCopyOnRead": _Scope.nothing,
}

_OUTPUTS = {"ReadVariableOp": "value", "VarIsInitializedOp": "is_initialized"}
"""What their outputs are called; those of the ops in their place are called `output`."""


def _data_inputs(node: Any) -> list[str]:
    return [text for text in node.input if not text.startswith("^")]


def _become(node: Any, op: str, **types: int) -> None:
    """Make a node one of another op, with these types for attributes."""
    node.op = op
    node.ClearField("attr")
    for name, number in types.items():
        node.attr[name].type = number


def _read_nothing(node: Any) -> None:
    """Leave of a node's inputs the nodes that it waits for."""
    waits = [text for text in node.input if text.startswith("^")]
    del node.input[:]
    node.input.extend(waits)


def constant_node(node: Any, name: str, value: Any, dtype: int) -> None:
    """Make a NodeDef that of a constant.

    Args:
        node: the NodeDef to fill.
        name: its name.
        value: its value.
        dtype: the number of its DataType.
    """
    node.name, node.op = name, "Const"
    node.attr["dtype"].type = dtype
    node.attr["value"].tensor.CopyFrom(make_tensor_proto(value, dtype))
