"""A subgraph as jax traces it: its operators by their kernels, loops and branches as XLA's.

How often a loop runs is found out beforehand where its condition depends on nothing but counters.
Such loops, those of recurrent layers, can become one native kernel.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from tidefall.lite.interpreter.list_writes import ListWrite, list_writes
from tidefall.lite.interpreter.program import Graph, Program, Step
from tidefall.lite.interpreter.registry import KERNELS
from tidefall.lite.schema import CallOptions, IfOptions, StableHLOCompositeOptions, WhileOptions

_MAX_TRIPS = 4096
"""Loops of more iterations are not counted beforehand."""


def with_callees(program: Program, index: int) -> list[Graph]:
    """A subgraph, and those that it calls, and those that they call."""
    found: list[int] = []
    left = [index]
    while left:
        number = left.pop()
        if number in found or not 0 <= number < len(program.graphs):
            continue
        found.append(number)
        for step in program.graphs[number].steps:
            left += _callees(step.node.options)
    return [program.graphs[number] for number in found]


def _callees(options: Any) -> list[int]:
    if isinstance(options, IfOptions):
        return [options.then_subgraph_index, options.else_subgraph_index]
    if isinstance(options, WhileOptions):
        return [options.cond_subgraph_index, options.body_subgraph_index]
    if isinstance(options, CallOptions):
        return [options.subgraph]
    if isinstance(options, StableHLOCompositeOptions):
        return [options.decomposition_subgraph_index]
    return []


def fold(graph: Graph) -> tuple[dict[int, Any], list[Step]]:
    """Constants, those that are computed from constants included; and the steps that are left."""
    constants = {
        tensor.index: tensor.constant for tensor in graph.tensors if tensor.constant is not None
    }
    left = []
    for step in graph.steps:
        if all(number < 0 or number in constants for number in step.inputs):
            constants.update(_outputs(step, constants))
        else:
            left.append(step)
    return constants, left


def trace(
    graph: Graph, steps: Iterable[Step], constants: dict[int, Any], inputs: Sequence[Any]
) -> list[Any]:
    """The outputs of a subgraph.

    Args:
        graph: the subgraph.
        steps: those of its operators that are not in `constants`.
        constants: what is known of its tensors, by number.
        inputs: a value for each of its inputs: an array, or what jax traces.
    """
    values = {**constants, **dict(zip(graph.inputs, inputs, strict=True))}
    writes = list_writes(graph)
    slices = {index for write in writes.values() for index in write.slices}
    for step in steps:
        write = writes.get(step.index)
        if write is not None:
            values[step.outputs[0]] = _written(write, values)
        elif step.index not in slices:
            values.update(_outputs(step, values))
    return [values[number] for number in graph.outputs]


def _written(write: ListWrite, values: dict[int, Any]) -> Any:
    import jax

    items, item = values[write.items], values[write.item]
    if item.shape != (1, *items.shape[1:]):
        raise ValueError("a list gets items of another shape")
    return jax.lax.dynamic_update_slice_in_dim(items, item, values[write.index], 0)


def _outputs(step: Step, values: dict[int, Any]) -> dict[int, Any]:
    kernel = KERNELS[step.node.operator](step.node)
    found = kernel(*(None if number < 0 else values[number] for number in step.inputs))
    if not isinstance(found, tuple):
        found = (found,)
    return dict(zip(step.outputs, found, strict=True))


def trace_subgraph(program: Program, index: int, inputs: Sequence[Any]) -> list[Any]:
    """The outputs of a subgraph that another one calls."""
    graph = program.graphs[index]
    constants, steps = fold(graph)
    return trace(graph, steps, constants, inputs)


def trace_branches(program: Program, condition: Any, then: int, other: int, inputs: Any) -> Any:
    """The outputs of one of two subgraphs."""
    import jax
    import jax.numpy as jnp

    def branch(index: int) -> Any:
        return lambda: [jnp.asarray(each) for each in trace_subgraph(program, index, inputs)]

    return tuple(jax.lax.cond(jnp.reshape(condition, ()), branch(then), branch(other)))


def trace_loop(program: Program, cond: int, body: int, values: Sequence[Any]) -> tuple[Any, ...]:
    """The values of a loop's variables after it.

    Args:
        program: the model.
        cond: the subgraph that says whether another iteration is due.
        body: the subgraph that is an iteration.
        values: what the variables are before.
    """
    import jax
    import jax.numpy as jnp

    from tidefall.runtime.xla.fused_rnn.loops import run_fused

    graph = program.graphs[body]
    places = zip(graph.inputs, graph.outputs, strict=True)
    changed = [place for place, (one, two) in enumerate(places) if one != two]
    known = _counted(program, cond, body, values, changed)
    moved = [place for place in changed if known is None or place not in known]

    def spread(carry: Any) -> list[Any]:
        current = list(values)
        for place, value in zip(moved, carry[0], strict=True):
            current[place] = value
        for place, each in (known or {}).items():
            current[place] = _in_iteration(each, carry[1])
        return current

    def condition(carry: Any) -> Any:
        if known is not None:
            return carry[1] < trips
        (found,) = trace_subgraph(program, cond, spread(carry))
        return jnp.reshape(found, ())

    def iteration(carry: Any) -> Any:
        found = trace_subgraph(program, body, spread(carry))
        arrays = [
            jnp.asarray(found[place], before.dtype)
            for place, before in zip(moved, carry[0], strict=True)
        ]
        return arrays, carry[1] + 1

    trips = 0 if known is None else next(len(each) - 1 for each in known.values())
    start = [jnp.asarray(values[place]) for place in moved], jnp.int32(0)
    after = run_fused(iteration, start, trips, single_rows=True) if trips else None
    if after is None:
        after = jax.lax.while_loop(condition, iteration, start)
    result = list(values)
    for place, value in zip(moved, after[0], strict=True):
        result[place] = value
    for place, each in (known or {}).items():
        result[place] = each[-1]
    return tuple(result)


def _in_iteration(each: Any, number: Any) -> Any:
    """What a counter is in an iteration."""
    import jax
    import jax.numpy as jnp

    steps = np.diff(each)
    if each.dtype.kind in "iu" and steps.size and np.all(steps == steps[0]):
        return each[0] + steps[0] * number.astype(each.dtype)
    return jax.lax.dynamic_index_in_dim(jnp.asarray(each), number, keepdims=False)


def _counted(
    program: Program, cond: int, body: int, values: Sequence[Any], changed: list[int]
) -> dict[int, Any] | None:
    """The scalars that go through a loop as they would whatever the other variables are.

    Returns:
        By place, what each is before every iteration and after the last one; None if the condition
        depends on something else, or there are too many iterations.
    """
    graph = program.graphs[body]
    free = {place for place in changed if isinstance(values[place], np.ndarray)}
    free = {place for place in free if not values[place].ndim and values[place].dtype.kind in "iub"}
    fixed = set(range(len(values))) - set(changed)
    fixed = {place for place in fixed if isinstance(values[place], np.ndarray)}
    reads = {place: _read_by(graph, graph.outputs[place]) for place in free}
    while wrong := {place for place in free if not reads[place] <= free | fixed}:
        free -= wrong
    test = program.graphs[cond]
    if not free or not _read_by(test, test.outputs[0]) <= free | fixed:
        return None
    wanted = sorted(free)
    whether = _Part(test, [test.outputs[0]])
    after = _Part(graph, [graph.outputs[place] for place in wanted])
    current = list(values)
    found = [[current[place] for place in wanted]]
    while bool(np.reshape(whether(current)[0], ())):
        if len(found) > _MAX_TRIPS:
            return None
        for place, value in zip(wanted, after(current), strict=True):
            current[place] = np.asarray(value)
        found.append([current[place] for place in wanted])
    return {
        place: np.stack(each) for place, each in zip(wanted, zip(*found, strict=True), strict=True)
    }


def _read_by(graph: Graph, number: int) -> set[int]:
    """The places of the inputs that a tensor is computed from."""
    needed, places = {number}, set()
    for step in reversed(graph.steps):
        if needed.intersection(step.outputs):
            needed.update(step.inputs)
    for place, each in enumerate(graph.inputs):
        if each in needed:
            places.add(place)
    return places


class _Part:
    """The operators of a subgraph that some of its tensors need, run in NumPy."""

    def __init__(self, graph: Graph, outputs: list[int]):
        needed = set(outputs)
        steps = []
        for step in reversed(graph.steps):
            if needed.intersection(step.outputs):
                needed.update(step.inputs)
                steps.append(step)
        self._graph, self._numbers = graph, outputs
        self._steps = [(step, KERNELS[step.node.operator](step.node)) for step in reversed(steps)]

    def __call__(self, inputs: Sequence[Any]) -> list[Any]:
        values: dict[int, Any] = {each.index: each.constant for each in self._graph.tensors}
        values.update(zip(self._graph.inputs, inputs, strict=True))
        for step, kernel in self._steps:
            found = kernel(*(None if number < 0 else values[number] for number in step.inputs))
            found = found if isinstance(found, tuple) else (found,)
            values.update(zip(step.outputs, found, strict=True))
        return [values[number] for number in self._numbers]
