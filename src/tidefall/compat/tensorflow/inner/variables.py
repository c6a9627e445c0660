"""`python.ops.{resource_variable_ops, variable_scope}` and `python.util.variable_utils`.

Asked for by tensorflow-probability and tf-keras.
"""

from __future__ import annotations

from typing import Any

from tidefall.base import nest
from tidefall.composite.variables.variable import Variable
from tidefall.op import raw
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.specs import TensorSpec

BaseResourceVariable = Variable
ResourceVariable = Variable
UninitializedVariable = Variable


class VariableSpec(TensorSpec):
    """The type of a variable.

    Args:
        shape: its static shape.
        dtype: its dtype.
        trainable: whether it is trainable.
        alias_id: which of a call's variables it is.
    """

    __slots__ = ("alias_id", "trainable")

    def __init__(
        self, shape: Any, dtype: Any = "float32", trainable: bool = True, alias_id: Any = None
    ):
        super().__init__(shape, dtype)
        self.trainable = trainable
        self.alias_id = alias_id

    @property
    def value_type(self) -> Any:
        """`tf.Variable`."""
        return Variable

    @classmethod
    def from_value(cls, value: Any) -> VariableSpec:
        """The type of a variable."""
        return cls(value.shape, value.dtype, bool(value.trainable))

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Whether a variable, or the type of one, goes with this type."""
        if not isinstance(spec_or_value, (VariableSpec, Variable)):
            return False
        same = (
            self.shape.is_compatible_with(spec_or_value.shape)
            and self.dtype == spec_or_value.dtype
            and self.trainable == bool(spec_or_value.trainable)
        )
        known = isinstance(spec_or_value, VariableSpec)
        return same and (not known or self.alias_id == spec_or_value.alias_id)

    def _serialize(self) -> tuple[Any, ...]:
        return (self.shape, self.dtype, self.trainable, self.alias_id)


def is_resource_variable(var: Any) -> bool:
    """Whether a value is a variable with a resource: all are, but those of version 1's graphs."""
    return isinstance(var, Variable)


def convert_variables_to_tensors(values: Any) -> Any:
    """A structure whose variables, also inside composite tensors, are read."""

    def read(value: Any) -> Any:
        if isinstance(value, Variable):
            return convert_to_tensor(value)
        if nest.is_nested_or_composite(value) and not nest.is_nested(value):
            return (
                value._convert_variables_to_tensors()
                if hasattr(value, "_convert_variables_to_tensors")
                else value
            )
        return value

    return nest.map_structure(read, values)


def replace_variables_with_atoms(values: Any) -> Any:
    """A structure with a 0 for each variable, so that it may be compared."""
    return nest.map_structure(lambda v: 0 if isinstance(v, Variable) else v, values)


def _variable_handle_from_shape_and_dtype(
    shape: Any, dtype: Any, name: str, graph_mode: bool, initial_value: Any = None
) -> Any:
    return raw.VarHandleOp(dtype=dtype, shape=shape, shared_name=name, name=name)
