"""The user's functions for a Transform with statistics, and for a model that doubles."""

from __future__ import annotations

import tidefall as tf
from tidefall import data_validation as tfdv
from tidefall import transform as tft
from tidefall.lifecycle.pipelines.components.transform_statistics import StatsType
from tidefall.proto import metadata

SPEC = {"x": tf.io.FixedLenFeature([1], tf.float32)}


def preprocessing_fn(inputs):
    return {"x_scaled": tft.scale_to_0_1(inputs["x"])}


def stats_options_updater_fn(stats_type, stats_options):
    if stats_type == StatsType.POST_TRANSFORM:
        stats_options.num_histogram_buckets = 3
    return stats_options


class Doubler(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def double(self, examples):
        x = tf.io.parse_example(examples, SPEC)["x"]
        labels = tf.where(x > 3.0, "big", "small")
        return {"doubled": 2.0 * x, "sign": tf.cast(tf.sign(x), tf.int64), "label": labels}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def regress(self, examples):
        return {"outputs": tf.io.parse_example(examples, SPEC)["x"] + 0.5}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def classify(self, examples):
        x = tf.io.parse_example(examples, SPEC)["x"]
        classes = tf.broadcast_to(tf.constant([["no", "yes"]]), [tf.shape(x)[0], 2])
        return {"classes": classes, "scores": tf.concat([1.0 - x / 10.0, x / 10.0], 1)}


def run_fn(fn_args):
    model = Doubler()
    signatures = {
        "serving_default": model.double, "regress": model.regress, "classify": model.classify
    }  # fmt: skip
    tf.saved_model.save(model, fn_args.serving_model_dir, signatures=signatures)
    if "most" in (fn_args.custom_config or {}):
        schema = metadata.Schema()
        x = schema.feature.add(name="x", type=metadata.FeatureType.FLOAT)
        x.float_domain.max = fn_args.custom_config["most"]
        label = schema.feature.add(name="label", type=metadata.FeatureType.BYTES)
        label.presence.min_fraction = 1.0
        label.not_in_environment.append("SERVING")
        tfdv.attach_schema(schema, fn_args.serving_model_dir)
