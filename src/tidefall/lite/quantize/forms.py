"""Operators without integer kernels in forms that have some."""

from __future__ import annotations

import numpy as np

from tidefall.lite.converter.ir import LiteProgram, Operator, Subgraph, Value, constant
from tidefall.lite.converter.rewrites.matching import Rewriter, Rule, like_constant

_LEAST = np.finfo(np.float32).min


def integer_forms(program: LiteProgram, bits: int) -> None:
    """Rewrite operators that have no integer kernels; changed in place.

    Args:
        program: a float model.
        bits: of activations.
    """
    rules: dict[str, Rule] = {
        "SQUARE": _square, "NEG": _neg, "CAST": _cast, "ADD_N": _add_n, "POW": _pow,
        "SUM": _sum,
    }  # fmt: skip
    wide: dict[str, Rule] = {}
    if bits == 16:
        wide = {
            "PRELU": _prelu, "SQUARED_DIFFERENCE": _squared_difference, "ELU": _elu,
            "HARD_SWISH": _hard_swish, "L2_NORMALIZATION": _l2_normalization,
            "LOG_SOFTMAX": _log_softmax,
            "RELU_N1_TO_1": _clip,
        }  # fmt: skip
    for subgraph in program.all_subgraphs():
        _split_masks(subgraph)
        Rewriter(subgraph).run(wide)
        Rewriter(subgraph).run(rules)


def unique_names(program: LiteProgram) -> None:
    """Give each value that an operator makes a name of its own, by which it can be spoken of."""
    taken: set[str] = set()
    for subgraph in program.all_subgraphs():
        taken.update(v.name for v in (*subgraph.inputs, *subgraph.outputs))
    for subgraph in program.all_subgraphs():
        kept = {id(v) for v in (*subgraph.inputs, *subgraph.outputs)}
        for operator in subgraph.operators:
            for value in operator.outputs:
                if id(value) in kept:
                    continue
                name, number = value.name, 0
                while value.name in taken:
                    number += 1
                    value.name = f"{name}_{number}"
                taken.add(value.name)


def _number(value: float, like: Operator) -> Value:
    made = constant(np.float32(value), f"{like.output.name}/const")
    made.layer = like.layer
    return made


def _square(operator: Operator, rewriter: Rewriter) -> bool:
    """x ** 2 is x x."""
    if not operator.output.is_float:
        return False
    return rewriter.become(operator, "MUL", [operator.input(0), operator.input(0)])


def _neg(operator: Operator, rewriter: Rewriter) -> bool:
    """-x is 0 - x."""
    x = operator.input(0)
    return x.is_float and rewriter.become(operator, "SUB", [_number(0.0, operator), x])


def _cast(operator: Operator, rewriter: Rewriter) -> bool:
    """A mask as numbers: one number or the other."""
    x = operator.input(0)
    if x.dtype != np.bool_ or not operator.output.is_float:
        return False
    return rewriter.become(
        operator, "SELECT_V2", [x, _number(1.0, operator), _number(0.0, operator)]
    )


def _add_n(operator: Operator, rewriter: Rewriter) -> bool:
    if not operator.output.is_float:
        return False
    total = operator.input(0)
    for value in operator.inputs[1:-1]:
        total = rewriter.new("ADD", [total, value], operator)
    return rewriter.become(operator, "ADD", [total, operator.inputs[-1]])


def _pow(operator: Operator, rewriter: Rewriter) -> bool:
    """Small whole powers are products, and 0.5 a root."""
    x, y = operator.inputs[:2]
    if x is None or y is None or y.data is None or y.data.size != 1 or not x.is_float:
        return False
    power = float(y.data.reshape(-1)[0])
    if power == 0.5:
        return rewriter.become(operator, "SQRT", [x])
    if power == 2.0:
        return rewriter.become(operator, "MUL", [x, x])
    if power == 3.0:
        return rewriter.become(operator, "MUL", [rewriter.new("MUL", [x, x], operator), x])
    return False


def _sum(operator: Operator, rewriter: Rewriter) -> bool:
    """A mean, times how many: reference kernels of SUM want one scale for what goes in and out."""
    x, axes = operator.input(0), operator.input(1).data
    if not x.is_float or axes is None:
        return False
    sizes = [x.shape[int(a)] for a in axes.reshape(-1)]
    if any(n is None for n in sizes):
        return False
    count = float(np.prod([n for n in sizes if n is not None], dtype=np.int64))
    mean = rewriter.new(
        "MEAN", operator.inputs, operator, shape=operator.output.shape, **operator.options
    )
    return rewriter.become(operator, "MUL", [mean, _number(count, operator)])


def _squared_difference(operator: Operator, rewriter: Rewriter) -> bool:
    x = operator.input(0)
    if not x.is_float:
        return False
    difference = rewriter.new("SUB", operator.inputs, operator, shape=operator.output.shape)
    return rewriter.become(operator, "MUL", [difference, difference])


def _elu(operator: Operator, rewriter: Rewriter) -> bool:
    """relu(x) + exp(min(x, 0)) - 1."""
    x = operator.input(0)
    low = rewriter.new("MINIMUM", [x, _number(0.0, operator)], operator)
    bent = rewriter.new(
        "SUB", [rewriter.new("EXP", [low], operator), _number(1.0, operator)], operator
    )
    return rewriter.become(operator, "ADD", [rewriter.new("RELU", [x], operator), bent])


def _hard_swish(operator: Operator, rewriter: Rewriter) -> bool:
    """x relu6(x + 3) / 6."""
    x = operator.input(0)
    gate = rewriter.new(
        "RELU6", [rewriter.new("ADD", [x, _number(3.0, operator)], operator)], operator
    )
    scaled = rewriter.new("MUL", [gate, _number(1 / 6, operator)], operator)
    return rewriter.become(operator, "MUL", [x, scaled])


def _prelu(operator: Operator, rewriter: Rewriter) -> bool:
    """relu(x) + a min(x, 0)."""
    x, slope = operator.input(0), operator.input(1)
    low = rewriter.new("MINIMUM", [x, _number(0.0, operator)], operator)
    bent = rewriter.new("MUL", [low, slope], operator)
    return rewriter.become(operator, "ADD", [rewriter.new("RELU", [x], operator), bent])


def _clip(operator: Operator, rewriter: Rewriter) -> bool:
    low = rewriter.new("MAXIMUM", [operator.input(0), _number(-1.0, operator)], operator)
    return rewriter.become(operator, "MINIMUM", [low, _number(1.0, operator)])


def _l2_normalization(operator: Operator, rewriter: Rewriter) -> bool:
    """x rsqrt(sum(x x))."""
    x = operator.input(0)
    axis = constant(np.array([x.rank - 1], np.int32), f"{operator.output.name}/axis")
    square = rewriter.new("MUL", [x, x], operator)
    total = rewriter.new("SUM", [square, axis], operator, shape=(*x.shape[:-1], 1), keep_dims=True)
    return rewriter.become(operator, "MUL", [x, rewriter.new("RSQRT", [total], operator)])


def _log_softmax(operator: Operator, rewriter: Rewriter) -> bool:
    """x - max - log(sum(exp(x - max)))."""
    x = operator.input(0)
    axis = constant(np.array([x.rank - 1], np.int32), f"{operator.output.name}/axis")
    shape = (*x.shape[:-1], 1)
    top = rewriter.new("REDUCE_MAX", [x, axis], operator, shape=shape, keep_dims=True)
    below = rewriter.new("SUB", [x, top], operator)
    total = rewriter.new(
        "SUM", [rewriter.new("EXP", [below], operator), axis], operator, shape=shape, keep_dims=True
    )
    return rewriter.become(operator, "SUB", [below, rewriter.new("LOG", [total], operator)])


def _split_masks(subgraph: Subgraph) -> None:
    """Constants that stand for minus infinity become small enough for a scale."""
    for operator in subgraph.operators:
        for i, value in enumerate(operator.inputs):
            if value is None or value.data is None or not value.is_float or value.data.size > 1:
                continue
            if float(value.data.reshape(-1)[0]) <= _LEAST / 2:
                operator.inputs[i] = like_constant(np.full_like(value.data, -1e9), value)
