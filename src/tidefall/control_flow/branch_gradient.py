"""The gradients of If and Case: the same op over the gradients of the branches.

A value inside a branch that its gradient needs becomes an output of the forward node. The other
branches have no such value and return a FakeParam, which nobody reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tidefall.autodiff.backprop import differentiable, zeros_like
from tidefall.base import dtypes
from tidefall.base.errors import UnimplementedError
from tidefall.base.state import graph_scope, tapes_paused
from tidefall.control_flow.loop_gradient import variable_zeros
from tidefall.control_flow.loop_residuals import repeatable
from tidefall.control_flow.residuals import BackwardGraph, Key, lengthen, with_outputs
from tidefall.control_flow.subgraphs import announce, merged_shapes, numbers, op_for
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.operation import Operation
from tidefall.op import raw
from tidefall.runtime.graph_function import GraphFunction
from tidefall.tensor.conversion import convert_to_tensor


def if_gradient(op: Any, *gradients: Any) -> list[Any]:
    """Gradients of the inputs of an If node."""
    return _branch_gradient(op, gradients)


def case_gradient(op: Any, *gradients: Any) -> list[Any]:
    """Gradients of the inputs of a Case node."""
    return _branch_gradient(op, gradients)


if_gradient.takes_missing_gradients = True  # type: ignore[attr-defined]
case_gradient.takes_missing_gradients = True  # type: ignore[attr-defined]


def _functions(op: Any) -> list[Any]:
    if "branches" in op.attrs:
        return list(op.attrs["branches"])
    return [op.attrs["then_branch"], op.attrs["else_branch"]]


def _as_attrs(op: Any, functions: list[Any]) -> dict[str, Any]:
    if "branches" in op.attrs:
        return {"branches": functions}
    return {"then_branch": functions[0], "else_branch": functions[1]}


def _branch_gradient(op: Any, gradients: Sequence[Any]) -> list[Any]:
    bodies = [f.graph for f in _functions(op)]
    flows = [
        i
        for i, g in enumerate(gradients)
        if g is not None and any(differentiable(b.outputs[i]) for b in bodies)
    ]
    needed = getattr(op, "needed", None) or [True] * len(op.inputs)
    inputs = list(op.inputs[1:])
    asked = [i for i, t in enumerate(inputs) if needed[i + 1] and differentiable(t)]
    steps = [BackwardGraph(body, flows, asked) for body in bodies]
    wanted = [i for k, i in enumerate(asked) if any(s.results[k] is not None for s in steps)]
    found: list[Any] = [None] * len(op.inputs)
    if not wanted:
        return found
    for step in steps:
        with graph_scope(step.graph), tapes_paused():
            by_input = dict(zip(asked, step.results, strict=True))
            step.finish([_gradient(step, i, by_input[i]) for i in wanted])
    slots, values = _residuals(op, steps)
    keys = _shared_inputs(steps, slots)
    outside = {id(outer): outer for step in steps for outer, _ in step.captures}
    tables = {"input": inputs, "output": values, "outside": outside}
    functions = [GraphFunction(s.graph.name, s.graph) for s in steps]
    stateful, stateless = _PAIR_OF[op.op_type]
    outputs = op_for([s.graph for s in steps], stateful, stateless)(
        op.inputs[0],
        [
            *(convert_to_tensor(gradients[i]) for i in flows),
            *(tables[source][i] for source, i in keys),
        ],
        Tout=[t.dtype for t in steps[0].graph.outputs],
        output_shapes=merged_shapes([s.graph for s in steps]),
        **_as_attrs(op, functions),
    )
    # More outputs follow if an accumulator has differentiated the node already.
    for i, gradient in zip(wanted, outputs, strict=False):
        found[i + 1] = gradient
    return found


_PAIR_OF = {
    op: pair for pair in ((raw.If, raw.StatelessIf), (raw.Case, raw.StatelessCase)) for op in pair
}
"""The op for branches with effects and the one for branches without, by either."""


def _gradient(step: BackwardGraph, index: int, result: Any) -> Any:
    if result is not None:
        return convert_to_tensor(result)
    tensor = step.graph.capture(step.body.inputs[index])
    if tensor.dtype == dtypes.resource:
        return variable_zeros(step.body, step.body.inputs[index], tensor)
    return raw.ZerosLike(tensor) if tensor.dtype == dtypes.variant else zeros_like(tensor)


def _shared_inputs(steps: list[BackwardGraph], slots: list[dict[int, int]]) -> list[Key]:
    """Give all the backward graphs the same inputs behind the gradients: every key of any."""
    keys: dict[Key, Any] = {}
    tables: list[dict[Key, Any]] = []
    for step, known in zip(steps, slots, strict=True):
        table = dict(zip(step.sources(known), (i for _, i in step.captures), strict=True))
        tables.append(table)
        for key, inner in table.items():
            keys.setdefault(key, inner)
    for step, table in zip(steps, tables, strict=True):
        graph = step.graph
        with graph_scope(graph), tapes_paused():
            arguments = [
                table[key] if key in table else graph.placeholder(like.dtype, like.shape, "unused")
                for key, like in keys.items()
            ]
        graph.arguments = [*graph.arguments, *arguments]
    return list(keys)


# ---- keeping what the branches compute ----


def _residuals(op: Any, steps: list[BackwardGraph]) -> tuple[list[dict[int, int]], Sequence[Any]]:
    """For each branch the output that holds each of its tensors, and the values of the outputs."""
    slots = [{id(t): i for i, t in reversed(list(enumerate(step.body.outputs)))} for step in steps]
    missing = [
        [t for t in step.residuals() if id(t) not in known]
        for step, known in zip(steps, slots, strict=True)
    ]
    if any(missing):
        values = _extend(op, steps, slots, missing)
    else:
        values = op.outputs
    if isinstance(op, Operation):
        used = [
            values[known[id(t)]]
            for s, known in zip(steps, slots, strict=True)
            for t in s.residuals()
        ]
        announce(op, used)
    return slots, values


def _extend(
    op: Any, steps: list[BackwardGraph], slots: list[dict[int, int]], missing: list[list[Any]]
) -> Sequence[Any]:
    """Add outputs for tensors of the branches, and note them in `slots`; returns all outputs."""
    start = len(op.outputs)
    rows = _rows(missing)
    for i, row in enumerate(rows):
        for known, tensor in zip(slots, row, strict=True):
            if tensor is not None:
                known[id(tensor)] = start + i
    functions = [_longer(s.body, [row[k] for row in rows], rows) for k, s in enumerate(steps)]
    likes = [next(t for t in row if t is not None) for row in rows]
    if isinstance(op, Operation):
        lengthen(op, _as_attrs(op, functions), likes)
        return op.outputs
    return _run_again(op, functions, likes)


def _rows(missing: list[list[Any]]) -> list[list[Any]]:
    """The outputs to add: for each of them the tensor of each branch, or None.

    Branches share an output where they keep values of one dtype and shape.
    """
    rows: list[list[Any]] = []
    for k, tensors in enumerate(missing):
        for tensor in tensors:
            row = next((r for r in rows if r[k] is None and _fits(r, tensor)), None)
            if row is None:
                row = [None] * len(missing)
                rows.append(row)
            row[k] = tensor
    return rows


def _fits(row: list[Any], tensor: Any) -> bool:
    like = next(t for t in row if t is not None)
    return (
        tensor.dtype == like.dtype
        and tensor.dtype != dtypes.variant
        and tensor.shape.is_fully_defined()
        and like.shape.is_fully_defined()
        and tensor.shape == like.shape
    )


def _longer(body: FuncGraph, own: list[Any], rows: list[list[Any]]) -> GraphFunction:
    base = body.base
    outputs = []
    with graph_scope(base), tapes_paused():
        for tensor, row in zip(own, rows, strict=True):
            like = next(t for t in row if t is not None)
            outputs.append(
                raw.FakeParam(dtype=like.dtype, shape=like.shape) if tensor is None else tensor
            )
    view = with_outputs(body, outputs, next(numbers))
    return GraphFunction(view.name, view)


def _run_again(record: Any, functions: list[GraphFunction], likes: list[Any]) -> Sequence[Any]:
    """Run an eager node once more, keeping values: only right if it has no effects."""
    if not all(repeatable(f.graph) for f in functions):
        raise UnimplementedError(
            None,
            None,
            f"The gradient of {record.type} ops that were run eagerly, and whose branches assign "
            "variables or draw random numbers, is not implemented in Tidefall; call them inside a "
            "tf.function.",
        )
    return record.op_type(
        record.inputs[0],
        list(record.inputs[1:]),
        Tout=[*record.attrs["Tout"], *(t.dtype for t in likes)],
        output_shapes=merged_shapes([f.graph for f in functions]),
        **_as_attrs(record, functions),
    )
