"""Lists of tensors in a file: where an item of one is replaced.

TensorFlow's converter says that as `list[:i]`, the item, `list[i + 1:]`, concatenated. The slices
have sizes that only a run knows, so XLA cannot do them; what they make up together, it can.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tidefall.lite.interpreter.program import Graph, Step
from tidefall.lite.schema import ConcatenationOptions


@dataclass(frozen=True, slots=True)
class ListWrite:
    """An item that is replaced, by the numbers of the tensors.

    Args:
        items: the list, `[length, ...]`.
        index: which item, an int32 scalar.
        item: the new one, `[1, ...]`.
        slices: the steps that cut the list up, which nothing else needs.
    """

    items: int
    index: int
    item: int
    slices: tuple[int, int]


def list_writes(graph: Graph) -> dict[int, ListWrite]:
    """The items that a subgraph replaces, by the index of the step that makes the new list."""
    makers = {number: step for step in graph.steps for number in step.outputs}
    uses = [number for step in graph.steps for number in step.inputs] + list(graph.outputs)
    found = {}
    for step in graph.steps:
        write = _list_write(graph, step, makers)
        if write is not None and all(uses.count(n) == 1 for n in (step.inputs[0], step.inputs[2])):
            found[step.index] = write
    return found


def _list_write(graph: Graph, step: Step, makers: dict[int, Step]) -> ListWrite | None:
    options = step.node.options
    if not isinstance(options, ConcatenationOptions) or options.axis or len(step.inputs) != 3:
        return None
    one, two = (makers.get(step.inputs[place]) for place in (0, 2))
    if one is None or two is None or {one.node.operator, two.node.operator} != {"SLICE"}:
        return None
    if one.inputs[0] != two.inputs[0] or not _is_all(graph, one.inputs[1], 0):
        return None
    ends = (one, 2, -1), (two, 1, 0)  # step, input, what it has for other axes
    index, after = (_first(graph, s.inputs[p], makers, rest) for s, p, rest in ends)
    if index is None or after is None or not _is_all(graph, two.inputs[2], -1):
        return None
    if not _is_next(graph, makers.get(after), index):
        return None
    return ListWrite(one.inputs[0], index, step.inputs[1], (one.index, two.index))


def _is_all(graph: Graph, number: int, value: int) -> bool:
    constant = graph.tensors[number].constant if number >= 0 else None
    return constant is not None and bool(np.all(constant == value))


def _first(graph: Graph, number: int, makers: dict[int, Step], rest: int) -> int | None:
    """The scalar that is the first of a vector of which all others are `rest`."""
    step = makers.get(number)
    if step is None or step.node.operator != "CONCATENATION" or len(step.inputs) != 2:
        return None
    scalar = makers.get(step.inputs[0])
    if (
        scalar is None
        or scalar.node.operator != "RESHAPE"
        or not _is_all(graph, step.inputs[1], rest)
    ):
        return None
    return scalar.inputs[0]


def _is_next(graph: Graph, step: Step | None, index: int) -> bool:
    """Whether a step makes the number after another."""
    if step is None or step.node.operator != "ADD" or index not in step.inputs:
        return False
    (other,) = [each for each in step.inputs if each != index] or [index]
    return _is_all(graph, other, 1)
