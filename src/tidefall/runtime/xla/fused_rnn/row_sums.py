"""Sums over the rows of all iterations, which are computed after the loop."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np

from tidefall.native.fused_rnn import Step, View
from tidefall.op import raw
from tidefall.ops.common import jnp
from tidefall.runtime.xla.fused_rnn.program_builder import ProgramBuilder
from tidefall.runtime.xla.fused_rnn.values import Applied, Contraction, Fixed, Rows, Sum, Value

End = Callable[[list[Any]], Any]
"""A value after the loop, given the kernel's outputs."""


class RowSums:
    """What a loop keeps of its iterations for sums over them.

    Args:
        builder: the loop's program.
        results: what an iteration makes of the loop variables.
    """

    def __init__(self, builder: ProgramBuilder, results: list[Value]):
        self._builder = builder
        self._kept_rows: dict[View, int] = {}
        self._order = self._order_of(results)

    def _order_of(self, results: list[Value]) -> tuple[int, int]:
        """Where iterations keep their rows, the first and the step: as the other factors lie."""
        for value in results:
            for part in value.contractions() if isinstance(value, Sum) else ():
                place = part.a.place if part.a is not None else part.b.place
                is_input = place.where == "input"
                rows = self._builder.inputs[place.array].shape[0] if is_input else None
                if place.step and rows == self._builder.count:
                    return place.first, place.step
        return 0, 1

    def total(self, value: Sum | Fixed) -> End:
        """A sum over all iterations."""
        if isinstance(value, Fixed):
            return lambda made: value.value
        ends = [
            self._contracted(p) if isinstance(p, Contraction) else self._applied(p)
            for p in value.parts
        ]
        return lambda made: reduce(operator.add, [end(made) for end in ends])

    def _applied(self, part: Applied) -> End:
        ends = [self.total(a) for a in part.arguments]
        primitive, params = part.equation.primitive, part.equation.params
        return lambda made: primitive.bind(*(end(made) for end in ends), **params)

    def _contracted(self, part: Contraction) -> End:
        """A contraction over the rows of all iterations, given the kernel's outputs."""
        builder, columns = self._builder, part.b.columns
        if part.a is None:
            output = builder.output((builder.program.blocks, columns))
            place = View("block", output, columns)
            builder.before.append(Step("fill", columns, place))
            builder.steps.append(Step("column_sums", columns, place, (part.b.place,)))
            return lambda made: made[output].sum(0)
        a, b = self._over_iterations(part.a), self._over_iterations(part.b)
        product = raw.MatMul.xla
        assert product is not None
        return lambda made: product(a(made), b(made), transpose_a=True, transpose_b=False)

    def _over_iterations(self, rows: Rows) -> End:
        """The rows of all iterations, one below the other, in the chosen order."""
        builder, place, columns = self._builder, rows.place, rows.columns
        if place.where == "input" and place.step and place.columns == columns:
            array = builder.inputs[place.array]
            if (place.first, place.step) != self._order or array.shape[0] != builder.count:
                iterations = (np.arange(builder.count) - self._order[0]) * self._order[1]
                array = jnp.take(array, place.first + place.step * iterations, axis=0)
            return lambda made: array.reshape(-1, columns)
        if place not in self._kept_rows:
            output = self._kept_rows[place] = builder.output(
                (builder.count, builder.batch, columns)
            )
            builder.put(rows, View("output", output, columns, 0, *self._order), columns)
        output = self._kept_rows[place]
        return lambda made: made[output].reshape(-1, columns)
