"""Distances beside SciPy's, false alarms and power, segments, seasons, causes."""

import numpy as np
import pytest
from scipy import stats
from scipy.spatial import distance as scipy_distance

from tidefall import monitoring
from tidefall.base import errors
from tidefall.lifecycle.monitoring import distances
from tidefall.lifecycle.monitoring.features import Feature, with_bins

HOUR = 3600.0
START = 1_700_000_000.0


@pytest.fixture
def store(tmp_path):
    return monitoring.open_store(tmp_path / "store")


def hour(n):
    return monitoring.Window(START + n * HOUR, START + (n + 1) * HOUR)


def add(store, n, inputs, outputs=None, version=1):
    count = len(next(iter(inputs.values())))
    times = START + n * HOUR + np.arange(count) * (HOUR / count)
    return store.add_predictions("m", version, inputs, outputs or {}, times=times)


def features(report):
    return {finding.feature for finding in report.alerts}


# --- distances ------------------------------------------------------------------------------------


def test_distances_are_scipys_of_many_bins():
    draw = np.random.default_rng(0)
    a, b = draw.normal(size=20_000), draw.normal(0.3, 1.2, size=15_000)
    feature = with_bins(Feature("x", "x"), a)
    p, q = (np.bincount(feature.bins_of(v), minlength=feature.width)[:-1] for v in (a, b))
    assert distances.ks(p, q) == pytest.approx(stats.ks_2samp(a, b).statistic, abs=1 / 256)
    ours = distances.wasserstein(p, q, feature.centers)
    assert ours == pytest.approx(stats.wasserstein_distance(a, b), rel=0.03)


@pytest.mark.parametrize("p, q", [([5, 3, 2], [1, 4, 9]), ([1000, 10, 0], [900, 80, 20])])
def test_distances_and_tests_of_counts_are_scipys(p, q):
    p, q = np.array(p) * 100, np.array(q) * 100
    expected = scipy_distance.jensenshannon(p, q, 2)
    assert distances.js(p, q) == pytest.approx(expected, abs=5e-3)
    likely = stats.chi2_contingency(np.stack([p, q])).pvalue
    assert distances.homogeneity_p_value(p, q) == pytest.approx(likely, rel=1e-6, abs=1e-300)
    a, b = np.maximum(p, 0.5) / p.sum(), np.maximum(q, 0.5) / q.sum()
    plain = float(np.sum((a - b) * np.log(a / b)))
    chance = (len(p) - 1) * (1 / p.sum() + 1 / q.sum())
    assert distances.psi(p, q) == pytest.approx(plain - chance)


def test_q_values_are_scipys():
    p = np.random.default_rng(1).random(50) ** 3
    assert distances.benjamini_hochberg(p) == pytest.approx(stats.false_discovery_control(p))


def test_ks_p_values_are_scipys():
    draw = np.random.default_rng(2)
    found = stats.ks_2samp(draw.normal(size=400), draw.normal(0.1, 1, size=500), method="asymp")
    assert distances.ks_p_value(found.statistic, 400, 500) == pytest.approx(found.pvalue, rel=0.1)


def test_mmd_tells_vectors_apart_and_keeps_its_level():
    draw = np.random.default_rng(3)
    likely = [
        distances.mmd(draw.normal(size=(80, 16)), draw.normal(size=(90, 16)), seed=n)[1]
        for n in range(60)
    ]
    assert stats.kstest(likely, "uniform").pvalue > 0.01
    moved = distances.mmd(draw.normal(size=(300, 16)), draw.normal(0.3, 1, size=(300, 16)))
    assert moved[1] < 1e-6
    # The same means and variances, other dependence: no single column has changed.
    twin = draw.normal(size=(400, 1)) @ np.ones((1, 16))
    assert distances.mmd(draw.normal(size=(400, 16)), twin)[1] < 1e-6


def test_empty_and_constant_counts_have_no_distance():
    nothing, some = np.zeros(3, int), np.array([5, 0, 0])
    for p, q in ((nothing, nothing), (some, nothing), (some, some)):
        assert distances.psi(p, q) == distances.js(p, q) == distances.ks(p, q) == 0.0
        assert distances.homogeneity_p_value(p, q) == 1.0
    assert distances.mmd(np.ones((50, 3)), np.ones((50, 3))) == (0.0, 1.0)


# --- reports --------------------------------------------------------------------------------------


def test_false_alarms_stay_below_the_level(store):
    draw = np.random.default_rng(4)

    def rows(count):
        return {
            "x": draw.normal(size=count),
            "heavy": draw.standard_cauchy(size=count),
            "whole": draw.poisson(3, size=count),
            "zone": draw.choice(["a", "b", "c", "d"], count),
        }

    add(store, 0, rows(3000))
    hours = range(1, 41)
    for n in hours:
        add(store, n, rows(400))
    reports = [
        monitoring.drift_report(
            store, "m", hour(0), hour(n), segments=["input.zone"], alpha=0.05,
            thresholds=dict.fromkeys(distances.METHODS, 0.0),
        )
        for n in hours
    ]  # fmt: skip
    alarmed = sum(bool(report.alerts) for report in reports)
    # At a level of 0.05 two of 40 are expected; eight have a probability below 0.001.
    assert alarmed < 8
    # With thresholds, too, nothing is left.
    reports = [monitoring.drift_report(store, "m", hour(0), hour(n)) for n in hours]
    assert not any(report.alerts for report in reports)


@pytest.mark.parametrize(
    "name, change",
    [
        ("x", lambda d, n: d.normal(0.6, 1, n)),
        ("x", lambda d, n: d.normal(0, 2.0, n)),
        ("x", lambda d, n: np.where(d.random(n) < 0.2, np.nan, d.normal(size=n))),
        ("x", lambda d, n: 1000 * d.normal(size=n)),
        ("whole", lambda d, n: d.poisson(4, n)),
        ("zone", lambda d, n: d.choice(["a", "b", "new"], n)),
        ("zone", lambda d, n: d.choice(["a", "b", "c", "d"], n, p=[0.55, 0.15, 0.15, 0.15])),
    ],
)
def test_changes_are_found_and_named(store, name, change):
    draw = np.random.default_rng(5)

    def rows(count):
        return {
            "x": draw.normal(size=count),
            "whole": draw.poisson(3, size=count),
            "zone": draw.choice(["a", "b", "c", "d"], count),
        }

    add(store, 0, rows(5000))
    now = rows(1000)
    now[name] = change(draw, 1000)
    add(store, 1, now)
    report = monitoring.drift_report(store, "m", hour(0), hour(1))
    assert features(report) == {f"input.{name}"}
    assert report.causes[0].feature == f"input.{name}"


@pytest.mark.parametrize("method", ["psi", "ks", "js", "wasserstein"])
def test_the_segment_that_changed_is_the_cause(store, method):
    draw = np.random.default_rng(6)

    def rows(moved):
        zone = draw.choice(["a", "b", "c", "d", "e"], 4000)
        x = draw.normal(size=4000) + np.where(zone == "c", moved, 0.0)
        return {"x": x, "zone": zone, "noise": draw.normal(size=4000)}, {"y": 2 * x}

    add(store, 0, *rows(0.0))
    add(store, 1, *rows(1.5))
    report = monitoring.drift_report(
        store, "m", hour(0), hour(1), segments=["input.zone"], method=method
    )
    assert "input.noise" not in features(report)
    best = report.causes[0]
    assert (best.feature, best.segment) == ("input.x", "input.zone=c")


def test_scores_of_classes_and_vectors_are_compared(store):
    draw = np.random.default_rng(7)

    def rows(moved):
        image = draw.normal(size=(600, 8, 8)).astype(np.float32) + np.float32(moved)
        logits = draw.normal(size=(600, 3)) + [moved * 3, 0, 0]
        scores = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
        return {"image": image}, {"scores": scores}

    add(store, 0, *rows(0.0))
    add(store, 1, *rows(0.4))
    report = monitoring.drift_report(store, "m", hour(0), hour(1))
    assert {"input.image", "output.scores.class", "output.scores[0]"} <= features(report)
    assert {f.method for f in report.alerts if f.feature == "input.image"} == {"mmd"}
    add(store, 2, *rows(0.0))
    assert not monitoring.drift_report(store, "m", hour(0), hour(2)).alerts


def test_labels_drift_too(store):
    draw = np.random.default_rng(8)
    for n, share in enumerate((0.3, 0.6, 0.3)):
        ids = add(store, n, {"x": draw.normal(size=800)})
        store.add_labels("m", ids[:700], draw.random(700) < share)
    assert features(monitoring.drift_report(store, "m", hour(0), hour(1))) == {"label"}
    assert not monitoring.drift_report(store, "m", hour(0), hour(2)).alerts


def test_what_changes_with_the_hour_anyway_is_no_alarm(store):
    draw = np.random.default_rng(9)
    busy = {day: 12 + draw.normal(0, 0.3) for day in range(6)}
    for day, mean in busy.items():
        add(store, 24 * day + 8, {"x": draw.normal(mean, 1, 800)})
        add(store, 24 * day + 20, {"x": draw.normal(5, 1, 800)})
    now = hour(24 * 5 + 20)
    plain = monitoring.drift_report(store, "m", hour(24 * 4 + 8), now)
    assert features(plain) == {"input.x"}
    seasonal = monitoring.seasonal_windows(now, monitoring.DAY, 5)
    assert not monitoring.drift_report(store, "m", seasonal, now).alerts
    # Days differ in the morning: that much is usual there, and a large change is not.
    morning = hour(24 * 5 + 8)
    seasonal = monitoring.seasonal_windows(morning, monitoring.DAY, 5)
    usual = monitoring.drift_report(store, "m", seasonal, morning)
    assert not usual.alerts
    assert usual.findings[0].threshold > monitoring.THRESHOLDS["psi"]
    add(store, 24 * 6 + 8, {"x": draw.normal(16, 1, 800)})
    later = hour(24 * 6 + 8)
    seasonal = monitoring.seasonal_windows(later, monitoring.DAY, 5)
    assert features(monitoring.drift_report(store, "m", seasonal, later)) == {"input.x"}


def test_a_report_says_itself_in_json(store):
    import json

    draw = np.random.default_rng(10)
    add(store, 0, {"x": draw.normal(size=200)})
    add(store, 1, {"x": draw.normal(3, 1, size=200)})
    report = monitoring.drift_report(store, "m", hour(0), hour(1))
    found = json.loads(report.to_json())
    assert found["findings"][0]["feature"] == "input.x" and found["findings"][0]["is_alert"]
    assert sum(p for _, p, _ in found["findings"][0]["bins"]) == pytest.approx(1)
    means = found["findings"][0]["details"]
    assert means["current_mean"] - means["reference_mean"] == pytest.approx(3, abs=0.3)


def test_statistics_of_a_window_are_those_of_data_validation(store):
    from tidefall import data_validation as tfdv

    add(store, 0, {"x": np.arange(100.0), "zone": np.array(["a", "b"] * 50)})
    trained = monitoring.window_statistics(store, "m", hour(0))
    schema = tfdv.infer_schema(trained)
    tfdv.get_feature(schema, "x").skew_comparator.jensen_shannon_divergence.threshold = 0.1
    add(store, 1, {"x": np.arange(100.0) + 60, "zone": np.array(["a", "new"] * 50)})
    served = monitoring.window_statistics(store, "m", hour(1))
    assert {f.path.step[0] for f in served.datasets[0].features} == {"x", "zone"}
    assert "zone" in tfdv.validate_statistics(served, schema).anomaly_info
    skewed = tfdv.validate_statistics(trained, schema, serving_statistics=served)
    assert "x" in skewed.anomaly_info


@pytest.mark.parametrize(
    "options, kind, message",
    [
        ({"method": "psy"}, errors.InvalidArgumentError, "unknown method"),
        ({"alpha": 2}, errors.InvalidArgumentError, "alpha"),
        ({"reference": []}, errors.InvalidArgumentError, "at least one"),
        ({"reference": hour(5)}, errors.InvalidArgumentError, "no rows in the reference"),
        ({"columns": ["input.q"]}, errors.InvalidArgumentError, "no column 'input.q'"),
        ({"segments": ["input.x"]}, errors.InvalidArgumentError, "no column of texts"),
        ({"model": "other"}, errors.NotFoundError, "the store has m"),
    ],
)
def test_what_cannot_be_compared_is_refused(store, options, kind, message):
    add(store, 0, {"x": np.arange(50.0)})
    given = {"model": "m", "reference": hour(0), "current": hour(0), **options}
    with pytest.raises(kind, match=message):
        monitoring.drift_report(store, **given)


@pytest.mark.parametrize(
    "values",
    [
        np.full(100, np.nan),
        np.full(100, np.inf),
        np.zeros(100),
        np.full(100, 1e300) * np.resize([1, -1], 100),
        np.array([b"\xff\xfe"] * 100, object),
        np.array([""] * 100),
        np.resize(np.array([True, False]), 100),
        np.zeros((100, 3)),
        np.full((100, 20), np.nan, np.float32),
        np.resize(np.array([2**63 - 1, -(2**63)]), 100),
    ],
    ids=range(10),
)
def test_odd_values_are_compared_without_a_word(store, values):
    for n in (0, 1):
        add(store, n, {"x": values}, {"y": values})
    add(store, 2, {"x": np.random.default_rng(0).normal(size=100)}, {"y": values})
    report = monitoring.drift_report(store, "m", hour(0), hour(1))
    assert not report.alerts
    monitoring.drift_report(store, "m", hour(0), hour(2)).to_json()
