"""Adding nodes by the names of their ops: what `Graph.create_op` and importers of nodes do."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from tidefall.base import dtypes
from tidefall.base.errors import UnimplementedError
from tidefall.graph.codec.attributes import attr_from_proto
from tidefall.graph.graph import Graph
from tidefall.graph.operation import Operation
from tidefall.op.effects import ANYTHING, PURE, writes
from tidefall.op.op import Op
from tidefall.op.registry import NOT_DIFFERENTIABLE, find_op, is_registered
from tidefall.op.table import normalize_attr, op_def
from tidefall.tensor.tensor import SymbolicTensor


@cache
def any_op(name: str) -> Op:
    """The op called `name`; one that Tidefall does not have can be in graphs, but not run.

    Raises:
        NotFoundError: if TensorFlow has no such op.
    """
    if is_registered(name):
        return find_op(name)
    definition = op_def(name)
    bare = Op(definition)

    def refuse(*inputs: Any) -> Any:
        raise UnimplementedError(None, None, f"The op {name} is not implemented in Tidefall yet.")

    gradient = None if definition.n_outputs else NOT_DIFFERENTIABLE
    resources = [arg.name for arg in definition.inputs if arg.dtype == dtypes.resource]
    effects = writes(*resources) | (ANYTHING if bare.is_stateful and not resources else PURE)
    bare.declare(__name__, host=refuse, effects=effects, gradient=gradient)
    return bare


def create_op(
    graph: Graph,
    op_type: str,
    inputs: Sequence[Any],
    name: str | None,
    given: dict[str, Any] | None,
) -> Operation:
    """Add a node; see `Graph.create_op`."""
    for i, tensor in enumerate(inputs):
        if not isinstance(tensor, SymbolicTensor):
            raise TypeError(f"Input #{i} is not a tensor: {tensor!r}")
    op = any_op(op_type)
    attrs = dict(op.definition.defaults)
    for key, value in (given or {}).items():
        definition = op.definition.attrs.get(key)
        if definition is None or not hasattr(value, "WhichOneof"):
            attrs[key] = value if definition is None else normalize_attr(definition.kind, value)
        else:
            attrs[key] = attr_from_proto(definition.kind, value, str)
    infer_attrs(op, inputs, attrs)
    with graph.inside():
        return graph.add_node(op, inputs, attrs, name)


def infer_attrs(op: Op, tensors: Sequence[Any], attrs: dict[str, Any]) -> None:
    """Add the attributes that follow from the inputs: dtypes and lengths."""
    start = 0
    for position, arg in enumerate(op.definition.inputs):
        if not arg.is_list:
            if arg.type_attr is not None:
                attrs.setdefault(arg.type_attr, tensors[start].dtype.base_dtype)
            start += 1
            continue
        left = len(op.definition.inputs) - position - 1
        key = arg.number_attr or arg.type_list_attr or ""
        length = arg.length(attrs) if key in attrs else len(tensors) - start - left
        part = tensors[start : start + length]
        if arg.number_attr is not None:
            attrs.setdefault(arg.number_attr, length)
            if arg.type_attr is not None and part:
                attrs.setdefault(arg.type_attr, part[0].dtype.base_dtype)
        else:
            attrs.setdefault(arg.type_list_attr or "", [t.dtype.base_dtype for t in part])
        start += length
