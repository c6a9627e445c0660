"""Pipelines written as GraphDefs, for other processes: `node_of_graph` reads them again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.errors import FailedPreconditionError, UnimplementedError
from tidefall.base.state import graph_scope, tapes_paused
from tidefall.data.dataset import node_of, scalar
from tidefall.data.engine.node import MadeBy, Node
from tidefall.data.engine.random_parts import PartNode
from tidefall.data.engine.vectorize import functions_in
from tidefall.data.options import serialize_options
from tidefall.data.state.element_codec import to_bytes
from tidefall.data.transformations.with_options import OptionsNode, options_dataset_op
from tidefall.graph.codec.graph_def import graph_to_proto
from tidefall.graph.control_dependencies import control_dependencies
from tidefall.graph.func_graph import FuncGraph
from tidefall.io.codecs.sparse_serialization import SparsePart
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.traits import PYTHON
from tidefall.ops.lookup.tables import StaticTable
from tidefall.ops.ragged.variants import RaggedVariant
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import ndarray

_RESOURCE = 20
_BEGINS_ANEW = frozenset({"seed_generator", "cache"})
"""Inputs of stages that are objects of this process and begin anew in another one."""


def graph_of_node(node: Node) -> bytes:
    """A pipeline as a serialized GraphDef, whose node `_Retval` returns it.

    Raises:
        FailedPreconditionError: it runs Python of this process, or uses variables, tables that
            change, or other objects that live in it.
        UnimplementedError: a stage of it has no op.
    """
    writer = _Writer()
    with graph_scope(writer.graph), tapes_paused():
        output = writer.dataset(node)
    message = graph_to_proto(writer.graph)
    for one in message.node:
        if one.op == "Placeholder":
            one.op = raw.Const.name
            one.attr.clear()
            value = one.attr["value"].tensor
            value.MergeFromString(writer.objects[one.name])
            one.attr["dtype"].type = value.dtype
    returned = message.node.add(name="dataset", op="_Retval", input=[output.op.name])
    returned.attr["T"].type = dtypes.variant.as_datatype_enum
    returned.attr["index"].i = 0
    return message.SerializeToString(deterministic=True)


class _Writer:
    """Builds the graph: each node once, however many stages take it."""

    def __init__(self) -> None:
        self.graph = FuncGraph("dataset_graph")
        self.objects: dict[str, bytes] = {}
        """Serialized TensorProtos of constants that are no arrays, which placeholders stand for."""
        self._written: dict[int, tuple[Node, Any]] = {}

    def dataset(self, node: Node) -> Any:
        if id(node) not in self._written:
            self._written[id(node)] = node, self._dataset(node)
        return self._written[id(node)][1]

    def _dataset(self, node: Node) -> Any:
        if isinstance(node, PartNode):
            return self.dataset(node.inputs[0])
        made = node.made_by
        if made is None and isinstance(node, OptionsNode):
            attrs = {
                "serialized_options": serialize_options(node.options),
                "output_types": node.types,
            }
            made = MadeBy(options_dataset_op, node.inputs, attrs, node.shapes)
        if made is None:
            raise UnimplementedError(
                None,
                None,
                f"The dataset cannot be sent to another process: {node!r} cannot be written as a "
                "part of a graph.",
            )
        _check_functions(made)
        arguments = made.op.definition.inputs
        inputs = [
            self._input(value, argument.name, made)
            for value, argument in zip(made.inputs, arguments, strict=True)
        ]
        attrs = dict(made.attrs)
        if "output_shapes" in made.op.definition.attrs:
            attrs["output_shapes"] = made.shapes
        return made.op(*inputs, **attrs)

    def _input(self, value: Any, name: str, made: MadeBy) -> Any:
        from tidefall.proto import TensorProto

        if isinstance(value, list | tuple):
            return [self._input(item, "", made) for item in value]
        if isinstance(value, Node):
            return self.dataset(value)
        if type(value) is ndarray or isinstance(value, np.generic | bool | int | str | bytes):
            wanted = next((a.dtype for a in made.op.definition.inputs if a.name == name), None)
            if not isinstance(value, ndarray) or value.dtype != object or _is_text(value):
                return convert_to_tensor(value, wanted)
        if name in _BEGINS_ANEW:
            return self._object(dtypes.resource, [], TensorProto(dtype=_RESOURCE))
        if isinstance(value, StaticTable) and value.is_initialized:
            return _table(value)
        if isinstance(value, RaggedVariant | SparsePart | ndarray):
            (data,) = to_bytes([value])
            return self._object(dtypes.variant, np.shape(value), TensorProto.FromString(data))
        raise FailedPreconditionError(
            None,
            None,
            "The dataset cannot be sent to another process: serialization of the input pipeline "
            f"graph failed, as {made.op.name} uses {type(value).__name__}, an object of this "
            "process (a variable, a table, ...).",
        )

    def _object(self, dtype: dtypes.DType, shape: Sequence[int], value: Any) -> Any:
        placeholder = self.graph.add_argument(dtype, shape, f"object_{len(self.objects)}")
        self.objects[placeholder.op.name] = value.SerializeToString()
        return placeholder


def _table(table: StaticTable) -> Any:
    """The handle of a table with the same entries, which is filled before the handle is used."""
    handle = raw.AnonymousHashTable(key_dtype=table.key_dtype, value_dtype=table.value_dtype)
    filled = raw.InitializeTableV2(handle, *table.export())
    with control_dependencies([filled]):
        return raw.Identity(handle)


def _is_text(value: np.ndarray) -> bool:
    return all(isinstance(item, bytes | str) for item in value.flat)


def _check_functions(made: MadeBy) -> None:
    for name, value in made.attrs.items():
        attr = made.op.definition.attrs.get(name)
        if attr is None or attr.kind not in ("func", "list(func)"):
            continue
        found = functions_in([value])
        if value and not found:
            _refuse_python(made.op.name)
        for function in found:
            _check_graph(function.graph, made.op.name)


def _check_graph(graph: FuncGraph, stage: str) -> None:
    for node in graph.nodes:
        if PYTHON in node.op_type.traits:
            _refuse_python(f"{node.op_type.name} in {stage}")
        for function in functions_in(list(node.attrs.values())):
            _check_graph(function.graph, stage)


def _refuse_python(what: str) -> None:
    raise FailedPreconditionError(
        None,
        None,
        f"The dataset cannot be sent to another process: {what} runs Python code of this one "
        "(tf.py_function, tf.numpy_function, Dataset.from_generator). Use TensorFlow ops, or do "
        "this part after the dataset was distributed.",
    )


def _to_graph(input_dataset: Any) -> np.ndarray:
    return np.array(graph_of_node(node_of(input_dataset)), object)


for _name in ("DatasetToGraph", "DatasetToGraphV2"):
    op(_name, shape=scalar, host=_to_graph, effects=PURE, gradient=NOT_DIFFERENTIABLE)
