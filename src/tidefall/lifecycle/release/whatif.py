"""What a plan would have done: its canary, run on recorded requests by the clock they came by."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from tidefall.base import errors
from tidefall.lifecycle.release.plan import ReleasePlan
from tidefall.serving.inference import Call, Outcome
from tidefall.serving.models.prediction import check_inputs, find_signature, run_checked
from tidefall.serving.models.saved_model import load_saved_model
from tidefall.serving.models.servable import Servable
from tidefall.serving.rollout.canary import Progress, Status, Trial
from tidefall.serving.rollout.replay import Recorded, read_recording

_LOOK_SECONDS = 0.5
UNDECIDED = "undecided"


@dataclass
class Step:
    """What one step took.

    Args:
        percent: the candidate's share.
        requests: of both versions.
        candidate_requests: of the candidate.
        failed: how many of the candidate's failed.
        seconds: how long it lasted, by the clock of the recording.
    """

    percent: float
    requests: int = 0
    candidate_requests: int = 0
    failed: int = 0
    seconds: float = 0.0


@dataclass
class WhatIf:
    """What would have become of a release.

    Args:
        ended: "promoted", "rolled back" or "undecided" where the recording ended before.
        reason: why.
        steps: those it came to.
        left_out: recorded requests that cannot be run.
    """

    ended: str
    reason: str
    steps: list[Step] = field(default_factory=list[Step])
    left_out: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self)


def what_if(
    plan: ReleasePlan,
    recording: str | Path,
    folders: Mapping[int, str | Path],
    stable: int,
    candidate: int,
    *,
    rate: float | None = None,
    seed: int = 0,
) -> WhatIf:
    """Return what a plan's canary would have made of recorded traffic.

    Each request is run on the version that the split gives it, in this process; its latency is
    measured here, so the quantiles are those of this machine without its load.

    Args:
        plan: the plan.
        recording: a TFRecord file of `PredictionLog`s, as the server's recorder writes it.
        folders: the SavedModels of both versions.
        stable: the version that is trusted.
        candidate: the version on trial.
        rate: how many requests came a second; as recorded for None.
        seed: of the split.

    Raises:
        NotFoundError: there is no such recording.
        DataLossError: it is damaged.
    """
    models = {version: load_saved_model(Path(folder)) for version, folder in folders.items()}
    draw, now, judged = random.Random(seed).random, 0.0, 0.0
    trial = _trial(plan, stable, candidate)
    found = WhatIf(UNDECIDED, "", [Step(trial.percent)])
    for now, recorded in _by_the_clock(plan.model, recording, rate):
        if recorded.inputs is None:
            found.left_out += 1
            continue
        version = candidate if draw() * 100 < trial.percent else stable
        outcome = _run(models[version], plan.model, version, recorded)
        trial.add(outcome)
        step = found.steps[-1]
        step.requests += 1
        step.candidate_requests += version == candidate
        step.failed += version == candidate and outcome.error is not None
        if now - judged < _LOOK_SECONDS:
            continue
        judged, step.seconds = now, trial.elapsed(now)
        decided = trial.decide(now)
        if decided is None:
            continue
        if decided.status is not Status.RUNNING:
            found.ended, found.reason = decided.status.value, decided.reason
            return found
        trial.canary = replace(
            trial.canary, step_requests=plan.step_requests(plan.canary.steps[decided.step])
        )
        trial.follow(decided, now)
        found.steps.append(Step(trial.percent))
    found.steps[-1].seconds = trial.elapsed(now)
    waits = trial.waits_for(now, trial.findings())
    found.reason = f"the recording ended at step {len(found.steps)}: {'; '.join(waits)}"
    return found


def _trial(plan: ReleasePlan, stable: int, candidate: int) -> Trial:
    canary = replace(
        plan.server_canary(stable, candidate, 1),
        hold=False,
        step_requests=plan.step_requests(plan.canary.steps[0]),
    )
    return Trial(canary, Progress(), 0.0)


def _by_the_clock(
    model: str, recording: str | Path, rate: float | None
) -> Iterator[tuple[float, Recorded]]:
    """Requests of the model, and when each came, in seconds after the first. Recordings know whole
    seconds: the requests of one are spread over it."""
    held: list[Recorded] = []
    first = number = 0

    def spread() -> Iterator[tuple[float, Recorded]]:
        for place, one in enumerate(held):
            yield one.time - first + place / len(held), one

    for recorded in read_recording(Path(recording)):
        if recorded.model != model:
            continue
        if rate is not None:
            yield number / rate, recorded
            number += 1
            continue
        if held and recorded.time > held[0].time:
            yield from spread()
            held = []
        first = first or recorded.time
        held.append(recorded)
    yield from spread()


def _run(servable: Servable, model: str, version: int, recorded: Recorded) -> Outcome:
    outcome = Outcome(Call(model, signature_name=recorded.signature_name), 0.0, version=version)
    inputs = recorded.inputs or {}
    begin = time.perf_counter()
    try:
        signature = find_signature(servable, recorded.signature_name)
        check_inputs(signature, inputs)
        outcome.outputs = run_checked(signature, inputs)
    except errors.OpError as error:
        outcome.error = error
    except Exception as error:  # noqa: BLE001 - a model may raise anything.
        outcome.error = errors.InternalError(None, None, f"{type(error).__name__}: {error}")
    outcome.seconds = time.perf_counter() - begin
    return outcome
