"""Metrics of two classes beside formulas and scikit-learn, on random cases."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from tests.lifecycle.model_analysis.evaluations import plot, value, values
from tidefall.base import errors
from tidefall.lifecycle.model_analysis import metrics as m
from tidefall.lifecycle.model_analysis.metrics.confusion import RateMetric

pa = pytest.importorskip("pyarrow")
ROWS = 700


def case(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels, predictions with ties, weights."""
    random = np.random.default_rng(seed)
    p = np.round(random.random(ROWS), 2) + 0.003
    return (random.random(ROWS) < p).astype(float), p, random.random(ROWS) + 0.1


def table(y, p, w):
    return pa.table({"y": y, "p": p, "w": w})


def cells(y, p, w, threshold):
    above = p > threshold
    return [
        w[above & (y == 1)].sum(), w[~above & (y == 0)].sum(),
        w[above & (y == 0)].sum(), w[~above & (y == 1)].sum(),
    ]  # fmt: skip


FORMULAS = {
    "TruePositives": lambda tp, tn, fp, fn: tp,
    "TrueNegatives": lambda tp, tn, fp, fn: tn,
    "FalsePositives": lambda tp, tn, fp, fn: fp,
    "FalseNegatives": lambda tp, tn, fp, fn: fn,
    "BinaryAccuracy": lambda tp, tn, fp, fn: (tp + tn) / (tp + tn + fp + fn),
    "Precision": lambda tp, tn, fp, fn: tp / (tp + fp),
    "Recall": lambda tp, tn, fp, fn: tp / (tp + fn),
    "Specificity": lambda tp, tn, fp, fn: tn / (tn + fp),
    "FallOut": lambda tp, tn, fp, fn: fp / (fp + tn),
    "MissRate": lambda tp, tn, fp, fn: fn / (fn + tp),
    "NegativePredictiveValue": lambda tp, tn, fp, fn: tn / (tn + fn),
    "FalseDiscoveryRate": lambda tp, tn, fp, fn: fp / (fp + tp),
    "FalseOmissionRate": lambda tp, tn, fp, fn: fn / (fn + tn),
    "Prevalence": lambda tp, tn, fp, fn: (tp + fn) / (tp + tn + fp + fn),
    "PrevalenceThreshold": lambda tp, tn, fp, fn: (
        (np.sqrt(tp / (tp + fn) * fp / (fp + tn)) - fp / (fp + tn))
        / (tp / (tp + fn) - fp / (fp + tn))
    ),
    "ThreatScore": lambda tp, tn, fp, fn: tp / (tp + fn + fp),
    "BalancedAccuracy": lambda tp, tn, fp, fn: (tp / (tp + fn) + tn / (tn + fp)) / 2,
    "F1Score": lambda tp, tn, fp, fn: 2 * tp / (2 * tp + fp + fn),
    "MatthewsCorrelationCoefficient": lambda tp, tn, fp, fn: (
        (tp * tn - fp * fn) / np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
    ),
    "FowlkesMallowsIndex": lambda tp, tn, fp, fn: np.sqrt(tp / (tp + fp) * tp / (tp + fn)),
    "Informedness": lambda tp, tn, fp, fn: tp / (tp + fn) - fp / (tn + fp),
    "Markedness": lambda tp, tn, fp, fn: tp / (tp + fp) - fn / (tn + fn),
    "PositiveLikelihoodRatio": lambda tp, tn, fp, fn: tp / (tp + fn) / (fp / (fp + tn)),
    "NegativeLikelihoodRatio": lambda tp, tn, fp, fn: fn / (tp + fn) / (tn / (fp + tn)),
    "DiagnosticOddsRatio": lambda tp, tn, fp, fn: tp * tn / (fp * fn),
    "PredictedPositiveRate": lambda tp, tn, fp, fn: (tp + fp) / (tp + tn + fp + fn),
}
SHORT = {
    "TP": "TruePositives", "TN": "TrueNegatives", "FP": "FalsePositives", "FN": "FalseNegatives",
    "PPV": "Precision", "TPR": "Recall", "TNR": "Specificity", "FPR": "FallOut", "FNR": "MissRate",
    "NPV": "NegativePredictiveValue",
}  # fmt: skip


def test_every_rate_has_a_formula_here():
    public = {n for n, c in vars(m).items() if inspect.isclass(c) and issubclass(c, RateMetric)}
    assert public == {*FORMULAS, *SHORT}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", [*FORMULAS, *SHORT])
def test_rates_are_their_formulas(name, weighted):
    y, p, w = case(1)
    formula = FORMULAS[SHORT.get(name, name)]
    cuts = [0.2, 0.5, 0.77]
    kind = getattr(m, name)
    found = value(table(y, p, w), kind(cuts), weighted=weighted)
    default = value(table(y, p, w), kind(), weighted=weighted)
    counted = w if weighted else np.ones(ROWS)
    expected = [formula(*cells(y, p, counted, cut)) for cut in cuts]
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    assert default == pytest.approx(expected[1], rel=1e-9)


@pytest.mark.parametrize("weighted", [False, True])
def test_rates_and_areas_are_those_of_scikit_learn(weighted):
    sk = pytest.importorskip("sklearn.metrics")
    y, p, w = case(2)
    counted = w if weighted else np.ones(ROWS)
    said = p > 0.5
    fpr, tpr, _ = sk.roc_curve(y, p, sample_weight=counted)
    expected = {
        "auc": sk.roc_auc_score(y, p, sample_weight=counted),
        "balanced_accuracy": sk.balanced_accuracy_score(y, said, sample_weight=counted),
        "matthews_correlation_coefficient": sk.matthews_corrcoef(y, said, sample_weight=counted),
        "f1_score": sk.f1_score(y, said, sample_weight=counted),
        "precision": sk.precision_score(y, said, sample_weight=counted),
        "recall": sk.recall_score(y, said, sample_weight=counted),
        "brier_score": sk.brier_score_loss(y, p.clip(0, 1), sample_weight=counted),
        "binary_crossentropy": sk.log_loss(y, p.clip(0, 1), sample_weight=counted),
        "recall_at_false_positive_rate": tpr[fpr <= 0.1].max(),
        "max_recall": 1.0,
    }
    given = [
        m.AUC(), m.BalancedAccuracy(), m.MatthewsCorrelationCoefficient(), m.F1Score(),
        m.Precision(), m.Recall(), m.BrierScore(), m.BinaryCrossEntropy(),
        m.RecallAtFalsePositiveRate(0.1), m.MaxRecall(),
    ]  # fmt: skip
    found = values(table(y, p.clip(0, 1), w), given, weighted=weighted)
    assert found == {name: pytest.approx(v, rel=1e-6) for name, v in expected.items()}


@pytest.mark.parametrize("curve", ["ROC", "PR"])
@pytest.mark.parametrize("method", ["interpolation", "minoring", "majoring"])
def test_areas_are_those_of_keras_at_the_same_thresholds(curve, method):
    import keras

    y, p, w = case(3)
    p = p.clip(0.0015, 0.9985)
    metric = keras.metrics.AUC(num_thresholds=100, curve=curve, summation_method=method)
    metric.update_state(y, p, w)
    expected = float(metric.result())
    if (curve, method) == ("PR", "majoring"):
        # Above the last threshold nothing is positive: a precision of 0 in Keras, none in TFMA.
        last = cells(y, p, w, 98 / 99)
        expected -= FORMULAS["Precision"](*last) * FORMULAS["Recall"](*last)
    found = value(table(y, p, w), m.AUC(100, curve, method), weighted=True)
    assert found == pytest.approx(expected, rel=1e-5)
    if curve == "PR":
        other = value(table(y, p, w), m.AUCPrecisionRecall(100, method), weighted=True)
        assert other == found


CONSTRAINED = {
    "SensitivityAtSpecificity": ("specificity", "Specificity", "Recall"),
    "SpecificityAtSensitivity": ("sensitivity", "Recall", "Specificity"),
    "PrecisionAtRecall": ("recall", "Recall", "Precision"),
    "RecallAtPrecision": ("precision", "Precision", "Recall"),
    "RecallAtFalsePositiveRate": ("false_positive_rate", "FallOut", "Recall"),
}


@pytest.mark.parametrize("name", CONSTRAINED)
def test_bests_under_constraints_are_found_by_looking_at_every_threshold(name):
    parameter, held, dependent = CONSTRAINED[name]
    y, p, w = case(4)
    kind = getattr(m, name)
    found = value(table(y, p, w), kind(**{parameter: [0.3, 0.8]}, num_thresholds=51), weighted=True)
    seen = [cells(y, p, w, cut) for cut in [-1, *np.arange(1, 50) / 50, 2]]
    for bound, got in zip([0.3, 0.8], found, strict=True):
        with np.errstate(invalid="ignore"):
            rates = [(FORMULAS[held](*four), FORMULAS[dependent](*four)) for four in seen]
        best = [b for h, b in rates if (h <= bound if held == "FallOut" else h >= bound)]
        assert got == pytest.approx(np.nanmax(best), rel=1e-9)


def test_the_highest_threshold_that_keeps_a_recall():
    y, p, w = case(5)
    cuts = [0.1, 0.3, 0.5, 0.7]
    found = value(table(y, p, w), m.ThresholdAtRecall(0.8, thresholds=cuts))
    ones = np.ones(ROWS)
    recalls = [FORMULAS["Recall"](*cells(y, p, ones, cut)) for cut in cuts]
    assert found == max(cut for cut, recall in zip(cuts, recalls, strict=True) if recall >= 0.8)
    assert value(table(y, p, w), m.ThresholdAtRecall(1.0, thresholds=[0.99])) == 0.0


def test_matrices_at_thresholds():
    y, p, w = case(6)
    found = value(table(y, p, w), m.ConfusionMatrixAtThresholds([0.25, 0.6]), weighted=True)
    for place, cut in enumerate([0.25, 0.6]):
        got = [v[place] for v in (found.tp, found.tn, found.fp, found.fn)]
        np.testing.assert_allclose(got, cells(y, p, w, cut))
    message = found.to_message().matrices[1]
    assert message.precision == pytest.approx(FORMULAS["Precision"](*cells(y, p, w, 0.6)))


@pytest.mark.parametrize("weighted", [False, True])
def test_plots_of_matrices_and_of_scores(weighted):
    y, p, w = case(7)
    counted = w if weighted else np.ones(ROWS)
    both = [
        plot(table(y, p, w), kind(num_thresholds=10), weighted=weighted)
        for kind in (m.ConfusionMatrixPlot, m.ScoreDistributionPlot)
    ]
    matrices, scores = (b.confusion_matrix_at_thresholds.matrices for b in both)
    assert [round(one.threshold, 6) for one in matrices] == [
        -1e-06, 0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0,
    ]  # fmt: skip
    for one, score in zip(matrices[1:-1], scores[1:-1], strict=True):
        tp, tn, fp, fn = cells(y, p, counted, one.threshold)
        got = [one.true_positives, one.true_negatives, one.false_positives, one.false_negatives]
        np.testing.assert_allclose(got, [tp, tn, fp, fn])
        assert score.true_positives == pytest.approx(tp + fp)
        assert score.true_negatives == pytest.approx(tn + fn)
        assert score.false_positives == score.false_negatives == 0


def test_calibration_of_the_whole_and_of_buckets():
    y, p, w = case(8)
    p = p.clip(0, 1)
    found = values(
        table(y, p, w),
        [m.Calibration(), m.MeanLabel(), m.MeanPrediction(), m.ExpectedCalibrationError()],
        weighted=True,
    )
    bucket = np.minimum((p * 10).astype(int), 9)
    error = sum(
        abs((w * (y - p))[bucket == number].sum()) for number in range(10)
    ) / w.sum()  # fmt: skip
    assert found == {
        "calibration": pytest.approx((w * p).sum() / (w * y).sum()),
        "mean_label": pytest.approx(np.average(y, weights=w)),
        "mean_prediction": pytest.approx(np.average(p, weights=w)),
        "expected_calibration_error": pytest.approx(error),
    }


@pytest.mark.parametrize("bounds", [(0.0, 1.0), (-1.0, 3.0)])
def test_calibration_plots_add_up_buckets_of_predictions(bounds):
    low, high = bounds
    y, p, w = case(9)
    p = p * (high - low) + low
    message = plot(table(y, p, w), m.CalibrationPlot(8, low, high), weighted=True)
    buckets = message.calibration_histogram_buckets.buckets
    assert len(buckets) == 10
    for one in buckets:
        inside = (p >= one.lower_threshold_inclusive) & (p < one.upper_threshold_exclusive)
        assert one.num_weighted_examples.value == pytest.approx(w[inside].sum())
        assert one.total_weighted_label.value == pytest.approx((w * y)[inside].sum())
        assert one.total_weighted_refined_prediction.value == pytest.approx((w * p)[inside].sum())


def test_discrimination_is_between_the_means_of_the_classes():
    y, p, w = case(10)
    found = values(
        table(y, p, w),
        [m.CoefficientOfDiscrimination(), m.RelativeCoefficientOfDiscrimination()],
        weighted=True,
    )
    high, low = (np.average(p[y == v], weights=w[y == v]) for v in (1, 0))
    assert list(found.values()) == [pytest.approx(high - low), pytest.approx(high / low)]


def test_labels_between_0_and_1_count_in_both_classes():
    y, p, w = np.array([0.25, 1.0]), np.array([0.9, 0.2]), np.ones(2)
    found = value(table(y, p, w), m.ConfusionMatrixAtThresholds([0.5]))
    assert [v[0] for v in (found.tp, found.fp, found.fn, found.tn)] == [0.25, 0.75, 1.0, 0.0]


def test_fairness_indicators_are_rates_at_thresholds():
    y, p, w = case(11)
    found = values(table(y, p, w), [m.FairnessIndicators(thresholds=[0.25, 0.5])], weighted=True)
    for cut in (0.25, 0.5):
        tp, tn, fp, fn = cells(y, p, w, cut)
        total = tp + tn + fp + fn
        expected = {
            "false_positive_rate": fp / (fp + tn), "false_negative_rate": fn / (fn + tp),
            "true_positive_rate": tp / (tp + fn), "true_negative_rate": tn / (tn + fp),
            "positive_rate": (tp + fp) / total, "negative_rate": (tn + fn) / total,
            "false_discovery_rate": fp / (fp + tp), "false_omission_rate": fn / (fn + tn),
            "precision": tp / (tp + fp), "recall": tp / (tp + fn),
        }  # fmt: skip
        for name, rate in expected.items():
            got = found[f"fairness_indicators_metrics/{name}@{cut:.2f}"]
            assert got == pytest.approx(rate), name


@pytest.mark.parametrize(
    "given",
    [
        {"from_logits": True},
        {"label_smoothing": 0.2},
        {"from_logits": True, "label_smoothing": 0.1},
    ],
)
def test_cross_entropy_of_logits_and_smooth_labels_is_that_of_keras(given):
    import keras

    y, p, w = case(12)
    p = p * 4 - 2 if given.get("from_logits") else p.clip(0.01, 0.99)
    metric = keras.metrics.BinaryCrossentropy(**given)
    metric.update_state(y[:, None], p[:, None], w)
    found = value(table(y, p, w), m.BinaryCrossEntropy(**given), weighted=True)
    assert found == pytest.approx(float(metric.result()), rel=1e-5)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: m.AUC(curve="XY"), "curve 'XY'"),
        (lambda: m.AUC(summation_method="best"), "summation_method"),
        (lambda: m.AUC(num_thresholds=1), "num_thresholds 1"),
        (lambda: m.PrecisionAtRecall(1.5), "recall 1.5"),
        (lambda: m.ConfusionMatrixPlot(1), "num_thresholds 1"),
        (lambda: m.CalibrationPlot(left=1.0, right=0.0), "expected an interval"),
        (lambda: m.CalibrationPlot(0), "num_buckets 0"),
        (lambda: m.ExpectedCalibrationError(num_buckets=0), "num_buckets 0"),
        (lambda: m.MultiClassConfusionMatrixPlot([0.1], 3), "only one of them"),
    ],
)
def test_settings_that_mean_nothing_are_refused(make, words):
    with pytest.raises(errors.InvalidArgumentError, match=words):
        make()
