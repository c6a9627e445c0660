"""What the exporter works on: nodes and values of an ONNX graph as linked objects.

Values are those of the LiteRT converter. Graphs inside of `If` and `Loop` see the values around
them, as ONNX has it, so that what a graph reads includes what is read inside.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tidefall.lite.converter.ir import Operator, Subgraph, Value

MICROSOFT, ML = "com.microsoft", "ai.onnx.ml"


class Node(Operator):
    """One node; `code` is its ONNX op, `options` its attributes.

    Attributes:
        domain: whose op it is; an empty string for ONNX's own.
    """

    domain = ""


class OnnxGraph(Subgraph):
    """Nodes in the order in which they run."""

    def uses(self) -> dict[int, list[Operator]]:
        """The nodes of this graph that read each value, also inside, by the value's id."""
        found: dict[int, list[Operator]] = {}
        for node in self.operators:
            for key in {id(v) for v in reads(node)}:
                found.setdefault(key, []).append(node)
        return found

    def replace(self, old: Value, new: Value) -> None:
        """Let everyone who reads `old`, also inside, read `new`."""
        super().replace(old, new)
        for node in self.operators:
            for inner in node.subgraphs():
                inner.replace(old, new)

    def remove_dead(self) -> None:
        """Remove nodes whose outputs nobody reads."""
        needed = {id(v) for v in self.outputs}
        kept: list[Operator] = []
        for node in reversed(self.operators):
            if any(id(v) in needed for v in node.outputs):
                for inner in node.subgraphs():
                    inner.remove_dead()
                kept.append(node)
                needed.update(id(v) for v in reads(node))
        self.operators = kept[::-1]


def reads(node: Operator) -> Iterator[Value]:
    """Everything a node reads, also in graphs inside."""
    for value in node.inputs:
        if value is not None:
            yield value
    for inner in node.subgraphs():
        yield from inner.outputs
        for each in inner.operators:
            yield from reads(each)


def graphs_of(graph: Subgraph) -> Iterator[Subgraph]:
    """A graph and all graphs inside, inner ones first."""
    for node in graph.operators:
        for inner in node.subgraphs():
            yield from graphs_of(inner)
    yield graph


def plain(options: dict[str, Any]) -> dict[str, Any]:
    """Attributes without graphs."""
    return {k: v for k, v in options.items() if not isinstance(v, Subgraph)}
