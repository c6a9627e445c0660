"""PNG files to arrays. Pillow decodes; what it cannot (16 bits, several channels) is split up.

Filters of PNG work on each byte of a pixel by itself. So the high bytes of a 16-bit picture are a
valid 8-bit picture, and the low bytes another.

Reference: https://www.w3.org/TR/png/
"""

from __future__ import annotations

import struct
import warnings
import zlib

import numpy as np

from tidefall.ops.common import invalid
from tidefall.ops.image.common import open_picture

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# Start and step of rows and columns in each pass of an interlaced picture.
_PASSES = [
    (0, 8, 0, 8),
    (0, 8, 4, 8),
    (4, 8, 0, 4),
    (0, 4, 2, 4),
    (2, 4, 0, 2),
    (0, 2, 1, 2),
    (1, 2, 0, 1),
]


def _broken(data: bytes) -> Exception:
    return invalid(f"Invalid PNG data, size {len(data)}")


def _chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """The chunks of a file, without those that may be left out and are damaged."""
    found, at = [], 8
    while at + 12 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        end = at + 12 + size
        check = data[end - 4 : end]
        if len(check) != 4:
            break
        if check == struct.pack(">I", zlib.crc32(kind + body)):
            found.append((kind, body))
        elif not kind[0] & 0x20:
            break
        if kind == b"IEND":
            return found
        at = end
    raise _broken(data)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _open(data: bytes) -> np.ndarray:
    """Pixels of an 8-bit PNG file, with all the channels it has."""
    picture = open_picture(data, "PNG")
    transparent = "transparency" in picture.info
    if picture.mode == "P":
        picture = picture.convert("RGBA" if transparent else "RGB")
    elif picture.mode == "1":
        picture = picture.convert("L")
    picture.load()
    return _with_channels_axis(np.asarray(picture))


def _with_channels_axis(image: np.ndarray) -> np.ndarray:
    return image[..., None] if image.ndim == 2 else image


def _transparent(data: bytes) -> np.ndarray | None:
    """Opacity of a grey or RGB picture that names a transparent colour."""
    picture = open_picture(data, "PNG")
    if picture.mode not in ("L", "RGB") or "transparency" not in picture.info:
        return None
    return np.asarray(picture.convert("RGBA"))[..., 3:]


def _pass_sizes(height: int, width: int, interlaced: bool) -> list[tuple[int, int]]:
    if not interlaced:
        return [(height, width)]
    sizes = [(-(-(height - a) // b), -(-(width - c) // d)) for a, b, c, d in _PASSES]
    return [(h, w) for h, w in sizes if h > 0 and w > 0]


def _wide(
    header: tuple[int, ...], chunks: list[tuple[bytes, bytes]]
) -> tuple[np.ndarray, np.ndarray | None]:
    """Pixels of a 16-bit PNG file, uint16 `[height, width, channels]`, and the opacity."""
    width, height, _, colour, _, _, interlace = header
    channels = _CHANNELS[colour]
    raw = zlib.decompress(b"".join(body for kind, body in chunks if kind == b"IDAT"))
    halves: list[list[bytes]] = [[], []]
    at = 0
    for rows, columns in _pass_sizes(height, width, bool(interlace)):
        row = 1 + columns * channels * 2
        lines = np.frombuffer(raw, np.uint8, rows * row, at).reshape(rows, row)
        at += rows * row
        for half in (0, 1):
            halves[half].append(np.hstack([lines[:, :1], lines[:, 1 + half :: 2]]).tobytes())
    transparent = dict(chunks).get(b"tRNS", b"")
    parts = []
    for half in halves:
        narrow = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, interlace)
        body = zlib.compress(b"".join(half), 0)
        file = _chunk(b"IHDR", narrow) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")
        parts.append(_open(SIGNATURE + file).astype(np.uint16))
    pixels = parts[0] << 8 | parts[1]
    if len(transparent) != 2 * channels or colour not in (0, 2):
        return pixels, None
    clear = (pixels == np.frombuffer(transparent, ">u2")).all(2, keepdims=True)
    return pixels, np.where(clear, 0, 0xFFFF).astype(np.uint16)


def decode_png_bytes(data: bytes, channels: int = 0, wide: bool = False) -> np.ndarray:
    """Decode a PNG file to `[height, width, channels]`.

    Args:
        data: the file.
        channels: 0 for those of the file, 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA.
        wide: give uint16 instead of uint8.

    Raises:
        InvalidArgumentError: for a broken file.
    """
    try:
        image, opacity = _pixels(data)
    except (OSError, ValueError, SyntaxError, struct.error, zlib.error, IndexError, KeyError) as e:
        raise _broken(data) from e
    opaque = (1 << data[24]) - 1
    image = _convert(image, opacity, channels or image.shape[2], opaque)
    if wide and image.dtype == np.uint8:
        return image.astype(np.uint16) * 257
    return image if wide or image.dtype == np.uint8 else (image >> 8).astype(np.uint8)


def _pixels(data: bytes) -> tuple[np.ndarray, np.ndarray | None]:
    chunks = _chunks(data)
    if chunks[0][0] != b"IHDR":
        raise _broken(data)
    header = struct.unpack(">IIBBBBB", chunks[0][1])
    if header[2] == 16:
        return _wide(header, chunks)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _open(data), _transparent(data)


def _convert(image: np.ndarray, opacity: np.ndarray | None, wanted: int, full: int) -> np.ndarray:
    """Bring a picture to a number of channels.

    Args:
        full: opacity where the file has none. TensorFlow takes the largest number of the file's
            bits, also where a palette makes 8 bits of fewer.
    """
    have = image.shape[2]
    colour = image[..., :3] if have >= 3 else image[..., :1]
    if have in (2, 4):
        alpha = image[..., -1:]
    elif opacity is not None:
        alpha = opacity
    else:
        alpha = np.full((*image.shape[:2], 1), full, image.dtype)
    if wanted < 3 and colour.shape[2] == 3:
        colour = _grey(colour)
    elif wanted >= 3 and colour.shape[2] == 1:
        colour = np.repeat(colour, 3, 2)
    parts = [colour, alpha] if wanted in (2, 4) else [colour]
    return np.ascontiguousarray(np.concatenate(parts, 2))


def _grey(rgb: np.ndarray) -> np.ndarray:
    """Brightness with the integer weights that libpng makes of 0.299 and 0.114."""
    weights = np.array([9797, 19234, 3737], np.int64)
    mixed = rgb.astype(np.int64) @ weights
    return ((mixed + (16384 if rgb.dtype == np.uint16 else 0)) >> 15).astype(rgb.dtype)[..., None]
