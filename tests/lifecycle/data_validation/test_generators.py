"""Statistics of one's own, beside and without ours."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

import tidefall as tf
from tidefall import data_validation as tfdv
from tidefall.proto import metadata


class Negative(tfdv.CombinerFeatureStatsGenerator):
    """Counts negative numbers of each feature, and the batches that they came in."""

    def create_accumulator(self):
        return [0, 0]

    def add_input(self, accumulator, feature_path, feature_array):
        values = feature_array.flatten()
        if pa.types.is_floating(values.type) or pa.types.is_integer(values.type):
            accumulator[0] += int(np.sum(values.to_numpy(zero_copy_only=False) < 0))
        return accumulator

    def merge_accumulators(self, accumulators):
        return [sum(column) for column in zip(*accumulators, strict=True)]

    def compact(self, accumulator):
        return [accumulator[0], accumulator[1] + 1]

    def extract_output(self, accumulator):
        result = metadata.FeatureNameStatistics()
        result.custom_stats.add(name="negative", num=accumulator[0])
        return result


class Beams:
    """Looks like a transform of Beam."""

    __module__ = "apache_beam.transforms.ptransform"


class InOrder(tfdv.CombinerStatsGenerator):
    """Remembers the first value of each batch: merging must keep the order of the data."""

    def create_accumulator(self):
        return []

    def add_input(self, accumulator, input_record_batch):
        return [*accumulator, input_record_batch.column("x")[0].as_py()[0]]

    def merge_accumulators(self, accumulators):
        return [value for accumulator in accumulators for value in accumulator]

    def extract_output(self, accumulator):
        result = metadata.DatasetFeatureStatistics()
        sorted_ = float(accumulator == sorted(accumulator))
        feature = result.features.add(path={"step": ["x"]})
        feature.custom_stats.add(name="in order", num=sorted_)
        feature.custom_stats.add(name="rows from", num=accumulator[0])
        result.features.add(path={"step": ["made"]}).custom_stats.add(name="batches", num=1)
        return result


class Wrong(InOrder):
    def extract_output(self, accumulator):
        return metadata.FeatureNameStatistics()


@pytest.fixture
def path(tmp_path):
    table = pa.table(
        {"x": np.arange(5000), "y": pa.array([-1.0, None, 2.0, -3.0] * 1250), "s": ["a"] * 5000}
    )
    parquet.write_table(table, tmp_path / "rows.parquet", row_group_size=700)
    return tmp_path / "rows.parquet"


def custom(statistics, name):
    found = {
        ".".join(feature.path.step): {one.name: one.num for one in feature.custom_stats}
        for feature in statistics.datasets[0].features
    }
    return found.get(name)


@pytest.mark.parametrize("threads", [1, 3])
def test_they_stand_beside_ours(path, threads):
    options = tfdv.StatsOptions(generators=[Negative("n"), InOrder("o")], threads=threads)
    found = tfdv.generate_statistics_from_parquet(path, options)
    assert custom(found, "y") == {"negative": 2500}
    assert custom(found, "x") == {"negative": 0, "in order": 1, "rows from": 0}
    assert custom(found, "made") == {"batches": 1}
    features = {feature.path.step[0]: feature for feature in found.datasets[0].features}
    assert features["y"].num_stats.common_stats.num_missing == 1250
    assert features["s"].string_stats.unique == 1


def test_they_see_slices_and_allowed_features_alone(path):
    slices = tfdv.SlicingConfig([tfdv.SlicingSpec(feature_keys=["s"])])
    options = tfdv.StatsOptions(
        generators=[Negative("n")],
        add_default_generators=False,
        slicing_config=slices,
        feature_allowlist=["y"],
    )
    found = tfdv.generate_statistics_from_parquet(path, options)
    numbers = {
        dataset.name: [dataset.num_examples, *(f.custom_stats[0].num for f in dataset.features)]
        for dataset in found.datasets
    }
    assert numbers["All Examples"] == [5000, 2500]
    assert numbers["s_a"] == [5000, 2500]
    assert not found.datasets[0].features[0].HasField("num_stats")


@pytest.mark.parametrize(
    ("make", "error", "match"),
    [
        (lambda: tfdv.StatsOptions(generators=[len]), TypeError, "builtin_function"),
        (lambda: tfdv.StatsOptions(add_default_generators=False), ValueError, "needs generators"),
        (lambda: tfdv.TransformStatsGenerator("t", Beams()), tf.errors.UnimplementedError, "Beam"),
        (lambda: tfdv.TransformStatsGenerator("t", 3), TypeError, "expand"),
        (
            lambda: tfdv.StatsOptions(generators=[Negative("n")], on="ray"),
            tf.errors.UnimplementedError,
            "ray",
        ),
        (lambda: tfdv.StatsOptions(generators=[Negative("n")]).to_json(), ValueError, "JSON"),
    ],
)
def test_what_is_refused(make, error, match):
    with pytest.raises(error, match=match):
        make()


def test_a_message_of_another_kind_and_a_work_folder(path, tmp_path):
    with pytest.raises(tf.errors.InvalidArgumentError, match="'w': expected a DatasetFeature"):
        tfdv.generate_statistics_from_parquet(path, tfdv.StatsOptions(generators=[Wrong("w")]))
    with pytest.raises(tf.errors.UnimplementedError, match="work_folder"):
        tfdv.generate_statistics_from_parquet(
            path, tfdv.StatsOptions(generators=[Negative("n")]), work_folder=tmp_path / "work"
        )


def _lengths(batches):
    """What a transform sees: rows and the order of batches, over which it goes twice."""
    seen = [(name, batch.column("x").flatten().to_pylist()) for name, batch in batches]
    (name,) = {name for name, _ in seen}
    rows = [value for _, values in seen for value in values]
    for key, number in (("rows", len(rows)), ("first", rows[0]), ("last", rows[-1])):
        found = metadata.DatasetFeatureStatistics()
        found.features.add(path={"step": ["x"]}).custom_stats.add(name=key, num=number)
        yield name, found


@pytest.mark.parametrize(
    "transform", [_lengths, type("T", (), {"expand": staticmethod(_lengths)})()]
)
def test_a_transform_sees_all_rows_of_each_slice_in_order(tmp_path, transform):
    for part in range(3):
        table = pa.table({"x": range(10 * part, 10 * part + 10), "side": ["a", "b"] * 5})
        parquet.write_table(table, tmp_path / f"{part}.parquet")
    options = tfdv.StatsOptions(
        generators=[tfdv.TransformStatsGenerator("lengths", transform)],
        slicing_config=tfdv.SlicingConfig([tfdv.SlicingSpec(feature_keys=["side"])]),
    )
    found = tfdv.generate_statistics_from_parquet(tmp_path, options)
    told = {
        data.name: {
            s.name: s.num
            for s in tfdv.get_feature_stats(data, tfdv.FeaturePath(["x"])).custom_stats
        }
        for data in found.datasets
    }
    assert told == {
        "All Examples": {"rows": 30, "first": 0, "last": 29},
        "side_a": {"rows": 15, "first": 0, "last": 28},
        "side_b": {"rows": 15, "first": 1, "last": 29},
    }


@pytest.mark.parametrize("given", [["no pair"], [("another slice", None)]])
def test_a_transform_that_gives_something_else_is_named(given):
    generator = tfdv.TransformStatsGenerator("odd", lambda batches: given)
    options = tfdv.StatsOptions(generators=[generator])
    with pytest.raises(tf.errors.InvalidArgumentError, match="'odd': expected pairs of 'All"):
        tfdv.generate_statistics_from_arrow(pa.table({"x": [1]}), options)
