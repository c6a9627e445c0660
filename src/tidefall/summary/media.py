"""Pictures as PNG and sound as WAV, for event files."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}  # grey, grey and alpha, RGB, RGBA


def encode_png(image: np.ndarray) -> bytes:
    """Encode a picture as PNG.

    Args:
      image: uint8, `[height, width, channels]`, both sizes at least 1; channels 1 (grey),
        2 (grey, alpha), 3 (RGB) or 4 (RGBA).

    Returns:
      The PNG file's bytes.

    Raises:
      ValueError: another shape or dtype.

    Reference: https://www.w3.org/TR/png/
    """
    if image.dtype != np.uint8 or image.ndim != 3 or 0 in image.shape:
        raise ValueError(
            "PNG needs a uint8 image of shape [height, width, channels] without empty sizes, "
            f"got {image.dtype}{list(image.shape)}."
        )
    height, width, channels = image.shape
    if channels not in _PNG_COLOUR_TYPES:
        raise ValueError(f"A PNG image has 1, 2, 3 or 4 channels, not {channels}.")
    rows = np.zeros((height, 1 + width * channels), dtype=np.uint8)
    rows[:, 1:] = image.reshape(height, -1)  # a leading 0: the row is not filtered
    header = struct.pack(">IIBBBBB", width, height, 8, _PNG_COLOUR_TYPES[channels], 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes())), (b"IEND", b""))
    return _PNG_SIGNATURE + b"".join(_png_chunk(kind, data) for kind, data in chunks)


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(data, zlib.crc32(kind))
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)


def to_uint8_image(images: Any) -> np.ndarray:
    """Convert pixel values to bytes, clipping what is out of range.

    Args:
      images: any shape. Floats from 0 to 1 become 0 to 255, by truncating 255.5 times the value;
        integers keep their highest bits.

    Returns:
      A uint8 array of the same shape.

    Raises:
      TypeError: neither floats nor integers.

    >>> to_uint8_image(np.float32([0, 0.1, 1, 2])).tolist()
    [0, 25, 255, 255]
    """
    images = np.asarray(images)
    if images.dtype == np.uint8:
        return images
    if images.dtype.kind in "iu":
        bits = 8 * images.dtype.itemsize - (images.dtype.kind == "i")
        shifted = images >> (bits - 8) if bits >= 8 else images.astype(np.int16) << (8 - bits)
        return np.clip(shifted, 0, 255).astype(np.uint8)
    if images.dtype.kind == "f" or images.dtype.name == "bfloat16":
        wide = np.float64 if images.dtype == np.float64 else np.float32
        scaled = images.astype(wide) * wide(255.5)
        return np.nan_to_num(np.clip(scaled, 0, 255), nan=0.0).astype(np.uint8)
    raise TypeError(f"Image pixels are floats or integers, not {images.dtype}.")


def encode_wav(audio: Any, sample_rate: int) -> bytes:
    """Encode sound as a WAV file of 16-bit samples.

    Args:
      audio: floats from -1 to 1, `[frames, channels]`.
      sample_rate: frames in a second.

    Returns:
      The WAV file's bytes.

    Raises:
      ValueError: another rank.
    """
    audio = np.asarray(audio, dtype=np.float32)
    if audio.ndim != 2:
        raise ValueError(f"Audio has the shape [frames, channels], got {list(audio.shape)}.")
    channels = audio.shape[1]
    scaled = np.nan_to_num(np.clip(audio, -1, 1)) * np.float32(32768)
    rounded = np.trunc(scaled + np.copysign(np.float32(0.5), scaled))  # halves away from zero
    samples = np.clip(rounded, -32768, 32767).astype("<i2").tobytes()
    frame = 2 * channels
    pcm = struct.pack("<HHIIHH", 1, channels, sample_rate, sample_rate * frame, frame, 16)
    return b"".join(
        [
            b"RIFF" + struct.pack("<I", 36 + len(samples)) + b"WAVE",
            b"fmt " + struct.pack("<I", len(pcm)) + pcm,
            b"data" + struct.pack("<I", len(samples)) + samples,
        ]
    )
