"""Mutual information: against entropies and normal distributions, whose is known, and against what
TensorFlow Data Validation's own tests expect."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

import tidefall as tf
from tidefall import data_validation as tfdv
from tidefall.lifecycle.data_validation.statistics.generators.neighbors import (
    Side,
    mutual_information,
)
from tidefall.proto import metadata

LABEL = tfdv.FeaturePath(["label"])
NULL, NAN = None, float("nan")


def _information(*sides):
    return mutual_information(*sides, np.random.RandomState(21))


def test_independent_columns_share_nothing():
    random = np.random.default_rng(29)
    sides = [Side([random.normal(size=20_000)], []) for _ in range(2)]
    assert _information(*sides) == pytest.approx(0, abs=1e-2)


@pytest.mark.parametrize("as_numbers", [(False, False), (True, True), (True, False)])
def test_what_a_column_says_about_itself_is_its_entropy(as_numbers):
    column = np.random.default_rng(23).integers(0, 8, 20_000)
    sides = [Side([column.astype(float)], []) if n else Side([], [column]) for n in as_numbers]
    assert _information(*sides) == pytest.approx(3, abs=1e-2)


@pytest.mark.parametrize("correlation", [0.4, 0.9])
def test_correlated_normal_numbers(correlation):
    covariance = [[1, correlation], [correlation, 1]]
    x, y = np.random.default_rng(7).multivariate_normal([10, -20], covariance, 20_000).T
    expected = -np.log2(1 - correlation**2) / 2
    assert _information(Side([x], []), Side([y * 9], [])) == pytest.approx(expected, abs=2e-2)


def test_an_independent_column_beside_one_adds_nothing():
    random = np.random.default_rng(23)
    x = random.integers(0, 8, 20_000)
    y = random.integers(0, 3, 20_000) + x
    numbers, noise = x.astype(float), random.normal(size=20_000)
    one = _information(Side([numbers], []), Side([y.astype(float)], []))
    assert _information(Side([noise], [x]), Side([], [y])) == pytest.approx(one, abs=0.03)


def test_missing_numbers_are_a_value_of_their_own():
    half = np.repeat([2.3, NAN], 5000)
    other = np.repeat([1.0, 2.0], 5000)
    assert _information(Side([half], []), Side([other], [])) == pytest.approx(1, abs=2e-2)


def _schema(**kinds: str):
    schema = metadata.Schema()
    for name, kind in kinds.items():
        type_, most = kind.split()
        one = schema.feature.add(name=name, type=metadata.FeatureType.Value(type_))
        one.value_count.min, one.value_count.max = 0, int(most)
    return schema


def _told(batch, schema, **options):
    generator = tfdv.MutualInformation(LABEL, schema, 10, 3, **options)
    return {one.path.step[0]: one.custom_stats[0].num for one in generator.compute(batch).features}


def _colors():
    np.random.seed(0)
    label = [np.random.rand() + third for third in range(3) for _ in range(100)]
    pairs = list(zip(["Red"] * 100 + ["Blue"] * 100 + ["Green"] * 100, label, strict=True))
    np.random.shuffle(pairs)
    colors, label = zip(*pairs, strict=True)
    return {"label": [[one] for one in label], "color": [[one] for one in colors]}


def _bags():
    np.random.seed(0)
    label, bag = ([[str(np.random.randint(3)) for _ in range(np.random.randint(10))]
                   for _ in range(100)] for _ in range(2))  # fmt: skip
    return {"label": bag, "x": label, "same": bag}


_NUMBERS = [[0.1], [0.2], [0.7], [0.2], NULL, [0.9], [0.4], [0.8]]
_OTHERS = [[0.4], [0.1], [0.4], [NAN], [0.8], [0.2], [0.5], [0.1]]
_LETTERS = [NULL, ["A", "C", "C"], ["B", "B"], ["C", "A", "A", "A"], ["A", "A", "A", "B", "B"],
            ["D"], ["C"] * 5]  # fmt: skip

TFDV = {
    "numbers": (
        {"label": _NUMBERS, "same": _NUMBERS, "other": _OTHERS},
        {"label": "FLOAT 1", "same": "FLOAT 1", "other": "FLOAT 1"},
        {"same": 1.0957612, "other": 0.0},
    ),
    "categories in lists": (
        {"label": [NULL, ["C"], ["B"], ["A"], ["B"], ["D"], ["C"]], "x": _LETTERS},
        {"label": "BYTES 1", "x": "BYTES 5"},
        {"x": 0.4808983},
    ),
    "lists of numbers": (
        {
            "label": [[3.3], NULL, [4.0], [2.0, 8.0], [1.3, 8.5], [2.3], [1.0, 3.1, 4]],
            "x": [[3.1], NULL, [4.0], [NAN], [1.2, 8.5], [2.3], [1.2, 3.2, 3.9]],
        },
        {"label": "FLOAT 3", "x": "FLOAT 3"},
        {"x": 0.0},
    ),
    "a label in lists": (
        _bags(),
        {"label": "BYTES 10", "x": "BYTES 10", "same": "BYTES 10"},
        {"x": 0.0, "same": 4.1630335},
    ),
    "a category and a number": (
        _colors(),
        {"label": "INT 1", "color": "BYTES 1"},
        {"color": 1.5612983},
    ),
    "a label that is another one in each row": (
        {"label": [["a"], ["b"], ["c"]], "x": [["a"]] * 3, "y": [["a", "b"], ["b"], ["b"]]},
        {"label": "BYTES 1", "x": "BYTES 1", "y": "BYTES 2"},
        {"x": 0.0, "y": 0.0},
    ),
    "a feature that is never there": (
        {"label": [[0.1], [0.2], [0.7], [0.7]], "x": [NULL] * 4, "y": [[NULL]] * 4},
        {"label": "FLOAT 1", "x": "FLOAT 1", "y": "FLOAT 3"},
        {"x": 0.0, "y": 0.0},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("columns", "kinds", "expected"), TFDV.values(), ids=TFDV)
def test_values_that_tfdv_expects(columns, kinds, expected):
    batch = pa.RecordBatch.from_arrays([pa.array(c) for c in columns.values()], [*columns])
    found = _told(batch, _schema(**kinds))
    assert found == {name: pytest.approx(value, abs=1e-6) for name, value in expected.items()}


def test_normalized_values_are_shares_of_what_the_label_says_about_itself():
    columns, kinds, _ = TFDV["numbers"]
    batch = pa.record_batch({name: pa.array(column) for name, column in columns.items()})
    assert _told(batch, _schema(**kinds), normalize_by_max=True) == {"same": 1.0, "other": 0.0}


def test_too_few_rows():
    batch = pa.record_batch({"label": [[0.1], [0.2]], "x": [[0.4], [0.1]]})
    schema = _schema(label="FLOAT 1", x="FLOAT 1")
    assert _told(batch, schema, allow_invalid_partitions=True) == {}
    with pytest.raises(tf.errors.InvalidArgumentError, match="2 rows, and at least 3"):
        _told(batch, schema)


@pytest.mark.parametrize(
    ("columns", "match"),
    [
        ({"x": [[1.0]] * 4}, "no label label"),
        ({"label": [[0.1], [0.2], [0.1], [0.3]], "x": [["a"]] * 4}, "x is no category"),
        ({"label": [[0.1], [0.2], [0.1], [0.3]], "x": [[float("inf")]] * 4}, "infinite"),
        ({"label": pa.array([NULL] * 4, pa.list_(pa.float64())), "x": [[0.5], [0.1], [0.5], [1.0]]},
         "all missing"),
    ],
)  # fmt: skip
def test_what_is_refused(columns, match):
    batch = pa.record_batch({name: pa.array(column) for name, column in columns.items()})
    with pytest.raises(tf.errors.InvalidArgumentError, match=match):
        _told(batch, _schema(label="FLOAT 1", x="FLOAT 1"))


def test_samples_of_partitions_tell_how_the_statistic_varies():
    random = np.random.default_rng(5)
    label = random.integers(0, 4, 4000)
    table = pa.table(
        {
            "label": [f"l{n}" for n in label],
            "same": [f"s{n}" for n in label],
            "noise": [f"n{n}" for n in random.integers(0, 4, 4000)],
        }
    )
    schema = _schema(label="BYTES 1", same="BYTES 1", noise="BYTES 1")
    generator = tfdv.NonStreamingCustomStatsGenerator(
        tfdv.MutualInformation(LABEL, schema), 4, 2, seed=1, max_examples_per_partition=500
    )

    def told(threads):
        options = tfdv.StatsOptions(generators=[generator], desired_batch_size=300, threads=threads)
        (data,) = tfdv.generate_statistics_from_arrow(table, options).datasets
        return {
            (one.path.step[0], stat.name.removesuffix("_adjusted_mutual_information")): stat.num
            for one in data.features
            for stat in one.custom_stats
        }

    found = told(1)
    assert found == told(2)
    assert found["same", "num_partitions"] == found["noise", "num_partitions"] == 4
    assert found["same", "mean"] == pytest.approx(2, abs=0.05)
    assert found["noise", "mean"] == pytest.approx(0, abs=0.05)
    for name in ("same", "noise"):
        low, middle, high = (found[name, key] for key in ("min", "median", "max"))
        assert low <= middle <= high
        assert found[name, "std_dev"] <= high - low


class _Rows(tfdv.PartitionedStatsFn):
    def __init__(self):
        self.seen = []

    def compute(self, examples):
        self.seen.append(examples.num_rows)
        found = metadata.DatasetFeatureStatistics()
        names = ["x"] if len(self.seen) > 1 else ["x", "rare"]
        for name in names:
            found.features.add(path={"step": [name]}).custom_stats.add(name="n", num=1)
        return found


def test_a_sample_is_no_larger_than_asked_and_what_few_have_is_left_out():
    rows = _Rows()
    generator = tfdv.NonStreamingCustomStatsGenerator(rows, 3, 2, 9, 20)
    table = pa.table({"x": pa.array([*range(999), None])})
    options = tfdv.StatsOptions(generators=[generator], desired_batch_size=10)
    (data,) = tfdv.generate_statistics_from_arrow(table, options).datasets
    assert rows.seen == [20, 20, 20]
    custom = {one.path.step[0]: len(one.custom_stats) for one in data.features}
    assert custom == {"x": 6}


def test_every_row_has_the_same_chance_to_be_in_a_sample():
    kept = np.zeros(100)

    class Kept(tfdv.PartitionedStatsFn):
        def compute(self, examples):
            kept[[row[0] for row in examples.column("x").to_pylist()]] += 1
            return metadata.DatasetFeatureStatistics()

    table = pa.table({"x": range(100)})
    for seed in range(200):
        generator = tfdv.NonStreamingCustomStatsGenerator(Kept(), 1, 1, seed, 10)
        options = tfdv.StatsOptions(generators=[generator], desired_batch_size=7)
        tfdv.generate_statistics_from_arrow(table, options)
    # 200 draws of a tenth: 20 on average, with a standard deviation of 4.2.
    assert kept.sum() == 2000 and kept.min() >= 4 and kept.max() <= 40


@pytest.mark.parametrize(
    ("make", "error", "match"),
    [
        (lambda: tfdv.MutualInformation(LABEL), ValueError, "schema"),
        (lambda: tfdv.MutualInformation(LABEL, _schema(x="INT 1")), ValueError, "no feature label"),
        (
            lambda: tfdv.NonStreamingCustomStatsGenerator(_Rows(), 0, 1, 1, 10),
            ValueError,
            "at least 1",
        ),
        (
            lambda: tfdv.NonStreamingCustomStatsGenerator(
                type("Own", (_Rows,), {"partitioner": lambda self, n: None})(), 1, 1, 1, 10
            ),
            tf.errors.UnimplementedError,
            "partitioner",
        ),
    ],
)
def test_options_that_are_refused(make, error, match):
    with pytest.raises(error, match=match):
        make()
