"""A program of public names: trains penguins, holds them against the last good model, pushes.

It is run under the alias, as
`python -m tidefall.compat.tensorflow evaluated_penguins.py DATA ROOT STEPS...`.
"""

from __future__ import annotations

import json
import os
import sys

import tensorflow as tf
import tensorflow_model_analysis as tfma
from tensorflow_transform.tf_metadata import schema_utils
from tfx import v1 as tfx
from tfx_bsl.public import tfxio

FEATURES = ["culmen_length_mm", "culmen_depth_mm", "flipper_length_mm", "body_mass_g"]
LABEL = "species"


def _dataset(files, accessor, batch_size):
    spec = {name: tf.io.FixedLenFeature([1], tf.float32) for name in FEATURES}
    spec[LABEL] = tf.io.FixedLenFeature([1], tf.int64)
    options = tfxio.TensorFlowDatasetOptions(batch_size=batch_size, label_key=LABEL, shuffle_seed=1)
    return accessor.tf_dataset_factory(
        files, options, schema=schema_utils.schema_from_feature_spec(spec)
    ).repeat()


def run_fn(fn_args):
    tf.keras.utils.set_random_seed(3)
    inputs = [tf.keras.layers.Input(shape=(1,), name=name) for name in FEATURES]
    hidden = tf.keras.layers.concatenate(inputs)
    hidden = tf.keras.layers.Dense(8, activation="relu")(hidden)
    model = tf.keras.Model(inputs, tf.keras.layers.Dense(3)(hidden))
    model.compile(
        optimizer=tf.keras.optimizers.Adam(0.01),
        loss=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[tf.keras.metrics.SparseCategoricalAccuracy()],
    )
    train = _dataset(fn_args.train_files, fn_args.data_accessor, 20)
    model.fit(train, steps_per_epoch=fn_args.train_steps, verbose=0)
    model.export(fn_args.serving_model_dir, verbose=False)


def create_pipeline(data, root, steps):
    examples = tfx.components.ImportExampleGen(input_base=data)
    trainer = tfx.components.Trainer(
        module_file=__file__,
        examples=examples.outputs["examples"],
        train_args=tfx.proto.TrainArgs(num_steps=steps),
        eval_args=tfx.proto.EvalArgs(num_steps=5),
    )
    resolver = tfx.dsl.Resolver(
        strategy_class=tfx.dsl.experimental.LatestBlessedModelStrategy,
        model=tfx.dsl.Channel(type=tfx.types.standard_artifacts.Model),
        model_blessing=tfx.dsl.Channel(type=tfx.types.standard_artifacts.ModelBlessing),
    ).with_id("latest_blessed_model_resolver")
    threshold = tfma.MetricThreshold(
        value_threshold=tfma.GenericValueThreshold(lower_bound={"value": 0.6}),
        change_threshold=tfma.GenericChangeThreshold(
            direction=tfma.MetricDirection.HIGHER_IS_BETTER, absolute={"value": -1e-10}
        ),
    )
    config = tfma.EvalConfig(
        model_specs=[tfma.ModelSpec(label_key=LABEL)],
        slicing_specs=[tfma.SlicingSpec(), tfma.SlicingSpec(feature_keys=[LABEL])],
        metrics_specs=[
            tfma.MetricsSpec(
                per_slice_thresholds={
                    "sparse_categorical_accuracy": tfma.PerSliceMetricThresholds(
                        thresholds=[
                            tfma.PerSliceMetricThreshold(
                                slicing_specs=[tfma.SlicingSpec()], threshold=threshold
                            )
                        ]
                    )
                }
            )
        ],
    )
    evaluator = tfx.components.Evaluator(
        examples=examples.outputs["examples"],
        model=trainer.outputs["model"],
        baseline_model=resolver.outputs["model"],
        eval_config=config,
    )
    pusher = tfx.components.Pusher(
        model=trainer.outputs["model"],
        model_blessing=evaluator.outputs["blessing"],
        push_destination=tfx.proto.PushDestination(
            filesystem=tfx.proto.PushDestination.Filesystem(
                base_directory=os.path.join(root, "served")
            )
        ),
    )
    return tfx.dsl.Pipeline(
        pipeline_name="penguin-tfma",
        pipeline_root=os.path.join(root, "runs"),
        metadata_connection_config=tfx.orchestration.metadata.sqlite_metadata_connection_config(
            os.path.join(root, "metadata.db")
        ),
        components=[examples, trainer, resolver, evaluator, pusher],
    )


def main(data, root, *several):
    """Print what came of each run, as JSON."""
    for steps in several:
        result = tfx.orchestration.LocalDagRunner().run(create_pipeline(data, root, int(steps)))
        (evaluation,) = result.outputs["Evaluator"]["evaluation"]
        (blessing,) = result.outputs["Evaluator"]["blessing"]
        baseline = blessing.get_int_custom_property("baseline_model_id")
        # A single model has no name.
        name = tfma.CANDIDATE_KEY if baseline else ""
        found = tfma.load_eval_result(evaluation.uri, model_name=name)
        accuracy = found.get_metrics_for_slice(())["sparse_categorical_accuracy"]["doubleValue"]
        told = {
            "blessing": sorted(os.listdir(blessing.uri)),
            "slices": [str(name) for name in found.get_slice_names()],
            "accuracy": accuracy,
            "model": blessing.get_int_custom_property("current_model_id"),
            "baseline": baseline,
            "pushed": result.outputs["Pusher"]["pushed_model"][0].get_int_custom_property("pushed"),
            "validation": str(tfma.load_validation_result(evaluation.uri).validation_ok),
        }
        sys.stdout.write(f"RUN {json.dumps(told)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
