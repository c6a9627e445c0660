"""Images of another size."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.lite.interpreter.fixed_point import round_half_away
from tidefall.lite.interpreter.registry import Kernel, Node, kernel, namespace
from tidefall.lite.interpreter.shapes import checked_shape
from tidefall.lite.schema import ResizeBilinearOptions, ResizeNearestNeighborOptions


def _bounds(size: int, out: int, options: Any) -> tuple[Any, Any, Any]:
    """Lower and upper neighbour of each output, and how far it is from the lower one."""
    scale = np.float32(size) / np.float32(out)
    if options.align_corners and out > 1:
        scale = np.float32(size - 1) / np.float32(out - 1)
    place = np.arange(out, dtype=np.float32)
    if options.half_pixel_centers:
        place = (place + np.float32(0.5)) * scale - np.float32(0.5)
    else:
        place = place * scale
    low = np.maximum(np.floor(place).astype(np.int64), 0)
    high = np.minimum(np.ceil(place).astype(np.int64), size - 1)
    return np.minimum(low, size - 1), np.maximum(high, 0), place - low.astype(np.float32)


def _integer_bounds(size: int, out: int, options: Any) -> tuple[Any, Any, Any]:
    """The same in units of 1/1024."""
    scale = ((1 << 10) * size + out // 2) // out
    if options.align_corners and out > 1:
        scale = ((1 << 10) * (size - 1) + (out - 1) // 2) // (out - 1)
    place = np.arange(out, dtype=np.int64) * scale
    if options.half_pixel_centers:
        place = place + scale // 2 - (1 << 9)
    low = np.maximum(_divide(place, 1 << 10), 0)
    high = np.minimum(_divide(place + (1 << 10) - 1, 1 << 10), size - 1)
    return low, high, place - low * (1 << 10)


def _divide(x: Any, by: int) -> Any:
    """A quotient cut towards zero."""
    return np.where(x < 0, -(-x // by), x // by)


@kernel("RESIZE_BILINEAR", traceable=True)
def resize_bilinear(node: Node) -> Kernel:
    options = node.option(ResizeBilinearOptions)
    # Unsigned bytes are interpolated as floats, and other integers in fixed point.
    quantized = node.input(0).dtype.kind == "i"
    unsigned = node.input(0).dtype.kind == "u"

    def run(x: Any, size: Any) -> Any:
        height, width = checked_shape(size, "RESIZE_BILINEAR")
        bounds = _integer_bounds if quantized else _bounds
        top, bottom, down = bounds(x.shape[1], height, options)
        left, right, across = bounds(x.shape[2], width, options)
        down, across = down[:, None, None], across[:, None]
        values = x.astype(np.int64 if quantized else np.float32)
        one = 1 << 10 if quantized else np.float32(1)
        rows_top, rows_bottom = values[:, top], values[:, bottom]
        found = (
            rows_top[:, :, left] * (one - down) * (one - across)
            + rows_bottom[:, :, left] * down * (one - across)
            + rows_top[:, :, right] * (one - down) * across
            + rows_bottom[:, :, right] * down * across
        )
        if unsigned:
            return (found + np.float32(0.5)).astype(x.dtype)
        if not quantized:
            return found
        half = np.where(found > 0, 1 << 19, -(1 << 19))
        return _divide(found + half, 1 << 20).astype(x.dtype)

    return run


@kernel("RESIZE_NEAREST_NEIGHBOR", traceable=True)
def resize_nearest(node: Node) -> Kernel:
    options = node.option(ResizeNearestNeighborOptions)

    def places(size: int, out: int) -> Any:
        scale = np.float32(size) / np.float32(out)
        if options.align_corners and out > 1:
            scale = np.float32(size - 1) / np.float32(out - 1)
        offset = np.float32(0.5 if options.half_pixel_centers else 0)
        place = (np.arange(out, dtype=np.float32) + offset) * scale
        whole = round_half_away(place) if options.align_corners else np.floor(place)
        return np.clip(whole.astype(np.int64), 0, size - 1)

    def run(x: Any, size: Any) -> Any:
        height, width = checked_shape(size, "RESIZE_NEAREST_NEIGHBOR")
        xp = namespace(x)
        rows = xp.take(x, places(x.shape[1], height), 1)
        return xp.take(rows, places(x.shape[2], width), 2)

    return run
