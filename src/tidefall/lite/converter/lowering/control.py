"""Branches and loops become subgraphs."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.graph.operation import Operation
from tidefall.lite.converter.ir import Subgraph, Value
from tidefall.lite.converter.lowering.builder import Builder, lite_dtype
from tidefall.lite.converter.lowering.interpreter import Variable, merged
from tidefall.lite.converter.lowering.lists import TensorList, reserved
from tidefall.lite.converter.lowering.registry import CannotLower, lower
from tidefall.lite.converter.lowering.sizes import source_of_size
from tidefall.op import raw
from tidefall.op.traits import PASSES_ON


@lower(raw.If, raw.StatelessIf)
def _if(b: Builder, node: Operation, inputs: list[Any]) -> list[Any]:
    condition, given = inputs[0], inputs[1:]
    branches = [node.attrs["then_branch"].graph, node.attrs["else_branch"].graph]
    if condition.rank:
        raise CannotLower("its condition is not a scalar")
    if condition.dtype != np.bool_:
        condition = b.binary("NOT_EQUAL", condition, 0, np.bool_)
    if condition.data is not None:
        return b.lowering.run(branches[0 if bool(condition.data) else 1], given)
    return _branch(b, node, condition, branches, given)


@lower(raw.Case, raw.StatelessCase)
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
    condition = b.binary("EQUAL", index, at, np.bool_)
    rest = lambda inner, values: _choose(inner, node, values[0], branches, values[1:], at + 1)  # noqa: E731
    first = lambda inner, values: inner.lowering.run(branches[at], values[1:])  # noqa: E731
    return _conditional(b, node, condition, [first, rest], [index, *given])


def _branch(
    b: Builder, node: Operation, condition: Value, branches: list[Any], given: list[Any]
) -> list[Any]:
    runs = [
        lambda inner, values, graph=graph: inner.lowering.run(graph, values) for graph in branches
    ]
    return _conditional(b, node, condition, runs, given)


def _conditional(
    b: Builder, node: Operation, condition: Value, runs: list[Any], given: list[Any]
) -> list[Any]:
    """An IF whose branches get the values that are not known."""
    passed = [v for v in given if isinstance(v, Value) and v.data is None]
    if any(isinstance(v, TensorList) for v in given):
        raise CannotLower("a branch takes a list of tensors")
    subgraphs: list[Subgraph] = []
    for number, run in enumerate(runs):
        subgraph = Subgraph(f"{b.name}/{'else' if number else 'then'}")
        inner = b.lowering.nested(subgraph, f"{b.name}/").builder
        stands = {id(v): Value(v.name, v.dtype, v.shape) for v in passed}
        subgraph.inputs = [stands[id(v)] for v in passed]
        inner.node = node
        results = run(inner, [stands.get(id(v), v) for v in given])
        subgraph.outputs = [_own(inner, v, subgraph) for v in results]
        subgraphs.append(subgraph)
    outputs: list[Value] = []
    for tensor, a, c in zip(node.outputs, subgraphs[0].outputs, subgraphs[1].outputs, strict=True):
        if a.rank != c.rank:
            raise CannotLower("its branches give tensors of different rank")
        dims = tuple(x if x == y else None for x, y in zip(a.shape, c.shape, strict=True))
        outputs.append(Value(b.name, lite_dtype(tensor.dtype), dims))
    options = {"then_subgraph_index": subgraphs[0], "else_subgraph_index": subgraphs[1]}
    b.add("IF", [condition, *passed], outputs, **options)
    return outputs


def _own(inner: Builder, value: Any, subgraph: Subgraph) -> Value:
    """A value that a subgraph may return: one it makes, not an input or a constant of it."""
    if not isinstance(value, Value):
        raise CannotLower("a branch returns a list of tensors or a variable")
    if value.producer is None or any(v is value for v in subgraph.outputs):
        return inner.copy(value)
    return value


@lower(raw.While, raw.StatelessWhile)
def _while(b: Builder, node: Operation, inputs: list[Any]) -> list[Any]:
    cond, body = node.attrs["cond"].graph, node.attrs["body"].graph
    fixed = {i for i, v in enumerate(inputs) if _passes_on(body, i) and _is_known(v)}
    loop = _Loop(b, node, inputs, fixed)
    loop.lower_body(body)
    loop.make_lists()
    loop.lower_cond(cond)
    return loop.finish()


def _written_dims(tensor: Any) -> Any:
    """Sizes of what a loop writes into a list that it is given."""
    for node in tensor.op.graph.nodes:
        if node.op_type is raw.TensorListSetItem and node.inputs[0] is tensor:
            shape = node.inputs[2].shape
            if shape.rank is not None:
                return tuple(shape.as_list())
    raise CannotLower("a list's elements have no known rank")


def _is_known(item: Any) -> bool:
    return isinstance(item, Variable) or (isinstance(item, Value) and item.data is not None)


def _passes_on(body: Any, index: int) -> bool:
    """Whether a loop gives an input to the next round as it is."""
    tensor = body.outputs[index]
    while PASSES_ON in tensor.op.op_type.traits:
        tensor = tensor.op.inputs[tensor.value_index]
    return tensor is body.inputs[index]


class _Loop:
    """A loop while it is lowered."""

    def __init__(self, b: Builder, node: Operation, inputs: list[Any], fixed: set[int]):
        self.b, self.node, self.given, self.fixed = b, node, inputs, fixed
        self.body = Subgraph(f"{b.name}/body")
        self.cond = Subgraph(f"{b.name}/cond")
        self.carried = [i for i in range(len(inputs)) if i not in fixed]
        self.starts: dict[int, Value] = {}
        self.results: list[Any] = []

    def _stand_in(self, index: int, tensor: Any) -> Any:
        """What stands for an input of the loop in one of its subgraphs."""
        item = self.given[index]
        if index in self.fixed:
            return item
        if isinstance(item, Variable):
            raise CannotLower("a loop changes which variable it uses")
        if isinstance(item, TensorList):
            dims = item.shape if item.stacked is None else item.stacked.shape
            if item.stacked is None and item.element is None:
                item.element = _written_dims(tensor)
            stacked = Value(tensor.name, item.dtype, dims)
            length = item.length
            if length.data is None:
                length = self.b.const(-1, np.int32)
            return TensorList(item.dtype, item.element, length, stacked)
        dims = tuple(tensor.shape.as_list()) if tensor.shape.rank is not None else item.shape
        # A size may change from round to round unless the graph says that it stays.
        return Value(tensor.name, item.dtype, dims)

    def lower_body(self, body: Any) -> None:
        """Lower what is done in each round."""
        lowering = self.b.lowering.nested(self.body, f"{self.b.name}/")
        stands = [self._stand_in(i, t) for i, t in enumerate(body.inputs)]
        self.body.inputs = [_value(stands[i]) for i in self.carried]
        self.results = lowering.run(body, stands)
        lowering.builder.node = self.node
        for i in self.carried:
            result = self.results[i]
            if not isinstance(result, (Value, TensorList)):
                raise CannotLower("")  # it has an obstacle inside
            value = _value(result)
            if value.producer is None:
                own = any(value is v for v in self.body.inputs)
                at = self.body.inputs.index(value) if own else -1
                if not own or self.carried[at] != i:
                    value = lowering.builder.copy(value)
            self.body.outputs.append(value)

    def make_lists(self) -> None:
        """Make the lists that were only reserved: the sizes of their elements are known now."""
        for place, i in enumerate(self.carried):
            item = self.given[i]
            if not isinstance(item, TensorList):
                self.starts[i] = item
            elif item.stacked is not None:
                self.starts[i] = item.stacked
            else:
                result = self.results[i]
                dims = merged(result.element or (), item.element or ())
                written = self.body.outputs[place]
                sources = [
                    None if d is not None else self._outer_size(written, axis + 1)
                    for axis, d in enumerate(dims)
                ]
                self.starts[i] = reserved(self.b, item, dims, sources)
                inner = self.body.inputs[place]
                inner.shape = merged(inner.shape, self.starts[i].shape)

    def _outer_size(self, value: Value, axis: int) -> tuple[Value, int]:
        """Where a size of a value of the body can be looked up before the loop."""
        places = {id(v): i for v, i in zip(self.body.inputs, self.carried, strict=True)}
        reserved_lists = {
            id(v)
            for v, i in zip(self.body.inputs, self.carried, strict=True)
            if isinstance(self.given[i], TensorList) and self.given[i].stacked is None
        }
        found = source_of_size(value, axis, set(places) - reserved_lists)
        if found is None:
            raise CannotLower("the size of a list's elements is only known inside of the loop")
        source, at = found
        return _value(self.given[places[id(source)]]), at

    def lower_cond(self, cond: Any) -> None:
        """Lower what says whether there is another round."""
        lowering = self.b.lowering.nested(self.cond, f"{self.b.name}/")
        stands = [self._stand_in(i, t) for i, t in enumerate(cond.inputs)]
        self.cond.inputs = [_value(stands[i]) for i in self.carried]
        for inner, outer in zip(self.cond.inputs, self.body.inputs, strict=True):
            inner.shape = merged(inner.shape, outer.shape)
        (result,) = lowering.run(cond, stands)
        lowering.builder.node = self.node
        if result.producer is None:
            result = lowering.builder.copy(result)
        self.cond.outputs = [result]

    def finish(self) -> list[Any]:
        """Add the operator and return what stands for the node's outputs."""
        b = self.b
        starts = [self.starts[i] for i in self.carried]
        outputs = [
            Value(b.name, v.dtype, w.shape) for v, w in zip(starts, self.body.outputs, strict=True)
        ]
        options = {"cond_subgraph_index": self.cond, "body_subgraph_index": self.body}
        b.add("WHILE", list(starts), outputs, **options)
        results: list[Any] = list(self.given)
        for place, i in enumerate(self.carried):
            item = self.results[i]
            if isinstance(item, TensorList):
                given = self.given[i]
                element = item.element if given.element is None else given.element
                results[i] = TensorList(item.dtype, element, given.length, outputs[place])
                outputs[place].shape = self.starts[i].shape
            else:
                results[i] = outputs[place]
        return results


def _value(item: Any) -> Value:
    if isinstance(item, TensorList):
        if item.stacked is None:
            raise CannotLower("a list is passed through a loop that never fills it")
        return item.stacked
    return item
