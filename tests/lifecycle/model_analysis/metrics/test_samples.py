"""Samples of rows, and metrics that are not there."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from tests.lifecycle.model_analysis.evaluations import config_of, evaluate, value
from tidefall.base import errors
from tidefall.lifecycle import model_analysis as tfma
from tidefall.lifecycle.model_analysis import metrics as m

pa = pytest.importorskip("pyarrow")


def case(seed: int, rows: int = 200):
    random = np.random.default_rng(seed)
    return pa.table(
        {
            "y": (random.random(rows) < 0.5).astype(float),
            "p": random.random(rows),
            "w": random.random(rows) + 0.1,
            "id": [f"row {number}" for number in range(rows)],
            "s": random.choice(["a", "b"], rows),
        }
    )


def test_samples_are_rows_of_their_slices_and_none_twice():
    data = case(1)
    config = config_of([m.FixedSizeSample("id", 10)], slices=((), ("s",)))
    slice_of = dict(zip(data["id"].to_pylist(), data["s"].to_pylist(), strict=True))
    for one in evaluate(data, config, parts=3):
        (found,) = one.metrics.values()
        assert len(set(found)) == len(found) == 10
        if one.key:
            assert {slice_of[row] for row in found} == {one.key[0][1]}


def test_every_row_is_drawn_as_often_as_its_weight_says():
    counts: Counter[str] = Counter()
    data = pa.table({"y": [0.0] * 4, "p": [0.5] * 4, "w": [1.0, 1.0, 2.0, 4.0],
                     "id": list("abcd")})  # fmt: skip
    for seed in range(1500):
        sample = m.FixedSizeSample("id", 1, random_seed=seed)
        counts.update(value(data, sample, weighted=True))
    shares = np.array([counts[name] for name in "abcd"]) / 1500
    np.testing.assert_allclose(shares, [1 / 8, 1 / 8, 2 / 8, 4 / 8], atol=0.05)


def test_the_same_seed_draws_the_same_rows():
    both = [value(case(2), m.FixedSizeSample("id", 5, random_seed=7)) for _ in range(2)]
    assert both[0].tolist() == both[1].tolist()


@pytest.mark.parametrize("kind", ["FalsePositive", "FalseNegative"])
def test_samples_of_wrong_rows(kind):
    data = case(3)
    found = value(data, getattr(m, f"{kind}FeatureSampler")("id", 1000, threshold=0.7))
    y, above = np.asarray(data["y"]), np.asarray(data["p"]) > 0.7
    wrong = (y == 0) & above if kind == "FalsePositive" else (y == 1) & ~above
    assert set(found) == {f"row {number}" for number in np.flatnonzero(wrong)}


def test_samples_are_written_as_bytes(tmp_path):
    result = tfma.analyze_raw_data(case(4), config_of([m.FixedSizeSample("id", 3)]), str(tmp_path))
    assert result.get_metrics_for_slice(()) is not None
    (message,) = tfma.load_metrics(str(tmp_path))
    array = message.metric_keys_and_values[0].value.array_value
    assert array.data_type == array.BYTES
    assert len(array.bytes_values) == 3
    assert all(one.startswith(b"row ") for one in array.bytes_values)


def test_a_sample_of_nothing_is_refused():
    with pytest.raises(errors.InvalidArgumentError, match="a sample of 0 rows"):
        m.FixedSizeSample("id", 0)
