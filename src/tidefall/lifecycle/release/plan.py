"""What a release is to go through, as its file says."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tidefall.base import errors
from tidefall.lifecycle.release.documents import Seconds, between, read_document
from tidefall.serving.rollout import plan as server_plan
from tidefall.serving.rollout.canary import GUARDRAILS
from tidefall.serving.rollout.sequential import requests_to_find

METRICS = ("accuracy", "absolute_error")
KINDS = ("rate", "mean")


@dataclass(frozen=True)
class Errors:
    """How many more requests may fail.

    Args:
        margin: by how much the candidate's share may exceed the stable version's.
        find: an excess that must not go unnoticed: each step takes the requests that find it.
        base: the stable version's share of failures, as far as it is known.
    """

    margin: float = 0.002
    find: float | None = None
    base: float = 0.001

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield what is out of range."""
        yield from _range("margin", self.margin, 0, 1)
        yield from _range("base", self.base, 0, 1)
        if self.find is not None and not self.margin < self.find <= 1:
            yield "find", f"expected more than the margin, {self.margin:g}, received {self.find:g}"


@dataclass(frozen=True)
class Latency:
    """How much slower the candidate may be.

    Args:
        quantile: which quantile is compared.
        ratio: how many times the stable version's it may be.
    """

    quantile: float = 0.99
    ratio: float = 1.5

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield what is out of range."""
        yield from _range("quantile", self.quantile, 0.5, 0.9999)
        yield from _range("ratio", self.ratio, 1, math.inf)


@dataclass(frozen=True)
class SliceGuardrail:
    """How much worse the candidate's answers may be, over all rows or in each slice of them.

    Args:
        metric: "accuracy" or "absolute_error", of labels that have come in.
        margin: by how much the accuracy may be lower, or the error higher.
        by: a column whose values are slices, such as "input.zone"; all rows for "".
        output: the output that predicts.
        minimum: so many labels of the candidate it takes before a step passes, in each slice seen.
        slices: at most so many slices; the level is divided among them.
    """

    metric: str
    margin: float
    by: str = ""
    output: str = ""
    minimum: int = 100
    slices: int = 20

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield what is out of range."""
        if self.metric not in METRICS:
            yield "metric", f"expected {' or '.join(METRICS)}, received {self.metric!r}"
        yield from _range("margin", self.margin, 0, math.inf)
        if self.by and not self.by.startswith(("input.", "output.")):
            yield "by", f"expected input.NAME or output.NAME, received {self.by!r}"
        yield from _range("minimum", self.minimum, 2, math.inf)
        yield from _range("slices", self.slices, 1, 1000)


@dataclass(frozen=True)
class BusinessGuardrail:
    """How much less the candidate may bring in, by outcomes that are joined to its answers.

    Args:
        outcome: the outcome's name.
        margin: by how much it may be worse, in its own unit.
        kind: "rate" of outcomes that are 0 or 1, else "mean".
        higher_is_better: which way is worse.
        minimum: so many outcomes of the candidate it takes before a step passes.
    """

    outcome: str
    margin: float
    kind: str = "mean"
    higher_is_better: bool = True
    minimum: int = 100

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield what is out of range."""
        if self.kind not in KINDS:
            yield "kind", f"expected {' or '.join(KINDS)}, received {self.kind!r}"
        yield from _range("margin", self.margin, 0, math.inf)
        yield from _range("minimum", self.minimum, 2, math.inf)


@dataclass(frozen=True)
class Guardrails:
    """What a candidate must keep to, beside the stable version at the same time.

    Args:
        errors: failed requests.
        latency: slowness.
        prediction_shift: how far the answers of both may be apart; see the server's `drift`.
        slices: metrics of labelled answers.
        business: outcomes.
    """

    errors: Errors = field(default_factory=Errors)
    latency: Latency = field(default_factory=Latency)
    prediction_shift: float | None = 0.25
    slices: tuple[SliceGuardrail, ...] = ()
    business: tuple[BusinessGuardrail, ...] = ()

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield what is out of range."""
        if self.prediction_shift is not None:
            yield from _range("prediction_shift", self.prediction_shift, 0, math.inf)


@dataclass(frozen=True)
class Approvals:
    """Who lets a version go out.

    Args:
        needed: how many people.
        by: whose approval counts; anybody's who may approve for none.
    """

    needed: int = 0
    by: tuple[str, ...] = ()

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield what is out of range."""
        yield from _range("needed", self.needed, 0, len(self.by) or 100)


@dataclass(frozen=True)
class Replay:
    """Recorded requests, run on the candidate before it answers anybody.

    Args:
        recording: a file's name in the servers' folder of recordings.
        limit: how many requests at most.
        errors: how many of them may fail that did not fail before.
        other_labels: the share of rows whose largest score may be at another place.
        p99_ms: how long one request in a hundred may take, in milliseconds.
        minimum: so many requests it takes.
    """

    recording: str
    limit: int = 10_000
    errors: int = 0
    other_labels: float = 1.0
    p99_ms: float | None = None
    minimum: int = 1

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield what is out of range."""
        yield from _range("limit", self.limit, 1, math.inf)
        yield from _range("errors", self.errors, 0, math.inf)
        yield from _range("other_labels", self.other_labels, 0, 1)
        yield from _range("minimum", self.minimum, 1, self.limit)


@dataclass(frozen=True)
class ShadowStage:
    """Copies of requests, for a candidate that still answers nobody.

    Args:
        percent: how many of the requests.
        requests: so many it takes.
        seconds: for so long at least.
        errors: how many may fail.
        other_labels: the share of rows whose largest score may be at another place.
        patience: after this time without enough requests the release ends.
    """

    percent: float = 100.0
    requests: int = 100
    seconds: Seconds = Seconds(60.0)
    errors: int = 0
    other_labels: float = 1.0
    patience: Seconds = Seconds(86_400.0)

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield what is out of range."""
        yield from _range("percent", self.percent, 0, 100)
        yield from _range("requests", self.requests, 1, math.inf)
        yield from _range("errors", self.errors, 0, math.inf)
        yield from _range("other_labels", self.other_labels, 0, 1)


@dataclass(frozen=True)
class CanaryStage:
    """The candidate's share of the requests, step by step.

    Args:
        steps: percentages, rising; after the last one it is promoted.
        seconds: how long a step takes at least.
        requests: how many requests the candidate answers in a step at least, over all servers.
        patience: a step that has not passed after this time ends the release.
        false_rollback: how probable it may be that a candidate within the guardrails is sent back.
        sticky_header: the header whose value keeps a client at one version.
    """

    steps: tuple[float, ...] = (1.0, 5.0, 25.0, 50.0)
    seconds: Seconds = Seconds(300.0)
    requests: int = 200
    patience: Seconds = Seconds(86_400.0)
    false_rollback: float = 0.01
    sticky_header: str = server_plan.DEFAULT_STICKY_HEADER

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield what is out of range."""
        rising = list(self.steps) == sorted(set(self.steps))
        if not self.steps or not rising or not 0 < self.steps[0] <= self.steps[-1] < 100:
            shown = list(self.steps)
            yield "steps", f"expected rising percentages between 0 and 100, received {shown}"
        yield from _range("requests", self.requests, 1, math.inf)
        if self.patience <= self.seconds:
            yield "patience", f"expected more than seconds, {self.seconds:g}"
        if not 0 < self.false_rollback <= 0.5:
            yield "false_rollback", (
                f"expected more than 0 and at most 0.5, received {self.false_rollback:g}"
            )


@dataclass(frozen=True)
class Monitoring:
    """Where answers, labels and outcomes are, for guardrails on slices and business.

    Args:
        store: the monitoring store's folder.
        log: the folder of the servers' monitoring log, read now and then; "" where others do.
        every: how often it is looked at.
    """

    store: str
    log: str = ""
    every: Seconds = Seconds(5.0)


@dataclass(frozen=True)
class Promotion:
    """What the registry is told of the version that won.

    Args:
        stage: the stage it gets, and the one before it loses.
        alias: an alias that moves to it; none for "".
    """

    stage: str = "Production"
    alias: str = ""

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield what is out of range."""
        if self.stage not in ("Staging", "Production"):
            yield "stage", f"expected Staging or Production, received {self.stage!r}"


@dataclass(frozen=True)
class ReleasePlan:
    """How new versions of one model come to answer.

    Args:
        model: the model's name, in the registry and on the servers.
        servers: their addresses; "dns+http://NAME:PORT" stands for each address of a name.
        store: the registry's folder.
        token_file: a file with the admin token; the variable TIDEFALL_ADMIN_TOKEN for "".
        ca_file: a file with authorities to trust for https.
        load_seconds: how long the servers may take to load the candidate.
        guardrails, approvals, replay, shadow, canary, monitoring, promotion: see their classes.
    """

    model: str
    servers: tuple[str, ...]
    store: str
    token_file: str = ""
    ca_file: str = ""
    load_seconds: Seconds = Seconds(300.0)
    guardrails: Guardrails = field(default_factory=Guardrails)
    approvals: Approvals = field(default_factory=Approvals)
    replay: Replay | None = None
    shadow: ShadowStage | None = None
    canary: CanaryStage = field(default_factory=CanaryStage)
    monitoring: Monitoring | None = None
    promotion: Promotion = field(default_factory=Promotion)

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield what does not fit together."""
        if not self.model:
            yield "model", "expected the model's name, received ''"
        if not self.servers:
            yield "servers", "expected at least one address"
        for url in self.servers:
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https", "dns+http", "dns+https") or not parts.hostname:
                yield "servers", f"expected addresses such as http://host:8501, received {url!r}"
        rails = self.guardrails
        if (rails.slices or rails.business) and self.monitoring is None:
            yield "guardrails", "slices and business need `monitoring`, where labels are"

    def step_requests(self, share: float) -> int:
        """Return how many requests of the candidate a step takes.

        Args:
            share: the step's percentage.
        """
        rails = self.guardrails.errors
        if rails.find is None:
            return self.canary.requests
        planned = requests_to_find(
            rails.base, rails.find, rails.margin, self.level() / 2, share / 100
        )
        return max(self.canary.requests, planned)

    def level(self) -> float:
        """Return the level of each guardrail in each step."""
        return self.canary.false_rollback / len(self.canary.steps) / self.families()

    def families(self) -> int:
        """Return how many guardrails share the level."""
        return GUARDRAILS + len(self.guardrails.slices) + len(self.guardrails.business)

    def server_guardrails(self) -> server_plan.Guardrails:
        """Return the guardrails that the servers themselves watch."""
        rails = self.guardrails
        return server_plan.Guardrails(
            rails.errors.margin,
            rails.latency.quantile,
            rails.latency.ratio,
            rails.prediction_shift,
        )

    def server_canary(self, stable: int, candidate: int, servers: int) -> server_plan.Canary:
        """Return the canary that each of some servers runs by itself.

        Half of the level is theirs, divided among them; with the other half their counts are judged
        together. What labels show has its part besides.
        """
        half = self.canary.false_rollback * GUARDRAILS / self.families() / 2
        return server_plan.Canary(
            stable,
            candidate,
            self.canary.steps,
            self.canary.seconds,
            1,
            self.canary.patience,
            self.server_guardrails(),
            half / servers,
            hold=True,
        )

    def as_json(self) -> dict[str, Any]:
        """Return the plan as plain values."""
        return dataclasses.asdict(self)

    def digest(self) -> str:
        """Return the SHA-256 of the plan's content."""
        return hashlib.sha256(json.dumps(self.as_json(), sort_keys=True).encode()).hexdigest()


def read_plan(path: str | Path) -> ReleasePlan:
    """Return the plan in a file; folders in it are relative to the file.

    Raises:
        NotFoundError: there is no such file.
        InvalidArgumentError: something in it is wrong; names the line and the key.
    """
    plan = read_document(path, ReleasePlan)
    folder = Path(path).absolute().parent

    def placed(name: str) -> str:
        return str(folder / name) if name else ""

    monitoring = plan.monitoring and dataclasses.replace(
        plan.monitoring, store=placed(plan.monitoring.store), log=placed(plan.monitoring.log)
    )
    return dataclasses.replace(
        plan,
        store=placed(plan.store),
        token_file=placed(plan.token_file),
        ca_file=placed(plan.ca_file),
        monitoring=monitoring,
    )


def plan_from_json(document: Mapping[str, Any]) -> ReleasePlan:
    """Return what `as_json` made.

    Raises:
        DataLossError: it is something else.
    """
    from tidefall.lifecycle.release.documents import parse_document

    try:
        return parse_document(json.dumps(document), ReleasePlan, "the audit log's plan")
    except errors.InvalidArgumentError as error:
        raise errors.DataLossError(None, None, error.message) from None


def _range(key: str, value: float, low: float, high: float) -> Iterator[tuple[str, str]]:
    wrong = between(value, low, high)
    if wrong:
        yield key, wrong
