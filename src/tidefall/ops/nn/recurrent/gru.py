"""A GRU cell as a single op: one step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import op
from tidefall.ops.common import invalid, jnp, shape_text
from tidefall.ops.nn.recurrent.lstm import no_second, sigmoid


def _check(x: Any, h: Any, w_ru: Any, w_c: Any, b_ru: Any, b_c: Any) -> None:
    for what, tensor in (("x", x), ("h_prev", h)):
        if tensor.ndim != 2:
            raise invalid(f"{what} must have rank 2, got shape {shape_text(tensor.shape)}")
    (batch, inputs), units = x.shape, h.shape[1]
    for what, tensor, shape in (
        ("h_prev", h, (batch, units)),
        ("w_ru", w_ru, (inputs + units, 2 * units)),
        ("w_c", w_c, (inputs + units, units)),
        ("b_ru", b_ru, (2 * units,)),
        ("b_c", b_c, (units,)),
    ):
        if tuple(tensor.shape) != shape:
            raise invalid(
                f"{what} has shape {shape_text(tensor.shape)}, expected {shape_text(shape)} for a "
                f"batch of {batch}, {inputs} inputs and {units} units"
            )


def _forward(xp: Any) -> Callable[..., Any]:
    def kernel(x: Any, h: Any, w_ru: Any, w_c: Any, b_ru: Any, b_c: Any) -> Any:
        _check(x, h, w_ru, w_c, b_ru, b_c)
        one = x.dtype.type(1)
        gates = sigmoid(xp, xp.concatenate([x, h], axis=1) @ w_ru + b_ru)
        r, u = xp.split(gates, 2, axis=1)
        c = xp.tanh(xp.concatenate([x, r * h], axis=1) @ w_c + b_c)
        return r, u, c, u * h + (one - u) * c

    return kernel


def _back(xp: Any) -> Callable[..., Any]:
    def kernel(*arrays: Any) -> Any:
        x, h, w_ru, w_c, b_ru, b_c, r, u, c, d_h = arrays
        _check(x, h, w_ru, w_c, b_ru, b_c)
        one, inputs = x.dtype.type(1), x.shape[1]
        d_c = d_h * (one - u) * (one - c * c)
        d_u = d_h * (h - c) * u * (one - u)
        through_c = d_c @ w_c.T
        d_rh = through_c[:, inputs:]
        d_r = d_rh * h * r * (one - r)
        d_ru = xp.concatenate([d_r, d_u], axis=1)
        through_ru = d_ru @ w_ru.T
        d_x = through_c[:, :inputs] + through_ru[:, :inputs]
        return d_x, d_h * u + d_rh * r + through_ru[:, inputs:], d_c, d_ru

    return kernel


def _forward_shape(c: Inference) -> list[TensorShape]:
    x, h = c.shape(0).with_rank(2), c.shape(1).with_rank(2)
    return [TensorShape([x[0], h[1]])] * 4


def _back_shape(c: Inference) -> list[TensorShape]:
    x, h = c.shape(0).with_rank(2), c.shape(1).with_rank(2)
    gates = None if h[1] is None else 2 * h[1]
    units = TensorShape([x[0], h[1]])
    return [x, units, units, TensorShape([x[0], gates])]


def _gradient(op: Any, *grads: Any) -> list[Any]:
    x, h = op.inputs[:2]
    r = op.outputs[0]
    d_x, d_before, d_c, d_ru = raw.GRUBlockCellGrad(*op.inputs, *op.outputs[:3], grads[3])
    join, matmul, add = raw.ConcatV2, raw.MatMul, raw.Sum
    first = np.array([0], np.int32)
    return [
        d_x,
        d_before,
        matmul(join([x, h], 1), d_ru, transpose_a=True),
        matmul(join([x, r * h], 1), d_c, transpose_a=True),
        add(d_ru, first, keep_dims=False),
        add(d_c, first, keep_dims=False),
    ]


op(
    "GRUBlockCell",
    shape=_forward_shape,
    host=_forward(np),
    xla=_forward(jnp),
    effects=PURE,
    gradient=_gradient,
)
op(
    "GRUBlockCellGrad",
    shape=_back_shape,
    host=_back(np),
    xla=_back(jnp),
    effects=PURE,
    gradient=no_second,
)
