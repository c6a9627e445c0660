"""Resizing, and the choice of boxes that do not overlap."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.graph.operation import Operation
from tidefall.lite.converter.ir import Value
from tidefall.lite.converter.lowering.builder import Builder
from tidefall.lite.converter.lowering.registry import CannotLower, lower
from tidefall.op import raw
from tidefall.tensor.tensor import EagerTensor


@lower(raw.ResizeBilinear, raw.ResizeNearestNeighbor)
def _resize(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, size = inputs
    code = "RESIZE_BILINEAR" if node.op_type is raw.ResizeBilinear else "RESIZE_NEAREST_NEIGHBOR"
    if code == "RESIZE_BILINEAR" and x.dtype != np.float32:
        x = b.cast(x, np.float32)
    options = {k: bool(node.attrs[k]) for k in ("align_corners", "half_pixel_centers")}
    return b.like(code, [x, b.cast(size, np.int32)], node, **options)


@lower(raw.ResizeBicubic, raw.ScaleAndTranslate)
def _resize_by_matrix(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    """Each output row is a sum of input rows: two products with constant matrices.

    The matrices are what the op does to unit vectors.
    """
    x, rest = inputs[0], inputs[1:]
    _, height, width, channels = x.shape
    batch, rows, columns, _ = b.dims(node.outputs[0])
    if (
        height is None or width is None or channels is None or rows is None or columns is None
        or any(v.data is None for v in rest)
    ):  # fmt: skip
        raise CannotLower("sizes of its pictures are not known when converting")
    x = b.cast(x, np.float32)
    down, across = (_matrix(node, rest, size, axis) for size, axis in ((height, 1), (width, 2)))
    # [batch, height, width * channels] -> [batch, width * channels, height] @ down
    flat = b.transpose(b.reshape(x, (batch, height, width * channels)), [0, 2, 1])
    made = b.op(
        "FULLY_CONNECTED", [flat, b.const(down), None], (batch, width * channels, rows),
        keep_num_dims=True,
    )  # fmt: skip
    made = b.reshape(made, (batch, width, channels * rows))
    made = b.op(
        "FULLY_CONNECTED", [b.transpose(made, [0, 2, 1]), b.const(across), None],
        (batch, channels * rows, columns), keep_num_dims=True,
    )  # fmt: skip
    made = b.reshape(made, (batch, channels, rows * columns))
    return b.reshape(b.transpose(made, [0, 2, 1]), (batch, rows, columns, channels))


def _matrix(node: Operation, rest: list[Any], size: int, axis: int) -> np.ndarray:
    """[out, in]: what becomes of each unit vector along an axis.

    Pictures that are constant along the other axis stay so.
    """
    other: Any = node.inputs[0].shape.as_list()[3 - axis]
    unit = np.eye(size, dtype=np.float32)[:, :, None, None]  # a picture for each input element
    pictures = np.repeat(unit, other, axis=2)
    if axis == 2:
        pictures = pictures.transpose(0, 2, 1, 3)
    given = [EagerTensor(np.ascontiguousarray(pictures)), *(EagerTensor(v.data) for v in rest)]
    attrs = {**node.attrs, "T": node.outputs[0].dtype}
    (made,) = node.op_type.run(given, attrs)
    result = np.asarray(made.host_array())
    if axis == 2:
        result = result.transpose(0, 2, 1, 3)
    return np.ascontiguousarray(result[:, :, result.shape[2] // 2, 0].T)


@lower(raw.NonMaxSuppressionV3)
def _suppression(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    boxes, scores, limit, overlap, threshold = inputs
    chosen, count = _suppressed(b, boxes, scores, limit, overlap, threshold)
    start = b.const([0], np.int32)
    return b.like("SLICE", [chosen, start, b.vector([count])], node)


def _suppressed(b: Builder, *inputs: Value) -> tuple[Value, Value]:
    limit = inputs[2]
    length = None if limit.data is None else int(limit.data)
    made = [Value(b.name, np.int32, [length]), Value(b.name, np.int32, [])]
    b.add("NON_MAX_SUPPRESSION_V4", list(inputs), made)
    return made[0], made[1]


@lower(raw.NonMaxSuppressionV4)
def _padded_suppression(b: Builder, node: Operation, inputs: list[Any]) -> list[Value]:
    chosen, count = _suppressed(b, *inputs)
    if not node.attrs["pad_to_max_output_size"]:
        chosen = b.like("SLICE", [chosen, b.const([0], np.int32), b.vector([count])], node)
    return [chosen, count]


@lower(raw.NonMaxSuppressionV5)
def _soft_suppression(b: Builder, node: Operation, inputs: list[Any]) -> list[Value]:
    limit = inputs[2]
    length = None if limit.data is None else int(limit.data)
    made = [
        Value(b.name, np.int32, [length]), Value(b.name, np.float32, [length]),
        Value(b.name, np.int32, []),
    ]  # fmt: skip
    b.add("NON_MAX_SUPPRESSION_V5", inputs, made)
    chosen, scores, count = made
    if not node.attrs["pad_to_max_output_size"]:
        size = b.vector([count])
        start = b.const([0], np.int32)
        dims = b.dims(node.outputs[0])
        chosen = b.op("SLICE", [chosen, start, size], dims)
        scores = b.op("SLICE", [scores, start, size], dims)
    return [chosen, scores, count]


@lower(raw.CropAndResize)
def _crop_and_resize(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    raise CannotLower("LiteRT has no builtin operator for crops at places that are computed")
