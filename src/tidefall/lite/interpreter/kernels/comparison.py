"""Comparison, and choosing by truth."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.lite.interpreter.fixed_point import (
    multiply_by_quantized_multiplier,
    quantize_multiplier,
)
from tidefall.lite.interpreter.kernels.common import QUANTIZED
from tidefall.lite.interpreter.registry import Kernel, Node, kernel, namespace

_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "EQUAL": lambda x, y: x == y,
    "NOT_EQUAL": lambda x, y: x != y,
    "LESS": lambda x, y: x < y,
    "LESS_EQUAL": lambda x, y: x <= y,
    "GREATER": lambda x, y: x > y,
    "GREATER_EQUAL": lambda x, y: x >= y,
}


@kernel(*_COMPARISONS, traceable=True)
def compare(node: Node) -> Kernel:
    function = _COMPARISONS[node.operator]
    one, two = node.input(0), node.input(1)
    if one.type in QUANTIZED and one.is_quantized and two.is_quantized:
        first, first_shift = quantize_multiplier(float(one.scale))
        second, second_shift = quantize_multiplier(float(two.scale))

        def quantized(x: Any, y: Any) -> Any:
            x = (x.astype(np.int64) - one.zero_point) << 8
            y = (y.astype(np.int64) - two.zero_point) << 8
            x = multiply_by_quantized_multiplier(x, first, first_shift)
            return function(x, multiply_by_quantized_multiplier(y, second, second_shift))

        return quantized

    def run(x: Any, y: Any) -> Any:
        found = function(x, y)
        return found.astype(bool) if isinstance(found, np.ndarray) else found

    return run


@kernel("SELECT", traceable=True)
def select(node: Node) -> Kernel:
    def run(condition: Any, x: Any, y: Any) -> Any:
        # A vector chooses whole rows.
        if condition.ndim == 1 and x.ndim > 1:
            condition = condition.reshape((-1,) + (1,) * (x.ndim - 1))
        return namespace(condition, x, y).where(condition, x, y)

    return run


@kernel("SELECT_V2", traceable=True)
def select_v2(node: Node) -> Kernel:
    return lambda condition, x, y: namespace(condition, x, y).where(condition, x, y)


@kernel("WHERE")
def where(node: Node) -> Kernel:
    return lambda condition: np.argwhere(condition).astype(np.int64)
