"""The gradients of If and Case."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tidefall.autodiff.backprop import backprop, differentiable, zeros_like
from tidefall.core import dtypes
from tidefall.core.convert import convert_to_tensor
from tidefall.core.errors import UnimplementedError
from tidefall.core.op import find_op
from tidefall.core.state import state
from tidefall.function.loop_gradient import repeatable, variable_zeros
from tidefall.graph.graph import FuncGraph


def _zero_gradient(graph: FuncGraph, index: int, tensor: Any) -> Any:
    """The gradient of an input that a branch does not use."""
    if tensor.dtype == dtypes.resource:
        return variable_zeros(graph, graph.inputs[index], tensor)
    return find_op("ZerosLike")(tensor) if tensor.dtype == dtypes.variant else zeros_like(tensor)


def _branch_gradient(
    op: Any, name: str, functions: list[Any], gradients: Sequence[Any]
) -> list[Any]:
    """Gradients of a branching op: the same op over the gradients of its branches."""
    from tidefall.function.control_flow import cond, switch_case
    from tidefall.function.replay import replay

    inputs = list(op.inputs[1:])
    wanted = [i for i, t in enumerate(inputs) if differentiable(t)]
    pairs = [
        (i, g) for i, g in enumerate(gradients) if g is not None and differentiable(op.outputs[i])
    ]

    def branch(function: Any) -> Callable[[], Any]:
        def run() -> Any:
            local = [state.graph.capture(t) if state.graph is not None else t for t in inputs]
            records, mapping = replay(function.graph, local)
            targets = [mapping[id(function.graph.outputs[i])] for i, _ in pairs]
            results = backprop(
                records,
                targets,
                [convert_to_tensor(g) for _, g in pairs],
                [local[i] for i in wanted],
            )
            return [
                _zero_gradient(function.graph, i, local[i]) if r is None else convert_to_tensor(r)
                for i, r in zip(wanted, results, strict=True)
            ]

        return run

    if not all(repeatable(f.graph) for f in functions):
        raise UnimplementedError(
            None,
            None,
            f"The gradient of {name} whose branches assign variables or draw random numbers is not "
            "implemented in Tidefall yet: the branch would run twice. Do that outside of the "
            "branch.",
        )
    if name == "If":
        found = cond(op.inputs[0], branch(functions[0]), branch(functions[1]))
    else:
        found = switch_case(op.inputs[0], [branch(f) for f in functions])
    result: list[Any] = [None] * (len(inputs) + 1)
    for i, gradient in zip(wanted, found, strict=True):
        result[i + 1] = gradient
    return result


def if_gradient(op: Any, *gradients: Any) -> list[Any]:
    return _branch_gradient(op, "If", [op.attrs["then_branch"], op.attrs["else_branch"]], gradients)


def case_gradient(op: Any, *gradients: Any) -> list[Any]:
    return _branch_gradient(op, "Case", op.attrs["branches"], gradients)


if_gradient.takes_missing_gradients = True  # type: ignore[attr-defined]
case_gradient.takes_missing_gradients = True  # type: ignore[attr-defined]
