"""Biases, scales and activations become part of the product or convolution before them."""

from __future__ import annotations

import numpy as np

from tidefall.lite.converter.ir import Operator, Subgraph, Value
from tidefall.lite.converter.rewrites.matching import (
    Rewriter,
    like_constant,
    made_by,
    per_channel,
    split_constant,
)

_BIAS = {
    "CONV_2D": 2, "DEPTHWISE_CONV_2D": 2, "FULLY_CONNECTED": 2, "TRANSPOSE_CONV": 3, "CONV_3D": 2,
    "CONV_3D_TRANSPOSE": 3,
}  # fmt: skip
"""Which input is the bias."""
_FILTER = {
    "CONV_2D": (1, 0), "DEPTHWISE_CONV_2D": (1, 3), "FULLY_CONNECTED": (1, 0),
    "TRANSPOSE_CONV": (1, 0), "CONV_3D": (1, 4), "CONV_3D_TRANSPOSE": (1, 3),
}  # fmt: skip
"""Which input is the filter, and which of its dimensions the output channels."""
_FUSED = {"RELU": "RELU", "RELU6": "RELU6", "RELU_N1_TO_1": "RELU_N1_TO_1"}
_TAKE_ACTIVATION = frozenset(
    {
        "ADD", "AVERAGE_POOL_2D", "CONV_2D", "CONV_3D", "DEPTHWISE_CONV_2D", "DIV",
        "FULLY_CONNECTED", "MAX_POOL_2D", "MUL", "SUB",
    }
)  # fmt: skip


def _is_plain(operator: Operator) -> bool:
    return operator.options.get("fused_activation_function", "NONE") == "NONE"


def _target(value: Value, rewriter: Rewriter) -> Operator | None:
    """The product or convolution that makes a value for one reader, and nothing fused yet."""
    operator = value.producer
    if operator is None or operator.code not in _FILTER or not rewriter.is_single(value):
        return None
    return operator if _is_plain(operator) and operator.input(1).is_constant else None


def _add(operator: Operator, rewriter: Rewriter) -> bool:
    """x + constant, into the bias."""
    parts = split_constant(operator)
    if parts is None or operator.output.dtype != np.float32:
        return False
    x, shift = parts
    if x.shape != operator.output.shape or not x.rank:
        return False
    amount = per_channel(shift, x.shape[-1])
    if operator.code == "SUB":
        if operator.inputs[0] is not x or amount is None:
            return False
        amount = -amount
    if amount is None:
        return False
    target = _target(x, rewriter)
    if target is not None:
        _add_bias(target, amount.astype(np.float32), shift)
        return _take_over(target, operator, rewriter)
    return _add_to_summand(operator, x, amount, shift, rewriter)


def _add_to_summand(
    operator: Operator, x: Value, amount: np.ndarray, shift: Value, rewriter: Rewriter
) -> bool:
    """(a + product) + constant is a + (product + constant): recurrent cells add their bias last."""
    total = made_by(x, "ADD")
    if total is None or not _is_plain(total) or not _is_plain(operator):
        return False
    if not rewriter.is_single(x):
        return False
    for value in total.inputs:
        assert value is not None
        target = _target(value, rewriter)
        if target is not None and value.shape == x.shape:
            _add_bias(target, amount.astype(np.float32), shift)
            return _take_over(total, operator, rewriter)
    return False


def _add_bias(target: Operator, amount: np.ndarray, like: Value) -> None:
    place = _BIAS[target.code]
    while len(target.inputs) <= place:
        target.inputs.append(None)
    bias = target.inputs[place]
    total = amount if bias is None or bias.data is None else bias.data + amount
    target.inputs[place] = like_constant(total.astype(np.float32), like)


def _take_over(target: Operator, operator: Operator, rewriter: Rewriter) -> bool:
    """Let a target make the output of an operator that reads it."""
    output = operator.output
    target.outputs = [output]
    output.producer = target
    rewriter.subgraph.operators.remove(operator)
    rewriter.at -= 1
    # What it reads is made before it; it stays where it is, so its readers come later, too.
    return True


def _mul(operator: Operator, rewriter: Rewriter) -> bool:
    """x * constant, into filter and bias."""
    parts = split_constant(operator)
    if parts is None or operator.output.dtype != np.float32:
        return False
    x, scale = parts
    target = _target(x, rewriter)
    if target is None or x.shape != operator.output.shape or not _is_plain(operator):
        return False
    factor = per_channel(scale, x.shape[-1])
    if factor is None or not np.isfinite(factor).all():
        return False
    index, axis = _FILTER[target.code]
    weights = target.input(index)
    shape = [1] * weights.rank
    shape[axis] = -1
    if weights.shape[axis] != factor.size or weights.data is None:
        return False
    scaled = weights.data * factor.reshape(shape)
    target.inputs[index] = like_constant(scaled.astype(np.float32), weights)
    place = _BIAS[target.code]
    bias = target.inputs[place] if len(target.inputs) > place else None
    if bias is not None and bias.data is not None:
        target.inputs[place] = like_constant((bias.data * factor).astype(np.float32), bias)
    return _take_over(target, operator, rewriter)


def _activation(operator: Operator, rewriter: Rewriter) -> bool:
    x = operator.input(0)
    target = x.producer
    if (
        target is None or target.code not in _TAKE_ACTIVATION or not _is_plain(target)
        or not rewriter.is_single(x) or x.dtype != np.float32
    ):  # fmt: skip
        return False
    target.options = {**target.options, "fused_activation_function": _FUSED[operator.code]}
    return _take_over(target, operator, rewriter)


def fold_affine(subgraph: Subgraph) -> int:
    """Fold additions and multiplications by constants: biases, batch normalization."""
    return Rewriter(subgraph).run({"ADD": _add, "SUB": _add, "MUL": _mul})


def fuse_activations(subgraph: Subgraph) -> int:
    """Fuse ReLU and its kin into the operator before."""
    return Rewriter(subgraph).run(dict.fromkeys(_FUSED, _activation))


def _sink_reshape(operator: Operator, rewriter: Rewriter) -> bool:
    """An operator on each channel goes before a reshape that keeps the channels apart.

    Keras's Conv1D and attention add the bias after a reshape.
    """
    if operator.code in ("ADD", "SUB", "MUL"):
        parts = split_constant(operator)
        if parts is None or operator.inputs[0] is not parts[0] or not _is_plain(operator):
            return False
        x, other = parts
    else:
        x, other = operator.input(0), None
    reshape = made_by(x, "RESHAPE")
    if reshape is None or not rewriter.is_single(x) or x.shape != operator.output.shape:
        return False
    source = reshape.input(0)
    if source.producer is None or source.producer.code not in _FILTER:
        return False
    if not rewriter.is_single(source) or source.dtype != np.float32:
        return False
    channels = source.shape[-1]
    if other is not None:
        moved = _flat_channels(other, x, channels)
        if moved is None:
            return False
        inner = rewriter.new(operator.code, [source, moved], operator, **operator.options)
    else:
        inner = rewriter.new(operator.code, [source], operator, **operator.options)
    shape = reshape.inputs[1]
    return rewriter.become(operator, "RESHAPE", [inner, shape], **reshape.options)


def _flat_channels(other: Value, x: Value, channels: int | None) -> Value | None:
    """A constant for the reshaped value as one for the channels before, if it is."""
    data = other.data
    if data is None or channels is None:
        return None
    if data.size == 1:
        return other
    tail = 1
    for count, size in enumerate(reversed(x.shape), 1):
        if size is None:
            return None
        tail *= size
        if tail == channels:
            wanted = (1,) * (x.rank - count) + tuple(x.shape[x.rank - count :])  # type: ignore[arg-type]
            full = (1,) * (x.rank - data.ndim) + data.shape
            fits = all(a in (1, w) for a, w in zip(full, wanted, strict=True))
            if not fits:
                return None
            spread = np.broadcast_to(data.reshape(full), wanted).reshape(-1)  # type: ignore[arg-type]
            return like_constant(np.ascontiguousarray(spread), other)
        if tail > channels:
            return None
    return None


def sink_reshapes(subgraph: Subgraph) -> int:
    """Let biases, scales and activations come before reshapes."""
    codes = ("ADD", "SUB", "MUL", "RELU", "RELU6")
    return Rewriter(subgraph).run(dict.fromkeys(codes, _sink_reshape))


def _same_padding(operator: Operator, rewriter: Rewriter) -> bool:
    """A PAD with what SAME would pad anyway."""
    pad = made_by(operator.inputs[0], "PAD")
    if pad is None or operator.options.get("padding") != "VALID":
        return False
    amounts = pad.input(1).data
    x = pad.input(0)
    if amounts is None or amounts.shape != (4, 2) or amounts[[0, 3]].any():
        return False
    weights = operator.input(1)
    rows, columns = weights.shape[1:3]
    options = operator.options
    for axis, size, name, dilation in (
        (1, rows, "stride_h", "dilation_h_factor"), (2, columns, "stride_w", "dilation_w_factor"),
    ):  # fmt: skip
        length = x.shape[axis]
        if length is None or size is None:
            return False
        window = (size - 1) * options.get(dilation, 1) + 1
        stride = options[name]
        out = -(-length // stride)
        total = max((out - 1) * stride + window - length, 0)
        if [total // 2, total - total // 2] != [int(n) for n in amounts[axis]]:
            return False
    operator.inputs[0] = x
    operator.options = {**options, "padding": "SAME"}
    return True


def fold_padding(subgraph: Subgraph) -> int:
    """Convolutions pad by themselves what an operator before them pads the same way."""
    return Rewriter(subgraph).run({"CONV_2D": _same_padding, "DEPTHWISE_CONV_2D": _same_padding})
