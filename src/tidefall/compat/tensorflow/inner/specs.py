"""`python.framework.{type_spec, tensor_spec, tensor, composite_tensor}` and `data.util.structure`.

Asked for by tensorflow-probability, tensorflow-gnn, tf-agents, tf-keras.
"""

from __future__ import annotations

from typing import Any

from tidefall.base import data_nest
from tidefall.base.composite import CompositeTensor
from tidefall.tensor.specs import (
    BoundedTensorSpec,
    NoneTensorSpec,
    TensorSpec,
    type_spec_from_value,
)
from tidefall.tensor.tensor import Tensor
from tidefall.tensor.type_spec import BatchableTypeSpec, TypeSpec
from tidefall.tensor.type_spec_registry import (
    lookup,
    register,
    register_type_spec_from_value_converter,
)

__all__ = [
    "BatchableTypeSpec",
    "BoundedTensorSpec",
    "CompositeTensor",
    "DenseSpec",
    "NoneTensorSpec",
    "Tensor",
    "TensorSpec",
    "TypeSpec",
    "lookup",
    "register",
    "register_type_spec_from_value_converter",
    "type_spec_from_value",
]

DenseSpec = TensorSpec
"""What the type specs of dense values inherit from."""


def are_compatible(spec1: Any, spec2: Any) -> bool:
    """Whether two structures of types have one form, and types that go together."""
    try:
        data_nest.assert_same_structure(spec1, spec2)
    except (TypeError, ValueError):
        return False
    pairs = zip(data_nest.flatten(spec1), data_nest.flatten(spec2), strict=True)
    return all(one.is_compatible_with(two) for one, two in pairs)
