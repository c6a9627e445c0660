"""Slices that are made or found: quantile buckets, windows of time, worst slices, stability."""

from __future__ import annotations

import datetime

import numpy as np
import pytest

from tests.lifecycle.model_analysis.evaluations import config_of
from tidefall.base import errors
from tidefall.lifecycle import model_analysis as tfma
from tidefall.lifecycle.model_analysis import metrics as m

pa = pytest.importorskip("pyarrow")
pd = pytest.importorskip("pandas")


@pytest.mark.parametrize("count", [2, 4, 7])
def test_quantile_buckets_are_those_of_pandas(count):
    random = np.random.default_rng(count)
    values = np.round(random.normal(size=500), 1)
    table = tfma.add_quantile_buckets(pa.table({"x": values}), {"x": count})
    codes = table["x_quantile"].combine_chunks().indices.to_numpy()
    expected = pd.cut(values, np.unique(np.quantile(values, np.linspace(0, 1, count + 1))),
                      right=False, include_lowest=True, labels=False)  # fmt: skip
    # The last bucket is closed.
    expected = np.where(np.isnan(expected), count - 1, expected)
    np.testing.assert_array_equal(codes, expected)


def test_buckets_of_few_and_missing_values():
    table = tfma.add_quantile_buckets(pa.table({"x": [3.0, None, 3.0]}), {"x": 4})
    assert table["x_quantile"].to_pylist() == ["[3, 3]", None, "[3, 3]"]
    table = tfma.add_quantile_buckets(pd.DataFrame({"x": [np.nan, np.nan]}), {"x": 4})
    assert table["x_quantile"].to_pylist() == [None, None]


def test_windows_of_timestamps_and_of_numbers():
    start = datetime.datetime(2026, 11, 25)
    times = [start + datetime.timedelta(hours=h) for h in (0, 5, 30, 49)]
    table = tfma.add_time_windows(pa.table({"t": times}), "t", width=86_400)
    days = [str(window)[:10] for window in table["t_window"].to_pylist()]
    assert days == ["2026-11-25", "2026-11-25", "2026-11-26", "2026-11-27"]
    table = tfma.add_time_windows(pa.table({"t": [0.0, 4.0, 9.0, 10.0, None]}), "t", count=2)
    assert table["t_window"].to_pylist() == [0.0, 0.0, 5.0, 5.0, None]


def case(seed: int, rows: int = 6000, where_bad: float = 0.5):
    """Predictions of which 0.9 are right; where city is B and age is above 60 only so many."""
    random = np.random.default_rng(seed)
    city, age = random.choice(["A", "B", "C"], rows), random.uniform(20, 80, rows)
    sex = random.choice(["f", "m"], rows)
    y = (random.random(rows) < 0.5).astype(float)
    bad = (city == "B") & (age > 60)
    right = random.random(rows) < np.where(bad, where_bad, 0.9)
    p = np.where(right == (y == 1), 0.8, 0.2)
    name = [f"row {i}" for i in range(rows)]
    return pd.DataFrame({"y": y, "p": p, "city": city, "age": age, "sex": sex, "name": name})


@pytest.mark.parametrize("metric", ["binary_accuracy", "mean_squared_error"])
def test_the_worst_slice_is_found(metric):
    config = config_of([m.BinaryAccuracy(), m.MeanSquaredError()])
    frame = case(1)
    found = tfma.find_worst_slices(
        frame, config, metric, lower_is_better=metric == "mean_squared_error", buckets=3
    )
    worst = found[0]
    (_, bucket), city = worst.key
    assert city == ("city", "B")
    part = frame[(frame.city == "B") & (frame.age >= float(bucket[1:].split(",")[0]))]
    assert worst.rows == len(part)
    if metric == "binary_accuracy":
        value = ((part.p > 0.5) == part.y).mean()
        assert worst.value == pytest.approx(value)
        assert worst.gap == pytest.approx(((frame.p > 0.5) == frame.y).mean() - value)
    assert worst.p_value < 0.05
    assert "city" in str(worst)
    # What has nothing to do with it is not told.
    assert all("sex" not in dict(one.key) for one in found)


def test_where_nothing_is_worse_nothing_is_found():
    config = config_of([m.BinaryAccuracy()])
    found = []
    for seed in range(8):
        frame = case(10 + seed, rows=1500, where_bad=0.9)
        found += tfma.find_worst_slices(frame, config, "binary_accuracy")
    assert len(found) <= 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"metric": "auc"}, "no number 'auc'"),
        ({"metric": "binary_accuracy", "features": ["zzz"]}, "no feature 'zzz'"),
        ({"metric": "binary_accuracy", "features": ["name"]}, "more than 30 values"),
        ({"metric": "binary_accuracy", "min_rows": 10**6}, "fewer rows than min_rows"),
        ({"metric": "binary_accuracy", "confidence": 1.5}, "confidence 1.5"),
    ],
)
def test_what_cannot_be_looked_for(given, words):
    with pytest.raises(errors.InvalidArgumentError, match=words):
        tfma.find_worst_slices(case(2, 300), config_of([m.BinaryAccuracy()]), **given)


def test_stability_over_windows_of_time():
    stats = pytest.importorskip("scipy.stats")
    random = np.random.default_rng(3)
    rows = 8000
    day = random.integers(0, 8, rows)
    y = (random.random(rows) < 0.5).astype(float)
    wrong = random.random(rows) < np.where(day == 5, 0.5, 0.1)
    table = pa.table({"y": y, "p": np.where(wrong, 1 - y, y), "t": day * 10.0})
    config = config_of([m.BinaryAccuracy()], slices=((), ("t_window",)))
    result = tfma.analyze_raw_data(tfma.add_time_windows(table, "t", width=10), config)
    found = tfma.stability(result, "t_window", "binary_accuracy")
    each = np.array([(~wrong)[day == d].mean() for d in range(8)])
    np.testing.assert_allclose(found.values, each)
    assert found.windows == [d * 10.0 for d in range(8)]
    assert found.outside == [50.0]
    assert found.overall == pytest.approx((~wrong).mean())
    assert found.deviation == pytest.approx(each.std(ddof=1))
    line = stats.linregress(range(8), each)
    assert (found.slope, found.slope_p_value) == pytest.approx((line.slope, line.pvalue))
    assert found.largest_change == pytest.approx(np.abs(np.diff(each)).max())
    with pytest.raises(errors.InvalidArgumentError, match="in 0 windows"):
        tfma.stability(result, "t", "binary_accuracy")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda t: tfma.add_quantile_buckets(t, {"x": 1}), "1 buckets"),
        (lambda t: tfma.add_quantile_buckets(t, {"z": 2}), "no column 'z'"),
        (lambda t: tfma.add_quantile_buckets(t, {"s": 2}), "expected numbers"),
        (lambda t: tfma.add_time_windows(t, "x"), "one of them"),
        (lambda t: tfma.add_time_windows(t, "x", width=-1.0), "above 0"),
    ],
)
def test_columns_that_cannot_be_made(call, words):
    with pytest.raises(errors.InvalidArgumentError, match=words):
        call(pa.table({"x": [1.0, 2.0], "s": ["a", "b"]}))
    with pytest.raises(TypeError, match="received float in a list"):
        tfma.add_quantile_buckets([1.0], {"x": 2})


def stored(kind, folder, frame):
    """The rows of a data frame as files or a dataset."""
    import tidefall as tf
    from tidefall.lifecycle.data_validation.sources.examples import batch_to_examples

    if kind == "parquet":
        frame.to_parquet(folder / "rows.parquet", row_group_size=1500)
        return str(folder / "rows.parquet")
    if kind == "dataset":
        return tf.data.Dataset.from_tensor_slices(dict(frame)).batch(700)
    table = pa.Table.from_pandas(frame, preserve_index=False)
    with tf.io.TFRecordWriter(str(folder / "rows.tfrecord")) as writer:
        for batch in table.to_batches():
            for record in batch_to_examples(batch):
                writer.write(record)
    return str(folder / "rows.tfrecord")


@pytest.mark.parametrize("kind", ["parquet", "tfrecord", "dataset"])
def test_files_and_datasets_give_what_a_table_gives(tmp_path, kind):
    frame = case(1).drop(columns="name")
    frame["day"] = np.arange(len(frame)) % 28
    data = stored(kind, tmp_path, frame)
    config = config_of([m.BinaryAccuracy()])
    wanted = tfma.find_worst_slices(frame, config, "binary_accuracy", buckets=3)
    found = tfma.find_worst_slices(data, config, "binary_accuracy", buckets=3)
    assert len(found) == len(wanted) > 0

    def shape(one):
        return [name for name, _ in one.key], round(one.value, 1), one.rows // 100

    assert [shape(one) for one in found] == [shape(one) for one in wanted]
    results = []
    for given in (frame, data):
        given = tfma.add_time_windows(given, "day", width=7)
        given = tfma.add_quantile_buckets(given, {"age": 4})
        config = config_of([m.ExampleCount()], slices=(("day_window",), ("age_quantile",)))
        result = tfma.run_model_analysis(None, config, given)
        results.append({
            key: value["example_count"]["doubleValue"]
            for key, value in result.get_metrics_for_all_slices().items()
        })  # fmt: skip
    exact, streamed = results
    weeks = {(("day_window", 7.0 * week),) for week in range(4)}
    assert weeks <= exact.keys() & streamed.keys()
    assert all(exact[week] == streamed[week] for week in weeks)
    parts = [count for key, count in streamed.items() if key not in weeks]
    assert len(parts) == 4 and sum(parts) == len(frame)
    assert max(abs(count - len(frame) / 4) for count in parts) <= 0.003 * len(frame)


def test_rows_that_can_be_read_once_are_refused():
    table = pa.table({"x": [1.0, 2.0]})
    with pytest.raises(errors.InvalidArgumentError, match="only once"):
        tfma.add_quantile_buckets(table.to_reader(), {"x": 2})
