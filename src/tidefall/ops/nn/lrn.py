"""Local response normalisation."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import op
from tidefall.ops.batching import batches, one_batch
from tidefall.ops.common import invalid, jnp, shape_text
from tidefall.ops.nn.activations import widen


def _shape(c: Inference) -> TensorShape:
    shape = c.shape(0)
    if shape.rank not in (None, 4):
        raise ValueError(f"in must be 4-dimensional, got {shape_text(shape)}")
    return shape.with_rank(4)


def _near(xp: Any, x: Any, radius: int) -> Any:
    """Sums of each channel and the `radius` channels on both sides of it."""
    depth = x.shape[-1]
    radius = min(radius, max(depth - 1, 0))
    padded = xp.pad(x, [(0, 0)] * (x.ndim - 1) + [(radius, radius)])
    total = padded[..., :depth]
    for i in range(1, 2 * radius + 1):
        total = total + padded[..., i : i + depth]
    return total


def _forward(xp: Any, x: Any, radius: int, bias: float, alpha: float, beta: float) -> Any:
    if x.ndim != 4:
        raise invalid(f"in must be 4-dimensional, got {shape_text(x.shape)}")
    wide = widen(x) if xp is np else x.astype(np.float32)
    norm = np.float32(bias) + np.float32(alpha) * _near(xp, wide * wide, radius)
    return (wide * norm ** np.float32(-beta)).astype(x.dtype)


def _backward(
    xp: Any, dy: Any, x: Any, y: Any, radius: int, bias: float, alpha: float, beta: float
) -> Any:
    kind = x.dtype
    wide = (lambda t: widen(t)) if xp is np else (lambda t: t.astype(np.float32))
    dy, x, y = wide(dy), wide(x), wide(y)
    norm = np.float32(bias) + np.float32(alpha) * _near(xp, x * x, radius)
    through = _near(xp, dy * y / norm, radius)
    dx = dy * norm ** np.float32(-beta) - np.float32(2 * alpha * beta) * x * through
    return dx.astype(kind)


def _host(input: Any, *, depth_radius: int, bias: float, alpha: float, beta: float) -> np.ndarray:
    return _forward(np, input, depth_radius, bias, alpha, beta)


def _xla(input: Any, *, depth_radius: int, bias: float, alpha: float, beta: float) -> Any:
    return _forward(jnp, jnp.asarray(input), depth_radius, bias, alpha, beta)


def _grad_host(
    dy: Any, x: Any, y: Any, *, depth_radius: int, bias: float, alpha: float, beta: float
) -> np.ndarray:
    return _backward(np, dy, x, y, depth_radius, bias, alpha, beta)


def _grad_xla(
    dy: Any, x: Any, y: Any, *, depth_radius: int, bias: float, alpha: float, beta: float
) -> Any:
    arrays = (jnp.asarray(t) for t in (dy, x, y))
    return _backward(jnp, *arrays, depth_radius, bias, alpha, beta)


def _lrn_grad(op: Any, dy: Any) -> Any:
    how = {key: op.attrs[key] for key in ("depth_radius", "bias", "alpha", "beta")}
    return raw.LRNGrad(dy, op.inputs[0], op.outputs[0], **how)


def _no_second(op: Any, dy: Any) -> Any:
    raise LookupError(
        "gradient registry has no entry for: LRNGrad. Local response normalisation has no second "
        "derivative, in TensorFlow neither."
    )


lrn_op = op(
    "LRN", shape=_shape, host=_host, xla=_xla, effects=PURE, batching=one_batch, gradient=_lrn_grad
)
op(
    "LRNGrad",
    shape=_shape,
    host=_grad_host,
    xla=_grad_xla,
    effects=PURE,
    batching=batches,
    gradient=_no_second,
)


@export("nn.local_response_normalization", "nn.lrn")
def local_response_normalization(
    input: Any,
    depth_radius: int = 5,
    bias: float = 1,
    alpha: float = 1,
    beta: float = 0.5,
    name: str | None = None,
) -> Any:
    """Divide each channel by a power of the squares around it.

    `output = input / (bias + alpha * sum(input[d - radius : d + radius + 1] ** 2)) ** beta`

    Args:
        input: float16, bfloat16 or float32 tensor of shape `[batch, height, width, channels]`.
        depth_radius: how many channels on both sides count.
        bias: keeps the divisor from zero.
        alpha: factor of the sum of squares.
        beta: the exponent.
        name: name of the node in a graph.

    Returns:
        A tensor of the input's shape and dtype.

    >>> import tidefall as tf
    >>> tf.nn.local_response_normalization(tf.ones([1, 1, 1, 1]), 1).numpy().ravel()
    array([0.70710677], dtype=float32)
    """
    how = {"depth_radius": depth_radius, "bias": bias, "alpha": alpha, "beta": beta}
    return lrn_op(input, **how, name=name)
