"""Nodes that do nothing, or the same as another one."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.lite.converter.ir import Operator, Subgraph, Value

_DRAW = frozenset({"RandomNormalLike", "RandomUniformLike"})


def remove_copies(graph: Subgraph) -> int:
    """Remove `Identity` where it gives nothing its name."""
    count = 0
    for node in list(graph.operators):
        if node.code != "Identity" or any(v is node.output for v in graph.outputs):
            continue
        graph.replace(node.output, node.input(0))
        graph.operators.remove(node)
        count += 1
    return count


def merge_common(graph: Subgraph) -> int:
    """Let nodes that compute the same be one."""
    seen: dict[Any, Operator] = {}
    kept: list[Operator] = []
    count = 0
    for node in graph.operators:
        key = None if node.code in _DRAW or node.subgraphs() else _key(node)
        first = None if key is None else seen.get(key)
        if first is None or any(v is o for o in node.outputs for v in graph.outputs):
            if key is not None:
                seen.setdefault(key, node)
            kept.append(node)
            continue
        graph_replace(graph, node, first)
        count += 1
    graph.operators = kept
    return count


def graph_replace(graph: Subgraph, old: Operator, new: Operator) -> None:
    """Let everyone who reads a node's outputs read those of another."""
    for a, c in zip(old.outputs, new.outputs, strict=False):
        graph.replace(a, c)


def _key(node: Operator) -> Any:
    options = tuple(sorted((k, _hashable(v)) for k, v in node.options.items()))
    domain = getattr(node, "domain", "")
    return node.code, domain, options, len(node.outputs), tuple(_value(v) for v in node.inputs)


def _hashable(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    return tuple(value) if isinstance(value, list) else value


def _value(value: Value | None) -> Any:
    if value is None:
        return None
    if value.data is not None and value.data.size <= 64 and value.dtype.kind != "O":
        return value.data.dtype.str, value.data.shape, value.data.tobytes()
    return id(value)
