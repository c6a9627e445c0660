"""What models are to keep to, as a file says."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tidefall.base import errors
from tidefall.lifecycle.release.documents import Seconds, between, read_document
from tidefall.serving.operations.measures import SECONDS

_DAY = 86_400.0


@dataclass(frozen=True)
class Availability:
    """The share of requests that the server must not fail.

    Args:
        objective: in percent, such as 99.9.
        minimum_failures: fewer than this within the long window wake nobody.
    """

    objective: float = 99.9
    minimum_failures: int = 5

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield what is out of range."""
        yield from _percent(self.objective)


@dataclass(frozen=True)
class Speed:
    """The share of requests that must be answered within a time.

    Args:
        seconds: the time; one that the server's histogram has as a limit.
        objective: in percent, such as 99.
        minimum_failures: fewer slow ones than this within the long window wake nobody.
    """

    seconds: Seconds
    objective: float = 99.0
    minimum_failures: int = 5

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield what is out of range."""
        yield from _percent(self.objective)
        if self.seconds not in SECONDS:
            known = ", ".join(f"{limit:g}" for limit in SECONDS)
            yield "seconds", f"expected one of the histogram's limits, {known}; not {self.seconds:g}"


@dataclass(frozen=True)
class Quality:
    """A metric of labelled answers that must not fall, or rise, beyond a value.

    Args:
        metric: as monitoring calls it, such as "accuracy".
        at_least: the least that is good.
        at_most: the most that is good.
    """

    metric: str
    at_least: float | None = None
    at_most: float | None = None

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield what is out of range."""
        if not re.fullmatch(r"[A-Za-z0-9_.:@-]+", self.metric):
            yield "metric", f"expected a metric's name, received {self.metric!r}"
        if (self.at_least is None) == (self.at_most is None):
            yield "metric", "expected at_least or at_most beside it"


@dataclass(frozen=True)
class Freshness:
    """How old things may get.

    Args:
        requests: the newest request that monitoring has.
        labels: the newest label.
        model: the version in production.
    """

    requests: Seconds | None = None
    labels: Seconds | None = None
    model: Seconds | None = None

    def ages(self) -> dict[str, float]:
        """Return the limits that are set, by what they are of."""
        given = {"requests": self.requests, "labels": self.labels, "model": self.model}
        return {kind: float(limit) for kind, limit in given.items() if limit is not None}


@dataclass(frozen=True)
class ModelObjectives:
    """The objectives of one model.

    Args:
        errors: requests that are not failed.
        latency: requests that are answered in time.
        quality: metrics of labelled answers.
        freshness: ages.
        owner: whom to call.
    """

    errors: Availability | None = None
    latency: tuple[Speed, ...] = ()
    quality: tuple[Quality, ...] = ()
    freshness: Freshness = field(default_factory=Freshness)
    owner: str = ""

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield what does not fit together."""
        if not (self.errors or self.latency or self.quality or self.freshness.ages()):
            yield "errors", "expected at least one of errors, latency, quality, freshness"
        limits = [speed.seconds for speed in self.latency]
        if len(limits) != len(set(limits)):
            yield "latency", "expected each number of seconds once"
        names = [quality.metric for quality in self.quality]
        if len(names) != len(set(names)):
            yield "quality", "expected each metric once"


@dataclass(frozen=True)
class Objectives:
    """All objectives, and where things are.

    Args:
        models: by name.
        window: over which budgets count.
        store: the registry's folder, in commands.
        monitoring: the monitoring store's folder; "" for none.
        server: how the servers' admin API is reached, in commands.
        request_log: the servers' request log, in commands; "" for none.
        namespace: the namespace in Kubernetes, in commands; "" where there is none.
    """

    models: Mapping[str, ModelObjectives]
    window: Seconds = Seconds(30 * _DAY)
    store: str = "tidefall_store"
    monitoring: str = ""
    server: str = "http://127.0.0.1:8501"
    request_log: str = ""
    namespace: str = ""

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield what is out of range."""
        if not self.models:
            yield "models", "expected at least one model"
        for name in self.models:
            # It stands in queries, names of rules and commands.
            if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._ -]{0,199}", name):
                yield "models", f"expected names of models, received {name[:60]!r}"
        wrong = between(self.window, 7 * _DAY, math.inf)
        if wrong:
            yield "window", f"a week (7d) or more was expected; {wrong}"


def read_objectives(path: str | Path) -> Objectives:
    """Return the objectives in a file.

    Raises:
        NotFoundError: there is no such file.
        InvalidArgumentError: something in it is wrong; names the line and the key.
    """
    return read_document(path, Objectives)


def need(objectives: Objectives, model: str) -> ModelObjectives:
    """Return the objectives of a model.

    Raises:
        NotFoundError: it has none.
    """
    if model not in objectives.models:
        known = ", ".join(objectives.models)
        raise errors.NotFoundError(None, None, f"no objectives of {model!r}; there are {known}")
    return objectives.models[model]


def _percent(objective: float) -> Iterator[tuple[str, str]]:
    if not 0 < objective < 100:
        yield "objective", f"expected a percentage between 0 and 100, received {objective:g}"
