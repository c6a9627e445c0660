"""`python.ops.{resource_variable_ops, variable_scope}` and `python.util.variable_utils`.

Asked for by tensorflow-probability and tf-keras.
"""

from __future__ import annotations

from typing import Any

from tidefall.base import nest
from tidefall.composite.variables.variable import Variable
from tidefall.function.variable_arguments import VariableSpec
from tidefall.op import raw
from tidefall.tensor.conversion import convert_to_tensor

__all__ = ["VariableSpec"]

BaseResourceVariable = Variable
ResourceVariable = Variable
UninitializedVariable = Variable


def is_resource_variable(var: Any) -> bool:
    """Whether a value is a variable with a resource: all are, but those of version 1's graphs."""
    return isinstance(var, Variable)


def convert_variables_to_tensors(values: Any) -> Any:
    """A structure whose variables, also inside composite tensors, are read."""

    def read(value: Any) -> Any:
        if isinstance(value, Variable):
            return convert_to_tensor(value)
        if nest.is_nested_or_composite(value) and not nest.is_nested(value):
            return value._convert_variables_to_tensors() if hasattr(
                value, "_convert_variables_to_tensors"
            ) else value
        return value

    return nest.map_structure(read, values)


def replace_variables_with_atoms(values: Any) -> Any:
    """A structure with a 0 for each variable, so that it may be compared."""
    return nest.map_structure(lambda v: 0 if isinstance(v, Variable) else v, values)


def _variable_handle_from_shape_and_dtype(
    shape: Any, dtype: Any, name: str, graph_mode: bool, initial_value: Any = None
) -> Any:
    return raw.VarHandleOp(dtype=dtype, shape=shape, shared_name=name, name=name)
