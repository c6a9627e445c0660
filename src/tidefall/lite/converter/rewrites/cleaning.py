"""Operators that do nothing, or that another one does already."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.lite.converter.ir import HAVE_EFFECTS, Operator, Subgraph
from tidefall.lite.converter.rewrites.matching import Rewriter, like_constant, made_by, splat

_NOT_MERGED = HAVE_EFFECTS | {
    "RANDOM_UNIFORM", "RANDOM_STANDARD_NORMAL", "MULTINOMIAL", "WHILE", "IF", "VAR_HANDLE",
    "READ_VARIABLE",
}  # fmt: skip


def merge_common(subgraph: Subgraph) -> int:
    """Let one operator do what several do with the same inputs."""
    seen: dict[Any, Operator] = {}
    outputs = {id(v) for v in subgraph.outputs}
    count = 0
    for operator in list(subgraph.operators):
        if operator.code in _NOT_MERGED or operator.custom is not None:
            continue
        key = (
            operator.code,
            tuple(_key(v) for v in operator.inputs),
            tuple(sorted((k, str(v)) for k, v in operator.options.items())),
            str(operator.output.dtype),
        )
        first = seen.setdefault(key, operator)
        if first is operator or any(id(v) in outputs for v in operator.outputs):
            continue
        for old, new in zip(operator.outputs, first.outputs, strict=True):
            subgraph.replace(old, new)
        subgraph.operators.remove(operator)
        count += 1
    return count


def _key(value: Any) -> Any:
    if value is None or value.data is None:
        return id(value)
    data = value.data
    if data.nbytes > 256 or data.dtype == object:
        return id(data)
    return (str(data.dtype), data.shape, data.tobytes())


def _reshape(operator: Operator, rewriter: Rewriter) -> bool:
    x, output = operator.input(0), operator.output
    if x.shape == output.shape and x.shape.count(None) < 2 and rewriter.drop(operator, x):
        return True
    inner = x.producer
    if inner is not None and inner.code in ("RESHAPE", "SQUEEZE", "EXPAND_DIMS"):
        operator.inputs[0] = inner.inputs[0]
        return True
    return False


def _transpose(operator: Operator, rewriter: Rewriter) -> bool:
    inner = made_by(operator.inputs[0], "TRANSPOSE")
    if inner is None:
        return False
    first, second = inner.input(1).data, operator.input(1).data
    if first is None or second is None:
        return False
    both = first[second]
    if list(both) == list(range(both.size)):
        return rewriter.drop(operator, inner.input(0))
    operator.inputs = [inner.inputs[0], like_constant(both, operator.input(1))]
    return True


def _neutral(number: float) -> Any:
    def rule(operator: Operator, rewriter: Rewriter) -> bool:
        if operator.options.get("fused_activation_function", "NONE") != "NONE":
            return False
        x, y = operator.inputs[:2]
        assert x is not None and y is not None
        pairs = [(x, y)] if operator.code in ("SUB", "DIV") else [(x, y), (y, x)]
        for value, other in pairs:
            if (
                splat(other) == number
                and not value.is_constant
                and value.shape == operator.output.shape
                and value.dtype == np.float32
            ):
                return rewriter.drop(operator, value)
        return False

    return rule


def _cast(operator: Operator, rewriter: Rewriter) -> bool:
    x = operator.input(0)
    return x.dtype == operator.output.dtype and rewriter.drop(operator, x)


def _relu(operator: Operator, rewriter: Rewriter) -> bool:
    """ReLU of what is ReLU already."""
    x = operator.input(0)
    return (
        x.producer is not None
        and x.producer.code in ("RELU", "RELU6", "LOGISTIC", "SOFTMAX")
        and rewriter.drop(operator, x)
    )


def remove_neutral(subgraph: Subgraph) -> int:
    """Remove reshapes, transposes, sums and products that change nothing."""
    return Rewriter(subgraph).run(
        {
            "RESHAPE": _reshape, "TRANSPOSE": _transpose, "ADD": _neutral(0.0),
            "SUB": _neutral(0.0), "MUL": _neutral(1.0), "DIV": _neutral(1.0), "CAST": _cast,
            "RELU": _relu,
        }
    )  # fmt: skip


def remove_dead(subgraph: Subgraph) -> int:
    """Remove what nobody reads."""
    before = len(subgraph.operators)
    subgraph.remove_dead()
    return before - len(subgraph.operators)
