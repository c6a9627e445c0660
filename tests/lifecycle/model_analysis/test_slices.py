"""Slices, comparisons of slices, and intervals, beside data frames and formulas."""

from __future__ import annotations

import numpy as np
import pytest
from google.protobuf import text_format

from tests.lifecycle.model_analysis.evaluations import config_of, evaluate
from tidefall.lifecycle import model_analysis as tfma
from tidefall.lifecycle.model_analysis import metrics as m

pa = pytest.importorskip("pyarrow")


def case(seed: int, rows: int = 600):
    random = np.random.default_rng(seed)
    return pa.table(
        {
            "y": (random.random(rows) < 0.4).astype(float),
            "p": random.random(rows),
            "w": random.random(rows) + 0.1,
            "c": random.choice(["a", "b", "d"], rows),
            "n": random.integers(0, 3, rows),
        }
    )


def cross(text: str):
    return text_format.Parse(text, tfma.CrossSlicingSpec())


@pytest.mark.parametrize("named", [True, False])
def test_slices_are_compared_with_a_baseline(named):
    data = case(1)
    config = config_of([m.MeanPrediction(), m.ConfusionMatrixAtThresholds()], slices=())
    compared = 'slicing_specs { feature_keys: "c" }' if named else ""
    config.cross_slicing_specs.append(cross(f"baseline_spec {{}} {compared}"))
    if not named:
        config.slicing_specs.add(feature_keys=["c"])
    found = {one.key: one for one in evaluate(data, config)}
    frame = data.to_pandas()
    pairs = {key: one for key, one in found.items() if one.is_cross}
    assert set(pairs) == {((), (("c", v),)) for v in "abd"}
    for (_, ((_, v),)), one in pairs.items():
        expected = frame.p.mean() - frame[frame.c == v].p.mean()
        assert list(one.metrics.values()) == [pytest.approx(expected)]


def test_one_slice_compared_with_several_features():
    data = case(2)
    config = config_of([m.ExampleCount()], slices=())
    config.cross_slicing_specs.append(
        cross(
            'baseline_spec { feature_values { key: "c" value: "a" } }'
            'slicing_specs { feature_keys: "c" } slicing_specs { feature_keys: ["c", "n"] }'
        )
    )
    found = [one for one in evaluate(data, config) if one.is_cross]
    frame = data.to_pandas()
    assert len(found) == 2 + 9
    for one in found:
        base, other = ((frame[list(dict(key))] == dict(key)).all(axis=1).sum() for key in one.key)
        assert list(one.metrics.values()) == [float(base - other)]


@pytest.mark.parametrize("method", ["JACKKNIFE", "POISSON_BOOTSTRAP"])
def test_intervals_of_a_mean_are_those_of_its_standard_error(method):
    data = case(3, rows=5000)
    config = config_of([m.MeanPrediction(), m.AUC(), m.ExampleCount()])
    config.options.compute_confidence_intervals.value = True
    config.options.confidence_intervals.method = (
        config.options.confidence_intervals.ConfidenceIntervalMethod.Value(method)
    )
    (found,) = evaluate(data, config)
    p = np.asarray(data["p"])
    by_name = {key.name: interval for key, interval in found.intervals.items()}
    assert set(by_name) == {"mean_prediction", "auc"}
    mean = by_name["mean_prediction"]
    # 20 samples: the standard deviation of the estimate itself is about a sixth.
    assert mean.standard_error == pytest.approx(p.std() / np.sqrt(len(p)), rel=0.5)
    assert mean.lower < p.mean() < mean.upper
    assert mean.upper - mean.lower == pytest.approx(2 * 2.093 * mean.standard_error, rel=1e-3)
    # The standard error of an area near 0.5 (Hanley and McNeil, 1982).
    positive = np.asarray(data["y"]).sum()
    negative = len(p) - positive
    expected = np.sqrt((len(p) + 1) / (12 * positive * negative))
    assert by_name["auc"].standard_error == pytest.approx(expected, rel=0.5)


def test_slices_that_are_too_small_say_so():
    data = case(4, rows=30)
    config = config_of([m.ExampleCount()], slices=((), ("c", "n")))
    config.options.min_slice_size.value = 10
    found = evaluate(data, config)
    assert not found[0].error
    assert all("lower than the minimum" in one.error for one in found[1:])
