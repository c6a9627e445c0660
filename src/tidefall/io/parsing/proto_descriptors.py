"""Where the ops on protocol buffers find out what a message looks like."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from tidefall.ops.common import invalid

_LOCAL = ("", "local://")
_BYTES = b"bytes://"


def message_descriptor(source: Any, message_type: str) -> Any:
    """The descriptor of a message type.

    Args:
        source: "local://" for the messages of this process, a path of a file that holds a
            serialized FileDescriptorSet, or "bytes://" followed by one.
        message_type: full name of the message.

    Raises:
        InvalidArgumentError: if there is no such message, or the source is no descriptor set.
    """
    for pool in _pools(source):
        try:
            return pool.FindMessageTypeByName(message_type)
        except KeyError:
            continue
    raise invalid(f"No descriptor found for message type {message_type}")


def message_class(source: Any, message_type: str) -> Any:
    """A Python class of a message type, to parse its text with."""
    from google.protobuf import message_factory

    return message_factory.GetMessageClass(message_descriptor(source, message_type))


def _pools(source: Any) -> list[Any]:
    raw = source if isinstance(source, bytes) else str(source).encode("utf-8", "surrogateescape")
    if raw.decode("utf-8", "replace") in _LOCAL:
        from google.protobuf import descriptor_pb2, descriptor_pool

        from tidefall.proto.registry import pool

        descriptor_pb2.FileDescriptorSet()  # its own file is then in the default pool
        return [pool(), descriptor_pool.Default()]
    if raw.startswith(_BYTES):
        return [_pool(raw[len(_BYTES) :], raw)]
    path = Path(raw.decode("utf-8", "surrogateescape"))
    try:
        return [_pool(path.read_bytes(), raw)]
    except OSError as error:
        raise _unusable(raw) from error


def _unusable(source: bytes) -> Exception:
    shown = source[:80].decode("utf-8", "backslashreplace")
    return invalid(
        f"descriptor_source {shown!r} does not represent a serialized FileDescriptorSet. Give "
        "'local://', the path of a file that holds one, or 'bytes://' followed by one."
    )


@functools.lru_cache(maxsize=32)
def _pool(serialized: bytes, source: bytes) -> Any:
    from google.protobuf import descriptor_pb2, descriptor_pool
    from google.protobuf.message import DecodeError

    pool = descriptor_pool.DescriptorPool()
    try:
        for file in descriptor_pb2.FileDescriptorSet.FromString(serialized).file:
            pool.Add(file)
    except (DecodeError, TypeError) as error:
        raise _unusable(source) from error
    return pool
