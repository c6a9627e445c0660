"""The components in a row, on genuine penguin records."""

from __future__ import annotations

import json
import os

import pytest

import tidefall as tf
from tests.lifecycle.pipelines import penguins
from tidefall import data_validation as tfdv
from tidefall import pipelines as tfx
from tidefall.io.records.tfrecord import read_records
from tidefall.proto import serving

components, proto = tfx.components, tfx.proto


def penguin_pipeline(root: str, data: str) -> tfx.dsl.Pipeline:
    examples = components.ImportExampleGen(input_base=data)
    records = examples.outputs["examples"]
    statistics = components.StatisticsGen(examples=records)
    schema = components.SchemaGen(statistics=statistics.outputs["statistics"])
    validator = components.ExampleValidator(
        statistics=statistics.outputs["statistics"], schema=schema.outputs["schema"]
    )
    transform = components.Transform(
        examples=records, schema=schema.outputs["schema"], module_file=penguins.__file__
    )
    trainer = components.Trainer(
        module_file=penguins.__file__,
        examples=transform.outputs["transformed_examples"],
        transform_graph=transform.outputs["transform_graph"],
        train_args=proto.TrainArgs(num_steps=20),
    )
    infra = components.InfraValidator(
        model=trainer.outputs["model"],
        serving_spec=proto.ServingSpec(),
        examples=records,
        request_spec=proto.RequestSpec(num_examples=3, make_warmup=True),
        validation_spec=proto.ValidationSpec(num_tries=1),
    )
    inferrer = components.BulkInferrer(
        examples=records,
        model=trainer.outputs["model"],
        data_spec=proto.DataSpec(example_splits=["eval"]),
    )
    destination = proto.PushDestination(
        filesystem=proto.PushDestination.Filesystem(base_directory=os.path.join(root, "served"))
    )
    pusher = components.Pusher(
        infra_blessing=infra.outputs["blessing"], push_destination=destination
    )
    nodes = [examples, statistics, schema, validator, transform, trainer, infra, inferrer, pusher]
    return tfx.dsl.Pipeline("penguin", root, components=nodes, enable_cache=True)


def run(pipeline):
    return tfx.orchestration.LocalDagRunner(view="none").run(pipeline)


@pytest.mark.process
def test_genuine_penguin_records_become_a_model_that_is_served(tmp_path, interop_genuine):
    data = str(interop_genuine / "penguin_records")
    root = str(tmp_path / "root")
    result = run(penguin_pipeline(root, data))
    assert set(result.states.values()) == {"done"}

    (examples,) = result.outputs["ImportExampleGen"]["examples"]
    counts = json.loads(examples.custom_properties["num_examples"])
    source = [
        p for name in os.listdir(data) for p in read_records(os.path.join(data, name), "GZIP")
    ]
    kept = [
        record
        for split in ("train", "eval")
        for record in read_records(
            os.path.join(examples.path(split=split), "data_tfrecord-00000-of-00001.gz"), "GZIP"
        )
    ]
    assert sorted(kept) == sorted(source)
    assert counts["train"] > counts["eval"] > 0

    (statistics,) = result.outputs["StatisticsGen"]["statistics"]
    path = os.path.join(statistics.path(split="train"), "FeatureStats.pb")
    assert tfdv.load_stats_binary(path).datasets[0].num_examples == counts["train"]

    (infra,) = result.outputs["InfraValidator"]["blessing"]
    assert os.path.exists(os.path.join(infra.uri, "INFRA_BLESSED"))
    (pushed,) = result.outputs["Pusher"]["pushed_model"]
    destination = pushed.get_string_custom_property("pushed_destination")
    warmup = os.path.join(destination, "assets.extra", "tf_serving_warmup_requests")
    assert len(list(read_records(warmup, ""))) == 1

    (inferred,) = result.outputs["BulkInferrer"]["inference_result"]
    (name,) = os.listdir(inferred.uri)
    logs = [
        serving.PredictionLog.FromString(record)
        for record in read_records(os.path.join(inferred.uri, name), "GZIP")
    ]
    assert len(logs) == counts["eval"]
    model = tf.saved_model.load(destination).signatures["serving_default"]
    asked = logs[0].predict_log
    wanted = model(examples=tf.constant([asked.request.inputs["examples"].string_val[0]]))
    said = tf.make_ndarray(asked.response.outputs["outputs"])
    assert abs(said - wanted["outputs"].numpy()).max() < 1e-5

    again = run(penguin_pipeline(root, data))
    assert set(again.states.values()) == {"cached"}
    assert len([name for name in os.listdir(os.path.join(root, "served")) if name.isdigit()]) == 1


def test_a_model_that_is_pushed_twice_is_there_once(tmp_path):
    from tidefall.lifecycle.pipelines.components.pusher import push

    model, base = tmp_path / "model", tmp_path / "served"
    model.mkdir()
    (model / "saved_model.pb").write_bytes(b"1")
    first = push(str(model), str(base))
    assert push(str(model), str(base)) == first
    (model / "saved_model.pb").write_bytes(b"2")
    second = push(str(model), str(base))
    assert int(second) > int(first)
    assert sorted(os.listdir(base)) == sorted([first, second])


def test_names_of_public_pipelines_are_answered_under_the_alias():
    import subprocess
    import sys

    program = """
from tidefall.compat import tensorflow as alias
alias.enable()
from tfx import v1 as tfx
from tfx.components import CsvExampleGen, ExampleValidator, Pusher, SchemaGen, StatisticsGen
from tfx.components import Evaluator, Trainer, Transform
from tfx.dsl.components.common import resolver
from tfx.dsl.experimental import latest_blessed_model_resolver
from tfx.orchestration import metadata, pipeline
from tfx.orchestration.beam.beam_dag_runner import BeamDagRunner
from tfx.proto import pusher_pb2, trainer_pb2
from tfx.types import Channel
from tfx.types.standard_artifacts import Model, ModelBlessing
from tfx.components.trainer.fn_args_utils import DataAccessor, FnArgs
from tfx_bsl.tfxio import dataset_options
from tfx_bsl.public import tfxio
from tfx.utils import proto_utils
assert tfx.components.CsvExampleGen is CsvExampleGen
assert latest_blessed_model_resolver.LatestBlessedModelResolver
assert dataset_options.TensorFlowDatasetOptions is tfxio.TensorFlowDatasetOptions
assert tfx.dsl.components.component and tfx.dsl.experimental.RuntimeParameter
assert trainer_pb2.TrainArgs(num_steps=1).num_steps == 1
resolver.Resolver(strategy_class=tfx.dsl.experimental.LatestBlessedModelStrategy,
    model=tfx.dsl.Channel(type=Model), model_blessing=Channel(type=ModelBlessing))
metadata.sqlite_metadata_connection_config("x.db"), pipeline.Pipeline, BeamDagRunner
"""
    subprocess.run([sys.executable, "-c", program], check=True)
