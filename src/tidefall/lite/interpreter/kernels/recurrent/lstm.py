"""Long short-term memory with float activations: one step, and sequences in both directions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tidefall.lite.interpreter.kernels.recurrent.lstm_integer import integer_sequence
from tidefall.lite.interpreter.kernels.recurrent.rnn import cell_activation, linear
from tidefall.lite.interpreter.registry import Kernel, Node, Stateful, kernel
from tidefall.lite.schema import (
    BidirectionalSequenceLSTMOptions,
    LSTMKernelType,
    LSTMOptions,
    UnidirectionalSequenceLSTMOptions,
)

GATES = ("input", "forget", "cell", "output")


@dataclass(frozen=True, slots=True)
class Places:
    """Where the tensors of one direction stand among an operator's inputs; -1 for nowhere.

    Args:
        weights: input weights of the four gates.
        recurrent: recurrent weights of the four gates.
        peephole: cell weights of the input, forget and output gates.
        bias: biases of the four gates.
        projection: projection weights.
        projection_bias: bias of the projection.
        output_state: the last output.
        cell_state: the cell's state.
        norm: coefficients of layer normalization of the four gates.
        auxiliary: weights of the auxiliary input of the four gates.
    """

    weights: tuple[int, int, int, int]
    recurrent: tuple[int, int, int, int]
    peephole: tuple[int, int, int]
    bias: tuple[int, int, int, int]
    projection: int
    projection_bias: int
    output_state: int
    cell_state: int
    norm: tuple[int, int, int, int] = (-1, -1, -1, -1)
    auxiliary: tuple[int, int, int, int] = (-1, -1, -1, -1)


FULL = Places(
    (1, 2, 3, 4), (5, 6, 7, 8), (9, 10, 11), (12, 13, 14, 15), 16, 17, 18, 19, (20, 21, 22, 23)
)
_FORWARD = Places(
    (1, 2, 3, 4), (5, 6, 7, 8), (9, 10, 11), (12, 13, 14, 15), 16, 17, 35, 36,
    auxiliary=(40, 41, 42, 43),
)  # fmt: skip
_BACKWARD = Places(
    (18, 19, 20, 21), (22, 23, 24, 25), (26, 27, 28), (29, 30, 31, 32), 33, 34, 37, 38,
    auxiliary=(44, 45, 46, 47),
)  # fmt: skip


class LSTMCell:
    """One direction of an LSTM with float activations; weights may be integers."""

    def __init__(self, node: Node, places: Places, options: Any):
        self.node = node
        self.places = places
        self.activation = options.fused_activation_function
        self.cell_clip, self.projection_clip = options.cell_clip, options.proj_clip
        asymmetric = options.asymmetric_quantize_inputs

        def maker(numbers: tuple[int, ...]) -> list[Any]:
            return [linear(self._info(number), asymmetric) for number in numbers]

        self.linear_input = maker(places.weights)
        self.linear_recurrent = maker(places.recurrent)
        self.linear_auxiliary = maker(places.auxiliary)
        self.linear_projection = linear(self._info(places.projection), asymmetric)

    def _info(self, number: int) -> Any:
        return self.node.optional(number) if number >= 0 else None

    def _real(self, inputs: Any, number: int) -> Any:
        """A vector of weights as floats; None if it is absent."""
        value = inputs[number] if 0 <= number < len(inputs) else None
        if value is None or value.dtype.kind == "f":
            return value
        return value.astype(np.float32) * self._info(number).scale

    def _gate(self, gate: int, inputs: Any, x: Any, state: Any, cell: Any, aux: Any) -> Any:
        places = self.places
        total = self.linear_input[gate](x, inputs[places.weights[gate]])
        total = total + self.linear_recurrent[gate](state, inputs[places.recurrent[gate]])
        number = places.auxiliary[gate]
        if aux is not None and 0 <= number < len(inputs) and inputs[number] is not None:
            total = total + self.linear_auxiliary[gate](aux, inputs[number])
        if gate != 2:
            peephole = self._real(inputs, places.peephole[(0, 1, -1, 2)[gate]])
            if peephole is not None:
                total = total + cell * peephole
        norm = self._real(inputs, places.norm[gate])
        if norm is not None:
            mean = total.mean(-1, keepdims=True)
            variance = np.square(total - mean).mean(-1, keepdims=True)
            total = (total - mean) / np.sqrt(variance + np.float32(1e-8)) * norm
        bias = inputs[places.bias[gate]]
        return total if bias is None else total + bias

    def step(self, inputs: Any, x: Any, state: Any, cell: Any, aux: Any = None) -> tuple[Any, Any]:
        """Output and cell state after one step, `[batch, depth]` each."""
        places = self.places
        forget = _sigmoid(self._gate(1, inputs, x, state, cell, aux))
        if inputs[places.weights[0]] is None:
            entry = np.float32(1) - forget
        else:
            entry = _sigmoid(self._gate(0, inputs, x, state, cell, aux))
        update = self._activate(self._gate(2, inputs, x, state, cell, aux))
        after = forget * cell + entry * update
        if self.cell_clip > 0:
            after = np.clip(after, -np.float32(self.cell_clip), np.float32(self.cell_clip))
        gate = _sigmoid(self._gate(3, inputs, x, state, after, aux))
        found = gate * self._activate(after)
        weights = inputs[places.projection] if places.projection < len(inputs) else None
        if weights is not None:
            found = self.linear_projection(found, weights)
            bias = inputs[places.projection_bias]
            found = found if bias is None else found + bias
            if self.projection_clip > 0:
                limit = np.float32(self.projection_clip)
                found = np.clip(found, -limit, limit)
        return found, after

    def _activate(self, x: Any) -> Any:
        return cell_activation(x, self.activation, self.node.operator)

    def sequence(
        self, inputs: Any, x: Any, backward: bool = False, aux: Any = None
    ) -> tuple[Any, dict[int, Any]]:
        """Outputs of a sequence `[time, batch, depth]`, and the states after it."""
        state, cell = inputs[self.places.output_state], inputs[self.places.cell_state]
        outputs = [None] * x.shape[0]
        order = range(x.shape[0])
        for time in reversed(order) if backward else order:
            other = None if aux is None else aux[time]
            state, cell = self.step(inputs, x[time], state, cell, other)
            outputs[time] = state
        return np.stack(outputs), {
            self.places.output_state: state,
            self.places.cell_state: cell,
        }


def _sigmoid(x: Any) -> Any:
    with np.errstate(over="ignore"):
        return np.float32(1) / (np.float32(1) + np.exp(-x))


@kernel("LSTM")
def lstm(node: Node) -> Kernel:
    options = node.option(LSTMOptions)
    if options.kernel_type == LSTMKernelType.BASIC:
        return _basic(node, options)
    if node.input(0).dtype.kind != "f":
        return integer_sequence(node, options, one_step=True)
    cell = LSTMCell(node, FULL, options)

    def run(*inputs: Any) -> Any:
        state, after = cell.step(inputs, inputs[0], inputs[18], inputs[19])
        return Stateful((state,), {18: state, 19: after})

    return run


def _basic(node: Node, options: LSTMOptions) -> Kernel:
    """The cell with one matrix for all gates."""
    if node.input(0).dtype.kind != "f":
        raise node.unsupported(" with the basic kernel")

    def run(x: Any, state: Any, weights: Any, bias: Any, cell: Any) -> Any:
        joined = np.concatenate([x, state], -1)
        entry, update, forget, gate = np.split(joined @ weights.T + bias, 4, -1)
        after = _sigmoid(entry) * np.tanh(update) + _sigmoid(forget) * cell
        found = _sigmoid(gate) * np.tanh(after)
        return found, after, joined, np.concatenate([entry, update, forget, gate], -1)

    return run


@kernel("UNIDIRECTIONAL_SEQUENCE_LSTM")
def sequence_lstm(node: Node) -> Kernel:
    options = node.option(UnidirectionalSequenceLSTMOptions)
    if options.diagonal_recurrent_tensors:
        raise node.unsupported(" with diagonal recurrent weights")
    if node.input(0).dtype.kind != "f":
        return integer_sequence(node, options, one_step=False)
    cell = LSTMCell(node, FULL, options)

    def run(*inputs: Any) -> Any:
        x = inputs[0] if options.time_major else np.swapaxes(inputs[0], 0, 1)
        found, written = cell.sequence(inputs, x)
        if not options.time_major:
            found = np.ascontiguousarray(np.swapaxes(found, 0, 1))
        return Stateful((found,), written)

    return run


@kernel("BIDIRECTIONAL_SEQUENCE_LSTM")
def bidirectional_lstm(node: Node) -> Kernel:
    options = node.option(BidirectionalSequenceLSTMOptions)
    if node.input(0).dtype.kind != "f":
        raise node.unsupported()
    forward, backward = LSTMCell(node, _FORWARD, options), LSTMCell(node, _BACKWARD, options)

    def run(*inputs: Any) -> Any:
        def turned(value: Any) -> Any:
            return value if options.time_major else np.swapaxes(value, 0, 1)

        x = turned(inputs[0])
        aux = turned(inputs[39]) if len(inputs) > 39 and inputs[39] is not None else None
        # Without weights of its own, the auxiliary input is what the backward cell reads.
        crossed = aux is not None and (len(inputs) <= 41 or inputs[41] is None)
        one, written = forward.sequence(inputs, x, False, None if crossed else aux)
        two, more = backward.sequence(inputs, aux if crossed else x, True, None if crossed else aux)
        written.update(more)
        if options.merge_outputs:
            return Stateful((turned(np.concatenate([one, two], -1)),), written)
        return Stateful((turned(one), turned(two)), written)

    return run
