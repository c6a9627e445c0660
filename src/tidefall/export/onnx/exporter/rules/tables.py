"""Variables and lookup tables, which a model holds as constants."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.export.onnx.exporter.builder import Builder, known, onnx_dtype
from tidefall.export.onnx.exporter.ir import ML
from tidefall.export.onnx.exporter.registry import CannotExport, export
from tidefall.graph.operation import Operation
from tidefall.lite.converter.ir import Value
from tidefall.lite.converter.lowering.interpreter import Table, Variable
from tidefall.op import raw


@export(raw.ReadVariableOp)
def _read(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    if not isinstance(inputs[0], Variable):
        raise CannotExport("it reads a variable that is not known when exporting")
    return inputs[0].value


@export(raw.VariableShape)
def _variable_shape(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.cast(b.shape_of(_read(b, node, inputs)), onnx_dtype(node.outputs[0].dtype))


@export(raw.AssignVariableOp, raw.AssignAddVariableOp, raw.AssignSubVariableOp)
def _assign(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    raise CannotExport("an ONNX model keeps no state from call to call")


@export(raw.LookupTableSizeV2)
def _table_size(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.const(len(_table(inputs[0]).keys), np.int64)


def _table(item: Any) -> Table:
    if not isinstance(item, Table):
        raise CannotExport("its table is not known when exporting")
    return item


@export(raw.LookupTableFindV2)
def _find(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    table, x = _table(inputs[0]), inputs[1]
    default = known(inputs[2], "default value").reshape(()).item()
    wanted = onnx_dtype(node.outputs[0].dtype)
    given = b.cast(x, np.int64) if x.dtype.kind in "iu" else x
    kind = {"O": "strings", "i": "int64s", "f": "floats"}
    keys, values = _labels(table.keys), _labels(table.values)
    result_dtype = {"O": np.dtype(object), "i": np.dtype(np.int64), "f": np.dtype(np.float32)}
    options = {
        f"keys_{kind[keys.dtype.kind]}": keys.tolist(),
        f"values_{kind[values.dtype.kind]}": values.tolist(),
        {"O": "default_string", "i": "default_int64", "f": "default_float"}[values.dtype.kind]:
            default,
    }  # fmt: skip
    made = Value(b.name, result_dtype[values.dtype.kind], x.shape)
    b.add("LabelEncoder", [given], [made], domain=ML, **options)
    return b.cast(made, wanted)


def _labels(values: np.ndarray) -> np.ndarray:
    if values.dtype.kind in "iu":
        return values.astype(np.int64)
    if values.dtype == np.float32 or values.dtype.hasobject:
        return values
    raise CannotExport(f"ONNX has no table of {values.dtype}")
