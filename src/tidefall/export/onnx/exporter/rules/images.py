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

_MODES = {
    raw.ResizeBicubic: "cubic", raw.ResizeBilinear: "linear", raw.ResizeNearestNeighbor: "nearest"
}  # fmt: skip


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
    if mode == "cubic":
        if not centers:
            raise CannotExport("its bicubic kernel without half_pixel_centers is another one")
        options["cubic_coeff_a"] = -0.5
        options["exclude_outside"] = 1
    first = to_first(b, b.cast(x, np.float32) if mode != "nearest" else x, True)
    sizes = b.sizes(b.size(first, 0), b.size(first, 1), b.cast(size, np.int64))
    dims = first_dims(b.dims(node.outputs[0]), True)
    return to_last(b, b.op("Resize", [first, None, None, sizes], dims, **options), True)


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


