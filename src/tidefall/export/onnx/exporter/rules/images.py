"""Resizing, cropping and choosing boxes."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.export.onnx.exporter.builder import Builder
from tidefall.export.onnx.exporter.registry import CannotExport, export
from tidefall.export.onnx.exporter.rules.convolutions import first_dims, to_first, to_last
from tidefall.graph.operation import Operation
from tidefall.lite.converter.ir import Value
from tidefall.op import raw
from tidefall.tensor.tensor import EagerTensor

_MODES = {raw.ResizeBilinear: "linear", raw.ResizeNearestNeighbor: "nearest"}


@export(*_MODES)
def _resize(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, size = inputs
    mode = _MODES[node.op_type]
    corners, centers = node.attrs["align_corners"], node.attrs["half_pixel_centers"]
    options: dict[str, Any] = {"mode": mode}
    if corners:
        options["coordinate_transformation_mode"] = "align_corners"
    elif centers:
        options["coordinate_transformation_mode"] = "half_pixel"
    else:
        options["coordinate_transformation_mode"] = "asymmetric"
    if mode == "nearest":
        if centers and not corners:
            # The source rounds half a pixel down before it takes the floor.
            options["coordinate_transformation_mode"] = "half_pixel"
            options["nearest_mode"] = "round_prefer_ceil"
        else:
            options["nearest_mode"] = "round_prefer_ceil" if corners else "floor"
    first = to_first(b, b.cast(x, np.float32) if mode != "nearest" else x, True)
    sizes = b.sizes(b.size(first, 0), b.size(first, 1), b.cast(size, np.int64))
    dims = first_dims(b.dims(node.outputs[0]), True)
    return to_last(b, b.op("Resize", [first, None, None, sizes], dims, **options), True)


@export(raw.ResizeBicubic, raw.ScaleAndTranslate)
def _resize_by_matrix(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    """Each output row is a sum of input rows: two products with constant matrices.

    The matrices are what the op does to unit vectors. ONNX's bicubic kernel has other weights.
    """
    x, rest = inputs[0], inputs[1:]
    dims = b.dims(node.outputs[0])
    if None in x.shape[1:3] or None in dims[1:3] or any(v.data is None for v in rest):
        raise CannotExport("sizes of its pictures are not known when exporting")
    first = to_first(b, b.cast(x, np.float32), True)
    down, across = (_matrix(node, rest, int(x.shape[axis] or 0), axis) for axis in (1, 2))
    wide = b.op("MatMul", [first, b.const(across)], [*first.shape[:3], dims[2]])
    return to_last(b, b.op("MatMul", [b.const(down.T), wide], first_dims(dims, True)), True)


def _matrix(node: Operation, rest: list[Value], size: int, axis: int) -> np.ndarray:
    """What the op does to each unit vector along an axis: [size, new size]."""
    unit = np.eye(size, dtype=np.float32)
    image = unit[:, :, None, None] if axis == 1 else unit[:, None, :, None]
    given = [np.array(v.data) for v in rest]
    given[0][2 - axis] = 1
    if len(given) > 1:  # scale and translation
        given[1][2 - axis], given[2][2 - axis] = 1, 0
    tensors = [EagerTensor(v) for v in (image, *given)]
    (made,) = node.op_type.run(tensors, node.attrs)
    return np.asarray(made.numpy()).reshape(size, -1)


@export(raw.CropAndResize)
def _crop(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    raise CannotExport("RoiAlign averages several points where the source takes one")


@export(raw.NonMaxSuppressionV3)
def _suppression(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    boxes, scores, most, overlap, least = inputs
    given = [
        b.unsqueeze(boxes, [0]), b.unsqueeze(scores, [0, 0]), b.vector(most),
        b.reshape(overlap, [1]), b.reshape(least, [1]),
    ]  # fmt: skip
    chosen = b.op("NonMaxSuppression", given, [None, 3], np.int64)
    return b.cast(b.gather(chosen, b.const(2, np.int64), 1), np.int32)
