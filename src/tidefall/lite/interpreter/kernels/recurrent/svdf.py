"""Singular value decomposition filters: a dense layer with a memory of its last features."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.lite.interpreter.fixed_point import (
    multiply_by_quantized_multiplier,
    quantize_multiplier,
)
from tidefall.lite.interpreter.kernels.common import activate, saturate
from tidefall.lite.interpreter.kernels.recurrent.rnn import linear
from tidefall.lite.interpreter.registry import Kernel, Node, Stateful, kernel
from tidefall.lite.schema import SVDFOptions


@kernel("SVDF")
def svdf(node: Node) -> Kernel:
    options = node.option(SVDFOptions)
    rank = options.rank
    if node.input(0).dtype.kind != "f":
        return _quantized(node, rank)
    product = linear(node.input(1), options.asymmetric_quantize_inputs)
    time_info = node.input(2)

    def run(x: Any, feature: Any, time: Any, bias: Any, state: Any) -> Any:
        filters, memory = time.shape
        weights = time
        if time.dtype.kind != "f":
            weights = time.astype(np.float32) * time_info.scale
        kept = state.reshape(x.shape[0], filters, memory)
        kept = np.concatenate([kept[:, :, 1:], product(x, feature)[:, :, None]], -1)
        total = (kept * weights).sum(-1).reshape(x.shape[0], filters // rank, rank).sum(-1)
        if bias is not None:
            total = total + bias
        found = activate(total, options.fused_activation_function, "SVDF")
        return Stateful((found,), {4: kept.reshape(state.shape)})

    return run


def _quantized(node: Node, rank: int) -> Kernel:
    source, feature_info, time_info = (node.input(place) for place in range(3))
    state_info, output = node.input(4), node.output()
    first, first_shift = quantize_multiplier(
        float(source.scale * feature_info.scale / state_info.scale)
    )
    second, second_shift = quantize_multiplier(
        float(state_info.scale * time_info.scale / output.scale)
    )
    bounds = np.iinfo(state_info.dtype)

    def run(x: Any, feature: Any, time: Any, bias: Any, state: Any) -> Any:
        filters, memory = time.shape
        centered = x.astype(np.int64) - source.zero_point
        features = centered @ feature.astype(np.int64).T
        features = multiply_by_quantized_multiplier(features, first, first_shift)
        features = np.clip(features + state_info.zero_point, bounds.min, bounds.max)
        kept = state.reshape(x.shape[0], filters, memory)
        kept = np.concatenate([kept[:, :, 1:], features[:, :, None].astype(state.dtype)], -1)
        real = kept.astype(np.int64) - state_info.zero_point
        total = (real * time.astype(np.int64)).sum(-1)
        total = total.reshape(x.shape[0], filters // rank, rank).sum(-1)
        if bias is not None:
            total = total + bias
        found = multiply_by_quantized_multiplier(total, second, second_shift)
        # The reference kernel has no use for the activation here.
        found = saturate(found + output.zero_point, output.dtype)
        return Stateful((found,), {4: kept.reshape(state.shape)})

    return run
