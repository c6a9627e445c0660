"""What decisions cost, and how much their threshold matters, by looking at every threshold."""

from __future__ import annotations

import numpy as np
import pytest

from tests.lifecycle.model_analysis.evaluations import value, values
from tidefall.base import errors
from tidefall.lifecycle.model_analysis import metrics as m

pa = pytest.importorskip("pyarrow")


def case(seed: int, rows: int = 400):
    random = np.random.default_rng(seed)
    p = np.round(random.random(rows), 2) + 0.00003
    return (random.random(rows) < p).astype(float), p, random.random(rows) + 0.1


def cost(y, p, w, cut, tp=0.0, tn=0.0, fp=1.0, fn=1.0):
    above = p > cut
    price = np.where(y == 1, np.where(above, tp, fn), np.where(above, fp, tn))
    return (price * w).sum()


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("total", [False, True])
def test_costs_at_a_threshold(weighted, total):
    y, p, w = case(1)
    counted = w if weighted else np.ones(len(w))
    metric = m.Cost("money", 5.0, 20.0, -3.0, 0.5, threshold=0.4, total=total)
    found = value(pa.table({"y": y, "p": p, "w": w}), metric, weighted=weighted)
    expected = cost(y, p, counted, 0.4, tp=-3.0, tn=0.5, fp=5.0, fn=20.0)
    assert found == pytest.approx(expected / (1 if total else counted.sum()))


@pytest.mark.parametrize("prices", [(1.0, 1.0), (1.0, 9.0), (20.0, 1.0)])
def test_the_best_threshold_costs_least(prices):
    y, p, w = case(2)
    metric = m.Cost(false_positive=prices[0], false_negative=prices[1], total=True)
    found = values(pa.table({"y": y, "p": p, "w": w}), [metric], weighted=True)
    least = min(
        cost(y, p, w, cut, fp=prices[0], fn=prices[1]) for cut in [-1, *np.unique(p)]
    )  # fmt: skip
    assert found["cost"] == pytest.approx(least)
    at_best = cost(y, p, w, found["cost_threshold"], fp=prices[0], fn=prices[1])
    assert at_best == pytest.approx(least)


@pytest.mark.parametrize("metric", ["F1Score", "Precision", "FallOut"])
def test_sensitivity_is_the_widest_change_nearby(metric):
    y, p, w = case(3)
    given = m.ThresholdSensitivity(metric=metric, threshold=0.6, width=0.1, steps=4)
    data = pa.table({"y": y, "p": p, "w": w})
    found = value(data, given, weighted=True)
    cuts = [0.5, 0.525, 0.55, 0.575, 0.6, 0.625, 0.65, 0.675, 0.7]
    rates = value(data, getattr(m, metric)(cuts), weighted=True)
    assert found == pytest.approx(np.abs(rates - rates[4]).max() / 0.1)


def test_a_class_that_is_not_there_has_no_sensitivity():
    data = pa.table({"y": [0.0, 0.0], "p": [0.1, 0.2]})
    assert np.isnan(value(data, m.ThresholdSensitivity(metric="Recall")))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: m.Cost(false_positive=float("nan")), "finite"),
        (lambda: m.ThresholdSensitivity(metric="AUC"), "is no rate"),
        (lambda: m.ThresholdSensitivity(width=0.0), "width 0.0"),
    ],
)
def test_prices_and_widths_that_mean_nothing(make, words):
    with pytest.raises(errors.InvalidArgumentError, match=words):
        make()
