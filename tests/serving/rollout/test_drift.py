"""Drift of outputs: what each kind of change looks like, and what cannot be measured."""

import numpy as np
import pytest

from tidefall.serving.inference import Call, Outcome
from tidefall.serving.rollout.canary import Progress, Status, Trial
from tidefall.serving.rollout.drift import (
    drift,
    output_rows,
    population_stability_index,
    relative_shift,
)
from tidefall.serving.rollout.plan import Canary, Guardrails

REQUESTS = 1200


# --- what stands for an output --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("array", "values"),
    [
        (np.float32([[0.1, 0.9], [0.8, 0.2]]), ["1", "0"]),
        (np.float32([[0.5], [2]]), [0.5, 2.0]),
        (np.int64([3, 4]), [3.0, 4.0]),
        (np.array([True, False]), ["True", "False"]),
        (np.array([b"caf\xc3\xa9", b"\xff"], object), ["café", "\ufffd"]),
        (np.float32(7), [7.0]),
    ],
)
def test_what_stands_for_an_output(array, values):
    rows = output_rows(array)
    numbers = [value for row in rows for value in row.values if row.category is None]
    found = numbers or [row.category for row in rows]
    assert found == pytest.approx(values) if array.dtype.kind == "f" else found == values


def test_large_outputs_are_sampled_evenly():
    assert [r.values[0] for r in output_rows(np.arange(1600.0))] == [100.0 * n for n in range(16)]


def test_rows_of_several_numbers():
    [row] = output_rows(np.float32([[3, -4]]))
    assert (row.category, row.is_distribution, row.width) == ("0", False, 2)
    assert row.values == (3, -4)
    assert row.figures == pytest.approx((-0.5, np.sqrt(12.5), -4, 3))
    [row] = output_rows(np.ones((1, 3, 5), np.int32))
    assert (row.category, row.width, row.values, row.figures) == (None, 15, (), (1, 1, 1, 1))
    assert output_rows(np.complex64([1 + 2j]))[0].values == (1, 2)
    assert output_rows(np.zeros((0, 3))) == output_rows(np.zeros((3, 0))) == []
    assert len(output_rows(np.float16([[np.inf, -np.inf], [np.nan, 1]]))) == 2


# --- measures -------------------------------------------------------------------------------------


def psi(stable, candidate):
    if not isinstance(stable[0], str):
        stable, candidate = np.array(stable), np.array(candidate)
    return population_stability_index(stable, candidate).value


def test_equal_distributions_do_not_drift():
    random = np.random.default_rng(1)
    for _ in range(200):
        a, b = random.normal(size=500), random.normal(size=200)
        assert psi(a.tolist(), b.tolist()) < 0.25
        assert relative_shift(a, b).value < 0.25
        labels = [str(n) for n in random.integers(0, 10, 1000)]
        assert psi(labels[:500], labels[500:]) < 0.25


@pytest.mark.parametrize("shift", [0.7, -0.7])
def test_shifted_distributions_drift(shift):
    random = np.random.default_rng(2)
    moved = (random.normal(size=500) + shift).tolist()
    assert psi(random.normal(size=500).tolist(), moved) > 0.25


def test_new_labels_and_nan_drift():
    assert psi(["a", "b"] * 100, ["a", "c"] * 100) > 0.25
    assert psi([1.0, 2.0] * 100, [1.0, float("nan")] * 100) > 0.25


def test_constant_outputs():
    assert psi([1.0] * 200, [1.0] * 200) == 0
    assert psi([1.0] * 200, [2.0] * 200) > 0.25
    assert psi([float("nan")] * 200, [float("nan")] * 200) == 0


def test_few_values_say_nothing():
    assert population_stability_index(np.ones(9), np.ones(9) * 2) is None
    assert population_stability_index(np.ones(0), np.ones(1)) is None


@pytest.mark.parametrize("freedom", [1, 3, 9])
def test_the_lower_bound_of_equal_shares_holds_in_99_of_100_samples(freedom):
    random, beyond = np.random.default_rng(freedom), 0
    for _ in range(2000):
        labels = random.integers(0, freedom + 1, (2, 400)).astype(str)
        beyond += population_stability_index(*labels.tolist()).least > 0
    assert 2 <= beyond <= 45  # 20, give or take.


@pytest.mark.parametrize("draw", ["normal", "exponential", "lognormal", "uniform"])
def test_a_relative_shift_is_the_share_by_which_values_are_larger(draw):
    random, shares, missed, beyond = np.random.default_rng(4), [], 0, 0
    for _ in range(200):
        a, b = getattr(random, draw)(size=(2, 1000))
        shares.append(relative_shift(a, 1.5 * b).value)
        missed += relative_shift(a, 1.5 * b).least > 0.5
        beyond += relative_shift(a, b).least > 0
    # Less what chance brings, a little of which is the shift itself.
    assert 0.4 < np.mean(shares) < 0.5
    assert missed <= 8 and beyond <= 8


def test_a_relative_shift_of_odd_values():
    zeros, nans = np.zeros(50), np.full(50, np.nan)
    assert relative_shift(zeros, zeros) == relative_shift(nans, zeros) == (0, 0)
    assert relative_shift(zeros, zeros + 1).least == np.inf
    huge = np.full(50, 1e300)
    assert relative_shift(huge, -huge).value > 1


# --- outputs of all kinds -------------------------------------------------------------------------


def rng():
    return np.random.default_rng(7)


def softmax(logits):
    shares = np.exp(logits - logits.max(1, keepdims=True))
    return (shares / shares.sum(1, keepdims=True)).astype(np.float32)


def texts(values):
    return np.array([b"text %d" % value for value in values], object)


X = rng().normal(size=(2, REQUESTS, 3)).astype(np.float32)  # One half for each of the versions.
A, B = X
PRICES_A, PRICES_B = (np.exp(half[:, 0] / 2) for half in X)
WIDE_A, WIDE_B = rng().normal(1, 1, (2, REQUESTS, 40))
LOGITS_A, LOGITS_B = A * 2 + [1, 0, 0], B * 2 + [1, 0, 0]
SPOILED = PRICES_B.copy()
SPOILED[::5] = np.nan
COUNTS_A, COUNTS_B = rng().poisson(9, (2, REQUESTS))
WORDS_A, WORDS_B = rng().integers(0, 5, (2, REQUESTS))
SKEWED = np.where(rng().random(REQUESTS) < 0.5, 0, WORDS_B)
ONE_COLUMN = np.stack([B[:, 0], 1.5 * PRICES_B], 1)
TWO = np.stack([A[:, 0], PRICES_A], 1)

DRIFTING = {
    "regression 1.5 times": (PRICES_A, 1.5 * PRICES_B, ""),
    "regression as a column": (PRICES_A[:, None], 1.5 * PRICES_B[:, None], ""),
    "far from 0, shifted": (100 + A[:, 0], 101.5 + B[:, 0], "population stability"),
    "negated": (PRICES_A, -PRICES_B, ""),
    "collapsed to the mean": (A[:, 0], np.full(REQUESTS, B[:, 0].mean()), ""),
    "several outputs 1.5 times": (A, 1.5 * B, " in column "),
    "one of several outputs": (TWO, ONE_COLUMN, " in column 1"),
    "many outputs 1.5 times": (WIDE_A, 1.5 * WIDE_B, " of the rows' "),
    "images brighter": (WIDE_A.reshape(-1, 5, 8), WIDE_B.reshape(-1, 5, 8) + 1, "of the rows' "),
    "integers 1.5 times": (COUNTS_A, COUNTS_B * 3 // 2, ""),
    "integer columns": (np.stack([COUNTS_A] * 2, 1), np.stack([COUNTS_B, COUNTS_B * 2], 1), "n 1"),
    "half precision": (PRICES_A.astype("f2"), (1.5 * PRICES_B).astype("f2"), ""),
    "around 0, 1.5 times": (A[:, 0], 1.5 * B[:, 0], "relative shift"),
    "complex turned": (A[:, 0] + 9 + 0j, (B[:, 0] + 9) * 1j, " in column "),
    "NaN now and then": (PRICES_A, SPOILED, "population stability"),
    "NaN only": (PRICES_A, PRICES_B * np.nan, "population stability"),
    "infinities only": (PRICES_A, PRICES_B * np.inf, "population stability"),
    "other texts": (texts(WORDS_A), texts(SKEWED), "population stability"),
    "texts unheard of": (texts(WORDS_A), texts(WORDS_B + 100), "population stability"),
    "other booleans": (WORDS_A > 1, WORDS_B > 3, "population stability"),
    "flipped classifier": (softmax(LOGITS_A), softmax(-LOGITS_B), " of the classes"),
    "scores that are none": (softmax(LOGITS_A), 1.5 * softmax(LOGITS_B), " of the classes"),
    "fewer classes": (A, B[:, :2], "rows of 2 values, 3 of the stable version"),
    "logits flipped": (LOGITS_A, -LOGITS_B, " in column "),
    "another rank": (texts(WORDS_A), PRICES_B, "rows of 1 values"),
}
EQUAL = {
    "regression": (PRICES_A, PRICES_B),
    "identical": (A[:, 0], A[:, 0]),
    "noise": (A[:, 0], B[:, 0] + rng().normal(scale=0.2, size=REQUESTS)),
    "several outputs": (A, B),
    "many outputs": (WIDE_A, WIDE_B),
    "integers": (COUNTS_A, COUNTS_B),
    "texts": (texts(WORDS_A), texts(WORDS_B)),
    "NaN in both": (np.where(A[:, 0] > 1, np.nan, A[:, 0]), np.where(B[:, 0] > 1, np.nan, B[:, 0])),
    "NaN always": (A[:, 0] * np.nan, B[:, 0] * np.nan),
    "classifier": (softmax(LOGITS_A), softmax(LOGITS_B)),
    "classifier that is surer": (softmax(LOGITS_A), softmax(9 * LOGITS_B)),
    "zeros": (A[:, 0] * 0, B[:, 0] * 0),
}
UNKNOWN = {
    "few": (A[:30, 0], B[:, 0], "the stable version gave 30 of the 40 values it takes"),
    "few of the candidate": (A[:, 0], B[:30, 0], "the candidate version gave 30 of the 40 values"),
    "none": (A[:0], B, "the stable version gave 0 of the 40"),
    "free texts": (texts(range(1200)), texts(range(1200, 2400)), "1200 different texts among 1200"),
}


def rows(array):
    """What requests of one row each leave behind."""
    return [row for n in range(len(array)) for row in output_rows(array[n : n + 1])]


@pytest.mark.parametrize("name", DRIFTING)
def test_drift_is_found(name):
    stable, candidate, detail = DRIFTING[name]
    found = drift(rows(stable), rows(candidate))
    assert found.estimate.least > 0.25, found
    assert detail in found.detail


@pytest.mark.parametrize("name", EQUAL)
def test_no_drift_is_found_where_there_is_none(name):
    found = drift(*map(rows, EQUAL[name]))
    assert found.estimate.value <= 0.25, found
    assert found.estimate.least <= 0.1


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_cannot_be_measured_is_said(name):
    stable, candidate, detail = UNKNOWN[name]
    found = drift(rows(stable), rows(candidate))
    assert found.estimate is None
    assert found.detail.startswith("cannot be measured: ")
    assert detail in found.detail


def test_classes_of_logits_are_compared_where_asked():
    surer = rows(LOGITS_A), rows(5 * LOGITS_B)
    assert drift(*surer).estimate.least > 0.25
    assert drift(*surer, "classes").estimate.value < 0.25
    assert drift(rows(LOGITS_A), rows(-LOGITS_B), "classes").estimate.least > 0.25
    assert drift(rows(softmax(LOGITS_A)), rows(softmax(9 * LOGITS_B)), "values").estimate.least > 0
    assert drift(rows(A[:, 0]), rows(B[:, 0]), "classes").estimate is None


# --- trials ---------------------------------------------------------------------------------------


def ask(trial, version, array, output="y", signature=""):
    for n in range(len(array)):
        outcome = Outcome(Call("m", signature_name=signature), 0.0, 0.01)
        outcome.version, outcome.outputs = version, {output: array[n : n + 1]}
        trial.add(outcome)


def begin(**guardrails):
    return Trial(Canary(1, 2, (50.0,), 60, 200, 600, Guardrails(**guardrails)), Progress(), 0.0)


@pytest.mark.parametrize("name", DRIFTING)
def test_a_candidate_that_drifts_is_rolled_back(name):
    stable, candidate, detail = DRIFTING[name]
    trial = begin(drift=0.2)
    ask(trial, 1, stable)
    ask(trial, 2, candidate)
    progress = trial.decide(61.0)
    assert progress.status is Status.ROLLED_BACK
    assert progress.reason.startswith("drift of serving_default/y: ")
    assert detail in progress.reason and progress.reason.endswith(", 0.25 allowed")


@pytest.mark.parametrize("name", EQUAL)
def test_a_candidate_that_does_not_drift_is_promoted(name):
    stable, candidate = EQUAL[name]
    trial = begin(drift=0.25)
    ask(trial, 1, stable)
    ask(trial, 2, candidate)
    assert trial.decide(61.0).status is Status.PROMOTED


@pytest.mark.parametrize("seed", range(5))
def test_values_spread_over_decades_are_not_promoted_1_5_times_too_large(seed):
    a, b = np.random.default_rng(seed).lognormal(sigma=1.3, size=(2, 2000))
    assert psi(a.tolist(), (1.5 * b).tolist()) < 0.25  # It sees next to nothing.
    trial = begin(drift=0.25)
    ask(trial, 1, a)
    ask(trial, 2, 1.5 * b)
    progress = trial.decide(61.0)
    assert progress is None or progress.status is Status.ROLLED_BACK
    [*_, finding] = trial.findings()
    assert "a relative shift of " in finding.detail


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_cannot_be_measured_is_not_promoted(name):
    stable, candidate, detail = UNKNOWN[name]
    canary = Canary(1, 2, (50.0,), 60, 20, 600, Guardrails(drift=0.25))
    trial = Trial(canary, Progress(), 0.0)
    ask(trial, 1, stable)
    ask(trial, 2, candidate)
    assert trial.decide(61.0) is None
    [finding] = [f for f in trial.findings() if f.guardrail == "drift of serving_default/y"]
    assert finding.verdict == "undecided" and detail in finding.detail
    late = trial.decide(601.0)
    assert late.status is Status.ROLLED_BACK and detail in late.reason


def test_an_output_that_is_gone_is_not_promoted_and_a_new_one_is():
    trial = begin()
    ask(trial, 1, A[:, 0])
    ask(trial, 2, B[:, 0], output="z")
    assert trial.decide(61.0) is None
    verdicts = {f.guardrail: (f.verdict, f.detail) for f in trial.findings()}
    assert verdicts["drift of serving_default/y"][0] == "undecided"
    assert verdicts["drift of serving_default/z"] == (
        "passed",
        "version 1 has no such output to compare it with",
    )
    ask(trial, 2, B[:, 0])
    assert trial.decide(61.0).status is Status.PROMOTED


def test_only_named_outputs_are_compared():
    trial = begin(drift_outputs={"serving_default/y": "values"})
    ask(trial, 1, A[:, 0])
    ask(trial, 2, B[:, 0])
    for version, words in ((1, range(600)), (2, range(600, 1200))):
        ask(trial, version, texts(words), signature="talk")
    assert [f.guardrail for f in trial.findings()][2:] == ["drift of serving_default/y"]
    assert trial.decide(61.0).status is Status.PROMOTED


def test_drift_can_be_turned_off():
    trial = begin(drift=None)
    ask(trial, 1, PRICES_A)
    ask(trial, 2, 9 * PRICES_B)
    assert len(trial.findings()) == 2
    assert trial.decide(61.0).status is Status.PROMOTED


def test_answers_without_outputs_say_so():
    trial = begin()
    ask(trial, 1, A[:0])
    for version in (1, 2):
        for _ in range(300):
            outcome = Outcome(Call("m"), 0.0, 0.01, version=version, outputs={})
            trial.add(outcome)
    assert trial.decide(61.0) is None
    assert trial.findings()[-1].detail == "cannot be measured: there are no outputs"
