"""A graph as text: one line for each node, functions it refers to below."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tidefall.base.dtypes import DType
from tidefall.base.shapes import TensorShape
from tidefall.base.type_guards import is_array, is_list
from tidefall.graph.analysis import nested_graphs
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.graph import Graph
from tidefall.graph.operation import Operation

_SHOWN_ELEMENTS = 8


def graph_text(graph: Graph, nested: bool = True, lines: bool = False) -> str:
    """A readable text of a graph.

    Args:
        graph: any graph.
        nested: whether the functions that its nodes refer to follow.
        lines: whether each node is followed by the user's line that made it.

    Returns:
        A line for each node in program order, such as
        `sum: float32[2] = AddV2(x, y)`; a control input is written `^node`, an attribute that is
        not its default and does not follow from the inputs `name=value`.

    >>> import tidefall as tf
    >>> @tf.function
    ... def double(x):
    ...     return tf.add(x, x, name="sum")
    >>> from tidefall.graph.printer import graph_text
    >>> print(graph_text(double.get_concrete_function(tf.TensorSpec([2])).graph))
    graph double(x: float32[2]) -> (Identity)
      sum: float32[2] = AddV2(x, x)
      Identity: float32[2] = Identity(sum)
    """
    texts = [_one(graph, lines)]
    if nested:
        texts += [_one(inner, lines) for inner in nested_graphs(graph)]
    return "\n\n".join(texts)


def node_text(node: Operation) -> str:
    """A node in one line: its outputs, its op, inputs and attributes."""
    outputs = ", ".join(type_text(t) for t in node.outputs)
    head = f"{node.name}: {outputs} = " if node.outputs else f"{node.name} = "
    parts = [_name(t) for t in node.inputs]
    parts += [f"^{n.name}" for n in node.control_inputs]
    parts += [f"{key}={_attr_text(value)}" for key, value in _telling_attrs(node)]
    device = f" @ {node.device}" if node.device else ""
    return f"{head}{node.type}({', '.join(parts)}){device}"


def type_text(tensor: Any) -> str:
    """Dtype and shape of a tensor: `float32[2,?]`."""
    return f"{tensor.dtype.name}{_shape_text(tensor.shape)}"


def _one(graph: Graph, lines: bool) -> str:
    inputs = graph.inputs if isinstance(graph, FuncGraph) else []
    given = {id(t.op) for t in inputs}
    rows = [_header(graph)]
    for node in graph.nodes:
        if id(node) in given:
            continue
        line = f"  {node_text(node)}"
        rows.append(f"{line}  # {node.user_line}" if lines and node.user_line else line)
    return "\n".join(rows)


def _header(graph: Graph) -> str:
    if not isinstance(graph, FuncGraph):
        return "graph"
    inputs = ", ".join(f"{_name(t)}: {type_text(t)}" for t in graph.inputs)
    return f"graph {graph.name}({inputs}) -> ({', '.join(_name(t) for t in graph.outputs)})"


def _name(tensor: Any) -> str:
    return tensor.op.name if tensor.value_index == 0 else tensor.name


def _telling_attrs(node: Operation) -> Iterator[tuple[str, Any]]:
    """The attributes that neither are defaults nor follow from inputs or outputs."""
    definition = node.op_type.definition
    implied = definition.inferred | {
        name
        for arg in definition.outputs
        for name in (arg.type_attr, arg.type_list_attr)
        if name is not None
    }
    for name, value in node.attrs.items():
        default = definition.defaults.get(name, _NO_DEFAULT)
        if name not in implied and not _same(value, default):
            yield name, value


_NO_DEFAULT = object()


def _same(value: Any, default: Any) -> bool:
    if isinstance(value, np.ndarray) or isinstance(default, np.ndarray):
        return False
    if type(value) is not type(default):
        return False
    return bool(value == default)


def _shape_text(shape: TensorShape) -> str:
    if shape.rank is None:
        return "[...]"
    return "[" + ",".join("?" if d is None else str(d) for d in shape.as_list()) + "]"


def _attr_text(value: Any) -> str:
    if is_array(value):
        return _array_text(value)
    if isinstance(value, DType):
        return value.name
    if isinstance(value, TensorShape):
        return _shape_text(value)
    if is_list(value):
        return "[" + ", ".join(_attr_text(v) for v in value) + "]"
    if hasattr(value, "graph"):
        return value.graph.name
    return repr(value)


def _array_text(value: np.ndarray) -> str:
    if value.size > _SHOWN_ELEMENTS:
        return f"<{value.size} elements>"
    return str(value.tolist())
