"""Metrics of a candidate beside a baseline on the same rows, and differences, by formulas."""

from __future__ import annotations

import numpy as np
import pytest

from tests.lifecycle.model_analysis.evaluations import values
from tidefall.base import errors
from tidefall.lifecycle.model_analysis import metrics as m

pa = pytest.importorskip("pyarrow")
MODELS = ("old", "new")


def case(seed: int, *shape: int):
    random = np.random.default_rng(seed)
    old = random.random(shape or (300,))
    new = np.clip(old + random.normal(0, 0.3, old.shape), 0, 1)
    w = random.random(len(old)) + 0.1
    y = (random.random(len(old)) < 0.5).astype(float)
    columns = {"p_old": old, "p_new": new}
    columns = {name: list(c) if c.ndim > 1 else c for name, c in columns.items()}
    return pa.table({"y": y, "w": w, **columns}), y, old, new, w


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("threshold", [0.5, 0.8])
def test_flip_rates(threshold, weighted):
    data, _, old, new, w = case(1)
    counted = w if weighted else np.ones(len(w))
    a, b = old > threshold, new > threshold
    total = counted.sum()
    expected = {
        "flip_rate": counted[a != b].sum() / total,
        "neg_to_neg_flip_rate": counted[~a & ~b].sum() / total,
        "neg_to_pos_flip_rate": counted[~a & b].sum() / total,
        "pos_to_neg_flip_rate": counted[a & ~b].sum() / total,
        "pos_to_pos_flip_rate": counted[a & b].sum() / total,
    }
    expected = {name: pytest.approx(v) for name, v in expected.items()}
    all_ = values(data, [m.BooleanFlipRates(threshold)], models=MODELS, weighted=weighted)
    assert all_ == {f"new/{name}": v for name, v in expected.items()}
    classes = [m.SymmetricFlipRate, m.NegToNegFlipRate, m.NegToPosFlipRate, m.PosToNegFlipRate,
               m.PosToPosFlipRate]  # fmt: skip
    each = values(
        data, [kind(threshold=threshold) for kind in classes], models=MODELS, weighted=weighted
    )
    assert list(each.values()) == list(expected.values())
    assert "new/symmetric_flip_rate (difference)" in each


@pytest.mark.parametrize("weighted", [False, True])
def test_symmetric_prediction_difference(weighted):
    data, _, old, new, w = case(2)
    found = values(data, [m.SymmetricPredictionDifference()], models=MODELS, weighted=weighted)
    apart = 2 * np.abs(old - new) / np.abs(old + new)
    expected = np.average(apart, weights=w if weighted else None)
    assert list(found.values()) == [pytest.approx(expected)]


def test_cosines_of_vectors():
    data, _, old, new, _ = case(3, 50, 4)
    found = values(data, [m.ModelCosineSimilarity()], models=MODELS)
    cosine = (old * new).sum(1) / np.linalg.norm(old, axis=1) / np.linalg.norm(new, axis=1)
    assert list(found.values()) == [pytest.approx(cosine.mean())]


def test_what_a_candidate_is_above_its_baseline():
    data, y, old, new, _ = case(4)
    found = values(data, [m.MeanSquaredError()], models=MODELS)
    a, b = ((y - old) ** 2).mean(), ((y - new) ** 2).mean()
    assert found == {
        "old/mean_squared_error": pytest.approx(a),
        "new/mean_squared_error": pytest.approx(b),
        "new/mean_squared_error (difference)": pytest.approx(b - a),
    }


def test_models_of_other_shapes_are_not_compared():
    data = pa.table({"y": [1.0], "p_old": [0.5], "p_new": [[0.5, 0.5]]})
    with pytest.raises(errors.InvalidArgumentError, match="shape"):
        values(data, [m.ModelCosineSimilarity()], models=MODELS)
