"""Pixels of any type as bytes, for pictures in event files."""

from __future__ import annotations

from typing import Any

import numpy as np


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
