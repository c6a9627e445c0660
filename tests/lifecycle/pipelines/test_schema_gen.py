"""SchemaGen over several splits."""

from __future__ import annotations

from pathlib import Path

import pytest

import tidefall as tf
from tidefall import data_validation as tfdv
from tidefall import pipelines as tfx
from tidefall.lifecycle.data_validation.protos import write_binary
from tidefall.lifecycle.pipelines.components.statistics_gen import SchemaExecutor
from tidefall.lifecycle.transform.features import schema_as_feature_spec

types = tfx.types.standard_artifacts


def inferred(folder, splits, excluded="[]"):
    """The schema of splits that are given as columns of CSV, by feature."""
    statistics, schema = types.ExampleStatistics(), types.Schema()
    statistics.uri, schema.uri = str(folder / "statistics"), str(folder / "schema")
    (folder / "schema").mkdir()
    statistics.splits = list(splits)
    for name, text in splits.items():
        (folder / f"{name}.csv").write_text(text)
        found = tfdv.generate_statistics_from_csv(str(folder / f"{name}.csv"))
        Path(statistics.path(split=name)).mkdir(parents=True)
        write_binary(found, str(Path(statistics.path(split=name), "FeatureStats.pb")))
    outputs = {"schema": [schema]}
    SchemaExecutor().Do({"statistics": [statistics]}, outputs, {"exclude_splits": excluded})
    return {one.name: one for one in tfdv.load_schema_text(f"{schema.uri}/schema.pbtxt").feature}


BOTH = {"train": "a,b\n1,x\n2,y\n", "eval": "a,c\n3,z\n4,z\n"}


def test_a_feature_that_one_split_has_is_kept_as_one_that_may_be_missing(tmp_path):
    features = inferred(tmp_path, BOTH)
    assert set(features) == {"a", "b", "c"}
    assert not any(one.HasField("lifecycle_stage") for one in features.values())
    assert features["a"].presence.min_count == 1
    schema = tfdv.load_schema_text(str(tmp_path / "schema" / "schema.pbtxt"))
    for split, absent in (("train", "c"), ("eval", "b")):
        assert features[absent].presence.min_count == 0
        statistics = tfdv.generate_statistics_from_csv(str(tmp_path / f"{split}.csv"))
        assert not tfdv.validate_statistics(statistics, schema).anomaly_info
        # Examples of the split are parsed, too, and have no value of it.
        example = tf.train.Example()
        example.features.feature["a"].int64_list.value.append(1)
        spec = schema_as_feature_spec(schema).feature_spec
        parsed = tf.io.parse_example([example.SerializeToString()], spec)
        assert parsed["a"].numpy().tolist() == [[1]]
        assert parsed[absent].values.shape == [0]


@pytest.mark.parametrize(
    ("excluded", "left"), [('["eval"]', {"a", "b"}), ('["train"]', {"a", "c"})]
)
def test_a_split_that_is_excluded_counts_for_nothing(tmp_path, excluded, left):
    assert set(inferred(tmp_path, BOTH, excluded)) == left
