"""Which nodes of a graph have to run for some of its tensors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tidefall.core.tensor import SymbolicTensor
from tidefall.graph.graph import Operation


def reachable(outputs: Iterable[SymbolicTensor], nodes: Sequence[Operation]) -> list[Operation]:
    """The nodes needed for `outputs`, plus those with side effects, in program order."""
    needed: set[int] = {id(t.op) for t in outputs}
    before = -1
    while True:
        kept: list[Operation] = []
        for node in reversed(nodes):
            if id(node) in needed or (node.op_type.is_stateful and has_side_effect(node)):
                kept.append(node)
                needed.add(id(node))
                for t in node.inputs:
                    needed.add(id(t.op))
                for other in node.control_inputs:
                    needed.add(id(other))
        if len(kept) in (len(needed), before):
            break
        before = len(kept)  # a loop of TensorFlow 1 leads back to an earlier node
    kept.reverse()
    return kept


_READ_ONLY = frozenset(
    {
        "ReadVariableOp",
        "VarHandleOp",
        "ResourceGather",
        "ResourceGatherNd",
        "VariableShape",
        "VarIsInitializedOp",
        "Placeholder",
        "If",
        "While",
        "Case",
        "LookupTableFindV2",
        "LookupTableSizeV2",
        "LookupTableExportV2",
        "HashTableV2",
        "DisableCopyOnRead",
    }
)


def has_side_effect(node: Operation) -> bool:
    """True when a node must run even if nobody reads its outputs."""
    op = node.op_type
    if not op.is_stateful:
        return False
    if op.name in _READ_ONLY or op.name in ("StatefulPartitionedCall", "PartitionedCall"):
        return any(
            has_side_effect(inner)
            for value in node.attrs.values()
            for function in (value if isinstance(value, list) else (value,))
            if hasattr(function, "graph") and hasattr(function.graph, "nodes")
            for inner in function.graph.nodes
        )
    return True
