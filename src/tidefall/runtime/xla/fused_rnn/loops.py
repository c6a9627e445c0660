"""Compiled loops that treat each row of their matrices by itself become one native kernel.

Recurrent networks are such loops, and so are their gradients: a state `[batch, units]` goes through
products with weights and functions of its elements, one iteration after the other, while the rows
of the batch never meet. XLA runs a handful of kernels in every iteration, and all threads wait for
each other after each. The native kernel lets every thread go through all iterations with some of
the rows.

The body is taken as jax traced it. What depends on the iteration's number alone is known now; what
no iteration changes is computed before the loop; sums over rows that are only added up, as
gradients of weights are, are computed after it, in one product over all iterations. If there is
anything else in the body, the loop stays as it is.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base.type_guards import is_array, is_list
from tidefall.native.choices import Candidate, choices, key_of
from tidefall.native.fused_rnn import Program, Step, View, fused_rnn_loop
from tidefall.native.library import enabled, lowered, threads
from tidefall.ops.common import jax, jnp, lax
from tidefall.ops.lowering_cpu import is_without_native, without_native
from tidefall.runtime.xla.fused_rnn.program_builder import ProgramBuilder, StackUse
from tidefall.runtime.xla.fused_rnn.row_sums import End, RowSums
from tidefall.runtime.xla.fused_rnn.rules import LINEAR, RULES, linear
from tidefall.runtime.xla.fused_rnn.values import (
    Carried,
    Fixed,
    Listed,
    NotFusible,
    Numbers,
    Stack,
    Sum,
    Value,
)

_SMALLEST_BLOCK, _LARGEST_BLOCK = 16, 64
_MAX_FILLED = 1024
_CALLS = {
    "jit": "jaxpr",
    "pjit": "jaxpr",
    "closed_call": "call_jaxpr",
    "custom_jvp_call": "call_jaxpr",
}


def run_fused(step: Callable[[Any], Any], start: Any, count: int, single_rows: bool = False) -> Any:
    """Lower a loop to the native kernel.

    Args:
        step: an iteration; takes and returns a nest of arrays.
        start: what the first iteration takes; its last array is the number of the iteration.
        count: how many iterations there are.
        single_rows: whether loops on one row are taken, too, which leave nothing to share out
            among threads.

    Returns:
        What the last iteration returned; None if the loop is not one on rows.
    """
    if not count or is_without_native() or not enabled() or jax.default_backend() != "cpu":
        return None
    leaves, structure = jax.tree_util.tree_flatten(start)
    with without_native():
        # A function that jax has not met: what it kept of `step` may have native kernels in it.
        def once(carry: Any) -> Any:
            return step(carry)

        closed = jax.make_jaxpr(once)(start)
    for batch in _batches(closed.jaxpr, leaves, 1 if single_rows else 2):
        try:
            results = _lower(closed, leaves, count, batch)
        except NotFusible:
            continue
        if not choices().prefers_native(_candidate(closed, leaves, count, batch)):
            return None
        return jax.tree_util.tree_unflatten(structure, results)
    return None


def _candidate(closed: Any, leaves: list[Any], count: int, batch: int) -> Candidate:
    """The loop by itself, of arrays for what it is given and what it uses, to be measured."""
    jaxpr, number = closed.jaxpr, len(closed.consts)

    def native(*arrays: Any) -> Any:
        of_arrays = closed.replace(consts=list(arrays[:number]))
        return _lower(of_arrays, list(arrays[number:]), count, batch)

    def by_xla(*arrays: Any) -> Any:
        def once(_: Any, carry: Any) -> Any:
            return jax.core.eval_jaxpr(jaxpr, arrays[:number], *carry)

        return lax.fori_loop(0, count, once, list(arrays[number:]))

    given = [*closed.consts, *leaves]
    inputs = tuple((np.shape(a), np.dtype(a.dtype)) for a in given)
    states = [(a.shape, a.dtype) for a in leaves if batch in a.shape]
    return Candidate(key_of(f"row_loop x{count}", [], states), native, by_xla, inputs)


def _batches(jaxpr: Any, leaves: list[Any], least: int) -> list[int]:
    """How many rows the matrices may have, the likeliest first."""
    changed = [x for x, a, b in zip(leaves, jaxpr.invars, jaxpr.outvars, strict=True) if a is not b]
    sizes = Counter(x.shape[1] for x in changed if x.ndim > 2)
    sizes.update(x.shape[0] for x in changed if x.ndim == 2)
    return [n for n, _ in sizes.most_common(3) if n >= least]


def _lower(closed: Any, leaves: list[Any], count: int, batch: int) -> list[Any]:
    """The values of a loop's variables after it, by a call of the kernel.

    Raises:
        NotFusible: if the loop is not one on rows of that many.
    """
    block = min(_LARGEST_BLOCK, max(_SMALLEST_BLOCK, -(-batch // threads())))
    builder = ProgramBuilder(Program(batch, min(block, batch), count), leaves)
    jaxpr = closed.jaxpr
    counter = jaxpr.invars[-1].aval.dtype
    given: list[Value] = [
        Fixed(leaf) if a is b else Carried(i, a.aval.shape)
        for i, (leaf, a, b) in enumerate(
            zip(leaves[:-1], jaxpr.invars[:-1], jaxpr.outvars[:-1], strict=True)
        )
    ]
    iterations = Numbers(np.arange(count, dtype=counter))
    consts: list[Value] = [Fixed(c) for c in closed.consts]
    results = _walk(builder, jaxpr, consts, [*given, iterations])[:-1]
    if not builder.program.weights:
        raise NotFusible  # nothing that takes long
    sums = RowSums(builder, results)
    ends = [_end_of(builder, sums, i, value) for i, value in enumerate(results)]
    _move_states(builder, results)
    for i, use in builder.stacks.items():
        _fill_stack(builder, i, use)
    made = fused_rnn_loop(lowered, builder.inputs, builder.outputs, builder.program)
    return [*(end(made) for end in ends), jnp.asarray(count, counter)]


def _walk(
    builder: ProgramBuilder, jaxpr: Any, consts: list[Value], given: list[Value]
) -> list[Value]:
    """What the rules make of the results of a body, or of a function that it calls."""
    values: dict[Any, Value] = dict(zip(jaxpr.constvars, consts, strict=True))
    values.update(zip(jaxpr.invars, given, strict=True))

    def read(atom: Any) -> Value:
        if not hasattr(atom, "val"):
            return values[atom]
        known = np.asarray(atom.val, atom.aval.dtype)
        return Fixed(known) if known.dtype.kind == "f" else builder.numbers(known)

    for equation in _needed_equations(jaxpr):
        name = equation.primitive.name
        arguments = [read(a) for a in equation.invars]
        if name in _CALLS:
            inner = equation.params[_CALLS[name]]
            consts = [Fixed(c) for c in inner.consts]
            results = _walk(builder, inner.jaxpr, consts, arguments)
        elif all(isinstance(a, Fixed) for a in arguments):
            results = _computed_before(equation, arguments)
        elif name in LINEAR and any(isinstance(a, Sum) for a in arguments):
            results = [linear(equation, arguments)]
        elif name in RULES:
            found = RULES[name](builder, equation, *arguments)
            results = found if is_list(found) else [found]
        else:
            raise NotFusible
        values.update(zip(equation.outvars, results, strict=True))
    return [read(a) for a in jaxpr.outvars]


def _end_of(builder: ProgramBuilder, sums: RowSums, i: int, value: Value) -> End:
    """What a loop variable is in the end, given the kernel's outputs."""
    start = builder.leaves[i]
    if isinstance(value, Fixed) and value.value is start:
        return lambda made: start
    if isinstance(value, Listed) and value.position == i:
        return lambda made: value.values.astype(start.dtype)
    if isinstance(value, Stack) and value.position == i:
        output = builder.stacks[i].output
        return lambda made: made[output].reshape(start.shape).astype(start.dtype)
    if isinstance(value, Sum) and value.position == i and i not in builder.states:
        total = sums.total(value)
        return lambda made: start + total(made)
    state = builder.state(Carried(i, start.shape))
    output = builder.output((builder.batch, state.columns))
    to = View("output", output, state.columns)
    builder.program.after.append(Step("copy", state.columns, to, (state.place,)))
    return lambda made: made[output].reshape(start.shape)


def _move_states(builder: ProgramBuilder, results: list[Value]) -> None:
    """Give states their start before the loop, and their new values in each iteration."""
    states = {rows.place.array for rows in builder.states.values()}
    moves: list[Step] = []
    for i, state in builder.states.items():
        start = builder.fixed_rows(builder.leaves[i], state.shape)
        builder.before.append(Step("copy", state.columns, state.place, (start.place,)))
        new = builder.rows(results[i], state.shape)
        if new.place.array in states:  # which gets its own new value
            new = builder.emit("copy", state.shape, new)
        moves.append(Step("copy", state.columns, state.place, (new.place,)))
    builder.steps += moves


def _fill_stack(builder: ProgramBuilder, i: int, use: StackUse) -> None:
    """Give a stack what it held before the loop, where that is still seen."""
    array = builder.leaves[i]
    if use.met is not None and use.written != use.met:
        raise NotFusible
    rows = array.shape[0]
    written = use.written
    covers = rows == 1 or (rows == builder.count and written is not None and abs(written[1]) == 1)
    if covers and written is not None and not use.is_read:
        return
    if rows > _MAX_FILLED:
        raise NotFusible
    columns = math.prod(array.shape[2:])
    given = builder.input(array, (rows, builder.batch, columns))
    for r in range(rows):
        source = View("input", given, columns, 0, r)
        place = View("output", use.output, columns, 0, r)
        builder.before.append(Step("copy", columns, place, (source,)))


def _needed_equations(jaxpr: Any) -> list[Any]:
    """The equations that the results depend on, in order."""
    needed = {v for v in jaxpr.outvars if not hasattr(v, "val")}
    kept: list[Any] = []
    for equation in reversed(jaxpr.eqns):
        if any(v in needed for v in equation.outvars):
            kept.append(equation)
            needed.update(v for v in equation.invars if not hasattr(v, "val"))
    return kept[::-1]


def _computed_before(equation: Any, arguments: list[Any]) -> list[Value]:
    """What an iteration computes of fixed values alone, computed before the loop."""
    name, params = equation.primitive.name, equation.params
    values = [a.value for a in arguments]
    if name == "broadcast_in_dim" and is_array(values[0]) and not values[0].ndim:
        return [Fixed(np.broadcast_to(values[0], params["shape"]))]
    results = equation.primitive.bind(*values, **params)
    results = results if equation.primitive.multiple_results else [results]
    if name == "transpose" and params["permutation"] == (1, 0):
        return [Fixed(results[0], values[0])]
    return [Fixed(r) for r in results]
