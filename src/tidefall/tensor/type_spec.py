"""`tf.TypeSpec`: the type of a value that is made of tensors."""

from __future__ import annotations

import abc
from collections.abc import Iterator, Sequence
from typing import Any, Self

import numpy as np

from tidefall.base import nest
from tidefall.base.composite import TypeSpecBase
from tidefall.base.dtypes import DType
from tidefall.base.services import services
from tidefall.base.shapes import TensorShape
from tidefall.base.type_guards import is_array, is_dict, is_sequence


class TypeSpec(TypeSpecBase, metaclass=abc.ABCMeta):
    """The type of a value that TensorFlow functions take or return.

    A subclass says which class its values have (`value_type`), which tensors they are made of
    (`_component_specs`, `_to_components`, `_from_components`) and what makes two types the same
    (`_serialize`, a nested tuple of constructor arguments). All else follows from these.

    >>> import tidefall as tf
    >>> tf.TensorSpec([None, 3]).is_compatible_with(tf.zeros([2, 3]))
    True
    """

    __slots__ = ("__weakref__", "_cached_cmp_key")

    @property
    @abc.abstractmethod
    def value_type(self) -> Any:
        """The class of the values of this type."""

    @abc.abstractmethod
    def _serialize(self) -> tuple[Any, ...]:
        """The constructor arguments of this spec, as a nested tuple."""

    @property
    @abc.abstractmethod
    def _component_specs(self) -> Any:
        """The specs of the components, nested as `_to_components` nests them."""

    @abc.abstractmethod
    def _to_components(self, value: Any) -> Any:
        """The tensors and composite tensors a value is made of, in a nested structure."""

    @abc.abstractmethod
    def _from_components(self, components: Any) -> Any:
        """The value made of the given components."""

    @classmethod
    def _deserialize(cls, serialization: Any) -> Self:
        return cls(*serialization)

    def is_subtype_of(self, other: Any) -> bool:
        """Whether every value of this type is also one of `other`.

        Args:
            other: another type.

        Returns:
            True if both are specs of one class, whose shapes and inner specs are subtypes and
            whose other arguments are equal.
        """
        if type(self) is not type(other):
            return False
        mine, theirs = self._serialize(), other._serialize()
        if not _same_form(mine, theirs):
            return False
        pairs = zip(nest.flatten(mine), nest.flatten(theirs), strict=True)
        return all(a.is_subtype_of(b) if _is_type(a) else a == b for a, b in pairs)

    def most_specific_common_supertype(self, others: Sequence[Any]) -> TypeSpec | None:
        """The narrowest type that this one and all `others` are subtypes of, or None.

        Args:
            others: a sequence of types.
        """
        if any(type(self) is not type(other) for other in others):
            return None
        mine = self._serialize()
        theirs = [other._serialize() for other in others]
        if not all(_same_form(mine, other) for other in theirs):
            return None
        merged: list[Any] = []
        for row in zip(nest.flatten(mine), *(nest.flatten(s) for s in theirs), strict=True):
            first, rest = row[0], row[1:]
            if _is_type(first):
                common = first.most_specific_common_supertype(list(rest))
                if common is None:
                    return None
                merged.append(common)
            elif all(first == other for other in rest):
                merged.append(first)
            else:
                return None
        return self._deserialize(nest.pack_sequence_as(mine, merged))

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Whether a type or value may stand where this type is expected.

        Args:
            spec_or_value: a TypeSpec, or a value that has one.

        Raises:
            TypeError: for a value without a type spec.
        """
        if not isinstance(spec_or_value, TypeSpec):
            from tidefall.tensor.specs import type_spec_from_value

            spec_or_value = type_spec_from_value(spec_or_value)
        if type(self) is not type(spec_or_value):
            return False
        return _compatible(self._serialize(), spec_or_value._serialize())

    def most_specific_compatible_type(self, other: TypeSpec) -> TypeSpec:
        """Old form of `most_specific_common_supertype`, that raises when there is none.

        Raises:
            ValueError: if the types have no common supertype.
        """
        result = self.most_specific_common_supertype([other])
        if result is None:
            raise ValueError(f"No TypeSpec is compatible with both {self} and {other}")
        return result

    def _with_tensor_ranks_only(self) -> Any:
        """This type with every known dimension made unknown."""

        def relax(value: Any) -> Any:
            if isinstance(value, TypeSpec):
                return value._with_tensor_ranks_only()
            if isinstance(value, TensorShape) and value.rank is not None:
                return TensorShape([None] * value.rank)
            return value

        return self._deserialize(nest.map_structure(relax, self._serialize()))

    def _without_tensor_names(self) -> Any:
        """This type with the names of tensor specs removed."""

        def rename(value: Any) -> Any:
            return value._without_tensor_names() if isinstance(value, TypeSpec) else value

        return self._deserialize(nest.map_structure(rename, self._serialize()))

    # What tf.function does with the types of its arguments.

    def __tf_tracing_type__(self, context: Any = None) -> TypeSpec:
        return self

    def placeholder_value(self, placeholder_context: Any) -> Any:
        """A value of this type made of new graph inputs.

        Args:
            placeholder_context: offers `placeholder(tensor_spec)`, which adds one input.
        """
        if getattr(placeholder_context, "unnest_only", False):
            return self

        def placeholder(spec: Any) -> Any:
            return spec.placeholder_value(placeholder_context)

        return self._from_components(nest.map_structure(placeholder, self._component_specs))

    def to_tensors(self, value: Any) -> list[Any]:
        """The tensors of a value, in the order of `flatten`."""
        specs, parts = self._component_specs, self._to_components(value)
        nest.assert_same_structure(specs, parts)
        pairs = zip(nest.flatten(specs), nest.flatten(parts), strict=True)
        return [tensor for spec, part in pairs for tensor in spec.to_tensors(part)]

    def from_tensors(self, tensors: Iterator[Any]) -> Any:
        """A value made of the next tensors of an iterator."""

        def build(spec: Any) -> Any:
            return spec.from_tensors(tensors)

        return self._from_components(nest.map_structure(build, self._component_specs))

    def flatten(self) -> list[Any]:
        """The tensor specs this type is made of."""
        return [inner for spec in nest.flatten(self._component_specs) for inner in spec.flatten()]

    def cast(self, value: Any, casting_context: Any) -> Any:
        """`value` as a value of this type; `value` itself when it is one already."""
        if getattr(casting_context, "allow_specs", False) and isinstance(value, TypeSpec):
            assert value.is_subtype_of(self), f"Can not cast {value!r} to {self!r}"
            return self

        def cast_part(spec: Any, part: Any) -> Any:
            return spec.cast(part, casting_context)

        parts = self._to_components(value)
        cast = nest.map_structure(cast_part, self._component_specs, parts)
        pairs = zip(nest.flatten(parts), nest.flatten(cast), strict=True)
        return value if all(a is b for a, b in pairs) else self._from_components(cast)

    # Values as flat lists of tensors, composite components opened.

    @property
    def _flat_tensor_specs(self) -> list[Any]:
        return nest.flatten(self._component_specs, expand_composites=True)

    def _to_tensor_list(self, value: Any) -> list[Any]:
        return nest.flatten(self._to_components(value), expand_composites=True)

    def _from_tensor_list(self, tensor_list: Sequence[Any]) -> Any:
        self._check_tensor_list(tensor_list)
        return self._from_compatible_tensor_list(tensor_list)

    def _from_compatible_tensor_list(self, tensor_list: Sequence[Any]) -> Any:
        specs = self._component_specs
        return self._from_components(
            nest.pack_sequence_as(specs, list(tensor_list), expand_composites=True)
        )

    def _check_tensor_list(self, tensor_list: Sequence[Any]) -> None:
        expected = self._flat_tensor_specs
        failed = f"Cannot create a {self.value_type.__name__} from the tensor list because"
        if len(expected) != len(tensor_list):
            raise ValueError(
                f"{failed} the TypeSpec expects {len(expected)} items, but the provided tensor "
                f"list has {len(tensor_list)} items."
            )
        for i, (spec, tensor) in enumerate(zip(expected, tensor_list, strict=True)):
            if not spec.is_compatible_with(tensor):
                raise ValueError(
                    f"{failed} item {i} ({tensor!r}) is incompatible with the expected TypeSpec "
                    f"{spec}."
                )

    def _to_legacy_output_types(self) -> Any:
        return self

    def _to_legacy_output_shapes(self) -> Any:
        return self

    def _to_legacy_output_classes(self) -> Any:
        return self

    # Files.

    @classmethod
    def experimental_type_proto(cls) -> Any:
        """The message class that holds a type spec, `TypeSpecProto`."""
        return services.proto_codec()[2]()

    @classmethod
    def experimental_from_proto(cls, proto: Any) -> Any:
        """The type spec that a `TypeSpecProto` message describes."""
        return services.proto_codec()[1](proto)

    def experimental_as_proto(self) -> Any:
        """This type spec as a `TypeSpecProto` message."""
        return services.proto_codec()[0](self)

    # Comparison.

    def _cmp_key(self) -> Any:
        try:
            return self._cached_cmp_key
        except AttributeError:
            key = (type(self), _hashable(self._serialize()))
            self._cached_cmp_key = key
            return key

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TypeSpec) and self._cmp_key() == other._cmp_key()

    def __hash__(self) -> int:
        return hash(self._cmp_key())

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self._serialize()

    def __repr__(self) -> str:
        return f"{type(self).__name__}{self._serialize()!r}"


class BatchableTypeSpec(TypeSpec):
    """A type whose values can be stacked along a new outermost dimension, as `batch` does."""

    __slots__ = ()

    @abc.abstractmethod
    def _batch(self, batch_size: int | None) -> TypeSpec:
        """The type of a batch of values of this type."""

    @abc.abstractmethod
    def _unbatch(self) -> TypeSpec:
        """The type of one element of a batch of this type."""

    def _to_batched_tensor_list(self, value: Any) -> list[Any]:
        return self._to_tensor_list(value)


def _is_type(value: Any) -> bool:
    return isinstance(value, TypeSpecBase | TensorShape) or hasattr(
        value, "most_specific_common_supertype"
    )


def _same_form(one: Any, two: Any) -> bool:
    try:
        nest.assert_same_structure(one, two)
    except (ValueError, TypeError):
        return False
    return True


def _compatible(one: Any, two: Any) -> bool:
    if isinstance(one, TypeSpec | TensorShape | DType):
        return bool(one.is_compatible_with(two))
    if type(one) is not type(two):
        return False
    if is_sequence(one):
        return len(one) == len(two) and all(map(_compatible, one, two))
    if is_dict(one):
        return one.keys() == two.keys() and all(_compatible(one[key], two[key]) for key in one)
    return bool(one == two)


def _hashable(value: Any) -> Any:
    """A hashable stand-in, equal for equal serializations only."""
    if is_sequence(value):
        parts = tuple(_hashable(item) for item in value)
        return parts if isinstance(value, tuple) else (list, parts)
    if is_dict(value):
        items = ((_hashable(key), _hashable(value[key])) for key in sorted(value))
        return (dict, tuple(items))
    if is_array(value):
        return (np.ndarray, value.dtype.str, value.shape, _hashable(value.tolist()))
    return value
