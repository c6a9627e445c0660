"""Simple recurrent layers: one step, and sequences in one or both directions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.lite.interpreter.kernels.common import activate
from tidefall.lite.interpreter.kernels.hybrid import quantize_rows
from tidefall.lite.interpreter.registry import Kernel, Node, Stateful, kernel
from tidefall.lite.interpreter.tensors import TensorInfo
from tidefall.lite.interpreter.windows import exact_matmul
from tidefall.lite.schema import (
    ActivationFunctionType,
    BidirectionalSequenceRNNOptions,
    RNNOptions,
    SequenceRNNOptions,
)

Linear = Callable[[Any, Any], Any]


def linear(info: TensorInfo | None, asymmetric: bool) -> Linear:
    """What multiplies rows with a matrix of weights, which may be quantized.

    Args:
        info: the weights, `[units, depth]`.
        asymmetric: how rows are quantized for integer weights.
    """
    if info is None or info.dtype.kind == "f":
        return lambda x, w: x @ w.T

    def quantized(x: Any, w: Any) -> Any:
        values, scales, zeros = quantize_rows(x, asymmetric)
        centered = w.astype(np.int32) - (info.zero_point if info.dtype == np.uint8 else 0)
        total = exact_matmul(values - zeros[:, None], centered.T, 255 * 128)
        return total.astype(np.float32) * (scales[:, None] * info.scale)

    return quantized


def cell_activation(x: Any, activation: ActivationFunctionType, operator: str) -> Any:
    """An activation inside a recurrent cell."""
    if activation == ActivationFunctionType.TANH:
        return np.tanh(x)
    return activate(x, activation, operator)


class Cell:
    """One direction of a simple recurrent layer.

    Args:
        node: the operator.
        places: where its weights, recurrent weights and auxiliary weights are among the inputs.
        activation: its activation.
        asymmetric: how floats are quantized for integer weights.
    """

    def __init__(self, node: Node, places: tuple[int, int, int], activation: Any, asymmetric: bool):
        self.operator = node.operator
        self.activation = activation
        self.input, self.recurrent, self.auxiliary = (
            linear(node.optional(place) if place >= 0 else None, asymmetric) for place in places
        )

    def step(self, x: Any, w: Any, r: Any, bias: Any, state: Any, aux: Any, aux_w: Any) -> Any:
        total = self.input(x, w) + bias + self.recurrent(state, r)
        if aux is not None and aux_w is not None:
            total = total + self.auxiliary(aux, aux_w)
        return cell_activation(total, self.activation, self.operator)

    def sequence(
        self,
        x: Any,
        weights: tuple[Any, Any, Any],
        state: Any,
        backward: bool,
        aux: Any = None,
        aux_w: Any = None,
    ) -> tuple[Any, Any]:
        """Outputs and last state of a sequence `[time, batch, depth]`."""
        outputs = [None] * x.shape[0]
        order = range(x.shape[0])
        for time in reversed(order) if backward else order:
            other = None if aux is None else aux[time]
            state = self.step(x[time], *weights, state, other, aux_w)
            outputs[time] = state
        return np.stack(outputs), state


@kernel("RNN")
def rnn(node: Node) -> Kernel:
    options = node.option(RNNOptions)
    cell = Cell(
        node, (1, 2, -1), options.fused_activation_function, options.asymmetric_quantize_inputs
    )

    def run(x: Any, w: Any, r: Any, bias: Any, state: Any) -> Any:
        found = cell.step(x, w, r, bias, state, None, None)
        return Stateful((found,), {4: found})

    return run


@kernel("UNIDIRECTIONAL_SEQUENCE_RNN")
def sequence_rnn(node: Node) -> Kernel:
    options = node.option(SequenceRNNOptions)
    cell = Cell(
        node, (1, 2, -1), options.fused_activation_function, options.asymmetric_quantize_inputs
    )

    def run(x: Any, w: Any, r: Any, bias: Any, state: Any) -> Any:
        steps = x if options.time_major else np.swapaxes(x, 0, 1)
        found, state = cell.sequence(steps, (w, r, bias), state, False)
        found = found if options.time_major else np.ascontiguousarray(np.swapaxes(found, 0, 1))
        return Stateful((found,), {4: state})

    return run


@kernel("BIDIRECTIONAL_SEQUENCE_RNN")
def bidirectional_rnn(node: Node) -> Kernel:
    options = node.option(BidirectionalSequenceRNNOptions)
    activation, asymmetric = options.fused_activation_function, options.asymmetric_quantize_inputs
    forward = Cell(node, (1, 2, 10), activation, asymmetric)
    backward = Cell(node, (5, 6, 11), activation, asymmetric)

    def run(x: Any, *inputs: Any) -> Any:
        fw, fw_r, fw_bias, fw_state, bw, bw_r, bw_bias, bw_state, *rest = inputs
        aux, fw_aux, bw_aux = (*rest, None, None, None)[:3]

        def turned(value: Any) -> Any:
            return value if options.time_major else np.swapaxes(value, 0, 1)

        steps = turned(x)
        others = None if aux is None else turned(aux)
        # Without weights of its own, the auxiliary input is what the backward cell reads.
        crossed = others is not None and fw_aux is None
        one, fw_state = forward.sequence(
            steps, (fw, fw_r, fw_bias), fw_state, False, None if crossed else others, fw_aux
        )
        two, bw_state = backward.sequence(
            others if crossed else steps, (bw, bw_r, bw_bias), bw_state, True,
            None if crossed else others, bw_aux,
        )  # fmt: skip
        written = {4: fw_state, 8: bw_state}
        if options.merge_outputs:
            return Stateful((turned(np.concatenate([one, two], -1)),), written)
        return Stateful((turned(one), turned(two)), written)

    return run
