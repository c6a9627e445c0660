"""Scales and shifts of channels folded into the weights before them: what is left of batch norms.

`conv * s` becomes `conv` with scaled weights, `(conv + b) * s + t` one `conv + (b * s + t)`.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

_CONVOLUTIONS = ("Conv2D", "Conv3D", "DepthwiseConv2dNative", "MatMul")
_SUMS = ("BiasAdd", "AddV2", "Add")


class _Folding:
    """One walk over a graph.

    Args:
        message: a GraphDef, which is changed.
        values: its constants by name, which are changed, too.
        outputs: names of nodes that are read from outside.
    """

    def __init__(self, message: Any, values: dict[str, np.ndarray], outputs: set[str]):
        self.values, self.outputs = values, outputs
        self.nodes = {node.name: node for node in message.node}
        self.uses = Counter(
            name.split(":")[0].lstrip("^") for n in message.node for name in n.input
        )
        self.instead: dict[str, str] = {}

    def producer(self, name: str) -> Any:
        """The node behind an input, if nothing else reads it."""
        name = self.instead.get(name, name)
        node = self.nodes.get(name)
        alone = node is not None and self.uses[name] == 1 and name not in self.outputs
        return node if alone else None

    def constant(self, name: str) -> np.ndarray | None:
        """A constant of floats."""
        value = self.values.get(self.instead.get(name, name))
        return value if value is not None and value.dtype.kind == "f" else None

    def split(self, node: Any) -> tuple[str, np.ndarray, int] | None:
        """The input of a node that is no constant, the constant by channel, and its place."""
        if len(node.input) != 2:
            return None
        for place in (1, 0):
            value, other = self.constant(node.input[place]), node.input[1 - place]
            if value is None or self.constant(other) is not None:
                continue
            if value.size == 1 or value.size == value.shape[-1]:
                return other, value.reshape(-1), place
        return None

    def scale(self, node: Any, by: np.ndarray) -> bool:
        """Multiply what a convolution gives by a number for each channel."""
        if node is None or node.op not in _CONVOLUTIONS:
            return False
        if node.op == "MatMul" and node.attr["transpose_b"].b:
            return False
        if node.attr["data_format"].s not in (b"", b"NHWC", b"NDHWC"):
            return False
        name = self.instead.get(node.input[1], node.input[1])
        weights = self.values.get(name)
        if weights is None or weights.dtype.kind != "f" or self.uses[name] != 1:
            return False
        channels = weights.shape[-1]
        if node.op == "DepthwiseConv2dNative":
            channels = weights.shape[-2] * weights.shape[-1]
        if by.size not in (1, channels):
            return False
        whole = np.broadcast_to(by.astype(np.float64), [channels])
        shape = weights.shape[-2:] if node.op == "DepthwiseConv2dNative" else [channels]
        self.values[name] = (weights * whole.reshape(shape)).astype(weights.dtype)
        return True

    def multiply(self, node: Any) -> bool:
        """Take a product into what is before it."""
        found = self.split(node)
        if found is None:
            return False
        before, by, _ = found
        producer = self.producer(before)
        if producer is None:
            return False
        if producer.op in _SUMS:
            inner = self.split(producer)
            if inner is None:
                return False
            under, shift, place = inner
            name = self.instead.get(producer.input[place], producer.input[place])
            if self.uses[name] != 1 or not self.scale(self.producer(under), by):
                return False
            wide = np.broadcast_to(shift, [max(shift.size, by.size)]) * by
            self.values[name] = wide.astype(shift.dtype)
        elif not self.scale(producer, by):
            return False
        self.instead[node.name] = producer.name
        self.uses[producer.name] = self.uses[node.name]
        return True

    def add(self, node: Any) -> bool:
        """Add two constants of channels that follow each other."""
        found = self.split(node)
        producer = None if found is None else self.producer(found[0])
        if found is None or producer is None or producer.op not in _SUMS:
            return False
        inner = self.split(producer)
        if inner is None:
            return False
        _, shift, place = inner
        name = self.instead.get(producer.input[place], producer.input[place])
        if self.uses[name] != 1 or (shift.size == 1 and found[1].size > 1):
            return False
        self.values[name] = shift + found[1]
        self.instead[node.name] = producer.name
        self.uses[producer.name] = self.uses[node.name]
        return True


def fold_channels(message: Any, values: dict[str, np.ndarray], outputs: set[str]) -> int:
    """Fold products and sums with constants of channels into convolutions; returns how many.

    Args:
        message: a GraphDef in the order of evaluation, which is changed.
        values: its constants by name, which are changed, too.
        outputs: names of nodes that are read from outside.
    """
    folding = _Folding(message, values, outputs)
    for node in message.node:
        if node.name in outputs:
            continue
        if node.op == "Mul":
            folding.multiply(node)
        elif node.op in ("AddV2", "Add", "BiasAdd"):
            folding.add(node)
    instead = folding.instead
    kept = [node for node in message.node if node.name not in instead]
    for node in kept:
        node.input[:] = [instead.get(name, name) for name in node.input]
    read = {name.split(":")[0].lstrip("^") for node in kept for name in node.input} | outputs
    kept = [node for node in kept if node.op != "Const" or node.name in read]
    del message.node[:]
    message.node.extend(kept)
    for name in values.keys() - read:
        del values[name]
    return len(instead)
