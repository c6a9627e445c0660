"""Random numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.export.onnx.exporter.builder import Builder
from tidefall.export.onnx.exporter.registry import CannotExport, export
from tidefall.graph.operation import Operation
from tidefall.lite.converter.ir import Value
from tidefall.op import raw

_OPS = {raw.RandomStandardNormal: "RandomNormalLike", raw.RandomUniform: "RandomUniformLike"}


@export(*_OPS)
def _random(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    out = node.outputs[0]
    if out.dtype.name != "float32":
        raise CannotExport(f"ONNX draws floats, not {out.dtype.name}")
    like = b.filled(b.cast(inputs[0], np.int64), 0.0, np.float32, b.dims(out))
    seed = int(node.attrs["seed"]) or int(node.attrs["seed2"])
    options: dict[str, Any] = {"seed": float(seed)} if seed else {}
    return b.op(_OPS[node.op_type], [like], b.dims(out), np.float32, **options)
