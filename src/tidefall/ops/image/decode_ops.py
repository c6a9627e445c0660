"""The ops that decode and encode pictures. Every decoder takes a file of any format it can be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import DType
from tidefall.base.errors import UnimplementedError
from tidefall.base.shapes import TensorShape
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import invalid, shape_text
from tidefall.ops.image.bmp import decode_bmp_bytes
from tidefall.ops.image.common import open_picture
from tidefall.ops.image.gif import decode_gif_bytes
from tidefall.ops.image.jpeg import decode_jpeg_bytes, encode_jpeg_bytes, jpeg_header
from tidefall.ops.image.png import SIGNATURE, decode_png_bytes


def file_format(data: bytes) -> str:
    """The format that the first bytes of a file tell."""
    if data[:3] == b"\xff\xd8\xff":
        return "jpeg"
    if data[:8] == SIGNATURE:
        return "png"
    if data[:4] == b"GIF8":
        return "gif"
    if data[:2] == b"BM":
        return "bmp"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    raise invalid(
        "Unknown image file format. One of JPEG, PNG, GIF, BMP, WebP required, "
        f"got {len(data)} bytes that begin with {data[:8]!r}."
    )


def contents_of(contents: Any) -> bytes:
    """The file that a decoder was given."""
    if contents.ndim:
        raise invalid(f"`contents` must be scalar but got shape{shape_text(contents.shape)}")
    value = contents.item()
    return value if isinstance(value, bytes) else str(value).encode()


def decode_webp_bytes(data: bytes, channels: int) -> np.ndarray:
    """Decode a WebP file to uint8 `[frames, height, width, channels]`."""
    if channels not in (0, 3, 4):
        raise invalid("WebP only supports 3 or 4 channels")
    try:
        picture = open_picture(data, "WEBP")
        count = getattr(picture, "n_frames", 1)
        # Pillow gives all frames of a moving picture as RGBA; the header says what there is.
        moving = data[12:16] == b"VP8X" and count > 1
        transparent = data[20] & 0x10 if moving else picture.mode == "RGBA"
        mode = "RGBA" if transparent else "RGB"
        if moving and channels == 3:
            raise invalid("WebP Animation must be 4 channel RGBA")
        if channels and channels != len(mode):
            raise invalid("Number of channels requested does not match input")
        frames = []
        for index in range(count):
            picture.seek(index)
            frames.append(np.asarray(picture.convert(mode)))
    except (OSError, ValueError, EOFError, SyntaxError) as error:
        raise invalid(f"Failed to decode WebP data of {len(data)} bytes") from error
    return np.stack(frames)


def _pixels(
    data: bytes,
    channels: int,
    dtype: DType = dtypes.uint8,
    animate: bool = True,
    only: tuple[str, ...] | None = None,
    **jpeg: Any,
) -> np.ndarray:
    """A picture of any format, in a dtype."""
    kind = file_format(data)
    if only is not None and kind not in only:
        raise invalid(f"Expected a file of format {' or '.join(only)}, but detected {kind}")
    if kind == "png":
        if channels not in (0, 1, 3, 4):
            raise invalid(f"channels must be 0, 1, 3, or 4 for PNG, got {channels}")
        image = decode_png_bytes(data, channels, wide=dtype != dtypes.uint8)
    elif kind == "gif":
        if channels not in (0, 3):
            raise invalid(f"channels must be 0 or 3 for GIF, but got {channels}")
        image = decode_gif_bytes(data, first_only=not animate)
        image = image if animate else image[0]
    elif kind == "bmp":
        image = decode_bmp_bytes(data, channels)
    elif kind == "webp":
        if dtype != dtypes.uint8:
            raise invalid(f"WebP only supports uint8, got {dtype.name}")
        image = decode_webp_bytes(data, channels)
        image = image if animate else image[0]
    else:
        image = decode_jpeg_bytes(data, channels, **jpeg)
    return _as_dtype(image, dtype)


def _as_dtype(image: np.ndarray, dtype: DType) -> np.ndarray:
    if dtype == dtypes.uint16 and image.dtype == np.uint8:
        return image.astype(np.uint16) * np.uint16(256)
    if dtype == dtypes.float32:
        largest = np.iinfo(image.dtype).max
        return image.astype(np.float32) * np.float32(1.0 / largest)
    return image


# ---- shapes ----


def _picture(channels: int, known_rank: bool = True) -> TensorShape:
    return TensorShape([None, None, channels or None]) if known_rank else TensorShape(None)


def _scalar_contents(c: Inference) -> None:
    if c.shape(0).rank not in (None, 0):
        raise ValueError(f"Shape must be rank 0 but is rank {c.shape(0).rank}")


def _checked(allowed: tuple[int, ...]) -> Callable[[Inference], TensorShape]:
    def shape(c: Inference) -> TensorShape:
        _scalar_contents(c)
        channels = c.attr("channels")
        if channels not in allowed:
            raise ValueError(f"channels must be one of {allowed}, got {channels}")
        return _picture(channels)

    return shape


# ---- decoders ----

_NO_BMP = ("jpeg", "png", "gif", "webp")


def _jpeg_host(
    contents: np.ndarray,
    *,
    channels: int,
    ratio: int,
    fancy_upscaling: bool,
    try_recover_truncated: bool,
    acceptable_fraction: float,
    dct_method: str,
) -> np.ndarray:
    image = _pixels(
        contents_of(contents),
        channels,
        only=_NO_BMP,
        ratio=ratio,
        fancy_upscaling=fancy_upscaling,
        try_recover_truncated=try_recover_truncated,
        acceptable_fraction=acceptable_fraction,
        dct_method=dct_method,
    )
    return _still(image, contents_of(contents))


def _crop_host(
    contents: np.ndarray,
    crop_window: np.ndarray,
    *,
    channels: int,
    ratio: int,
    fancy_upscaling: bool,
    try_recover_truncated: bool,
    acceptable_fraction: float,
    dct_method: str,
) -> np.ndarray:
    data = contents_of(contents)
    if crop_window.ndim != 1:
        raise invalid(f"crop_window must be 1-D, got shape {shape_text(crop_window.shape)}")
    if crop_window.shape[0] != 4:
        raise invalid(f"crop_size must have four elements {shape_text(crop_window.shape)}")
    y, x, height, width = (int(v) for v in crop_window)
    if data[:3] != b"\xff\xd8\xff":
        raise invalid("DecodeAndCropJpeg operation can run on JPEG only, but detected another")
    return decode_jpeg_bytes(
        data,
        channels,
        ratio,
        fancy_upscaling,
        try_recover_truncated,
        acceptable_fraction,
        dct_method,
        (y, x, height, width),
    )


def _crop_shape(c: Inference) -> TensorShape:
    _scalar_contents(c)
    window = c.constant(1)
    if window is None or window.shape != (4,):
        return _picture(c.attr("channels"))
    return TensorShape([int(window[2]), int(window[3]), c.attr("channels") or None])


def _png_host(contents: np.ndarray, *, channels: int, dtype: DType) -> np.ndarray:
    return _still(
        _pixels(contents_of(contents), channels, dtype, only=_NO_BMP), contents_of(contents)
    )


def _still(image: np.ndarray, data: bytes) -> np.ndarray:
    """The one frame that a GIF may have for the decoders of single pictures."""
    if data[:4] != b"GIF8":
        return image
    if len(image) != 1:
        raise invalid(f"Got {len(image)} frames, but animated GIFs need decode_gif or decode_image")
    return image[0]


def _gif_host(contents: np.ndarray) -> np.ndarray:
    data = contents_of(contents)
    image = _pixels(data, 0 if data[:4] == b"GIF8" else 3, only=("gif", "png", "jpeg", "webp"))
    return image if image.ndim == 4 else image[None]


def _bmp_host(contents: np.ndarray, *, channels: int) -> np.ndarray:
    return _pixels(contents_of(contents), channels, only=("bmp", "webp"))


def _webp_host(contents: np.ndarray, *, channels: int, dtype: DType) -> np.ndarray:
    return _pixels(contents_of(contents), channels, dtype, only=("webp", "png", "jpeg"))


def _image_host(
    contents: np.ndarray, *, channels: int, dtype: DType, expand_animations: bool
) -> np.ndarray:
    return _pixels(contents_of(contents), channels, dtype, expand_animations)


def _image_shape(c: Inference) -> TensorShape:
    _scalar_contents(c)
    if c.attr("channels") not in (0, 1, 3, 4):
        raise ValueError(f"channels must be 0, 1, 3, or 4, got {c.attr('channels')}")
    return _picture(c.attr("channels"), known_rank=not c.attr("expand_animations"))


def _webp_shape(c: Inference) -> TensorShape:
    _scalar_contents(c)
    return TensorShape([None, None, None, c.attr("channels") or None])


def _no_jxl(contents: np.ndarray, *, channels: int, dtype: DType) -> np.ndarray:
    raise UnimplementedError(
        None, None, "DecodeJxl: there is no decoder of JPEG XL here. Convert the files to PNG."
    )


def _declare(name: str, shape: Any, host: Any) -> Any:
    return op(name, shape=shape, host=host, effects=PURE, gradient=NOT_DIFFERENTIABLE)


decode_jpeg_op = _declare("DecodeJpeg", _checked((0, 1, 3, 4)), _jpeg_host)
decode_and_crop_jpeg_op = _declare("DecodeAndCropJpeg", _crop_shape, _crop_host)
decode_png_op = _declare("DecodePng", _checked((0, 1, 2, 3, 4)), _png_host)
decode_gif_op = _declare("DecodeGif", lambda c: TensorShape([None, None, None, 3]), _gif_host)
decode_bmp_op = _declare("DecodeBmp", _checked((0, 1, 3, 4)), _bmp_host)
decode_webp_op = _declare("DecodeWebP", _webp_shape, _webp_host)
decode_jxl_op = _declare("DecodeJxl", lambda c: TensorShape(None), _no_jxl)
decode_image_op = _declare("DecodeImage", _image_shape, _image_host)


# ---- JPEG: shape and encoders ----


def _size_host(contents: np.ndarray, *, output_type: DType) -> np.ndarray:
    height, width, components = jpeg_header(contents_of(contents))
    return np.array([height, width, components], output_type.as_numpy_dtype)


extract_jpeg_shape_op = _declare("ExtractJpegShape", lambda c: TensorShape([3]), _size_host)


def _encode_host(
    image: np.ndarray,
    *,
    format: str,
    quality: int,
    progressive: bool,
    optimize_size: bool,
    chroma_downsampling: bool,
    density_unit: str,
    x_density: int,
    y_density: int,
    xmp_metadata: str,
) -> bytes:
    wanted = {"grayscale": 1, "rgb": 3}.get(format)
    if wanted is not None and image.ndim == 3 and image.shape[2] != wanted:
        raise invalid(f"format {format!r} expects {wanted} channels, got {image.shape[2]}")
    encoded = encode_jpeg_bytes(
        image,
        quality,
        progressive,
        optimize_size,
        chroma_downsampling,
        density_unit,
        x_density,
        y_density,
        xmp_metadata,
    )
    return _string(encoded)


def _string(data: bytes) -> Any:
    result = np.empty((), object)
    result[()] = data
    return result


def _encode_variable(images: np.ndarray, quality: np.ndarray) -> Any:
    if quality.ndim:
        raise invalid(f"quality must be scalar, got shape {shape_text(quality.shape)}")
    return _string(encode_jpeg_bytes(images, int(quality)))


def _encoded_shape(c: Inference) -> TensorShape:
    if c.shape(0).rank not in (None, 3):
        raise ValueError(f"image must be 3-dimensional, got shape {shape_text(c.shape(0))}")
    return TensorShape(())


encode_jpeg_op = _declare("EncodeJpeg", _encoded_shape, _encode_host)
encode_jpeg_variable_op = _declare("EncodeJpegVariableQuality", _encoded_shape, _encode_variable)
