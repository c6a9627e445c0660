"""Resizing: each output along an axis is a sum of inputs, by a matrix computed beforehand."""

from __future__ import annotations

from typing import Any

import numpy as np

import tidefall as tf
from tidefall.export.onnx.importer.registry import Call, CannotImport, dims_of, dtype_of, onnx_op


@onnx_op("Resize", "Upsample")
def _resize(c: Call) -> Any:
    x, rank = c[0], len(c[0].shape)
    dims = dims_of(x)
    axes = [int(a) % rank for a in c.attr("axes", range(rank))]
    mode = c.attr("mode", b"nearest").decode()
    if mode == "bilinear":
        mode = "linear"
    scales, sizes = _scales(c, dims, axes)
    roi = None
    how = c.attr("coordinate_transformation_mode", b"half_pixel").decode()
    if c.opset < 11:
        how = "asymmetric"
    if how == "tf_crop_and_resize":
        roi = c.known(1, "region").reshape(2, -1)
    made = x
    for place, axis in enumerate(axes):
        scale, size = scales[place], sizes[place]
        before = dims[axis]
        if before is None:
            if scale == 1:
                continue
            raise CannotImport("a size that it changes is only known when the model runs")
        if scale == 1 and size == before and roi is None:
            continue
        region = None if roi is None else (roi[0][place], roi[1][place])
        made = _along(c, made, axis, before, size, scale, mode, how, region)
    return tf.identity(made)


def _scales(c: Call, dims: list[int | None], axes: list[int]) -> tuple[list[float], list[int]]:
    index = 1 if c.op == "Upsample" or c.opset < 11 else 2
    given = c.attr("scales")
    if given is None and c.get(index) is not None and np.prod(dims_of(c[index])) != 0:
        given = c.known(index, "scales").tolist()
    if given is not None:
        sizes = [
            0 if dims[a] is None else int(np.floor(float(dims[a] or 0) * s))
            for a, s in zip(axes, given, strict=True)
        ]
        return [float(s) for s in given], sizes
    wanted = [int(s) for s in c.known(3, "sizes").tolist()]
    whole = [dims[a] for a in axes]
    scales = [1.0 if n is None or n == 0 else w / n for w, n in zip(wanted, whole, strict=True)]
    policy = c.attr("keep_aspect_ratio_policy", b"stretch").decode()
    if policy != "stretch":
        scale = min(scales) if policy == "not_larger" else max(scales)
        scales = [scale] * len(axes)
        wanted = [int(np.floor(scale * float(n or 0) + 0.5)) for n in whole]
    return scales, wanted


def _along(
    c: Call, x: Any, axis: int, before: int, size: int, scale: float, mode: str, how: str,
    region: Any,
) -> Any:  # fmt: skip
    places = _places(before, size, scale, how, region)
    outside = (places < 0) | (places > before - 1) if how == "tf_crop_and_resize" else None
    dtype = dtype_of(x)
    if mode == "nearest":
        rounding = (
            c.attr("nearest_mode", b"round_prefer_floor").decode() if c.opset >= 11 else "floor"
        )
        made = tf.gather(x, np.clip(_nearest(places, rounding), 0, before - 1), axis=axis)
    else:
        antialias = c.attr("antialias", 0) and scale < 1
        matrix = _matrix(
            places, before, mode, scale if antialias else 1.0,
            c.attr("cubic_coeff_a", -0.75), bool(c.attr("exclude_outside", 0)),
        )  # fmt: skip
        work = x if dtype.kind == "f" else tf.cast(x, tf.float32)
        moved = tf.tensordot(work, tf.cast(matrix, work.dtype), [[axis], [1]])
        rank = len(x.shape)
        order = list(range(rank - 1))
        order.insert(axis, rank - 1)
        made = tf.transpose(moved, order)
        if dtype.kind != "f":
            info = np.iinfo(dtype)
            made = tf.cast(tf.clip_by_value(tf.round(made), info.min, info.max), dtype)
    if outside is not None and outside.any():
        shape = [1] * len(x.shape)
        shape[axis] = -1
        number = tf.cast(c.attr("extrapolation_value", 0.0), dtype)
        made = tf.where(outside.reshape(shape), number, made)
    return made


def _places(before: int, size: int, scale: float, how: str, region: Any) -> np.ndarray:
    """Where in the input each output lies."""
    i = np.arange(size, dtype=np.float64)
    if how == "align_corners":
        return i * (before - 1) / (before * scale - 1) if size > 1 else i * 0.0
    if how == "asymmetric":
        return i / scale
    if how == "pytorch_half_pixel" and size == 1:
        return i * 0.0 - 0.5 + 0.5
    if how == "tf_crop_and_resize":
        start, end = region
        if size > 1:
            return start * (before - 1) + i * (end - start) * (before - 1) / (size - 1)
        return i * 0.0 + 0.5 * (start + end) * (before - 1)
    if how == "half_pixel_symmetric":
        adjusted = size / (scale * before)
        return before / 2 * (1 - adjusted) + (i + 0.5) / scale - 0.5
    if how in ("half_pixel", "pytorch_half_pixel"):
        return (i + 0.5) / scale - 0.5
    raise CannotImport(f"it places pixels by {how}")


def _nearest(places: np.ndarray, rounding: str) -> np.ndarray:
    functions = {
        "floor": np.floor, "ceil": np.ceil,
        "round_prefer_floor": lambda v: np.ceil(v - 0.5),
        "round_prefer_ceil": lambda v: np.floor(v + 0.5),
    }  # fmt: skip
    return functions[rounding](places).astype(np.int64)


def _matrix(
    places: np.ndarray, before: int, mode: str, scale: float, a: float, exclude: bool
) -> np.ndarray:
    """Weights of each input for each output: [size, before]."""
    reach = 1.0 if mode == "linear" else 2.0
    matrix = np.zeros((len(places), before))
    for row, place in enumerate(places):
        first = int(np.floor(place - reach / scale)) + 1
        count = int(np.ceil(2 * reach / scale)) + 1
        at = np.arange(first - 1, first + count)
        t = np.abs(at - place) * scale
        weights = np.clip(1 - t, 0, None) if mode == "linear" else _cubic(t, a)
        inside = (at >= 0) & (at < before)
        if exclude or scale != 1.0:
            weights = np.where(inside, weights, 0) if exclude else weights
            weights = weights / weights.sum()
        np.add.at(matrix[row], np.clip(at, 0, before - 1), weights)
    return matrix


def _cubic(t: np.ndarray, a: float) -> np.ndarray:
    near = ((a + 2) * t - (a + 3)) * t * t + 1
    far = ((a * t - 5 * a) * t + 8 * a) * t - 4 * a
    return np.where(t <= 1, near, np.where(t < 2, far, 0))
