"""`Dataset.profile`: where the time of a pipeline goes, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

from tidefall.data.dataset import DatasetV2, transformation
from tidefall.data.engine import measure
from tidefall.data.engine.measure import Measured, contains, in_order
from tidefall.data.engine.node import Node
from tidefall.data.engine.settings import settings_of, using
from tidefall.data.engine.stages import ONE_BY_ONE, stage_name
from tidefall.data.report.explain import table

_ENOUGH = 0.1
"""A program that waits for elements for less than this part of its time is not held up by them."""


@dataclass
class ProfiledStage:
    """What was measured of one stage.

    Attributes:
        name: the method and its arguments.
        depth: how many stages it is nested in, which make it anew for each of their elements.
        elements: how many it gave.
        own: seconds spent in the stage itself, by all threads together.
        input: seconds it waited for its inputs.
        waited: seconds that the stage behind it waited for elements that threads make ahead of
            time; None if it has no threads.
        full: seconds its threads had nothing to do, since enough elements were ready.
        threads: the most threads that worked at a time.
        ready: how many elements were ready on average when one was taken; None without threads.
        size: how many might have been.
        advice: what may make it faster.
    """

    name: str
    depth: int
    elements: int
    own: float
    input: float
    waited: float | None
    full: float | None
    threads: int
    ready: float | None
    size: int
    advice: str


class Profile:
    """Where the time of a pipeline went.

    Attributes:
        seconds: how long was measured.
        waited: how many of these the program waited for elements; the rest is its own.
        elements: how many elements it got.
    """

    def __init__(self, node: Node):
        self._node = node
        self._pipelines: list[Measured] = []
        self._began: float | None = None
        self.seconds = 0.0

    def _measured(self, node: Node) -> Measured | None:
        """The measurements of a pipeline that begins, if it is the profiled one."""
        if not contains(node, self._node):
            return None
        for pipeline in self._pipelines:
            if pipeline.node is node:
                return pipeline
        found = Measured(node)
        found.stands_for(node)
        self._pipelines.append(found)
        return found

    def __enter__(self) -> Profile:
        measure.roots.append(self._measured)
        self._began = perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        measure.roots.remove(self._measured)
        assert self._began is not None
        self.seconds += perf_counter() - self._began

    def _run(self, dataset: DatasetV2, elements: int | None, seconds: float | None) -> None:
        """Take elements until there are so many, or so much time has passed."""
        left = -1 if elements is None else elements
        with self:
            end = None if seconds is None else perf_counter() + seconds
            iterator = iter(dataset) if left else ()
            for _ in iterator:
                left -= 1
                if not left or (end is not None and perf_counter() >= end):
                    break

    @property
    def elements(self) -> int:
        return sum(pipeline.elements for pipeline in self._pipelines)

    @property
    def waited(self) -> float:
        return sum(pipeline.asked for pipeline in self._pipelines)

    @property
    def stages(self) -> list[ProfiledStage]:
        """The stages, in the order in which elements pass them."""
        found = []
        for pipeline in self._pipelines:
            assert pipeline.node is not None
            with using(settings_of(pipeline.node)):
                found += [_profiled(*one) for one in in_order(pipeline) if _is_stage(one[0])]
        return found

    @property
    def bottleneck(self) -> ProfiledStage | None:
        """The stage that keeps a thread busy the longest; None if nothing was measured."""
        return max(self.stages, key=lambda stage: stage.own / stage.threads, default=None)

    @property
    def advice(self) -> str:
        """Which stage takes the most time, and what to do about it."""
        stage = self.bottleneck
        if stage is None or not self.seconds:
            return "Nothing was iterated: do so in a `with` block, or say how many elements."
        waits = self.waited / self.seconds
        if waits < _ENOUGH:
            return (
                f"The program waited for elements {waits:.0%} of the time: it would hardly be "
                "faster with another pipeline."
            )
        share = stage.own / stage.threads / self.seconds
        threads = "1 thread" if stage.threads == 1 else f"each of {stage.threads} threads"
        text = f"{stage.name} takes {share:.0%} of the time on {threads}"
        text += f": {stage.advice}" if stage.advice else "."
        if waits < 1 - _ENOUGH and any(one.waiting is None for one in self._pipelines):
            text += (
                "\nThe program and the pipeline take turns: with prefetch(tf.data.AUTOTUNE) at its "
                "end elements are made while the program works."
            )
        return text

    def __str__(self) -> str:
        stages = self.stages
        if not stages:
            return self.advice
        rows = [("", "stage", "elements", "own", "input", "waited", "threads", "ready")]
        for number, stage in enumerate(stages, 1):
            ready = "" if stage.ready is None else f"{stage.ready:.1f} of {stage.size}"
            rows.append(
                (
                    str(number),
                    "  " * stage.depth + stage.name,
                    f"{stage.elements:,}",
                    _seconds(stage.own),
                    _seconds(stage.input),
                    "" if stage.waited is None else _seconds(stage.waited),
                    str(stage.threads),
                    ready,
                )
            )
        waits = self.waited / self.seconds
        head = (
            f"{self.elements:,} elements in {_seconds(self.seconds)}, of which the program waited "
            f"{waits:.0%}"
        )
        return f"{head}\n{table(rows, right=(0, 2, 3, 4, 5, 6))}\n{self.advice}"

    __repr__ = __str__


def _seconds(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{1000 * seconds:.1f} ms"


def _is_stage(stage: Measured) -> bool:
    return stage.node is not None and not stage.node.is_transparent


def _profiled(stage: Measured, depth: int, threads: int) -> ProfiledStage:
    node = stage.node
    assert node is not None
    described = node.describe(ONE_BY_ONE)
    waiting, full = stage.waiting, stage.full
    return ProfiledStage(
        # Those that are made anew for each element may have other arguments each time.
        name=stage_name(node.title, node.functions, {} if depth else described.arguments),
        depth=depth,
        elements=stage.elements,
        own=stage.own,
        input=sum(one.asked for one in list(stage.inputs.values())),
        waited=None if waiting is None else waiting.own,
        full=None if full is None else full.own,
        threads=threads,
        ready=stage.found / stage.takings if stage.takings else None,
        size=stage.size,
        advice=node.advice(),
    )


@transformation("profile")
def profile(self: DatasetV2, elements: int | None = None, seconds: float | None = None) -> Profile:
    """Measure where the time goes while this dataset is iterated.

    With `elements` or `seconds` they are taken here and now. Without, the result is a context
    manager, and what it measures are all iterations over this dataset, and over datasets made of
    it, that begin inside of its block: those of a training loop or of `Model.fit`.

    Args:
        elements: how many elements to take.
        seconds: how long to take elements.

    Returns:
        A `Profile`; `print` shows for each stage how many elements it gave, the time in the stage
        itself, the time it waited for its input, the time others waited for elements that its
        threads make, the threads, and how many elements were ready of how many there might be; and
        last the stage that takes the most time, with what to do about it. The same is to be had as
        `stages`, `bottleneck` and `advice`.

    >>> import tidefall as tf
    >>> dataset = tf.data.Dataset.range(1000).map(lambda x: x * 2).batch(10)
    >>> report = dataset.profile(elements=50)
    >>> [(stage.name.split("(")[0], stage.elements) for stage in report.stages]
    [('range', 500), ('map', 500), ('batch', 50)]
    >>> with dataset.profile() as report:
    ...     for batch in dataset:
    ...         pass
    >>> report.elements
    100
    """
    report = Profile(self._node)
    if elements is not None or seconds is not None:
        report._run(self, elements, seconds)
    return report
