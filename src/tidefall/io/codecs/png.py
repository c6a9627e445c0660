"""Pictures as PNG files: the `EncodePng` op.

Reference: https://www.w3.org/TR/png/
"""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np

from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import shape_text

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}  # grey, grey and alpha, RGB, RGBA


def png_bytes(image: np.ndarray, compression: int = -1) -> bytes:
    """Encode a picture as PNG.

    Args:
        image: uint8 or uint16, `[height, width, channels]`, both sizes at least 1; channels 1
            (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGBA).
        compression: zlib's level, 0 to 9; -1 is zlib's default.

    Returns:
        The PNG file's bytes.

    Raises:
        ValueError: another shape or dtype.
    """
    if image.dtype not in (np.uint8, np.uint16) or image.ndim != 3 or 0 in image.shape:
        raise ValueError(
            "PNG needs a uint8 or uint16 image of shape [height, width, channels] without empty "
            f"sizes, got {image.dtype}{list(image.shape)}."
        )
    height, width, channels = image.shape
    if channels not in _COLOUR_TYPES:
        raise ValueError(f"A PNG image has 1, 2, 3 or 4 channels, got {channels}.")
    depth = image.dtype.itemsize
    pixels = np.ascontiguousarray(image, dtype=image.dtype.newbyteorder(">")).view(np.uint8)
    rows = np.zeros((height, 1 + width * channels * depth), dtype=np.uint8)
    rows[:, 1:] = pixels.reshape(height, -1)  # a leading 0: the row is not filtered
    header = struct.pack(">IIBBBBB", width, height, 8 * depth, _COLOUR_TYPES[channels], 0, 0, 0)
    data = zlib.compress(rows.tobytes(), compression)
    chunks = ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(data, zlib.crc32(kind))
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)


def _batch(c: Inference) -> TensorShape:
    shape = c.shape(0)
    if shape.rank is None:
        return TensorShape(None)
    if shape.rank < 3:
        raise ValueError(f"images must be at least rank 3, got {shape_text(shape)}")
    return shape[:-3]


def _encode(image: np.ndarray, *, compression: int) -> np.ndarray:
    if image.ndim < 3:
        raise ValueError(f"images must be at least rank 3, got {shape_text(image.shape)}")
    if not -1 <= compression <= 9:
        raise ValueError(f"compression should be in [-1,9], got {compression}")
    files = np.empty(image.shape[:-3], dtype=object)
    for index in np.ndindex(*files.shape):
        files[index] = png_bytes(image[index], compression)
    return files


encode_png_op = op(
    "EncodePng", shape=_batch, host=_encode, effects=PURE, gradient=NOT_DIFFERENTIABLE
)


@export("io.encode_png", "image.encode_png")
def encode_png(image: Any, compression: int = -1, name: str | None = None) -> Any:
    """Encode pictures as PNG files.

    Args:
        image: uint8 or uint16, `[..., height, width, channels]`; channels 1 (grey), 2 (grey,
            alpha), 3 (RGB) or 4 (RGBA).
        compression: zlib's level, 0 to 9; -1 is zlib's default.
        name: name of the node in a graph.

    Returns:
        A string tensor of shape `[...]`: the files.

    Raises:
        InvalidArgumentError: for another rank, number of channels or level, and empty pictures.

    >>> import tidefall as tf
    >>> tf.io.encode_png(tf.zeros([2, 2, 1], tf.uint8)).numpy()[:4]
    b'\\x89PNG'
    """
    return encode_png_op(image, compression=compression, name=name)
