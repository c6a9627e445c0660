"""Graphs of TensorFlow 1 with variables passed by reference, rewritten for resource variables.

`VariableV2` hands out a reference that ops such as `Assign` write through and all others read when
they run. The same program over handles has an explicit `ReadVariableOp` for every such read.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tidefall.base.errors import UnimplementedError

REFERENCES = frozenset({"Variable", "VariableV2"})
"""Ops that make a variable and hand out a reference."""

_WRITERS = {
    "Assign": "AssignVariableOp",
    "AssignAdd": "AssignAddVariableOp",
    "AssignSub": "AssignSubVariableOp",
    "ScatterAdd": "ResourceScatterAdd",
    "ScatterDiv": "ResourceScatterDiv",
    "ScatterMax": "ResourceScatterMax",
    "ScatterMin": "ResourceScatterMin",
    "ScatterMul": "ResourceScatterMul",
    "ScatterSub": "ResourceScatterSub",
    "ScatterUpdate": "ResourceScatterUpdate",
}
_PASSED_ON = frozenset({"RefIdentity"})


def is_reference(node: Any) -> bool:
    """Whether a NodeDef is of a variable passed by reference."""
    return node.op in REFERENCES


def without_references(nodes: Iterable[Any]) -> list[Any]:
    """The NodeDefs with every use of a reference replaced by ops on the variable's handle.

    The variables' own nodes stay; their name now stands for the handle.

    Raises:
        UnimplementedError: for a use that has no such replacement.
    """
    nodes = list(nodes)
    roots = {node.name: node.name for node in nodes if is_reference(node)}
    if not roots:
        return nodes
    dtypes = {node.name: node.attr["dtype"].type for node in nodes if is_reference(node)}
    by_name = {node.name: node for node in nodes}
    for name in by_name:
        _follow(name, by_name, roots)
    rewriter = _Rewriter(roots, dtypes)
    return [made for node in nodes for made in rewriter.rewrite(node)]


def _follow(name: str, nodes: dict[str, Any], roots: dict[str, str]) -> None:
    """Note which variable the output of an op that passes its reference on refers to."""
    chain: list[str] = []
    while name not in roots:
        node = nodes.get(name)
        if node is None or (node.op not in _WRITERS and node.op not in _PASSED_ON) or name in chain:
            return
        chain.append(name)
        name = node.input[0].partition(":")[0]
    roots.update((passed, roots[name]) for passed in chain)


class _Rewriter:
    def __init__(self, roots: dict[str, str], dtypes: dict[str, int]):
        self._roots = roots
        self._dtypes = dtypes

    def rewrite(self, node: Any) -> list[Any]:
        if is_reference(node):
            return [node]
        reference = self._roots.get(node.input[0].partition(":")[0]) if node.input else None
        if reference is not None and node.op in _WRITERS:
            return self._writer(node, reference)
        if reference is not None and node.op in _PASSED_ON:
            return self._reads(node, skip=1)[:-1] + [self._read(node.name, reference, node)]
        if reference is not None and node.op == "IsVariableInitialized":
            return [self._checks(node, reference)]
        if node.op.startswith("Ref") and reference is not None:
            raise UnimplementedError(
                None,
                None,
                f"The op {node.op} (node {node.name}) on a variable passed by reference "
                "is not implemented in Tidefall.",
            )
        return self._reads(node)

    def _writer(self, node: Any, reference: str) -> list[Any]:
        *reads, changed = self._reads(node, skip=1)
        new = _new(f"{node.name}/write", _WRITERS[node.op])
        new.input.extend([reference, *changed.input[1:]])
        new.attr["dtype"].type = self._dtypes[reference]
        if "Tindices" in node.attr:
            new.attr["Tindices"].type = node.attr["Tindices"].type
        # Who uses the old node's output wants the value after the write.
        read = self._read(node.name, reference, None)
        read.input.append(f"^{new.name}")
        return [*reads, new, read]

    def _checks(self, node: Any, reference: str) -> Any:
        new = _new(node.name, "VarIsInitializedOp")
        new.input.extend([reference, *(text for text in node.input if text.startswith("^"))])
        return new

    def _reads(self, node: Any, skip: int = 0) -> list[Any]:
        """The node with reads of its own in place of references, behind those reads."""
        sources = [text.partition(":")[0] for text in node.input]
        used = [
            i
            for i, name in enumerate(sources)
            if i >= skip and name in self._roots and self._roots[name] == name
        ]
        dropped = [
            i
            for i, text in enumerate(node.input)
            if text.startswith("^") and self._roots.get(text[1:]) == text[1:]
        ]
        if not used and not dropped:
            return [node]
        changed = _new(node.name, node.op)
        changed.CopyFrom(node)
        reads: list[Any] = []
        for i in used:
            read = self._read(f"{node.name}/read_{i}", sources[i], node)
            changed.input[i] = read.name
            reads.append(read)
        for i in reversed(dropped):
            del changed.input[i]
        return [*reads, changed]

    def _read(self, name: str, reference: str, like: Any) -> Any:
        """A read that waits for what a node waits for."""
        new = _new(name, "ReadVariableOp")
        new.input.append(reference)
        if like is not None:
            new.input.extend(
                text
                for text in like.input
                if text.startswith("^") and self._roots.get(text[1:]) != text[1:]
            )
        new.attr["dtype"].type = self._dtypes[reference]
        return new


def _new(name: str, op: str) -> Any:
    from tidefall.proto import NodeDef

    return NodeDef(name=name, op=op)
