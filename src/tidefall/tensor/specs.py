"""The specs of dense tensors and of None, and the spec of any value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Self

import numpy as np

from tidefall.base.composite import CompositeTensor, TypeSpecBase
from tidefall.base.dtypes import DType, as_dtype, float32
from tidefall.base.shapes import TensorShape, broadcast_shape
from tidefall.tensor import type_spec_registry
from tidefall.tensor.type_spec import BatchableTypeSpec, TypeSpec
from tidefall.tensor.type_spec_registry import register_type_spec_from_value_converter

__all__ = [
    "BatchableTypeSpec",
    "BoundedTensorSpec",
    "NoneTensor",
    "NoneTensorSpec",
    "TensorSpec",
    "TypeSpec",
    "register_type_spec_from_value_converter",
    "type_spec_from_value",
]


def _tensor_class() -> Any:
    # `tensor` asks this module for the spec of a tensor, so it cannot be imported above.
    from tidefall.tensor.tensor import Tensor

    return Tensor


@type_spec_registry.register("tf.TensorSpec")
class TensorSpec(BatchableTypeSpec):
    """The shape, dtype and name of a tensor.

    Args:
        shape: anything `tf.TensorShape` takes; None for an unknown shape.
        dtype: the dtype of the elements.
        name: name of a function's argument or input.

    Raises:
        TypeError: if `shape` or `dtype` cannot be converted.

    >>> import tidefall as tf
    >>> tf.TensorSpec([2, None], tf.float32)
    TensorSpec(shape=(2, None), dtype=tf.float32, name=None)
    """

    __slots__ = ("__dict__", "_dtype", "_name", "_shape")

    def __init__(self, shape: Any, dtype: Any = float32, name: str | None = None):
        self._shape = shape if type(shape) is TensorShape else TensorShape(shape)
        self._dtype = dtype if type(dtype) is DType else as_dtype(dtype)
        self._name = name

    @property
    def shape(self) -> TensorShape:
        """The static shape."""
        return self._shape

    @property
    def dtype(self) -> DType:
        """The dtype of the elements."""
        return self._dtype

    @property
    def name(self) -> str | None:
        """The name, or None."""
        return self._name

    @property
    def value_type(self) -> Any:
        """`tf.Tensor`."""
        return _tensor_class()

    @classmethod
    def from_spec(cls, spec: Any, name: str | None = None) -> Self:
        """A TensorSpec with the shape and dtype of `spec`.

        Args:
            spec: something with `shape`, `dtype` and `name`.
            name: the new name; by default that of `spec`.
        """
        return cls(spec.shape, spec.dtype, name or spec.name)

    @classmethod
    def from_tensor(cls, tensor: Any, name: str | None = None) -> TensorSpec:
        """The TensorSpec of a tensor.

        Args:
            tensor: a `tf.Tensor`.
            name: the spec's name; by default that of the op that makes a symbolic tensor.

        Raises:
            ValueError: if `tensor` is not a tensor.
        """
        if not isinstance(tensor, _tensor_class()):
            raise ValueError(f"`tensor` should be a tf.Tensor, but got type {type(tensor)}.")
        if not name and tensor.is_symbolic:
            name = tensor.op.name
        return TensorSpec(tensor.shape, tensor.dtype, name)

    def is_compatible_with(  # pyright: ignore[reportIncompatibleMethodOverride]  # TensorFlow's name
        self, spec_or_tensor: Any
    ) -> bool:
        """Whether a spec or tensor has a compatible dtype and shape; names do not matter."""
        if not isinstance(spec_or_tensor, (TensorSpec, _tensor_class())):
            return False
        return self._dtype.is_compatible_with(
            spec_or_tensor.dtype
        ) and self._shape.is_compatible_with(spec_or_tensor.shape)

    def is_subtype_of(self, other: Any) -> bool:
        """Whether every tensor of this type is also one of `other`.

        A spec that has a name is a subtype only of specs with the same name.
        """
        return (
            type(self) is type(other)
            and (self._name is None or self._name == other._name)
            and self._dtype == other._dtype
            and self._shape.is_subtype_of(other._shape)
        )

    def most_specific_common_supertype(self, others: Sequence[Any]) -> TensorSpec | None:
        """The narrowest TensorSpec of which this one and all `others` are subtypes, or None."""
        for other in others:
            if type(self) is not type(other) or self._dtype != other._dtype:
                return None
            if self._name != other._name:
                return None
        shape = self._shape.most_specific_common_supertype([other._shape for other in others])
        return None if shape is None else type(self)(shape, self._dtype, self._name)

    def placeholder_value(self, placeholder_context: Any) -> Any:
        """A new graph input of this type; see `TypeSpec.placeholder_value`."""
        if getattr(placeholder_context, "unnest_only", False):
            return self
        return placeholder_context.placeholder(self)

    def to_tensors(self, value: Any) -> list[Any]:
        """`[value]`, converted to a tensor of this type."""
        return [self.cast(value, None)]

    def from_tensors(self, tensors: Iterator[Any]) -> Any:
        """The next tensor of the iterator."""
        return next(tensors)

    def flatten(self) -> list[Any]:
        """`[self]`."""
        return [self]

    def cast(self, value: Any, casting_context: Any) -> Any:
        """`value` as a tensor of this type.

        Raises:
            TypeError: if its dtype or shape does not fit.
        """
        if getattr(casting_context, "allow_specs", False) and isinstance(value, TensorSpec):
            assert value.is_subtype_of(self), f"Can not cast {value!r} to {self!r}"
            return self
        if not isinstance(value, _tensor_class()):
            from tidefall.tensor.conversion import convert_to_tensor

            value = convert_to_tensor(value, self._dtype)
        given = TensorSpec(value.shape, value.dtype)
        if self._dtype == given.dtype:
            if given.shape.is_subtype_of(self._shape):
                return value
            if self._shape.is_subtype_of(given.shape):
                value.set_shape(self._shape)
                return value
        raise TypeError(f"Can not cast {given!r} to {self!r}")

    def _serialize(self) -> tuple[Any, ...]:
        return (self._shape, self._dtype, self._name)

    @property
    def _component_specs(self) -> Any:
        return self

    def _to_components(self, value: Any) -> Any:
        from tidefall.tensor.conversion import convert_to_tensor

        return convert_to_tensor(value, self._dtype)

    def _from_components(self, components: Any) -> Any:
        return components

    def _to_tensor_list(self, value: Any) -> list[Any]:
        return [self._to_components(value)]

    def _from_compatible_tensor_list(self, tensor_list: Sequence[Any]) -> Any:
        (tensor,) = tensor_list
        if tensor.is_symbolic:
            tensor.set_shape(self._shape)
        return tensor

    def _to_batched_tensor_list(self, value: Any) -> list[Any]:
        return self._to_tensor_list(value)

    def _batch(self, batch_size: int | None) -> TensorSpec:
        return TensorSpec(TensorShape([batch_size]).concatenate(self._shape), self._dtype)

    def _unbatch(self) -> TensorSpec:
        if self._shape.rank == 0:
            raise ValueError("Unbatching a tensor is only supported for rank >= 1")
        return TensorSpec(self._shape[1:], self._dtype)

    def _with_tensor_ranks_only(self) -> TensorSpec:
        rank = self._shape.rank
        shape = TensorShape(None if rank is None else [None] * rank)
        return TensorSpec(shape, self._dtype, self._name)

    def _without_tensor_names(self) -> TensorSpec:
        return self if self._name is None else TensorSpec(self._shape, self._dtype)

    def _with_name(self, name: str | None) -> TensorSpec:
        return TensorSpec(self._shape, self._dtype, name)

    def _to_legacy_output_types(self) -> Any:
        return self._dtype

    def _to_legacy_output_shapes(self) -> Any:
        return self._shape

    def _to_legacy_output_classes(self) -> Any:
        return self.value_type

    def __eq__(self, other: object) -> bool:
        return (
            type(other) is type(self)
            and self._name == other._name
            and self._dtype == other._dtype
            and self._shape == other._shape
        )

    def __hash__(self) -> int:
        return hash((self._shape, self._dtype))

    def __repr__(self) -> str:
        return f"TensorSpec(shape={self._shape}, dtype={self._dtype!r}, name={self._name!r})"


@type_spec_registry.register("tf.BoundedTensorSpec")
class BoundedTensorSpec(TensorSpec):
    """A TensorSpec with bounds of the elements.

    Args:
        shape: anything `tf.TensorShape` takes.
        dtype: the dtype of the elements.
        minimum: lower bound, a number or array that broadcasts to `shape`.
        maximum: upper bound, likewise.
        name: name of the tensor.

    Raises:
        ValueError: if a bound is None or does not broadcast to `shape`.
    """

    __slots__ = ("_maximum", "_minimum")

    def __init__(self, shape: Any, dtype: Any, minimum: Any, maximum: Any, name: str | None = None):
        super().__init__(shape, dtype, name)
        self._minimum = self._bound("minimum", minimum)
        self._maximum = self._bound("maximum", maximum)

    def _bound(self, which: str, value: Any) -> np.ndarray:
        if value is None:
            raise ValueError(f"`{which}` can not be None.")
        bound = np.array(value, dtype=self._dtype.as_numpy_dtype)
        try:
            broadcast_shape(bound.shape, self._shape)
        except ValueError:
            raise ValueError(
                f"`{which}` {value} is not compatible with shape {self._shape}."
            ) from None
        bound.setflags(write=False)
        return bound

    @classmethod
    def from_spec(cls, spec: Any, name: str | None = None) -> Self:
        """A BoundedTensorSpec like `spec`, whose bounds default to those of its dtype."""
        dtype = as_dtype(spec.dtype)
        minimum = getattr(spec, "minimum", dtype.min)
        maximum = getattr(spec, "maximum", dtype.max)
        return cls(spec.shape, dtype, minimum, maximum, name or spec.name)

    @property
    def minimum(self) -> np.ndarray:
        """The lower bound."""
        return self._minimum

    @property
    def maximum(self) -> np.ndarray:
        """The upper bound."""
        return self._maximum

    def _serialize(self) -> tuple[Any, ...]:
        return (self._shape, self._dtype, self._minimum, self._maximum, self._name)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, BoundedTensorSpec)
            and super().__eq__(other)
            and np.array_equal(self._minimum, other._minimum)
            and np.array_equal(self._maximum, other._maximum)
        )

    __hash__ = TensorSpec.__hash__

    def __repr__(self) -> str:
        return (
            f"BoundedTensorSpec(shape={self._shape}, dtype={self._dtype!r}, name={self._name!r}, "
            f"minimum={self._minimum!r}, maximum={self._maximum!r})"
        )


class NoneTensor(CompositeTensor):
    """The class that values of a NoneTensorSpec are said to have; the value itself is None."""

    @property
    def _type_spec(self) -> Any:
        return NoneTensorSpec()


@type_spec_registry.register("tf.NoneTensorSpec")
class NoneTensorSpec(BatchableTypeSpec):
    """The type of None where a tensor might be, as in the elements of a dataset.

    >>> import tidefall as tf
    >>> tf.NoneTensorSpec() == tf.NoneTensorSpec()
    True
    """

    __slots__ = ()

    @property
    def value_type(self) -> Any:
        """`NoneTensor`."""
        return NoneTensor

    def _serialize(self) -> tuple[Any, ...]:
        return ()

    @property
    def _component_specs(self) -> Any:
        return []

    def _to_components(self, value: Any) -> Any:
        return []

    def _from_components(self, components: Any) -> None:
        return None

    @classmethod
    def from_value(cls, value: Any) -> NoneTensorSpec:
        """The spec; there is only one."""
        return cls()

    def most_specific_compatible_shape(self, other: Any) -> TypeSpec:
        """This spec; ValueError if `other` is of another class."""
        return self.most_specific_compatible_type(other)

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """True for None and for another NoneTensorSpec."""
        return spec_or_value is None or type(spec_or_value) is type(self)

    def most_specific_compatible_type(self, other: Any) -> TypeSpec:
        """This spec; ValueError if `other` is of another class."""
        if type(other) is not type(self):
            raise ValueError(f"No TypeSpec is compatible with both {self} and {other}")
        return self

    def _batch(self, batch_size: int | None) -> TypeSpec:
        return self

    def _unbatch(self) -> TypeSpec:
        return self


register_type_spec_from_value_converter(type(None), lambda _: NoneTensorSpec())


def type_spec_from_value(value: Any) -> Any:
    """The `tf.TypeSpec` of a value.

    Args:
        value: a tensor, composite tensor, variable, dataset, None, NumPy array, or a Python value
            that `tf.convert_to_tensor` takes.

    Returns:
        A TypeSpec that `value` is compatible with.

    Raises:
        TypeError: if the value has no type spec.

    >>> import tidefall as tf
    >>> tf.type_spec_from_value([[1.0, 2.0]])
    TensorSpec(shape=(1, 2), dtype=tf.float32, name=None)
    """
    if isinstance(value, _tensor_class()):
        return TensorSpec(value.shape, value.dtype)
    spec = getattr(value, "_type_spec", None)
    if not isinstance(spec, TypeSpecBase):
        spec = type_spec_registry.converted(value)
    if spec is None and not isinstance(value, TypeSpecBase):
        spec = _spec_of_constant(value)
    if spec is None:
        raise TypeError(
            f"Could not build a TypeSpec for {value!r} of unsupported type {type(value)}."
        )
    return spec


def _spec_of_constant(value: Any) -> TensorSpec | None:
    from tidefall.base.state import graph_scope
    from tidefall.tensor.conversion import convert_to_tensor

    try:
        with graph_scope(None):
            tensor = convert_to_tensor(value)
    except (ValueError, TypeError):
        return None
    return TensorSpec(tensor.shape, tensor.dtype)
