"""A function traced again with ops that a runtime has.

Its graph is walked once in a new graph. What follows from constants is computed at once, variables
are read, calls and branches that are known entered, and loops of a known length unrolled, with
lists of tensors in them. An op that the runtime lacks is said in others, by a rule, or becomes an
obstacle; all are collected, so that one error names them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import tidefall as tf
from tidefall.base import dtypes
from tidefall.composite.variables.storage import VariableStorage
from tidefall.graph.analysis import needed_nodes
from tidefall.graph.operation import Operation
from tidefall.lite.converter.lowering.interpreter import Obstacle
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.op import Op
from tidefall.op.traits import CALL, PASSES_ON
from tidefall.tensor.tensor import EagerTensor, SymbolicTensor

MAX_STEPS = 4096
"""The most that loops are unrolled to."""
_MAX_FOLDED = 1 << 24
"""Bytes of a value that is computed now, if its inputs take less."""

Rule = Callable[..., Any]
"""From the node and its inputs to its outputs, in public functions."""


class CannotSay(Exception):
    """Why an op has no form in the runtime."""


@dataclass(frozen=True)
class TensorList:
    """A list of tensors that is known element by element; None for those not set."""

    elements: tuple[Any, ...]


class Retracing:
    """Traces graphs again, into the graph that is the default one.

    Args:
        supported: names of the ops that the runtime has.
        rules: how others are said.

    Attributes:
        obstacles: what could not be said.
    """

    def __init__(self, supported: frozenset[str], rules: Mapping[Op, Rule]):
        self._supported, self._rules = supported, rules
        self.obstacles: list[Obstacle] = []
        self._inside: tuple[int, ...] = ()
        self._named: dict[int, tuple[EagerTensor, str]] = {}

    def run(self, graph: Any, inputs: Sequence[Any]) -> list[Any]:
        """Trace a graph.

        Args:
            graph: of a function.
            inputs: tensors, eager ones for what is known, handles of variables, lists.

        Returns:
            The same for its outputs.
        """
        env: dict[int, Any] = {id(t): v for t, v in zip(graph.inputs, inputs, strict=True)}
        given = {id(t.op) for t in graph.inputs}
        for node in needed_nodes(graph):
            if id(node) in given:
                continue
            values = [env[id(t)] for t in node.inputs]
            for tensor, value in zip(node.outputs, self._node(node, values), strict=True):
                env[id(tensor)] = value
        return [env[id(t)] for t in graph.outputs]

    def _node(self, node: Operation, values: list[Any]) -> Sequence[Any]:
        if any(value is None for value in values):
            return [None] * len(node.outputs)  # behind an obstacle
        try:
            return self._said(node, values)
        except CannotSay as reason:
            self.obstacles.append(Obstacle(node.type, node.name, node.user_line, str(reason)))
            return [None] * len(node.outputs)

    def _said(self, node: Operation, values: list[Any]) -> Sequence[Any]:
        kind = node.op_type
        if kind is raw.Const:
            value = node.attrs["value"]
            is_text = node.outputs[0].dtype == dtypes.string
            return [tf.constant(value, tf.string) if is_text else EagerTensor(np.asarray(value))]
        if PASSES_ON in kind.traits:
            return values[: len(node.outputs)]
        if kind is raw.ReadVariableOp:
            value = EagerTensor(np.asarray(_storage(values[0]).read()))
            self._named[id(value)] = value, node.name
            return [value]
        effects = kind.effects
        if effects.checks or (not node.outputs and (effects.prints or effects == PURE)):
            return []
        if CALL in kind.traits:
            return self._call(node.attrs["f"].graph, values)
        if kind in _CONTROL:
            return _CONTROL[kind](self, node, values)
        if kind in _LISTS:
            return [_LISTS[kind](node, values)]
        if any(isinstance(value, TensorList) for value in values):
            raise CannotSay("it takes a list of tensors, of which single elements are known")
        folded = _folded(node, values)
        if folded is not None:
            return folded
        rule = self._rules.get(kind)
        if rule is not None:
            made = rule(node, *values)
            return made if isinstance(made, (list, tuple)) else [made]
        if node.type not in self._supported:
            raise CannotSay("TensorFlow.js has no such op, and nothing says it in others")
        graph = tf.compat.v1.get_default_graph()
        tensors = [self.constant(value) for value in values]
        return graph.add_node(kind, tensors, dict(node.attrs), node.name).outputs

    def constant(self, value: Any) -> Any:
        """A tensor of the new graph for one that is known; a variable's has its name."""
        if isinstance(value, SymbolicTensor):
            return value
        _, name = self._named.get(id(value), (value, "Const"))
        return tf.constant(value.numpy(), value.dtype, name=name)

    def _call(self, graph: Any, values: list[Any]) -> Sequence[Any]:
        if id(graph) in self._inside:
            raise CannotSay("a function that calls itself cannot be written out")
        saved, self._inside = self._inside, (*self._inside, id(graph))
        try:
            return self.run(graph, values)
        finally:
            self._inside = saved

    # ---- control flow ----

    def branch(self, node: Operation, values: list[Any]) -> Sequence[Any]:
        """A branch that is known is entered; of others both are computed, and one taken."""
        graphs = [node.attrs[name].graph for name in ("then_branch", "else_branch")]
        if isinstance(values[0], EagerTensor):
            return self._call(graphs[0 if bool(values[0].numpy()) else 1], values[1:])
        results = [self._call(graph, values[1:]) for graph in graphs]
        return [_either(values[0], *pair) for pair in zip(*results, strict=True)]

    def loop(self, node: Operation, values: list[Any]) -> Sequence[Any]:
        """A loop whose condition is known at each step, step by step."""
        condition, body = node.attrs["cond"].graph, node.attrs["body"].graph
        for _ in range(MAX_STEPS):
            (goes_on,) = self._call(condition, values)
            if not isinstance(goes_on, EagerTensor):
                raise CannotSay(
                    "TensorFlow.js runs no loops in `predict`, and how often this one goes round "
                    "depends on the inputs: give sequences a fixed length"
                )
            if not bool(goes_on.numpy()):
                return values
            values = list(self._call(body, values))
            if any(value is None for value in values):
                return values  # what stopped it is noted
        raise CannotSay(f"a loop of more than {MAX_STEPS} steps is too long to be written out")


def _storage(value: Any) -> VariableStorage:
    storage = getattr(value, "storage", None)
    if not isinstance(storage, VariableStorage):
        raise CannotSay("the variable it reads is not known")
    return storage


def _either(condition: Any, first: Any, second: Any) -> Any:
    if isinstance(first, TensorList) or isinstance(second, TensorList):
        raise CannotSay("a branch makes a list of tensors")
    if first is None or second is None:
        return None
    return tf.where(condition, first, second)


def _folded(node: Operation, values: list[Any]) -> Sequence[Any] | None:
    """The outputs of a node whose inputs are all known, or whose shapes are."""
    kind = node.op_type
    if kind is raw.Shape and values[0].shape.is_fully_defined():
        dtype = node.outputs[0].dtype.as_numpy_dtype
        return [EagerTensor(np.array(values[0].shape.as_list(), dtype))]
    if not kind.effects.is_pure or not values:
        return None
    if not all(isinstance(value, EagerTensor) for value in values):
        return None
    if any(v.dtype in (dtypes.resource, dtypes.variant) for v in values):
        return None
    try:
        found = kind.run(values, node.attrs)
    except Exception:  # noqa: BLE001 - the error belongs to running the program
        return None
    size = sum(np.asarray(each.numpy()).nbytes for each in found)
    limit = max(_MAX_FOLDED, 2 * sum(np.asarray(v.numpy()).nbytes for v in values))
    return None if size > limit else found


# ---- lists of tensors ----


def _length(value: Any, what: str) -> int:
    if not isinstance(value, EagerTensor):
        raise CannotSay(f"{what} of the list is not known")
    return int(value.numpy())


def _reserve(node: Operation, values: list[Any]) -> TensorList:
    return TensorList((None,) * max(0, _length(values[1], "the length")))


def _empty(node: Operation, values: list[Any]) -> TensorList:
    return TensorList(())


def _from_tensor(node: Operation, values: list[Any]) -> TensorList:
    size = values[0].shape[0]
    if size is None:
        raise CannotSay("how long the list becomes depends on the inputs: give it a fixed length")
    return TensorList(tuple(values[0][i] for i in range(size)))


def _listed(value: Any) -> tuple[Any, ...]:
    if not isinstance(value, TensorList):
        raise CannotSay("the list is not known element by element")
    return value.elements


def _get(node: Operation, values: list[Any]) -> Any:
    elements, index = _listed(values[0]), _length(values[1], "the place")
    if not 0 <= index < len(elements) or elements[index] is None:
        raise CannotSay(f"element {index} of the list is not set")
    return elements[index]


def _set(node: Operation, values: list[Any]) -> TensorList:
    elements, index = [*_listed(values[0])], _length(values[1], "the place")
    if index >= len(elements):
        elements += [None] * (index + 1 - len(elements))
    elements[index] = values[2]
    return TensorList(tuple(elements))


def _push(node: Operation, values: list[Any]) -> TensorList:
    return TensorList((*_listed(values[0]), values[1]))


def _stack(node: Operation, values: list[Any]) -> Any:
    elements = _listed(values[0])
    known = next((each for each in elements if each is not None), None)
    if known is None:
        raise CannotSay("no element of the list is set")
    return tf.stack([tf.zeros_like(known) if each is None else each for each in elements])


_LISTS: dict[Op, Callable[[Operation, list[Any]], Any]] = {
    raw.TensorListReserve: _reserve,
    raw.EmptyTensorList: _empty,
    raw.TensorListFromTensor: _from_tensor,
    raw.TensorListGetItem: _get,
    raw.TensorListSetItem: _set,
    raw.TensorListPushBack: _push,
    raw.TensorListStack: _stack,
    raw.TensorListLength: lambda node, values: EagerTensor(np.int32(len(_listed(values[0])))),
}
_CONTROL: dict[Op, Callable[[Retracing, Operation, list[Any]], Sequence[Any]]] = {
    raw.If: Retracing.branch,
    raw.StatelessIf: Retracing.branch,
    raw.While: Retracing.loop,
    raw.StatelessWhile: Retracing.loop,
}
