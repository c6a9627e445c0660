"""Nodes that compute the same are merged into the first of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import DType
from tidefall.base.shapes import TensorShape
from tidefall.base.type_guards import is_array, is_list
from tidefall.graph.analysis import node_effects
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.operation import Operation
from tidefall.graph.passes.rewriting import Rewriter, is_pure
from tidefall.op import raw
from tidefall.op.op import Op

LARGEST_CONSTANT = 1024
"""Bytes of a constant whose value is compared with others."""

_OBJECTS = frozenset({dtypes.resource, dtypes.variant})


def merge_common(graph: FuncGraph) -> int:
    """Let consumers of equal nodes (op, inputs, attributes, device) read one of them.

    Only nodes without effects or functions are merged; random ops keep their own streams. Reads of
    a variable are merged if nothing was written in between, to whatever variable: two handles may
    stand for one.
    """
    return Rewriter(graph).run(_Seen().rule)


class _Seen:
    """The nodes met so far, by what they compute."""

    def __init__(self) -> None:
        self.by_key: dict[Any, Operation] = {}
        self.by_inputs: dict[Any, list[Operation]] = {}
        self.writes = 0

    def rule(self, node: Operation, rewriter: Rewriter) -> Sequence[Any] | None:
        if node.op_type is not raw.Const and is_pure(node):
            first = self._like(node)
        else:
            key = _key_of_constant(node) or self._key_of_read(node, rewriter)
            first = None if key is None else self.by_key.setdefault(key, node)
        if first is None or first is node:
            return None
        for mine, theirs in zip(node.outputs, first.outputs, strict=True):
            if theirs.shape is not mine.shape and theirs.shape.is_compatible_with(mine.shape):
                theirs.set_shape(mine.shape)
        return first.outputs

    def _like(self, node: Operation) -> Operation | None:
        """An earlier node that computes the same; most nodes have inputs that no other of their
        kind has, and their attributes need not be looked at."""
        op = node.op_type
        sources = [id(t) for t in node.inputs]
        if op.definition.is_commutative:
            sources.sort()
        others = self.by_inputs.setdefault((op.name, *sources), [])
        if others:
            attributes = _attributes(node)
            for other in others:
                if attributes is not None and attributes == _attributes(other):
                    return other
        others.append(node)
        return None

    def _key_of_read(self, node: Operation, rewriter: Rewriter) -> Any:
        if node.op_type is raw.ReadVariableOp and not node.control_inputs:
            return raw.ReadVariableOp, id(node.inputs[0]), node.attrs["dtype"], self.writes
        effects = node_effects(node, rewriter.effects)
        if effects.writes or effects.other:
            self.writes += 1
        return None


def _key_of_constant(node: Operation) -> Any:
    if node.op_type is not raw.Const or node.control_inputs:
        return None
    value = node.attrs["value"]
    if value.dtype == object or value.nbytes > LARGEST_CONSTANT:
        return None
    return raw.Const, node.attrs["dtype"], value.shape, value.tobytes(), node.device


def _attributes(node: Operation) -> Any:
    """What must be equal of nodes of one kind with the same inputs; None if that is unknown."""
    for t in node.outputs:
        if t.dtype in _OBJECTS:
            return None
    attrs: Any = node.attrs.items()
    if not _has_simple_attrs(node.op_type):
        attrs = [(name, _hashable(value)) for name, value in attrs]
    key = tuple(attrs), node.device
    try:
        hash(key)
    except TypeError:
        return None
    return key


_SIMPLE = frozenset({"bool", "int", "string", "type"})


@cache
def _has_simple_attrs(op: Op) -> bool:
    """Whether equal values of all its attributes are the same; 0.0 and -0.0 are not."""
    return all(attr.kind in _SIMPLE for attr in op.definition.attrs.values())


def _hashable(value: Any) -> Any:
    if isinstance(value, (DType, str, bool)):
        return value
    if is_list(value):
        return tuple([_hashable(item) for item in value])
    if isinstance(value, TensorShape):
        return None if value.rank is None else tuple(value.as_list())
    if is_array(value):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, float):
        return np.float64(value).tobytes()
    return value
