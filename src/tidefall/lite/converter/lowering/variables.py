"""Variables: read as constants, unless the model assigns them."""

from __future__ import annotations

from typing import Any

from tidefall.graph.operation import Operation
from tidefall.lite.converter.ir import Value
from tidefall.lite.converter.lowering.builder import Builder
from tidefall.lite.converter.lowering.interpreter import Variable
from tidefall.lite.converter.lowering.registry import CannotLower, lower
from tidefall.op import raw


@lower(raw.ReadVariableOp)
def _read(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    variable = inputs[0]
    if not isinstance(variable, Variable):
        raise CannotLower("which variable it reads is not known when converting")
    return variable.value


@lower(raw.VariableShape)
def _shape(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.const(inputs[0].value.shape, node.outputs[0].dtype.as_numpy_dtype)
