"""Fake quantization: floating-point numbers rounded to the steps that a few bits can tell apart.

The range is moved a little so that zero is one of the steps (Jacob et al., 2017,
https://arxiv.org/abs/1712.05877). Each function exists once for NumPy and jax arrays alike.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import invalid, jnp, shape_text, unchanged

# ---- kernels ----


def _steps(num_bits: int, narrow_range: bool) -> tuple[float, float]:
    """The first and last step."""
    if not 2 <= num_bits <= 16:
        raise invalid("num_bits must be between 2 and 16, inclusive")
    return (1.0 if narrow_range else 0.0), float(2**num_bits - 1)


def _nudged(xp: Any, low: Any, high: Any, steps: tuple[float, float]) -> tuple[Any, Any, Any]:
    """Limits moved so that zero is a step, and the distance between steps."""
    first, last = steps
    low, high = xp.asarray(low), xp.asarray(high)
    scale = (high - low) / np.float32(last - first)
    zero = first - low / scale
    # Halves are rounded up: a step is never negative.
    zero = xp.where(zero < first, first, xp.where(zero > last, last, xp.floor(zero + 0.5)))
    zero = zero.astype(np.float32)
    return (first - zero) * scale, (last - zero) * scale, scale


def _rounded(xp: Any, x: Any, limits: tuple[Any, Any, Any], per_unit: Any) -> Any:
    """Rounded to steps, of which there are so many per unit."""
    first, last, scale = limits
    half = np.float32(0.5)
    zero = xp.floor(-first * per_unit + half)
    place = (xp.maximum(xp.minimum(x, last), first) - first) * per_unit
    return xp.floor(place - zero + half) * scale


def _slopes(xp: Any, dy: Any, x: Any, low: Any, high: Any, steps: tuple[float, float]) -> Any:
    """What the gradient of each element gives to the element and to the limits."""
    first, last, _ = _nudged(xp, low, high, steps)
    nothing = (low == 0) & (high == 0)
    within = nothing | ((x >= first) & (x <= last))
    return dy * within, dy * (~nothing & (x < first)), dy * (~nothing & (x > last))


def _limits(low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    if not low < high:
        raise invalid(f"min has to be smaller than max, was: {low:g} >= {high:g}")
    return np.asarray(low, np.float32), np.asarray(high, np.float32)


def _scalars(low: Any, high: Any) -> None:
    for name, value in (("min", low), ("max", high)):
        if value.ndim:
            raise invalid(f"`{name}` must be rank 0 but is rank {value.ndim}")


def _channels(x: Any, low: Any, high: Any) -> None:
    if not x.ndim:
        raise invalid("inputs must have at least one dimension, got shape []")
    for name, value in (("min", low), ("max", high)):
        if value.ndim != 1:
            raise invalid(f"`{name}` must be rank 1 but is rank {value.ndim}")
        if value.shape[0] != x.shape[-1]:
            raise invalid(f"{name} has incorrect size, expected {x.shape[-1]} was {value.shape[0]}")


def _same(gradients: Any, inputs: Any) -> None:
    if gradients.shape != inputs.shape:
        raise invalid(
            "gradients and inputs must have the same size and shape: "
            f"{shape_text(gradients.shape)} vs. {shape_text(inputs.shape)}"
        )


def _args(xp: Callable[[], Any]) -> Callable[..., Any]:
    def kernel(x: Any, *, min: float, max: float, num_bits: int, narrow_range: bool) -> Any:
        low, high = _limits(min, max)
        steps = _steps(num_bits, narrow_range)
        # TensorFlow divides once here, and twice where the limits are tensors.
        per_unit = np.float32(steps[1] - steps[0]) / (high - low)
        return _rounded(xp(), x, _nudged(xp(), low, high, steps), per_unit)

    return kernel


def _args_gradient(xp: Callable[[], Any]) -> Callable[..., Any]:
    def kernel(
        dy: Any, x: Any, *, min: float, max: float, num_bits: int, narrow_range: bool
    ) -> Any:
        low, high = _limits(min, max)
        _same(dy, x)
        return _slopes(xp(), dy, x, low, high, _steps(num_bits, narrow_range))[0]

    return kernel


def _vars(xp: Callable[[], Any], check: Callable[..., None]) -> Callable[..., Any]:
    def kernel(x: Any, low: Any, high: Any, *, num_bits: int, narrow_range: bool) -> Any:
        steps = _steps(num_bits, narrow_range)
        check(x, low, high)
        limits = _nudged(xp(), low, high, steps)
        result = _rounded(xp(), x, limits, np.float32(1) / limits[2])
        return xp().where((low == 0) & (high == 0), np.float32(0), result)

    return kernel


def _vars_gradient(xp: Callable[[], Any], check: Callable[..., None]) -> Callable[..., Any]:
    def kernel(dy: Any, x: Any, low: Any, high: Any, *, num_bits: int, narrow_range: bool) -> Any:
        steps = _steps(num_bits, narrow_range)
        _same(dy, x)
        check(x, low, high)
        inside, below, above = _slopes(xp(), dy, x, low, high, steps)
        axes = tuple(range(x.ndim - low.ndim))
        return inside, xp().sum(below, axis=axes), xp().sum(above, axis=axes)

    return kernel


# ---- ops ----


def _limit_rank(rank: int, first: int) -> Callable[[Inference], list[TensorShape]]:
    """Shape rule: the element, and for gradients the two limits."""

    def rule(c: Inference) -> Any:
        limits = [c.shape(first), c.shape(first + 1)]
        for name, shape in zip(("min", "max"), limits, strict=True):
            if shape.rank not in (None, rank):
                raise ValueError(f"`{name}` must be rank {rank} but is rank {shape.rank}")
        limit = limits[0].merge_with(limits[1])
        if rank and c.shape(0).rank is not None:
            limit = limit.merge_with(c.shape(0)[-1:])
        limit = limit.with_rank(rank)
        return c.shape(0) if first == 1 else [c.shape(0).merge_with(c.shape(1)), limit, limit]

    return rule


def _attributes(op: Any) -> dict[str, Any]:
    return {name: op.get_attr(name) for name in ("num_bits", "narrow_range")}


def _numpy() -> Any:
    return np


def _jax() -> Any:
    return jnp


args_gradient_op = op(
    "FakeQuantWithMinMaxArgsGradient",
    shape=unchanged,
    host=_args_gradient(_numpy),
    xla=_args_gradient(_jax),
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)
args_op = op(
    "FakeQuantWithMinMaxArgs",
    shape=unchanged,
    host=_args(_numpy),
    xla=_args(_jax),
    effects=PURE,
    gradient=lambda op, dy: args_gradient_op(
        dy, op.inputs[0], min=op.get_attr("min"), max=op.get_attr("max"), **_attributes(op)
    ),
)


def _declare(name: str, rank: int, check: Callable[..., None]) -> tuple[Any, Any]:
    gradient_op = op(
        f"{name}Gradient",
        shape=_limit_rank(rank, 2),
        host=_vars_gradient(_numpy, check),
        xla=_vars_gradient(_jax, check),
        effects=PURE,
        gradient=NOT_DIFFERENTIABLE,
    )
    forward = op(
        name,
        shape=_limit_rank(rank, 1),
        host=_vars(_numpy, check),
        xla=_vars(_jax, check),
        effects=PURE,
        gradient=lambda op, dy: list(gradient_op(dy, *op.inputs, **_attributes(op))),
    )
    return forward, gradient_op


vars_op, vars_gradient_op = _declare(
    "FakeQuantWithMinMaxVars", 0, lambda x, low, high: _scalars(low, high)
)
channel_op, channel_gradient_op = _declare("FakeQuantWithMinMaxVarsPerChannel", 1, _channels)

# ---- public functions ----

_GRADIENTS = ("backprops_wrt_input", "backprop_wrt_min", "backprop_wrt_max")
FakeQuantWithMinMaxVarsGradient = namedtuple("FakeQuantWithMinMaxVarsGradient", _GRADIENTS)
FakeQuantWithMinMaxVarsPerChannelGradient = namedtuple(
    "FakeQuantWithMinMaxVarsPerChannelGradient", _GRADIENTS
)


@export("quantization.fake_quant_with_min_max_args")
def fake_quant_with_min_max_args(
    inputs: Any,
    min: float = -6,
    max: float = 6,
    num_bits: int = 8,
    narrow_range: bool = False,
    name: str | None = None,
) -> Any:
    """Numbers rounded to what `num_bits` bits can tell apart between two fixed limits.

    Args:
        inputs: float32 tensor of any shape.
        min: lower limit; what is below becomes the limit.
        max: upper limit, larger than `min`.
        num_bits: 2 to 16.
        narrow_range: leave out the lowest step.
        name: name of the node in a graph.

    Returns:
        A tensor like `inputs`. Its gradient is that of `inputs` clipped to the range.

    Raises:
        InvalidArgumentError: unless `min < max`, and for other numbers of bits.

    >>> import tidefall as tf
    >>> tf.quantization.fake_quant_with_min_max_args([0.3, 9.0], -1, 2, num_bits=4).numpy()
    array([0.4, 2. ], dtype=float32)
    """
    return args_op(
        inputs, min=min, max=max, num_bits=num_bits, narrow_range=narrow_range, name=name
    )


@export("quantization.fake_quant_with_min_max_args_gradient")
def fake_quant_with_min_max_args_gradient(
    gradients: Any,
    inputs: Any,
    min: float = -6,
    max: float = 6,
    num_bits: int = 8,
    narrow_range: bool = False,
    name: str | None = None,
) -> Any:
    """Gradient of `fake_quant_with_min_max_args`: that of the elements within the limits.

    Args:
        gradients: float32 tensor shaped like `inputs`.
        inputs: what was rounded.
        min, max, num_bits, narrow_range: as there.
        name: name of the node in a graph.

    Returns:
        A tensor like `inputs`.

    Raises:
        InvalidArgumentError: if the shapes differ, or as there.

    >>> import tidefall as tf
    >>> tf.quantization.fake_quant_with_min_max_args_gradient([1.0, 1.0], [0.3, 9.0]).numpy()
    array([1., 0.], dtype=float32)
    """
    return args_gradient_op(
        gradients, inputs, min=min, max=max, num_bits=num_bits, narrow_range=narrow_range, name=name
    )


@export("quantization.fake_quant_with_min_max_vars")
def fake_quant_with_min_max_vars(
    inputs: Any,
    min: Any,
    max: Any,
    num_bits: int = 8,
    narrow_range: bool = False,
    name: str | None = None,
) -> Any:
    """Numbers rounded to what `num_bits` bits can tell apart between limits that may be learned.

    Args:
        inputs: float32 tensor of any shape.
        min, max: float32 scalars.
        num_bits: 2 to 16.
        narrow_range: leave out the lowest step.
        name: name of the node in a graph.

    Returns:
        A tensor like `inputs`. Elements outside the range pass their gradient to the limit.

    Raises:
        InvalidArgumentError: for limits that are no scalars, and other numbers of bits.

    >>> import tidefall as tf
    >>> tf.quantization.fake_quant_with_min_max_vars([0.3, 9.0], -1.0, 2.0, num_bits=4).numpy()
    array([0.4, 2. ], dtype=float32)
    """
    return vars_op(inputs, min, max, num_bits=num_bits, narrow_range=narrow_range, name=name)


@export("quantization.fake_quant_with_min_max_vars_gradient")
def fake_quant_with_min_max_vars_gradient(
    gradients: Any,
    inputs: Any,
    min: Any,
    max: Any,
    num_bits: int = 8,
    narrow_range: bool = False,
    name: str | None = None,
) -> Any:
    """Gradients of `fake_quant_with_min_max_vars`.

    Args:
        gradients: float32 tensor shaped like `inputs`.
        inputs, min, max, num_bits, narrow_range: as there.
        name: name of the node in a graph.

    Returns:
        Gradients of `inputs`, `min` and `max`.

    Raises:
        InvalidArgumentError: if the shapes differ, or as there.

    >>> import tidefall as tf
    >>> tf.quantization.fake_quant_with_min_max_vars_gradient([1.0, 2.0], [0.3, 9.0], -1.0, 2.0)[2]
    <tf.Tensor: shape=(), dtype=float32, numpy=2.0>
    """
    return FakeQuantWithMinMaxVarsGradient(
        *vars_gradient_op(
            gradients, inputs, min, max, num_bits=num_bits, narrow_range=narrow_range, name=name
        )
    )


@export("quantization.fake_quant_with_min_max_vars_per_channel")
def fake_quant_with_min_max_vars_per_channel(
    inputs: Any,
    min: Any,
    max: Any,
    num_bits: int = 8,
    narrow_range: bool = False,
    name: str | None = None,
) -> Any:
    """Numbers rounded to what `num_bits` bits can tell apart, with limits for each channel.

    Args:
        inputs: float32 tensor `[..., channels]`.
        min, max: float32 vectors `[channels]`.
        num_bits: 2 to 16.
        narrow_range: leave out the lowest step.
        name: name of the node in a graph.

    Returns:
        A tensor like `inputs`. Elements outside the range pass their gradient to the limit.

    Raises:
        InvalidArgumentError: for limits of another size, and other numbers of bits.

    >>> import tidefall as tf
    >>> tf.quantization.fake_quant_with_min_max_vars_per_channel(
    ...     [0.3, 9.0], [-1.0, 0.0], [2.0, 4.0], num_bits=4
    ... ).numpy()
    array([0.4, 4. ], dtype=float32)
    """
    return channel_op(inputs, min, max, num_bits=num_bits, narrow_range=narrow_range, name=name)


@export("quantization.fake_quant_with_min_max_vars_per_channel_gradient")
def fake_quant_with_min_max_vars_per_channel_gradient(
    gradients: Any,
    inputs: Any,
    min: Any,
    max: Any,
    num_bits: int = 8,
    narrow_range: bool = False,
    name: str | None = None,
) -> Any:
    """Gradients of `fake_quant_with_min_max_vars_per_channel`.

    Args:
        gradients: float32 tensor shaped like `inputs`.
        inputs, min, max, num_bits, narrow_range: as there.
        name: name of the node in a graph.

    Returns:
        Gradients of `inputs`, `min` and `max`.

    Raises:
        InvalidArgumentError: if the shapes differ, or as there.

    >>> import tidefall as tf
    >>> tf.quantization.fake_quant_with_min_max_vars_per_channel_gradient(
    ...     [1.0, 2.0], [0.3, 9.0], [-1.0, 0.0], [2.0, 4.0]
    ... )[2].numpy()
    array([0., 2.], dtype=float32)
    """
    return FakeQuantWithMinMaxVarsPerChannelGradient(
        *channel_gradient_op(
            gradients, inputs, min, max, num_bits=num_bits, narrow_range=narrow_range, name=name
        )
    )
