"""When to train again, from what, and what the outcome must be worth, as a file says."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tidefall.lifecycle.release.documents import Seconds, between, read_document

_DAY = Seconds(86_400.0)
METRICS = ("accuracy", "mae")
"""What versions are compared by: more of the first is better, less of the second."""


@dataclass(frozen=True)
class DriftTrigger:
    """What comes in, or goes out, is not what it was when the live version began to answer.

    Args:
        window: the latest span that is looked at.
        reference: how long the span is that it is held against, from the live version's first
            answer on.
        segments: columns whose values are looked at by themselves too.
        alerts: so many it takes.
        minimum: so many rows it takes in the window.
    """

    window: Seconds = Seconds(3600.0)
    reference: Seconds = _DAY
    segments: tuple[str, ...] = ()
    alerts: int = 1
    minimum: int = 200

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield what is out of range."""
        yield from _range("alerts", self.alerts, 1)
        yield from _range("minimum", self.minimum, 1)


@dataclass(frozen=True)
class QualityTrigger:
    """A metric of labelled answers is not what it should be.

    Args:
        metric: as monitoring calls it.
        at_least: the least that is good.
        at_most: the most that is good.
        window: the latest span that is looked at.
        minimum: so many labelled rows it takes.
        output: the output that labels are about; the only one for "".
    """

    metric: str
    at_least: float | None = None
    at_most: float | None = None
    window: Seconds = _DAY
    minimum: int = 200
    output: str = ""

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield what does not fit together."""
        if (self.at_least is None) == (self.at_most is None):
            yield "metric", "expected at_least or at_most beside it"
        yield from _range("minimum", self.minimum, 1)


@dataclass(frozen=True)
class ScheduleTrigger:
    """The live version has become so old.

    Args:
        every: how old.
    """

    every: Seconds


@dataclass(frozen=True)
class VolumeTrigger:
    """So many labels have come in since the live version was registered.

    Args:
        labels: how many.
    """

    labels: int

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield what is out of range."""
        yield from _range("labels", self.labels, 1)


@dataclass(frozen=True)
class ValueTrigger:
    """To train again brings in more than it costs.

    Args:
        metric: "accuracy" or "mae".
        expected: what a new version is taken to reach.
        per_point: what a hundredth of the metric is worth a day, in money.
        cost: what it costs to train and to release, in the same money.
        horizon: for how long the new version is taken to be of use.
        window: the latest span that the metric is taken of.
        minimum: so many labelled rows it takes.
        output: the output that labels are about; the only one for "".
    """

    metric: str
    expected: float
    per_point: float
    cost: float
    horizon: Seconds = Seconds(30 * 86_400.0)
    window: Seconds = _DAY
    minimum: int = 200
    output: str = ""

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield what is out of range."""
        if self.metric not in METRICS:
            yield "metric", f"expected {' or '.join(METRICS)}, received {self.metric!r}"
        yield from _range("per_point", self.per_point, 0)
        yield from _range("cost", self.cost, 0)


@dataclass(frozen=True)
class Triggers:
    """Each of these is reason enough.

    Args:
        drift, quality, schedule, volume, value: see their classes.
    """

    drift: DriftTrigger | None = None
    quality: QualityTrigger | None = None
    schedule: ScheduleTrigger | None = None
    volume: VolumeTrigger | None = None
    value: ValueTrigger | None = None


@dataclass(frozen=True)
class Data:
    """The labelled rows that are written down for a training, and stay as they are.

    Args:
        window: how far back they go.
        parameter: the pipeline's parameter that gets their folder.
        holdout: the share that training never sees, chosen by the rows' ids.
        minimum: so many rows it takes.
    """

    window: Seconds = Seconds(30 * 86_400.0)
    parameter: str = "data"
    holdout: float = 0.2
    minimum: int = 100

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield what is out of range."""
        if not 0.01 <= self.holdout <= 0.9:
            yield "holdout", f"expected 0.01 to 0.9, received {self.holdout:g}"
        yield from _range("minimum", self.minimum, 2)


@dataclass(frozen=True)
class Comparison:
    """How much better than the live version a new one must be, on the rows held out.

    Args:
        metric: "accuracy" or "mae".
        gain: by how much; less than 0 lets it be worse by that.
        output: the output that labels are about; the only one for "".
    """

    metric: str = "accuracy"
    gain: float = 0.0
    output: str = ""

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield what is out of range."""
        if self.metric not in METRICS:
            yield "metric", f"expected {' or '.join(METRICS)}, received {self.metric!r}"


@dataclass(frozen=True)
class RetrainPlan:
    """When and how a model is trained again.

    Args:
        model: its name.
        store: the registry's folder.
        monitoring: the monitoring store's folder.
        pipeline: the file that defines the pipeline.
        log: the servers' monitoring log, taken in first; "" where others do.
        node: the pipeline's node that makes the model.
        output: the output of that node.
        parameters: of the pipeline, by name.
        warm_start: the parameter that gets the live version's folder; from scratch for "".
        cooldown: so long nothing is trained after the last time.
        release: the plan that the new version goes out by; it stays in the registry for "".
        triggers, data, compare: see their classes.
    """

    model: str
    store: str
    monitoring: str
    pipeline: str
    log: str = ""
    node: str = "Trainer"
    output: str = "model"
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])
    warm_start: str = ""
    cooldown: Seconds = Seconds(0.0)
    release: str = ""
    triggers: Triggers = field(default_factory=Triggers)
    data: Data = field(default_factory=Data)
    compare: Comparison = field(default_factory=Comparison)

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield what does not fit together."""
        taken = {self.data.parameter, self.warm_start} & self.parameters.keys()
        for name in taken:
            yield "parameters", f"{name!r} is set by the retraining itself"

    def as_json(self) -> dict[str, Any]:
        """Return the plan as plain values."""
        return dataclasses.asdict(self)


def read_retrain_plan(path: str | Path) -> RetrainPlan:
    """Return the plan in a file; paths in it are relative to the file.

    Raises:
        NotFoundError: there is no such file.
        InvalidArgumentError: something in it is wrong; names the line and the key.
    """
    plan = read_document(path, RetrainPlan)
    folder = Path(path).absolute().parent
    placed = {
        name: str(folder / given)
        for name in ("store", "monitoring", "pipeline", "log", "release")
        if (given := getattr(plan, name))
    }
    return dataclasses.replace(plan, **placed)


def _range(key: str, value: float, low: float) -> Iterator[tuple[str, str]]:
    wrong = between(value, low, math.inf)
    if wrong:
        yield key, wrong
