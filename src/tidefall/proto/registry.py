"""The private descriptor pool behind `tidefall.proto`, filled one file at a time on demand."""

from __future__ import annotations

import copyreg
import functools
import threading
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper

DESCRIPTORS_FILE = Path(__file__).with_name("descriptors.binpb")

_lock = threading.RLock()


class _Database:
    """Answers the pool's questions from the compiled set: which file, and who defines a symbol."""

    def __init__(self, serialized: bytes):
        files = descriptor_pb2.FileDescriptorSet.FromString(serialized).file
        self._files = {file.name: file for file in files}
        self.messages: dict[str, str] = {}
        self.enums: dict[str, str] = {}
        self.services: dict[str, str] = {}
        for file in files:
            for message in file.message_type:
                self.messages[f"{file.package}.{message.name}"] = file.name
            for enum in file.enum_type:
                self.enums[f"{file.package}.{enum.name}"] = file.name
            for service in file.service:
                self.services[f"{file.package}.{service.name}"] = file.name
        self._symbols = self.messages | self.enums | self.services

    def FindFileByName(self, name: str) -> descriptor_pb2.FileDescriptorProto:
        return self._files[name]

    def FindFileContainingSymbol(self, symbol: str) -> descriptor_pb2.FileDescriptorProto:
        while symbol not in self._symbols:
            symbol, dot, _ = symbol.rpartition(".")
            if not dot:
                raise KeyError(symbol)
        return self._files[self._symbols[symbol]]


@functools.cache
def _load() -> tuple[_Database, descriptor_pool.DescriptorPool]:
    database = _Database(DESCRIPTORS_FILE.read_bytes())
    return database, descriptor_pool.DescriptorPool(database)


def pool() -> descriptor_pool.DescriptorPool:
    """The pool that holds every message of TensorFlow's formats.

    Returns:
        A `google.protobuf.descriptor_pool.DescriptorPool`, for `text_format.Parse(...,
        descriptor_pool=pool())` and for resolving `google.protobuf.Any`.
    """
    with _lock:
        return _load()[1]


# Everything that was ever made, by full name. protobuf would make a class or descriptor anew after
# it was collected, and crashes where one thread asks for it while another one collects it.
_kept: dict[str, tuple[Any, ...]] = {}


def _message_class(descriptor: Any) -> Any:
    kept = _kept.get(descriptor.full_name)
    if kept is not None:
        return kept[0]
    message = message_factory.GetMessageClass(descriptor)
    fields = list(descriptor.fields)
    enums = [field.enum_type for field in fields]
    _kept[descriptor.full_name] = message, descriptor, fields, enums
    message.__module__ = "tidefall.proto"
    # protobuf's own way of pickling looks for nested messages in the default pool.
    copyreg.pickle(message, _reduce)
    for other in (*descriptor.nested_types, *(field.message_type for field in fields)):
        if other is not None:
            _message_class(other)
    return message


def _reduce(message: Any) -> tuple[Any, tuple[str, bytes]]:
    return _restore, (message.DESCRIPTOR.full_name, message.SerializeToString())


def _restore(full_name: str, serialized: bytes) -> Any:
    with _lock:
        descriptor = _load()[1].FindMessageTypeByName(full_name)
        return _message_class(descriptor).FromString(serialized)


def lookup(full_name: str) -> Any:
    """The class of a top-level message, or the wrapper of a top-level enum; None if unknown."""
    with _lock:
        database, descriptors = _load()
        if full_name in database.messages:
            return _message_class(descriptors.FindMessageTypeByName(full_name))
        if full_name in database.enums:
            return EnumTypeWrapper(descriptors.FindEnumTypeByName(full_name))
    return None


def members_of_file(file: str) -> dict[str, Any]:
    """What the module that protoc makes of a file has: messages, enums, the values of these.

    Args:
        file: its path, "tensorflow/core/framework/types.proto".

    Returns:
        Classes, wrappers of enums and numbers by name; empty if there is no such file.
    """
    with _lock:
        database = _load()[0]
        found: dict[str, Any] = {}
        for full_name, owner in (*database.messages.items(), *database.enums.items()):
            if owner == file:
                member = lookup(full_name)
                found[full_name.rpartition(".")[2]] = member
                if full_name in database.enums:
                    found.update(member.items())
        if found:
            found["DESCRIPTOR"] = _load()[1].FindFileByName(file)
    return found


def add_to_default_pool(file: str) -> None:
    """Let protobuf's default pool know a file, for messages of other packages that import it."""
    default = descriptor_pool.Default()

    def add(descriptor: Any) -> None:
        try:
            default.FindFileByName(descriptor.name)
        except KeyError:
            for needed in descriptor.dependencies:
                add(needed)
            default.AddSerializedFile(descriptor.serialized_pb)

    with _lock:
        add(_load()[1].FindFileByName(file))


def service_methods(full_name: str) -> dict[str, Any]:
    """The methods of a service by name, as `google.protobuf.descriptor.MethodDescriptor`s.

    Raises:
        KeyError: there is no such service.
    """
    with _lock:
        return dict(_load()[1].FindServiceByName(full_name).methods_by_name)


def file_and_imports(*, name: str = "", symbol: str = "") -> list[bytes]:
    """A schema and all it imports, each a serialized `FileDescriptorProto`.

    Args:
        name: the file's name, or
        symbol: the full name of something that is declared in it.

    Raises:
        KeyError: there is no such file or symbol.
    """
    with _lock:
        database, descriptors = _load()
        owner, _, method = symbol.rpartition(".")
        if name:
            file = descriptors.FindFileByName(name)
        elif owner in database.services:
            service = descriptors.FindServiceByName(owner)
            file = service.methods_by_name[method].containing_service.file
        else:
            file = descriptors.FindFileContainingSymbol(symbol)
        found: dict[str, bytes] = {}
        waiting = [file]
        while waiting:
            file = waiting.pop()
            if file.name not in found:
                found[file.name] = file.serialized_pb
                waiting.extend(file.dependencies)
        return list(found.values())


def names(package: str) -> list[str]:
    """The short names of all top-level messages and enums of a package, its subpackages' apart."""
    with _lock:
        database = _load()[0]
    split = (name.rpartition(".") for name in (*database.messages, *database.enums))
    return sorted(name for owner, _, name in split if owner == package)
