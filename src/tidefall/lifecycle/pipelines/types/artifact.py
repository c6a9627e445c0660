"""Artifacts: what a step leaves behind, with a type, a place and properties."""

from __future__ import annotations

import enum
import os
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from tidefall.lifecycle.pipelines.failures import invalid, missing


class PropertyType(enum.Enum):
    """What a property of an artifact holds; the values are those of ML Metadata."""

    INT = 1
    FLOAT = 2
    STRING = 3
    BOOLEAN = 6
    JSON_VALUE = 4


class Property:
    """A property that every artifact of a type has."""

    def __init__(self, type: PropertyType):
        self.type = type


_EMPTY = {PropertyType.INT: 0, PropertyType.FLOAT: 0.0, PropertyType.STRING: "",
          PropertyType.BOOLEAN: False, PropertyType.JSON_VALUE: None}  # fmt: skip
_ACCEPTED: dict[PropertyType, tuple[type, ...]] = {
    PropertyType.INT: (int,), PropertyType.FLOAT: (float, int), PropertyType.STRING: (str,),
    PropertyType.BOOLEAN: (bool,), PropertyType.JSON_VALUE: (dict, list, str, int, float),
}  # fmt: skip
_CLASSES: dict[str, type[Artifact]] = {}


class Artifact:
    """Something at a place (`uri`) that steps make and take.

    Subclasses give `TYPE_NAME` and, in `PROPERTIES`, what every artifact of the type has; those are
    attributes. Anything else is a custom property.
    """

    TYPE_NAME: ClassVar[str | None] = None
    TYPE_ANNOTATION: ClassVar[Any] = None
    PROPERTIES: ClassVar[Mapping[str, Property] | None] = None

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.TYPE_NAME:
            _CLASSES.setdefault(cls.TYPE_NAME, cls)

    def __init__(self) -> None:
        if not self.TYPE_NAME:
            raise ValueError(f"{type(self).__name__} needs a TYPE_NAME to be an artifact's type")
        self.id, self.uri, self.name, self.state = 0, "", "", "pending"
        self.properties: dict[str, Any] = {}
        self.custom_properties: dict[str, Any] = {}

    @property
    def type(self) -> type[Self]:
        return type(self)

    @property
    def type_name(self) -> str:
        return str(self.TYPE_NAME)

    def __getattr__(self, name: str) -> Any:
        declared = (type(self).PROPERTIES or {}).get(name)
        if declared is None:
            raise AttributeError(f"artifact {self.TYPE_NAME} has no property {name!r}")
        return self.__dict__.get("properties", {}).get(name, _EMPTY[declared.type])

    def __setattr__(self, name: str, value: Any) -> None:
        declared = (type(self).PROPERTIES or {}).get(name)
        if declared is None:
            object.__setattr__(self, name, value)
        elif not isinstance(value, _ACCEPTED[declared.type]):
            kind = declared.type.name
            raise ValueError(f"{self.TYPE_NAME}.{name} takes a {kind}, got {value!r}")
        else:
            self.properties[name] = value

    def set_string_custom_property(self, key: str, value: str) -> None:
        """Set a custom property to a text."""
        self.custom_properties[key] = str(value)

    def set_int_custom_property(self, key: str, value: int) -> None:
        """Set a custom property to an integer."""
        self.custom_properties[key] = int(value)

    def set_float_custom_property(self, key: str, value: float) -> None:
        """Set a custom property to a float."""
        self.custom_properties[key] = float(value)

    def get_string_custom_property(self, key: str) -> str:
        """Return a custom property that is a text; "" where it is not set."""
        return self.custom_properties.get(key, "")

    def get_int_custom_property(self, key: str) -> int:
        """Return a custom property that is an integer; 0 where it is not set."""
        return self.custom_properties.get(key, 0)

    def get_custom_property(self, key: str) -> Any:
        """Return a custom property, or None."""
        return self.custom_properties.get(key)

    def has_custom_property(self, key: str) -> bool:
        """Return whether a custom property is set."""
        return key in self.custom_properties

    def to_json_dict(self) -> dict[str, Any]:
        """Return all of it as a dict that JSON can hold."""
        return {"type": self.TYPE_NAME, "id": self.id, "uri": self.uri, "name": self.name,
                "properties": dict(self.properties),
                "custom_properties": dict(self.custom_properties)}  # fmt: skip

    def __repr__(self) -> str:
        return f"{self.TYPE_NAME}(id={self.id}, uri={self.uri!r})"


def artifact_class(type_name: str) -> type[Artifact]:
    """Return the class of a type; one is made for a name that no class has."""
    if type_name not in _CLASSES:
        type(type_name, (Artifact,), {"TYPE_NAME": type_name})
    return _CLASSES[type_name]


def artifact_from_json(given: Mapping[str, Any]) -> Artifact:
    """Return the artifact that `to_json_dict` described."""
    artifact = artifact_class(given["type"])()
    artifact.id, artifact.uri, artifact.name = given["id"], given["uri"], given["name"]
    artifact.properties.update(given["properties"])
    artifact.custom_properties.update(given["custom_properties"])
    return artifact


class ValueArtifact(Artifact):
    """A small value, in a file at `uri`."""

    def encode(self, value: Any) -> bytes:
        """Return the file's content for a value."""
        raise NotImplementedError

    def decode(self, serialized_value: bytes) -> Any:
        """Return the value of a file's content."""
        raise NotImplementedError

    def read(self) -> Any:
        """Return the value in the file; None where None was written."""
        if self.get_int_custom_property("__is_null__"):
            return None
        try:
            with open(self.uri, "rb") as file:
                return self.decode(file.read())
        except FileNotFoundError:
            raise missing(f"artifact {self!r} has no value: its file is not there") from None

    def write(self, value: Any) -> None:
        """Write a value to the file."""
        self.set_int_custom_property("__is_null__", int(value is None))
        content = b"" if value is None else self.encode(value)
        folder = os.path.dirname(self.uri)
        if folder:
            os.makedirs(folder, exist_ok=True)
        with open(self.uri, "wb") as file:
            file.write(content)

    value = property(read, write, doc="The value in the file.")


def single(artifacts: list[Artifact], key: str) -> Artifact:
    """Return the only artifact of a list.

    Raises:
        InvalidArgumentError: there are none or several.
    """
    if len(artifacts) != 1:
        raise invalid(f"input {key!r} wants one artifact, got {len(artifacts)}")
    return artifacts[0]
