"""LSTM, GRU and RNN, as loops over time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tidefall as tf
from tidefall.export.onnx.importer.registry import Call, CannotImport, dims_of, onnx_op


def _activation(name: str, alpha: float | None, beta: float | None) -> Callable[[Any], Any]:
    simple: dict[str, Callable[[Any], Any]] = {
        "Sigmoid": tf.sigmoid, "Tanh": tf.tanh, "Relu": tf.nn.relu, "Softsign": tf.nn.softsign,
        "Softplus": tf.nn.softplus,
        "HardSigmoid": lambda x: tf.clip_by_value(
            (0.2 if alpha is None else alpha) * x + (0.5 if beta is None else beta), 0, 1
        ),
        "Affine": lambda x: (1.0 if alpha is None else alpha) * x + (0.0 if beta is None else beta),
        "LeakyRelu": lambda x: tf.nn.leaky_relu(x, 0.01 if alpha is None else alpha),
        "Elu": lambda x: tf.where(x > 0, x, (1.0 if alpha is None else alpha) * tf.math.expm1(x)),
    }  # fmt: skip
    if name not in simple:
        raise CannotImport(f"it has the activation {name}")
    return simple[name]


class _Layer:
    """One recurrent node: its directions, activations and sizes."""

    def __init__(self, c: Call, gates: int, default: list[str]):
        self.c, self.gates = c, gates
        self.x = tf.convert_to_tensor(c[0])
        if c.attr("layout", 0):
            self.x = tf.transpose(self.x, [1, 0, 2])
        self.directions = int(dims_of(c[1])[0] or 0)
        self.size = int(c.attr("hidden_size") or dims_of(c[2])[-1])
        names = [n.decode() for n in c.attr("activations", [])] or default * self.directions
        alphas, betas = list(c.attr("activation_alpha", [])), list(c.attr("activation_beta", []))
        per = len(default)
        made = [
            _activation(
                n, alphas[i] if i < len(alphas) else None, betas[i] if i < len(betas) else None
            )
            for i, n in enumerate(names)
        ]
        self.functions = [made[d * per : (d + 1) * per] for d in range(self.directions)]
        self.clip = c.attr("clip")
        self.batch = tf.shape(self.x)[1]

    def state(self, index: int, direction: int) -> Any:
        """A state before the first step: [batch, hidden]."""
        given = self.c.get(index)
        if given is None:
            return tf.zeros([self.batch, self.size], self.x.dtype)
        return given[:, direction] if self.c.attr("layout", 0) else given[direction]

    def clipped(self, x: Any) -> Any:
        """What goes into an activation."""
        return x if self.clip is None else tf.clip_by_value(x, -self.clip, self.clip)

    def run(self, step: Callable[..., list[Any]], states: Callable[[int], list[Any]]) -> Any:
        """Run all directions.

        Args:
            step: takes the direction, what is read and the states, and gives new states; the first
                one is the output.
            states: those before the first step, by direction.

        Returns:
            The outputs of all steps, and each state after the last.
        """
        lengths = self.c.get(4)
        backward = self.c.attr("direction", b"forward") == b"reverse"
        outputs: list[Any] = []
        finals: list[list[Any]] = []
        for d in range(self.directions):
            turned = backward or d == 1
            x = self._turned(self.x, lengths) if turned else self.x
            made, final = self._loop(d, x, step, states(d), lengths)
            outputs.append(self._turned(made, lengths) if turned else made)
            finals.append(final)
        stacked = [tf.stack(list(parts)) for parts in zip(*finals, strict=True)]
        y = tf.stack(outputs, 1)
        if self.c.attr("layout", 0):
            return [tf.transpose(y, [2, 0, 1, 3]), *(tf.transpose(s, [1, 0, 2]) for s in stacked)]
        return [y, *stacked]

    def _turned(self, x: Any, lengths: Any) -> Any:
        if lengths is None:
            return tf.reverse(x, [0])
        return tf.reverse_sequence(x, lengths, seq_axis=0, batch_axis=1)

    def _loop(self, d: int, x: Any, step: Any, states: list[Any], lengths: Any) -> Any:
        steps = tf.shape(x)[0]
        array = tf.TensorArray(x.dtype, steps, element_shape=[dims_of(x)[1], self.size])
        shape = tf.TensorShape([dims_of(x)[1], self.size])
        states = [tf.ensure_shape(s, shape) for s in states]

        def body(i: Any, array: Any, *states: Any) -> Any:
            new = step(d, x[i], list(states))
            out = new[0]
            if lengths is not None:
                alive = (i < tf.cast(lengths, tf.int32))[:, None]
                out = tf.where(alive, out, tf.zeros_like(out))
                new = [tf.where(alive, n, s) for n, s in zip(new, states, strict=True)]
            return i + 1, array.write(i, out), *new

        found = tf.while_loop(
            lambda i, *_: i < steps, body, [tf.constant(0), array, *states],
            shape_invariants=[tf.TensorShape([]), tf.TensorShape(None), *[shape] * len(states)],
        )  # fmt: skip
        stacked = tf.ensure_shape(found[1].stack(), [dims_of(x)[0], dims_of(x)[1], self.size])
        return stacked, list(found[2:])

    def parts(self, direction: int) -> tuple[Any, Any, Any, Any]:
        """Weights of the input and of the state, transposed, and their biases."""
        w, r = (tf.transpose(self.c[i][direction]) for i in (1, 2))
        if self.c.get(3) is None:
            zeros = tf.zeros([self.gates * self.size], self.x.dtype)
            return w, r, zeros, zeros
        wb, rb = tf.split(tf.convert_to_tensor(self.c[3][direction]), 2)
        return w, r, wb, rb


@onnx_op("RNN")
def _rnn(c: Call) -> Any:
    layer = _Layer(c, 1, ["Tanh"])

    def step(d: int, x: Any, states: list[Any]) -> list[Any]:
        w, r, wb, rb = layer.parts(d)
        return [layer.functions[d][0](layer.clipped(x @ w + states[0] @ r + wb + rb))]

    return layer.run(step, lambda d: [layer.state(5, d)])


@onnx_op("LSTM")
def _lstm(c: Call) -> Any:
    layer = _Layer(c, 4, ["Sigmoid", "Tanh", "Tanh"])
    if c.attr("input_forget", 0):
        raise CannotImport("its input and forget gates are coupled")

    def step(d: int, x: Any, states: list[Any]) -> list[Any]:
        h, cell = states
        w, r, wb, rb = layer.parts(d)
        i, o, f, g = tf.split(x @ w + h @ r + wb + rb, 4, -1)
        pi = po = pf = 0.0
        if c.get(7) is not None:
            pi, po, pf = tf.split(tf.convert_to_tensor(c[7][d]), 3)
        gate, inner, outer = layer.functions[d]
        i = gate(layer.clipped(i + pi * cell))
        f = gate(layer.clipped(f + pf * cell))
        new = f * cell + i * inner(layer.clipped(g))
        o = gate(layer.clipped(o + po * new))
        return [o * outer(new), new]

    return layer.run(step, lambda d: [layer.state(5, d), layer.state(6, d)])


@onnx_op("GRU")
def _gru(c: Call) -> Any:
    layer = _Layer(c, 3, ["Sigmoid", "Tanh"])
    after = c.attr("linear_before_reset", 0)

    def step(d: int, x: Any, states: list[Any]) -> list[Any]:
        (h,) = states
        w, r, wb, rb = layer.parts(d)
        gate, inner = layer.functions[d]
        z, reset, new = tf.split(x @ w + wb, 3, -1)
        rz, rr, rh = tf.split(r, 3, -1)
        bz, br, bh = tf.split(rb, 3)
        z = gate(layer.clipped(z + h @ rz + bz))
        reset = gate(layer.clipped(reset + h @ rr + br))
        part = reset * (h @ rh + bh) if after else (reset * h) @ rh + bh
        new = inner(layer.clipped(new + part))
        return [(1 - z) * new + z * h]

    return layer.run(step, lambda d: [layer.state(5, d)])
