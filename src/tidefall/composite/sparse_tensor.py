"""`tf.SparseTensor`: a tensor given by the positions and values of some of its elements."""

from __future__ import annotations

from typing import Any, NamedTuple

from tidefall.base import dtypes
from tidefall.base.composite import CompositeTensor
from tidefall.base.dispatch import is_dispatched, operators, register_type
from tidefall.base.dtypes import DType, as_dtype
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.tensor import type_spec_registry
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.specs import TensorSpec
from tidefall.tensor.tensor import EagerTensor, SymbolicTensor
from tidefall.tensor.type_spec import BatchableTypeSpec


@export("SparseTensorSpec")
@type_spec_registry.register("tf.SparseTensorSpec")
class SparseTensorSpec(BatchableTypeSpec):
    """The dense shape and dtype of a sparse tensor.

    >>> import tidefall as tf
    >>> tf.SparseTensorSpec([None, 3], tf.float32).shape
    TensorShape([None, 3])
    """

    __slots__ = ("_dtype", "_shape")

    def __init__(self, shape: Any = None, dtype: Any = dtypes.float32):
        self._shape = TensorShape(shape)
        self._dtype = as_dtype(dtype)

    @classmethod
    def from_value(cls, value: Any) -> SparseTensorSpec:
        """The spec of a sparse tensor.

        Raises:
            TypeError: if `value` is none.
        """
        if not isinstance(value, SparseTensor):
            raise TypeError(f"Expected a SparseTensor, got {value!r} of type {type(value)}.")
        return cls(value.shape, value.dtype)

    @property
    def shape(self) -> TensorShape:
        """The dense shape."""
        return self._shape

    @property
    def dtype(self) -> DType:
        """The dtype of the values."""
        return self._dtype

    @property
    def rank(self) -> int | None:
        return self._shape.rank

    @property
    def value_type(self) -> type:
        return SparseTensor

    def _serialize(self) -> tuple[Any, ...]:
        return self._shape, self._dtype

    @property
    def _component_specs(self) -> list[TensorSpec]:
        rank = self._shape.rank
        return [
            TensorSpec([None, rank], dtypes.int64),
            TensorSpec([None], self._dtype),
            TensorSpec([rank], dtypes.int64),
        ]

    def _to_components(self, value: Any) -> list[Any]:
        return [value.indices, value.values, value.dense_shape]

    def _from_components(self, components: Any) -> SparseTensor:
        result = SparseTensor(*components)
        result.set_shape(self._shape)
        return result

    # Datasets carry a sparse tensor as a vector of three variants, so that rows can be stacked.

    @property
    def _flat_tensor_specs(self) -> list[Any]:
        return [TensorSpec(None, dtypes.variant)]

    def _to_tensor_list(self, value: Any) -> list[Any]:
        parts = self._to_components(SparseTensor.from_value(value))
        return [raw.SerializeSparse(*parts, out_type=dtypes.variant)]

    def _to_batched_tensor_list(self, value: Any) -> list[Any]:
        if self._shape.merge_with(value.shape).rank == 0:
            raise ValueError(
                "Unbatching a sparse tensor is only supported for rank >= 1. Obtained input: "
                f"{value}."
            )
        parts = self._to_components(value)
        return [raw.SerializeManySparse(*parts, out_type=dtypes.variant)]

    def _from_compatible_tensor_list(self, tensor_list: Any) -> SparseTensor:
        (encoded,) = tensor_list
        indices, values, shape = raw.DeserializeSparse(encoded, dtype=self._dtype)
        if getattr(indices, "is_symbolic", False):
            rank = self._shape.rank
            indices.set_shape([None, rank])
            shape.set_shape([rank])
        return self._from_components([indices, values, shape])

    def _batch(self, batch_size: int | None) -> SparseTensorSpec:
        return SparseTensorSpec(TensorShape([batch_size]).concatenate(self._shape), self._dtype)

    def _unbatch(self) -> SparseTensorSpec:
        return SparseTensorSpec(self._shape[1:], self._dtype)


@export("compat.v1.SparseTensorValue")
class SparseTensorValue(NamedTuple):
    """The value of a sparse tensor as arrays."""

    indices: Any
    values: Any
    dense_shape: Any


def sparse_of_value(value: Any) -> Any:
    """The sparse tensor of a `SparseTensorValue`; anything else as it is."""
    return SparseTensor(*value) if isinstance(value, SparseTensorValue) else value


@export("SparseTensor", "sparse.SparseTensor")
class SparseTensor(CompositeTensor):
    """A tensor given by the positions and values of its non-default elements.

    Args:
        indices: int64 `[n, rank]`, positions, usually in row-major order.
        values: `[n]`, of any dtype.
        dense_shape: int64 `[rank]`.

    >>> import tidefall as tf
    >>> s = tf.SparseTensor(indices=[[0, 1]], values=[5.0], dense_shape=[2, 2])
    >>> tf.sparse.to_dense(s).numpy()
    array([[0., 5.],
           [0., 0.]], dtype=float32)
    """

    is_tensor_like = True

    def __init__(self, indices: Any, values: Any, dense_shape: Any):
        self._indices = convert_to_tensor(indices, dtypes.int64)
        self._values = convert_to_tensor(values)
        self._dense_shape = convert_to_tensor(dense_shape, dtypes.int64)
        indices_shape = self._indices.shape.with_rank(2)
        values_shape = self._values.shape.with_rank(1)
        shape_shape = self._dense_shape.shape.with_rank(1)
        TensorShape([indices_shape[0]]).assert_is_compatible_with(TensorShape([values_shape[0]]))
        TensorShape([indices_shape[1]]).assert_is_compatible_with(TensorShape([shape_shape[0]]))
        self._static = _static_shape(self._dense_shape)

    @property
    def indices(self) -> Any:
        return self._indices

    @property
    def values(self) -> Any:
        return self._values

    @property
    def dense_shape(self) -> Any:
        return self._dense_shape

    @property
    def dtype(self) -> DType:
        return self._values.dtype

    @property
    def shape(self) -> TensorShape:
        """The static dense shape."""
        return self._static

    def get_shape(self) -> TensorShape:
        """The static dense shape."""
        return self._static

    def set_shape(self, shape: Any) -> None:
        """Refine the static dense shape."""
        self._static = self._static.merge_with(shape)

    @property
    def graph(self) -> Any:
        return self._indices.graph

    @property
    def op(self) -> Any:
        return self._values.op

    def with_values(self, new_values: Any) -> SparseTensor:
        """The same positions with other values."""
        return SparseTensor(self._indices, new_values, self._dense_shape)

    @classmethod
    def from_value(cls, sparse_tensor_value: Any) -> SparseTensor:
        """A sparse tensor from an object with indices, values and dense_shape."""
        if isinstance(sparse_tensor_value, SparseTensor):
            return sparse_tensor_value
        return cls(
            sparse_tensor_value.indices, sparse_tensor_value.values, sparse_tensor_value.dense_shape
        )

    def __mul__(self, other: Any) -> Any:
        return _operator("__mul__", self, other)

    def __truediv__(self, other: Any) -> Any:
        return _operator("__truediv__", self, other)

    __div__ = __truediv__

    def consumers(self) -> list[Any]:
        """Nodes that read the values."""
        return self._values.consumers()

    @property
    def _type_spec(self) -> SparseTensorSpec:
        return SparseTensorSpec(self._static, self.dtype)

    def __repr__(self) -> str:
        if isinstance(self._values, SymbolicTensor):
            return (
                f"SparseTensor(indices={self._indices}, values={self._values}, "
                f"dense_shape={self._dense_shape})"
            )
        return (
            f"SparseTensor(indices={self._indices!s}, values={self._values!s}, "
            f"dense_shape={self._dense_shape!s})"
        )


def _operator(name: str, sparse: SparseTensor, other: Any) -> Any:
    is_dispatched(sparse)  # this loads the operators
    return operators[f"sparse.{name}"](sparse, other)


register_type(SparseTensor, "tidefall.ops.sparse.dispatch")


def _static_shape(dense_shape: Any) -> TensorShape:
    if isinstance(dense_shape, EagerTensor):
        return TensorShape(dense_shape.host_array().tolist())
    return dense_shape.graph.static_shape(dense_shape)


SparseTensor.__module__ = "tensorflow.python.framework.sparse_tensor"
