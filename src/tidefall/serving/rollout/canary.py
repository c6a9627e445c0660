"""A trial of a candidate: how large its share is, and whether to go on, hold or go back.

A trial is judged twice a second, so every "failed" must hold at all times at once: the level that
the plan allows for going back by mistake is divided among steps and guardrails, and within each the
tests are sequential (`rollout/sequential.py`).
"""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import asdict, dataclass, replace
from enum import Enum
from statistics import NormalDist
from typing import Any

from tidefall.serving.inference import Outcome
from tidefall.serving.rollout.drift import MIN_VALUES, Drift, Row, drift
from tidefall.serving.rollout.plan import Canary
from tidefall.serving.rollout.sequential import log_evidence_of_excess, spent
from tidefall.serving.rollout.statistics import Reservoir, VersionStatistics

GUARDRAILS = 3
"""Errors, latency and drift: each gets its part of a trial's level."""


class Status(Enum):
    """Where a trial stands."""

    RUNNING = "running"
    PAUSED = "paused"
    PROMOTED = "promoted"
    ROLLED_BACK = "rolled back"


@dataclass(frozen=True, slots=True)
class Progress:
    """What has to outlive a restart.

    Args:
        status: where the trial stands.
        step: the index of the present step.
        reason: why the last change was made.
    """

    status: Status = Status.RUNNING
    step: int = 0
    reason: str = "started"

    def as_json(self) -> dict[str, Any]:
        """The fields, as `from_json` reads them."""
        return {**asdict(self), "status": self.status.value}

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Progress:
        """What `as_json` wrote."""
        return cls(Status(document["status"]), int(document["step"]), str(document["reason"]))


@dataclass(frozen=True, slots=True)
class Finding:
    """What one guardrail says.

    Args:
        guardrail: "error rate", "latency" or "drift of NAME".
        verdict: "passed", "failed", or "undecided" while there is too little to say.
        detail: the figures.
    """

    guardrail: str
    verdict: str
    detail: str


class Trial:
    """A canary under way. Not safe for several threads.

    Args:
        canary: what was asked for.
        progress: where it stands.
        now: the time, on the clock that is given to `decide`.
    """

    def __init__(self, canary: Canary, progress: Progress, now: float) -> None:
        self.canary = canary
        self.progress = progress
        self._begin_step(now)

    def _begin_step(self, now: float) -> None:
        self._since = now
        self.stable, self.candidate = VersionStatistics(), VersionStatistics()
        self._looks = Looks()

    def copy(self) -> Trial:
        """The trial as it is now. Judging takes milliseconds: done on a copy, no answer waits."""
        copied = copy(self)
        copied.stable, copied.candidate = self.stable.copy(), self.candidate.copy()
        return copied

    @property
    def percent(self) -> float:
        """The candidate's share of the requests."""
        if self.progress.status is Status.PROMOTED:
            return 100.0
        if self.progress.status is Status.ROLLED_BACK:
            return 0.0
        return self.canary.steps[self.progress.step]

    def shares(self) -> list[tuple[int, float]]:
        """Versions and weights, the candidate first, so that its clients stay with it."""
        percent = self.percent
        return [(self.canary.candidate, percent), (self.canary.stable, 100.0 - percent)]

    def add(self, outcome: Outcome) -> None:
        """Counts an answer of one of the two versions."""
        if outcome.version == self.canary.candidate:
            self.candidate.add(outcome)
        elif outcome.version == self.canary.stable:
            self.stable.add(outcome)

    def findings(self) -> list[Finding]:
        """What each guardrail says of the present step."""
        return [self._error_rate(), self._latency(), *self._drifts()]

    def decide(self, now: float) -> Progress | None:
        """The next progress, where it is time for one.

        A guardrail ends the trial as soon as it is certain to be broken; a step is passed when
        its time is over, the candidate has answered enough, and no guardrail looks broken. Where
        steps wait to be asked for, only the first of these is decided here.
        """
        if self.progress.status is not Status.RUNNING:
            return None
        findings = self.findings()
        broken = [f"{f.guardrail}: {f.detail}" for f in findings if f.verdict == "failed"]
        if broken:
            return Progress(Status.ROLLED_BACK, self.progress.step, "; ".join(broken))
        if self.canary.hold:
            return None
        waits_for = self.waits_for(now, findings)
        if not waits_for:
            return self.next_step()
        if self.elapsed(now) >= self.canary.patience_seconds:
            reason = f"step {self.progress.step + 1} did not pass in time: {'; '.join(waits_for)}"
            return Progress(Status.ROLLED_BACK, self.progress.step, reason)
        return None

    def elapsed(self, now: float) -> float:
        """For how long the present step has lasted, in seconds."""
        return now - self._since

    def waits_for(self, now: float, findings: Sequence[Finding]) -> list[str]:
        """What the present step has yet to bring before it is passed."""
        canary = self.canary
        open_ones = [f"{f.guardrail}: {f.detail}" for f in findings if f.verdict == "undecided"]
        if self.candidate.requests < canary.step_requests:
            count = f"{self.candidate.requests} of {canary.step_requests} requests"
            open_ones.insert(0, count)
        if not open_ones and self.elapsed(now) < canary.step_seconds:
            open_ones.append(f"{self.elapsed(now):.0f} of {canary.step_seconds:g} seconds")
        return open_ones

    def next_step(self) -> Progress:
        """The progress after the present step was passed."""
        step = self.progress.step + 1
        if step == len(self.canary.steps):
            return Progress(Status.PROMOTED, step - 1, "passed all steps")
        return Progress(Status.RUNNING, step, f"passed step {step}")

    def follow(self, progress: Progress, now: float) -> None:
        """Takes up what was decided, here or by an operator."""
        begins = progress.step != self.progress.step or progress.status is not self.progress.status
        self.progress = progress
        if begins and progress.status is Status.RUNNING:
            self._begin_step(now)

    def changed(self, status: Status, reason: str) -> Progress:
        """The progress with another status."""
        return replace(self.progress, status=status, reason=reason)

    # --- guardrails -------------------------------------------------------------------------------

    @property
    def alpha(self) -> float:
        """The level of one guardrail in one step."""
        return self.canary.false_rollback / len(self.canary.steps) / GUARDRAILS

    def _error_rate(self) -> Finding:
        margin = self.canary.guardrails.error_rate
        allowed, rate = self.stable.error_rate() + margin, self.candidate.error_rate()
        detail = (
            f"{self.candidate.errors} of {self.candidate.requests} requests failed, "
            f"{self.stable.errors} of {self.stable.requests} of the stable version"
        )
        found = log_evidence_of_excess(self.candidate.failed(), self.stable.failed(), margin)
        if found >= -math.log(self.alpha):
            return Finding("error rate", "failed", detail)
        return Finding("error rate", "passed" if rate <= allowed else "undecided", detail)

    def _latency(self) -> Finding:
        rails = self.canary.guardrails
        candidate = self.candidate.latency(rails.latency_quantile, self.alpha / 2)
        stable = self.stable.latency(rails.latency_quantile, self.alpha / 2)
        if candidate is None or stable is None:
            # Nothing can be said of a high quantile of few requests; `step_requests` asks for more.
            few = f"too few requests for the {rails.latency_quantile:g} quantile"
            return Finding("latency", "passed", few)
        detail = (
            f"the {rails.latency_quantile:g} quantile is {candidate[1] * 1e3:.3g} ms, "
            f"{stable[1] * 1e3:.3g} ms of the stable version"
        )
        if candidate[0] > rails.latency_ratio * stable[2]:
            return Finding("latency", "failed", detail)
        good = candidate[1] <= rails.latency_ratio * stable[1]
        return Finding("latency", "passed" if good else "undecided", detail)

    def _drifts(self) -> list[Finding]:
        """What is said of each output. One that cannot be measured holds the step, and says why;
        while the candidate's requests are still coming, that is reason enough."""
        limit, kinds = self.canary.guardrails.drift, self.canary.guardrails.drift_outputs
        if limit is None:
            return []
        stable, candidate = self.stable.samples(), self.candidate.samples()
        waits = self.candidate.requests < self.canary.step_requests
        names = sorted(kinds or stable.keys() | candidate.keys())
        if not names and not waits:
            return [Finding("drift", "undecided", "cannot be measured: there are no outputs")]
        found: list[Finding] = []
        for name in names:
            if not kinds and _is_new(name, stable):
                detail = f"version {self.canary.stable} has no such output to compare it with"
                found.append(Finding(f"drift of {name}", "passed", detail))
                continue
            rows = _rows(stable, name), _rows(candidate, name)
            seen = min(_seen(stable, name), _seen(candidate, name))
            look = self._looks.number(name, seen)
            level = spent(self.alpha / len(names), look or 1)
            z = NormalDist().inv_cdf(1 - level)
            measured = drift(*rows, kinds.get(name), z)
            if measured.estimate is not None or not waits:
                finding = _judged(name, measured, limit, is_a_look=look is not None)
                found.append(self._looks.keep(name, finding))
        return found


class Looks:
    """When the drift of each output is tested: once it has twice the rows of the last time.

    Between two looks its estimate is shown, and can hold a step, but not end the trial; so the
    level that all looks may use is not used up by looking often. Threads may share it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next: dict[str, tuple[int, int]] = {}
        self._failed: dict[str, Finding] = {}

    def number(self, name: str, rows: int) -> int | None:
        """Which look at an output this is; None where it is none."""
        with self._lock:
            look, at = self._next.get(name, (1, MIN_VALUES))
            if rows < at:
                return None
            self._next[name] = look + 1, 2 * rows
            return look

    def keep(self, name: str, finding: Finding) -> Finding:
        """The finding, or an earlier one that was that an output failed."""
        with self._lock:
            if finding.verdict == "failed":
                self._failed[name] = finding
            return self._failed.get(name, finding)


def _is_new(name: str, stable: Mapping[str, Reservoir[Row]]) -> bool:
    """Whether the stable version answers this signature, but without this output."""
    prefix = name[: name.rindex("/") + 1]
    others = (sample for other, sample in stable.items() if other.startswith(prefix))
    return name not in stable and any(len(sample.values) >= MIN_VALUES for sample in others)


def _rows(samples: Mapping[str, Reservoir[Row]], name: str) -> Sequence[Row]:
    return samples[name].values if name in samples else ()


def _seen(samples: Mapping[str, Reservoir[Row]], name: str) -> int:
    return samples[name].seen if name in samples else 0


def _judged(name: str, measured: Drift, limit: float, is_a_look: bool) -> Finding:
    guardrail, estimate = f"drift of {name}", measured.estimate
    if estimate is None:
        return Finding(guardrail, "undecided", measured.detail)
    detail = f"{measured.detail}, {limit:g} allowed"
    if is_a_look and estimate.least > limit:
        return Finding(guardrail, "failed", detail)
    return Finding(guardrail, "passed" if estimate.value <= limit else "undecided", detail)
