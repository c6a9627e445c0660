"""Lowering: a traced graph is walked once, with ONNX nodes standing for its values.

Constants are computed on the way, calls are entered and variables are read, so that no pass has to
run before. What has no ONNX op is collected, so that one error names it all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.export.onnx.exporter.builder import Builder, onnx_dtype
from tidefall.export.onnx.exporter.ir import OnnxGraph
from tidefall.export.onnx.exporter.registry import CannotExport, rule_of, takes_parts
from tidefall.graph.analysis import needed_nodes
from tidefall.graph.operation import Operation
from tidefall.lite.converter.ir import Value
from tidefall.lite.converter.lowering.interpreter import Missing, Obstacle, merged
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.traits import CALL, PASSES_ON, SHAPE_ONLY
from tidefall.tensor.tensor import EagerTensor, TypedTensor

MAX_FOLDED = 1 << 20
"""Bytes that a value computed beforehand may take; more only if its inputs take as much."""


@dataclass(frozen=True)
class Complex:
    """A complex tensor: ONNX has none, so that it is a tensor with one more dimension of two.

    Attributes:
        parts: real numbers [..., 2].
    """

    parts: Value


@dataclass(frozen=True)
class Bits:
    """The bits of floats as integers, which ONNX cannot say but for the question about signs.

    Attributes:
        value: the floats.
    """

    value: Value


class Lowering:
    """Lowers graphs into an ONNX graph.

    Args:
        graph: where nodes go.
        opset: the version of ONNX's ops.
        obstacles: a list that collects what cannot be exported.
        prefix: goes before the names of nodes.
        inside: graphs that are being lowered around this one.
    """

    def __init__(
        self,
        graph: OnnxGraph,
        opset: int,
        obstacles: list[Obstacle],
        prefix: str = "",
        inside: tuple[int, ...] = (),
    ):
        self.builder = Builder(graph, opset, prefix)
        self.builder.lowering = self
        self.obstacles = obstacles
        self.inside = inside

    def nested(self, graph: OnnxGraph, prefix: str) -> Lowering:
        """A lowering of a function into a graph inside of this one."""
        made = Lowering(graph, self.builder.opset, self.obstacles, prefix, self.inside)
        made.builder.node = self.builder.node
        return made

    def run(self, graph: Any, inputs: Sequence[Any], observe: Callable[..., None] | None = None):
        """Lower a graph.

        Args:
            graph: the graph of a function.
            inputs: what stands for its inputs: values, variables, lists.
            observe: called with each node and what stands for its inputs, before it is lowered.

        Returns:
            What stands for its outputs.
        """
        env: dict[int, Any] = {id(t): v for t, v in zip(graph.inputs, inputs, strict=True)}
        given = {id(t.op) for t in graph.inputs}
        for node in needed_nodes(graph):
            if id(node) in given:
                continue
            values = [env[id(t)] for t in node.inputs]
            if observe is not None:
                observe(node, values)
            for tensor, value in zip(node.outputs, self._node(node, values), strict=True):
                known = tensor.shape.rank is not None
                if known and isinstance(value, Value) and value.data is None:
                    value.shape = merged(value.shape, tuple(tensor.shape.as_list()))
                env[id(tensor)] = value
        return [env[id(t)] for t in graph.outputs]

    def _node(self, node: Operation, inputs: list[Any]) -> list[Any]:
        builder = self.builder
        saved, builder.node = builder.node, node
        try:
            return self._lowered(node, inputs)
        except CannotExport as reason:
            return self._refused(node, str(reason))
        finally:
            builder.node = saved

    def _lowered(self, node: Operation, inputs: list[Any]) -> list[Any]:
        builder, kind = self.builder, node.op_type
        if kind is raw.Const:
            return [builder.const(as_onnx(node.attrs["value"], node.outputs[0].dtype))]
        if PASSES_ON in kind.traits:
            return inputs[: len(node.outputs)]
        effects = kind.effects
        if effects.checks or (not node.outputs and (effects.prints or effects == PURE)):
            return []
        if CALL in kind.traits:
            return self._call(node, inputs)
        folded = fold(builder, node, inputs)
        if folded is not None:
            return folded
        missing = next((v for v in inputs if isinstance(v, Missing)), None)
        if missing is not None:
            raise CannotExport(missing.reason)
        rule = rule_of(kind)
        if rule is None:
            raise CannotExport("ONNX has no op for it")
        if any(isinstance(v, (Complex, Bits)) for v in inputs) and not takes_parts(rule):
            raise CannotExport("ONNX has neither complex numbers nor bits of floats")
        found = rule(builder, node, inputs)
        return list(found) if isinstance(found, (list, tuple)) else [found]

    def _call(self, node: Operation, inputs: list[Any]) -> list[Any]:
        graph = node.attrs["f"].graph
        if id(graph) in self.inside:
            raise CannotExport("a function that calls itself has no form in ONNX")
        saved, self.inside = self.inside, (*self.inside, id(graph))
        try:
            return self.run(graph, inputs)
        finally:
            self.inside = saved

    def _refused(self, node: Operation, reason: str) -> list[Any]:
        if reason:
            name = self.builder.prefix + node.name
            self.obstacles.append(Obstacle(node.type, name, node.user_line, reason))
        return [Missing() for _ in node.outputs]


def as_onnx(value: np.ndarray, dtype: Any) -> np.ndarray:
    """A constant of the source as an array that ONNX can hold."""
    return np.asarray(value).astype(onnx_dtype(dtype), copy=False)


def fold(builder: Builder, node: Operation, inputs: list[Any]) -> list[Any] | None:
    """The outputs of a node that can be computed now, else None."""
    kind = node.op_type
    if not kind.effects.is_pure or not node.outputs or not node.inputs:
        return None
    if not all(isinstance(v, Value) for v in inputs):
        return None
    if SHAPE_ONLY in kind.traits and all(v.is_static for v in inputs):
        given = [np.empty(v.shape, np.int8) if v.data is None else v.data for v in inputs]
        if any(v.dtype.hasobject for v in inputs):
            return None
    elif all(v.is_constant for v in inputs):
        given = [v.data for v in inputs]
    else:
        return None
    limit = max(MAX_FOLDED, 2 * sum(g.nbytes for g in given))
    size = 0
    for t in node.outputs:
        if t.dtype in (dtypes.resource, dtypes.variant) or t.dtype.is_quantized:
            return None
        if t.dtype.is_complex:
            return None
        size += (t.shape.num_elements() or 0) * (t.dtype.size or 1)
    if size > limit:
        return None
    try:
        outputs = kind.run([EagerTensor(g) for g in given], node.attrs)
    except Exception:  # noqa: BLE001 - the error belongs to running the program
        return None
    if any(isinstance(t, TypedTensor) for t in outputs):
        return None
    arrays = [np.asarray(t.host_array()) for t in outputs]
    if sum(a.nbytes for a in arrays) > limit:
        return None
    return [builder.const(as_onnx(a, t.dtype)) for a, t in zip(arrays, node.outputs, strict=True)]
