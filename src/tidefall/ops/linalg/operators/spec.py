"""The type of a linear operator: which tensors it is made of, and everything else about it."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import nest
from tidefall.base.composite import CompositeTensor
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.specs import TensorSpec
from tidefall.tensor.tensor import Tensor
from tidefall.tensor.type_spec import TypeSpec


def _is_component(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(_is_component(item) for item in value)
    is_variable = getattr(value, "_is_variable", False) is True
    return is_variable or isinstance(value, (Tensor, CompositeTensor))


def _component(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_component(item) for item in value]
    return value if isinstance(value, CompositeTensor) else convert_to_tensor(value)


def _spec(value: Any) -> Any:
    if isinstance(value, list):
        return [_spec(item) for item in value]
    if isinstance(value, CompositeTensor):
        return value._type_spec  # type: ignore[attr-defined]
    return TensorSpec(value.shape, value.dtype)


class LinearOperatorSpec(TypeSpec):
    """The `tf.TypeSpec` of linear operators of one class.

    Args:
        operator_class: the class.
        components: specs of the parameters that are tensors or operators, by name.
        options: the other parameters, by name.
    """

    __slots__ = ("_components", "_operator_class", "_options")

    def __init__(self, operator_class: type, components: Any, options: Any):
        self._operator_class = operator_class
        self._components = dict(components)
        self._options = dict(options)

    @classmethod
    def of(cls, operator: Any) -> LinearOperatorSpec:
        """The type of a value."""
        parts = components_of(operator)
        given = operator.parameters
        options = {key: _plain(value) for key, value in given.items() if key not in parts}
        specs = {key: _spec(value) for key, value in parts.items()}
        return cls(type(operator), specs, options)

    @property
    def value_type(self) -> Any:
        return self._operator_class

    def _serialize(self) -> tuple[Any, ...]:
        return (self._operator_class, self._components, self._options)

    @property
    def _component_specs(self) -> Any:
        return self._components

    def _to_components(self, value: Any) -> Any:
        return components_of(value)

    def _from_components(self, components: Any) -> Any:
        return self._operator_class(**components, **self._options)

    @property
    def dtype(self) -> Any:
        """The dtype of the operators."""
        specs = nest.flatten(self._components)
        found = self._options.get("dtype")
        return found if found is not None or not specs else specs[0].dtype


def components_of(operator: Any) -> dict[str, Any]:
    """The parameters of an operator that are tensors or operators, by name."""
    given = operator.parameters
    return {key: _component(value) for key, value in given.items() if _is_component(value)}


def _plain(value: Any) -> Any:
    """A parameter in a form that can be compared."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    return value
