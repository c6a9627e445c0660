"""Nodes and tensors of a graph by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tidefall.graph.operation import Operation
from tidefall.tensor.tensor import SymbolicTensor

if TYPE_CHECKING:
    from tidefall.graph.graph import Graph

_FORM = 'Tensor names must be of the form "<op_name>:<output_index>".'


def find_element(graph: Graph, obj: Any, allow_tensor: bool, allow_operation: bool) -> Any:
    """The node or tensor of a graph that `obj` stands for; see `Graph.as_graph_element`."""
    if not (allow_tensor or allow_operation):
        raise ValueError("allow_tensor and allow_operation can't both be False.")
    kinds = [k for k, on in (("Tensor", allow_tensor), ("Operation", allow_operation)) if on]
    wanted = " or ".join(kinds)
    convert = getattr(obj, "_as_graph_element", None)
    if convert is not None:
        obj = convert()
    if isinstance(obj, bytes):
        obj = obj.decode()
    if isinstance(obj, str):
        if ":" in obj and allow_tensor:
            return _find_tensor(graph, obj)
        return _find_operation(graph, obj, allow_tensor, allow_operation)
    if isinstance(obj, SymbolicTensor) and allow_tensor:
        if obj.op.graph is not graph:
            raise ValueError(f"Tensor {obj} is not an element of this graph.")
        return obj
    if isinstance(obj, Operation) and allow_operation:
        if obj.graph is not graph:
            raise ValueError(f"Operation {obj!r} is not an element of this graph.")
        return obj
    raise TypeError(f"Can not convert a {type(obj).__name__} into a {wanted}.")


def _find_tensor(graph: Graph, name: str) -> SymbolicTensor:
    node, _, index = name.partition(":")
    if not index.isdigit():
        raise ValueError(
            f"The name '{name}' looks a like a Tensor name, but is not a valid one. {_FORM}"
        )
    found = graph.by_name.get(node)
    missing = f"The name '{name}' refers to a Tensor which does not exist. The operation, "
    if found is None:
        raise KeyError(f"{missing}'{node}', does not exist in the graph.")
    if int(index) >= len(found.outputs):
        raise KeyError(f"{missing}'{node}', exists but only has {len(found.outputs)} outputs.")
    return found.outputs[int(index)]


def _find_operation(
    graph: Graph, name: str, allow_tensor: bool, allow_operation: bool
) -> Operation:
    found = graph.by_name.get(name)
    if not allow_operation:
        if found is not None:
            raise ValueError(f"The name '{name}' refers to an Operation, not a Tensor. {_FORM}")
        raise ValueError(
            f"The name '{name}' looks like an (invalid) Operation name, not a Tensor. {_FORM}"
        )
    if ":" in name:
        raise ValueError(f"Name '{name}' appears to refer to a Tensor, not a Operation.")
    if found is None:
        raise KeyError(f"The name '{name}' refers to an Operation not in the graph.")
    return found
