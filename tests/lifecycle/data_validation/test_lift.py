"""Lift: against its formula, and against what TensorFlow Data Validation's own tests expect."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from google.protobuf import text_format

import tidefall as tf
from tidefall import data_validation as tfdv
from tidefall.lifecycle.data_validation.statistics.generators import lift
from tidefall.proto import metadata
from tidefall.proto.registry import pool

X, Y, W = (tfdv.FeaturePath([name]) for name in "xyw")


def _schema(**kinds: str):
    text = "".join(f'feature {{ name: "{name}" {kind} }}' for name, kind in kinds.items())
    return text_format.Parse(text, metadata.Schema(), descriptor_pool=pool())


def _found(table, generator, **options):
    options = tfdv.StatsOptions(generators=[generator], **options)
    return tfdv.generate_statistics_from_arrow(table, options).datasets[0]


def _series(data):
    """Of each pair of features and value of Y: its count, and value, lift and counts of each x."""
    found = {}
    for cross in data.cross_features:
        for series in cross.categorical_cross_stats.lift.lift_series:
            which = series.WhichOneof("y_value")
            y = getattr(series, which)
            if which == "y_bucket":
                y = (y.low_value, y.high_value)
            weighted = series.WhichOneof("y_count_value") == "weighted_y_count"
            prefix = "weighted_" if weighted else ""
            found[cross.path_x.step[0], y, weighted] = (
                getattr(series, f"{prefix}y_count"),
                [
                    (
                        getattr(value, value.WhichOneof("x_value")),
                        pytest.approx(value.lift, rel=1e-6),
                        getattr(value, f"{prefix}x_count"),
                        getattr(value, f"{prefix}x_and_y_count"),
                    )
                    for value in series.lift_values
                ],
            )
    return found


def test_strings_and_buckets_have_the_lifts_that_tfdv_expects():
    table = pa.table({"x": ["a", "a", "b", "a"], "y": ["cat", "dog", "cat", "dog"]})
    data = _found(table, tfdv.LiftStatsGenerator(Y, _schema(x="type: BYTES", y="type: BYTES")))
    assert _series(data) == {
        ("x", "cat", False): (2, [("b", 2.0, 1, 1), ("a", 2 / 3, 3, 1)]),
        ("x", "dog", False): (2, [("a", 4 / 3, 3, 2), ("b", 0.0, 1, 0)]),
    }

    table = pa.table({"x": ["a", "a", "b", "a"], "y": [1.1, 2.2, 3.3, 4.4]})
    schema = _schema(x="type: BYTES", y="type: FLOAT")
    cut = tfdv.LiftStatsGenerator(Y, schema, y_boundaries=[4, 2], output_custom_stats=True)
    data = _found(table, cut)
    inf = float("inf")
    assert _series(data) == {
        ("x", (-inf, 2), False): (1, [("a", 4 / 3, 3, 1), ("b", 0.0, 1, 0)]),
        ("x", (2, 4), False): (2, [("b", 2.0, 1, 1), ("a", 2 / 3, 3, 1)]),
        ("x", (4, inf), False): (1, [("a", 4 / 3, 3, 1), ("b", 0.0, 1, 0)]),
    }
    custom = tfdv.get_feature_stats(data, X).custom_stats
    assert [(one.name, one.rank_histogram.buckets[0].label) for one in custom] == [
        ("Lift (Y=[-inf,2))", "a"),
        ("Lift (Y=[2,4))", "b"),
        ("Lift (Y=[4,inf])", "a"),
    ]


def test_weights_have_series_of_their_own_as_in_tfdv():
    columns = {
        "x1": ["a", "a", "b", "a"],
        "x2": ["x", "x", "y", "x"],
        "y": ["cat", "dog", "cat", "dog"],
        "w2": [0.1, 0.1, 0.5, 0.2],
        "w": [0.5, 0.5, 2.0, 1.0],
    }
    weights = tfdv.ExampleWeightMap("w", {tfdv.FeaturePath(["x2"]): "w2"})
    schema = _schema(x1="type: BYTES", x2="type: BYTES", y="type: BYTES")
    data = _found(pa.table(columns), tfdv.LiftStatsGenerator(Y, schema, example_weight_map=weights))
    found = _series(data)
    assert len(data.cross_features) == 2 and len(found) == 8
    approx = pytest.approx
    assert found["x1", "cat", True] == (2.5, [("b", 1.6, 2, 2), ("a", 0.4, 2, 0.5)])
    assert found["x2", "dog", True] == (
        1.5,
        [("x", 2.0, approx(0.4), approx(0.3)), ("y", 0, 0.5, 0)],
    )
    assert found["x2", "dog", False] == (2, [("x", 4 / 3, 3, 2), ("y", 0.0, 1, 0)])


def test_many_rows_in_many_batches_have_the_lift_of_the_formula():
    random = np.random.default_rng(3)
    rows = [
        {
            "x": [f"v{n}" for n in random.integers(0, 5, random.integers(0, 4))] or None,
            "y": [int(n) for n in random.integers(0, 3, random.integers(0, 3))],
        }
        for _ in range(2000)
    ]
    generator = tfdv.LiftStatsGenerator(Y, x_paths=[X])
    table = pa.Table.from_pylist(rows)
    data = _found(table, generator, desired_batch_size=64)
    sets = [(set(row["x"] or ()), set(row["y"])) for row in rows]
    ys = Counter(y for _, have in sets for y in have)
    xs = Counter(x for have, _ in sets for x in have)
    both = Counter((x, y) for some, others in sets for x in some for y in others)
    found = _series(data)
    assert {key[1] for key in found} == set(ys)
    for (_, y, _), (count, values) in found.items():
        assert count == ys[y]
        lifts = {x: both[x, y] / xs[x] / (ys[y] / len(rows)) for x in xs}
        expected = sorted(xs, key=lambda x: (-lifts[x], x))
        assert values == [(x, lifts[x], xs[x], both[x, y]) for x in expected]


def test_only_the_ends_and_what_is_frequent_are_told():
    columns = {"x": list("aaabbbcccd"), "y": list("1110110001")}
    keep = {"x_paths": [X], "top_k_per_y": 1, "bottom_k_per_y": 1, "min_x_count": 1}
    found = _series(_found(pa.table(columns), tfdv.LiftStatsGenerator(Y, **keep)))
    assert {y: [x for x, *_ in values] for (_, y, _), (_, values) in found.items()} == {
        "0": ["c", "a"],
        "1": ["a", "c"],
    }


def test_values_that_are_no_text_and_features_that_are_absent():
    columns = {"x": [b"\xff", b"\xfe", None], "y": ["u", "v", "u"]}
    generator = tfdv.LiftStatsGenerator(Y, x_paths=[X, tfdv.FeaturePath(["gone"])])
    found = _series(_found(pa.table(columns), generator))
    assert found["x", "v", False] == (1, [("__BYTES_VALUE__", 1.5, 2, 1)])
    assert not _found(pa.table({"x": ["a"]}), generator).cross_features


@pytest.mark.parametrize(
    ("make", "error", "match"),
    [
        (lambda: tfdv.LiftStatsGenerator(Y), ValueError, "schema or x_paths"),
        (
            lambda: tfdv.LiftStatsGenerator(Y, _schema(y="type: BYTES"), y_boundaries=[1]),
            ValueError,
            "categorical",
        ),
        (
            lambda: tfdv.LiftStatsGenerator(Y, _schema(y="type: INT")),
            ValueError,
            "must be provided with a non-categorical",
        ),
        (lambda: tfdv.LiftStatsGenerator(Y, _schema(x="type: INT")), ValueError, "no feature y"),
        (
            lambda: _found(
                pa.table({"x": [0.5], "y": ["a"]}), tfdv.LiftStatsGenerator(Y, x_paths=[X])
            ),
            tf.errors.InvalidArgumentError,
            "x holds floats",
        ),
        (
            lambda: _found(
                pa.table({"x": ["a"], "y": ["a"]}),
                tfdv.LiftStatsGenerator(
                    Y, x_paths=[X], example_weight_map=tfdv.ExampleWeightMap("w")
                ),
            ),
            tf.errors.InvalidArgumentError,
            "weight feature 'w'",
        ),
    ],
)
def test_what_is_refused(make, error, match):
    with pytest.raises(error, match=match):
        make()


def test_too_many_pairs_end_the_count_and_not_the_machine(monkeypatch):
    monkeypatch.setattr(lift, "MAX_PAIRS", 10)
    table = pa.table({"x": [str(n) for n in range(11)], "y": ["a"] * 11})
    with pytest.raises(tf.errors.ResourceExhaustedError, match="10 pairs of values of x and y"):
        _found(table, tfdv.LiftStatsGenerator(Y, x_paths=[X]))
