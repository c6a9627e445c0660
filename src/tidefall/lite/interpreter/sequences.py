"""Runs of operators that native code does in one call, without a return to Python between them.

A subgraph that runs again with inputs of the same shapes is looked through once: operators with
native layers that follow each other become one sequence, whose values between lie in memory of its
own. What depends on nothing but shapes is kept. Other operators run as before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tidefall.lite.interpreter.registry import TRACEABLE, Layer, NativeKernel

if TYPE_CHECKING:
    from tidefall.lite.interpreter.program import Graph, Step

_FEWEST = 2
"""Layers that are worth a sequence."""
_SHAPES = frozenset({"SHAPE", "RANK"})
_CALLS = frozenset({"CALL", "IF", "WHILE", "STABLEHLO_COMPOSITE"})


@dataclass(slots=True)
class LayerSequence:
    """Steps that run as native layers.

    Args:
        steps: the steps.
        inputs: numbers of the tensors that it reads.
        outputs: numbers of those that its layers write, and that are read elsewhere.
        prepared: the layers.
        reshaped: tensors with the data of others: their numbers, those of the others, their shapes.
        release: tensors that nothing reads after it.
    """

    steps: Sequence[Step]
    inputs: Sequence[int]
    outputs: Sequence[int]
    prepared: Any
    reshaped: Sequence[tuple[int, int, tuple[int, ...]]]
    release: tuple[int, ...] = ()

    def run(self, values: list[Any]) -> None:
        """Set the values of its outputs."""
        given = [np.ascontiguousarray(values[number]) for number in self.inputs]
        for number, value in zip(self.outputs, self.prepared(*given), strict=True):
            values[number] = value
        for number, other, shape in self.reshaped:
            values[number] = values[other].reshape(shape)

    def bound(
        self, values: Mapping[int, NDArray[Any]]
    ) -> tuple[Callable[[], None], dict[int, NDArray[Any]]]:
        """What runs it on the same arrays again and again, and where its results are then.

        Args:
            values: the arrays that it reads, which may change.
        """
        made = [np.empty(shape, dtype) for shape, dtype in self.prepared.outputs]
        found = dict(zip(self.outputs, made, strict=True))
        for number, other, shape in self.reshaped:
            found[number] = {**values, **found}[other].reshape(shape)
        return self.prepared.bound(*[values[each] for each in self.inputs], *made), found

    @property
    def writes(self) -> Sequence[int]:
        """Numbers of all tensors that it sets."""
        return [*self.outputs, *(number for number, _, _ in self.reshaped)]


@dataclass(slots=True)
class Plan:
    """How a subgraph runs on inputs of certain shapes.

    Args:
        steps: what runs, in order.
        known: values that depend on shapes alone.
    """

    steps: list[Step | LayerSequence]
    known: dict[int, Any] = field(default_factory=dict[int, Any])


@dataclass(slots=True)
class _Group:
    """Layers that follow each other."""

    layers: list[tuple[Step, Layer]]


def planned(graph: Graph, values: Sequence[Any]) -> Plan | None:
    """How a subgraph runs with sequences; None if there are none.

    Args:
        graph: the subgraph, which has run.
        values: the values of all its tensors in a run.
    """
    assert graph.unfolded is not None
    known = {each.index: each.constant for each in graph.tensors if each.constant is not None}
    fixed = {*known, *graph.inputs}  # tensors whose shapes follow from those of the inputs
    found: list[Step | _Group] = []
    computed = {}
    for step in graph.unfolded:
        if _is_known(step, fixed, known):
            computed.update((number, values[number]) for number in step.outputs)
            known.update(computed)
            fixed.update(step.outputs)
            continue
        layer = _layer(step, values, known)
        if layer is None or not fixed.issuperset(step.inputs[place] for place in layer.reads):
            found.append(step)
            if _keeps_shapes(step, fixed, known):
                fixed.update(step.outputs)
            continue
        fixed.update(step.outputs)
        if not found or not isinstance(found[-1], _Group):
            found.append(_Group([]))
        group = found[-1]
        assert isinstance(group, _Group)
        group.layers.append((step, layer))
    steps: list[Step | LayerSequence] = []
    for place, each in enumerate(found):
        if not isinstance(each, _Group):
            steps.append(each)
        elif sum(layer.prepared is not None for _, layer in each.layers) < _FEWEST:
            steps += [step for step, _ in each.layers]
        else:
            steps.append(_sequence(each, values, _needed(graph, found[place + 1 :])))
    if not any(isinstance(each, LayerSequence) for each in steps):
        return None
    _add_releases(graph, steps, computed)
    return Plan(steps, computed)


def _is_known(step: Step, fixed: set[int], known: dict[int, Any]) -> bool:
    """Whether what a step computes follows from shapes alone."""
    name = step.node.operator
    if name in _SHAPES:
        return step.inputs[0] in fixed
    return (
        name in TRACEABLE
        and name not in _CALLS
        and all(each < 0 or each in known for each in step.inputs)
    )


def _keeps_shapes(step: Step, fixed: set[int], known: dict[int, Any]) -> bool:
    """Whether the shapes of what a step computes follow from those of the inputs."""
    if step.node.operator not in TRACEABLE or step.node.operator in _CALLS:
        return False
    for number, info in zip(step.inputs, step.node.inputs, strict=True):
        if info is None or number in known:
            continue
        # Plain integers may be shapes, sizes or axes.
        if number not in fixed or (info.dtype.kind == "i" and not info.is_quantized):
            return False
    return True


def _layer(step: Step, values: Sequence[Any], known: dict[int, Any]) -> Layer | None:
    """The native layer of a step for values like those of a run."""
    if not isinstance(step.kernel, NativeKernel) or len(step.outputs) != 1:
        return None
    given = [None if each < 0 else values[each] for each in step.inputs]
    layer = step.kernel.layer(given, values[step.outputs[0]])
    if layer is None:
        return None
    others = [n for place, n in enumerate(step.inputs) if n >= 0 and place not in layer.reads]
    return layer if all(number in known for number in others) else None


def _needed(graph: Graph, rest: Sequence[Step | _Group]) -> set[int]:
    """Numbers of the tensors that are read by what comes after, or are outputs."""
    found = set(graph.outputs)
    for each in rest:
        steps = [step for step, _ in each.layers] if isinstance(each, _Group) else [each]
        found.update(number for step in steps for number in step.inputs)
    found.update(tensor.index for tensor in graph.variables)
    return found


def _sequence(group: _Group, values: Sequence[Any], needed: set[int]) -> LayerSequence:
    from tidefall.native.prepared import PreparedSequence

    same: dict[int, int] = {}  # tensors with the data of others
    written: list[int] = []
    reads: list[int] = []
    calls: list[tuple[Any, list[int], int]] = []
    for step, layer in group.layers:
        sources = [same.get(step.inputs[place], step.inputs[place]) for place in layer.reads]
        reads += [each for each in sources if each not in written and each not in reads]
        if layer.prepared is None:
            same[step.outputs[0]] = sources[0]
        else:
            calls.append((layer.prepared, sources, step.outputs[0]))
            written.append(step.outputs[0])
    reshaped = [
        (number, other, values[number].shape) for number, other in same.items() if number in needed
    ]
    wanted = needed | {other for _, other, _ in reshaped}
    outputs = [each for each in written if each in wanted]
    between = [each for each in written if each not in wanted]
    numbers = {number: place for place, number in enumerate([*reads, *outputs, *between])}
    prepared = PreparedSequence(
        [(each, [numbers[n] for n in sources], numbers[to]) for each, sources, to in calls],
        len(reads),
        [(values[each].shape, values[each].dtype) for each in outputs],
        [values[each].nbytes for each in between],
    )
    return LayerSequence([step for step, _ in group.layers], reads, outputs, prepared, reshaped)


def _add_releases(
    graph: Graph, steps: list[Step | LayerSequence], computed: dict[int, Any]
) -> None:
    """Say of each sequence what nothing reads after it; steps may let go of that too early."""
    last: dict[int, int] = {}
    for place, each in enumerate(steps):
        sequence = isinstance(each, LayerSequence)
        for number in (*each.inputs, *(each.writes if sequence else each.outputs)):
            last[number] = place
    kept = {*graph.inputs, *graph.outputs, -1, *computed}
    kept.update(each.index for each in graph.tensors if each.constant is not None)
    kept.update(each.index for each in graph.variables)
    for number, place in last.items():
        each = steps[place]
        if number not in kept and isinstance(each, LayerSequence):
            each.release += (number,)
