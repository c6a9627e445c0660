"""When a trial goes on, holds, goes back."""

import numpy as np
import pytest

from tidefall.base import errors
from tidefall.serving.inference import Call, Outcome
from tidefall.serving.rollout import canary as canary_module
from tidefall.serving.rollout.canary import Progress, Status, Trial
from tidefall.serving.rollout.drift import Drift, Estimate
from tidefall.serving.rollout.plan import Canary, Guardrails
from tidefall.serving.rollout.sequential import requests_to_find

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


def test_a_held_trial_waits_to_be_passed_on_but_goes_back_by_itself():
    canary = Canary(1, 2, (10.0, 50.0), 60, 200, 600, Guardrails(drift=None), hold=True)
    under_way = Trial(canary, Progress(), 0.0)
    feed(under_way, 1)
    feed(under_way, 2)
    assert under_way.decide(10_000.0) is None
    assert under_way.waits_for(61.0, under_way.findings()) == []
    assert under_way.waits_for(5.0, under_way.findings()) == ["5 of 60 seconds"]
    feed(under_way, 2, failures=100)
    assert under_way.decide(61.0).status is Status.ROLLED_BACK


def test_memory_that_runs_out_in_the_model_is_an_error_of_the_version():
    under_way = trial(drift=None)
    feed(under_way, 1)
    for _ in range(60):
        outcome = Outcome(Call("m"), 0.0, 0.01, version=2)
        outcome.error = errors.ResourceExhaustedError(None, None, "out of memory")
        under_way.add(outcome)
    assert under_way.decide(1.0).status is Status.ROLLED_BACK


def test_drift_is_tested_when_the_rows_have_doubled_and_shown_in_between(monkeypatch):
    levels = []
    monkeypatch.setattr(canary_module, "drift", lambda a, b, kind, z: levels.append(z) or SHOWN)
    under_way = trial()
    for _ in range(10):
        feed(under_way, 1, 40)
        feed(under_way, 2, 40)
        under_way.findings()
    assert len(levels) == 10
    # Looks at 40, 80, 160 and 320 rows; the more there were, the surer they must be.
    assert [levels[n] for n in (0, 1, 3, 7)] == sorted({z for z in levels})


def test_a_version_that_is_no_worse_is_hardly_ever_sent_back_in_a_thousand_releases():
    """A Poisson stream is judged after every few requests, through four steps."""
    random, back = np.random.default_rng(11), 0
    canary = Canary(1, 2, (1.0, 5.0, 25.0, 50.0), 0, 500, 10**9, Guardrails(0.001, drift=None))
    for _ in range(1000):
        under_way = Trial(canary, Progress(), 0.0)
        while under_way.progress.status is Status.RUNNING:
            share = under_way.percent / 100
            ours = 1 + random.poisson(80)
            count(under_way.candidate, random, ours)
            count(under_way.stable, random, round(ours * (1 - share) / share))
            decided = under_way.decide(1.0)
            if decided is not None:
                under_way.follow(decided, 1.0)
        back += under_way.progress.status is Status.ROLLED_BACK
    assert back < 10


def test_one_percent_more_errors_are_found_within_the_requests_that_were_planned():
    random, found, releases = np.random.default_rng(12), 0, 100
    canary = Canary(1, 2, (5.0, 50.0), 0, 10**9, 10**9, Guardrails(0.002, drift=None))
    alpha = Trial(canary, Progress(), 0.0).alpha
    planned = requests_to_find(0.002, 0.01, 0.002, alpha, share=0.05)
    for _ in range(releases):
        under_way = Trial(canary, Progress(), 0.0)
        while under_way.candidate.requests < planned and under_way.decide(1.0) is None:
            count(under_way.candidate, random, 100, rate=0.012)
            count(under_way.stable, random, 1900)
        found += under_way.decide(1.0) is not None
    assert found >= 0.97 * releases


SHOWN = Drift(Estimate(0.1, 0.0), "a population stability index of 0.1")
# Lognormal latencies in the buckets that they are counted in, every eighth of them.
BUCKETS, SHARES = np.unique(
    (np.log2(np.random.default_rng(1).lognormal(-5, 0.5, 10_000) / 1e-6) * 8).astype(int) * 8,
    return_counts=True,
)


def count(statistics, random, requests, rate=0.002):
    """Counts so many requests as a server would, all at once."""
    failures = int(random.binomial(requests, rate))
    counts = random.multinomial(requests - failures, SHARES / SHARES.sum()).tolist()
    latencies = {str(b): n for b, n in zip(BUCKETS, counts, strict=True) if n}
    statistics.merge({"requests": requests, "errors": failures, "latencies": latencies})
