"""Loops under XLA: what changes is carried, tensor lists get the room they need beforehand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tidefall.control_flow.subgraphs import loop_condition
from tidefall.graph.analysis import written_inputs
from tidefall.op import raw
from tidefall.ops.common import invalid, jax, jnp, lax
from tidefall.ops.lists.tensor_list_value import TensorList, TracedList, traced_list
from tidefall.runtime.xla import random_streams
from tidefall.runtime.xla.fused_rnn.loops import run_fused
from tidefall.runtime.xla.lowering import TracedVariable, lower_call


def while_xla(input: list[Any], *, cond: Any, body: Any) -> list[Any]:
    """Lower a While node to one XLA loop."""
    graph = body.graph
    changing = [
        i for i, (a, b) in enumerate(zip(graph.inputs, graph.outputs, strict=True)) if a is not b
    ]
    resources = [i for i, v in enumerate(input) if isinstance(v, TracedVariable)]
    written = written_inputs(graph)
    count = exact_trips(cond.graph, graph, input)
    counters = {} if count is None else _counters(changing, graph, input)
    growths: dict[int, int] = {}
    moved = [i for i in changing if i not in resources and i not in counters]
    held = [i for i in resources if i in written]

    def spread(carry: Any) -> list[Any]:
        arrays, states, _, trip = carry
        values: list[Any] = list(input)
        for i, value in zip(moved, arrays, strict=True):
            growth = growths.get(i)
            values[i] = value if growth is None else value.at_length(value.length + growth * trip)
        for i, amount in counters.items():
            values[i] = _counted(input[i], amount, trip)
        for i, value in zip(held, states, strict=True):
            values[i] = TracedVariable(input[i], value)
        return values

    def condition(carry: Any) -> Any:
        if count is not None:
            return carry[3] < count
        with random_streams.at(carry[2]):
            return jnp.asarray(loop_condition(lower_call(cond, spread(carry))[0])).astype(bool)

    def step(carry: Any) -> Any:
        values = spread(carry)
        with random_streams.at(carry[2]):
            outputs = lower_call(body, values)
            positions = random_streams.positions()
        arrays = [
            carried(outputs[i]).at_length(before.length) if i in growths else carried(outputs[i])
            for i, before in zip(moved, carry[0], strict=True)
        ]
        trip = None if count is None else carry[3] + 1
        return arrays, [jnp.asarray(values[i].value) for i in held], positions, trip

    arrays = [carried(input[i]) for i in moved]
    states = [jnp.asarray(input[i].value) for i in held]
    if count:
        arrays = [v.opened() if isinstance(v, TracedList) else v for v in arrays]
    trip = None if count is None else jnp.asarray(0, jnp.int32)
    start = arrays, states, random_streams.positions(), trip
    if any(isinstance(v, TracedList) for v in arrays):
        known = None if count is None else growths
        start = _with_room(start, step, input, cond, body, moved, known)
    after = None if count is None else run_fused(step, start, count)
    if after is None:
        after = lax.while_loop(condition, step, start)
    arrays, states, positions, _ = after
    random_streams.set_positions(positions)
    for i, value in zip(held, states, strict=True):
        input[i].value = value
    result: list[Any] = list(input)
    for i, value in zip(moved, arrays, strict=True):
        if i in growths:
            assert count is not None
            value = value.counted(value.length + growths[i] * count)
        result[i] = value
    for i, amount in counters.items():
        result[i] = _counted(input[i], amount, count)
    return result


def _counters(changing: list[int], graph: Any, values: list[Any]) -> dict[int, Any]:
    """The loop variables that grow by the same whole number in each iteration, and by how much."""
    found: dict[int, Any] = {}
    for i in changing:
        value, out = values[i], graph.outputs[i]
        if not isinstance(value, (np.ndarray, np.generic)) or not out.dtype.is_integer:
            continue
        amount = _step_of(out, i, graph, values) if np.ndim(value) == 0 else None
        if amount is not None:
            found[i] = np.asarray(amount, value.dtype)
    return found


def _counted(start: Any, amount: Any, trips: Any) -> Any:
    """The value of a counter after some iterations."""
    if isinstance(trips, int):
        return (start + amount * np.asarray(trips).astype(amount.dtype)).astype(amount.dtype)
    return start + amount * trips.astype(amount.dtype)


def carried(value: Any) -> Any:
    """A value as a loop or branch can carry it."""
    if isinstance(value, (TensorList, TracedList)):
        return traced_list(value)
    return jnp.asarray(value)


# ---- room for tensor lists ----


def _with_room(
    start: Any,
    step: Any,
    input: list[Any],
    cond: Any,
    body: Any,
    moved: list[int],
    growths: dict[int, int] | None,
) -> Any:
    """The start of a loop, its lists shaped as every iteration leaves them.

    An iteration is traced without running it, to see which lists get their element shape, and which
    grow or shrink. A list that grows needs room for as many elements as there are iterations. Where
    their number is known, so is the length of a list in each: `growths` gets by how much it grows,
    and no iteration has to count.
    """  # fmt: skip
    for _ in range(8):
        after = jax.eval_shape(step, start)
        arrays = []
        for i, before, grown in zip(moved, start[0], after[0], strict=True):
            if not isinstance(before, TracedList):
                arrays.append(before)
                continue
            growth = _growth(before, grown)
            fitted = _fitted(before, grown, growth, input, cond, body)
            if growth and growths is not None:
                growths[i] = growth
                fitted = fitted.at_length(before.length)
            arrays.append(fitted)
        if all(a is b for a, b in zip(arrays, start[0], strict=True)):
            return start
        start = arrays, *start[1:]
    raise invalid("The tensor lists of a loop do not settle on one shape; it cannot be compiled.")


def _fitted(
    before: TracedList, after: Any, growth: int, input: list[Any], cond: Any, body: Any
) -> TracedList:
    result = before
    if growth > 0:
        bound = trip_bound(cond.graph, body.graph, input)
        if bound is None:
            raise invalid(
                "A compiled tf.while_loop that is differentiated, or that pushes to a tensor list, "
                "needs a number of iterations known while compiling. Pass maximum_iterations to "
                "tf.while_loop, or loop while a counter is less than a constant."
            )
        length = before.length
        if before.buffer is None and after.buffer is not None:
            result = _filled(before, after)
        result = result.resize(length + growth * bound).bound_to(length)
    elif growth < 0 or (isinstance(before.length, int) and not isinstance(after.length, int)):
        result = before.bound_to(before.length)
    if result.buffer is None and after.buffer is not None:
        result = _filled(result, after)
    return result


def _growth(before: Any, after: Any) -> int:
    """How many elements an iteration adds to a list, if it always adds as many."""
    if not isinstance(before, TracedList):
        return 0
    known = isinstance(before.length, int) and isinstance(after.length, int)
    return after.length - before.length if known else 0


def _filled(before: TracedList, after: TracedList) -> TracedList:
    """`before` with a buffer of zeros, for elements like those of `after`."""
    buffer = jax.tree_util.tree_map(
        lambda leaf: jnp.zeros((before.rows, *leaf.shape[1:]), leaf.dtype), after.buffer
    )
    return before.replace(buffer=buffer)


# ---- how often a loop can run ----


def trip_bound(cond: Any, body: Any, values: list[Any]) -> int | None:
    """An upper bound of the iterations of a loop, if its condition counts up or down to a constant.

    Args:
        cond: graph of the condition.
        body: graph of the body.
        values: initial values; those that are NumPy arrays are known.
    """
    counted = _bound_of(cond.outputs[0], cond, body, values)
    bounds = [b for b in (counted, _pops_bound(body, values)) if b is not None]
    return min(bounds, default=None)


def exact_trips(cond: Any, body: Any, values: list[Any]) -> int | None:
    """The number of iterations of a loop that ends only when whole numbers reach constants."""
    tests, counts = [cond.outputs[0]], []
    while tests:
        node = tests.pop().op
        if node.op_type in (raw.Identity, raw.LogicalAnd):
            tests += node.inputs
            continue
        if node.op_type not in _TURNED_ROUND:
            return None
        if not node.inputs[0].dtype.is_integer:
            return None
        counts.append(_bound_of(node.outputs[0], cond, body, values))
    return None if None in counts else min(counts)


def _pops_bound(body: Any, values: list[Any]) -> int | None:
    """The room of a list that every iteration takes one element from, as backward loops do."""
    bounds = [
        value.rows
        for source, out, value in zip(body.inputs, body.outputs, values, strict=True)
        if isinstance(value, TracedList)
        and out.op.op_type is raw.TensorListPopBack
        and out.value_index == 0
        and out.op.inputs[0] is source
    ]
    return min(bounds, default=None)


_TURNED_ROUND = {
    raw.Less: raw.Greater,
    raw.LessEqual: raw.GreaterEqual,
    raw.Greater: raw.Less,
    raw.GreaterEqual: raw.LessEqual,
}
"""What a comparison is with its sides exchanged."""


def _bound_of(test: Any, cond: Any, body: Any, values: list[Any]) -> int | None:
    node = test.op
    if node.op_type in (raw.Identity, raw.Squeeze, raw.Reshape):
        return _bound_of(node.inputs[0], cond, body, values)
    if node.op_type is raw.LogicalAnd:
        bounds = [_bound_of(t, cond, body, values) for t in node.inputs]
        return min((b for b in bounds if b is not None), default=None)
    if node.op_type not in _TURNED_ROUND:
        return None
    left, right = node.inputs
    kind = node.op_type
    if _known(left, cond, body, values) is not None:
        left, right = right, left
        kind = _TURNED_ROUND[kind]
    limit = _known(right, cond, body, values)
    counter = _position(left, cond)
    if (
        limit is None
        or counter is None
        or not isinstance(values[counter], (np.ndarray, np.generic))
    ):
        return None
    step = _step_of(body.outputs[counter], counter, body, values)
    if step is None or step == 0 or (step > 0) != (kind in (raw.Less, raw.LessEqual)):
        return None
    span = (float(limit) - float(values[counter])) / float(step)
    count = math.floor(span) + 1 if kind in (raw.LessEqual, raw.GreaterEqual) else math.ceil(span)
    return max(count, 0)


def _position(tensor: Any, graph: Any) -> int | None:
    while tensor.op.op_type is raw.Identity:
        tensor = tensor.op.inputs[0]
    return next((i for i, t in enumerate(graph.inputs) if t is tensor), None)


def _known(tensor: Any, graph: Any, body: Any, values: list[Any]) -> Any:
    """The value of a tensor that is the same in all iterations, if it is known."""
    from tidefall.graph.static_values import static_value

    found = static_value(tensor)
    if found is None:
        i = _position(tensor, graph)
        unchanged = i is not None and _position(body.outputs[i], body) == i
        if unchanged and isinstance(values[i], (np.ndarray, np.generic)):  # type: ignore[index]
            found = values[i]  # type: ignore[index]
    return found if found is not None and np.ndim(found) == 0 else None


def _step_of(tensor: Any, counter: int, body: Any, values: list[Any]) -> Any:
    while tensor.op.op_type is raw.Identity:
        tensor = tensor.op.inputs[0]
    node = tensor.op
    if node.op_type not in (raw.Add, raw.AddV2, raw.Sub):
        return None
    left, right = node.inputs
    if node.op_type is not raw.Sub and _position(right, body) == counter:
        left, right = right, left
    if _position(left, body) != counter:
        return None
    step = _known(right, body, body, values)
    return None if step is None else (-step if node.op_type is raw.Sub else step)
