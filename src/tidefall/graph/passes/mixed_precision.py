"""Automatic mixed precision: products and convolutions in a 16-bit float type.

Nodes are of four kinds, as in TensorFlow: those that gain (products, convolutions) are always
narrowed; those that are safe (sums, activations) and those that only move data are narrowed where
they stand between two of the first kind; all others keep float32. Casts go where a narrow value
meets a wide one. What enters and leaves the graph keeps its dtype.
"""

from __future__ import annotations

from typing import Any

from tidefall.base.dtypes import DType, float32
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.operation import Operation
from tidefall.graph.passes.rewriting import Rewriter, is_pure
from tidefall.op import raw
from tidefall.op.traits import GAINS_BY_HALF, SAFE_IN_HALF


def narrow(graph: FuncGraph, dtype: DType) -> int:
    """Compute in `dtype` (float16 or bfloat16) what gains from it and what lies between.

    Returns:
        The number of nodes narrowed.
    """
    chosen = _choose(graph, dtype)
    if not chosen:
        return 0
    narrower = _Narrower(chosen, dtype)
    Rewriter(graph).run(narrower.rule)
    return len(chosen)


def _choose(graph: FuncGraph, dtype: DType) -> set[int]:
    """Ids of the nodes to narrow."""
    after: set[int] = set()
    for node in graph.nodes:
        if not _fits(node, dtype):
            continue
        traits = node.op_type.traits
        if GAINS_BY_HALF in traits or (
            SAFE_IN_HALF in traits and any(id(t.op) in after for t in node.inputs)
        ):
            after.add(id(node))
    chosen: set[int] = set()
    wanted: set[int] = set()
    for node in reversed(graph.nodes):
        if id(node) in after and (GAINS_BY_HALF in node.op_type.traits or id(node) in wanted):
            chosen.add(id(node))
            wanted.update(id(t.op) for t in node.inputs)
    return chosen


def _fits(node: Operation, dtype: DType) -> bool:
    """Whether a node computes in float32 and its op takes the narrow type."""
    name = "T"
    if node.attrs.get(name) != float32 or not is_pure(node):
        return False
    attr = node.op_type.definition.attrs[name]
    return not attr.allowed or dtype in attr.allowed


class _Narrower:
    """Gives chosen nodes the narrow type, and everyone the inputs they take."""

    def __init__(self, chosen: set[int], dtype: DType):
        self.chosen = chosen
        self.dtype = dtype
        self.casts: dict[tuple[int, DType], Any] = {}
        self.keep: list[Any] = []

    def rule(self, node: Operation, rewriter: Rewriter) -> list[Any] | None:
        if id(node) not in self.chosen:
            return None
        inputs = [
            self._cast(t, self.dtype, node, rewriter) if follows else t
            for t, follows in zip(node.inputs, _follows(node), strict=True)
        ]
        attrs = {**node.attrs, "T": self.dtype}
        new = rewriter.add(node.op_type, inputs, attrs, node)
        outputs: list[Any] = []
        for old, tensor in zip(node.outputs, new.outputs, strict=True):
            tensor.set_shape(old.shape)
            # Readers that are not narrowed take the wide copy; it goes if there are none.
            wide = tensor
            if tensor.dtype == self.dtype and old.dtype != self.dtype:
                wide = self._cast(tensor, float32, node, rewriter)
                self.casts[id(wide), self.dtype] = tensor
            outputs.append(wide)
        return outputs

    def _cast(self, tensor: Any, dtype: DType, node: Operation, rewriter: Rewriter) -> Any:
        if tensor.dtype == dtype or tensor.dtype not in (float32, self.dtype):
            return tensor
        key = id(tensor), dtype
        found = self.casts.get(key)
        if found is None:
            attrs = {"SrcT": tensor.dtype, "DstT": dtype}
            name = f"{tensor.op.name}/cast_{dtype.name}"
            cast = rewriter.add(raw.Cast, [tensor], attrs, node, name)
            cast.control_inputs = []
            found = self.casts[key] = cast.outputs[0]
            self.keep.append(tensor)
        return found


def _follows(node: Operation) -> list[bool]:
    """For each input whether its dtype is the attribute T."""
    flags: list[bool] = []
    for arg in node.op_type.definition.inputs:
        count = node.attrs[arg.number_attr] if arg.number_attr else 1
        flags.extend([arg.type_attr == "T"] * count)
    return flags
