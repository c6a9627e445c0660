"""DebugNumericSummaryV2: a few numbers that say how a tensor is, for the debugger's files."""

from __future__ import annotations

import enum

import numpy as np

from tidefall.base.dtypes import DType, as_dtype
from tidefall.base.errors import InvalidArgumentError, UnimplementedError
from tidefall.op.effects import PURE
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import unknown

SHAPE_SLOTS = 6
"""Sizes of dimensions that a summary has room for; of more dimensions it has the last ones."""


class TensorDebugMode(enum.IntEnum):
    """What is kept of a tensor: the numbers of the debugger's file format."""

    UNSPECIFIED = 0
    NO_TENSOR = 1
    CURT_HEALTH = 2
    CONCISE_HEALTH = 3
    FULL_HEALTH = 4
    SHAPE = 5
    FULL_NUMERICS = 6
    FULL_TENSOR = 7
    REDUCE_INF_NAN_THREE_SLOTS = 8


def numeric_summary(
    array: np.ndarray, mode: int, tensor_id: int = -1, device_id: int = -1
) -> np.ndarray:
    """A float64 vector that describes an array of numbers or bools.

    Args:
        array: the values.
        mode: one of `TensorDebugMode`. CURT_HEALTH: the tensor's number, and 1 if any element is
            infinite or NaN. CONCISE_HEALTH: its number, how many elements, how many of them -inf,
            inf, NaN. FULL_HEALTH: number, device, dtype, rank, elements, -inf, inf, NaN, negative,
            zero, positive. SHAPE: number, dtype, rank, elements, the last six dimensions.
            REDUCE_INF_NAN_THREE_SLOTS: -inf, inf and NaN if there are any, else 0.
        tensor_id: the tensor's number.
        device_id: the device's number.

    Raises:
        UnimplementedError: for another mode, as in TensorFlow.
    """
    if mode == TensorDebugMode.SHAPE:
        sizes = list(array.shape[-SHAPE_SLOTS:]) if array.ndim else []
        padded = sizes + [0] * (SHAPE_SLOTS - len(sizes))
        return np.array([tensor_id, _number(array), array.ndim, array.size, *padded], np.float64)
    if mode == TensorDebugMode.CURT_HEALTH:
        return np.array([tensor_id, not _all_finite(array)], np.float64)
    if mode not in (
        TensorDebugMode.CONCISE_HEALTH,
        TensorDebugMode.FULL_HEALTH,
        TensorDebugMode.REDUCE_INF_NAN_THREE_SLOTS,
    ):
        raise UnimplementedError(None, None, f"Unimplemented tensor debug mode: {mode}")
    odd = _infinite_and_nan(array)
    if mode == TensorDebugMode.CONCISE_HEALTH:
        return np.array([tensor_id, array.size, *odd], np.float64)
    if mode == TensorDebugMode.REDUCE_INF_NAN_THREE_SLOTS:
        values = (-np.inf, np.inf, np.nan)
        return np.array([v if n else 0 for v, n in zip(values, odd, strict=True)], np.float64)
    kinds = (array < 0, array == 0, array > 0)
    negative, zero, positive = (int(np.count_nonzero(k)) for k in kinds)
    finite = (negative - odd[0], zero, positive - odd[1])
    head = (tensor_id, device_id, _number(array), array.ndim, array.size)
    return np.array([*head, *odd, *finite], np.float64)


def _number(array: np.ndarray) -> int:
    return as_dtype(array.dtype).as_datatype_enum


def _may_be_odd(array: np.ndarray) -> bool:
    return as_dtype(array.dtype).is_floating


def _all_finite(array: np.ndarray) -> bool:
    return not _may_be_odd(array) or bool(np.isfinite(array).all())


def _infinite_and_nan(array: np.ndarray) -> tuple[int, int, int]:
    if _all_finite(array):
        return 0, 0, 0
    found = (array == -np.inf, array == np.inf, np.isnan(array))
    low, high, nan = (int(np.count_nonzero(f)) for f in found)
    return low, high, nan


def _host(
    tensor: np.ndarray, *, tensor_debug_mode: int, tensor_id: int, output_dtype: DType
) -> np.ndarray:
    bits = 24 if output_dtype.name == "float32" else 53
    if tensor_id > 2**bits:
        raise InvalidArgumentError(
            None,
            None,
            "DebugNumericSummaryV2Op requires tensor_id to be less than or equal to "
            f"(2^{bits}). Given tensor_id:{tensor_id}",
        )
    summary = numeric_summary(np.asarray(tensor), tensor_debug_mode, tensor_id)
    return summary.astype(output_dtype.as_numpy_dtype)


debug_numeric_summary_op = op(
    "DebugNumericSummaryV2",
    shape=unknown,
    host=_host,
    xla=None,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)
