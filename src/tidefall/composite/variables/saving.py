"""What variables are in checkpoints and SavedModels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tidefall.base.errors import InvalidArgumentError

if TYPE_CHECKING:
    from tidefall.composite.variables.variable import Variable


def check_restored(variable: Variable, dtype: Any, shape: Any) -> None:
    """Refuse a saved value that does not fit a variable.

    Raises:
        InvalidArgumentError: for another dtype.
        ValueError: for a shape that is not compatible.
    """
    wanted = variable.dtype.base_dtype
    if dtype != wanted:
        raise InvalidArgumentError(
            None,
            None,
            f"Cannot restore variable {variable._shared_name}: expected dtype {wanted.name} "
            f"does not equal original dtype {dtype.name}",
        )
    if not variable.shape.is_compatible_with(shape):
        raise ValueError(
            f"Received incompatible tensor with shape {shape} when attempting to "
            f"restore variable with shape {variable.shape} and name {variable.name}."
        )


def describe(variable: Variable, proto: Any, with_device: bool) -> None:
    """Describe a variable in its SavedObject of a SavedModel.

    Args:
        variable: the variable.
        proto: the SavedObject.
        with_device: whether to say where the variable is.
    """
    saved = proto.variable
    saved.SetInParent()
    saved.name = variable._shared_name
    saved.trainable = variable.trainable
    saved.dtype = variable.dtype.base_dtype.as_datatype_enum
    saved.synchronization = variable.synchronization.value
    saved.aggregation = variable.aggregation.value
    saved.shape.CopyFrom(variable.shape.as_proto())
    saved.shape.SetInParent()
    if with_device:
        saved.device = variable.device
