"""Types of extension types: their fields with specs in place of tensors, batches of them, files."""

from __future__ import annotations

import inspect
from typing import Any, ClassVar, cast

from tidefall.base import nest
from tidefall.base.composite import CompositeTensor, TypeSpecBase
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.composite.extension.fields import ImmutableDict, Sealed, converted, finishing, leaves
from tidefall.composite.extension.fields import map_leaves as _map
from tidefall.tensor import type_spec_registry
from tidefall.tensor.specs import type_spec_from_value
from tidefall.tensor.tensor import Tensor
from tidefall.tensor.type_spec import BatchableTypeSpec, TypeSpec


@export("experimental.ExtensionTypeBatchEncoder")
class ExtensionTypeBatchEncoder:
    """How values of a batchable extension type become values that can be stacked, and back.

    The default stacks each field. A type whose batches are something else sets
    `__batch_encoder__` to an instance of a subclass, which datasets and `tf.map_fn` ask.

    >>> import tidefall as tf
    >>> class Stacked(tf.experimental.ExtensionTypeBatchEncoder):
    ...     def batch(self, spec, batch_size):
    ...         print("a batch of", batch_size)
    ...         return super().batch(spec, batch_size)
    >>> class Point(tf.experimental.BatchableExtensionType):
    ...     __batch_encoder__ = Stacked()
    ...     xy: tf.Tensor
    >>> dataset = tf.data.Dataset.from_tensors(Point(tf.constant([1.0, 2.0]))).batch(2)
    a batch of None
    >>> dataset.element_spec.xy.shape
    TensorShape([None, 2])
    """

    def batch(self, spec: Any, batch_size: int | None) -> Any:
        """The type of a batch of values.

        Args:
            spec: the type of one value.
            batch_size: number of values, or None if it is unknown.
        """

        def batched(part: Any) -> Any:
            if isinstance(part, TensorShape):
                return TensorShape([batch_size]).concatenate(part)
            return cast(Any, part)._batch(batch_size) if isinstance(part, TypeSpecBase) else part

        return spec._each(batched)

    def unbatch(self, spec: Any) -> Any:
        """The type of one value of a batch.

        Args:
            spec: the type of the batch.
        """

        def first(part: Any) -> Any:
            if isinstance(part, TensorShape):
                return part[1:]
            return cast(Any, part)._unbatch() if isinstance(part, TypeSpecBase) else part

        return spec._each(first)

    def encode(self, spec: Any, value: Any, minimum_rank: int = 0) -> Any:
        """A value as a nest of batchable values (tensors, ragged or sparse tensors, ...).

        Args:
            spec: the type of the value.
            value: the value.
            minimum_rank: least rank each value of the result must have; 1 where it is going to be
                cut into rows.
        """
        return spec._to_components(value)

    def decode(self, spec: Any, encoded_value: Any) -> Any:
        """The value that was encoded.

        Args:
            spec: the type of the value.
            encoded_value: what `encode` gave, or rows or batches of it.
        """
        return spec._from_components(encoded_value)

    def encoding_specs(self, spec: Any) -> Any:
        """The types of what `encode` returns for values of type `spec`, in the same nest."""
        return spec._component_specs


@export("experimental.ExtensionTypeSpec")
class ExtensionTypeSpec(Sealed, TypeSpec):
    """The type of values of an extension type: their fields, with specs in place of tensors.

    Every extension type has its own, `Spec`, whose constructor takes the fields. A class `Spec`
    in the body of the extension type adds to it methods, properties and a constructor of its own.

    >>> import tidefall as tf
    >>> class Point(tf.experimental.ExtensionType):
    ...     x: tf.Tensor
    >>> isinstance(Point.Spec(tf.TensorSpec([])), tf.experimental.ExtensionTypeSpec)
    True
    """

    _owner: ClassVar[Any] = None
    _base_name = "ExtensionTypeSpec"

    def __init__(self, *args: Any, **kwargs: Any):
        _plain_init(self, *args, **kwargs)

    def __validate__(self) -> None:
        """Check the fields; for the `Spec` of an extension type."""

    @classmethod
    def _of(cls, fields: dict[str, Any]) -> Any:
        spec = cls.__new__(cls)
        vars(spec).update(fields)
        return spec

    @classmethod
    def from_value(cls, value: Any) -> Any:
        """The type of a value of the extension type."""
        return cls._of(_map_fields(_leaf_spec, value))

    @property
    def _fields(self) -> Any:  # type: ignore[override]
        return self._owner._fields

    @property
    def value_type(self) -> Any:
        """The extension type."""
        return self._owner

    def _serialize(self) -> tuple[Any, ...]:
        return tuple((name, _plain(getattr(self, name))) for name in self._fields)

    @classmethod
    def _deserialize(cls, serialization: Any) -> Any:
        fields = cls._owner._fields
        return cls._of({n: converted(v, fields[n], n, True) for n, v in serialization})

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self)._deserialize, (self._serialize(),)

    @property
    def _component_specs(self) -> tuple[Any, ...]:
        found = [leaf for name in self._fields for leaf in leaves(getattr(self, name))]
        return tuple(leaf for leaf in found if isinstance(leaf, TypeSpec))

    def _to_components(self, value: Any) -> tuple[Any, ...]:
        found = [leaf for name in self._fields for leaf in leaves(getattr(value, name))]
        return tuple(leaf for leaf in found if is_part(leaf))

    def _from_components(self, components: Any) -> Any:
        given = iter(components)

        def part(leaf: Any) -> Any:
            return next(given) if isinstance(leaf, TypeSpecBase) else leaf

        value = self._owner.__new__(self._owner)
        vars(value).update(_map_fields(part, self))
        return value

    def _each(self, change: Any) -> Any:
        return self._of(_map_fields(change, self))

    def __repr__(self) -> str:
        shown = ", ".join(f"{n}={_plain(getattr(self, n))!r}" for n in self._fields)
        return f"{type(self).__qualname__}({shown})"


class BatchableExtensionTypeSpec(ExtensionTypeSpec, BatchableTypeSpec):
    """The type of values of a batchable extension type; its batch encoder does the work."""

    @property
    def _encoder(self) -> ExtensionTypeBatchEncoder:
        return self._owner.__batch_encoder__

    def _batch(self, batch_size: int | None) -> Any:
        return self._encoder.batch(self, batch_size)

    def _unbatch(self) -> Any:
        return self._encoder.unbatch(self)

    @property
    def _encoding(self) -> list[Any]:
        return nest.flatten(self._encoder.encoding_specs(self))

    @property
    def _flat_tensor_specs(self) -> list[Any]:
        return [flat for spec in self._encoding for flat in spec._flat_tensor_specs]

    def _encoded(self, value: Any, minimum_rank: int) -> list[tuple[Any, Any]]:
        given = type_spec_from_value(value)
        if not self.is_compatible_with(given):
            raise ValueError(f"The value of type {given!r} is not compatible with {self!r}.")
        specs = self._encoder.encoding_specs(self)
        parts = self._encoder.encode(self, value, minimum_rank)
        nest.assert_same_structure(specs, parts)
        return list(zip(nest.flatten(specs), nest.flatten(parts), strict=True))

    def _to_tensor_list(self, value: Any) -> list[Any]:
        pairs = self._encoded(value, 0)
        return [tensor for spec, part in pairs for tensor in spec._to_tensor_list(part)]

    def _to_batched_tensor_list(self, value: Any) -> list[Any]:
        pairs = self._encoded(value, 1)
        return [tensor for spec, part in pairs for tensor in spec._to_batched_tensor_list(part)]

    def _from_compatible_tensor_list(self, tensor_list: Any) -> Any:
        parts, start = [], 0
        for spec in self._encoding:
            end = start + len(spec._flat_tensor_specs)
            parts.append(spec._from_compatible_tensor_list(tensor_list[start:end]))
            start = end
        specs = self._encoder.encoding_specs(self)
        return self._encoder.decode(self, nest.pack_sequence_as(specs, parts))


def _plain(value: Any) -> Any:
    if isinstance(value, ImmutableDict):
        return {k: _plain(v) for k, v in value.items()}
    return tuple(map(_plain, value)) if type(value) is tuple else value


def _plain_init(self: Any, *args: Any, **kwargs: Any) -> None:
    vars(self).update(self._signature.bind(*args, **kwargs).arguments)


def spec_class(
    owner: Any, signature: inspect.Signature, base: type[ExtensionTypeSpec]
) -> type[ExtensionTypeSpec]:
    """The `Spec` of an extension type, with what its own class `Spec` adds.

    Args:
        owner: the extension type. If its body sets `__name__`, files know the type by that name.
        signature: its parameters, one for each field.
        base: what the spec is derived from.

    Raises:
        ValueError: if the class in its body uses a name that is taken.
    """
    name = f"{owner.__qualname__}.Spec"
    fields = [p.replace(default=inspect.Parameter.empty) for p in signature.parameters.values()]
    members = {
        **_own_members(owner, name),
        "_owner": owner,
        "_signature": inspect.Signature(fields),  # types have no defaults
        "value_type": owner,
        "__module__": owner.__module__,
        "__qualname__": name,
    }
    init = members.get("__init__")
    members["__init__"] = finishing(init or _plain_init, specs=True)
    if init is None:
        first = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        members["__init__"].__signature__ = inspect.Signature([first, *fields])
    spec = type(f"{owner.__name__}.Spec", (base,), members)
    saved_as = vars(owner).get("__name__")
    if saved_as is not None:
        spec = type_spec_registry.register(f"{saved_as}.Spec")(spec)
    return spec


_NOT_COPIED = ("__dict__", "__weakref__", "__module__", "__qualname__", "__abstractmethods__")


def _own_members(owner: Any, spec_name: str) -> dict[str, Any]:
    """What the class `Spec` in the body of an extension type defines."""
    given = vars(owner).get("Spec")
    if given is None:
        return {}
    if not isinstance(given, type):
        raise ValueError(f"{spec_name} must be a nested class; got {given!r}.")
    members = {n: v for n, v in vars(given).items() if n not in _NOT_COPIED and n != "_abc_impl"}
    for name in members:
        if name in owner._fields:
            raise ValueError(
                f"TypeSpec {spec_name} defines a variable {name!r} which shadows a field in "
                f"{owner.__qualname__}"
            )
        if not name.startswith("__") and hasattr(TypeSpec, name):
            raise ValueError(f"TypeSpec {spec_name} uses reserved name {name!r}.")
    return members


def _map_fields(function: Any, holder: Any) -> dict[str, Any]:
    return {name: _map(function, getattr(holder, name)) for name in holder._fields}


def is_part(value: Any) -> bool:
    """Whether a value in a field is one of the tensors that the whole is made of."""
    return isinstance(value, (Tensor, CompositeTensor))


def _leaf_spec(value: Any) -> Any:
    return type_spec_from_value(value) if is_part(value) else value
