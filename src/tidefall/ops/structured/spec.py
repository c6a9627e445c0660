"""The type of a `tf.experimental.StructuredTensor`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tidefall.base import dtypes
from tidefall.base.shapes import TensorShape
from tidefall.composite.ragged.dynamic_shape import DynamicRaggedShapeSpec
from tidefall.composite.ragged.row_partition_spec import RowPartitionSpec
from tidefall.tensor.specs import type_spec_from_value
from tidefall.tensor.type_spec import BatchableTypeSpec


class StructuredTensorSpec(BatchableTypeSpec):
    """The types of the fields of a structured tensor, and the type of its shape."""

    __slots__ = ("_fields", "_ragged_shape")

    def __init__(self, _fields: Any, _ragged_shape: Any):
        self._fields = dict(_fields)
        self._ragged_shape = _ragged_shape

    @classmethod
    def from_value(cls, value: Any) -> StructuredTensorSpec:
        """The type of a structured tensor."""
        fields = {name: type_spec_from_value(field) for name, field in value._fields.items()}
        return cls(fields, value._ragged_shape._type_spec)

    @classmethod
    def _from_fields_and_rank(cls, fields: Any, rank: int) -> StructuredTensorSpec:
        shapes = [f.shape[:rank] for f in fields.values()]
        common = TensorShape([None] * rank)
        for shape in shapes:
            common = common.merge_with(shape)
        return cls(fields, _shape_spec(common))

    @property
    def value_type(self) -> Any:
        """`tf.experimental.StructuredTensor`."""
        from tidefall.ops.structured.structured_tensor import StructuredTensor

        return StructuredTensor

    @property
    def rank(self) -> int | None:
        """The number of dimensions."""
        return self._ragged_shape.rank

    @property
    def shape(self) -> TensorShape:
        """What is known of the shape."""
        sizes: list[int | None] = []
        partitions = self._ragged_shape._row_partitions
        if partitions:
            sizes = [partitions[0].nrows, *(p.uniform_row_length for p in partitions)]
            return TensorShape(sizes).concatenate(self._ragged_shape._static_inner_shape[1:])
        return self._ragged_shape._static_inner_shape

    def _serialize(self) -> tuple[Any, ...]:
        return self._fields, self._ragged_shape

    @property
    def _component_specs(self) -> Any:
        return self._fields, self._ragged_shape

    def _to_components(self, value: Any) -> Any:
        return value._fields, value._ragged_shape

    def _from_components(self, components: Any) -> Any:
        fields, shape = components
        return self.value_type(fields, shape)

    # Datasets carry the fields; the shape follows from them.

    def _names(self) -> list[str]:
        if not self._fields:
            raise ValueError("Datasets cannot hold StructuredTensors without fields.")
        return sorted(self._fields)

    @property
    def _flat_tensor_specs(self) -> list[Any]:
        return [s for name in self._names() for s in self._fields[name]._flat_tensor_specs]

    def _to_tensor_list(self, value: Any) -> list[Any]:
        return self._lists(value, lambda spec, field: spec._to_tensor_list(field))

    def _to_batched_tensor_list(self, value: Any) -> list[Any]:
        return self._lists(value, lambda spec, field: spec._to_batched_tensor_list(field))

    def _lists(self, value: Any, convert: Callable[[Any, Any], list[Any]]) -> list[Any]:
        return [
            tensor
            for name in self._names()
            for tensor in convert(self._fields[name], value._fields[name])
        ]

    def _from_compatible_tensor_list(self, tensor_list: Any) -> Any:
        fields, start = {}, 0
        for name in self._names():
            spec = self._fields[name]
            stop = start + len(spec._flat_tensor_specs)
            fields[name] = spec._from_compatible_tensor_list(tensor_list[start:stop])
            start = stop
        ordered = {name: fields[name] for name in self._fields}
        return self.value_type.from_fields(ordered, shape=TensorShape([None] * (self.rank or 0)))

    def _batch(self, batch_size: int | None) -> StructuredTensorSpec:
        fields = {name: spec._batch(batch_size) for name, spec in self._fields.items()}
        return self._rebuilt(fields, TensorShape([batch_size]).concatenate(self.shape))

    def _unbatch(self) -> StructuredTensorSpec:
        if self.rank == 0:
            raise ValueError("Unbatching a tensor is only supported for rank >= 1")
        fields = {name: _unbatched(spec) for name, spec in self._fields.items()}
        return self._rebuilt(fields, self.shape[1:])

    def _rebuilt(self, fields: dict[str, Any], shape: TensorShape) -> StructuredTensorSpec:
        return type(self)(fields, _shape_spec(shape))

    def __repr__(self) -> str:
        return (
            f"StructuredTensor.Spec(_fields={self._fields!r}, _ragged_shape={self._ragged_shape!r})"
        )


def _unbatched(spec: Any) -> Any:
    return spec._unbatch()


def _shape_spec(shape: TensorShape) -> DynamicRaggedShapeSpec:
    """The type of a shape of known rank, partitioned where rows may differ in length."""
    sizes = shape.as_list()
    ragged = [axis for axis, size in enumerate(sizes) if size is None and axis]
    if not ragged:
        return DynamicRaggedShapeSpec((), shape, dtypes.int64)
    partitions, rows = [], sizes[0]
    for length in sizes[1 : ragged[-1] + 1]:
        partitions.append(RowPartitionSpec(rows, None, length, dtypes.int64))
        rows = partitions[-1].nvals
    inner = TensorShape([rows, *sizes[ragged[-1] + 1 :]])
    return DynamicRaggedShapeSpec(partitions, inner, dtypes.int64)
