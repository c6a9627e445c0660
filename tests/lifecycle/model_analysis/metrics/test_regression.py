"""Errors and correlations of regressions beside NumPy, SciPy and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest

from tests.lifecycle.model_analysis.evaluations import value, values
from tidefall.base import errors
from tidefall.lifecycle.model_analysis import metrics as m
from tidefall.lifecycle.model_analysis.metrics.keras_metrics import KerasMetric

pa = pytest.importorskip("pyarrow")


def case(seed: int, rows: int = 500):
    random = np.random.default_rng(seed)
    y = np.round(random.gamma(2.0, 3.0, rows), 1) + 0.1
    return y, np.maximum(y + random.normal(0, 2, rows), 0.05), random.random(rows) + 0.1


def table(y, p, w):
    return pa.table({"y": y, "p": p, "w": w})


@pytest.mark.parametrize("weighted", [False, True])
def test_errors_are_those_of_scikit_learn(weighted):
    import keras

    sk = pytest.importorskip("sklearn.metrics")
    y, p, w = case(1)
    counted = w if weighted else None
    found = values(
        table(y, p, w),
        [m.MeanAbsoluteError(), m.MeanSquaredError(), m.RootMeanSquaredError(),
         m.MeanAbsolutePercentageError(), m.MeanSquaredLogarithmicError(),
         keras.metrics.R2Score(name="r2")],
        weighted=weighted,
    )  # fmt: skip
    expected = {
        "mean_absolute_error": sk.mean_absolute_error(y, p, sample_weight=counted),
        "mean_squared_error": sk.mean_squared_error(y, p, sample_weight=counted),
        "root_mean_squared_error": sk.root_mean_squared_error(y, p, sample_weight=counted),
        "mean_absolute_percentage_error": 100
        * sk.mean_absolute_percentage_error(y, p, sample_weight=counted),
        "mean_squared_logarithmic_error": sk.mean_squared_log_error(y, p, sample_weight=counted),
        "r2": sk.r2_score(y, p, sample_weight=counted),
    }
    assert found == {name: pytest.approx(v, rel=1e-5) for name, v in expected.items()}


@pytest.mark.parametrize("weighted", [False, True])
def test_correlations(weighted):
    stats = pytest.importorskip("scipy.stats")
    y, p, w = case(2)
    p = np.round(p, 1)
    counted = w if weighted else np.ones(len(y))
    found = values(
        table(y, p, w),
        [m.PearsonCorrelation(), m.SquaredPearsonCorrelation(), m.SpearmanCorrelation()],
        weighted=weighted,
    )
    covariance = np.cov(y, p, aweights=counted)
    pearson = covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1])

    def ranks(v):
        below = (v[None, :] < v[:, None]) @ counted
        return below + (v[None, :] == v[:, None]) @ counted / 2

    of_ranks = np.cov(ranks(y), ranks(p), aweights=counted)
    spearman = of_ranks[0, 1] / np.sqrt(of_ranks[0, 0] * of_ranks[1, 1])
    if not weighted:
        assert spearman == pytest.approx(stats.spearmanr(y, p).statistic)
    assert list(found.values()) == [
        pytest.approx(pearson), pytest.approx(pearson**2), pytest.approx(spearman),
    ]  # fmt: skip


def test_pairs_without_an_error_do_not_count():
    y, p, w = np.array([0.0, 2.0, np.nan]), np.array([1.0, 3.0, 1.0]), np.array([1.0, 2.0, 4.0])
    found = values(
        table(y, p, w), [m.MeanAbsolutePercentageError(), m.MeanSquaredError()], weighted=True
    )
    assert found == {"mean_absolute_percentage_error": 50.0, "mean_squared_error": 1.0}


def test_what_is_not_defined_is_nan():
    one = np.ones(4)
    found = values(
        table(one, one, one),
        [m.PearsonCorrelation(), m.SquaredPearsonCorrelation(), m.SpearmanCorrelation()],
    )
    assert all(np.isnan(v) for v in found.values())


def test_several_outputs_have_values_of_their_own():
    y, p, w = case(3)
    data = pa.table({"y_a": y, "p_a": p, "y_b": p, "p_b": 2 * p, "w": w})
    found = values(data, [m.MeanAbsoluteError()], outputs=("a", "b"))
    assert found == {
        "a/mean_absolute_error": pytest.approx(np.abs(y - p).mean()),
        "b/mean_absolute_error": pytest.approx(p.mean()),
    }


def test_errors_of_vectors_are_means_over_their_elements():
    random = np.random.default_rng(4)
    y, p, w = random.random((30, 3)), random.random((30, 3)), random.random(30)
    data = pa.table({"y": list(y), "p": list(p), "w": w})
    found = value(data, m.MeanSquaredError(), weighted=True)
    assert found == pytest.approx(np.average(((y - p) ** 2).mean(axis=1), weights=w))


def test_means_of_columns():
    random = np.random.default_rng(5)
    data = pa.table({"y": random.random(9), "p": random.random(9), "x": random.random(9),
                     "v": random.random(9)})  # fmt: skip
    found = values(data, [m.Mean(["features", "x"]), m.Mean("x", "v", name="weighted")])
    x, v = np.asarray(data["x"]), np.asarray(data["v"])
    assert found == {
        "mean_features.x": pytest.approx(x.mean()),
        "weighted": pytest.approx(np.average(x, weights=v)),
    }
    with pytest.raises(errors.UnimplementedError, match="Mean of"):
        m.Mean(("attributions", "a", "b"))


def test_counts():
    y, p, w = case(6)
    found = values(table(y, p, w), [m.ExampleCount(), m.WeightedExampleCount()], weighted=True)
    assert found == {"example_count": 500.0, "weighted_example_count": pytest.approx(w.sum())}


def test_a_metric_of_keras_of_ones_own():
    import keras

    y, p, w = case(7)
    metric = keras.metrics.MeanMetricWrapper(lambda a, b: keras.ops.abs(a - b) ** 3, name="cubes")
    derived = KerasMetric(metric)
    assert derived.name == "cubes"
    data = table(y, p, w)
    found = values(data, [keras.metrics.LogCoshError()], weighted=True)
    expected = np.average(np.log(np.cosh(p - y)), weights=w)
    assert found == {"logcosh": pytest.approx(expected, rel=1e-5)}
