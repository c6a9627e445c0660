"""The state of an iterator as bytes: a JSON document, followed by the arrays it refers to.

Layout: the length of the document, 8 bytes, little-endian; the document; the contents of arrays and
byte strings one after the other. In the document an array is `{"~array": [dtype, shape, start,
length]}`; what is no plain JSON has a key that begins with "~" as well.
"""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np

from tidefall.base.dtypes import as_dtype
from tidefall.base.errors import DataLossError, UnimplementedError
from tidefall.data.engine.elements import State
from tidefall.data.optional import OptionalValue
from tidefall.data.sources.tensors import ElementsNode
from tidefall.io.codecs.sparse_serialization import SparsePart
from tidefall.ops.ragged.variants import RaggedVariant

_LENGTH = struct.Struct("<Q")
VERSION = 1


def encode(state: State) -> bytes:
    """A state as bytes.

    Raises:
        UnimplementedError: it holds something that exists in this process only.
    """
    writer = _Writer()
    document = json.dumps({"version": VERSION, "state": writer.plain(state)}).encode()
    return b"".join((_LENGTH.pack(len(document)), document, *writer.parts))


def decode(data: bytes) -> State:
    """The state in bytes that `encode` made.

    Raises:
        DataLossError: they are damaged, or not of this kind.
    """
    try:
        (length,) = _LENGTH.unpack_from(data)
        start = _LENGTH.size + length
        document = json.loads(data[_LENGTH.size : start])
        if document["version"] != VERSION:
            raise ValueError(f"it is of version {document['version']}, not {VERSION}")
        return _Reader(memoryview(data)[start:]).state(document["state"])
    except (ValueError, KeyError, TypeError, IndexError, struct.error) as error:
        raise DataLossError(
            None, None, f"The saved state of a dataset iterator cannot be read: {error}"
        ) from None


class _Writer:
    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self._size = 0

    def _add(self, data: bytes) -> list[int]:
        start = self._size
        self.parts.append(data)
        self._size += len(data)
        return [start, len(data)]

    def plain(self, state: Any) -> Any:
        if state is None or isinstance(state, bool | int | float | str):
            return state
        if isinstance(state, np.generic):
            return self._array(np.asarray(state))
        if isinstance(state, np.ndarray):
            return self._array(state)
        if isinstance(state, bytes):
            return {"~bytes": self._add(state)}
        if isinstance(state, list | tuple):
            return [self.plain(item) for item in state]
        if isinstance(state, dict):
            return {key: self.plain(item) for key, item in state.items()}
        if isinstance(state, ElementsNode):
            return {"~elements": self.plain(list(state.elements))}
        if isinstance(state, OptionalValue):
            return {"~optional": self.plain(state.values)}
        if isinstance(state, RaggedVariant):
            return {"~ragged": self.plain([list(state.splits), state.values])}
        if isinstance(state, SparsePart):
            return {"~sparse": self.plain(state.array)}
        raise UnimplementedError(
            None,
            None,
            f"The state of a dataset iterator holds {state!r}, which cannot be saved: it exists in "
            "this process only.",
        )

    def _array(self, array: np.ndarray) -> Any:
        shape = list(array.shape)
        if array.dtype == object:
            return {"~objects": [shape, [self.plain(item) for item in array.reshape(-1)]]}
        name = as_dtype(array.dtype).name
        return {"~array": [name, shape, *self._add(np.ascontiguousarray(array).tobytes())]}


class _Reader:
    def __init__(self, data: memoryview):
        self._data = data

    def _part(self, start: int, length: int) -> bytes:
        if start < 0 or start + length > len(self._data):
            raise ValueError(f"it ends after {len(self._data)} bytes of arrays")
        return bytes(self._data[start : start + length])

    def state(self, plain: Any) -> State:
        if isinstance(plain, list):
            return [self.state(item) for item in plain]
        if not isinstance(plain, dict):
            return plain
        if len(plain) == 1:
            (key,) = plain
            special = getattr(self, f"_{key[1:]}", None) if key.startswith("~") else None
            if special is not None:
                return special(plain[key])
        return {key: self.state(item) for key, item in plain.items()}

    def _bytes(self, place: list[int]) -> bytes:
        return self._part(*place)

    def _array(self, fields: list[Any]) -> np.ndarray:
        name, shape, start, length = fields
        dtype = as_dtype(name).as_numpy_dtype
        return np.frombuffer(self._part(start, length), dtype).reshape(shape).copy()

    def _objects(self, fields: list[Any]) -> np.ndarray:
        shape, items = fields
        array = np.empty(len(items), object)
        for i, item in enumerate(items):
            array[i] = self.state(item)
        return array.reshape(shape)

    def _elements(self, elements: Any) -> ElementsNode:
        return ElementsNode(self.state(elements))

    def _optional(self, values: Any) -> OptionalValue:
        return OptionalValue(self.state(values))

    def _ragged(self, parts: Any) -> RaggedVariant:
        splits, values = self.state(parts)
        return RaggedVariant(splits, values)

    def _sparse(self, array: Any) -> SparsePart:
        return SparsePart(self.state(array))
