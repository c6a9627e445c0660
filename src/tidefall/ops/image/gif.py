"""GIF files to arrays, with TensorFlow's rules for putting frames together.

The blocks are read here; the compressed pixels of each frame go to Pillow as a file of their own.
The canvas has the size of the first frame, a frame is painted over the one before, and how a frame
wants to be disposed of makes no difference.

Reference: https://www.w3.org/Graphics/GIF/spec-gif89a.txt
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from tidefall.ops.common import invalid
from tidefall.ops.image.common import open_picture


class _Frame(NamedTuple):
    left: int
    top: int
    width: int
    height: int
    interlaced: bool
    palette: bytes
    data: bytes
    transparent: int | None


def _blocks_end(data: bytes, at: int) -> int:
    """Position behind a chain of sub-blocks."""
    while data[at]:
        at += data[at] + 1
    return at + 1


def _frames(data: bytes) -> Iterator[_Frame]:
    flags = data[10]
    at = 13
    palette = b""
    if flags & 0x80:
        size = 3 << (flags & 7) + 1
        palette, at = data[at : at + size], at + size
    transparent = None
    while at < len(data) and data[at] != 0x3B:
        if data[at] == 0x21:
            if data[at + 1] == 0xF9 and data[at + 3] & 1:
                transparent = data[at + 6]
            at = _blocks_end(data, at + 2)
            continue
        if data[at] != 0x2C:
            raise ValueError("unknown block")
        left, top, width, height, local = struct.unpack_from("<HHHHB", data, at + 1)
        at += 10
        own = palette
        if local & 0x80:
            size = 3 << (local & 7) + 1
            own, at = data[at : at + size], at + size
        end = _blocks_end(data, at + 1)
        body = data[at:end]
        yield _Frame(left, top, width, height, bool(local & 0x40), own, body, transparent)
        transparent, at = None, end


def _indices(frame: _Frame) -> np.ndarray:
    """Palette indices of a frame's pixels: `[height, width]`."""
    grey = bytes(v for i in range(256) for v in (i, i, i))
    size = struct.pack("<HH", frame.width, frame.height)
    flags = 0x40 if frame.interlaced else 0
    file = b"GIF89a" + size + b"\xf7\0\0" + grey + b"\x2c\0\0\0\0" + size + bytes([flags])
    picture = open_picture(file + frame.data + b"\x3b", "GIF")
    picture.load()
    return np.asarray(picture.convert("L") if picture.mode != "L" else picture)


def decode_gif_bytes(data: bytes, first_only: bool = False) -> np.ndarray:
    """Decode a GIF file to uint8 `[frames, height, width, 3]`.

    Of a file that breaks off, the frames before that are given.

    Raises:
        InvalidArgumentError: for a broken file.
    """
    canvases: list[np.ndarray] = []
    try:
        for frame in _frames(data):
            _paint(frame, canvases)
            if first_only:
                break
    except (OSError, ValueError, IndexError, struct.error, SyntaxError, EOFError) as error:
        if not canvases:
            raise invalid(f"Invalid GIF data (size {len(data)}), {error}") from error
    if not canvases:
        raise invalid(f"Invalid GIF data (size {len(data)}), it holds no frame")
    return np.stack(canvases)


def _paint(frame: _Frame, canvases: list[np.ndarray]) -> None:
    if canvases:
        canvas = canvases[-1].copy()
    else:
        canvas = np.zeros((frame.height, frame.width, 3), np.uint8)
    height, width = canvas.shape[:2]
    colours = np.zeros((256, 3), np.uint8)
    table = np.frombuffer(frame.palette, np.uint8).reshape(-1, 3)
    colours[: len(table)] = table
    indices = _indices(frame)
    left, top = frame.left, frame.top
    indices = indices[: max(height - top, 0), : max(width - left, 0)]
    part = canvas[top : top + indices.shape[0], left : left + indices.shape[1]]
    painted = colours[indices]
    if frame.transparent is not None:
        painted = np.where((indices == frame.transparent)[..., None], part, painted)
    part[...] = painted
    canvases.append(canvas)
