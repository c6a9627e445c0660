"""Evaluator in pipelines over genuine records: who is blessed, beside what, and what is pushed."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest

import tidefall as tf
from tests.lifecycle.pipelines import taxis
from tidefall import model_analysis as tfma
from tidefall import pipelines as tfx
from tidefall.io.records.tfrecord import read_records

PROGRAM = os.path.join(os.path.dirname(__file__), "evaluated_penguins.py")
components, proto, types = tfx.components, tfx.proto, tfx.types.standard_artifacts


@pytest.mark.process
def test_a_program_of_public_names_blesses_only_what_is_no_worse(tmp_path, interop_genuine):
    data = str(interop_genuine / "penguin_records")
    command = [sys.executable, "-m", "tidefall.compat.tensorflow", PROGRAM]
    done = subprocess.run(
        [*command, data, str(tmp_path), "100", "1", "150"],
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    runs = [
        json.loads(line.removeprefix("RUN ")) for line in done.stdout.splitlines() if "RUN" in line
    ]
    first, worse, third = runs
    assert first["blessing"] == third["blessing"] == ["BLESSED"]
    assert worse["blessing"] == ["NOT_BLESSED"] and worse["accuracy"] < first["accuracy"]
    assert [run["pushed"] for run in runs] == [1, 0, 1]
    # The baseline is the newest model that was blessed, which the second is not.
    assert first["baseline"] == 0
    assert worse["baseline"] == third["baseline"] == first["model"]
    assert set(first["slices"]) == {"()", *(f"(('species', {n}),)" for n in range(3))}
    assert len(os.listdir(tmp_path / "served")) == 2


def threshold(low: float) -> tfma.MetricThreshold:
    return tfma.MetricThreshold(
        value_threshold=tfma.GenericValueThreshold(lower_bound={"value": low}),
        change_threshold=tfma.GenericChangeThreshold(
            direction=tfma.MetricDirection.HIGHER_IS_BETTER, absolute={"value": -1e-10}
        ),
    )


def taxi_pipeline(root: str, data: str, low: float | None) -> tfx.dsl.Pipeline:
    # The genuine records are the third that TFX's default put into its split "eval".
    split = proto.SplitConfig.Split
    splits = [split(name="train", hash_buckets=3), split(name="eval", hash_buckets=2)]
    examples = components.ImportExampleGen(
        input_base=data,
        output_config=proto.Output(split_config=proto.SplitConfig(splits=splits)),
    )
    records = examples.outputs["examples"]
    statistics = components.StatisticsGen(examples=records)
    schema = components.SchemaGen(statistics=statistics.outputs["statistics"])
    transform = components.Transform(
        examples=records, schema=schema.outputs["schema"], module_file=taxis.__file__
    )
    trainer = components.Trainer(
        module_file=taxis.__file__,
        examples=transform.outputs["transformed_examples"],
        transform_graph=transform.outputs["transform_graph"],
        train_args=proto.TrainArgs(num_steps=60),
    )
    resolver = tfx.dsl.Resolver(
        strategy_class=tfx.dsl.experimental.LatestBlessedModelStrategy,
        model=tfx.dsl.Channel(type=types.Model),
        model_blessing=tfx.dsl.Channel(type=types.ModelBlessing),
    )
    accuracy = tfma.MetricConfig(
        class_name="BinaryAccuracy", threshold=None if low is None else threshold(low)
    )
    config = tfma.EvalConfig(
        model_specs=[
            tfma.ModelSpec(
                signature_name="serving_default",
                label_key=taxis.LABEL,
                preprocessing_function_names=["transform_features"],
            )
        ],
        metrics_specs=[
            tfma.MetricsSpec(metrics=[tfma.MetricConfig(class_name="ExampleCount"), accuracy])
        ],
        slicing_specs=[tfma.SlicingSpec(), tfma.SlicingSpec(feature_keys=["trip_start_hour"])],
    )
    evaluator = components.Evaluator(
        examples=records,
        model=trainer.outputs["model"],
        baseline_model=resolver.outputs["model"],
        schema=schema.outputs["schema"],
        eval_config=config,
    )
    destination = proto.PushDestination(
        filesystem=proto.PushDestination.Filesystem(base_directory=os.path.join(root, "served"))
    )
    pusher = components.Pusher(
        model=trainer.outputs["model"],
        model_blessing=evaluator.outputs["blessing"],
        push_destination=destination,
    )
    nodes = [examples, statistics, schema, transform, trainer, resolver, evaluator, pusher]
    return tfx.dsl.Pipeline("taxi", root, components=nodes, enable_cache=True)


def run(pipeline):
    return tfx.orchestration.LocalDagRunner(view="none").run(pipeline)


@pytest.fixture(scope="module")
def taxi_runs(tmp_path_factory, interop_genuine):
    """The taxi pipeline, first blessed, then again, then held against too much."""
    root = str(tmp_path_factory.mktemp("taxi"))
    data = str(interop_genuine / "taxi_records")
    return root, [run(taxi_pipeline(root, data, low)) for low in (0.5, 0.5, 1.01, None)]


def _blessing(result):
    (blessing,) = result.outputs["Evaluator"]["blessing"]
    return blessing, sorted(os.listdir(blessing.uri))


@pytest.mark.process
def test_taxi_records_become_a_model_that_is_evaluated_and_pushed(taxi_runs):
    root, (first, *_) = taxi_runs
    blessing, files = _blessing(first)
    (model,) = first.outputs["Trainer"]["model"]
    assert files == ["BLESSED"]
    assert blessing.get_string_custom_property("current_model") == model.uri
    assert blessing.get_int_custom_property("current_model_id") == model.id
    assert os.path.getsize(os.path.join(blessing.uri, "BLESSED")) == 0
    assert os.listdir(os.path.join(root, "served"))

    # What the pushed model says of the same rows, asked as a client asks.
    (examples,) = first.outputs["ImportExampleGen"]["examples"]
    path = os.path.join(examples.path(split="eval"), "data_tfrecord-00000-of-00001.gz")
    rows = list(read_records(path, "GZIP"))
    served = tf.saved_model.load(os.path.join(model.uri, "Format-Serving")).signatures
    says = served["serving_default"](examples=tf.constant(rows))["outputs"].numpy()[:, 0] > 0.5
    parsed = [tf.train.Example.FromString(row).features.feature for row in rows]
    fare, tips = (
        np.array([f[name].float_list.value[0] for f in parsed], np.float32)
        for name in ("fare", "tips")
    )
    hours = np.array([f["trip_start_hour"].int64_list.value[0] for f in parsed])
    right = says == (tips > np.float32(0.2) * fare)
    (evaluation,) = first.outputs["Evaluator"]["evaluation"]
    found = tfma.load_eval_result(evaluation.uri)
    for hour in (None, *set(hours.tolist())):
        at = np.ones(len(rows), bool) if hour is None else hours == hour
        metrics = found.get_metrics_for_slice(() if hour is None else (("trip_start_hour", hour),))
        assert metrics is not None
        assert metrics["example_count"]["doubleValue"] == at.sum()
        assert metrics["binary_accuracy"]["doubleValue"] == pytest.approx(right[at].mean())


@pytest.mark.process
def test_the_next_run_is_held_against_the_newest_blessed_model(taxi_runs):
    _, (first, second, third, unbounded) = taxi_runs
    (model,) = first.outputs["Trainer"]["model"]
    blessing, files = _blessing(second)
    # The trained model comes from the cache: it is compared with itself, and no worse.
    assert files == ["BLESSED"]
    assert blessing.get_int_custom_property("baseline_model_id") == model.id
    (evaluation,) = second.outputs["Evaluator"]["evaluation"]
    messages = next(
        one for one in tfma.load_metrics(evaluation.uri) if not one.slice_key.single_slice_keys
    )
    changes = [pair for pair in messages.metric_keys_and_values if pair.key.is_diff]
    assert {pair.value.double_value.value for pair in changes} == {0.0}

    blessing, files = _blessing(third)
    assert files == ["NOT_BLESSED"]
    (evaluation,) = third.outputs["Evaluator"]["evaluation"]
    (failed,) = tfma.load_validation_result(evaluation.uri).metric_validations_per_slice
    assert "below the lower bound 1.01" in failed.failures[0].message
    (pushed,) = third.outputs["Pusher"]["pushed_model"]
    assert pushed.get_int_custom_property("pushed") == 0

    # Without thresholds nothing is validated, so nothing is blessed.
    assert _blessing(unbounded)[1] == []


def test_predictions_that_examples_hold_need_no_model(tmp_path):
    record = tf.train.Example()
    record.features.feature["y"].float_list.value.append(1.0)
    record.features.feature["p"].float_list.value.append(0.75)
    (tmp_path / "data").mkdir()
    path = str(tmp_path / "data" / "rows.tfrecord.gz")
    with tf.io.TFRecordWriter(path, "GZIP") as writer:
        for _ in range(30):
            writer.write(record.SerializeToString())
    config = tfma.EvalConfig(
        model_specs=[tfma.ModelSpec(label_key="y", prediction_key="p")],
        metrics_specs=[
            tfma.MetricsSpec(metrics=[tfma.MetricConfig(class_name="MeanSquaredError")])
        ],
    )
    examples = components.ImportExampleGen(input_base=str(tmp_path / "data"))
    evaluator = components.Evaluator(
        examples=examples.outputs["examples"],
        eval_config=config,
        example_splits=["train", "eval"],
        fairness_indicator_thresholds=[0.5, 0.9],
    )
    result = run(tfx.dsl.Pipeline("none", str(tmp_path / "r"), components=[examples, evaluator]))
    (evaluation,) = result.outputs["Evaluator"]["evaluation"]
    found = tfma.load_eval_result(evaluation.uri).get_metrics_for_slice(())
    assert found is not None
    assert found["mean_squared_error"]["doubleValue"] == pytest.approx(0.0625)
    for threshold, rate in (("0.5", 1.0), ("0.9", 0.0)):
        name = f"fairness_indicators_metrics/true_positive_rate@{threshold}"
        assert found[name]["doubleValue"] == rate
