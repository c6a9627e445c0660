"""What depends on constants alone is computed once, when the graph is prepared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.operation import Operation
from tidefall.graph.passes.inlining import splice
from tidefall.graph.passes.rewriting import Rewriter, is_pure, known
from tidefall.op import raw
from tidefall.op.traits import BRANCH
from tidefall.tensor.tensor import EagerTensor, TypedTensor

LARGEST = 1 << 20
"""Bytes that a folded value may take; more only if its inputs take as much."""


def fold_constants(graph: FuncGraph) -> int:
    """Compute nodes whose inputs are constants; take the branch that a constant chooses.

    Nodes that fail are left alone: their error belongs to running the program. An Assert whose
    condition holds goes.
    """
    return Rewriter(graph).run(_fold)


def _fold(node: Operation, rewriter: Rewriter) -> Sequence[Any] | None:
    kind = node.op_type
    if not node.inputs or kind is raw.Const:
        return None
    if BRANCH in kind.traits:
        return _choose(node, rewriter)
    if kind is raw.Assert:
        condition = known(node.inputs[0])
        return [] if condition is not None and bool(np.all(condition)) else None
    for t in node.inputs:
        if t.op.op_type is not raw.Const:
            return None
    if not is_pure(node) or node.op_type.host is None:
        return None
    values = [t.op.attrs["value"] for t in node.inputs]
    limit = max(LARGEST, 2 * sum(value.nbytes for value in values))
    results = _compute(node, values, limit)
    if results is None:
        return None
    rewriter.release(node)
    return [
        rewriter.constant(value, t.dtype, node)
        for value, t in zip(results, node.outputs, strict=True)
    ]


def _compute(node: Operation, values: list[np.ndarray], limit: int) -> list[np.ndarray] | None:
    size = 0
    for t in node.outputs:
        if t.dtype in (dtypes.resource, dtypes.variant) or t.dtype.is_quantized:
            return None
        size += (t.shape.num_elements() or 0) * (t.dtype.size or 1)
    if size > limit:
        return None
    try:
        tensors = [EagerTensor(value) for value in values]
        outputs = node.op_type.run(tensors, node.attrs)
    except Exception:  # noqa: BLE001 - whatever it is, it is raised when the program runs
        return None
    if any(isinstance(t, TypedTensor) for t in outputs):
        return None
    results = [np.asarray(t.host_array()) for t in outputs]
    return results if sum(r.nbytes for r in results) <= limit else None


def _choose(node: Operation, rewriter: Rewriter) -> Sequence[Any] | None:
    """The branch that a constant chooses, in the node's place."""
    choice = known(node.inputs[0])
    if choice is None or choice.dtype == object or choice.ndim:
        return None
    if "branches" in node.attrs:
        branches = node.attrs["branches"]
        number = int(choice)
        branch = branches[number if 0 <= number < len(branches) else -1]
    else:
        branch = node.attrs["then_branch" if bool(choice) else "else_branch"]
    if id(branch.graph) in node.inlined_from:
        return None
    return splice(node, branch.graph, node.inputs[1:], rewriter)
