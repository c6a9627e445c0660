"""`tf.experimental.ExtensionType`: types made of tensors that programs define themselves."""

from __future__ import annotations

import functools
import inspect
import sys
import typing
from typing import Any, ClassVar

from tidefall.core import nest
from tidefall.core.composite import CompositeTensor, TypeSpecBase
from tidefall.core.exports import export
from tidefall.core.extension_fields import ImmutableDict, check_annotation, converted, leaves
from tidefall.core.extension_fields import map_leaves as _map
from tidefall.core.op import find_op
from tidefall.core.specs import type_spec_from_value
from tidefall.core.tensor import Tensor
from tidefall.core.type_spec import BatchableTypeSpec, TypeSpec

_RESERVED = frozenset({"self", "Spec"})


@export("experimental.ExtensionType")
class ExtensionType(CompositeTensor):
    """Base of types that hold tensors and other values in named fields.

    A subclass annotates its fields; the constructor takes and converts them, in order. Values pass
    through `tf.function`, `tf.nest`, loops, gradients and datasets as ragged tensors do, and cannot
    be changed. `__validate__` may check them. Fields may be tensors, composite tensors, Python
    numbers and strings, dtypes, shapes, and tuples, mappings and unions of these.

    >>> import tidefall as tf
    >>> class Masked(tf.experimental.ExtensionType):
    ...     values: tf.Tensor
    ...     name: str = "unnamed"
    >>> Masked([1, 2]).name
    'unnamed'
    """

    _fields: ClassVar[dict[str, Any]] = {}
    _signature: ClassVar[inspect.Signature] = inspect.Signature()
    _counts_as_tensor = False
    Spec: ClassVar[Any] = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "_abstract" in cls.__dict__:
            return
        cls._fields = _fields_of(cls, {**_names_around(), cls.__name__: cls})
        cls._signature = _signature_of(cls)
        if "__init__" in cls.__dict__:
            cls.__init__ = _finishing(cls.__dict__["__init__"])  # type: ignore[method-assign]
        elif inspect.get_annotations(cls):
            cls.__init__ = _finishing(_plain_init)  # type: ignore[method-assign]
        cls.Spec = _spec_class(cls)

    def __init__(self, *args: Any, **kwargs: Any):
        if type(self) is ExtensionType or "_abstract" in type(self).__dict__:
            raise AssertionError(
                f"Cannot create an instance of {type(self).__name__} because "
                f"{type(self).__name__} is an abstract base class."
            )
        _finishing(_plain_init)(self, *args, **kwargs)

    def __setattr__(self, name: str, value: Any) -> None:
        self._check_open(name)
        vars(self)[name] = value

    def __delattr__(self, name: str) -> None:
        self._check_open(name)
        del vars(self)[name]

    def _check_open(self, name: str) -> None:
        if not self.__dict__.get("_open"):
            raise AttributeError(
                f"Cannot mutate attribute `{name}` outside the custom constructor of ExtensionType."
            )

    def __validate__(self) -> None:
        """Check the fields; for subclasses."""

    @property
    def _type_spec(self) -> Any:
        return self.Spec.from_value(self)

    def _shape_invariant_to_type_spec(self, shape: Any) -> Any:
        raise NotImplementedError(f"Shape invariants of {type(self).__name__} are not supported.")

    def __eq__(self, other: Any) -> Any:
        if type(self) is not type(other):
            return False
        return _equal(self, other)

    def __ne__(self, other: Any) -> Any:
        same = self.__eq__(other)
        return find_op("LogicalNot")(same) if isinstance(same, Tensor) else not same

    def __hash__(self) -> int:
        raise TypeError(f"unhashable type: {type(self).__name__!r}")

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._fields)
        return f"{type(self).__name__}({shown})"


@export("experimental.ExtensionTypeBatchEncoder")
class ExtensionTypeBatchEncoder:
    """How values of a batchable extension type become values that can be stacked, and back.

    The default stacks each field. A type whose batches are something else sets
    `__batch_encoder__` to an instance of a subclass, which datasets and `tf.map_fn` ask.
    """

    def batch(self, spec: Any, batch_size: int | None) -> Any:
        """The type of a batch of values.

        Args:
            spec: the type of one value.
            batch_size: number of values, or None if it is unknown.
        """
        return spec._each(lambda inner: inner._batch(batch_size))

    def unbatch(self, spec: Any) -> Any:
        """The type of one value of a batch.

        Args:
            spec: the type of the batch.
        """
        return spec._each(lambda inner: inner._unbatch())

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


@export("experimental.BatchableExtensionType")
class BatchableExtensionType(ExtensionType):
    """An extension type of which a batch is one value again, whose tensors are batches.

    >>> import tidefall as tf
    >>> class Point(tf.experimental.BatchableExtensionType):
    ...     x: tf.Tensor
    ...     y: tf.Tensor
    >>> int(Point(1, 2).y)
    2
    """

    _abstract = True
    __batch_encoder__: ClassVar[ExtensionTypeBatchEncoder] = ExtensionTypeBatchEncoder()


@export("experimental.extension_type.as_dict")
def as_dict(value: ExtensionType) -> dict[str, Any]:
    """The fields of an extension type's value, by name.

    Args:
        value: a value of an extension type.

    Returns:
        A dictionary; values of fields that are extension types stay what they are.

    >>> import tidefall as tf
    >>> class Point(tf.experimental.ExtensionType):
    ...     x: tf.Tensor
    ...     name: str
    >>> tf.experimental.extension_type.as_dict(Point(1, "a"))["name"]
    'a'
    """
    return {name: getattr(value, name) for name in value._fields}


def _names_around() -> dict[str, Any]:
    """The names that annotations may use where the class statement stands."""
    frame: Any = sys._getframe(2)
    while frame.f_globals.get("__name__") == "abc":  # makes the class for it
        frame = frame.f_back
    return {**frame.f_globals, **frame.f_locals}


def _fields_of(cls: Any, names: dict[str, Any]) -> dict[str, Any]:
    hints = typing.get_type_hints(cls, localns=names)
    found = {
        name: hint
        for name, hint in hints.items()
        if typing.get_origin(hint) is not ClassVar and not hasattr(ExtensionType, name)
    }
    for name in inspect.get_annotations(cls):
        if name in _RESERVED:
            raise ValueError(
                f"The field annotations for {cls.__name__} are invalid. Field '{name}' is reserved."
            )
    for name, hint in found.items():
        check_annotation(name, hint)
    return found


def _signature_of(cls: Any) -> inspect.Signature:
    parameters = []
    for name, hint in cls._fields.items():
        default = getattr(cls, name, inspect.Parameter.empty)
        if default is not inspect.Parameter.empty:
            default = converted(default, hint, f"default value for {name}")
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        parameters.append(inspect.Parameter(name, kind, default=default))
    return inspect.Signature(parameters)


def _plain_init(self: Any, *args: Any, **kwargs: Any) -> None:
    bound = self._signature.bind(*args, **kwargs)
    bound.apply_defaults()
    self.__dict__.update(bound.arguments)


def _finishing(init: Any) -> Any:
    """A constructor after which, unless a subclass's is running, the fields are converted."""

    @functools.wraps(init)
    def call(self: Any, *args: Any, **kwargs: Any) -> None:
        depth = self.__dict__.get("_open", 0)
        self.__dict__["_open"] = depth + 1
        init(self, *args, **kwargs)
        self.__dict__["_open"] = depth
        if depth == 0:
            for name, hint in self._fields.items():
                if name not in self.__dict__:
                    raise AttributeError(f"{type(self).__name__}.{name} was not set.")
                self.__dict__[name] = converted(self.__dict__[name], hint, name)
            self.__validate__()

    return call


def _map_fields(function: Any, holder: Any) -> dict[str, Any]:
    return {name: _map(function, getattr(holder, name)) for name in holder._fields}


def _is_part(value: Any) -> bool:
    return isinstance(value, (Tensor, CompositeTensor))


def _leaf_spec(value: Any) -> Any:
    return type_spec_from_value(value) if _is_part(value) else value


def _equal(one: Any, two: Any) -> Any:
    same: Any = True
    for name in one._fields:
        a, b = leaves(getattr(one, name)), leaves(getattr(two, name))
        if len(a) != len(b):
            return False
        for x, y in zip(a, b, strict=True):
            if not _is_part(x):
                if x != y:
                    return False
                continue
            equal = _equal_parts(x, y)
            if equal is False:
                return False
            same = equal if same is True else find_op("LogicalAnd")(same, equal)
    return same


def _equal_parts(x: Any, y: Any) -> Any:
    if isinstance(x, ExtensionType):
        return x == y
    pairs = [(x, y)]
    if isinstance(x, CompositeTensor):
        if x._type_spec != y._type_spec:
            return False
        pairs = list(zip(_tensors_of(x), _tensors_of(y), strict=True))
    same: Any = None
    for a, b in pairs:
        if a.dtype != b.dtype or not a.shape.is_compatible_with(b.shape):
            return False
        equal = find_op("All")(find_op("Equal")(a, b), list(range(a.shape.rank or 0)))
        same = equal if same is None else find_op("LogicalAnd")(same, equal)
    return same


def _tensors_of(value: Any) -> list[Any]:
    return nest.flatten(value, expand_composites=True)


@export("experimental.ExtensionTypeSpec")
class ExtensionTypeSpec(TypeSpec):
    """The type of values of an extension type: their fields, with specs in place of tensors.

    Every extension type has its own, `Spec`, whose constructor takes the fields.

    >>> import tidefall as tf
    >>> class Point(tf.experimental.ExtensionType):
    ...     x: tf.Tensor
    >>> isinstance(Point.Spec(tf.TensorSpec([])), tf.experimental.ExtensionTypeSpec)
    True
    """

    _owner: ClassVar[Any] = ExtensionType

    def __init__(self, *args: Any, **kwargs: Any):
        bare = [p.replace(default=inspect.Parameter.empty) for p in self._parameters()]
        given = inspect.Signature(bare).bind(*args, **kwargs).arguments
        vars(self).update(
            {name: converted(given[name], hint, name, True) for name, hint in self._fields.items()}
        )

    @classmethod
    def _parameters(cls) -> list[inspect.Parameter]:
        return list(cls._owner._signature.parameters.values())

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
    def _fields(self) -> dict[str, Any]:
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

    @property
    def _component_specs(self) -> list[Any]:
        found = [leaf for name in self._fields for leaf in leaves(getattr(self, name))]
        return [leaf for leaf in found if isinstance(leaf, TypeSpec)]

    def _to_components(self, value: Any) -> list[Any]:
        found = [leaf for name in self._fields for leaf in leaves(getattr(value, name))]
        return [leaf for leaf in found if _is_part(leaf)]

    def _from_components(self, components: Any) -> Any:
        given = iter(components)

        def part(leaf: Any) -> Any:
            return next(given) if isinstance(leaf, TypeSpecBase) else leaf

        value = self._owner.__new__(self._owner)
        vars(value).update(_map_fields(part, self))
        return value

    def _each(self, change: Any) -> Any:
        def part(leaf: Any) -> Any:
            return change(leaf) if isinstance(leaf, TypeSpecBase) else leaf

        return self._of(_map_fields(part, self))

    def __repr__(self) -> str:
        shown = ", ".join(f"{n}={_plain(getattr(self, n))!r}" for n in self._fields)
        return f"{self._owner.__name__}.Spec({shown})"


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


def _spec_class(owner: Any) -> Any:
    members: dict[str, Any] = {"_owner": owner, "value_type": owner}
    members["__module__"] = owner.__module__
    for name in ("shape", "dtype", "rank"):
        if isinstance(getattr(owner, name, None), property):
            members[name] = getattr(owner, name)
    base = (
        BatchableExtensionTypeSpec
        if issubclass(owner, BatchableExtensionType)
        else ExtensionTypeSpec
    )
    spec = type("Spec", (base,), members)
    spec.__qualname__ = f"{owner.__qualname__}.Spec"
    return spec
