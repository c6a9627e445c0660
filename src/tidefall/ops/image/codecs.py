"""Decoding and encoding pictures: `tf.io.decode_jpeg` and its relatives."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import as_dtype
from tidefall.base.exports import export
from tidefall.base.state import name_scope
from tidefall.op import raw
from tidefall.ops.image.decode_ops import (
    decode_and_crop_jpeg_op,
    decode_bmp_op,
    decode_gif_op,
    decode_image_op,
    decode_jpeg_op,
    decode_jxl_op,
    decode_png_op,
    decode_webp_op,
    encode_jpeg_op,
    extract_jpeg_shape_op,
)
from tidefall.tensor.conversion import convert_to_tensor


@export("io.decode_jpeg", "image.decode_jpeg")
def decode_jpeg(
    contents: Any,
    channels: int = 0,
    ratio: int = 1,
    fancy_upscaling: bool = True,
    try_recover_truncated: bool = False,
    acceptable_fraction: float = 1,
    dct_method: str = "",
    name: str | None = None,
) -> Any:
    """Decode a JPEG file.

    Args:
        contents: scalar string, the file.
        channels: 0 for those of the file, 1 for grey, 3 for RGB.
        ratio: shrink by 1, 2, 4 or 8 while decoding.
        fancy_upscaling: smooth the colours, which are stored smaller; slower.
        try_recover_truncated: give what there is of a file that ends too early.
        acceptable_fraction: the share of rows that must be there.
        dct_method: "INTEGER_FAST" ("" means that) or "INTEGER_ACCURATE".
        name: name of the node in a graph.

    Returns:
        uint8 `[height, width, channels]`.

    Raises:
        InvalidArgumentError: for a broken file, or options that do not exist.
        ValueError: if `contents` is not a string.

    >>> import tidefall as tf
    >>> file = tf.io.encode_jpeg(tf.zeros([4, 6, 3], tf.uint8))
    >>> tf.io.decode_jpeg(file).shape
    TensorShape([4, 6, 3])
    """
    return decode_jpeg_op(
        convert_to_tensor(contents, dtypes.string, name="contents"),
        channels=channels,
        ratio=ratio,
        fancy_upscaling=fancy_upscaling,
        try_recover_truncated=try_recover_truncated,
        acceptable_fraction=acceptable_fraction,
        dct_method=dct_method,
        name=name,
    )


@export("io.decode_and_crop_jpeg", "image.decode_and_crop_jpeg")
def decode_and_crop_jpeg(
    contents: Any,
    crop_window: Any,
    channels: int = 0,
    ratio: int = 1,
    fancy_upscaling: bool = True,
    try_recover_truncated: bool = False,
    acceptable_fraction: float = 1,
    dct_method: str = "",
    name: str | None = None,
) -> Any:
    """Decode a rectangle of a JPEG file.

    Args:
        contents: scalar string, the file.
        crop_window: int32 `[4]`: first row, first column, height, width.
        channels, ratio, fancy_upscaling, try_recover_truncated, acceptable_fraction, dct_method:
            see `tf.io.decode_jpeg`.
        name: name of the node in a graph.

    Returns:
        uint8 `[height, width, channels]`.

    Raises:
        InvalidArgumentError: for a broken file, or a rectangle that is not inside the picture.

    >>> import tidefall as tf
    >>> file = tf.io.encode_jpeg(tf.zeros([4, 6, 3], tf.uint8))
    >>> tf.io.decode_and_crop_jpeg(file, [1, 1, 2, 3]).shape
    TensorShape([2, 3, 3])
    """
    return decode_and_crop_jpeg_op(
        convert_to_tensor(contents, dtypes.string, name="contents"),
        crop_window,
        channels=channels,
        ratio=ratio,
        fancy_upscaling=fancy_upscaling,
        try_recover_truncated=try_recover_truncated,
        acceptable_fraction=acceptable_fraction,
        dct_method=dct_method,
        name=name,
    )


@export("io.decode_png", "image.decode_png")
def decode_png(
    contents: Any, channels: int = 0, dtype: Any = dtypes.uint8, name: str | None = None
) -> Any:
    """Decode a PNG file.

    Args:
        contents: scalar string, the file.
        channels: 0 for those of the file, 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA.
        dtype: uint8 or uint16.
        name: name of the node in a graph.

    Returns:
        A tensor `[height, width, channels]`.

    Raises:
        InvalidArgumentError: for a broken file, or another dtype.

    >>> import tidefall as tf
    >>> file = tf.io.encode_png(tf.constant([[[7]]], tf.uint8))
    >>> tf.io.decode_png(file, channels=3).numpy()
    array([[[7, 7, 7]]], dtype=uint8)
    """
    return decode_png_op(contents, channels=channels, dtype=dtype, name=name)


@export("io.decode_gif", "image.decode_gif")
def decode_gif(contents: Any, name: str | None = None) -> Any:
    """Decode all frames of a GIF file.

    Args:
        contents: scalar string, the file.
        name: name of the node in a graph.

    Returns:
        uint8 `[frames, height, width, 3]`.

    Raises:
        InvalidArgumentError: for a broken file.

    >>> import tidefall as tf
    >>> file = b"GIF89a\\1\\0\\1\\0\\x80\\0\\0\\7\\7\\7\\0\\0\\0"
    >>> file += b",\\0\\0\\0\\0\\1\\0\\1\\0\\0\\2\\2D\\1\\0;"
    >>> tf.io.decode_gif(file).numpy()
    array([[[[7, 7, 7]]]], dtype=uint8)
    """
    return decode_gif_op(contents, name=name)


@export("io.decode_bmp", "image.decode_bmp")
def decode_bmp(contents: Any, channels: int = 0, name: str | None = None) -> Any:
    """Decode a BMP file that is not compressed.

    Args:
        contents: scalar string, the file.
        channels: 0 for those of the file, 3 or 4.
        name: name of the node in a graph.

    Returns:
        uint8 `[height, width, channels]`.

    Raises:
        InvalidArgumentError: for a broken file, or one of fewer than 8 bits per pixel.

    >>> import struct
    >>> import tidefall as tf
    >>> header = struct.pack("<2sihhi", b"BM", 58, 0, 0, 54)
    >>> header += struct.pack("<iiihhiiiiii", 40, 1, 1, 1, 24, 0, 0, 0, 0, 0, 0)
    >>> tf.io.decode_bmp(header + bytes([1, 2, 3, 0])).numpy()
    array([[[3, 2, 1]]], dtype=uint8)
    """
    return decode_bmp_op(contents, channels=channels, name=name)


@export("io.decode_webp", "image.decode_webp")
def decode_webp(
    contents: Any, channels: int = 0, dtype: Any = dtypes.uint8, name: str | None = None
) -> Any:
    """Decode a WebP file, moving or not.

    Args:
        contents: scalar string, the file.
        channels: 0 for those of the file; 3 or 4 must be what the file has.
        dtype: uint8.
        name: name of the node in a graph.

    Returns:
        uint8 `[frames, height, width, channels]`.

    Raises:
        InvalidArgumentError: for a broken file, or another number of channels.

    >>> import tidefall as tf
    >>> tf.io.decode_webp(b"no picture")  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    InvalidArgumentError: Unknown image file format.
    """
    return decode_webp_op(contents, channels=channels, dtype=dtype, name=name)


@export("io.decode_jxl", "image.decode_jxl")
def decode_jxl(
    contents: Any, channels: int = 0, dtype: Any = dtypes.uint8, name: str | None = None
) -> Any:
    """Decode a JPEG XL file: not implemented.

    Args:
        contents: scalar string, the file.
        channels: 0 for those of the file.
        dtype: uint8.
        name: name of the node in a graph.

    Raises:
        UnimplementedError: always.

    >>> import tidefall as tf
    >>> tf.io.decode_jxl(b"")  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    UnimplementedError: DecodeJxl
    """
    return decode_jxl_op(contents, channels=channels, dtype=dtype, name=name)


@export("io.decode_image", "image.decode_image")
def decode_image(
    contents: Any,
    channels: int | None = None,
    dtype: Any = dtypes.uint8,
    name: str | None = None,
    expand_animations: bool = True,
) -> Any:
    """Decode a JPEG, PNG, GIF, BMP or WebP file.

    Args:
        contents: scalar string, the file.
        channels: None or 0 for those of the file, or 1, 3, 4.
        dtype: uint8, uint16 or float32; floating-point numbers are in 0 to 1.
        name: name of the node in a graph.
        expand_animations: give all frames of a GIF or WebP file, in four dimensions; False gives
            the first one, and a graph then knows that the rank is 3.

    Returns:
        A tensor `[height, width, channels]` or `[frames, height, width, channels]`.

    Raises:
        InvalidArgumentError: for a broken file, another format, or options it does not have.

    >>> import tidefall as tf
    >>> file = tf.io.encode_png(tf.constant([[[255]]], tf.uint8))
    >>> tf.io.decode_image(file, dtype=tf.float32).numpy()
    array([[[1.]]], dtype=float32)
    """
    with name_scope(name or "decode_image"):
        return decode_image_op(
            contents,
            channels=channels or 0,
            dtype=as_dtype(dtype),
            expand_animations=expand_animations,
        )


@export("io.encode_jpeg", "image.encode_jpeg")
def encode_jpeg(
    image: Any,
    format: str = "",
    quality: int = 95,
    progressive: bool = False,
    optimize_size: bool = False,
    chroma_downsampling: bool = True,
    density_unit: str = "in",
    x_density: int = 300,
    y_density: int = 300,
    xmp_metadata: str = "",
    name: str | None = None,
) -> Any:
    """Encode a picture as JPEG.

    Args:
        image: uint8 `[height, width, channels]`, one channel (grey) or three (RGB).
        format: "", "grayscale" or "rgb": what the number of channels must be.
        quality: 0 to 100.
        progressive: store the picture coarse to fine.
        optimize_size: spend time to make the file smaller, without loss.
        chroma_downsampling: store colours at half the size.
        density_unit: "in" or "cm", what `x_density` and `y_density` are per.
        x_density, y_density: pixels per unit, a remark in the file.
        xmp_metadata: XML to put into the file.
        name: name of the node in a graph.

    Returns:
        A scalar string tensor, the file.

    Raises:
        InvalidArgumentError: for another shape, or a quality out of range.

    >>> import tidefall as tf
    >>> tf.io.encode_jpeg(tf.zeros([4, 6, 3], tf.uint8)).numpy()[:2]
    b'\\xff\\xd8'
    """
    return encode_jpeg_op(
        image,
        format=format,
        quality=quality,
        progressive=progressive,
        optimize_size=optimize_size,
        chroma_downsampling=chroma_downsampling,
        density_unit=density_unit,
        x_density=x_density,
        y_density=y_density,
        xmp_metadata=xmp_metadata,
        name=name,
    )


@export("io.extract_jpeg_shape", "image.extract_jpeg_shape")
def extract_jpeg_shape(
    contents: Any, output_type: Any = dtypes.int32, name: str | None = None
) -> Any:
    """The shape of a JPEG file's picture, without decoding it.

    Args:
        contents: scalar string, the file.
        output_type: int32 or int64.
        name: name of the node in a graph.

    Returns:
        A tensor `[3]`: height, width, channels.

    Raises:
        InvalidArgumentError: for a broken file.

    >>> import tidefall as tf
    >>> tf.io.extract_jpeg_shape(tf.io.encode_jpeg(tf.zeros([4, 6, 3], tf.uint8))).numpy()
    array([4, 6, 3], dtype=int32)
    """
    return extract_jpeg_shape_op(contents, output_type=output_type, name=name)


@export("io.is_jpeg", "image.is_jpeg")
def is_jpeg(contents: Any, name: str | None = None) -> Any:
    """Whether a file begins as JPEG files do.

    Args:
        contents: scalar string, the file.
        name: name scope of the nodes in a graph.

    Returns:
        A scalar bool tensor.

    >>> import tidefall as tf
    >>> bool(tf.io.is_jpeg(b"GIF89a"))
    False
    """
    with name_scope(name or "is_jpeg"):
        contents = convert_to_tensor(contents, dtypes.string, name="contents")
        data = raw.DecodeRaw(contents, out_type=dtypes.uint8)
        padded = raw.ConcatV2([data[:3], np.zeros(3, np.uint8)], 0)
        same = raw.Equal(padded[:3], np.array([0xFF, 0xD8, 0xFF], np.uint8))
        return raw.All(same, np.array([0], np.int32))
