"""LSTM cells as single ops: one step, and all steps of a batch of sequences.

The four gates of a step come from one product `[inputs, h] @ w + b`; in its columns stand the input
gate, the new content, the forget gate and the output gate, in BlockLSTMV2 the forget gate second.
With peepholes the gates also see the cell, through the vectors `wci`, `wcf` and `wco`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import find_op, op
from tidefall.ops.common import invalid, jnp, lax, shape_text

CONTENT_SECOND, FORGET_SECOND = (0, 1, 2, 3), (0, 2, 1, 3)
"""Which columns of the gates are input gate, content, forget gate and output gate."""
Step = tuple[Any, Any, Any, Any, Any, Any, Any]
"""Input gate, cell, forget gate, output gate, content, tanh of the cell, output."""


# ---- arithmetic, with NumPy or jax ----


def sigmoid(xp: Any, x: Any) -> Any:
    one = x.dtype.type(1)
    return one / (one + xp.exp(-x))


def _step(xp: Any, z: Any, cell: Any, peepholes: Any, bias: Any, clip: float) -> Step:
    """One step from the products of the gates, in the order of `CONTENT_SECOND`."""
    i, content, f, o = z
    f = f + z[2].dtype.type(bias)
    if peepholes is not None:
        wci, wcf, _ = peepholes
        i, f = i + cell * wci, f + cell * wcf
    i, f, content = sigmoid(xp, i), sigmoid(xp, f), xp.tanh(content)
    new = content * i + cell * f
    if clip > 0:
        new = xp.clip(new, new.dtype.type(-clip), new.dtype.type(clip))
    o = sigmoid(xp, o if peepholes is None else o + new * peepholes[2])
    squashed = xp.tanh(new)
    return i, new, f, o, content, squashed, squashed * o


def _products(xp: Any, x: Any, h: Any, w: Any, b: Any, order: tuple[int, ...]) -> list[Any]:
    gates = xp.split(xp.concatenate([x, h], axis=1) @ w + b, 4, axis=1)
    return [gates[k] for k in order]


def _step_back(cell: Any, step: Any, peepholes: Any, d_cell: Any, d_h: Any) -> tuple[Any, ...]:
    """Gradients of the cell before and of the gates; clipping counts as not done."""
    i, _, f, o, content, squashed = step
    one = i.dtype.type(1)
    d_o = o * (one - o) * d_h * squashed
    d_new = (one - squashed * squashed) * d_h * o + d_cell
    if peepholes is not None:
        d_new = d_new + d_o * peepholes[2]
    d_content = (one - content * content) * d_new * i
    d_f = f * (one - f) * d_new * cell
    d_i = i * (one - i) * d_new * content
    d_before = d_new * f
    if peepholes is not None:
        d_before = d_before + d_i * peepholes[0] + d_f * peepholes[1]
    return d_before, d_i, d_content, d_f, d_o


# ---- shapes ----


def _check(x: Any, cell: Any, h: Any, w: Any, peepholes: Any, b: Any, use: bool) -> None:
    """Raise for shapes that do not fit; `x` is one step `[batch, inputs]`."""
    for what, tensor, rank in (("x", x, 2), ("cs_prev", cell, 2), ("h_prev", h, 2), ("w", w, 2)):
        if tensor.ndim != rank:
            raise invalid(f"{what} must have rank {rank}, got shape {shape_text(tensor.shape)}")
    (batch, inputs), units = x.shape, cell.shape[1]
    wanted = [("cs_prev", cell, (batch, units)), ("h_prev", h, (batch, units))]
    wanted += [("w", w, (inputs + units, 4 * units)), ("b", b, (4 * units,))]
    if use:
        names = ("wci", "wcf", "wco")
        wanted += [(n, p, (units,)) for n, p in zip(names, peepholes, strict=True)]
    for what, tensor, shape in wanted:
        if tuple(tensor.shape) != shape:
            raise invalid(
                f"{what} has shape {shape_text(tensor.shape)}, expected {shape_text(shape)} for a "
                f"batch of {batch}, {inputs} inputs and {units} units"
            )


def _cell_shape(c: Inference) -> list[TensorShape]:
    x, cell = c.shape(0).with_rank(2), c.shape(1).with_rank(2)
    return [TensorShape([x[0], cell[1]])] * 7


def _block_shape(c: Inference) -> list[TensorShape]:
    x, b = c.shape(1).with_rank(3), c.shape(8).with_rank(1)
    units = None if b[0] is None else b[0] // 4
    return [TensorShape([x[0], x[1], units])] * 7


def _shapes_of(*indices: int) -> Callable[[Inference], list[TensorShape]]:
    return lambda c: [c.shape(i) for i in indices]


# ---- one step ----


def _cell(xp: Any) -> Callable[..., Any]:
    def kernel(
        x: Any,
        cs_prev: Any,
        h_prev: Any,
        w: Any,
        wci: Any,
        wcf: Any,
        wco: Any,
        b: Any,
        *,
        forget_bias: float,
        cell_clip: float,
        use_peephole: bool,
    ) -> Step:
        peepholes = (wci, wcf, wco)
        _check(x, cs_prev, h_prev, w, peepholes, b, use_peephole)
        z = _products(xp, x, h_prev, w, b, CONTENT_SECOND)
        used = peepholes if use_peephole else None
        return _step(xp, z, cs_prev, used, forget_bias, cell_clip)

    return kernel


def _cell_back(xp: Any) -> Callable[..., Any]:
    def kernel(*arrays: Any, use_peephole: bool) -> Any:
        x, cell, h, w, wci, wcf, wco, b, i, cs, f, o, content, squashed, d_cell, d_h = arrays
        peepholes = (wci, wcf, wco)
        _check(x, cell, h, w, peepholes, b, use_peephole)
        used = peepholes if use_peephole else None
        step = (i, cs, f, o, content, squashed)
        before, d_i, d_content, d_f, d_o = _step_back(cell, step, used, d_cell, d_h)
        gates = xp.concatenate([d_i, d_content, d_f, d_o], axis=1)
        if not use_peephole:
            return before, gates, *(xp.zeros_like(p) for p in peepholes)
        return before, gates, (d_i * cell).sum(0), (d_f * cell).sum(0), (d_o * cs).sum(0)

    return kernel


def _cell_gradient(op: Any, *grads: Any) -> list[Any]:
    x, _, h, w = op.inputs[:4]
    d_cell, d_h = grads[1], grads[6]
    outputs = op.outputs[:6]
    how = {"use_peephole": op.attrs["use_peephole"]}
    before, gates, *peepholes = raw.LSTMBlockCellGrad(*op.inputs, *outputs, d_cell, d_h, **how)
    matmul = raw.MatMul
    both = matmul(gates, w, transpose_b=True)
    width = x.shape[1] if x.shape[1] is not None else raw.Shape(x)[1]
    d_w = matmul(raw.ConcatV2([x, h], 1), gates, transpose_a=True)
    d_b = raw.Sum(gates, np.array([0], np.int32), keep_dims=False)
    return [both[:, :width], before, both[:, width:], d_w, *peepholes, d_b]


def no_second(op: Any, *grads: Any) -> Any:
    raise LookupError(
        f"gradient registry has no entry for: {op.type}. Recurrent cells as single ops have no "
        "second derivative, in TensorFlow neither."
    )


op(
    "LSTMBlockCell",
    shape=_cell_shape,
    host=_cell(np),
    xla=_cell(jnp),
    effects=PURE,
    gradient=_cell_gradient,
)
op(
    "LSTMBlockCellGrad",
    shape=lambda c: [c.shape(1), _gates_shape(c), c.shape(4), c.shape(5), c.shape(6)],
    host=_cell_back(np),
    xla=_cell_back(jnp),
    effects=PURE,
    gradient=no_second,
)


def _gates_shape(c: Inference) -> TensorShape:
    units = c.shape(1).with_rank(2)[1]
    return TensorShape([c.shape(0).with_rank(2)[0], None if units is None else 4 * units])


# ---- all steps ----


def _check_length(length: Any, x: Any) -> None:
    if x.ndim != 3:
        raise invalid(f"x must be 3-dimensional, got shape {shape_text(x.shape)}")
    if isinstance(length, np.ndarray) and not 0 <= int(length) <= x.shape[0]:
        raise invalid(f"seq_len_max is {int(length)}, and x has {x.shape[0]} steps")


def _block(order: tuple[int, ...]) -> Callable[..., Any]:
    def run(arrays: Any, bias: float, clip: float, use_peephole: bool) -> Any:
        length, x, cell, h, w, wci, wcf, wco, b = arrays
        _check_length(length, x)
        peepholes = (wci, wcf, wco)
        _check(
            x[0] if len(x) else x.reshape(-1, x.shape[2]), cell, h, w, peepholes, b, use_peephole
        )
        used = peepholes if use_peephole else None
        outputs = [np.zeros((*x.shape[:2], cell.shape[1]), x.dtype) for _ in range(7)]
        for t in range(int(length)):
            step = _step(np, _products(np, x[t], h, w, b, order), cell, used, bias, clip)
            for output, value in zip(outputs, step, strict=True):
                output[t] = value
            cell, h = step[1], step[6]
        return tuple(outputs)

    return run


def _block_xla(order: tuple[int, ...]) -> Callable[..., Any]:
    def run(arrays: Any, bias: float, clip: float, use_peephole: bool) -> Any:
        length, x, cell, h, w, wci, wcf, wco, b = map(jnp.asarray, arrays)
        _check_length(length, x)
        peepholes = (wci, wcf, wco)
        first = jnp.zeros((x.shape[1], x.shape[2]), x.dtype)
        _check(first, cell, h, w, peepholes, b, use_peephole)
        used = peepholes if use_peephole else None

        def body(carried: Any, at: Any) -> Any:
            t, x_t = at
            step = _step(
                jnp, _products(jnp, x_t, carried[1], w, b, order), carried[0], used, bias, clip
            )
            kept = tuple(jnp.where(t < length, v, jnp.zeros_like(v)) for v in step)
            return (step[1], step[6]), kept

        return lax.scan(body, (cell, h), (jnp.arange(x.shape[0]), x))[1]

    return run


def _block_back(order: tuple[int, ...]) -> Callable[..., Any]:
    def kernel(*arrays: Any, use_peephole: bool) -> Any:
        length, x, cell, h, w, wci, wcf, wco, b, i, cs, f, o, content, squashed, hs, *d = arrays
        _check_length(length, x)
        used = (wci, wcf, wco) if use_peephole else None
        inputs = x.shape[2]
        d_x, d_w, d_b = np.zeros_like(x), np.zeros_like(w), np.zeros_like(b)
        d_peepholes = [np.zeros_like(p) for p in (wci, wcf, wco)]
        d_cell, d_h = np.zeros_like(cell), np.zeros_like(h)
        for t in reversed(range(int(length))):
            before, h_before = (cs[t - 1], hs[t - 1]) if t else (cell, h)
            step = (i[t], cs[t], f[t], o[t], content[t], squashed[t])
            d_cell, *gates = _step_back(before, step, used, d_cell + d[0][t], d_h + d[1][t])
            d_z = np.concatenate([gates[k] for k in order], axis=1)
            both = d_z @ w.T
            d_x[t], d_h = both[:, :inputs], both[:, inputs:]
            d_w += np.concatenate([x[t], h_before], axis=1).T @ d_z
            d_b += d_z.sum(0)
            if use_peephole:
                seen = (gates[0] * before, gates[2] * before, gates[3] * cs[t])
                for total, part in zip(d_peepholes, seen, strict=True):
                    total += part.sum(0)
        return d_x, d_cell, d_h, d_w, *d_peepholes, d_b

    return kernel


def _block_back_xla(order: tuple[int, ...]) -> Callable[..., Any]:
    def kernel(*arrays: Any, use_peephole: bool) -> Any:
        length, x, cell, h, w, wci, wcf, wco, _, i, cs, f, o, content, squashed, hs, *d = map(
            jnp.asarray, arrays
        )
        used = (wci, wcf, wco) if use_peephole else None
        inputs = x.shape[2]
        befores = jnp.concatenate([cell[None], cs[:-1]])
        h_befores = jnp.concatenate([h[None], hs[:-1]])

        def body(carried: Any, at: Any) -> Any:
            d_cell, d_h = carried
            t, before, step, d_cell_t, d_h_t = at
            d_before, *gates = _step_back(before, step, used, d_cell + d_cell_t, d_h + d_h_t)
            d_z = jnp.concatenate([gates[k] for k in order], axis=1)
            inside = t < length
            d_z = jnp.where(inside, d_z, jnp.zeros_like(d_z))
            both = d_z @ w.T
            d_before = jnp.where(inside, d_before, d_cell)
            return (d_before, jnp.where(inside, both[:, inputs:], d_h)), d_z

        steps = (i, cs, f, o, content, squashed)
        along = (jnp.arange(x.shape[0]), befores, steps, *d)
        start = (jnp.zeros_like(cell), jnp.zeros_like(h))
        (d_cell, d_h), d_z = lax.scan(body, start, along, reverse=True)
        d_x = (d_z @ w.T)[..., :inputs]
        d_w = jnp.einsum("tbi,tbz->iz", jnp.concatenate([x, h_befores], axis=2), d_z)
        gates = jnp.split(d_z, 4, axis=2)
        d_i, d_f, d_o = (gates[order.index(k)] for k in (0, 2, 3))
        seen = (d_i * befores, d_f * befores, d_o * cs)
        zeros = tuple(jnp.zeros_like(p) for p in (wci, wcf, wco))
        d_peepholes = tuple(p.sum((0, 1)) for p in seen) if use_peephole else zeros
        return d_x, d_cell, d_h, d_w, *d_peepholes, d_z.sum((0, 1))

    return kernel


def _old(run: Callable[..., Any]) -> Callable[..., Any]:
    def kernel(*arrays: Any, forget_bias: float, cell_clip: float, use_peephole: bool) -> Any:
        return run(arrays, forget_bias, cell_clip, use_peephole)

    return kernel


def _new(run: Callable[..., Any]) -> Callable[..., Any]:
    def kernel(*arrays: Any, cell_clip: float, use_peephole: bool) -> Any:
        return run(arrays, 0.0, cell_clip, use_peephole)

    return kernel


def _block_gradient(name: str) -> Callable[..., Any]:
    def gradient(op: Any, *grads: Any) -> list[Any]:
        how = {"use_peephole": op.attrs["use_peephole"]}
        parts = find_op(name)(*op.inputs, *op.outputs, grads[1], grads[6], **how)
        return [None, *parts]

    return gradient


for _name, _back, _order, _attrs in (
    ("BlockLSTM", "BlockLSTMGrad", CONTENT_SECOND, _old),
    ("BlockLSTMV2", "BlockLSTMGradV2", FORGET_SECOND, _new),
):
    op(
        _name,
        shape=_block_shape,
        host=_attrs(_block(_order)),
        xla=_attrs(_block_xla(_order)),
        effects=PURE,
        gradient=_block_gradient(_back),
    )
    op(
        _back,
        shape=_shapes_of(1, 2, 3, 4, 5, 6, 7, 8),
        host=_block_back(_order),
        xla=_block_back_xla(_order),
        effects=PURE,
        gradient=no_second,
    )
