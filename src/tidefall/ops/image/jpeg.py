"""JPEG files to arrays and back, as libjpeg-turbo and TensorFlow's settings of it have them.

simplejpeg decodes, because Pillow cannot choose the fast discrete cosine transform, which is
TensorFlow's default, nor the simple upsampling of colours. Pillow encodes. Both are imported when
they are first used.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base.errors import InternalError
from tidefall.ops.common import LazyModule, invalid, shape_text

simplejpeg = LazyModule("simplejpeg")
pillow = LazyModule("PIL.Image")

_METHODS = {"": True, "INTEGER_FAST": True, "INTEGER_ACCURATE": False}
_SIZE_MARKERS = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})


def _broken() -> Exception:
    return invalid("jpeg::Uncompress failed. Invalid JPEG data or crop window.")


def jpeg_header(data: bytes) -> tuple[int, int, int]:
    """Height, width and number of components, from the frame header.

    Raises:
        InvalidArgumentError: if there is none.
    """
    at, found = 2, None
    while data[:2] == b"\xff\xd8" and at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker in _SIZE_MARKERS and at + 10 <= len(data):
            height = int.from_bytes(data[at + 5 : at + 7], "big")
            width = int.from_bytes(data[at + 7 : at + 9], "big")
            found = height, width, data[at + 9]
            if not (height and width):
                break
        # The pixels follow: what comes before is complete.
        if marker == 0xDA and found is not None:
            return found
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    raise invalid(f"Invalid JPEG data, size {len(data)}")


def decode_jpeg_bytes(
    data: bytes,
    channels: int = 0,
    ratio: int = 1,
    fancy_upscaling: bool = True,
    try_recover_truncated: bool = False,
    acceptable_fraction: float = 1.0,
    dct_method: str = "",
    crop: tuple[int, int, int, int] | None = None,
    buffer_of: Callable[[int], np.ndarray] | None = None,
) -> np.ndarray:
    """Decode a JPEG file to uint8 `[height, width, channels]`.

    Args:
        data: the file.
        channels, ratio, fancy_upscaling, try_recover_truncated, acceptable_fraction, dct_method:
            the attributes of `DecodeJpeg`.
        crop: first row and column, height and width of what is returned; all by default.
        buffer_of: gives memory for so many bytes, into which the picture is decoded.

    Raises:
        InvalidArgumentError: for a file that is broken, or options that do not exist.
    """
    check_jpeg_options(channels, ratio, dct_method)
    try:
        height, width, components = jpeg_header(data)
    except Exception as error:
        raise _broken() from error
    if channels == 0:
        channels = 1 if components == 1 else 3
    whole = b"\xff\xd9" in data[-64:]
    if not whole and not try_recover_truncated and acceptable_fraction >= 1:
        raise _broken()
    space = "CMYK" if components == 4 else "GRAY" if channels == 1 else "RGB"
    if components == 4 and channels == 1:
        raise _broken()
    try:
        image = simplejpeg.decode_jpeg(
            data,
            space,
            fastdct=_METHODS[dct_method],
            fastupsample=not fancy_upscaling,
            min_height=-(-height // ratio),
            min_width=-(-width // ratio),
            strict=False,
            buffer=None if buffer_of is None else buffer_of(height * width * len(space)),
        )
    except ValueError as error:
        raise _broken() from error
    if components == 4:
        image = _from_cmyk(image)
    return image if crop is None else _cropped(image, crop, ratio)


def check_jpeg_options(channels: int, ratio: int, dct_method: str) -> None:
    """Raise unless the attributes of a decoder are ones that exist."""
    if channels not in (0, 1, 3):
        raise invalid(f"channels must be 0, 1, or 3 for JPEG, got {channels}")
    if ratio not in (1, 2, 4, 8):
        raise invalid(f"ratio must be 1, 2, 4, or 8, got {ratio}")
    if dct_method not in _METHODS:
        raise invalid(f"dct_method must be one of {sorted(_METHODS)}, got {dct_method!r}")


def _from_cmyk(image: np.ndarray) -> np.ndarray:
    """RGB of inverted CMYK, as Adobe writes it."""
    wide = image.astype(np.int32)
    return (wide[..., :3] * wide[..., 3:] // 255).astype(np.uint8)


def _cropped(image: np.ndarray, crop: tuple[int, int, int, int], ratio: int) -> np.ndarray:
    y, x, height, width = crop
    rows, columns = image.shape[:2]
    if min(y, x) < 0 or min(height, width) <= 0 or y + height > rows or x + width > columns:
        raise _broken()
    return np.ascontiguousarray(image[y : y + height, x : x + width])


def encode_jpeg_bytes(
    image: np.ndarray,
    quality: int = 95,
    progressive: bool = False,
    optimize_size: bool = False,
    chroma_downsampling: bool = True,
    density_unit: str = "in",
    x_density: int = 300,
    y_density: int = 300,
    xmp_metadata: str = "",
) -> bytes:
    """Encode a uint8 picture `[height, width, 1 or 3]` as JPEG."""
    if image.ndim != 3:
        raise invalid(f"image must be 3-dimensional{shape_text(image.shape)}")
    if image.shape[2] not in (1, 3):
        raise invalid(f"image must have 1 or 3 channels, got {shape_text(image.shape)}")
    if not 0 <= quality <= 100:
        raise invalid(f"quality must be in [0,100], got {quality}")
    if 0 in image.shape:
        raise InternalError(None, None, "JPEG encoding failed: the image is empty")
    options: dict[str, Any] = {}
    if image.shape[2] == 3:
        options["subsampling"] = 2 if chroma_downsampling else 0
    if xmp_metadata:
        options["xmp"] = xmp_metadata.encode() if isinstance(xmp_metadata, str) else xmp_metadata
    buffer = io.BytesIO()
    picture = pillow.fromarray(image[..., 0] if image.shape[2] == 1 else image)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        picture.save(
            buffer,
            "JPEG",
            quality=quality if quality > 0 else 1,
            progressive=progressive,
            optimize=optimize_size,
            dpi=(x_density, y_density),
            **options,
        )
    return _with_density(buffer.getvalue(), density_unit)


def _with_density(data: bytes, unit: str) -> bytes:
    """Pillow writes dots per inch; the unit is one byte of the JFIF header."""
    return data if unit == "in" else data[:13] + b"\x02" + data[14:]
