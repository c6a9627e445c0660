"""The pipeline of taxi trips that `make chaos ARGS=pipeline` kills; and the functions it calls.

python -m tests.chaos.taxi FOLDER RECORDS
"""

from __future__ import annotations

import sys

from google.protobuf import text_format

from tidefall import model_analysis as tfma
from tidefall import pipelines as tfx
from tidefall import transform as tft

FLOATS = ("trip_miles", "fare", "trip_seconds")
BUCKETS = ("pickup_latitude", "pickup_longitude", "dropoff_latitude", "dropoff_longitude")
WORDS = ("payment_type", "company")


def _filled(value, default):
    import tidefall as tf

    if isinstance(value, tf.SparseTensor):
        value = tf.sparse.to_dense(
            tf.SparseTensor(value.indices, value.values, [value.dense_shape[0], 1]), default
        )
    return tf.squeeze(value, axis=1)


def preprocessing_fn(inputs):
    import tidefall as tf

    outputs = {}
    for key in FLOATS:
        outputs[f"{key}_xf"] = tft.scale_to_z_score(tf.cast(_filled(inputs[key], 0), tf.float32))
    for key in BUCKETS:
        found = tft.bucketize(_filled(inputs[key], 0.0), 10)
        outputs[f"{key}_xf"] = tf.cast(found, tf.float32) / 10.0
    for key in WORDS:
        found = tft.compute_and_apply_vocabulary(_filled(inputs[key], ""), num_oov_buckets=1)
        outputs[f"{key}_xf"] = tf.cast(found, tf.float32)
    fare, tips = _filled(inputs["fare"], 0.0), _filled(inputs["tips"], 0.0)
    outputs["big_tipper"] = tf.cast(tips > fare * 0.2, tf.int64)
    return outputs


def run_fn(fn_args):
    import tidefall as tf
    from tidefall.lifecycle.pipelines.components.fn_args import TensorFlowDatasetOptions

    keras = tf.keras
    keras.utils.set_random_seed(1)
    transform = tft.TFTransformOutput(fn_args.transform_output)
    options = TensorFlowDatasetOptions(batch_size=40, label_key="big_tipper", shuffle_seed=1)
    schema = transform.transformed_metadata.schema
    data = fn_args.data_accessor.tf_dataset_factory(fn_args.train_files, options, schema)
    names = [f"{key}_xf" for key in (*FLOATS, *BUCKETS, *WORDS)]
    inputs = {name: keras.Input((1,), name=name) for name in names}
    hidden = keras.layers.Dense(16, "relu")(keras.layers.concatenate(list(inputs.values())))
    model = keras.Model(inputs, keras.layers.Dense(1, "sigmoid")(hidden))
    model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy")
    model.fit(data, steps_per_epoch=fn_args.train_steps, shuffle=False, verbose=0)
    model.transform = transform.transform_features_layer()

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def serve(examples):
        spec = transform.raw_feature_spec()
        spec.pop("tips")
        features = model.transform(tf.io.parse_example(examples, spec))
        return {"outputs": model({name: features[name][:, None] for name in names})}

    tf.saved_model.save(model, fn_args.serving_model_dir, signatures={"serving_default": serve})


EVALUATION = """
model_specs { label_key: "tips" }
metrics_specs {
  metrics { class_name: "ExampleCount" }
  metrics { class_name: "MeanLabel" }
  metrics { class_name: "MeanSquaredError" }
  metrics {
    class_name: "MeanPrediction"
    threshold { value_threshold { lower_bound { value: 0.0 } upper_bound { value: 1.0 } } }
  }
}
slicing_specs {}
slicing_specs { feature_keys: "trip_start_hour" }
"""


def create_pipeline(folder, records):
    """Return the pipeline: the published one, and with bulk inference."""
    components, proto = tfx.components, tfx.proto
    # The genuine records are those that the hash of a record puts into one split.
    buckets = [
        proto.SplitConfig.Split(name=name, hash_buckets=count)
        for name, count in (("train", 2), ("eval", 1))
    ]
    split = proto.SplitConfig(splits=buckets, partition_feature_name="trip_start_timestamp")
    output = proto.Output(split_config=split)
    examples = components.ImportExampleGen(input_base=records, output_config=output)
    statistics = components.StatisticsGen(examples=examples.outputs["examples"])
    schema = components.SchemaGen(statistics=statistics.outputs["statistics"])
    validator = components.ExampleValidator(
        statistics=statistics.outputs["statistics"], schema=schema.outputs["schema"]
    )
    transform = components.Transform(
        examples=examples.outputs["examples"], schema=schema.outputs["schema"],
        module_file=__file__,
    )  # fmt: skip
    trainer = components.Trainer(
        examples=transform.outputs["transformed_examples"],
        transform_graph=transform.outputs["transform_graph"],
        module_file=__file__,
        train_args=proto.TrainArgs(num_steps=60),
        eval_args=proto.EvalArgs(num_steps=5),
    )
    evaluator = components.Evaluator(
        examples=examples.outputs["examples"],
        model=trainer.outputs["model"],
        eval_config=text_format.Parse(EVALUATION, tfma.EvalConfig()),
    )
    infra = components.InfraValidator(
        model=trainer.outputs["model"],
        serving_spec=proto.ServingSpec(model_name="taxi"),
        examples=examples.outputs["examples"],
        request_spec=proto.RequestSpec(num_examples=3, split_name="eval"),
    )
    destination = proto.PushDestination.Filesystem(base_directory=f"{folder}/served")
    pusher = components.Pusher(
        model=trainer.outputs["model"], model_blessing=evaluator.outputs["blessing"],
        infra_blessing=infra.outputs["blessing"],
        push_destination=proto.PushDestination(filesystem=destination),
    )  # fmt: skip
    inferrer = components.BulkInferrer(
        examples=examples.outputs["examples"], model=trainer.outputs["model"]
    )
    nodes = [examples, statistics, schema, validator, transform, trainer, evaluator, infra, pusher,
             inferrer]  # fmt: skip
    return tfx.dsl.Pipeline("taxi", f"{folder}/root", components=nodes, enable_cache=True)


if __name__ == "__main__":
    tfx.orchestration.LocalDagRunner(view="none").run(create_pipeline(*sys.argv[1:]))
