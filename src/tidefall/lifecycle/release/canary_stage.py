"""The canary of a release: steps over all servers, judged together and by labels.

Each server tries the candidate by itself and goes back by itself, so a fault is met within a second
whether or not anybody else lives. What one server has too few requests to see is seen here, where
the counts of all are added; and steps are passed here, on all servers.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tidefall.base import errors
from tidefall.lifecycle.release.evidence import Labelled, gather, judge
from tidefall.lifecycle.release.fleet import Server, told
from tidefall.lifecycle.release.history import GoBackError, Release
from tidefall.serving.rollout.canary import Finding, Progress, Status, Trial
from tidefall.serving.rollout.plan import Plan
from tidefall.serving.rollout.statistics import VersionStatistics

if TYPE_CHECKING:
    from tidefall.lifecycle.release.runner import Runner


class CanaryRun:
    """The canary of one release.

    Args:
        runner: runs the release.
        release: the release.
    """

    def __init__(self, runner: Runner, release: Release) -> None:
        self._runner, self._release, self._plan = runner, release, runner.plan
        count = len(runner.fleet.servers())
        canary = self._plan.server_canary(release.stable, release.candidate, count)
        sticky = self._plan.canary.sticky_header
        plan = Plan(canary=canary, sticky_header=sticky, release=f"{release.id}/canary")
        self._body = plan.as_json()
        self._looked = 0.0
        self._labelled: list[Finding] = []

    def run(self) -> None:
        """Go through all steps.

        Raises:
            GoBackError: the candidate breaks a guardrail, or takes too long.
        """
        if not self._release.step:
            self._runner.note(self._release, "release.step", **self._step(1))
        while self._release.step <= len(self._plan.canary.steps):
            waits = self.bring_to(self._release.step) or self._judge()
            if waits is None:
                step = self._release.step + 1
                if step > len(self._plan.canary.steps):
                    return
                self._runner.note(self._release, "release.step", **self._step(step))
                continue
            self._lose_patience(waits)
            self._runner.pause(self._release)

    def _step(self, step: int) -> dict[str, Any]:
        return {
            "step": step,
            "percent": self._plan.canary.steps[step - 1],
            "requests": self._plan.step_requests(self._plan.canary.steps[step - 1]),
        }

    def _lose_patience(self, waits: str) -> None:
        event = self._release.last("release.step", "release.resume")
        assert event is not None
        if time.time() - event.seconds > self._plan.canary.patience:
            raise GoBackError(f"step {self._release.step} did not pass in time: {waits}")

    def bring_to(self, step: int) -> str:
        """Have all servers at a step; what is there already stays as it is.

        Args:
            step: its number, from 1; one more than there are promotes the candidate.

        Returns:
            What it waits for; "" when they are.

        Raises:
            GoBackError: a server went back by itself, or refuses.
        """
        done, failed = self._runner.fleet.each(lambda server: self._bring_one(server, step))
        broken = sorted(f"{url}: {reason}" for url, reason in done.items() if reason)
        refusals = {u: e for u, e in failed.items() if not isinstance(e, errors.UnavailableError)}
        if broken or refusals:
            raise GoBackError("; ".join(broken) or told(refusals))
        return told(failed)

    def _bring_one(self, server: Server, step: int) -> str:
        """Why the server went back, if it did."""
        model = self._plan.model
        try:
            rollout = server.of_model("GET", model, "rollout")
        except errors.NotFoundError:
            rollout = {}
        if rollout.get("plan", {}).get("release") != self._body["release"]:
            # A server that is new, or has lost its state: it begins where the others are.
            for version in (self._release.stable, self._release.candidate):
                why, is_final = server.lacks(model, version)
                if is_final:
                    return why
                if why:
                    raise errors.UnavailableError(None, None, why)
            rollout = server.of_model("PUT", model, "rollout", self._body)
        canary = rollout["canary"]
        if canary["status"] == Status.ROLLED_BACK.value:
            return canary["reason"]
        if canary["status"] == Status.PROMOTED.value:
            return ""
        if canary["status"] == Status.PAUSED.value:
            rollout = server.of_model("POST", model, "rollout:resume")
        for number in range(canary["step"] + 2, step + 1):
            server.of_model("POST", model, "rollout:step", {"step": number})
        return ""

    def _judge(self) -> str | None:
        """What the present step waits for; None where it has passed."""
        counts, failed = self._runner.fleet.each(
            lambda server: server.of_model("GET", self._plan.model, "statistics")
        )
        back = [c["reason"] for c in counts.values() if c["status"] == Status.ROLLED_BACK.value]
        if back:
            raise GoBackError("; ".join(back))
        step = self._release.step
        trial = self._together([c for c in counts.values() if c["step"] + 1 == step])
        findings = [*trial.findings(), *self._by_labels()]
        broken = [f"{f.guardrail}: {f.detail}" for f in findings if f.verdict == "failed"]
        if broken:
            raise GoBackError("; ".join(broken))
        findings += [
            Finding(f["guardrail"], f["verdict"], f["detail"])
            for c in counts.values()
            for f in c["guardrails"]
            if f["guardrail"].startswith("drift")
        ]
        waits = trial.waits_for(0.0, findings)
        if failed:
            waits.append(told(failed))
        return "; ".join(waits) or None

    def _together(self, counts: list[dict[str, Any]]) -> Trial:
        """The trial that the counts of all servers make; drift is each server's own matter."""
        plan, release = self._plan, self._release
        canary = plan.server_canary(release.stable, release.candidate, 1)
        share = plan.canary.steps[release.step - 1]
        canary = replace(
            canary,
            step_requests=plan.step_requests(share),
            guardrails=replace(canary.guardrails, drift=None),
        )
        elapsed = min((c["step_seconds"] for c in counts), default=0.0)
        trial = Trial(canary, Progress(step=release.step - 1), -elapsed)
        trial.stable, trial.candidate = VersionStatistics(), VersionStatistics()
        for count in counts:
            trial.stable.merge(count["stable"])
            trial.candidate.merge(count["candidate"])
        return trial

    # --- labels -----------------------------------------------------------------------------------

    def _by_labels(self) -> list[Finding]:
        where, rails = self._plan.monitoring, self._plan.guardrails
        if where is None or not (rails.slices or rails.business):
            return []
        if time.monotonic() - self._looked >= where.every or not self._labelled:
            try:
                self._labelled = judge(self._plan, self._steps())
            except errors.InvalidArgumentError as error:
                raise GoBackError(error.message) from None
            except errors.AbortedError:
                pass  # Rows were deleted meanwhile; the next look reads them again.
            self._looked = time.monotonic()
        return self._labelled

    def _steps(self) -> list[tuple[Labelled, Labelled]]:
        """What is known of each step's answers by now."""
        from tidefall.lifecycle.monitoring.store import open_store

        where = self._plan.monitoring
        assert where is not None
        store = open_store(where.store)
        if where.log:
            try:
                store.ingest(where.log)
            except errors.NotFoundError:
                return []  # No server has logged anything yet.
        events = [event for event in self._release.events if event.action == "release.step"]
        ends = [*(event.seconds for event in events[1:]), None]
        return [
            (
                self._labels(store, self._release.stable, event.seconds, end),
                self._labels(store, self._release.candidate, event.seconds, end),
            )
            for event, end in zip(events, ends, strict=True)
        ]

    def _labels(self, store: Any, version: int, start: float, end: float | None) -> Labelled:
        from tidefall.lifecycle.monitoring.reports import Window

        window = Window(start, end, version)
        return gather(store.read(self._plan.model, window, labels=True), self._plan)
