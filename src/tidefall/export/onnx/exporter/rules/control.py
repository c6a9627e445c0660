"""Branches become `If`, loops `Loop`; graphs inside see the values around them."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.export.onnx.exporter.builder import Builder, onnx_dtype
from tidefall.export.onnx.exporter.ir import OnnxGraph
from tidefall.export.onnx.exporter.registry import CannotExport, export
from tidefall.export.onnx.exporter.rules.lists import TensorList, stack_of
from tidefall.graph.operation import Operation
from tidefall.lite.converter.ir import Value
from tidefall.lite.converter.lowering.interpreter import Variable
from tidefall.op import raw
from tidefall.op.traits import PASSES_ON

BOOL = np.dtype(np.bool_)


@export(raw.If, raw.StatelessIf)
def _if(b: Builder, node: Operation, inputs: list[Any]) -> list[Any]:
    condition, given = inputs[0], inputs[1:]
    branches = [node.attrs[name].graph for name in ("then_branch", "else_branch")]
    if condition.rank:
        raise CannotExport("its condition is not a scalar")
    if condition.data is not None:
        return b.lowering.run(branches[0 if bool(condition.data) else 1], given)
    if condition.dtype != BOOL:
        condition = b.cast(condition, BOOL)
    runs = [lambda inner, graph=g: inner.lowering.run(graph, given) for g in branches]
    return _conditional(b, node, condition, runs)


@export(raw.Case, raw.StatelessCase)
def _case(b: Builder, node: Operation, inputs: list[Any]) -> list[Any]:
    index, given = inputs[0], inputs[1:]
    branches = [f.graph for f in node.attrs["branches"]]
    if index.data is not None:
        number = int(index.data)
        return b.lowering.run(branches[number if 0 <= number < len(branches) else -1], given)
    return _choose(b, node, index, branches, given, 0)


def _choose(
    b: Builder, node: Operation, index: Value, branches: list[Any], given: list[Any], at: int
) -> list[Any]:
    if at == len(branches) - 1:
        return b.lowering.run(branches[at], given)
    condition = b.compare("Equal", index, at)
    runs = [
        lambda inner: inner.lowering.run(branches[at], given),
        lambda inner: _choose(inner, node, index, branches, given, at + 1),
    ]
    return _conditional(b, node, condition, runs)


def _conditional(b: Builder, node: Operation, condition: Value, runs: list[Any]) -> list[Any]:
    graphs: list[OnnxGraph] = []
    for label, run in zip(("then", "else"), runs, strict=True):
        graph = OnnxGraph(f"{b.name}/{label}")
        inner = b.lowering.nested(graph, f"{b.name}/").builder
        graph.outputs = [_own(inner, v) for v in run(inner)]
        graphs.append(graph)
    outputs: list[Value] = []
    for tensor, x, y in zip(node.outputs, graphs[0].outputs, graphs[1].outputs, strict=True):
        if x.rank != y.rank:
            raise CannotExport("its branches give tensors of different rank")
        dims = [d if d == e else None for d, e in zip(x.shape, y.shape, strict=True)]
        outputs.append(Value(b.name, onnx_dtype(tensor.dtype), dims))
    b.add("If", [condition], outputs, then_branch=graphs[0], else_branch=graphs[1])
    return outputs


def _own(inner: Builder, value: Any) -> Value:
    """A value that a graph may return: one that it makes, and only once."""
    if not isinstance(value, Value):
        raise CannotExport("" if not isinstance(value, TensorList) else "it returns a list")
    made = value.producer
    if made is None or not any(made is o for o in inner.graph.operators):
        return inner.copy(value)
    return value


# ---- loops ----


@export(raw.While, raw.StatelessWhile)
def _while(b: Builder, node: Operation, inputs: list[Any]) -> list[Any]:
    before = len(b.lowering.obstacles)
    loop = _Loop(b, node, inputs, frozenset())
    dense = loop.lower_body()
    if dense:  # lists that are not written one element after another are carried whole
        del b.lowering.obstacles[before:]
        loop = _Loop(b, node, inputs, dense)
        loop.lower_body()
    return loop.finish()


def _passes_on(body: Any, index: int) -> bool:
    """Whether a loop gives an input to the next round as it is."""
    tensor = body.outputs[index]
    while PASSES_ON in tensor.op.op_type.traits:
        tensor = tensor.op.inputs[tensor.value_index]
    return tensor is body.inputs[index]


class _Loop:
    """A loop while it is lowered.

    Args:
        b: where the loop is to be.
        node: the loop of the source.
        inputs: what stands for its inputs.
        dense: places of lists that are carried whole, as one tensor.
    """

    def __init__(self, b: Builder, node: Operation, inputs: list[Any], dense: frozenset[int]):
        self.b, self.node, self.given, self.dense = b, node, inputs, dense
        self.body_graph, self.cond_graph = (node.attrs[n].graph for n in ("body", "cond"))
        self.graph = OnnxGraph(f"{b.name}/body")
        self.inner = b.lowering.nested(self.graph, f"{b.name}/").builder
        self.fixed = {i for i in range(len(inputs)) if _passes_on(self.body_graph, i)}
        self.stands: list[Any] = []
        self.starts: dict[int, Value] = {}
        self.results: list[Any] = []

    @property
    def collected(self) -> list[int]:
        """Places of lists whose elements the loop collects."""
        return [
            i for i, v in enumerate(self.given)
            if isinstance(v, TensorList) and i not in self.fixed and i not in self.dense
        ]  # fmt: skip

    def _stand_in(self, i: int, tensor: Any) -> Any:
        item = self.given[i]
        if i in self.fixed:
            return item
        if isinstance(item, TensorList):
            if i in self.dense:
                whole = self.starts[i] = stack_of(self.b, item)
                stand = Value(tensor.name, whole.dtype, whole.shape)
                self.graph.inputs.append(stand)
                return TensorList(item.dtype, whole.shape[1:], item.length, stand)
            return TensorList(item.dtype, item.element, item.length, collects=True)
        if not isinstance(item, Value):
            why = "a loop changes which variable it uses" if isinstance(item, Variable) else ""
            raise CannotExport(why)
        dims = tensor.shape.as_list() if tensor.shape.rank is not None else item.shape
        stand = Value(tensor.name, item.dtype, dims)
        self.starts[i] = item
        self.graph.inputs.append(stand)
        return stand

    def lower_body(self) -> frozenset[int]:
        """Lower what is done in each round; returns lists that have to be carried whole."""
        self.graph.inputs = [Value("round", np.int64, []), Value("go", BOOL, [])]
        body = self.body_graph
        self.stands = [self._stand_in(i, t) for i, t in enumerate(body.inputs)]
        self.results = self.inner.lowering.run(body, self.stands)
        bad: set[int] = set()
        for i in self.collected:
            result = self.results[i]
            if not isinstance(result, TensorList) or result.written is None:
                bad.add(i)
                continue
            index, element = result.written
            if not self._is_next(index) and not self._is_only(i, index):
                item = self.given[i]
                if item.stacked is None and (item.element is None or None in item.element):
                    item.element = element.shape
                bad.add(i)
            elif self.given[i].stacked is not None:
                bad.add(i)
        return frozenset(bad)

    def _is_next(self, index: Any) -> bool:
        """Whether an index counts the rounds: 0, 1, 2 ..."""
        for i, start in self.starts.items():
            if self.stands[i] is not index or start.data is None or start.data.any():
                continue
            made = self.results[i]
            made = made.producer if isinstance(made, Value) else None
            if made is not None and made.code == "Add":
                x, y = made.inputs
                other = y if x is index else x if y is index else None
                return other is not None and other.data is not None and bool(other.data == 1)
        return False

    def _is_only(self, i: int, index: Any) -> bool:
        """Whether a list has one element, which every round writes anew."""
        length = self.given[i].length
        return (
            length.data is not None and int(length.data.reshape(())) == 1
            and isinstance(index, Value) and index.data is not None
        )  # fmt: skip

    def finish(self) -> list[Any]:
        """Add the loop and return what stands for the node's outputs."""
        b, inner = self.b, self.inner
        go = inner.lowering.run(self.cond_graph, self.results)[0]
        first = b.lowering.run(self.cond_graph, self.given)[0]
        if not isinstance(go, Value) or not isinstance(first, Value):
            raise CannotExport("")  # it has an obstacle inside
        carried, collected = list(self.starts), self.collected
        returned: list[Value] = [_own(inner, go)]
        outputs: list[Value] = []
        for i in carried:
            result = self.results[i]
            value = result.stacked if isinstance(result, TensorList) else result
            value = _own(inner, value)
            if any(value is v for v in returned):
                value = inner.copy(value)
            returned.append(value)
            outputs.append(Value(b.name, value.dtype, _common(value, self.starts[i])))
        for i in collected:
            value = _own(inner, self.results[i].written[1])
            if any(value is v for v in returned):
                value = inner.copy(value)
            returned.append(value)
            outputs.append(Value(b.name, value.dtype, [None, *value.shape]))
        self.graph.outputs = returned
        starts = [None, first, *(self.starts[i] for i in carried)]
        b.add("Loop", starts, outputs, body=self.graph)
        return self._results(carried, collected, outputs)

    def _results(self, carried: list[int], collected: list[int], outputs: list[Value]) -> list[Any]:
        b, found = self.b, list(self.given)
        for i, value in zip(carried, outputs, strict=False):
            item = self.given[i]
            if isinstance(item, TensorList):
                found[i] = TensorList(item.dtype, value.shape[1:], item.length, value)
            else:
                found[i] = value
        for i, value in zip(collected, outputs[len(carried) :], strict=True):
            item, element = self.given[i], value.shape[1:]
            if self._is_only(i, self.results[i].written[0]):
                value = b.slice(value, [-1], [np.iinfo(np.int64).max], [0], dims=[1, *element])
            else:
                value = self._whole(item, value)
            found[i] = TensorList(item.dtype, element, item.length, value)
        return found

    def _whole(self, item: TensorList, value: Value) -> Value:
        """The list as long as it was made, also if the loop ended before."""
        b = self.b
        missing = b.binary("Sub", b.vector(item.length), b.size(value, 0))
        zeros = b.ints(*[0] * value.rank)
        pads = b.concat([zeros, missing, b.ints(*[0] * (value.rank - 1))], 0)
        if value.rank == 1:
            pads = b.concat([zeros, missing], 0)
        count = None if item.length.data is None else int(item.length.data.reshape(()))
        given = [value, pads, b.const(False)] if value.dtype == BOOL else [value, pads]
        return b.op("Pad", given, [count, *value.shape[1:]], mode="constant")


def _common(x: Value, y: Value) -> list[int | None]:
    if x.rank != y.rank:
        raise CannotExport("a loop changes the rank of a tensor")
    return [d if d == e else None for d, e in zip(x.shape, y.shape, strict=True)]
