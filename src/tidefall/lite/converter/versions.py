"""Versions of operators: the lowest whose kernels take what is given, so that old runtimes do.

What each version added is in TensorFlow's `tensorflow/lite/tools/versioning/op_version.cc`, and
which release of the runtime came with it in `runtime_version.cc` beside.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from tidefall.lite.converter.ir import Operator

_FLOAT, _INT8, _INT16 = np.dtype(np.float32), np.dtype(np.int8), np.dtype(np.int16)


def _first(operator: Operator) -> Any:
    return operator.input(0).dtype


def _is(*steps: tuple[Any, int], index: int = 0) -> Callable[[Operator], int]:
    """A version for each dtype of an input, 1 for the others."""
    table = {np.dtype(d): v for d, v in steps}
    return lambda operator: table.get(operator.input(index).dtype, 1)


def _quantized(int8: int, int16: int | None = None) -> Callable[[Operator], int]:
    return _is((np.int8, int8), (np.int16, int8 if int16 is None else int16))


def _rank(operator: Operator) -> int:
    return max((v.rank for v in operator.inputs if v is not None), default=0)


def _broadcasts(operator: Operator) -> bool:
    shapes = {v.shape for v in operator.inputs if v is not None}
    return len(shapes) > 1


def _sum(operator: Operator) -> int:
    dtype = _first(operator)
    if dtype == np.int64:
        return 4
    if dtype == _INT16:
        # Scales that are no powers of two came with version 3.
        return 3
    if _broadcasts(operator) and _rank(operator) > 4:
        return 3 if dtype != _INT8 else 4
    return 2 if dtype == _INT8 else 1


def _sub(operator: Operator) -> int:
    dtype = _first(operator)
    if dtype == np.int64:
        return 4
    if dtype == _INT16:
        return 5
    if _broadcasts(operator) and _rank(operator) > 4:
        return 3
    return 2 if dtype == _INT8 else 1


def _mul(operator: Operator) -> int:
    dtype = _first(operator)
    if dtype == np.complex64:
        return 6
    if dtype in (np.int64, np.uint32):
        return 5 if dtype == np.int64 else 7
    if _broadcasts(operator) and _rank(operator) > 4:
        return 3
    if dtype == _INT16:
        return 4
    return 2 if dtype == _INT8 else 1


def _conv(operator: Operator) -> int:
    x, weights = operator.input(0), operator.input(1)
    hybrid = x.dtype == _FLOAT and weights.dtype == _INT8
    if hybrid:
        return 5
    if x.dtype == _INT16:
        return 4
    grouped = x.shape[3] is not None and x.shape[3] != weights.shape[3]
    if grouped:
        return 6
    return 3 if x.dtype == _INT8 else 1


def _depthwise(operator: Operator) -> int:
    x, weights = operator.input(0), operator.input(1)
    if x.dtype == _FLOAT and weights.dtype == _INT8:
        return 6
    if x.dtype == _INT16:
        return 5
    if x.dtype == _INT8:
        return 3
    options = operator.options
    dilated = options.get("dilation_w_factor", 1) != 1 or options.get("dilation_h_factor", 1) != 1
    return 2 if dilated else 1


def _fully_connected(operator: Operator) -> int:
    x, weights = operator.input(0), operator.input(1)
    if x.dtype == _FLOAT and weights.dtype == _INT8:
        per_channel = weights.quantization is not None and weights.quantization.scale.size > 1
        if per_channel:
            return 12
        return 9 if operator.options.get("asymmetric_quantize_inputs") else 3
    if x.dtype == _INT16:
        return 7
    keeps = bool(operator.options.get("keep_num_dims"))
    if x.dtype == _INT8:
        return 5 if keeps else 4
    if keeps:
        return 5
    return 1 if len(operator.inputs) > 2 else 6


def _transpose_conv(operator: Operator) -> int:
    x, weights = operator.input(2), operator.input(1)
    has_bias = len(operator.inputs) > 3 and operator.inputs[3] is not None
    if operator.options.get("fused_activation_function", "NONE") != "NONE":
        return 4
    if has_bias:
        return 3
    return 2 if x.dtype == _INT8 or weights.dtype == _INT8 else 1


def _batch_matmul(operator: Operator) -> int:
    x, y = operator.input(0), operator.input(1)
    if x.dtype == _INT16:
        return 3
    if x.dtype == _INT8:
        return 2
    return 4 if y.dtype == _INT8 else 1


def _gather(operator: Operator) -> int:
    dtype = _first(operator)
    if operator.options.get("batch_dims"):
        return 5
    return {np.dtype(np.bool_): 3, _INT8: 2, _INT16: 4, np.dtype(object): 2}.get(dtype, 1)


def _strided_slice(operator: Operator) -> int:
    dtype = _first(operator)
    if operator.input(0).rank > 4:
        return 4
    return {_INT8: 2, np.dtype(np.bool_): 3, np.dtype(object): 5, _INT16: 4}.get(dtype, 1)


def _slice(operator: Operator) -> int:
    dtype = _first(operator)
    if operator.input(0).rank > 4:
        return 5
    return {_INT8: 2, np.dtype(object): 3, _INT16: 4}.get(dtype, 1)


def _transpose(operator: Operator) -> int:
    dtype = _first(operator)
    if operator.input(0).rank > 4:
        return 5
    return {_INT8: 2, np.dtype(np.bool_): 3, _INT16: 4}.get(dtype, 1)


def _resize(operator: Operator) -> int:
    dtype = _first(operator)
    if dtype == _INT16:
        return 4
    if operator.options.get("half_pixel_centers"):
        return 3
    return 2 if dtype == _INT8 else 1


def _space_batch(operator: Operator) -> int:
    if operator.input(0).rank != 4:
        return 3
    return 2 if _first(operator) == _INT8 else 1


def _dequantize(operator: Operator) -> int:
    dtype = _first(operator)
    quantization = operator.input(0).quantization
    if quantization is not None and quantization.scale.size > 1:
        return 5
    return {np.dtype(np.float16): 3, _INT16: 3, _INT8: 2}.get(dtype, 1)


def _quantize(operator: Operator) -> int:
    out = operator.output
    if out.quantization is not None and out.quantization.scale.size > 1:
        return 3
    return 2 if _INT16 in (_first(operator), out.dtype) else 1


def _select(operator: Operator) -> int:
    return 1


def _cast(operator: Operator) -> int:
    names = {operator.input(0).dtype.name, operator.output.dtype.name}
    if "float64" in names or "float16" in names:
        return 3 if "float64" not in names else 4
    if names & {"uint16", "uint32"}:
        return 4
    return 2 if names & {"int8", "uint8"} else 1


def _concatenation(operator: Operator) -> int:
    return {_INT8: 2, _INT16: 3}.get(operator.output.dtype, 1)


_RULES: dict[str, Callable[[Operator], int]] = {
    "ABS": _is((np.int8, 2), (np.int16, 3), (np.int32, 4)),
    "ADD": _sum,
    "ARG_MAX": _is((np.int8, 2), (np.bool_, 3)),
    "ARG_MIN": _is((np.int8, 2), (np.bool_, 3)),
    "AVERAGE_POOL_2D": _quantized(2, 3),
    "BATCH_MATMUL": _batch_matmul,
    "BATCH_TO_SPACE_ND": _space_batch,
    "BROADCAST_TO": lambda o: 3 if _first(o) in (_INT8, _INT16) else 2,
    "CAST": _cast,
    "CONCATENATION": _concatenation,
    "CONV_2D": _conv,
    "DEPTHWISE_CONV_2D": _depthwise,
    "DEPTH_TO_SPACE": _quantized(2),
    "DEQUANTIZE": _dequantize,
    "DIV": lambda o: 2 if _broadcasts(o) and _rank(o) > 4 else 1,
    "EQUAL": _is((np.int8, 2), (np.bool_, 3), (object, 3), (np.int16, 4)),
    "EXP": _quantized(2),
    "FILL": _is((np.bool_, 2), (object, 2), (np.int8, 3), (np.int16, 3), index=1),
    "FLOOR_DIV": lambda o: 2 if _first(o) == _FLOAT else 3 if _first(o) == _INT16 else 1,
    "FLOOR_MOD": lambda o: 2 if _first(o).itemsize < 4 else 1,
    "FULLY_CONNECTED": _fully_connected,
    "GATHER": _gather,
    "GATHER_ND": _is((np.int8, 2), (np.int16, 3), (object, 2), (np.bool_, 5)),
    "GREATER": _quantized(2),
    "GREATER_EQUAL": _quantized(2, 3),
    "L2_NORMALIZATION": _quantized(2),
    "LEAKY_RELU": _is((np.int16, 2)),
    "LESS": _quantized(2, 3),
    "LESS_EQUAL": _quantized(2),
    "LOG": _quantized(2),
    "LOGISTIC": _quantized(2, 3),
    "LOG_SOFTMAX": _quantized(2),
    "MAXIMUM": lambda o: 3 if _broadcasts(o) and _rank(o) > 4 else _quantized(2, 4)(o),
    "MAX_POOL_2D": _quantized(2, 3),
    "MEAN": _quantized(2, 3),
    "MINIMUM": lambda o: 3 if _broadcasts(o) and _rank(o) > 4 else _quantized(2, 4)(o),
    "MIRROR_PAD": _quantized(2, 3),
    "MUL": _mul,
    "NOT_EQUAL": _is((np.int8, 2), (np.bool_, 3), (object, 3)),
    "PACK": _quantized(2, 3),
    "PAD": lambda o: 3 if _first(o) == _INT16 or o.input(0).rank > 4 else _quantized(2)(o),
    "PADV2": lambda o: 3 if _first(o) == _INT16 or o.input(0).rank > 4 else _quantized(2)(o),
    "QUANTIZE": _quantize,
    "RANGE": _is((np.int64, 2)),
    "REDUCE_MAX": _quantized(2, 3),
    "REDUCE_MIN": _quantized(2, 3),
    "REDUCE_PROD": _quantized(2),
    "RELU": _quantized(2, 3),
    "RELU6": _quantized(2, 3),
    "RESIZE_BILINEAR": _resize,
    "RESIZE_NEAREST_NEIGHBOR": _resize,
    "REVERSE_V2": _is((np.bool_, 2), (np.int8, 3), (np.int16, 3)),
    "RSQRT": _quantized(2, 3),
    "SELECT_V2": lambda o: 2 if o.input(1).dtype == np.uint32 else 1,
    "SIGN": _is((np.int32, 2)),
    "SLICE": _slice,
    "SOFTMAX": _quantized(2, 3),
    "SPACE_TO_BATCH_ND": _space_batch,
    "SPACE_TO_DEPTH": _quantized(2),
    "SPLIT": lambda o: {_INT8: 2, np.dtype(np.int32): 3, _INT16: 4}.get(o.input(1).dtype, 1),
    "SPLIT_V": _quantized(2),
    "SQUARED_DIFFERENCE": _quantized(2),
    "SQUEEZE": _is((object, 2)),
    "STRIDED_SLICE": _strided_slice,
    "SUB": _sub,
    "SUM": _quantized(2),
    "TANH": _quantized(2, 3),
    "TILE": _is((object, 2), (np.int8, 3), (np.int16, 3)),
    "TOPK_V2": _quantized(2, 3),
    "TRANSPOSE": _transpose,
    "TRANSPOSE_CONV": _transpose_conv,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": lambda o: 3 if o.input(1).dtype == _INT8 else 1,
    "UNPACK": _is((np.int8, 2), (np.bool_, 3), (np.int16, 4)),
    "WHERE": _is((np.int8, 2)),
    "GELU": _quantized(2),
    "DYNAMIC_UPDATE_SLICE": lambda o: 2 if _first(o) == _INT16 else 1,
}  # fmt: skip


def version_of(operator: Operator) -> int:
    """The lowest version of an operator that covers its types and shapes."""
    rule = _RULES.get(operator.code)
    return 1 if rule is None else rule(operator)


@cache
def _runtimes() -> dict[str, dict[str, str]]:
    """By operator and version the first release of the runtime that has it."""
    return json.loads(
        files("tidefall.lite.converter").joinpath("min_runtimes.json").read_text("utf-8")
    )


def runtime_for(code: str, version: int) -> str:
    """The first release of the runtime that has a version of an operator."""
    return _runtimes().get(code, {}).get(str(version), "1.5.0")
