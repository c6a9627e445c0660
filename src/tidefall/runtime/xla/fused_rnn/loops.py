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
import operator
from collections import Counter
from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np

from tidefall.base.type_guards import is_array, is_list
from tidefall.native.fused_rnn import Program, Step, View, fused_rnn_loop
from tidefall.native.library import enabled, lowered, threads
from tidefall.op import raw
from tidefall.ops.common import jax, jnp
from tidefall.ops.lowering_cpu import without_native
from tidefall.runtime.xla.fused_rnn.body import FusedBody, StackUse
from tidefall.runtime.xla.fused_rnn.rules import LINEAR, RULES, linear
from tidefall.runtime.xla.fused_rnn.values import (
    Applied,
    Carried,
    Contraction,
    Fixed,
    Listed,
    NotFusible,
    Numbers,
    Rows,
    Stack,
    Sum,
    Value,
)

_SMALLEST_BLOCK, _LARGEST_BLOCK = 16, 64
_MAX_FILLED = 1024
End = Callable[[list[Any]], Any]
"""A value after the loop, given the kernel's outputs."""
_CALLS = {
    "jit": "jaxpr",
    "pjit": "jaxpr",
    "closed_call": "call_jaxpr",
    "custom_jvp_call": "call_jaxpr",
}


def run_fused(step: Callable[[Any], Any], start: Any, count: int) -> Any:
    """Lower a loop to the native kernel.

    Args:
        step: an iteration; takes and returns a nest of arrays.
        start: what the first iteration takes; its last array is the number of the iteration.
        count: how many iterations there are.

    Returns:
        What the last iteration returned; None if the loop is not one on rows.
    """
    if not count or not enabled() or jax.default_backend() != "cpu":
        return None
    leaves, structure = jax.tree_util.tree_flatten(start)
    with without_native():
        # A function that jax has not met: what it kept of `step` may have native kernels in it.
        def once(carry: Any) -> Any:
            return step(carry)

        closed = jax.make_jaxpr(once)(start)
    for batch in _batches(closed.jaxpr, leaves):
        try:
            results = _FusedLoop(closed, leaves, count, batch).lower()
        except NotFusible:
            continue
        return jax.tree_util.tree_unflatten(structure, results)
    return None


def _batches(jaxpr: Any, leaves: list[Any]) -> list[int]:
    """How many rows the matrices may have, the likeliest first."""
    changed = [x for x, a, b in zip(leaves, jaxpr.invars, jaxpr.outvars, strict=True) if a is not b]
    sizes = Counter(x.shape[1] for x in changed if x.ndim > 2)
    sizes.update(x.shape[0] for x in changed if x.ndim == 2)
    # A single row leaves nothing to share out among threads.
    return [n for n, _ in sizes.most_common(3) if n > 1]


class _FusedLoop(FusedBody):
    """One loop, while it is turned into a program."""

    def __init__(self, closed: Any, leaves: list[Any], count: int, batch: int):
        block = min(_LARGEST_BLOCK, max(_SMALLEST_BLOCK, -(-batch // threads())))
        super().__init__(Program(batch, min(block, batch), count), leaves)
        self.closed = closed
        self._kept_rows: dict[View, int] = {}
        self._order = (0, 1)

    # ---- the walk ----

    def lower(self) -> list[Any]:
        """The values of the loop's variables after it."""
        jaxpr = self.closed.jaxpr
        last = len(jaxpr.invars) - 1
        given: list[Value] = []
        for i, (a, b) in enumerate(zip(jaxpr.invars, jaxpr.outvars, strict=True)):
            if i == last:
                given.append(Numbers(np.arange(self.count, dtype=a.aval.dtype)))
            else:
                given.append(Fixed(self.leaves[i]) if a is b else Carried(i, a.aval.shape))
        results = self._walk(jaxpr, [Fixed(c) for c in self.closed.consts], given)
        if not self.program.weights:
            raise NotFusible  # nothing that takes long
        return self._finish(results[:last])

    def _walk(self, jaxpr: Any, consts: list[Value], given: list[Value]) -> list[Value]:
        values: dict[Any, Value] = dict(zip(jaxpr.constvars, consts, strict=True))
        values.update(zip(jaxpr.invars, given, strict=True))

        def read(atom: Any) -> Value:
            if not hasattr(atom, "val"):
                return values[atom]
            known = np.asarray(atom.val, atom.aval.dtype)
            return Fixed(known) if known.dtype.kind == "f" else self.numbers(known)

        for equation in needed_equations(jaxpr):
            name = equation.primitive.name
            arguments = [read(a) for a in equation.invars]
            if name in _CALLS:
                inner = equation.params[_CALLS[name]]
                consts = [Fixed(c) for c in inner.consts]
                results = self._walk(inner.jaxpr, consts, arguments)
            elif all(isinstance(a, Fixed) for a in arguments):
                results = _computed_before(equation, arguments)
            elif name in LINEAR and any(isinstance(a, Sum) for a in arguments):
                results = [linear(equation, arguments)]
            elif name in RULES:
                found = RULES[name](self, equation, *arguments)
                results = found if is_list(found) else [found]
            else:
                raise NotFusible
            values.update(zip(equation.outvars, results, strict=True))
        return [read(a) for a in jaxpr.outvars]

    # ---- after the loop ----

    def _finish(self, results: list[Value]) -> list[Any]:
        self._choose_order(results)
        ends = [self._end_of(i, value) for i, value in enumerate(results)]
        self._move_states(results)
        for i, use in self.stacks.items():
            self._fill_stack(i, use)
        made = fused_rnn_loop(lowered, self.inputs, self.outputs, self.program)
        counter = jnp.asarray(self.count, self.closed.jaxpr.invars[-1].aval.dtype)
        return [*(end(made) for end in ends), counter]

    def _end_of(self, i: int, value: Value) -> End:
        """What a loop variable is in the end, given the kernel's outputs."""
        start = self.leaves[i]
        if isinstance(value, Fixed) and value.value is start:
            return lambda made: start
        if isinstance(value, Listed) and value.position == i:
            return lambda made: value.values.astype(start.dtype)
        if isinstance(value, Stack) and value.position == i:
            output = self.stacks[i].output
            return lambda made: made[output].reshape(start.shape).astype(start.dtype)
        if isinstance(value, Sum) and value.position == i and i not in self.states:
            total = self._total(value)
            return lambda made: start + total(made)
        state = self.state(Carried(i, start.shape))
        output = self.output((self.batch, state.columns))
        to = View("output", output, state.columns)
        self.program.after.append(Step("copy", state.columns, to, (state.place,)))
        return lambda made: made[output].reshape(start.shape)

    def _move_states(self, results: list[Value]) -> None:
        """Give states their start before the loop, and their new values in each iteration."""
        states = {rows.place.array for rows in self.states.values()}
        moves: list[Step] = []
        for i, state in self.states.items():
            start = self.fixed_rows(self.leaves[i], state.shape)
            self.before.append(Step("copy", state.columns, state.place, (start.place,)))
            new = self.rows(results[i], state.shape)
            if new.place.array in states:  # which gets its own new value
                new = self.emit("copy", state.shape, new)
            moves.append(Step("copy", state.columns, state.place, (new.place,)))
        self.steps += moves

    def _fill_stack(self, i: int, use: StackUse) -> None:
        """Give a stack what it held before the loop, where that is still seen."""
        array = self.leaves[i]
        if use.met is not None and use.written != use.met:
            raise NotFusible
        rows = array.shape[0]
        written = use.written
        covers = rows == 1 or (rows == self.count and written is not None and abs(written[1]) == 1)
        if covers and written is not None and not use.is_read:
            return
        if rows > _MAX_FILLED:
            raise NotFusible
        columns = math.prod(array.shape[2:])
        given = self.input(array, (rows, self.batch, columns))
        for r in range(rows):
            source = View("input", given, columns, 0, r)
            place = View("output", use.output, columns, 0, r)
            self.before.append(Step("copy", columns, place, (source,)))

    # ---- sums over rows ----

    def _choose_order(self, results: list[Value]) -> None:
        """Let what is kept for products after the loop lie as the other factors do."""
        for value in results:
            for part in value.contractions() if isinstance(value, Sum) else ():
                place = part.a.place if part.a is not None else part.b.place
                rows = self.inputs[place.array].shape[0] if place.where == "input" else None
                if place.step and rows == self.count:
                    self._order = place.first, place.step
                    return

    def _total(self, value: Sum | Fixed) -> End:
        """A sum over all iterations."""
        if isinstance(value, Fixed):
            return lambda made: value.value
        ends = [
            self._contracted(p) if isinstance(p, Contraction) else self._applied(p)
            for p in value.parts
        ]
        return lambda made: reduce(operator.add, [end(made) for end in ends])

    def _applied(self, part: Applied) -> End:
        ends = [self._total(a) for a in part.arguments]
        primitive, params = part.equation.primitive, part.equation.params
        return lambda made: primitive.bind(*(end(made) for end in ends), **params)

    def _contracted(self, part: Contraction) -> End:
        """A contraction over the rows of all iterations, given the kernel's outputs."""
        columns = part.b.columns
        if part.a is None:
            output = self.output((self.program.blocks, columns))
            place = View("block", output, columns)
            self.before.append(Step("fill", columns, place))
            self.steps.append(Step("column_sums", columns, place, (part.b.place,)))
            return lambda made: made[output].sum(0)
        a, b = self._over_iterations(part.a), self._over_iterations(part.b)
        product = raw.MatMul.xla
        assert product is not None
        return lambda made: product(a(made), b(made), transpose_a=True, transpose_b=False)

    def _over_iterations(self, rows: Rows) -> End:
        """The rows of all iterations, one below the other, in the chosen order."""
        place, columns = rows.place, rows.columns
        if place.where == "input" and place.step and place.columns == columns:
            array = self.inputs[place.array]
            if (place.first, place.step) != self._order or array.shape[0] != self.count:
                iterations = (np.arange(self.count) - self._order[0]) * self._order[1]
                array = jnp.take(array, place.first + place.step * iterations, axis=0)
            return lambda made: array.reshape(-1, columns)
        if place not in self._kept_rows:
            output = self._kept_rows[place] = self.output((self.count, self.batch, columns))
            self.put(rows, View("output", output, columns, 0, *self._order), columns)
        output = self._kept_rows[place]
        return lambda made: made[output].reshape(-1, columns)


def needed_equations(jaxpr: Any) -> list[Any]:
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
