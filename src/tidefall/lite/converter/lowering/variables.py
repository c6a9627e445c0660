"""Variables: read as constants, unless the model assigns to them."""

from __future__ import annotations

from typing import Any

from tidefall.graph.operation import Operation
from tidefall.lite.converter.ir import RESOURCE, Subgraph, Value
from tidefall.lite.converter.lowering.builder import Builder
from tidefall.lite.converter.lowering.interpreter import Table, Variable
from tidefall.lite.converter.lowering.registry import CannotLower, lower
from tidefall.lite.converter.lowering.tables import fill
from tidefall.op import raw


def handle(b: Builder, variable: Variable) -> Value:
    """What refers to a variable that the model keeps."""
    return b.op("VAR_HANDLE", [], [], RESOURCE, container="", shared_name=variable.name)


def initialization(kept: list[Variable | Table]) -> Subgraph:
    """A subgraph that gives variables and tables what they hold now; it runs once."""
    subgraph = Subgraph("initialization")
    builder = Builder(subgraph)
    for item in kept:
        if isinstance(item, Table):
            fill(builder, item)
        else:
            builder.add("ASSIGN_VARIABLE", [handle(builder, item), item.value], [])
    return subgraph


def _known(item: Any) -> Variable:
    if not isinstance(item, Variable):
        raise CannotLower("which variable it uses is not known when converting")
    return item


def _read(b: Builder, variable: Variable) -> Value:
    if not variable.is_assigned:
        return variable.value
    value = variable.value
    return b.op("READ_VARIABLE", [handle(b, variable)], value.shape, value.dtype)


@lower(raw.ReadVariableOp)
def _read_variable(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return _read(b, _known(inputs[0]))


@lower(raw.ResourceGather)
def _gather(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.like("GATHER", [_read(b, _known(inputs[0])), inputs[1]], node, axis=0)


@lower(raw.AssignVariableOp)
def _assign(b: Builder, node: Operation, inputs: list[Any]) -> list[Value]:
    variable, value = _known(inputs[0]), inputs[1]
    b.add("ASSIGN_VARIABLE", [handle(b, variable), value], [])
    return []


def _changed(code: str) -> Any:
    def rule(b: Builder, node: Operation, inputs: list[Any]) -> list[Value]:
        variable = _known(inputs[0])
        new = b.binary(code, _read(b, variable), inputs[1])
        b.add("ASSIGN_VARIABLE", [handle(b, variable), new], [])
        return []

    return rule


lower(raw.AssignAddVariableOp)(_changed("ADD"))
lower(raw.AssignSubVariableOp)(_changed("SUB"))


@lower(raw.VariableShape)
def _shape(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    shape = _known(inputs[0]).value.shape
    return b.const(shape, node.outputs[0].dtype.as_numpy_dtype)
