"""The gradient of While: the forward loop keeps what each iteration computed, a second loop runs
backwards over it.

Every intermediate value that the gradient needs is pushed to a tensor list by the forward loop,
which gets that list as one more loop variable. The backward loop pops them, last iteration first.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from tidefall.autodiff.backprop import backprop, differentiable, zeros_like
from tidefall.base import dtypes
from tidefall.base.errors import UnimplementedError
from tidefall.base.shapes import TensorShape
from tidefall.base.state import graph_scope, state, tapes_paused
from tidefall.control_flow.loop_constants import LoopConstants, copied_into, read_before
from tidefall.control_flow.loop_residuals import residual_values
from tidefall.control_flow.subgraphs import is_stateful
from tidefall.graph.analysis import reachable
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.operation import Operation
from tidefall.op import raw
from tidefall.op.gradients import gradient_of
from tidefall.op.registry import NOT_DIFFERENTIABLE
from tidefall.ops.lists.element_types import shape_tensor
from tidefall.runtime.graph_function import GraphFunction
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import SymbolicTensor

_numbers = itertools.count()


def while_gradient(op: Any, *gradients: Any) -> list[Any]:
    """Gradients of the initial values of a While node, variables among them."""
    body = op.attrs["body"].graph
    count = len(body.inputs)
    gradients = (*gradients, *[None] * (count - len(gradients)))
    needed = getattr(op, "needed", None) or [True] * count
    carried = _carried(body, gradients, needed[:count])
    if not carried:
        return [None] * len(op.inputs)
    step = _BackwardStep(body, op.attrs["cond"].graph, carried)
    outputs = residual_values(op, step.residuals)
    results = _run_backwards(op, step, gradients, outputs)
    found: list[Any] = [None] * len(op.inputs)
    for i, gradient in zip(carried, results, strict=True):
        found[i] = gradient
    return found


while_gradient.takes_missing_gradients = True  # type: ignore[attr-defined]


def _is_resource(tensor: Any) -> bool:
    return tensor.dtype == dtypes.resource


def _carried(body: FuncGraph, gradients: Sequence[Any], needed: Sequence[bool]) -> list[int]:
    """The loop variables on a way, over any iterations, from a wanted one to a gradient."""
    depends: dict[int, frozenset[int]] = {
        id(t): frozenset([i]) for i, t in enumerate(body.inputs) if differentiable(t)
    }
    nothing: frozenset[int] = frozenset()
    for node in reachable(body.outputs, body.nodes):
        if not node.inputs or gradient_of(node.op_type) == NOT_DIFFERENTIABLE:
            continue
        sources = nothing.union(*(depends.get(id(t), nothing) for t in node.inputs))
        for out in node.outputs:
            if sources and differentiable(out):
                depends[id(out)] = sources
    found = {
        i
        for i, (g, out) in enumerate(zip(gradients, body.outputs, strict=True))
        if g is not None and differentiable(out)
    }
    size = -1
    while size != len(found):
        size = len(found)
        for i in list(found):
            found |= depends.get(id(body.outputs[i]), nothing)
    live = {i for i, wanted in enumerate(needed) if wanted}
    size = -1
    while size != len(live):
        size = len(live)
        live |= {i for i, t in enumerate(body.outputs) if depends.get(id(t), nothing) & live}
    return sorted(i for i in found & live if differentiable(body.inputs[i]))


class _Read(NamedTuple):
    """What the variable held whose handle is this loop variable."""

    handle: int
    dtype: Any


class _BackwardStep:
    """One iteration of the backward loop, as a graph.

    Attributes:
        graph: inputs: a counter, the number of iterations, the gradients carried, the lists of kept
            values, then what does not change. Outputs likewise.
        carried: which forward loop variables the gradients belong to.
        residuals: the tensors of the forward body that are kept of each iteration.
        unchanging: the rest of the inputs: forward loop variables by number, outer tensors, or
            what was read of a variable.
    """

    def __init__(self, body: FuncGraph, cond: FuncGraph, carried: list[int]):
        self.body = body
        self.constants = LoopConstants(body, cond)
        self._copied = 0
        self.carried = carried
        self.residuals: list[Any] = []
        self.unchanging: list[Any] = []
        base = body.base
        self.graph = graph = FuncGraph(f"{body.name}_grad_{next(_numbers)}", outer_graph=base)
        with graph_scope(graph), tapes_paused():
            self.counter = graph.add_argument(dtypes.int32, [], "iteration")
            self.total = graph.add_argument(dtypes.int32, [], "iterations")
            self.given = [graph.add_argument(*self._kind(i), f"gradient_{i}") for i in carried]
            nodes = reachable(body.outputs, body.nodes)
            flowing = [
                (i, g)
                for i, g in zip(carried, self.given, strict=True)
                if not _is_resource(body.inputs[i])
            ]
            results = backprop(
                nodes,
                [body.outputs[i] for i, _ in flowing],
                [g for _, g in flowing],
                [body.inputs[i] for i in carried],
            )
            new = [
                self._next(i, g, r) for i, g, r in zip(carried, self.given, results, strict=True)
            ]
            next_counter = raw.AddV2(self.counter, np.array(1, np.int32))
            graph.outputs = [next_counter, self.total, *(graph.capture(t) for t in new)]
            self._place_captures()

    def _kind(self, i: int) -> tuple[Any, Any]:
        before, after = self.body.inputs[i], self.body.outputs[i]
        if _is_resource(before):
            read = _variable_read(self.body, before)
            return read.dtype, read.shape
        return before.dtype, before.shape.most_specific_compatible_shape(after.shape)

    def _next(self, i: int, given: Any, result: Any) -> Any:
        before = self.body.inputs[i]
        if _is_resource(before):
            return given if result is None else raw.AddV2(given, convert_to_tensor(result))
        if result is None:
            return raw.ZerosLike(before) if before.dtype == dtypes.variant else zeros_like(before)
        return convert_to_tensor(result)

    def _place_captures(self) -> None:
        """Turn what the graph captured of the forward body into loop variables."""
        graph, body = self.graph, self.body
        base = body.base
        used = {id(t) for node in reachable(graph.outputs, graph.nodes) for t in node.inputs}
        used.update(id(t) for t in graph.outputs)
        position = {id(t): i for i, t in enumerate(body.inputs)}
        lists: list[Any] = []
        fixed: list[Any] = []
        first: list[Operation] = []
        known: dict[int, Any] = {}
        for outer, inner in graph.captures:
            if id(inner) not in used:
                continue
            i = position.get(id(outer))
            if getattr(outer, "graph", None) is not base or outer.op.op_type is raw.Const:
                self.unchanging.append(outer)
                fixed.append(inner)
            elif i is not None and body.outputs[i] is outer:
                self.unchanging.append(i)
                fixed.append(inner)
            elif self.constants.holds(outer):
                self._recomputed(outer, inner, fixed, known)
            else:
                handle, pop = self._popped(outer, inner)
                self.residuals.append(outer)
                lists.append((handle, pop.outputs[0]))
                first.append(pop)
        graph.reset_captures([])
        graph.arguments = [*graph.arguments, *(h for h, _ in lists), *fixed]
        graph.outputs = [*graph.outputs, *(rest for _, rest in lists), *fixed]
        for pop in first:
            shape = pop.inputs[1].op
            graph.nodes = [shape, pop, *(n for n in graph.nodes if n is not pop and n is not shape)]

    def _popped(self, outer: Any, inner: Any) -> tuple[Any, Operation]:
        """Let a value popped from a list take the place of a captured one."""
        graph = self.graph
        handle = graph.placeholder(dtypes.variant, [], "kept")
        shape = TensorShape([]) if outer.dtype == dtypes.variant else outer.shape
        _, item = raw.TensorListPopBack(handle, shape_tensor(shape), element_dtype=outer.dtype)
        item.set_shape(outer.shape)
        if outer.dtype == dtypes.variant:
            item.value_hint = outer
        pop = item.op
        self._put_instead(inner, item, pop)
        return handle, pop

    def _put_instead(self, inner: Any, item: Any, unless: Operation | None = None) -> None:
        graph = self.graph
        for node in graph.nodes:
            if node is not unless:
                node.inputs[:] = [item if t is inner else t for t in node.inputs]
        graph.outputs = [item if t is inner else t for t in graph.outputs]

    def _recomputed(self, outer: Any, inner: Any, fixed: list[Any], known: dict[int, Any]) -> None:
        """Compute anew what no forward iteration changed, from variables as they were then."""
        nodes, sources = self.constants.behind(outer)
        for source in sources:
            if id(source) in known:
                continue
            i = self.constants.position(source)
            label = "constant" if i is not None else "read"
            known[id(source)] = value = self.graph.placeholder(source.dtype, source.shape, label)
            # Before what reads it, as backprop expects of nodes.
            self.graph.move_last(len(self.graph.nodes) - 1, self._copied)
            self._copied += 1
            self.unchanging.append(
                i if i is not None else _Read(self.constants.handle(source), source.dtype)
            )
            fixed.append(value)
        self._copied = copied_into(self.graph, nodes, known, self._copied)
        self._put_instead(inner, known[id(outer)])


def _variable_read(graph: FuncGraph, handle: Any) -> Any:
    """A tensor of the dtype and shape of a variable that a graph reads."""
    for node in graph.nodes:
        if handle in _identities(node.inputs) and node.op_type in (
            raw.ReadVariableOp,
            raw.ResourceGather,
        ):
            dtype = node.attrs["dtype"]
            return raw.ReadVariableOp(handle, dtype=dtype)
    storage = getattr(getattr(handle, "value_hint", None), "storage", None)
    if storage is None:
        raise UnimplementedError(
            None, None, "The gradient with respect to a variable of unknown dtype inside a loop or "
            "branch is not implemented in Tidefall; read the variable before it."
        )  # fmt: skip
    return raw.ReadVariableOp(handle, dtype=storage.dtype)


class _identities:  # noqa: N801 - a set by identity, used like a function
    def __init__(self, items: Sequence[Any]):
        self._ids = {id(t) for t in items}

    def __contains__(self, item: Any) -> bool:
        return id(item) in self._ids


def variable_zeros(graph: FuncGraph, inner: Any, handle: Any) -> Any:
    """Zeros shaped like the variable behind `handle`, which `graph` knows as `inner`."""
    hint = inner.value_hint if isinstance(inner, SymbolicTensor) else None
    storage = getattr(handle if hint is None else hint, "storage", None)
    if storage is not None and hasattr(storage, "dtype"):
        read = raw.ReadVariableOp(handle, dtype=storage.dtype)
        if storage.shape.is_fully_defined() and not read.shape.is_fully_defined():
            read.set_shape(storage.shape)
        return zeros_like(read)
    for node in graph.nodes:
        if inner in _identities(node.inputs) and "dtype" in node.attrs:
            return zeros_like(raw.ReadVariableOp(handle, dtype=node.attrs["dtype"]))
    raise UnimplementedError(
        None, None, "The gradient with respect to a variable of unknown dtype inside a loop or "
        "branch is not implemented in Tidefall; read the variable before it."
    )  # fmt: skip


# ---- the backward loop ----


def _run_backwards(
    op: Any, step: _BackwardStep, gradients: Sequence[Any], residuals: list[Any]
) -> list[Any]:
    total, *lists = residuals
    body = step.body
    starts = []
    for i in step.carried:
        given = gradients[i]
        if _is_resource(body.inputs[i]):
            starts.append(variable_zeros(body, body.inputs[i], op.inputs[i]))
        elif given is not None:
            starts.append(convert_to_tensor(given))
        elif body.inputs[i].dtype == dtypes.variant:
            starts.append(raw.ZerosLike(op.outputs[i]))
        else:
            starts.append(zeros_like(op.outputs[i]))
    fixed = [_fixed_value(op, t) for t in step.unchanging]
    backward = step.graph
    test = FuncGraph(f"{backward.name}_cond", outer_graph=backward.enclosing)
    with graph_scope(test), tapes_paused():
        arguments = [test.add_argument(t.dtype, t.shape, "x") for t in backward.inputs]
        test.outputs = [raw.Less(arguments[0], arguments[1])]
    values = [convert_to_tensor(np.array(0, np.int32)), total, *starts, *lists, *fixed]
    outputs = (raw.While if is_stateful(backward) else raw.StatelessWhile)(
        values,
        cond=GraphFunction(test.name, test),
        body=GraphFunction(backward.name, backward),
        output_shapes=[t.shape for t in backward.inputs],
        name="gradient_while",
    )
    return list(outputs[2 : 2 + len(starts)])


def _fixed_value(op: Any, what: Any) -> Any:
    if isinstance(what, int):
        return op.inputs[what]
    return read_before(op, *what) if isinstance(what, _Read) else _outside(what)


def _outside(tensor: Any) -> Any:
    """A tensor that is the same in every iteration, from outside of the forward body."""
    if isinstance(tensor, SymbolicTensor) and tensor.op.op_type is raw.Const:
        graph = state.graph
        if graph is None or tensor.op.graph is not graph:
            from tidefall.tensor.conversion import constant

            return constant(tensor.op.attrs["value"], tensor.dtype)
    return tensor
