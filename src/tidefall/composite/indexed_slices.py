"""`tf.IndexedSlices`: some rows of a larger tensor, as gradients of gathers are."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.composite import CompositeTensor
from tidefall.base.dtypes import DType, as_dtype
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.tensor import type_spec_registry
from tidefall.tensor.conversion import convert_to_tensor, register_tensor_conversion_function
from tidefall.tensor.specs import TensorSpec
from tidefall.tensor.tensor import SymbolicTensor
from tidefall.tensor.type_spec import TypeSpec

LARGE = 100_000_000


@export("IndexedSlices")
class IndexedSlices(CompositeTensor):
    """Rows of a tensor by index: row `indices[i]` is `values[i]`, and repeated rows add up.

    Args:
        values: a tensor `[n, ...]`, the rows.
        indices: an integer vector `[n]`, where they belong.
        dense_shape: the shape of the whole tensor as a vector, or None where it is not known.

    >>> import tidefall as tf
    >>> slices = tf.IndexedSlices(tf.constant([1.0, 2.0]), tf.constant([0, 2]), tf.constant([4]))
    >>> tf.convert_to_tensor(slices).numpy()
    array([1., 0., 2., 0.], dtype=float32)
    """

    is_tensor_like = True

    def __init__(self, values: Any, indices: Any, dense_shape: Any = None):
        self._values = values
        self._indices = indices
        self._dense_shape = dense_shape

    @property
    def values(self) -> Any:
        """The rows."""
        return self._values

    @property
    def indices(self) -> Any:
        """Where each row belongs."""
        return self._indices

    @property
    def dense_shape(self) -> Any:
        """Shape of the whole tensor, or None."""
        return self._dense_shape

    @property
    def shape(self) -> TensorShape:
        """Static shape of the whole tensor."""
        if self._dense_shape is None:
            return TensorShape(None)
        if isinstance(self._dense_shape, SymbolicTensor):
            return self._dense_shape.graph.static_shape(self._dense_shape)
        if isinstance(self._dense_shape, (TensorShape, list, tuple)):
            return TensorShape(self._dense_shape)
        return TensorShape(np.asarray(self._dense_shape).tolist())

    @property
    def name(self) -> str:
        """Name of the rows' tensor."""
        return self.values.name

    @property
    def device(self) -> str:
        """Device of the rows."""
        return self.values.device

    @property
    def op(self) -> Any:
        """The node that makes the rows."""
        return self.values.op

    @property
    def dtype(self) -> DType:
        """Dtype of the rows."""
        return self.values.dtype

    @property
    def graph(self) -> Any:
        """The graph of the rows."""
        return self.values.graph

    def consumers(self) -> list[Any]:
        """The nodes that read the rows."""
        return self.values.consumers() if isinstance(self.values, SymbolicTensor) else []

    def __neg__(self) -> IndexedSlices:
        return IndexedSlices(-self.values, self.indices, self.dense_shape)

    def __str__(self) -> str:
        shape = "" if self._dense_shape is None else f", dense_shape={self._dense_shape!s}"
        return f"IndexedSlices(indices={self._indices!s}, values={self._values!s}{shape})"

    @property
    def _type_spec(self) -> IndexedSlicesSpec:
        indices_shape = self._indices.shape.merge_with(self._values.shape[:1])
        shape = TensorShape([None]).concatenate(self._values.shape[1:])
        if self._dense_shape is not None:
            shape = shape.merge_with(self.shape)
        return IndexedSlicesSpec(
            shape,
            self.dtype,
            self._indices.dtype,
            None if self._dense_shape is None else self._dense_shape.dtype,
            indices_shape,
        )

    def _shape_invariant_to_type_spec(self, shape: Any) -> IndexedSlicesSpec:
        return IndexedSlicesSpec(
            TensorShape([None]).concatenate(TensorShape(shape)[1:]),
            self.dtype,
            self._indices.dtype,
            None if self._dense_shape is None else self._dense_shape.dtype,
            TensorShape([None]),
        )


@export("IndexedSlicesSpec")
@type_spec_registry.register("tf.IndexedSlicesSpec")
class IndexedSlicesSpec(TypeSpec):
    """The type of a `tf.IndexedSlices`.

    Args:
        shape: shape of the whole tensor.
        dtype: dtype of the rows.
        indices_dtype: int32 or int64.
        dense_shape_dtype: dtype of `dense_shape`; None means there is none.
        indices_shape: shape of the indices, `[None]` by default.

    >>> import tidefall as tf
    >>> tf.IndexedSlicesSpec([None, 2]).dtype
    tf.float32
    """

    __slots__ = (
        "_dense_shape_dtype",
        "_indices_dtype",
        "_indices_shape",
        "_shape",
        "_values_dtype",
    )

    def __init__(
        self,
        shape: Any = None,
        dtype: Any = dtypes.float32,
        indices_dtype: Any = dtypes.int64,
        dense_shape_dtype: Any = None,
        indices_shape: Any = None,
    ):
        self._shape = TensorShape(shape)
        self._values_dtype = as_dtype(dtype)
        self._indices_dtype = as_dtype(indices_dtype)
        self._dense_shape_dtype = None if dense_shape_dtype is None else as_dtype(dense_shape_dtype)
        self._indices_shape = TensorShape(indices_shape).with_rank(1)

    @property
    def value_type(self) -> Any:
        """The class of the values of this type."""
        return IndexedSlices

    @property
    def shape(self) -> TensorShape:
        """Shape of the whole tensor."""
        return self._shape

    @property
    def dtype(self) -> DType:
        """Dtype of the rows."""
        return self._values_dtype

    def _serialize(self) -> tuple[Any, ...]:
        return (
            self._shape,
            self._values_dtype,
            self._indices_dtype,
            self._dense_shape_dtype,
            self._indices_shape,
        )

    @property
    def _component_specs(self) -> tuple[TensorSpec, ...]:
        rows = self._indices_shape.concatenate(self._shape[1:])
        specs = [
            TensorSpec(rows, self._values_dtype),
            TensorSpec(self._indices_shape, self._indices_dtype),
        ]
        if self._dense_shape_dtype is not None:
            specs.append(TensorSpec([self._shape.rank], self._dense_shape_dtype))
        return tuple(specs)

    def _to_components(self, value: Any) -> tuple[Any, ...]:
        if value.dense_shape is None:
            return (value.values, value.indices)
        return (value.values, value.indices, value.dense_shape)

    def _from_components(self, components: Any) -> IndexedSlices:
        return IndexedSlices(*components)


def _to_dense(
    value: IndexedSlices, dtype: Any = None, name: str | None = None, as_ref: bool = False
) -> Any:
    if dtype is not None and not as_dtype(dtype).is_compatible_with(value.dtype):
        raise ValueError(
            f"Incompatible tensor conversion requested to `dtype` {as_dtype(dtype).name} for "
            f"IndexedSlices ({value}) with dtype {value.dtype.name}"
        )
    if value.dense_shape is None:
        raise ValueError(
            "Tensor conversion requested for IndexedSlices for argument `value` without "
            f"dense_shape: {value}"
        )
    size = value.shape.num_elements()
    if size is not None and size >= LARGE:
        warnings.warn(
            f"Converting sparse IndexedSlices to a dense Tensor with {size} elements. This may "
            "consume a large amount of memory.",
            stacklevel=2,
        )
    rows = raw.StridedSlice(value.dense_shape, [0], [1], [1], shrink_axis_mask=1)
    return raw.UnsortedSegmentSum(value.values, value.indices, rows, name=name)


register_tensor_conversion_function(IndexedSlices, _to_dense)


def as_indexed_slices(value: Any) -> IndexedSlices:
    """The value itself if it is an IndexedSlices, else one that holds all rows of a tensor."""
    if isinstance(value, IndexedSlices):
        return value
    tensor = convert_to_tensor(value)
    shape = raw.Shape(tensor)
    rows = raw.StridedSlice(shape, [0], [1], [1], shrink_axis_mask=1)
    return IndexedSlices(tensor, raw.Range(0, rows, 1), shape)


def gradient_parts(gradient: Any) -> list[Any]:
    """The tensors a gradient is made of: itself, or those of an `IndexedSlices`."""
    if hasattr(gradient, "indices"):
        parts = [gradient.values, gradient.indices]
        return parts if gradient.dense_shape is None else [*parts, gradient.dense_shape]
    return [gradient]


def gradient_of_parts(like: Any, flat: Iterator[Any]) -> Any:
    """A gradient of the kind of `like` from the next tensors of `flat`."""
    if hasattr(like, "indices"):
        values, indices = next(flat), next(flat)
        return IndexedSlices(values, indices, None if like.dense_shape is None else next(flat))
    return next(flat)
