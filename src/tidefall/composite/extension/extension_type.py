"""`tf.experimental.ExtensionType`: types made of tensors that programs define themselves."""

from __future__ import annotations

import inspect
import sys
import typing
from typing import Any, ClassVar

from tidefall.base import nest
from tidefall.base.composite import CompositeTensor
from tidefall.base.exports import export
from tidefall.composite.extension.fields import (
    Sealed,
    anonymous,
    check_annotation,
    converted,
    finishing,
    leaves,
)
from tidefall.composite.extension.specs import (
    BatchableExtensionTypeSpec,
    ExtensionTypeBatchEncoder,
    ExtensionTypeSpec,
    is_part,
    spec_class,
)
from tidefall.op import raw
from tidefall.tensor.tensor import Tensor

_RESERVED = frozenset({"self", "Spec"})


@export("experimental.ExtensionType")
class ExtensionType(Sealed, CompositeTensor):
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
    Spec: ClassVar[Any] = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "_abstract" in cls.__dict__:
            return
        names = {**_names_around(), cls.__name__: cls}
        try:
            cls._fields = _fields_of(cls, names)
        except NameError:  # a class that is still to come
            cls.__init__ = _defining(cls, names)  # type: ignore[method-assign]
            return
        cls._define()

    @classmethod
    def _define(cls) -> None:
        """Finish the class once the types of its fields are known."""
        cls._signature = _signature_of(cls)
        if "__init__" in cls.__dict__:
            cls.__init__ = finishing(cls.__dict__["__init__"])  # type: ignore[method-assign]
        elif inspect.get_annotations(cls):
            cls.__init__ = finishing(_plain_init)  # type: ignore[method-assign]
        batchable = issubclass(cls, BatchableExtensionType)
        cls.Spec = spec_class(
            cls,
            cls._signature,
            BatchableExtensionTypeSpec if batchable else ExtensionTypeSpec,
        )

    def __init__(self, *args: Any, **kwargs: Any):
        if type(self) is ExtensionType or "_abstract" in type(self).__dict__:
            raise AssertionError(
                f"Cannot create an instance of {type(self).__name__} because "
                f"{type(self).__name__} is an abstract base class."
            )
        finishing(_plain_init)(self, *args, **kwargs)

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
        return raw.LogicalNot(same) if isinstance(same, Tensor) else not same

    def __hash__(self) -> int:
        raise TypeError(f"unhashable type: {type(self).__name__!r}")

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._fields)
        return f"{type(self).__qualname__}({shown})"


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


class AnonymousExtensionType(ExtensionType):
    """A value of an extension type that was read from a file and is not defined here."""

    _abstract = True

    def __init__(self, **fields: Any):
        vars(self).update({name: anonymous(value) for name, value in fields.items()})

    @property
    def _fields(self) -> Any:  # type: ignore[override]
        return {name: None for name in vars(self) if not name.startswith("_")}

    def _check_open(self, name: str) -> None:
        raise AttributeError(
            f"Cannot set attribute `{name}`. AnonymousExtensionType instances are immutable."
        )


class AnonymousExtensionTypeSpec(ExtensionTypeSpec):
    """The type of an extension type's values that was read from a file and is not defined here."""

    _owner: ClassVar[Any] = AnonymousExtensionType

    def __init__(self, **fields: Any):
        vars(self).update({name: anonymous(value) for name, value in fields.items()})

    @classmethod
    def _deserialize(cls, serialization: Any) -> Any:
        return cls(**dict(serialization))

    @property
    def _fields(self) -> Any:
        return {name: None for name in vars(self) if not name.startswith("_")}


AnonymousExtensionType.Spec = AnonymousExtensionTypeSpec


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


def _defining(cls: Any, names: dict[str, Any]) -> Any:
    """An `__init__` that finishes the class first, at whose definition names were not known yet."""
    own = cls.__dict__.get("__init__")

    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        if cls.__init__ is init:
            later = sys.modules[cls.__module__].__dict__ if cls.__module__ in sys.modules else {}
            cls._fields = _fields_of(cls, {**_types_by_name(), **names, **later})
            if own is None:
                del cls.__init__
            else:
                cls.__init__ = own
            cls._define()
        cls.__init__(self, *args, **kwargs)

    return init


def _types_by_name() -> dict[str, Any]:
    """All extension types, by the names of their classes."""
    found, waiting = {}, [ExtensionType]
    while waiting:
        each = waiting.pop()
        found[each.__name__] = each
        waiting += each.__subclasses__()
    return found


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


def _equal(one: Any, two: Any) -> Any:
    same: Any = True
    for name in one._fields:
        a, b = leaves(getattr(one, name)), leaves(getattr(two, name))
        if len(a) != len(b):
            return False
        for x, y in zip(a, b, strict=True):
            if not is_part(x):
                if x != y:
                    return False
                continue
            equal = _equal_parts(x, y)
            if equal is False:
                return False
            same = equal if same is True else raw.LogicalAnd(same, equal)
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
        equal = raw.All(raw.Equal(a, b), list(range(a.shape.rank or 0)))
        same = equal if same is None else raw.LogicalAnd(same, equal)
    return same


def _tensors_of(value: Any) -> list[Any]:
    return nest.flatten(value, expand_composites=True)
