"""Values that the tests of TensorFlow Model Analysis 0.48 expect, of the same rows."""

from __future__ import annotations

import numpy as np
import pytest

from tests.lifecycle.model_analysis.evaluations import value, values
from tidefall.lifecycle.model_analysis import metrics as m

pa = pytest.importorskip("pyarrow")

PLAIN = {
    "y": [1, 0, 0, 0, 0, 0, 1, 1, 1, 1],
    "p": [0.6, 0.3, 0.2, 0.6, 0.7, 0.8, 0.1, 0.2, 0.3, 0.4],
    "w": [1.0] * 10,
}
WEIGHTS = {"y": [0, 1, 0], "p": [1.0, 0.7, 0.5], "w": [0.5, 0.7, 0.9]}
FRACTIONS = {"y": [0.0, 0.6, 0.8], "p": [0.0, 0.7, 1.0], "w": [1.0, 1.0, 1.0]}
RANKED = {
    "y": [1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0],
    "p": [0.2, 0.8, 0.5, 0.9, 0.1, 0.9, 0.9],
    "w": [1.0, 1.0, 2.0, 2.0, 2.0, 3.0, 3.0],
    "q": ["1", "1", "2", "2", "2", "3", "4"],
    "gain": [1.0, 0.5, 0.5, 1.0, 0.1, 1.0, 0.0],
}
ERRORS = {
    "y": [0.1, 0.3, 0.5, 1.0, 2.0, 3.0, 3.0],
    "p": [1.0, 0.0, 2.0, 0.5, 1.0, 5.0, 5.0],
    "w": [0.1, 0.5, 1.0, 1.0, 1.0, 1.0, 1.0],
}
TWO = {"y": [0, 1], "p": [0.6, 0.6], "w": [1.0, 0.8]}
CLASSES = {"y": [[0, 1, 0], [0, 0, 1]], "p": [[0.05, 0.95, 0.0], [0.1, 0.8, 0.1]],
           "w": [0.3, 0.7]}  # fmt: skip
LOGITS = {"y": [[0, 1, 0], [0, 0, 1]], "p": [[-5, 0.95, -10], [5, -1, 0.5]], "w": [1.0, 1.0]}


@pytest.mark.parametrize(
    ("data", "metric", "expected"),
    [
        (PLAIN, lambda: m.AUC(), 0.26),
        (PLAIN, lambda: m.AUCPrecisionRecall(), 0.36205),
        (PLAIN, lambda: m.SpecificityAtSensitivity(0.5), 0.2),
        (PLAIN, lambda: m.SensitivityAtSpecificity(0.5), 0.0),
        (PLAIN, lambda: m.PrecisionAtRecall(0.5), 0.5),
        (PLAIN, lambda: m.RecallAtPrecision(0.5), 1.0),
        (PLAIN, lambda: m.RecallAtFalsePositiveRate(0.6), 0.4),
        (PLAIN, lambda: m.ThresholdAtRecall(0.5), 0.29993),
        (WEIGHTS, lambda: m.AUC(), 0.64286),
        (WEIGHTS, lambda: m.AUCPrecisionRecall(), 0.37467),
        (WEIGHTS, lambda: m.SpecificityAtSensitivity(0.5), 0.642857),
        (WEIGHTS, lambda: m.SensitivityAtSpecificity(0.5), 1.0),
        (WEIGHTS, lambda: m.PrecisionAtRecall(0.5), 0.58333),
        (WEIGHTS, lambda: m.RecallAtFalsePositiveRate(0.5 / 1.4), 1.0),
        (WEIGHTS, lambda: m.BinaryAccuracy(), 1.6 / 2.1),
        (FRACTIONS, lambda: m.AUC(), 0.8571428),
        (FRACTIONS, lambda: m.AUCPrecisionRecall(), 0.77369833),
        (FRACTIONS, lambda: m.TruePositives(), 1.4),
        (FRACTIONS, lambda: m.FalsePositives(), 0.6),
        (ERRORS, lambda: m.MeanAbsoluteError(), 1.292857),
        (ERRORS, lambda: m.MeanSquaredError(), 2.07607),
        (ERRORS, lambda: m.MeanAbsolutePercentageError(), 120.238095),
        (ERRORS, lambda: m.MeanSquaredLogarithmicError(), 0.20117),
        (TWO, lambda: m.BinaryCrossEntropy(), 0.736083),
        (TWO, lambda: m.BinaryCrossEntropy(label_smoothing=0.1), 0.733831),
        (CLASSES, lambda: m.CategoricalCrossEntropy(), 1.627198),
        (LOGITS, lambda: m.CategoricalCrossEntropy(from_logits=True), 2.258058),
    ],
)
def test_values_are_those_of_tfma(data, metric, expected):
    assert value(pa.table(data), metric(), weighted=True) == pytest.approx(expected, abs=1e-5)


def test_ranks_are_those_of_tfma():
    given = [m.NDCG("gain", [1, 2]), m.QueryStatistics()]
    found = values(pa.table(RANKED), given, weighted=True, query_key="q")
    assert found["ndcg topK:1"] == pytest.approx(0.9166667)
    assert found["ndcg topK:2"] == pytest.approx(0.9766198)
    # Of each query the number of rows and its weight: 2 of 1, 3 of 2, 1 of 3 twice.
    assert [found[f"{name}_documents"] for name in ("total", "min", "max")] == [14.0, 2.0, 6.0]


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("Precision", (0, 0)), ("Recall", (0, 0)), ("Specificity", (1, 1)), ("FallOut", (1, 1)),
        ("MissRate", (0, 0)), ("NegativePredictiveValue", (1, 1)), ("F1Score", (0, 0)),
        ("FalseDiscoveryRate", (0, 0)), ("FalseOmissionRate", (1, 1)), ("ThreatScore", (0, 0)),
        ("MatthewsCorrelationCoefficient", (0, 0)),
    ],
)  # fmt: skip
def test_nothing_to_divide_by_is_nan(name, row):
    label, prediction = row
    assert np.isnan(value(pa.table({"y": [label], "p": [prediction]}), getattr(m, name)()))
