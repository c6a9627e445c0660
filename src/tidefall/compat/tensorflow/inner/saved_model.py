"""`python.saved_model.*` and `tf.__internal__.saved_model`: messages, types, parts of a SavedModel.

Asked for by tf-keras, tensorflow-hub, tf-agents and tensorflowjs.
"""

from __future__ import annotations

from typing import Any

from tidefall.io.codecs.structured import decode, encode
from tidefall.saving.saved_model.load import load
from tidefall.saving.saved_model.reader import choose_meta_graph, read_saved_model

__all__ = ["decode_proto", "encode_structure", "load", "parse_saved_model"]


class KerasModeKeys:
    """What a model of tf-keras is doing."""

    TRAIN = "train"
    TEST = "test"
    PREDICT = "predict"


def encode_structure(nested_structure: Any) -> Any:
    """A structure of types and constants as a `StructuredValue` message."""
    return encode(nested_structure)


def decode_proto(proto: Any) -> Any:
    """The structure that a `StructuredValue` message holds."""
    return decode(proto)


def parse_saved_model(export_dir: Any) -> Any:
    """The `SavedModel` message of a folder.

    Raises:
        OSError: if there is none.
    """
    return read_saved_model(export_dir)


def get_meta_graph_def(saved_model_dir: Any, tag_set: Any) -> Any:
    """The `MetaGraphDef` of a SavedModel with the tags.

    Args:
        saved_model_dir: the folder.
        tag_set: the tags, with commas between them.

    Raises:
        RuntimeError: if there is none.
    """
    tags = tag_set.split(",") if isinstance(tag_set, str) else list(tag_set)
    return choose_meta_graph(read_saved_model(saved_model_dir), saved_model_dir, tags)


class VersionedTypeRegistration:
    """How an object of a registered type is made again from a SavedModel, for some versions."""

    def __init__(
        self,
        object_factory: Any,
        version: int,
        min_producer_version: int,
        min_consumer_version: int,
        bad_consumers: Any = None,
        setter: Any = setattr,
    ):
        self.setter = setter
        self.identifier: str | None = None
        self._object_factory = object_factory
        self.version = version
        self._min_producer_version = min_producer_version
        self._min_consumer_version = min_consumer_version
        self._bad_consumers = list(bad_consumers or [])

    def to_proto(self) -> Any:
        """A `SavedUserObject` message that names the type and its version."""
        from tidefall.proto import SavedUserObject, VersionDef

        versions = VersionDef(
            producer=self.version,
            min_consumer=self._min_consumer_version,
            bad_consumers=self._bad_consumers,
        )
        return SavedUserObject(identifier=self.identifier or "", version=versions)

    def from_proto(self, proto: Any) -> Any:
        """The object of a `SavedUserObject` message."""
        return self._object_factory(proto)

    def should_load(self, proto: Any) -> bool:
        """Whether this registration reads what the message's version wrote."""
        return bool(
            proto.identifier == self.identifier
            and self.version >= proto.version.min_consumer
            and proto.version.producer >= self._min_producer_version
            and self.version not in proto.version.bad_consumers
        )


_types: dict[str, tuple[Any, list[VersionedTypeRegistration]]] = {}


def register_revived_type(identifier: str, predicate: Any, versions: Any) -> None:
    """Say how objects of a type are written to SavedModels and made again.

    Args:
        identifier: the type's name in files.
        predicate: whether an object is of it.
        versions: a list of `VersionedTypeRegistration`, newest last.

    Raises:
        AssertionError: if the name is taken.
    """
    if identifier in _types:
        raise AssertionError(f"Duplicate registrations for type '{identifier}'")
    ordered = sorted(versions, key=lambda v: v.version, reverse=True)
    for version in ordered:
        version.identifier = identifier
    _types[identifier] = predicate, ordered


def registered_identifiers() -> list[str]:
    """The names of the types that were registered."""
    return list(_types)


def get_setter(proto: Any) -> Any:
    """The function that sets the children of an object of a message; None if it has none."""
    _, versions = _types.get(proto.identifier, (None, []))
    return next((v.setter for v in versions if v.should_load(proto)), None)
