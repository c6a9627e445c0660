"""Constants move into filters: factors, summands and padding around convolutions and products."""

from __future__ import annotations

import numpy as np

from tidefall.lite.converter.ir import Operator, Subgraph, Value, constant


def fold_affine(graph: Subgraph) -> int:
    """Fold products and sums with a number for each channel into the convolution before."""
    count = 0
    uses = graph.uses()
    for node in list(graph.operators):
        if node.code not in ("Mul", "Add", "Sub", "Div"):
            continue
        found = _constant_after(node)
        if found is None:
            continue
        value, number = found
        made = value.producer
        if made is None or made.code != "Conv" or made not in graph.operators:
            continue
        if len(uses.get(id(value), [])) != 1 or any(value is v for v in graph.outputs):
            continue
        channels = made.output.shape[1]
        per_channel = _per_channel(number, made.output.rank, channels)
        weights = made.input(1)
        if per_channel is None or weights.data is None or weights.dtype.kind != "f":
            continue
        bias = made.inputs[2] if len(made.inputs) > 2 else None
        if bias is not None and bias.data is None:
            continue
        shift = np.zeros(weights.shape[0], weights.dtype) if bias is None else bias.data
        kernel = weights.data
        if node.code in ("Mul", "Div"):
            factor = 1 / per_channel if node.code == "Div" else per_channel
            kernel = kernel * factor.reshape(-1, *[1] * (weights.rank - 1))
            shift = shift * factor
        else:
            shift = shift - per_channel if node.code == "Sub" else shift + per_channel
        made.inputs = [
            made.inputs[0], _named(kernel, weights, weights.dtype),
            _named(shift, bias or weights, weights.dtype),
        ]  # fmt: skip
        _take_over(graph, node, made)
        uses = graph.uses()
        count += 1
    return count


def _constant_after(node: Operator) -> tuple[Value, np.ndarray] | None:
    x, y = node.input(0), node.input(1)
    if y.data is not None and x.data is None:
        return x, y.data
    if x.data is not None and y.data is None and node.code in ("Mul", "Add"):
        return y, x.data
    return None


def _per_channel(number: np.ndarray, rank: int, channels: int | None) -> np.ndarray | None:
    """A number for each channel, or None if there are others."""
    if channels is None or number.ndim > rank:
        return None
    shape = (1,) * (rank - number.ndim) + number.shape
    if any(d != 1 for a, d in enumerate(shape) if a != 1) or shape[1] not in (1, channels):
        return None
    return np.broadcast_to(number.reshape(-1), (channels,))


def _named(data: np.ndarray, like: Value, dtype: np.dtype) -> Value:
    made = constant(data.astype(dtype), like.name)
    made.layer = like.layer
    return made


def _take_over(graph: Subgraph, node: Operator, made: Operator) -> None:
    """Let a convolution give what the node after it gave."""
    made.outputs = [node.output]
    node.output.producer = made
    graph.operators.remove(node)


def fold_padding(graph: Subgraph) -> int:
    """Fold a Pad with zeros into the convolution after it."""
    count = 0
    for node in graph.operators:
        if node.code != "Conv" or node.options.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
            continue
        made = node.input(0).producer
        if made is None or made.code != "Pad" or made.options.get("mode") != "constant":
            continue
        pads = made.input(1)
        if pads.data is None or len(made.inputs) > 3:
            continue
        zero = made.inputs[2] if len(made.inputs) > 2 else None
        if zero is not None and (zero.data is None or zero.data.any()):
            continue
        amounts = pads.data.reshape(2, -1)
        if amounts[:, :2].any() or (amounts < 0).any():
            continue
        old = node.options.pop("pads", [0] * (2 * (amounts.shape[1] - 2)))
        node.options.pop("auto_pad", None)
        node.options["pads"] = (np.array(old) + amounts[:, 2:].reshape(-1)).tolist()
        node.inputs = [made.input(0), *node.inputs[1:]]
        count += 1
    return count
