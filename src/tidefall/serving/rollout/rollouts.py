"""The rollouts of all models: routes requests by them, watches the answers, changes the shares."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from random import SystemRandom
from typing import Any

from tidefall.base import errors
from tidefall.serving.inference import Call, Outcome
from tidefall.serving.models.manager import ModelManager
from tidefall.serving.models.model import Model
from tidefall.serving.rollout.audit import AuditLog
from tidefall.serving.rollout.canary import Progress, Status, Trial
from tidefall.serving.rollout.plan import Plan, parse_plans
from tidefall.serving.rollout.shadow import Shadows
from tidefall.serving.rollout.split import choose
from tidefall.serving.rollout.state import Saved, StateFile
from tidefall.serving.status import invalid

_logger = logging.getLogger("tidefall.serving")
_TICK_SECONDS = 0.5
_random = SystemRandom()  # leaves the generator that the user seeds alone
SERVER = "server"


class Rollout:
    """One model's plan in force. Replaced as a whole; its trial changes under the lock."""

    def __init__(self, plan: Plan, progress: Progress | None, origin: Any) -> None:
        self.plan = plan
        self.origin = origin
        self.lock = threading.Lock()
        self.trial: Trial | None = None
        if plan.canary is not None:
            self.trial = Trial(plan.canary, progress or Progress(), time.monotonic())
        split = [(version, plan.split[version]) for version in sorted(plan.split, reverse=True)]
        self._split = split

    def shares(self) -> list[tuple[int, float]]:
        """Versions and weights in the order in which keys are given out."""
        return self.trial.shares() if self.trial else self._split

    def as_json(self) -> dict[str, Any]:
        """Plan, shares and, of a canary, where it stands and what the guardrails say."""
        document: dict[str, Any] = {"plan": self.plan.as_json()}
        with self.lock:
            total = sum(weight for _, weight in self.shares()) or 1.0
            document["percent"] = {str(v): 100 * w / total for v, w in self.shares()}
            trial = self.trial.copy() if self.trial else None
        if trial:
            document["canary"] = {
                **trial.progress.as_json(),
                "percent": trial.percent,
                "requests": trial.candidate.requests,
                "guardrails": _findings(trial),
            }
        return document


def _findings(trial: Trial) -> list[dict[str, str]]:
    return [
        {"guardrail": f.guardrail, "verdict": f.verdict, "detail": f.detail}
        for f in trial.findings()
    ]


class Rollouts:
    """Every model's rollout.

    Args:
        manager: the models.
        audit: is told of every change before it is made.
        state_dir: where the state and the differences of shadow traffic are kept; None keeps them
            in memory.
    """

    def __init__(self, manager: ModelManager, audit: AuditLog, state_dir: Path | None) -> None:
        self._manager = manager
        self._audit = audit
        self._state = StateFile(state_dir and state_dir / "rollouts.json")
        self.shadows = Shadows(manager, state_dir and state_dir / "differences")
        self._changing = threading.RLock()  # Held while a change is recorded and made.
        self._rollouts: dict[str, Rollout] = {}
        self._sections: dict[str, Any] = {}
        self._removed: dict[str, Any] = {}
        self._is_saved = True
        self.failures = 0
        """How often the state could not be kept."""
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def restore(self) -> None:
        """Puts in force what was when the server ended.

        Raises:
            DataLossError: the state that was kept is damaged.
        """
        for name, saved in self._state.read().items():
            if saved.plan is None:
                self._removed[name] = saved.origin
            else:
                self._rollouts[name] = Rollout(saved.plan, saved.progress, saved.origin)

    # --- requests ---------------------------------------------------------------------------------

    def route(self, call: Call, model: Model) -> int | None:
        """The version for a call that names none; None is the latest.

        Raises:
            UnavailableError: the model has a rollout, and none of its versions can answer.
        """
        rollout = self._rollouts.get(call.model)
        if rollout is None:
            return None
        shares = rollout.shares()
        if not shares:
            return None  # Shadow traffic alone.
        available = model.available_versions()
        key = call.headers.get(rollout.plan.sticky_header.lower())
        version = choose(shares, available, key, call.model)
        if version is None:
            wanted = ", ".join(str(version) for version, weight in shares if weight)
            message = (
                f"No version of model {call.model} that should get requests is available: its "
                f"rollout names {wanted}; available: {', '.join(map(str, sorted(available)))}"
            )
            raise errors.UnavailableError(None, None, message)
        return version

    def observe(self, outcome: Outcome) -> None:
        """Takes note of an answer."""
        rollout = self._rollouts.get(outcome.call.model)
        if rollout is None:
            return
        if rollout.trial is not None and outcome.call.version is None:
            with rollout.lock:
                rollout.trial.add(outcome)
        shadow = rollout.plan.shadow
        if shadow is None or outcome.error is not None or outcome.version == shadow.version:
            return
        if _random.random() * 100 < shadow.percent:
            self.shadows.offer(outcome, shadow.version)

    # --- changes ----------------------------------------------------------------------------------

    def get(self, model: str) -> Rollout | None:
        """The rollout of a model."""
        return self._rollouts.get(model)

    def statistics(self, model: str) -> dict[str, Any]:
        """What a model's canary has counted in its present step, to be added to other servers'.

        Raises:
            FailedPreconditionError: it has no canary.
        """
        rollout = self._need(model)
        if rollout.trial is None:
            raise errors.FailedPreconditionError(
                None, None, f"the rollout of model {model} has no canary"
            )
        with rollout.lock:
            trial = rollout.trial.copy()
        return {
            **trial.progress.as_json(),
            "release": rollout.plan.release,
            "step_seconds": trial.elapsed(time.monotonic()),
            "guardrails": _findings(trial),
            "stable": trial.stable.as_json(),
            "candidate": trial.candidate.as_json(),
        }

    def apply(self, model: str, plan: Plan, who: str) -> None:
        """Puts a plan in force in place of the one before.

        Nothing changes where the plan names a release and is in force already.

        Raises:
            NotFoundError: there is no such model.
            FailedPreconditionError: a version the plan needs is not available.
            InvalidArgumentError: an output whose drift is to be measured is not there.
            UnavailableError: the change cannot be recorded, so it was not made.
        """
        self._check_versions(model, plan)
        self._check_outputs(model, plan)
        with self._changing:
            before = self._rollouts.get(model)
            if before is not None and plan.release and before.plan == plan:
                return
            self._audit.write(
                who,
                "rollout.apply",
                model,
                before=before and before.plan.as_json(),
                after=plan.as_json(),
            )
            self._put(model, Rollout(plan, None, self._sections.get(model)))

    def remove(self, model: str, who: str) -> None:
        """Ends a rollout: the latest version answers.

        Raises:
            NotFoundError: the model has none.
            UnavailableError: the change cannot be recorded, so it was not made.
        """
        with self._changing:
            before = self._need(model)
            self._audit.write(who, "rollout.remove", model, before=before.plan.as_json())
            self._put(model, None)

    def steer(self, model: str, action: str, who: str) -> None:
        """Promotes, rolls back, pauses or resumes a canary.

        Raises:
            NotFoundError: the model has no rollout.
            FailedPreconditionError: it has no canary, or one that has ended.
            InvalidArgumentError: no such action.
        """
        status = _ACTIONS.get(action)
        if status is None:
            known = ", ".join(_ACTIONS)
            raise errors.InvalidArgumentError(None, None, f"unknown action {action!r}: {known}")
        with self._changing:
            rollout = self._need(model)
            trial = rollout.trial
            if trial is None:
                message = f"the rollout of model {model} has no canary to {action}"
                raise errors.FailedPreconditionError(None, None, message)
            if trial.progress.status in (Status.PROMOTED, Status.ROLLED_BACK):
                message = f"the canary of model {model} is {trial.progress.status.value} already"
                raise errors.FailedPreconditionError(None, None, message)
            self._advance(model, rollout, trial.changed(status, f"{action} by {who}"), who)

    def advance(self, model: str, step: int, who: str) -> None:
        """Passes a canary on to a step; nothing changes where it is there already.

        Args:
            model: the model.
            step: the number of the step, from 1; one more than there are promotes the candidate.
            who: who asks for it.

        Raises:
            NotFoundError: the model has no rollout.
            FailedPreconditionError: it has no canary, one that does not run, or one whose present
                step is not the one before.
        """
        with self._changing:
            rollout = self._need(model)
            trial = rollout.trial
            steps = len(trial.canary.steps) if trial else 0
            if trial is not None and not 1 <= step <= steps + 1:
                raise invalid(f"step: expected 1 to {steps + 1}, received {step}")
            if trial is None:
                message = f"the rollout of model {model} has no canary"
                raise errors.FailedPreconditionError(None, None, message)
            is_promoted = trial.progress.status is Status.PROMOTED
            if step == (steps + 1 if is_promoted else trial.progress.step + 1):
                return
            if trial.progress.status is not Status.RUNNING or step != trial.progress.step + 2:
                message = (
                    f"the canary of model {model} is {trial.progress.status.value} at step "
                    f"{trial.progress.step + 1}, so it does not go on to step {step}"
                )
                raise errors.FailedPreconditionError(None, None, message)
            self._advance(model, rollout, trial.next_step(), who)

    def _need(self, model: str) -> Rollout:
        rollout = self._rollouts.get(model)
        if rollout is None:
            self._manager.find(model)
            raise errors.NotFoundError(None, None, f"model {model} has no rollout")
        return rollout

    def _check_versions(self, model: str, plan: Plan) -> None:
        available = self._manager.find(model).available_versions()
        absent = sorted(plan.versions() - set(available))
        if absent:
            message = (
                f"versions {', '.join(map(str, absent))} of model {model} are not available; "
                f"available: {', '.join(map(str, sorted(available))) or 'none'}. A version policy "
                "of all or specific versions keeps several loaded"
            )
            raise errors.FailedPreconditionError(None, None, message)

    def _check_outputs(self, model: str, plan: Plan) -> None:
        canary = plan.canary
        if canary is None:
            return
        for version in (canary.stable, canary.candidate):
            with self._manager.use(model, version) as loaded:
                signatures = loaded.servable.signatures.items()
                known = {f"{name}/{output}" for name, s in signatures for output in s.outputs}
            absent = sorted(canary.guardrails.drift_outputs.keys() - known)
            if absent:
                raise invalid(
                    f"rollout.canary.guardrails.drift_outputs: version {version} of model {model} "
                    f"has no {', '.join(absent)}; it has {', '.join(sorted(known))}"
                )

    def _advance(self, model: str, rollout: Rollout, progress: Progress, who: str) -> None:
        trial = rollout.trial
        assert trial is not None
        try:
            self._audit.write(
                who,
                f"canary.{progress.status.value.replace(' ', '_')}",
                model,
                stable=trial.canary.stable,
                candidate=trial.canary.candidate,
                step=progress.step + 1,
                reason=progress.reason,
            )
        except errors.UnavailableError as error:
            if progress.status is not Status.ROLLED_BACK:
                raise
            # A full disk must not keep requests at a version that fails them.
            _logger.error("%s", error.message)
        with rollout.lock:
            trial.follow(progress, time.monotonic())
        _logger.info("%s: canary %s: %s", model, progress.status.value, progress.reason)
        self._save()

    def _put(self, model: str, rollout: Rollout | None) -> None:
        rollouts = {name: r for name, r in self._rollouts.items() if name != model}
        self._removed.pop(model, None)
        if rollout is not None:
            rollouts[model] = rollout
        elif model in self._sections:
            self._removed[model] = self._sections[model]
        self._rollouts = rollouts
        self.shadows.forget(model)
        self._save()

    def _save(self) -> None:
        """Keeps the state. A disk that refuses must not undo what is in force: it is reported, and
        tried again until it takes it."""
        saved = {name: Saved(None, None, origin) for name, origin in self._removed.items()}
        for name, rollout in self._rollouts.items():
            progress = rollout.trial.progress if rollout.trial else None
            saved[name] = Saved(rollout.plan, progress, rollout.origin)
        try:
            self._state.write(saved)
        except (OSError, errors.OpError) as error:
            if self._is_saved:  # Once, not for each try.
                _logger.error("the state of rollouts cannot be kept: %s", error)
            self._is_saved = False
            self.failures += 1
        else:
            self._is_saved = True

    # --- config file ------------------------------------------------------------------------------

    def configure(self, document: Any, who: str = SERVER) -> None:
        """Takes a rollout config file's content.

        A section that is new or has changed is put in force; one that is as it was leaves in force
        what operators and canaries have made of it since; one that is gone ends its rollout.

        Raises:
            InvalidArgumentError: something in it is wrong. Nothing has changed then.
        """
        plans = parse_plans(document)
        sections = document["models"]
        with self._changing:
            self._sections = dict(sections)
            for model, plan in plans.items():
                if not self._stands_for(model, sections[model]):
                    self._audit.write(who, "rollout.configure", model, after=plan.as_json())
                    self._put(model, Rollout(plan, None, sections[model]))
            for model in list(self._rollouts):
                if self._rollouts[model].origin is not None and model not in sections:
                    self._audit.write(who, "rollout.configure", model, after=None)
                    self._put(model, None)

    def _stands_for(self, model: str, section: Any) -> bool:
        if model in self._removed:
            return self._removed[model] == section
        rollout = self._rollouts.get(model)
        return rollout is not None and rollout.origin == section

    # --- time -------------------------------------------------------------------------------------

    def start(self) -> None:
        """Starts the thread that judges canaries."""
        self._thread = threading.Thread(target=self._watch, name="tidefall-rollout", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends all threads."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(5.0)
        self.shadows.stop()

    def _watch(self) -> None:
        while not self._stopping.wait(_TICK_SECONDS):
            self.judge(time.monotonic())

    def judge(self, now: float) -> None:
        """Lets every canary decide whether it goes on, holds or goes back."""
        if not self._is_saved:
            with self._changing:
                self._save()
        for model, rollout in self._rollouts.items():
            try:
                self._judge(model, rollout, now)
            except Exception:
                _logger.exception("%s: judging the canary failed", model)

    def _judge(self, model: str, rollout: Rollout, now: float) -> None:
        if rollout.trial is None:
            return
        with self._changing:
            if self._rollouts.get(model) is not rollout:
                return
            with rollout.lock:
                trial = rollout.trial.copy()
            progress = trial.decide(now)
            if progress is not None:
                self._advance(model, rollout, progress, SERVER)

    def as_json(self) -> Mapping[str, Any]:
        """All rollouts, by model."""
        return {name: rollout.as_json() for name, rollout in sorted(self._rollouts.items())}


_ACTIONS = {
    "promote": Status.PROMOTED,
    "rollback": Status.ROLLED_BACK,
    "pause": Status.PAUSED,
    "resume": Status.RUNNING,
}
