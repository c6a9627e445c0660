"""Runs a release: approval, replay, shadow, canary, promotion, or the way back.

What is done is in the registry's audit log before it is done (`history.py`), and doing it a second
time changes nothing, so a process that is killed is followed by one that goes on.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tidefall.base import errors
from tidefall.lifecycle.registry.registry import Registry
from tidefall.lifecycle.release.canary_stage import CanaryRun
from tidefall.lifecycle.release.fleet import Fleet, Server, told
from tidefall.lifecycle.release.history import GoBackError, History, Release
from tidefall.lifecycle.release.plan import ReleasePlan

_logger = logging.getLogger("tidefall.release")
TICK_SECONDS = 0.25


class Runner:
    """One release under way.

    Args:
        plan: what it goes through.
        registry: where the versions are, and the audit log.
        fleet: the servers.
        tell: is given a line for each thing that happens.
        tick: the pause between two looks, in seconds.
    """

    def __init__(
        self,
        plan: ReleasePlan,
        registry: Registry,
        fleet: Fleet,
        tell: Callable[[str], None] = _logger.info,
        tick: float = TICK_SECONDS,
    ) -> None:
        self.plan, self.registry, self.fleet = plan, registry, fleet
        self._tell, self._tick = tell, tick
        self.history = History(registry.audit_path)

    def run(self, candidate: int, stable: int | None = None) -> str:
        """Take a version through the plan; a release of it that was cut short is taken up again.

        Args:
            candidate: the version that is to answer.
            stable: the version that answers now; the one with the plan's stage for None.

        Returns:
            "promoted" or "rolled back".

        Raises:
            AbortedError: another process runs a release of this model.
            FailedPreconditionError: a release of another version, or with another plan, is under
                way; or nobody knows what answers now.
        """
        with only_one(self.registry.folder, self.plan.model):
            release = self._begin(candidate, stable)
            if release.end:
                self._tell(f"version {candidate} is {release.end} already")
                return release.end
            return self._go(release)

    def _begin(self, candidate: int, stable: int | None) -> Release:
        plan, history = self.plan, self.history.refresh()
        latest = history.latest(plan.model)
        if latest is not None and not latest.end:
            if latest.candidate != candidate:
                message = (
                    f"release {latest.id} of version {latest.candidate} is under way: "
                    f"{latest.state()}; end it with `tidefall release abort {plan.model}` first"
                )
                raise errors.FailedPreconditionError(None, None, message)
            if latest.begin.details["digest"] != plan.digest():
                message = (
                    f"the plan is another than the one that release {latest.id} began with; "
                    f"put it back, or end the release with `tidefall release abort {plan.model}`"
                )
                raise errors.FailedPreconditionError(None, None, message)
            self._tell(f"release {latest.id} goes on: {latest.state()}")
            return latest
        if latest is not None and latest.candidate == candidate and latest.end == "promoted":
            return latest
        self.registry.version(plan.model, candidate)
        stable = stable if stable is not None else self._stable(candidate)
        if stable == candidate:
            message = f"version {candidate} of {plan.model!r} is the one that answers already"
            raise errors.FailedPreconditionError(None, None, message)
        number = 1 + len(history.of_model(plan.model))
        name = f"{plan.model}-{candidate}-{number}"
        self._write(
            "release.begin", name, candidate=candidate, stable=stable, digest=plan.digest(),
            plan=plan.as_json(),
        )  # fmt: skip
        found = history.refresh().latest(plan.model)
        assert found is not None
        return found

    def _stable(self, candidate: int) -> int:
        stage = self.plan.promotion.stage
        try:
            return self.registry.version(self.plan.model, stage).number
        except errors.NotFoundError:
            message = (
                f"no version of {self.plan.model!r} has the stage {stage}, so nobody knows which "
                f"one answers before version {candidate}: say so with --stable"
            )
            raise errors.FailedPreconditionError(None, None, message) from None

    def _write(self, action: str, release: str, **details: Any) -> None:
        self.registry.record(action, self.plan.model, release=release, **details)
        shown = {k: v for k, v in details.items() if k not in ("plan", "digest")}
        self._tell(f"{action.removeprefix('release.')} " + _shown(shown))

    # --- the way out ------------------------------------------------------------------------------

    def _go(self, release: Release) -> str:
        try:
            if release.wanted_back:
                raise GoBackError(release.wanted_back.details["reason"])
            # Each stage is left out where an entry says that it was passed.
            if release.last("release.approved") is None:
                self._approve(release)
            if release.last("release.loaded") is None:
                self._load(release)
            if release.last("release.replayed") is None:
                self._replay(release)
            if release.last("release.shadowed") is None:
                self._shadow(release)
            if release.last("release.promoting") is None:
                CanaryRun(self, release).run()
            self._promote(release)
        except GoBackError as why:
            self._go_back(release, str(why))
            return "rolled back"
        return "promoted"

    def pause(self, release: Release) -> None:
        """Wait a moment, and for as long as somebody has the release wait.

        Raises:
            GoBackError: somebody wants it to go back.
        """
        while True:
            time.sleep(self._tick)
            self.history.refresh()
            if release.wanted_back:
                raise GoBackError(release.wanted_back.details["reason"])
            if not release.is_paused:
                return

    def note(self, release: Release, action: str, **details: Any) -> None:
        """Write down that a release gets somewhere."""
        self._write(action, release.id, **details)
        self.history.refresh()

    def _approve(self, release: Release) -> None:
        wanted, waits = self.plan.approvals, False
        while True:
            version = self.registry.version(self.plan.model, release.candidate)
            counted = [n for n in version.approvals if not wanted.by or n in wanted.by]
            if len(counted) >= wanted.needed:
                self.note(release, "release.approved", by=counted)
                return
            if not waits:
                who = f" of {', '.join(wanted.by)}" if wanted.by else ""
                self._tell(f"waits for approval {len(counted) + 1} of {wanted.needed}{who}")
            waits = True
            self.pause(release)

    def hold(self, stable: int, release: str = "") -> list[str]:
        """Have a version answer everything, so that one that is registered does not by itself.

        Returns:
            The servers' addresses.

        Raises:
            GoBackError: a server refuses, or does not answer.
        """
        body = {"split": {str(stable): 1}, "release": release or f"hold-{stable}"}
        act = self.everywhere(lambda s: s.of_model("PUT", self.plan.model, "rollout", body))
        return sorted(act)

    def _load(self, release: Release) -> None:
        """Hold the servers at the stable version, and wait until all have the candidate."""
        self.hold(release.stable, f"{release.id}/hold")
        end = time.monotonic() + self.plan.load_seconds
        while True:
            found = self.everywhere(lambda s: s.lacks(self.plan.model, release.candidate))
            for why, is_final in found.values():
                if is_final:
                    raise GoBackError(why)
            waits = [why for why, _ in found.values() if why]
            if not waits:
                break
            if time.monotonic() > end:
                waited = f"{self.plan.load_seconds:g} seconds"
                raise GoBackError(f"version not loaded within {waited}: {'; '.join(waits)}")
            self.pause(release)
        self.note(release, "release.loaded", servers=[s.url for s in self.fleet.servers()])

    def everywhere(self, act: Callable[[Server], Any]) -> dict[str, Any]:
        """Have something done by all servers.

        Raises:
            GoBackError: one refuses, or does not answer.
        """
        done, failed = self.fleet.each(act)
        if failed:
            raise GoBackError(told(failed))
        return done

    def _replay(self, release: Release) -> None:
        """Run recorded requests on the candidate, on the first server."""
        wanted, name = self.plan.replay, self.plan.model
        if wanted is None:
            self.note(release, "release.replayed", requests=0)
            return
        server = self.fleet.servers()[0]
        body = {
            "recording": wanted.recording, "version": release.candidate,
            "against": release.stable, "limit": wanted.limit,
        }  # fmt: skip
        try:
            server.of_model("POST", name, "replay", body)
            while (found := server.of_model("GET", name, "replay"))["status"] == "running":
                self.pause(release)
        except errors.OpError as error:
            raise GoBackError(f"replay: {error.message}") from None
        figures = _figures(found)
        figures["p99_ms"] = found["latency_ms"].get("p99")
        problems = [found["error"]] if found["status"] == "failed" else []
        if found["requests"] < wanted.minimum:
            skipped = found["skipped"]
            problems.append(f"{found['requests']} of {wanted.minimum} requests; {skipped} left out")
        problems += _too_many(figures, wanted.errors, wanted.other_labels)
        slowest = figures["p99_ms"] or 0.0
        if wanted.p99_ms is not None and slowest > wanted.p99_ms:
            problems.append(f"p99 of {slowest:.3g} ms, {wanted.p99_ms:g} allowed")
        if problems:
            raise GoBackError(f"replay: {'; '.join(problems)}")
        self.note(release, "release.replayed", **figures)

    def _shadow(self, release: Release) -> None:
        wanted, name = self.plan.shadow, self.plan.model
        if wanted is None:
            self.note(release, "release.shadowed", requests=0)
            return
        body = {
            "split": {str(release.stable): 1},
            "shadow": {"version": release.candidate, "percent": wanted.percent},
            "release": f"{release.id}/shadow",
        }
        self.everywhere(lambda server: server.of_model("PUT", name, "rollout", body))
        begin = time.monotonic()
        while True:
            self.pause(release)
            parts = self.everywhere(lambda server: server.of_model("GET", name, "shadow"))
            total = sum(part["requests"] for part in parts.values())
            each = [_figures(part) for part in parts.values()]
            figures = {
                "requests": total,
                "errors": sum(part["errors"] for part in each),
                "equal": sum(part["equal"] for part in each),
                "other_labels": sum(p["other_labels"] * p["requests"] for p in each)
                / max(1, total),
            }
            problems = _too_many({**figures, "other_labels": 0.0}, wanted.errors, 1.0)
            if not problems and total >= wanted.requests:
                if time.monotonic() - begin >= wanted.seconds:
                    problems = _too_many(figures, wanted.errors, wanted.other_labels)
                    if not problems:
                        break
            if not problems and time.monotonic() - begin > wanted.patience:
                problems = [f"{total} of {wanted.requests} requests within {wanted.patience:g} s"]
            if problems:
                raise GoBackError(f"shadow: {'; '.join(problems)}")
        self.note(release, "release.shadowed", **figures)

    def _promote(self, release: Release) -> None:
        """The last step, then the registry."""
        if release.last("release.promoting") is None:
            self.note(release, "release.promoting", version=release.candidate)
        canary = CanaryRun(self, release)
        while waits := canary.bring_to(len(self.plan.canary.steps) + 1):
            self._tell(f"promotion waits: {waits}")
            self.pause(release)
        name, wanted = self.plan.model, self.plan.promotion
        if self.registry.version(name, release.candidate).stage != wanted.stage:
            try:
                self.registry.transition(name, release.candidate, wanted.stage, True)
            except (errors.PermissionDeniedError, errors.FailedPreconditionError) as error:
                raise GoBackError(f"the registry refuses: {error.message}") from None
        aliases = self.registry.model(name).aliases
        if wanted.alias and aliases.get(wanted.alias) != release.candidate:
            self.registry.set_alias(name, wanted.alias, release.candidate)
        self.note(release, "release.promoted", version=release.candidate)

    # --- the way back -----------------------------------------------------------------------------

    def _go_back(self, release: Release, reason: str) -> None:
        """All servers back to the stable version, until all are."""
        model, history, name = self.plan.model, self.history, release.id
        self.registry.record(
            "release.going_back", model, unless=lambda: history.is_wanted_back(name),
            release=name, reason=reason,
        )  # fmt: skip
        self._tell(f"goes back: {reason}")
        waits = ""
        while True:
            done, failed = self.fleet.each(
                lambda server: server.go_back(self.plan.model, release.stable)
            )
            if not failed:
                break
            if told(failed) != waits:
                waits = told(failed)
                self._tell(f"going back, {len(done)} servers did; {waits}")
            time.sleep(self._tick)
        # Whoever rolls back by hand may have ended it meanwhile.
        self.registry.record(
            "release.rolled_back", model, unless=lambda: history.has_ended(name),
            release=name, version=release.stable, reason=reason,
        )  # fmt: skip
        self._tell(f"version {release.stable} answers")


@contextlib.contextmanager
def only_one(store: Path, model: str) -> Iterator[None]:
    """Keep other processes from running a release of a model.

    Raises:
        AbortedError: one does.
    """
    folder = store / "releases"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{model}.lock").open("ab") as file:
        try:
            import fcntl
        except ImportError:  # Not a POSIX system: nothing keeps two processes apart.
            yield
            return
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            message = f"another process runs a release of model {model!r}"
            raise errors.AbortedError(None, None, message) from None
        yield


def _figures(comparison: dict[str, Any]) -> dict[str, Any]:
    outputs = comparison["outputs"].values()
    return {
        "requests": comparison["requests"],
        "errors": comparison["errors"],
        "equal": comparison["equal"],
        "other_labels": max((output["other_labels"] for output in outputs), default=0.0),
    }


def _too_many(figures: dict[str, Any], allowed: int, other_labels: float) -> list[str]:
    found = []
    if figures["errors"] > allowed:
        found.append(
            f"{figures['errors']} of {figures['requests']} requests failed, {allowed} allowed"
        )
    if figures["other_labels"] > other_labels:
        share = f"{figures['other_labels']:.3g}"
        found.append(f"{share} of the rows have another label, {other_labels:g} allowed")
    return found


def _shown(details: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in details.items() if value != "")
