"""Compressed strings: `tf.io.decode_compressed`."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

from tidefall.base.dispatch import UNARY
from tidefall.base.errors import DataLossError, UnimplementedError
from tidefall.base.exports import export
from tidefall.op.effects import PURE
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import invalid, unchanged

_WINDOWS = {"ZLIB": zlib.MAX_WBITS, "GZIP": zlib.MAX_WBITS | 16}


def _inflate(data: bytes, kind: str) -> bytes:
    """The plain bytes; GZIP members follow each other, what follows a ZLIB stream is ignored."""
    parts = []
    while data:
        inflater = zlib.decompressobj(_WINDOWS[kind])
        try:
            parts.append(inflater.decompress(data))
        except zlib.error as error:
            raise DataLossError(None, None, f"The {kind} data is damaged: {error}") from None
        if not inflater.eof:
            raise DataLossError(None, None, f"The {kind} data ends early; it was cut short.")
        data = inflater.unused_data if kind == "GZIP" else b""
    return b"".join(parts)


def _decode(bytes: np.ndarray, *, compression_type: Any) -> np.ndarray:
    kind = compression_type if isinstance(compression_type, str) else compression_type.decode()
    if not kind:
        return bytes
    if kind == "ZSTD":
        raise UnimplementedError(None, None, "DecodeCompressed reads ZLIB and GZIP, not ZSTD.")
    if kind not in _WINDOWS:
        raise invalid(f"Only ZLIB, GZIP or no compression ('') is supported, not {kind!r}")
    plain = np.empty(bytes.size, object)
    plain[:] = [_inflate(item, kind) for item in bytes.reshape(-1).tolist()]
    return plain.reshape(bytes.shape)


decode_compressed_op = op(
    "DecodeCompressed", shape=unchanged, host=_decode, effects=PURE, gradient=NOT_DIFFERENTIABLE
)


@export(
    "io.decode_compressed",
    "compat.v1.io.decode_compressed",
    "compat.v1.decode_compressed",
    dispatch=UNARY,
)
def decode_compressed(bytes: Any, compression_type: str = "", name: str | None = None) -> Any:
    """Decompress strings.

    Args:
        bytes: string tensor of any shape, each string compressed by itself.
        compression_type: "GZIP", "ZLIB", or "" for strings that are not compressed.
        name: name of the node in a graph.

    Returns:
        A string tensor of the same shape.

    Raises:
        InvalidArgumentError: for another compression.
        DataLossError: if a string is damaged or, where TensorFlow gives what is there of it, cut
            short.

    >>> import zlib
    >>> import tidefall as tf
    >>> tf.io.decode_compressed(zlib.compress(b"tide"), "ZLIB").numpy()
    b'tide'
    """
    return decode_compressed_op(bytes, compression_type=compression_type, name=name)
