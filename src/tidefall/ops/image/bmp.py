"""BMP files to arrays: 8 bits of grey, 24 and 32 bits of colour, not compressed."""

from __future__ import annotations

import struct

import numpy as np

from tidefall.ops.common import invalid


def decode_bmp_bytes(data: bytes, channels: int = 0) -> np.ndarray:
    """Decode a BMP file to uint8 `[height, width, channels]`.

    Args:
        data: the file. A palette is not looked at: 8 bits per pixel count as grey.
        channels: 0 for those of the file, 3 or 4.

    Raises:
        InvalidArgumentError: for a broken file, or one of another depth.
    """
    if channels not in (0, 3, 4):
        raise invalid(f"`channels` must be 0, 3 or 4 for BMP, but got {channels}")
    if len(data) < 32:
        raise invalid(f"Incomplete bmp content, requires at least 32 bytes, but got {len(data)}")
    start = struct.unpack_from("<i", data, 10)[0]
    width, height = struct.unpack_from("<ii", data, 18)
    depth = struct.unpack_from("<h", data, 28)[0]
    have = depth // 8
    if have not in (1, 3, 4):
        raise invalid(f"Number of channels inherent in the image must be 1, 3 or 4, was {have}")
    if width <= 0 or height == 0 or start < 0:
        raise invalid(f"BMP: width must be positive and height not zero, got {width} x {height}")
    rows = abs(height)
    stride = (have * width + 3) // 4 * 4
    if start + stride * rows > len(data):
        raise invalid(
            f"Incomplete bmp content, requires at least {start + stride * rows} bytes, "
            f"but got {len(data)}"
        )
    body = np.frombuffer(data, np.uint8)[start : start + stride * rows]
    pixels = body.reshape(rows, stride)[:, : have * width].reshape(rows, width, have)
    if height > 0:
        pixels = pixels[::-1]
    if have >= 3:
        pixels = pixels[..., [2, 1, 0, 3][:have]]
    wanted = channels or have
    if wanted != have:
        pixels = _with_channels(pixels, wanted)
    return np.ascontiguousarray(pixels)


def _with_channels(pixels: np.ndarray, wanted: int) -> np.ndarray:
    colour = np.repeat(pixels, 3, 2) if pixels.shape[2] == 1 else pixels[..., :3]
    if wanted == 3:
        return colour
    opaque = np.full((*pixels.shape[:2], 1), 255, np.uint8)
    return np.concatenate([colour, opaque], 2)
