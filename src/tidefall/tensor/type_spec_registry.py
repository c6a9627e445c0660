"""Names of type specs in files, and how values of foreign classes get a type spec."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

from tidefall.base.composite import TypeSpecBase

_NAME = re.compile(r"(\w+\.)+\w+")
class_of: dict[str, type[Any]] = {}
name_of: dict[type[Any], str] = {}
_converters: list[tuple[Any, Callable[[Any], Any], bool]] = []

Class = TypeVar("Class", bound=type[Any])


def register(name: Any) -> Callable[[Class], Class]:
    """Class decorator that names a type spec class in saved files.

    Args:
        name: a dotted name, "project.TypeName".

    Raises:
        TypeError: if the name is no string or the class no type spec.
        ValueError: if the name has another form, or either is registered already.
    """
    if not isinstance(name, str):
        raise TypeError(f"Expected `name` to be a string; got {name!r}")
    if not _NAME.fullmatch(name):
        raise ValueError(
            "Registered name must have the form '{project_name}.{type_name}' "
            f"(e.g. 'my_project.MyTypeSpec'); got {name!r}."
        )

    def decorator(cls: Class) -> Class:
        _check_class(cls)
        if cls in name_of:
            raise ValueError(
                f"Class {_full_name(cls)} has already been registered with name {name_of[cls]}."
            )
        if name in class_of:
            raise ValueError(
                f"Name {name} has already been registered for class {_full_name(class_of[name])}."
            )
        class_of[name] = cls
        name_of[cls] = name
        return cls

    return decorator


def _check_class(cls: Any) -> None:
    if not (isinstance(cls, type) and issubclass(cls, TypeSpecBase)):
        raise TypeError(f"Expected `cls` to be a TypeSpec; got {cls!r}")


def _full_name(cls: type[Any]) -> str:
    return f"{cls.__module__}.{cls.__name__}"


def get_name(cls: type[Any]) -> str:
    """The name a type spec class is registered with; ValueError when it is not."""
    _check_class(cls)
    if cls not in name_of:
        raise ValueError(f"TypeSpec {_full_name(cls)} has not been registered.")
    return name_of[cls]


def lookup(name: Any) -> type[Any]:
    """The type spec class registered with a name; ValueError when there is none."""
    if not isinstance(name, str):
        raise TypeError(f"Expected `name` to be a string; got {name!r}")
    if name not in class_of:
        raise ValueError(f"No TypeSpec has been registered with name {name!r}")
    return class_of[name]


def register_type_spec_from_value_converter(
    type_object: Any, converter_fn: Callable[[Any], Any], allow_subclass: bool = False
) -> None:
    """Teach `tf.type_spec_from_value` about a class that is not a composite tensor.

    Args:
        type_object: a class.
        converter_fn: makes a type spec of a value.
        allow_subclass: also use it for instances of subclasses.
    """
    _converters.append((type_object, converter_fn, allow_subclass))


def converted(value: Any) -> Any:
    """The type spec a registered converter makes of a value, or None."""
    for type_object, converter, allow_subclass in reversed(_converters):
        matches = isinstance(value, type_object) if allow_subclass else type(value) is type_object
        if matches:
            return converter(value)
    return None
