"""Transform's statistics, and BulkInferrer's examples, against formulas."""

from __future__ import annotations

import os

import pytest

import tidefall as tf
import tidefall.data_validation as tfdv
from tests.lifecycle.pipelines import doubled
from tidefall import pipelines as tfx
from tidefall.io.records.tfrecord import read_records

proto, components = tfx.proto, tfx.components
VALUES = [x / 10 for x in range(1, 61)]


def pipeline(folder, output_spec=None, data_spec=None, **options):
    (folder / "data").mkdir(exist_ok=True)
    (folder / "data" / "a.csv").write_text("x\n" + "\n".join(map(str, VALUES)) + "\n")
    examples = components.CsvExampleGen(str(folder / "data"))
    statistics = components.StatisticsGen(examples=examples.outputs["examples"])
    schema = components.SchemaGen(statistics=statistics.outputs["statistics"])
    nodes = [examples, statistics, schema]
    if output_spec is None:
        nodes.append(
            components.Transform(
                examples=examples.outputs["examples"],
                schema=schema.outputs["schema"],
                module_file=doubled.__file__,
                **options,
            )
        )
    else:
        trainer = components.Trainer(
            examples=examples.outputs["examples"], module_file=doubled.__file__, **options
        )
        inferrer = components.BulkInferrer(
            examples=examples.outputs["examples"], model=trainer.outputs["model"],
            output_example_spec=output_spec, data_spec=data_spec,
        )  # fmt: skip
        nodes += [trainer, inferrer]
    made = tfx.dsl.Pipeline("outputs", str(folder / "root"), components=nodes)
    return tfx.orchestration.LocalDagRunner(view="none").run(made).outputs


def examples_in(folder):
    found = []
    for name in sorted(os.listdir(folder)):
        for record in read_records(os.path.join(folder, name), "GZIP"):
            found.append(tf.train.Example.FromString(record).features.feature)
    return found


def numbers(files):
    return [features["x"].float_list.value[0] for features in files]


@pytest.mark.parametrize("materialize", [True, False])
def test_transform_tells_of_what_enters_and_what_leaves(tmp_path, materialize):
    outputs = pipeline(tmp_path, materialize=materialize)
    made = outputs["Transform"]
    assert ("transformed_examples" in made) == materialize
    (examples,) = outputs["CsvExampleGen"]["examples"]
    splits = {name: numbers(examples_in(examples.path(split=name))) for name in ("train", "eval")}

    def statistics(key):
        path = os.path.join(made[key][0].uri, "FeatureStats.pb")
        return tfdv.load_stats_binary(path).datasets[0]

    before, after = statistics("pre_transform_stats"), statistics("post_transform_stats")
    assert before.num_examples == len(splits["train"])
    assert after.num_examples == len(VALUES)
    (x,) = [one for one in before.features if one.path.step == ["x"]]
    assert x.num_stats.max == pytest.approx(max(splits["train"]))
    (scaled,) = after.features
    low, high = min(splits["train"]), max(splits["train"])
    mean = sum((value - low) / (high - low) for value in VALUES) / len(VALUES)
    assert scaled.num_stats.mean == pytest.approx(mean, rel=1e-5)
    # As the module's `stats_options_updater_fn` wants it, after the transform alone.
    assert len(scaled.num_stats.histograms[0].buckets) == 3
    assert len(x.num_stats.histograms[0].buckets) == 10
    for key, name in (("pre_transform_schema", "x"), ("post_transform_schema", "x_scaled")):
        schema = tfdv.load_schema_text(os.path.join(made[key][0].uri, "schema.pbtxt"))
        assert [feature.name for feature in schema.feature] == [name]
    path = os.path.join(made["post_transform_anomalies"][0].uri, "SchemaDiff.pb")
    assert not tfdv.load_anomalies_binary(path).anomaly_info


def test_transform_without_statistics_has_no_outputs_for_them(tmp_path):
    made = pipeline(tmp_path, disable_statistics=True)["Transform"]
    assert {*made} == {"transform_graph", "transformed_examples", "updated_analyzer_cache"}


def output_spec(**columns):
    spec = proto.OutputExampleSpec()
    for signature, text in columns.items():
        one = spec.output_columns_spec.add(signature_name=signature)
        if signature == "regress":
            one.regress_output.value_column = text
        elif signature == "classify":
            one.classify_output.label_column, one.classify_output.score_column = text
        else:
            for key, column in text.items():
                one.predict_output.output_columns.add(output_key=key, output_column=column)
    return spec


def test_predictions_are_features_of_the_examples_by_split(tmp_path):
    spec = output_spec(
        serving_default={"doubled": "twice", "sign": "sign", "label": "label"},
        regress="more",
        classify=("names", "scores"),
    )
    outputs = pipeline(tmp_path, spec)
    assert {*outputs["BulkInferrer"]} == {"output_examples"}
    (result,) = outputs["BulkInferrer"]["output_examples"]
    (examples,) = outputs["CsvExampleGen"]["examples"]
    assert result.splits == examples.splits
    for split in result.splits:
        before = numbers(examples_in(examples.path(split=split)))
        after = examples_in(result.path(split=split))
        assert numbers(after) == before
        for x, features in zip(before, after, strict=True):
            assert features["twice"].float_list.value[0] == pytest.approx(2 * x)
            assert features["sign"].int64_list.value == [1]
            assert features["label"].bytes_list.value == [b"big" if x > 3 else b"small"]
            assert features["more"].float_list.value[0] == pytest.approx(x + 0.5)
            assert features["names"].bytes_list.value == [b"no", b"yes"]
            assert list(features["scores"].float_list.value) == pytest.approx([1 - x / 10, x / 10])


def test_examples_that_break_the_schema_of_the_model_are_put_aside(tmp_path):
    spec = output_spec(regress="more")
    outputs = pipeline(tmp_path, spec, custom_config={"most": 4.0})
    (result,) = outputs["BulkInferrer"]["output_examples"]
    (examples,) = outputs["CsvExampleGen"]["examples"]
    for split in result.splits:
        before = numbers(examples_in(examples.path(split=split)))
        scored = numbers(examples_in(result.path(split=split)))
        assert scored == [x for x in before if x <= 4]
        refused = list(tfdv.read_quarantine(os.path.join(result.uri, f"refused-{split}.jsonl")))
        kept = [tf.train.Example.FromString(row["features"]["record"]) for row in refused]
        assert [x.features.feature["x"].float_list.value[0] for x in kept] == [
            x for x in before if x > 4
        ]
        assert [row["number"] for row in refused] == [n for n, x in enumerate(before) if x > 4]
        types = {(one["feature"], one["type"]) for row in refused for one in row["reasons"]}
        assert types == {("x", "FLOAT_TYPE_BIG_FLOAT")}


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (output_spec(serving_default={"nix": "a"}), "has no output 'nix'; it has"),
        (output_spec(other={"doubled": "a"}), "no signature 'other'"),
        (output_spec(serving_default={"doubled": "x"}), "a feature 'x' already"),
        (output_spec(serving_default={}), "names no output"),
        (output_spec(), "no output_columns_spec"),
    ],
)
def test_what_cannot_become_a_feature_is_told(tmp_path, spec, said):
    with pytest.raises(tf.errors.InvalidArgumentError, match=said):
        pipeline(tmp_path, spec)


def test_a_split_that_is_not_there_is_told(tmp_path):
    data_spec = proto.DataSpec(example_splits=["tset"])
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"no split is called \['tset'\]"):
        pipeline(tmp_path, output_spec(regress="more"), data_spec)
