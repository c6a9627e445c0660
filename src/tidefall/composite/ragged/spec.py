"""`tf.RaggedTensorSpec`: the type of a ragged tensor."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import DType, as_dtype
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.composite.ragged.ragged_tensor import KEY, RaggedTensor
from tidefall.composite.ragged.row_partition import partition
from tidefall.op import raw
from tidefall.tensor import type_spec_registry
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.specs import TensorSpec, type_spec_from_value
from tidefall.tensor.tensor import EagerTensor, Tensor
from tidefall.tensor.type_spec import BatchableTypeSpec


@export("RaggedTensorSpec")
@type_spec_registry.register("tf.RaggedTensorSpec")
class RaggedTensorSpec(BatchableTypeSpec):
    """The type of a ragged tensor.

    Args:
        shape: the shape; ragged dimensions are None.
        dtype: dtype of the values.
        ragged_rank: number of partitioned dimensions; by default the rank less one.
        row_splits_dtype: int32 or int64.
        flat_values_spec: the type of the flat values, where they are no plain tensor.

    Raises:
        ValueError: if the ragged rank is neither given nor follows from the shape.

    >>> import tidefall as tf
    >>> tf.RaggedTensorSpec([None, None], tf.int32)
    RaggedTensorSpec(TensorShape([None, None]), tf.int32, 1, tf.int64)
    """

    __slots__ = ("_dtype", "_flat_values_spec", "_ragged_rank", "_row_splits_dtype", "_shape")

    def __init__(
        self,
        shape: Any = None,
        dtype: Any = dtypes.float32,
        ragged_rank: int | None = None,
        row_splits_dtype: Any = dtypes.int64,
        flat_values_spec: Any = None,
    ):
        self._shape = TensorShape(shape)
        self._row_splits_dtype = as_dtype(row_splits_dtype)
        if flat_values_spec is not None:
            if dtype is None:
                dtype = flat_values_spec.dtype
            elif as_dtype(dtype) != flat_values_spec.dtype:
                raise ValueError("dtype must be the same as flat_values_spec.dtype")
        elif dtype is None:
            raise ValueError("At least one of dtype or flat_values_spec must be provided")
        self._dtype = as_dtype(dtype)
        self._flat_values_spec = flat_values_spec
        rank = self._shape.rank
        if ragged_rank is None:
            if rank is None:
                raise ValueError("Must specify ragged_rank or a shape with a known rank.")
            ragged_rank = rank - 1
        self._ragged_rank = ragged_rank
        if not isinstance(ragged_rank, int):
            raise TypeError(f"Argument `ragged_rank` must be an int. Received {ragged_rank}.")
        if rank is not None and ragged_rank >= rank:
            raise ValueError(
                f"Argument `ragged_rank` ({ragged_rank}) must be less than rank ({rank})."
            )

    @property
    def shape(self) -> TensorShape:
        """The static shape."""
        return self._shape

    @property
    def dtype(self) -> DType:
        """The dtype of the values."""
        return self._dtype

    @property
    def ragged_rank(self) -> int:
        """The number of partitioned dimensions."""
        return self._ragged_rank

    @property
    def row_splits_dtype(self) -> DType:
        """The dtype of the row splits."""
        return self._row_splits_dtype

    @property
    def flat_values_spec(self) -> Any:
        """The type of the flat values where it was given, or None."""
        return self._flat_values_spec

    @property
    def value_type(self) -> Any:
        """`tf.RaggedTensor`, or `tf.Tensor` when nothing is partitioned."""
        return RaggedTensor if self._ragged_rank > 0 else Tensor

    def _serialize(self) -> tuple[Any, ...]:
        parts = (self._shape, self._dtype, self._ragged_rank, self._row_splits_dtype)
        return parts if self._flat_values_spec is None else (*parts, self._flat_values_spec)

    @property
    def _component_specs(self) -> list[Any]:
        rank = self._ragged_rank
        if self._flat_values_spec is not None:
            flat = self._flat_values_spec
        elif rank <= 0:
            return [TensorSpec(self._shape, self._dtype)]
        else:
            inner = self._shape[rank + 1 :] if self._shape.rank is not None else None
            shape = None if inner is None else TensorShape([None]).concatenate(inner)
            flat = TensorSpec(shape, self._dtype)
        rows = self._shape[0] if self._shape.rank is not None else None
        outer = TensorSpec([None if rows is None else rows + 1], self._row_splits_dtype)
        deeper = [TensorSpec([None], self._row_splits_dtype)] * (rank - 1)
        if rank == 0:
            return [flat]
        return [flat, outer, *deeper]

    def _to_components(self, value: Any) -> list[Any]:
        if isinstance(value, RaggedTensor):
            return [value.flat_values, *value.nested_row_splits]
        return [value]

    def _from_components(self, components: Any) -> Any:
        result = components[0]
        if isinstance(result, np.ndarray):
            result = convert_to_tensor(result)
        uniform = (
            [None] * self._ragged_rank
            if self._shape.rank is None
            else self._shape.as_list()[1 : self._ragged_rank + 1]
        )
        for splits, length in zip(reversed(components[1:]), reversed(uniform), strict=True):
            splits = convert_to_tensor(splits, self._row_splits_dtype)
            size = None if length is None else convert_to_tensor(length, splits.dtype)
            result = RaggedTensor(result, partition(splits, size), internal=KEY)
        if isinstance(result, RaggedTensor) and self._shape.rank is not None:
            result._set_shape(self._shape)
        return result

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Whether a type or value may stand where this type is expected.

        Without partitioned dimensions the values are plain tensors, which fit by their own type.
        """
        plain = self._ragged_rank == 0 and self._flat_values_spec is None
        if plain and isinstance(spec_or_value, (Tensor, TensorSpec)):
            return TensorSpec(self._shape, self._dtype).is_compatible_with(spec_or_value)
        return super().is_compatible_with(spec_or_value)

    # Datasets carry a ragged tensor as one variant, so that they can cut and stack it.

    @property
    def _flat_tensor_specs(self) -> list[Any]:
        return [TensorSpec(None, dtypes.variant)]

    def _to_tensor_list(self, value: Any) -> list[Any]:
        rank = value.ragged_rank if isinstance(value, RaggedTensor) else 0
        if rank != self._ragged_rank:
            raise ValueError(
                f"Ragged rank of value ({rank}) does not match ragged rank of type "
                f"({self._ragged_rank})."
            )
        return [self._variant(value, False)]

    def _to_batched_tensor_list(self, value: Any) -> list[Any]:
        if self._ragged_rank <= 0:
            raise ValueError(
                "Only ragged tensors with at least one ragged dimension can be cut into rows. "
                f"Received: {self}."
            )
        return [self._variant(value, True)]

    def _variant(self, value: Any, batched: bool) -> Any:
        if self._flat_values_spec is not None:
            raise ValueError("Customized flat_values_spec is not supported.")
        values, *splits = self._to_components(value)
        return raw.RaggedTensorToVariant(
            splits, values, batched_input=batched, Tsplits=self._row_splits_dtype
        )

    def _from_compatible_tensor_list(self, tensor_list: Any) -> Any:
        (encoded,) = tensor_list
        rank = self._ragged_rank
        if rank < 0:
            raise ValueError(f"ragged_rank must be non-negative; got {rank}.")
        dims = encoded.shape.rank
        splits, values = raw.RaggedTensorFromVariant(
            encoded,
            input_ragged_rank=-1 if dims is None else max(rank - dims, 0),
            output_ragged_rank=rank,
            Tvalues=self._dtype,
            Tsplits=self._row_splits_dtype,
        )
        if getattr(values, "is_symbolic", False) and self._shape.rank is not None:
            outer = TensorShape([None] if rank else [])
            values.set_shape(outer.concatenate(self._shape[rank + 1 if rank else 0 :]))
        return self._from_components([values, *splits])

    def _batch(self, batch_size: int | None) -> RaggedTensorSpec:
        if self._flat_values_spec is not None:
            raise ValueError("Customized flat_values_spec is not supported.")
        return RaggedTensorSpec(
            TensorShape([batch_size]).concatenate(self._shape),
            self._dtype,
            self._ragged_rank + 1,
            self._row_splits_dtype,
        )

    def _unbatch(self) -> RaggedTensorSpec:
        if self._flat_values_spec is not None:
            raise ValueError("Customized flat_values_spec is not supported.")
        # A batch of dense rows of different lengths is ragged of rank one: its elements are dense.
        return RaggedTensorSpec(
            self._shape[1:], self._dtype, self._ragged_rank - 1, self._row_splits_dtype
        )

    @classmethod
    def from_value(cls, value: Any) -> RaggedTensorSpec:
        """The type of a ragged tensor."""
        if (
            isinstance(value, RaggedTensor)
            and type(value.flat_values) is not EagerTensor
            and not isinstance(value.flat_values, Tensor)
        ):
            return cls(
                value.shape,
                value.values.dtype,
                value.ragged_rank,
                value.row_splits.dtype,
                type_spec_from_value(value.flat_values),
            )
        return cls(value.shape, value.values.dtype, value.ragged_rank, value.row_splits.dtype)
