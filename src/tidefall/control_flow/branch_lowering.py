"""Branches under XLA: the values of variables go into each branch and come out of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tidefall.base.dtypes import variant
from tidefall.control_flow.loop_lowering import carried
from tidefall.control_flow.subgraphs import truth
from tidefall.graph.analysis import written_inputs
from tidefall.op import raw
from tidefall.ops.common import jax, jnp, lax
from tidefall.ops.lists.tensor_list_value import TracedList
from tidefall.runtime.xla import random_streams
from tidefall.runtime.xla.lowering import TracedVariable, lower_call


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
        with random_streams.at(positions):
            outputs = lower_call(function, given)
            positions = random_streams.positions()
        states = [jnp.asarray(copies[i].value) for i in resources]
        return [carried(o) for o in outputs], states, positions

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
    return plain, states, random_streams.positions()


def _store(
    functions: Sequence[Any], values: Sequence[Any], held: Sequence[Any], positions: Any
) -> None:
    """Give the variables that a branch may have written what they hold behind it."""
    random_streams.set_positions(positions)
    written = set().union(*(written_inputs(f.graph) for f in functions))
    for i, value in zip(_variables_of(values), held, strict=True):
        if i in written:
            values[i].value = value


def _fakes(function: Any) -> list[bool]:
    """Which outputs of a branch stand for values that only another branch has."""
    return [t.op.op_type is raw.FakeParam for t in function.graph.outputs]


def _alike(functions: Sequence[Any], values: Sequence[Any], operands: Any) -> list[Any]:
    """The branches lowered, with outputs of the same shapes."""
    lowered = [_with_state(f, values) for f in functions]
    fakes = [_fakes(f) for f in functions]
    lists = any(t.dtype == variant for t in functions[0].graph.outputs)
    if not lists and not any(any(f) for f in fakes):
        return lowered
    found = [jax.eval_shape(branch, operands)[0] for branch in lowered]
    likes = []
    for column, fake in zip(zip(*found, strict=True), zip(*fakes, strict=True), strict=True):
        real = [value for value, is_fake in zip(column, fake, strict=True) if not is_fake]
        filled = [v for v in real if isinstance(v, TracedList) and v.buffer is not None]
        likes.append((filled or real or column)[0])
    return [_completed(branch, likes, fake) for branch, fake in zip(lowered, fakes, strict=True)]


def _completed(branch: Callable[[Any], Any], likes: list[Any], fake: list[bool]) -> Any:
    def run(operands: Any) -> Any:
        outputs, states, positions = branch(operands)
        outputs = [
            _zeros(like) if is_fake or _is_unwritten(out, like) else out
            for out, like, is_fake in zip(outputs, likes, fake, strict=True)
        ]
        return outputs, states, positions

    return run


def _is_unwritten(value: Any, like: Any) -> bool:
    return isinstance(value, TracedList) and value.buffer is None and like.buffer is not None


def _zeros(like: Any) -> Any:
    return jax.tree_util.tree_map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), like)


def if_xla(cond: Any, input: list[Any], *, then_branch: Any, else_branch: Any) -> list[Any]:
    """Lower an If node; only one branch is lowered where the condition is known."""
    if isinstance(cond, (np.ndarray, np.generic)):
        return lower_call(then_branch if truth(cond) else else_branch, input)
    operands = _operands(input)
    branches = _alike([then_branch, else_branch], input, operands)
    condition = jnp.reshape(cond, ()).astype(bool)
    outputs, held, positions = lax.cond(condition, *branches, operands)
    _store([then_branch, else_branch], input, held, positions)
    return outputs


def case_xla(branch_index: Any, input: list[Any], *, branches: list[Any]) -> list[Any]:
    """Lower a Case node; only one branch is lowered where the number is known."""
    if isinstance(branch_index, (np.ndarray, np.generic)):
        number = int(branch_index)
        return lower_call(branches[number if 0 <= number < len(branches) else -1], input)
    last = len(branches) - 1
    index = jnp.where((branch_index < 0) | (branch_index > last), last, branch_index)
    operands = _operands(input)
    lowered = _alike(branches, input, operands)
    outputs, held, positions = lax.switch(index, lowered, operands)
    _store(branches, input, held, positions)
    return outputs
