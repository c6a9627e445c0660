"""Components of elements as bytes: serialized TensorProtos, as TensorFlow stores them."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.base.errors import DataLossError, InvalidArgumentError, UnimplementedError
from tidefall.data.engine.elements import Element
from tidefall.io.codecs.sparse_serialization import SparsePart
from tidefall.io.records import crc
from tidefall.ops.ragged.variants import RaggedVariant, objects
from tidefall.proto import varint
from tidefall.proto.tensors import datatype_enum, dtype_name, make_tensor_proto
from tidefall.proto.tensors import tensor_proto_to_array as to_array

STRING, VARIANT = 7, 21
_CONTENT = b'"'
"""The tag of `tensor_content`."""
_RAGGED, _TENSOR = "RaggedTensorVariant", "tensorflow::Tensor"


def type_of(value: Any) -> int:
    """The DataType number of a raw value."""
    if not isinstance(value, np.ndarray):
        return VARIANT
    if value.dtype != object:
        return datatype_enum(value.dtype)
    return STRING if all(isinstance(item, bytes | str) for item in value.flat) else VARIANT


def to_bytes(element: Element) -> list[bytes]:
    """The components of an element, each as a message.

    Raises:
        UnimplementedError: for a component that exists in this process only.
    """
    return [_serialized(value) for value in element]


def _serialized(value: Any) -> bytes:
    kind = type_of(value)
    if kind == STRING:
        return make_tensor_proto(value).SerializeToString()
    if kind != VARIANT:
        content = np.ascontiguousarray(value).tobytes()
        head = _head(kind, value.shape)
        return b"".join((head, _CONTENT, varint.encode(len(content)), content)) if content else head
    from tidefall.proto import TensorProto

    items = value.ravel().tolist() if isinstance(value, np.ndarray) else [value]
    messages = [_variant(item) for item in items]
    proto = TensorProto(dtype=VARIANT)
    proto.tensor_shape.SetInParent()
    for size in np.shape(value) if isinstance(value, np.ndarray) else ():
        proto.tensor_shape.dim.add(size=size)
    sizes = b"".join(varint.encode(len(message)) for message in messages)
    proto.tensor_content = sizes + b"".join(messages)
    return proto.SerializeToString()


@functools.lru_cache(maxsize=1024)
def _head(kind: int, shape: tuple[int, ...]) -> bytes:
    """The message of an array without its elements."""
    from tidefall.proto import TensorProto

    proto = TensorProto(dtype=kind)
    proto.tensor_shape.SetInParent()
    for size in shape:
        proto.tensor_shape.dim.add(size=size)
    return proto.SerializeToString()


def _variant(item: Any) -> bytes:
    """One variant as a message."""
    from tidefall.proto import VariantTensorDataProto

    if isinstance(item, RaggedVariant):
        name, tensors = _RAGGED, [*item.splits, item.values]
    elif isinstance(item, SparsePart):
        name, tensors = _TENSOR, [item.array]
    else:
        raise UnimplementedError(
            None,
            None,
            f"An element holds {item!r}, which cannot be written to a file: it exists in this "
            "process only.",
        )
    proto = VariantTensorDataProto(type_name=name)
    for tensor in tensors:
        proto.tensors.add().ParseFromString(_serialized(tensor))
    return proto.SerializeToString()


def from_bytes(records: Sequence[bytes], types: Sequence[int] | None, name: str) -> Element:
    """An element made of its components' messages.

    Args:
        records: the messages.
        types: the DataType numbers they should have; None for any.
        name: what errors call the file.

    Raises:
        DataLossError: a message is damaged.
        InvalidArgumentError: a component is of another type.
    """
    values = [_parsed(record, name) for record in records]
    for i, (kind, expected) in enumerate(zip(values, types or (), strict=False)):
        if kind[0] != expected:
            raise InvalidArgumentError(
                None,
                None,
                f"{name}: data type mismatch at component {i}: expected {dtype_name(expected)} but "
                f"got {dtype_name(kind[0])}.",
            )
    return [value for _, value in values]


def _parsed(record: bytes, name: str) -> tuple[int, Any]:
    from google.protobuf.message import DecodeError

    from tidefall.proto import TensorProto

    try:
        proto = TensorProto.FromString(record)
        return proto.dtype, _value(proto)
    except (DecodeError, ValueError, IndexError, TypeError) as error:
        raise DataLossError(
            None, None, f"{name}: a record is no serialized tensor: {error}"
        ) from None


def _value(proto: Any) -> Any:
    if proto.dtype != VARIANT:
        return to_array(proto)
    shape = tuple(dim.size for dim in proto.tensor_shape.dim)
    if proto.variant_val:
        return _shaped([_item(one.SerializeToString()) for one in proto.variant_val], shape)
    items = _variants(proto.tensor_content, int(np.prod(shape, dtype=np.int64)))
    return _shaped(items, shape)


def _shaped(items: Sequence[Any], shape: tuple[int, ...]) -> Any:
    return objects(items, shape) if shape else items[0]


def _variants(content: bytes, count: int) -> list[Any]:
    sizes, position = [], 0
    for _ in range(count):
        size, position = varint.decode(content, position)
        sizes.append(size)
    items = []
    for size in sizes:
        items.append(_item(content[position : position + size]))
        position += size
    return items


def _item(message: bytes) -> Any:
    """The variant in a message."""
    from tidefall.proto import VariantTensorDataProto

    proto = VariantTensorDataProto.FromString(message)
    tensors = [_value(tensor) for tensor in proto.tensors]
    if proto.type_name == _RAGGED:
        return RaggedVariant(tensors[:-1], tensors[-1])
    if proto.type_name == _TENSOR:
        return SparsePart(tensors[0])
    raise ValueError(f"a variant of unknown kind {proto.type_name!r}")


# ---- variants in tensor bundles ----


def to_bundle(value: Any) -> tuple[bytes, int, tuple[int, ...]]:
    """Variants as a bundle stores them, their checksum and shape.

    Each has its length, and the checksum of everything so far. Lengths count with eight bytes in
    checksums, however few they take in the file.
    """
    shape = value.shape if isinstance(value, np.ndarray) else ()
    parts: list[bytes] = []
    checksum = 0
    for item in value.ravel().tolist() if isinstance(value, np.ndarray) else [value]:
        message = _variant(item)
        stored, checksum = _checksums(message, checksum)
        parts += [varint.encode(len(message)), message, stored]
    return b"".join(parts), checksum, shape


def _checksums(message: bytes, before: int) -> tuple[bytes, int]:
    """The checksum that stands behind a message, and the one of everything up to there."""
    so_far = crc.crc32c(message, crc.crc32c(len(message).to_bytes(8, "little"), before))
    stored = crc.mask(so_far).to_bytes(4, "little")
    return stored, crc.crc32c(stored, so_far)


def from_bundle(data: bytes, expected: int, shape: tuple[int, ...], name: str) -> Any:
    """Variants that a bundle stores; DataLossError if they are damaged."""
    from google.protobuf.message import DecodeError

    items, position, checksum = [], 0, 0
    try:
        while position < len(data):
            size, position = varint.decode(data, position)
            message = data[position : position + size]
            position += size + 4
            stored, checksum = _checksums(message, checksum)
            if data[position - 4 : position] != stored:
                raise ValueError("its checksum does not match")
            items.append(_item(message))
        if checksum != expected or len(items) != int(np.prod(shape, dtype=np.int64)):
            raise ValueError("its checksum does not match")
        return _shaped(items, shape)
    except (DecodeError, ValueError, IndexError, TypeError) as error:
        raise DataLossError(None, None, f"{name}: a variant cannot be read: {error}") from None
