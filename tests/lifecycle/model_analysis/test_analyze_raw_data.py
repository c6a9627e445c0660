"""Evaluations of data frames beside formulas, scikit-learn where it is installed, and the files."""

from __future__ import annotations

import numpy as np
import pytest
from google.protobuf import text_format

from tidefall.base import errors
from tidefall.lifecycle import model_analysis as tfma

pytest.importorskip("pyarrow")
pd = pytest.importorskip("pandas")


def _config(metrics: str, slices: str = "slicing_specs {}", model: str = ""):
    return text_format.Parse(
        f'model_specs {{ label_key: "y" prediction_key: "p" {model} }} '
        f"metrics_specs {{ {metrics} }} {slices}",
        tfma.EvalConfig(),
    )


def _named(*names: str) -> str:
    return " ".join(f'metrics {{ class_name: "{name}" }}' for name in names)


def _frame(seed: int = 0, rows: int = 2000):
    random = np.random.default_rng(seed)
    p = random.random(rows)
    y = (random.random(rows) < p).astype(float)
    return pd.DataFrame(
        {"y": y, "p": p, "w": random.random(rows), "c": random.choice(["a", "b"], rows)}
    )


def _area(y, p, w):
    """The chance that a positive is above a negative; ties count half."""
    above = (p[y == 1][:, None] > p[y == 0]) + 0.5 * (p[y == 1][:, None] == p[y == 0])
    weights = w[y == 1][:, None] * w[y == 0]
    return (above * weights).sum() / weights.sum()


@pytest.mark.parametrize("weighted", [False, True])
def test_metrics_of_slices_are_those_of_formulas(weighted, tmp_path):
    frame = _frame()
    names = ("AUC", "Precision", "Recall", "MeanSquaredError", "Calibration", "ExampleCount",
             "BinaryCrossEntropy", "F1Score", "WeightedExampleCount")  # fmt: skip
    config = _config(
        _named(*names),
        'slicing_specs {} slicing_specs { feature_keys: "c" }',
        'example_weight_key: "w"' if weighted else "",
    )
    result = tfma.analyze_raw_data(frame, config, str(tmp_path))
    for key, part in [((), frame), *(((("c", v),), frame[frame.c == v]) for v in "ab")]:
        y, p = part.y.to_numpy(), part.p.to_numpy()
        w = part.w.to_numpy() if weighted else np.ones(len(part))
        tp, fp = w[(p > 0.5) & (y == 1)].sum(), w[(p > 0.5) & (y == 0)].sum()
        fn = w[(p <= 0.5) & (y == 1)].sum()
        expected = {
            "auc": _area(y, p, w),
            "precision": tp / (tp + fp),
            "recall": tp / (tp + fn),
            "f1_score": 2 * tp / (2 * tp + fp + fn),
            "mean_squared_error": np.average((y - p) ** 2, weights=w),
            "calibration": (w * p).sum() / (w * y).sum(),
            "binary_crossentropy": np.average(-np.log(np.where(y == 1, p, 1 - p)), weights=w),
            "example_count": len(part),
            "weighted_example_count": w.sum(),
        }
        found = result.get_metrics_for_slice(key)
        assert found is not None
        for name, value in expected.items():
            assert found[name]["doubleValue"] == pytest.approx(value, rel=1e-3), name


def test_files_are_read_by_their_messages(tmp_path):
    config = _config(
        'metrics { class_name: "AUC" threshold { value_threshold { lower_bound { value: 0.99 }}}}'
        + _named("ConfusionMatrixPlot", "CalibrationPlot")
    )
    tfma.analyze_raw_data(_frame(), config, str(tmp_path))
    (metrics,) = tfma.load_metrics(str(tmp_path))
    assert [pair.key.name for pair in metrics.metric_keys_and_values] == ["auc"]
    (plots,) = tfma.load_plots(str(tmp_path))
    assert len(plots.plot_keys_and_values) == 2
    validation = tfma.load_validation_result(str(tmp_path))
    assert not validation.validation_ok
    (failure,) = validation.metric_validations_per_slice[0].failures
    assert "below the lower bound 0.99" in failure.message
    assert tfma.load_eval_result(str(tmp_path)).config == config


def test_one_class_gives_nan_where_a_class_is_needed():
    frame = pd.DataFrame({"y": [1.0, 1.0], "p": [0.2, 0.9]})
    found = tfma.analyze_raw_data(frame, _config(_named("AUC", "Recall", "FallOut")))
    metrics = found.get_metrics_for_slice(())
    assert metrics is not None
    assert np.isnan(metrics["auc"]["doubleValue"])
    assert metrics["recall"]["doubleValue"] == 0.5
    assert np.isnan(metrics["fall_out"]["doubleValue"])


def test_a_prediction_that_is_no_number_makes_the_metric_none():
    frame = pd.DataFrame({"y": [1.0, 0.0, 1.0], "p": [0.2, 0.9, np.nan]})
    found = tfma.analyze_raw_data(frame, _config(_named("AUC", "Recall"))).slicing_metrics[0]
    assert all(np.isnan(v["doubleValue"]) for v in found.metrics[""][""].values())


@pytest.mark.parametrize(
    ("change", "metrics", "slices", "words"),
    [
        (lambda f: f.drop(columns="y"), "AUC", "", "no column 'y'"),
        (lambda f: f.assign(p="x"), "AUC", "", "expected numbers"),
        (lambda f: f.assign(y=f.y + 5), "AUC", "", "labels from 0 to 1"),
        (lambda f: f, "AUCC", "", "unknown metric 'AUCC'"),
        (lambda f: f, "AUC", 'slicing_specs { feature_keys: "zzz" }', "no feature 'zzz'"),
    ],
)
def test_what_is_wrong_is_told(change, metrics, slices, words):
    with pytest.raises(errors.InvalidArgumentError, match=words):
        tfma.analyze_raw_data(change(_frame()), _config(_named(metrics), slices))
