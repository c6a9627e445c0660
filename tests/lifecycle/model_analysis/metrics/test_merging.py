"""Every metric of random parts that are merged is that of all rows in one pass."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from tests.lifecycle.model_analysis.evaluations import config_of, evaluate
from tidefall.lifecycle import model_analysis as tfma
from tidefall.lifecycle.model_analysis import metrics as m
from tidefall.lifecycle.model_analysis.metrics.attributions import AttributionsMetric
from tidefall.lifecycle.model_analysis.metrics.base import Metric
from tidefall.lifecycle.model_analysis.metrics.confusion import RateMetric
from tidefall.lifecycle.model_analysis.metrics.matrices import Matrices

pa = pytest.importorskip("pyarrow")
ROWS = 160


def table(seed: int):
    random = np.random.default_rng(seed)
    p = random.random(ROWS)
    scores = random.dirichlet(np.ones(3), ROWS)
    names = np.array(["a", "b", "c", "d"])
    sets = [random.choice(names, 2, replace=False).tolist() for _ in range(ROWS)]
    columns = {
        "binary": {"y": (random.random(ROWS) < p).astype(float), "p": p},
        "classes": {"y": random.integers(0, 3, ROWS), "p": list(scores)},
        "labels": {"y": list((random.random((ROWS, 3)) < 0.5).astype(float)), "p": list(scores)},
        "texts": {"y": random.choice(names, ROWS), "p": random.choice(names, ROWS)},
        "sets": {
            "y": sets,
            "p": list(random.random((ROWS, 2))),
            "classes": sets[::-1],
            "scores": list(random.random((ROWS, 2))),
        },
        "boxes": {
            "y": [[[0.0, 0.0, 2.0, 2.0, 1.0], [1.0, 1.0, 3.0, 3.0, 2.0]]] * ROWS,
            "p": [
                [[0.0, 0.0, 2.0, 2 * one, 1.0, one], [1.0, 1.0, 3.0, 2.9, 2.0, 0.3]] for one in p
            ],
        },
        "pixels": {
            "y": p,
            "p": p,
            "truth": list(random.integers(0, 2, (ROWS, 6))),
            "said": list(random.integers(0, 2, (ROWS, 6))),
        },
        "models": {"y": p, "p_old": random.random(ROWS), "p_new": random.random(ROWS)},
    }
    shared = {
        "w": random.random(ROWS),
        "q": random.integers(0, 30, ROWS),
        "g": random.integers(0, 4, ROWS).astype(float),
        "s": random.choice(["x", "y"], ROWS),
    }
    return columns, shared


GIVEN = {
    "FixedSizeSample": (lambda: m.FixedSizeSample("g", 999), "binary"),
    "FalsePositiveFeatureSampler": (lambda: m.FalsePositiveFeatureSampler("g", 999), "binary"),
    "FalseNegativeFeatureSampler": (lambda: m.FalseNegativeFeatureSampler("g", 999), "binary"),
    "Mean": (lambda: m.Mean("g"), "binary"),
    "NDCG": (lambda: m.NDCG("g", [1, 3]), "binary"),
    "SensitivityAtSpecificity": (lambda: m.SensitivityAtSpecificity(0.5), "binary"),
    "SpecificityAtSensitivity": (lambda: m.SpecificityAtSensitivity(0.5), "binary"),
    "PrecisionAtRecall": (lambda: m.PrecisionAtRecall(0.5), "binary"),
    "RecallAtPrecision": (lambda: m.RecallAtPrecision(0.5), "binary"),
    "RecallAtFalsePositiveRate": (lambda: m.RecallAtFalsePositiveRate(0.5), "binary"),
    "ThresholdAtRecall": (lambda: m.ThresholdAtRecall(0.5), "binary"),
    "CategoricalCrossEntropy": (m.CategoricalCrossEntropy, "classes"),
    "MultiClassConfusionMatrixAtThresholds": (m.MultiClassConfusionMatrixAtThresholds, "classes"),
    "MultiClassConfusionMatrixPlot": (m.MultiClassConfusionMatrixPlot, "classes"),
    "MultiLabelConfusionMatrixPlot": (m.MultiLabelConfusionMatrixPlot, "labels"),
    "ExactMatch": (m.ExactMatch, "texts"),
    "SetMatchPrecision": (m.SetMatchPrecision, "sets"),
    "SetMatchRecall": (m.SetMatchRecall, "sets"),
    "ModelCosineSimilarity": (m.ModelCosineSimilarity, "models"),
    "SymmetricPredictionDifference": (m.SymmetricPredictionDifference, "models"),
    "BooleanFlipRates": (m.BooleanFlipRates, "models"),
    "SymmetricFlipRate": (m.SymmetricFlipRate, "models"),
    "NegToNegFlipRate": (m.NegToNegFlipRate, "models"),
    "NegToPosFlipRate": (m.NegToPosFlipRate, "models"),
    "PosToNegFlipRate": (m.PosToNegFlipRate, "models"),
    "PosToPosFlipRate": (m.PosToPosFlipRate, "models"),
}
GIVEN |= {"Bleu": (m.Bleu, "texts"), "Rouge": (lambda: m.Rouge("rouge1"), "texts")}
for _name in vars(m):
    if _name.startswith("COCOMean"):
        GIVEN[_name] = (lambda kind=_name: getattr(m, kind)(class_ids=[1, 2]), "boxes")
    elif _name.startswith(("COCO", "ObjectDetection")):
        _bound = {"recall": 0.5} if _name.endswith("AtRecall") else {}
        GIVEN[_name] = (lambda k=_name, b=_bound: getattr(m, k)(class_id=1, **b), "boxes")
    elif _name.startswith("SemanticSegmentation"):
        GIVEN[_name] = (lambda k=_name: getattr(m, k)([1], "truth", "said", False), "pixels")
QUERIES = {"NDCG", "MeanAveragePrecision", "MinLabelPosition", "QueryStatistics"}
CLASSES = sorted(
    name for name, kind in vars(m).items()
    if inspect.isclass(kind) and issubclass(kind, Metric) and kind is not Metric
    and not issubclass(kind, AttributionsMetric)  # `test_stages.py` has those.
)  # fmt: skip


def comparable(value):
    if isinstance(value, Matrices):
        return np.stack([value.tp, value.tn, value.fp, value.fn])
    if isinstance(value, np.ndarray) and value.dtype == object:
        return np.sort(value.astype(float))
    if isinstance(value, float | np.ndarray):
        return value
    return np.array([float(n) for n in str(value).split() if n.replace(".", "").isdigit()])


@pytest.mark.parametrize("name", CLASSES)
def test_merged_parts_give_what_one_pass_gives(name):
    make, kind = GIVEN.get(name, (getattr(m, name), "binary"))
    for seed in range(3):
        columns, shared = table(seed)
        data = pa.table({**columns[kind], **shared})
        config = config_of(
            [make()],
            weighted=seed > 0,
            slices=((), ("s",)),
            models=("old", "new") if kind == "models" else ("",),
            query_key="q" if name in QUERIES else None,
        )
        whole = {one.key: one for one in evaluate(data, config)}
        parts = {one.key: one for one in evaluate(data, config, parts=4, seed=seed)}
        assert whole.keys() == parts.keys() == {(), (("s", "x"),), (("s", "y"),)}
        for key, one in whole.items():
            found = {**one.metrics, **one.plots}
            other = {**parts[key].metrics, **parts[key].plots}
            assert found.keys() == other.keys()
            assert found
            for what, value in found.items():
                np.testing.assert_allclose(
                    comparable(other[what]), comparable(value), rtol=1e-6, atol=1e-9
                )


def test_merged_averages_over_classes():
    columns, shared = table(3)
    data = pa.table({**columns["classes"], **shared})
    for kind in ("micro_average", "macro_average", "weighted_macro_average"):
        options = tfma.AggregationOptions(**{kind: True}, class_weights={0: 1.0, 1: 2.0, 2: 1.0})
        rates = [getattr(m, n)() for n in CLASSES if issubclass(getattr(m, n), RateMetric)]
        config = config_of([m.AUC(), *rates], weighted=True, aggregate=options)
        (whole,), (parts,) = evaluate(data, config), evaluate(data, config, parts=3)
        assert len(whole.metrics) == 1 + len(rates)
        for key, value in whole.metrics.items():
            assert parts.metrics[key] == pytest.approx(value, nan_ok=True)
