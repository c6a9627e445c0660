"""`Dataset.explain`: the pipeline as it will run, one line for each stage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from tidefall.data.dataset import DatasetV2, node_of, transformation
from tidefall.data.engine.format_spec import spec_text
from tidefall.data.engine.node import Node
from tidefall.data.engine.settings import Settings, settings_of, using
from tidefall.data.engine.stages import ONE_BY_ONE, Stage, count_text, stage_name


@dataclass
class PlannedStage:
    """One stage of a plan.

    Attributes:
        name: the method and its arguments.
        inputs: the numbers of the stages it takes elements from, counted from 1.
        cardinality: how many elements it gives: -1 for no end, -2 if that is not known.
        spec: the spec of an element; None if it is not known.
        way: how it runs.
        notes: what was left out, and why.
    """

    name: str
    inputs: list[int]
    cardinality: int
    spec: Any
    way: str
    notes: list[str]


class Plan:
    """A pipeline as it will run: `print` it, or look at its `stages`.

    Attributes:
        stages: in the order in which elements pass them.
        options: what the options say that differs from the defaults.
    """

    def __init__(self, stages: list[PlannedStage], options: dict[str, Any]):
        self.stages = stages
        self.options = options

    def __str__(self) -> str:
        rows = [("", "stage", "elements", "of", "runs")]
        for number, stage in enumerate(self.stages, 1):
            name = stage.name
            if stage.inputs not in ([], [number - 1]):
                name += f" of {' and '.join(map(str, stage.inputs))}"
            spec = "" if stage.spec is None else spec_text(stage.spec)
            way = "; ".join([stage.way, *stage.notes])
            rows.append((str(number), name, count_text(stage.cardinality), spec, way))
        options = ", ".join(f"{name}={value}" for name, value in self.options.items())
        return f"{table(rows, right=(0, 2))}\noptions: {options or 'the defaults'}"

    __repr__ = __str__


_MOST = 64


def table(rows: list[tuple[str, ...]], right: tuple[int, ...]) -> str:
    """Rows of text as columns; those numbered in `right` are aligned to the right.

    A text that is too long for its column pushes the rest of its row aside.
    """
    lengths = [[len(text) for text in column] for column in zip(*rows, strict=True)]
    widths = [max([n for n in column if n <= _MOST], default=_MOST) for column in lengths]
    lines = []
    for row in rows:
        cells = [
            text.rjust(width) if i in right else text.ljust(width)
            for i, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def plan_of(node: Node, specs: dict[int, Any]) -> Plan:
    """The plan of a pipeline.

    Args:
        node: its last stage.
        specs: element specs by the identity of nodes.
    """
    settings = settings_of(node)
    stages: list[PlannedStage] = []
    with using(settings):
        _add(stages, node, ONE_BY_ONE, specs)
    defaults = asdict(Settings())
    changed = {k: v for k, v in asdict(settings).items() if v != defaults[k]}
    return Plan(stages, changed)


def _add(stages: list[PlannedStage], node: Node, asked: str, specs: dict[int, Any]) -> int:
    """Add a stage behind those it takes elements from; returns its number."""
    stage: Stage = node.describe(asked)
    inputs = [_add(stages, one, stage.asks, specs) for one in node.inputs]
    if node.is_transparent:
        # Options are no stage: nothing happens there.
        return inputs[0]
    name = stage_name(node.title, node.functions, stage.arguments)
    spec = specs.get(id(node))
    stages.append(PlannedStage(name, inputs, node.cardinality(), spec, stage.way, stage.notes))
    return len(stages)


def specs_of(dataset: DatasetV2) -> dict[int, Any]:
    """The element specs of a dataset and those it was made of, by the identity of their nodes."""
    return {id(node_of(one._variant_tensor.storage)): one.element_spec for one in _all(dataset)}


def _all(dataset: DatasetV2) -> Iterator[DatasetV2]:
    yield dataset
    for one in dataset._inputs():
        yield from _all(one)


@transformation("explain")
def explain(self: DatasetV2) -> Plan:
    """The pipeline as it will run: one line for each stage, in the order elements pass them.

    A line tells the stage and its arguments, how many elements it gives and what they are, and how
    they are made: by number (any of them can be made without the others), by rows (many at once),
    or one by one, with the reason if a function is in the way. It also tells what was left out.

    Returns:
        A `Plan`; `print` shows it, and `stages` has its lines as objects.

    >>> import tidefall as tf
    >>> dataset = tf.data.Dataset.range(6).filter(lambda x: x > 2).batch(2)
    >>> for stage in dataset.explain().stages:
    ...     print(stage.name.split(" at ")[0], "-", stage.way)
    range(0, 6, 1) - by number
    filter(<lambda> - vectorised, asked about 1,024 elements at once
    batch(2) - by rows
    """
    return plan_of(self._node, specs_of(self))
