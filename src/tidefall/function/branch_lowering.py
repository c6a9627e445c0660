"""Branches under XLA: the values of variables go into each branch and come out of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tidefall.function.subgraphs import truth
from tidefall.ops.common import jnp, lax
from tidefall.runtime import streams
from tidefall.runtime.xla import TracedVariable, lower_call


def _variables_of(values: Sequence[Any]) -> list[int]:
    return [i for i, v in enumerate(values) if isinstance(v, TracedVariable)]


def _with_state(function: Any, values: Sequence[Any]) -> Callable[[Any], Any]:
    """Lower a branch as a pure function of arrays: the variables' values go in and come out."""
    resources = _variables_of(values)

    def pure(arrays: Any) -> Any:
        plain, held, positions = arrays
        given = list(values)
        fresh = iter(plain)
        copies = {}
        for i, value in enumerate(values):
            if i in resources:
                copies[i] = TracedVariable(value, held[resources.index(i)])
                given[i] = copies[i]
            elif _is_array(value):
                given[i] = next(fresh)
        with streams.at(positions):
            outputs = lower_call(function, given)
            positions = streams.positions()
        states = [jnp.asarray(copies[i].value) for i in resources]
        return [jnp.asarray(o) for o in outputs], states, positions

    return pure


def _is_array(value: Any) -> bool:
    return (
        hasattr(value, "dtype")
        and hasattr(value, "shape")
        and not isinstance(value, TracedVariable)
    )


def _operands(values: Sequence[Any]) -> tuple[list[Any], list[Any], Any]:
    plain = [jnp.asarray(v) for v in values if _is_array(v)]
    states = [jnp.asarray(values[i].value) for i in _variables_of(values)]
    return plain, states, streams.positions()


def _store(values: Sequence[Any], held: Sequence[Any], positions: Any) -> None:
    streams.set_positions(positions)
    for i, value in zip(_variables_of(values), held, strict=True):
        values[i].value = value


def if_xla(cond: Any, input: list[Any], *, then_branch: Any, else_branch: Any) -> list[Any]:
    if isinstance(cond, (np.ndarray, np.generic)):
        return lower_call(then_branch if truth(cond) else else_branch, input)
    outputs, held, positions = lax.cond(
        jnp.reshape(cond, ()).astype(bool),
        _with_state(then_branch, input),
        _with_state(else_branch, input),
        _operands(input),
    )
    _store(input, held, positions)
    return outputs


def case_xla(branch_index: Any, input: list[Any], *, branches: list[Any]) -> list[Any]:
    if isinstance(branch_index, (np.ndarray, np.generic)):
        number = int(branch_index)
        return lower_call(branches[number if 0 <= number < len(branches) else -1], input)
    last = len(branches) - 1
    index = jnp.where((branch_index < 0) | (branch_index > last), last, branch_index)
    lowered = [_with_state(b, input) for b in branches]
    outputs, held, positions = lax.switch(index, lowered, _operands(input))
    _store(input, held, positions)
    return outputs
