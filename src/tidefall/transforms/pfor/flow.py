"""Batching rules of calls, branches and loops."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.shapes import TensorShape
from tidefall.control_flow.cond import cond, switch_case
from tidefall.control_flow.loop_residuals import repeatable
from tidefall.control_flow.while_loop import while_loop
from tidefall.graph.analysis import reachable
from tidefall.graph.func_graph import FuncGraph
from tidefall.op import raw
from tidefall.op.registry import register_facet
from tidefall.op.traits import CALL, LOOP, UNIFORM
from tidefall.ops.batching import Call, Fallback, Runs, Value, joined


def call_graph(call: Call) -> list[Value]:
    """The graph that is called takes the place of the call."""
    return call.runs.convert(call.attrs["f"].graph, call.values)


# ---- branches ----


def if_op(call: Call) -> Any:
    """One condition for all runs: a branch on stacked values. Else both branches, and a choice."""
    graphs = [call.attrs["then_branch"].graph, call.attrs["else_branch"].graph]
    if not call.is_stacked(0):
        return _list(cond(call.tensor(0), *_branches(call, graphs)))
    yes, no = _all_branches(call, graphs)
    test = _as_bool(call.tensor(0))
    return [chosen(call.runs, test, a, b) for a, b in zip(yes, no, strict=True)]


def case_op(call: Call) -> Any:
    """The same with a number."""
    graphs = [f.graph for f in call.attrs["branches"]]
    if not call.is_stacked(0):
        return _list(switch_case(call.tensor(0), _branches(call, graphs)))
    found = _all_branches(call, graphs)
    results = found[-1]
    for i in reversed(range(len(found) - 1)):
        test = raw.Equal(call.tensor(0), np.array(i, np.int32))
        results = [chosen(call.runs, test, a, b) for a, b in zip(found[i], results, strict=True)]
    return results


def _list(result: Any) -> list[Any]:
    return list(result) if isinstance(result, (list, tuple)) else [result]


def _as_bool(tensor: Any) -> Any:
    if tensor.dtype == dtypes.bool:
        return tensor
    return raw.NotEqual(tensor, np.array(0, tensor.dtype.as_numpy_dtype))


def _converted(call: Call, graph: FuncGraph) -> list[Any]:
    runs = call.runs
    return [runs.stack(v) for v in runs.convert(graph, call.values[1:])]


def _branches(call: Call, graphs: Sequence[FuncGraph]) -> list[Callable[[], Any]]:
    return [lambda g=g: _converted(call, g) for g in graphs]


def _all_branches(call: Call, graphs: Sequence[FuncGraph]) -> list[list[Any]]:
    """The results of all branches, for all runs."""
    if not all(repeatable(g) for g in graphs):
        raise Fallback
    if any(t.dtype == dtypes.variant for t in call.node.outputs):
        raise Fallback
    return [_converted(call, g) for g in graphs]


# ---- loops ----


def while_op(call: Call) -> list[Value]:
    """All runs go round together: until one condition fails, or until it fails for each of them."""
    body, test = call.attrs["body"].graph, call.attrs["cond"].graph
    moving = [i for i, t in enumerate(body.outputs) if t is not body.inputs[i]]
    flags = [v.stacked for v in call.values]
    size = -1
    while size != sum(flags):
        size = sum(flags)
        found = varies(body, flags)
        flags = [a or b for a, b in zip(flags, found, strict=True)]
    masked = varies(test, flags)[0]
    if masked:
        if not repeatable(body):
            raise Fallback
        if any(body.inputs[i].dtype == dtypes.variant for i in moving):
            raise Fallback
        flags = [f or i in moving for i, f in enumerate(flags)]
    return _Loop(call, body, test, moving, flags).run(masked)


class _Loop:
    """A loop over values of which some are stacked."""

    def __init__(
        self, call: Call, body: FuncGraph, test: FuncGraph, moving: list[int], flags: list[bool]
    ):
        self.call = call
        self.body = body
        self.test = test
        self.moving = moving
        self.flags = flags

    @property
    def runs(self) -> Runs:
        return self.call.runs

    def _values(self, moved: Sequence[Any]) -> list[Value]:
        values = list(self.call.values)
        for i, tensor in zip(self.moving, moved, strict=True):
            values[i] = Value(tensor, self.flags[i])
        return values

    def _holds(self, moved: Sequence[Any]) -> Value:
        return self.runs.convert(self.test, self._values(moved))[0]

    def _next(self, moved: Sequence[Any]) -> list[Any]:
        wanted = [self.body.outputs[i] for i in self.moving]
        found = self.runs.convert(self.body, self._values(moved), wanted)
        return [
            self.runs.stack(v) if self.flags[i] else v.tensor
            for i, v in zip(self.moving, found, strict=True)
        ]

    def run(self, masked: bool) -> list[Value]:
        """The loop for all runs; `masked` if they do not all end together."""
        start = [
            self.runs.stack(self.call.values[i]) if self.flags[i] else self.call.tensor(i)
            for i in self.moving
        ]
        shapes = [self._shape(i) for i in self.moving]
        if masked:
            last = self._masked(start, shapes)
        else:
            last = while_loop(
                lambda *moved: self._holds(moved).tensor,
                lambda *moved: self._next(moved),
                start,
                shape_invariants=shapes,
            )
        return self._values(last)

    def _masked(self, start: list[Any], shapes: list[TensorShape]) -> list[Any]:
        """Rows that are done keep their values while others go on."""
        runs = self.runs
        every = np.array([0], np.int32)

        def body(active: Any, *moved: Any) -> list[Any]:
            new = [
                chosen(runs, active, after, before)
                for after, before in zip(self._next(moved), moved, strict=True)
            ]
            still = raw.LogicalAnd(active, _as_bool(runs.stack(self._holds(new))))
            return [still, *new]

        active = _as_bool(runs.stack(self._holds(start)))
        found = while_loop(
            lambda active, *_: raw.Any(active, every),
            body,
            [active, *start],
            shape_invariants=[TensorShape([runs.static]), *shapes],
        )
        return list(found[1:])

    def _shape(self, index: int) -> TensorShape:
        shape = self.call.node.outputs[index].shape
        if self.body.inputs[index].dtype == dtypes.variant or not self.flags[index]:
            return shape
        return TensorShape([self.runs.static]).concatenate(shape)


def chosen(runs: Runs, condition: Any, yes: Any, no: Any) -> Any:
    """Rows of `yes` where a stacked scalar condition holds, rows of `no` elsewhere."""
    rank = yes.shape.rank
    if rank is None:
        ones = raw.Fill(
            raw.Reshape(raw.Rank(yes) - 1, np.array([1], np.int32)),
            np.array(1, np.int32),
        )
        shape = raw.ConcatV2([runs.vector(), ones], 0)
    else:
        shape = joined(runs.vector(), [1] * (rank - 1))
    return raw.SelectV2(raw.Reshape(condition, shape), yes, no)


def varies(graph: FuncGraph, flags: Sequence[bool]) -> list[bool]:
    """Which outputs of a graph differ from run to run, if these inputs do."""
    known = {id(t): f for t, f in zip(graph.inputs, flags, strict=True)}
    for node in reachable(graph.outputs, graph.nodes):
        draws = node.op_type.effects.draws
        found = draws or any(known.get(id(t), False) for t in node.inputs)
        if UNIFORM in node.op_type.traits and all(
            t.dtype == dtypes.variant or t.shape.rank is not None for t in node.inputs
        ):
            found = False
        if node.op_type is raw.Placeholder:
            continue
        inner = _inner_flags(node, known)
        for i, out in enumerate(node.outputs):
            known[id(out)] = inner[i] if inner is not None else found
    return [known.get(id(t), False) for t in graph.outputs]


def _inner_flags(node: Any, known: dict[int, bool]) -> list[bool] | None:
    """The same for a node that calls a graph or goes round in a loop."""
    flags = [known.get(id(t), False) for t in node.inputs]
    if CALL in node.op_type.traits:
        return varies(node.attrs["f"].graph, flags)
    if node.op_type is raw.IdentityN:
        return flags
    if LOOP not in node.op_type.traits:
        return None
    body = node.attrs["body"].graph
    size = -1
    while size != sum(flags):
        size = sum(flags)
        flags = [a or b for a, b in zip(flags, varies(body, flags), strict=True)]
    if varies(node.attrs["cond"].graph, flags)[0]:
        flags = [f or a is not b for f, a, b in zip(flags, body.inputs, body.outputs, strict=True)]
    return flags


register_facet(
    "batching",
    {
        raw.PartitionedCall: call_graph,
        raw.StatefulPartitionedCall: call_graph,
        raw.If: if_op,
        raw.StatelessIf: if_op,
        raw.Case: case_op,
        raw.StatelessCase: case_op,
        raw.While: while_op,
        raw.StatelessWhile: while_op,
    },
)
