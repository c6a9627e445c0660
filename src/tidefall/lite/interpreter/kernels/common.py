"""What kernels share: fused activations, ranges of quantized values, padding of windows."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import errors
from tidefall.lite.interpreter.fixed_point import round_away
from tidefall.lite.interpreter.registry import namespace
from tidefall.lite.interpreter.tensors import TensorInfo
from tidefall.lite.schema import ActivationFunctionType, Padding, TensorType

QUANTIZED = frozenset({TensorType.INT8, TensorType.UINT8, TensorType.INT16})

_LIMITS = {
    ActivationFunctionType.NONE: (None, None),
    ActivationFunctionType.RELU: (0.0, None),
    ActivationFunctionType.RELU_N1_TO_1: (-1.0, 1.0),
    ActivationFunctionType.RELU6: (0.0, 6.0),
}


def activation_limits(
    activation: ActivationFunctionType, operator: str
) -> tuple[float | None, float | None]:
    """Least and greatest value of a fused activation; None for no limit."""
    if activation not in _LIMITS:
        raise errors.UnimplementedError(
            None, None, f"{operator} with the fused activation {activation.name} is not possible."
        )
    return _LIMITS[activation]


def activate(x: Any, activation: ActivationFunctionType, operator: str) -> Any:
    """A fused activation of floats or plain integers."""
    low, high = activation_limits(activation, operator)
    xp = namespace(x)
    if low is not None:
        x = xp.maximum(x, x.dtype.type(low))
    if high is not None:
        x = xp.minimum(x, x.dtype.type(high))
    return x


def quantized_limits(
    output: TensorInfo, activation: ActivationFunctionType, operator: str
) -> tuple[int, int]:
    """Least and greatest stored value of a quantized output with a fused activation."""
    info = np.iinfo(output.dtype)
    low, high = activation_limits(activation, operator)

    def stored(value: float) -> int:
        # The quotient is a float32 there.
        return output.zero_point + round_away(float(np.float32(value) / output.scale))

    least = info.min if low is None else max(info.min, stored(low))
    greatest = info.max if high is None else min(info.max, stored(high))
    return int(least), int(greatest)


def window_padding(
    size: int, window: int, stride: int, dilation: int, padding: Padding
) -> tuple[int, int, int]:
    """How a window moves along an axis: size of the output, padding before and after."""
    extent = (window - 1) * dilation + 1
    if padding == Padding.SAME:
        out = -(-size // stride)
    else:
        out = -(-(size - extent + 1) // stride)
    out = max(out, 0)
    total = max(0, (out - 1) * stride + extent - size)
    return out, total // 2, total - total // 2


def positive(operator: str, **values: int) -> None:
    """Refuse strides and the like that are not positive."""
    for name, value in values.items():
        if value < 1:
            raise errors.InvalidArgumentError(
                None, None, f"{operator} has {name}={value}, which must be positive."
            )


def saturate(x: Any, dtype: Any) -> Any:
    """Integers clipped to a dtype's range, and of that dtype."""
    info = np.iinfo(dtype)
    return np.clip(x, info.min, info.max).astype(dtype)
