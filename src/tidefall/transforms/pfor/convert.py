"""The walk over the graph of a function that replaces its ops by ops on stacked values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.autodiff.tape import CustomRecord
from tidefall.base import dtypes
from tidefall.base.state import state, tapes_paused
from tidefall.control_flow.functional import map_fn
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.operation import Operation
from tidefall.graph.replay import has_gradient, traced_gradient, with_gradients
from tidefall.op import raw
from tidefall.op.effects import REFERS, Effects
from tidefall.op.op import Op
from tidefall.ops.batching import Call, Fallback, Rule, Value, rule_of, shape_vector
from tidefall.ops.common import known_value
from tidefall.tensor.conversion import constant, convert_to_tensor
from tidefall.tensor.specs import TensorSpec


def _is_alike(effects: Effects) -> bool:
    """Whether a stateful op gives the same in every run, if its inputs are the same."""
    return effects.is_pure or effects in (REFERS, Effects(reads=effects.reads))


class Runs:
    """The runs of a function that are worked on together.

    Args:
        count: their number, int32 scalar.
        static: their number, if it is known.
        fallback: run an op without a converter once for each row, instead of raising an error.
    """

    def __init__(self, count: Any, static: int | None, fallback: bool = True):
        self.count = count
        self.static = static
        self.fallback = fallback

    def vector(self) -> Any:
        """The number of runs as an int32 vector of one element."""
        if self.static is not None:
            return np.array([self.static], np.int32)
        return raw.Reshape(self.count, np.array([1], np.int32))

    def before(self, sizes: Any) -> Any:
        """A shape with the number of runs in front."""
        known = sizes if isinstance(sizes, (list, np.ndarray)) else known_value(sizes)
        if known is not None and self.static is not None:
            return np.array([self.static, *(int(d) for d in known)], np.int32)
        if isinstance(sizes, list):
            sizes = np.array(sizes, np.int32)
        sizes = convert_to_tensor(sizes)
        if sizes.dtype != dtypes.int32:
            sizes = raw.Cast(sizes, DstT=dtypes.int32)
        return raw.ConcatV2([self.vector(), sizes], 0)

    def stack(self, value: Value) -> Any:
        """A value with a dimension for the runs: repeated if it had none."""
        if value.stacked:
            return value.tensor
        tensor = value.tensor
        if tensor.dtype == dtypes.variant:
            from tidefall.transforms.pfor.lists import stacked_list

            return stacked_list(self, tensor)
        if tensor.dtype == dtypes.resource:
            raise Fallback
        return raw.BroadcastTo(tensor, self.before(shape_vector(tensor)))

    # ---- the walk ----

    def convert(
        self, graph: FuncGraph, inputs: Sequence[Value], outputs: Any = None
    ) -> list[Value]:
        """The outputs of a graph for all runs.

        Args:
            graph: the graph of one run.
            inputs: values of its inputs.
            outputs: tensors of it; its own outputs by default.

        Raises:
            ValueError: for an op without a converter, if `fallback` is off.
        """
        wanted = graph.outputs if outputs is None else list(outputs)
        table: dict[int, Value] = {id(t): v for t, v in zip(graph.inputs, inputs, strict=True)}
        for node in with_gradients(wanted, graph.nodes):
            if node.op_type is raw.Placeholder:
                continue
            values = [table[id(t)] for t in node.inputs]
            results = self._node(node, values, table)
            for tensor, value in zip(node.outputs, results, strict=True):
                table[id(tensor)] = value
        return [table[id(t)] for t in wanted]

    def _node(
        self, node: Operation, values: list[Value], table: dict[int, Value]
    ) -> Sequence[Value]:
        if node.op_type is raw.Const:
            return [Value(constant(node.attrs["value"], node.attrs["dtype"]), False)]
        if node.op_type is raw.NoOp:
            return []
        if has_gradient(node) and (state.graph is not None or state.tapes):
            return self._custom(node, values, table)
        return self._plain(node, values)

    def _plain(self, node: Operation, values: list[Value]) -> Sequence[Value]:
        """A node that is differentiated as its op is."""
        if not any(v.stacked for v in values) and (
            not node.op_type.is_stateful or _is_alike(node.op_type.effects)
        ):
            found = node.op_type.execute([v.tensor for v in values], dict(node.attrs))
            return [Value(t, False) for t in found]
        rule = _rule_of(node.op_type)
        if rule is not None:
            try:
                return _as_values(rule(Call(self, node, values)))
            except Fallback:
                pass
        return self._each_row(node, values)

    def _each_row(self, node: Operation, values: list[Value]) -> list[Value]:
        """Run an op once for each row of its stacked inputs."""
        awkward = [t for t in (*node.inputs, *node.outputs) if t.dtype == dtypes.variant]
        if not self.fallback or awkward:
            where = f" called at {node.user_line}" if node.user_line else ""
            raise ValueError(
                f"No pfor vectorization defined for {node.type} (node {node.name}){where}: it "
                "cannot be applied to all elements at once"
                + (
                    "."
                    if awkward
                    else ". With fallback_to_while_loop=True it is applied to one after the other."
                )
            )
        rows = [v.tensor for v in values if v.stacked]
        places = [i for i, v in enumerate(values) if v.stacked]
        specs = [TensorSpec(t.shape, t.dtype) for t in node.outputs]

        def one(row: Any) -> Any:
            inputs = [v.tensor for v in values]
            for i, item in zip(places, row, strict=False):
                inputs[i] = item
            results = node.op_type.execute(inputs, dict(node.attrs))
            return tuple(results) if specs else (convert_to_tensor(0),)

        elems = tuple(rows) if rows else (raw.Range(0, self.count, 1),)
        found = map_fn(
            one, elems, fn_output_signature=tuple(specs or [TensorSpec([], dtypes.int32)])
        )
        return [Value(t, True) for t in found] if specs else []

    def _custom(
        self, node: Operation, values: list[Value], table: dict[int, Value]
    ) -> Sequence[Value]:
        """A node with a gradient of its own: the gradient is converted when it is asked for."""
        traced = traced_gradient(node)
        captures = [table.get(id(t), Value(t, False)) for t in traced.captures]
        inputs = [v.tensor for v in values]
        with tapes_paused():
            found = self._plain(node, values)
            # The inputs are there for the gradients to have a way to go.
            outputs = list(raw.IdentityN([*(v.tensor for v in found), *inputs]))
        outputs = outputs[: len(found)]

        def backward(*gradients: Any) -> list[Any]:
            dys = [
                Value(convert_to_tensor(g), v.stacked)
                for g, v in zip(gradients, found, strict=False)
            ]
            results = self.convert(traced.graph, [*dys, *captures])
            return [
                None if i is None else self._like(results[i], v)
                for i, v in zip(traced.positions, values, strict=True)
            ]

        if state.graph is not None:
            nothing = [None] * len(found)
            outputs[0].op.backward = lambda *dys: [*nothing, *backward(*dys[: len(found)])]
        for tape in state.tapes:
            if tape.watches(inputs):
                tape.record(CustomRecord("CustomGradient", inputs, outputs, backward))
        return [Value(t, v.stacked) for t, v in zip(outputs, found, strict=True)]

    def _like(self, gradient: Value, value: Value) -> Any:
        """The gradient of a value: one that is the same in all runs gets the sum of theirs."""
        if value.stacked:
            return self.stack(gradient)
        if gradient.stacked:
            return raw.Sum(gradient.tensor, 0)
        return raw.Mul(gradient.tensor, raw.Cast(self.count, DstT=gradient.tensor.dtype))


def _as_values(result: Any) -> list[Value]:
    if isinstance(result, Value) or not isinstance(result, (list, tuple)):
        result = [result]
    return [r if isinstance(r, Value) else Value(r, True) for r in result]


def _rule_of(op: Op) -> Rule | None:
    from tidefall.transforms.pfor import flow  # noqa: F401 - registers the rules of control flow

    return rule_of(op)
