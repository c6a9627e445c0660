"""What a function returned for each slice of its elements, put together again."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.shapes import TensorShape
from tidefall.composite.ragged.ragged_tensor import RaggedTensor
from tidefall.composite.ragged.row_partition import RowPartition
from tidefall.composite.ragged.spec import RaggedTensorSpec
from tidefall.composite.sparse_tensor import SparseTensor, SparseTensorSpec
from tidefall.control_flow.tensor_array import TensorArray
from tidefall.op import raw
from tidefall.ops.lists.element_types import shape_tensor
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.specs import TensorSpec
from tidefall.tensor.type_spec import BatchableTypeSpec


class Results:
    """What a function returned for each slice, kept in one or more TensorArrays."""

    def __init__(self, spec: Any, count: Any, infer_shape: bool = True):
        self.spec = spec if not isinstance(spec, dtypes.DType) else TensorSpec(None, spec)
        self.infer_shape = infer_shape
        if isinstance(self.spec, RaggedTensorSpec):
            values = [(self.spec.dtype, False)]
            lengths = [(self.spec.row_splits_dtype, False)] * (self.spec.ragged_rank + 1)
            kinds = values + lengths
        elif isinstance(self.spec, TensorSpec):
            kinds = [(self.spec.dtype, infer_shape)]
        elif isinstance(self.spec, SparseTensorSpec):
            kinds = [(dtypes.int64, False), (self.spec.dtype, False), (dtypes.int64, True)]
        elif isinstance(self.spec, BatchableTypeSpec):
            kinds = [(spec.dtype, False) for spec in self.spec._flat_tensor_specs]
        else:
            raise TypeError(
                f"Results of type {self.spec!r} cannot be stacked. An extension type can if it "
                "derives from tf.experimental.BatchableExtensionType."
            )
        self.arrays = [
            TensorArray(dtype, size=count, infer_shape=infer, element_shape=shape)
            for (dtype, infer), shape in zip(kinds, self._shapes(len(kinds)), strict=True)
        ]

    def _shapes(self, count: int) -> list[Any]:
        """What is known of the shapes of the elements of each array."""
        if isinstance(self.spec, SparseTensorSpec):
            rank = self.spec.shape.rank
            return [TensorShape([None, rank]), TensorShape([None]), TensorShape([rank])]
        if self._encoded:
            return [spec.shape for spec in self.spec._flat_tensor_specs]
        shape = self.spec.shape if isinstance(self.spec, TensorSpec) else None
        return [shape] * count

    @property
    def _encoded(self) -> bool:
        """Whether values are kept as the tensors that datasets carry them as."""
        return not isinstance(self.spec, (TensorSpec, RaggedTensorSpec, SparseTensorSpec))

    def parts(self, value: Any) -> list[Any]:
        """The tensors of one result, one for each array."""
        if self._encoded:
            return self.spec._to_tensor_list(value)
        if isinstance(self.spec, SparseTensorSpec):
            if not isinstance(value, SparseTensor):
                raise ValueError(
                    f"fn returned {value!r} where fn_output_signature says a SparseTensor."
                )
            return [value.indices, value.values, value.dense_shape]
        if not isinstance(self.spec, RaggedTensorSpec):
            if isinstance(value, RaggedTensor):
                raise ValueError(
                    "fn returned a RaggedTensor where fn_output_signature says a tensor; use "
                    "fn_output_signature=tf.RaggedTensorSpec(...)."
                )
            return [convert_to_tensor(value, dtype_hint=self.spec.dtype)]
        dtype = self.spec.row_splits_dtype
        if not isinstance(value, RaggedTensor):
            value = convert_to_tensor(value)
            return [value, raw.Reshape(_rows_of(value, dtype), np.array([1], np.int32))]
        lengths = [raw.Reshape(value.nrows(dtype), np.array([1], np.int32))]
        for inner in value.nested_row_lengths():
            lengths.append(inner if inner.dtype == dtype else raw.Cast(inner, DstT=dtype))
        return [value.flat_values, *lengths]

    def result(self, arrays: list[TensorArray], static: int | None) -> Any:
        """All results in one tensor or ragged tensor."""
        if isinstance(self.spec, RaggedTensorSpec):
            values, *lengths = [a.concat() for a in arrays]
            return RaggedTensor.from_nested_row_lengths(values, lengths, validate=False)
        if isinstance(self.spec, SparseTensorSpec):
            return self._sparse(arrays, static)
        if self._encoded:
            stacks = [array.stack() for array in arrays]
            return self.spec._batch(static)._from_compatible_tensor_list(stacks)
        stacked = arrays[0].stack()
        if getattr(stacked, "is_symbolic", False):
            stacked.set_shape(TensorShape([static]).concatenate(stacked.shape[1:]))
        return stacked

    def _sparse(self, arrays: list[TensorArray], static: int | None) -> SparseTensor:
        """The rows below each other; as wide as the widest."""
        positions, values, shapes = arrays
        inner = positions.concat()
        rows = _row_numbers(positions)
        column = raw.ExpandDims(rows, np.array(1, np.int32))
        indices = raw.ConcatV2([column, inner], np.array(1, np.int32))
        all_shapes = shapes.stack()
        count = raw.Shape(all_shapes, out_type=dtypes.int64)[:1]
        none = np.zeros([1], np.int64)
        widest = raw.Max(raw.Pad(all_shapes, [[1, 0], [0, 0]]), np.array(0, np.int32))
        if static is not None:
            count = np.array([static], np.int64)
        dense_shape = raw.ConcatV2([count, raw.Maximum(widest, none)], 0)
        return SparseTensor(indices, values.concat(), dense_shape)


def _row_numbers(positions: TensorArray) -> Any:
    """For each row of the joined elements of an array the number of its element."""
    shape = TensorShape([None]).concatenate(positions.element_shape[1:])
    _, lengths = raw.TensorListConcatV2(
        positions.flow, shape_tensor(shape), np.array([], np.int64), element_dtype=dtypes.int64
    )
    return RowPartition.from_row_lengths(lengths, validate=False).value_rowids()


def _rows_of(value: Any, dtype: Any) -> Any:
    return raw.Shape(value, out_type=dtype)[:1]
