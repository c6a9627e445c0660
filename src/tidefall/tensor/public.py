"""The public names of dtypes, shapes, tensor classes, errors and scopes.

>>> import tidefall as tf
>>> tf.qint8 in tf.dtypes.QUANTIZED_DTYPES, tf.int8 in tf.dtypes.QUANTIZED_DTYPES
(True, False)
"""

from __future__ import annotations

from tidefall.base import dtypes, errors, shapes, state
from tidefall.base.exports import export_value
from tidefall.tensor import tensor

_DTYPES = (
    "bfloat16", "bool", "complex128", "complex64", "double", "float16", "float32", "float64",
    "half", "int16", "int32", "int64", "int8", "qint16", "qint32", "qint8", "quint16", "quint8",
    "resource", "string", "uint16", "uint32", "uint64", "uint8", "variant",
)  # fmt: skip
_EXPERIMENTAL_DTYPES = (
    "float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e4m3b11fnuz", "float8_e5m2fnuz",
    "float4_e2m1fn", "int2", "int4", "uint2", "uint4",
)  # fmt: skip
for _name in _DTYPES:
    _dtype = getattr(dtypes, _name if hasattr(dtypes, _name) else f"{_name}_")
    export_value(_dtype, _name, f"dtypes.{_name}")
for _name in _EXPERIMENTAL_DTYPES:
    if hasattr(dtypes, _name):
        export_value(
            getattr(dtypes, _name), f"dtypes.experimental.{_name}", f"experimental.{_name}"
        )
export_value(dtypes.DType, "DType", "dtypes.DType")
export_value(dtypes.as_dtype, "as_dtype", "dtypes.as_dtype")
export_value(dtypes.QUANTIZED_DTYPES, "dtypes.QUANTIZED_DTYPES")

export_value(shapes.TensorShape, "TensorShape")
export_value(shapes.Dimension, "compat.v1.Dimension")
export_value(shapes.dimension_value, "compat.dimension_value")
export_value(shapes.dimension_at_index, "compat.dimension_at_index")

export_value(tensor.EagerTensor, "__internal__.EagerTensor")
export_value(tensor.TensorType, "__internal__.types.Tensor")

for _name, _item in vars(errors).items():
    if (isinstance(_item, type) and issubclass(_item, Exception)) or (
        _name.isupper() and isinstance(_item, int)
    ):
        export_value(_item, f"errors.{_name}")

export_value(state.executing_eagerly, "executing_eagerly")
export_value(state.name_scope, "name_scope")
export_value(state.init_scope, "init_scope")
