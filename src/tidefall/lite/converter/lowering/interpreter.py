"""Lowering: a traced graph is walked once, with builtin operators standing for its values.

Constants are computed on the way, calls are entered, variables are read, and sizes that are known
become constants, so that no pass has to run before. What has no lowering is collected, so that one
error names it all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.composite.variables.storage import VariableStorage
from tidefall.graph.analysis import needed_nodes
from tidefall.graph.operation import Operation
from tidefall.lite.converter.ir import Dims, Subgraph, Value
from tidefall.lite.converter.lowering.builder import Builder, lite_dtype
from tidefall.lite.converter.lowering.registry import CannotLower, rule_of
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.traits import CALL, PASSES_ON, SHAPE_ONLY
from tidefall.tensor.tensor import EagerTensor, TypedTensor

MAX_FOLDED = 1 << 20
"""Bytes that a value computed beforehand may take; more only if its inputs take as much."""


@dataclass(frozen=True)
class Obstacle:
    """A node without builtin operators.

    Attributes:
        op: the op's name.
        layer: the node's name.
        line: `file:line` of the user's code, or an empty string.
        reason: why it has none.
        signature: the signature it is of, where several are converted.
        is_input: whether it is an input of the model.
    """

    op: str
    layer: str
    line: str
    reason: str
    signature: str = ""
    is_input: bool = False

    def __str__(self) -> str:
        where = f" ({self.line})" if self.line else ""
        signature = f" of signature {self.signature!r}" if self.signature else ""
        return f"{self.op} in {self.layer}{signature}{where}: {self.reason}"


@dataclass(frozen=True)
class Variable:
    """A variable of the source, whose handle a graph passes on.

    Attributes:
        storage: where it is.
        value: what it holds now.
        is_assigned: whether the source assigns to it, so that it is no constant.
        name: what the model calls it, if it is not; other variables are called otherwise.
    """

    storage: VariableStorage
    value: Value
    is_assigned: bool = False
    name: str = ""


@dataclass(frozen=True)
class Table:
    """A lookup table of the source.

    Attributes:
        keys, values: its entries.
        number: tells it from other tables.
        is_kept: whether the model has a table of its own for it.
    """

    keys: np.ndarray
    values: np.ndarray
    number: int = 0
    is_kept: bool = False


Fallback = Callable[[Builder, Operation, list[Any]], "list[Any] | None"]
"""What to do with a node that has no builtins: outputs of a Flex or custom operator, or None."""


class Lowering:
    """Lowers graphs into a subgraph.

    Args:
        subgraph: where operators go.
        fallback: asked for nodes that have no builtins.
        obstacles: a list that collects what cannot be lowered.
        prefix: goes before the names of nodes.
        inside: graphs that are being lowered around this one.
    """

    def __init__(
        self,
        subgraph: Subgraph,
        fallback: Fallback,
        obstacles: list[Obstacle],
        prefix: str = "",
        inside: tuple[int, ...] = (),
    ):
        self.builder = Builder(subgraph, prefix)
        self.builder.lowering = self
        self.fallback = fallback
        self.obstacles = obstacles
        self.prefix = prefix
        self.inside = inside

    def nested(self, subgraph: Subgraph, prefix: str) -> Lowering:
        """A lowering of a function into a subgraph of its own."""
        return Lowering(subgraph, self.fallback, self.obstacles, prefix, self.inside)

    def run(self, graph: Any, inputs: Sequence[Any]) -> list[Any]:
        """Lower a graph.

        Args:
            graph: the graph of a function.
            inputs: what stands for its inputs: values, variables, lists.

        Returns:
            What stands for its outputs.
        """
        env: dict[int, Any] = {id(t): v for t, v in zip(graph.inputs, inputs, strict=True)}
        inside = {id(t.op) for t in graph.inputs}
        for node in needed_nodes(graph):
            if id(node) not in inside:
                self._node(node, env)
        return [env[id(t)] for t in graph.outputs]

    def _node(self, node: Operation, env: dict[int, Any]) -> None:
        builder = self.builder
        saved, builder.node = builder.node, node
        inputs = [env[id(t)] for t in node.inputs]
        try:
            results = self._lowered(node, inputs)
        finally:
            builder.node = saved
        for tensor, value in zip(node.outputs, results, strict=True):
            if isinstance(value, Value) and value.data is None and tensor.shape.rank is not None:
                value.shape = merged(value.shape, tuple(tensor.shape.as_list()))
            env[id(tensor)] = value

    def _lowered(self, node: Operation, inputs: list[Any]) -> list[Any]:
        builder, kind = self.builder, node.op_type
        if kind is raw.Const:
            return [builder.const(as_lite(node.attrs["value"], node.outputs[0].dtype))]
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
        rule = rule_of(kind)
        try:
            missing = next((v for v in inputs if isinstance(v, Missing)), None)
            if missing is not None:
                raise CannotLower(missing.reason)
            if rule is None:
                raise CannotLower("LiteRT has no builtin operator for it")
            found = rule(builder, node, inputs)
            results = list(found) if isinstance(found, (list, tuple)) else [found]
        except CannotLower as reason:
            results = self._instead(node, inputs, str(reason))
        return results

    def _call(self, node: Operation, inputs: list[Any]) -> list[Any]:
        graph = node.attrs["f"].graph
        if id(graph) in self.inside:
            reason = "a function that calls itself has no form in a LiteRT model"
            return self._instead(node, inputs, reason)
        saved, self.inside = self.inside, (*self.inside, id(graph))
        try:
            return self.run(graph, inputs)
        finally:
            self.inside = saved

    def _instead(self, node: Operation, inputs: list[Any], reason: str) -> list[Any]:
        """What a Flex or custom operator gives; an obstacle where there is to be none."""
        if all(isinstance(v, Value) for v in inputs):
            found = self.fallback(self.builder, node, inputs)
            if found is not None:
                return found
        if reason:
            layer = self.builder.name
            self.obstacles.append(Obstacle(node.type, layer, node.user_line, reason))
        return [Missing() for _ in node.outputs]


class Missing:
    """Stands for an output of a node that cannot be lowered, so that the rest is looked at too.

    Args:
        reason: why a node that reads it cannot be lowered, if nobody has said so yet.
    """

    shape = ()

    def __init__(self, reason: str = ""):
        self.reason = reason


def as_lite(value: np.ndarray, dtype: Any) -> np.ndarray:
    """A constant of the source in the dtype that the model computes in."""
    if dtype.base_dtype == dtypes.string:
        return np.asarray(value, object)
    return np.asarray(value).astype(lite_dtype(dtype), copy=False)


def merged(a: Dims, b: Dims) -> Dims:
    """Sizes that are known from either; the first wins where they differ."""
    if len(a) != len(b):
        return a
    return tuple(y if x is None else x for x, y in zip(a, b, strict=True))


def fold(builder: Builder, node: Operation, inputs: list[Any]) -> list[Any] | None:
    """The outputs of a node that can be computed now, else None."""
    kind = node.op_type
    if not kind.effects.is_pure or not node.outputs or not node.inputs:
        return None
    if SHAPE_ONLY in kind.traits and all(isinstance(v, Value) and v.is_static for v in inputs):
        given = [np.empty(v.shape, np.int8) if v.data is None else v.data for v in inputs]
        if any(v.dtype == object for v in inputs):
            return None
    elif all(isinstance(v, Value) and v.is_constant for v in inputs):
        given = [v.data for v in inputs]
    else:
        return None
    given = [
        g if t.dtype.name == "string" or SHAPE_ONLY in kind.traits
        else np.asarray(g, t.dtype.as_numpy_dtype)
        for g, t in zip(given, node.inputs, strict=True)
    ]  # fmt: skip
    limit = max(MAX_FOLDED, 2 * sum(g.nbytes for g in given))
    size = 0
    for t in node.outputs:
        if t.dtype in (dtypes.resource, dtypes.variant) or t.dtype.is_quantized:
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
    return [builder.const(as_lite(a, t.dtype)) for a, t in zip(arrays, node.outputs, strict=True)]
