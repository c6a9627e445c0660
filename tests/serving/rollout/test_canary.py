"""When a trial goes on, holds, goes back."""

import numpy as np
import pytest

from tidefall.base import errors
from tidefall.serving.inference import Call, Outcome
from tidefall.serving.rollout.canary import Progress, Status, Trial
from tidefall.serving.rollout.plan import Canary, Guardrails

CANARY = Canary(1, 2, (10.0, 50.0), step_seconds=60, step_requests=200, patience_seconds=600)
RANDOM = np.random.default_rng(3)


def trial(**changes):
    canary = Canary(1, 2, (10.0, 50.0), 60, 200, 600, Guardrails(**changes))
    return Trial(canary, Progress(), now=0.0)


def feed(trial, version, requests=300, failures=0, seconds=0.01, mean=0.0):
    for n in range(requests):
        error = errors.InternalError(None, None, "no") if n < failures else None
        latency = seconds * RANDOM.uniform(0.8, 1.2)
        outputs = {"y": np.float32([RANDOM.normal(mean)])}
        outcome = Outcome(Call("m"), 0.0, latency)
        outcome.version, outcome.error = version, error
        outcome.outputs = None if error else outputs
        trial.add(outcome)


def verdicts(trial):
    return {finding.guardrail: finding.verdict for finding in trial.findings()}


def test_a_good_candidate_is_promoted_step_by_step():
    under_way = trial()
    shares = []
    for now in (61.0, 122.0):
        shares.append(under_way.shares())
        feed(under_way, 1)
        feed(under_way, 2)
        under_way.follow(under_way.decide(now), now)
    assert shares == [[(2, 10.0), (1, 90.0)], [(2, 50.0), (1, 50.0)]]
    assert under_way.progress == Progress(Status.PROMOTED, 1, "passed all steps")
    assert under_way.shares() == [(2, 100.0), (1, 0.0)]


def test_a_step_takes_its_time_and_its_requests():
    under_way = trial()
    feed(under_way, 1)
    feed(under_way, 2, requests=199)
    assert under_way.decide(61.0) is None
    feed(under_way, 2, requests=1)
    assert under_way.decide(59.0) is None
    assert under_way.decide(60.0) == Progress(Status.RUNNING, 1, "passed step 1")


@pytest.mark.parametrize(
    ("candidate", "reason"),
    [
        ({"failures": 30}, "error rate: 30 of 300 requests failed, 0 of 300 of the stable version"),
        ({"seconds": 0.1, "requests": 1500}, "latency: the 0.99 quantile is"),
        ({"mean": 2.0}, "drift of serving_default/y: a population stability index of"),
    ],
)
def test_a_broken_guardrail_ends_the_trial_at_once(candidate, reason):
    under_way = trial()
    feed(under_way, 1, requests=candidate.get("requests", 300))
    feed(under_way, 2, **candidate)
    progress = under_way.decide(1.0)
    assert (progress.status, progress.step) == (Status.ROLLED_BACK, 0)
    assert progress.reason.startswith(reason)
    under_way.follow(progress, 1.0)
    assert under_way.shares() == [(2, 0.0), (1, 100.0)]
    assert under_way.decide(1000.0) is None


def test_a_few_failures_hold_a_step_and_do_not_end_it():
    under_way = trial()
    feed(under_way, 1)
    feed(under_way, 2, failures=6)  # 2 %, where 1 % is allowed: it may be chance.
    assert verdicts(under_way)["error rate"] == "undecided"
    assert under_way.decide(61.0) is None
    feed(under_way, 2, requests=400)
    assert under_way.decide(62.0).status is Status.RUNNING


def test_failures_the_stable_version_has_too_are_not_the_candidates():
    under_way = trial()
    feed(under_way, 1, failures=60)
    feed(under_way, 2, failures=60)
    assert under_way.decide(61.0) == Progress(Status.RUNNING, 1, "passed step 1")


def test_patience_ends():
    under_way = trial()
    feed(under_way, 2, requests=10)
    assert under_way.decide(599.0) is None
    progress = under_way.decide(600.0)
    assert progress.status is Status.ROLLED_BACK
    assert progress.reason == "step 1 did not pass in time: 10 of 200 requests"


def test_a_new_step_counts_anew():
    under_way = trial()
    feed(under_way, 1)
    feed(under_way, 2)
    under_way.follow(under_way.decide(61.0), 61.0)
    assert (under_way.candidate.requests, under_way.stable.requests) == (0, 0)
    feed(under_way, 2)
    feed(under_way, 1)
    assert under_way.decide(120.0) is None
    assert under_way.decide(121.0).status is Status.PROMOTED


def test_a_paused_trial_keeps_its_share_and_decides_nothing():
    under_way = trial()
    under_way.follow(under_way.changed(Status.PAUSED, "by hand"), 5.0)
    feed(under_way, 2, failures=300)
    assert under_way.decide(1000.0) is None
    assert under_way.percent == 10.0


def test_progress_outlives_a_restart():
    progress = Progress(Status.ROLLED_BACK, 1, "why")
    assert Progress.from_json(progress.as_json()) == progress
