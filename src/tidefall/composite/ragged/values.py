"""`RaggedTensorValue`: a ragged tensor of arrays, as sessions of TensorFlow 1 take and give it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from tidefall.base.dispatch import register_conversion
from tidefall.base.exports import export
from tidefall.composite.ragged.ragged_tensor import RaggedTensor
from tidefall.tensor.conversion import convert_to_tensor


@export("compat.v1.ragged.RaggedTensorValue")
class RaggedTensorValue:
    """The value of a ragged tensor as arrays.

    Args:
        values: an array, or another RaggedTensorValue.
        row_splits: where the rows begin and end.

    Raises:
        TypeError: for splits that are no vector of integers, or values of another type.
    """

    values: Any
    row_splits: Any

    def __init__(self, values: Any, row_splits: Any):
        if not isinstance(row_splits, (np.ndarray, np.generic)):
            raise TypeError(f"row_splits must be an array of integers, not {row_splits!r}.")
        if row_splits.dtype not in (np.int32, np.int64) or row_splits.ndim != 1:
            raise TypeError("row_splits must be a 1-D numpy array of int32 or int64.")
        if not isinstance(values, (np.ndarray, np.generic, RaggedTensorValue)):
            raise TypeError(f"values must be a numpy array or a RaggedTensorValue, not {values!r}.")
        if isinstance(values, RaggedTensorValue) and row_splits.dtype != values.row_splits.dtype:
            raise ValueError("row_splits and values.row_splits must have one dtype.")
        self.values = values
        self.row_splits = row_splits

    @property
    def dtype(self) -> Any:
        """NumPy's dtype of the values."""
        return self.values.dtype

    @property
    def ragged_rank(self) -> int:
        """How many ragged dimensions there are."""
        return 1 + getattr(self.values, "ragged_rank", 0)

    @property
    def flat_values(self) -> Any:
        """The innermost values."""
        return getattr(self.values, "flat_values", self.values)

    @property
    def nested_row_splits(self) -> tuple[Any, ...]:
        """The row splits of all ragged dimensions, the outermost first."""
        return (self.row_splits, *getattr(self.values, "nested_row_splits", ()))

    @property
    def shape(self) -> tuple[int | None, ...]:
        """The sizes; None for those of ragged dimensions."""
        return (len(self.row_splits) - 1, None, *self.values.shape[1:])

    def to_list(self) -> list[Any]:
        """The rows as nested lists."""
        rows = self.values.to_list() if hasattr(self.values, "to_list") else self.values.tolist()
        bounds = self.row_splits.tolist()
        return [rows[a:b] for a, b in pairwise(bounds)]

    def __repr__(self) -> str:
        return f"tf.RaggedTensorValue(values={self.values!r}, row_splits={self.row_splits!r})"

    def __str__(self) -> str:
        return f"<tf.RaggedTensorValue {self.to_list()}>"


def is_ragged(value: Any) -> bool:
    """Whether a value is a ragged tensor or the value of one."""
    return isinstance(value, (RaggedTensor, RaggedTensorValue))


def from_value(value: Any) -> Any:
    """The ragged tensor of a `RaggedTensorValue`; anything else as it is."""
    if not isinstance(value, RaggedTensorValue):
        return value
    return RaggedTensor.from_nested_row_splits(value.flat_values, value.nested_row_splits)


register_conversion(RaggedTensorValue, from_value)


def convert_to_tensor_or_ragged_tensor(
    value: Any, dtype: Any = None, preferred_dtype: Any = None, name: str | None = None
) -> Any:
    """A ragged tensor, or the value of one, as a ragged tensor; anything else as a tensor.

    Args:
        value: what to convert.
        dtype: the dtype it must have.
        preferred_dtype: the dtype to take if the value allows it.
        name: name of the node.

    Raises:
        ValueError: for a ragged tensor of another dtype.
    """
    if not is_ragged(value):
        return convert_to_tensor(value, dtype, preferred_dtype, name)
    ragged = from_value(value)
    if dtype is not None and ragged.dtype != dtype:
        raise ValueError(
            f"Tensor conversion requested dtype {dtype} for RaggedTensor with dtype "
            f"{ragged.dtype.name}: {value!r}. Use tf.cast to change the dtype."
        )
    return ragged
