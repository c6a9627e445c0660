"""The user's functions for genuine taxi records: features of a trip, and whether its tip is big."""

from __future__ import annotations

import keras

import tidefall as tf
from tidefall import transform as tft
from tidefall.lifecycle.pipelines.components.fn_args import TensorFlowDatasetOptions

LABEL = "tips"
NUMBERS, WORDS = ("trip_miles", "fare"), ("payment_type",)


def _filled(x):
    default = "" if x.dtype == tf.string else 0
    if isinstance(x, tf.SparseTensor):
        x = tft.sparse_tensor_to_dense_with_shape(x, [None, 1], default)
    return tf.squeeze(x, axis=1)


def preprocessing_fn(inputs):
    outputs = {name: tft.scale_to_z_score(_filled(inputs[name])) for name in NUMBERS}
    for name in WORDS:
        outputs[name] = tft.compute_and_apply_vocabulary(_filled(inputs[name]), num_oov_buckets=1)
    fare, tips = _filled(inputs["fare"]), _filled(inputs[LABEL])
    outputs[LABEL] = tf.cast(tips > 0.2 * fare, tf.int64)
    return outputs


def run_fn(fn_args):
    keras.utils.set_random_seed(1)
    transform = tft.TFTransformOutput(fn_args.transform_output)
    data = fn_args.data_accessor.tf_dataset_factory(
        fn_args.train_files,
        TensorFlowDatasetOptions(batch_size=40, label_key=LABEL, shuffle_seed=1),
        transform.transformed_metadata.schema,
    ).repeat()
    inputs = {name: keras.Input((), name=name) for name in (*NUMBERS, *WORDS)}
    joined = keras.ops.stack(list(inputs.values()), axis=1)
    hidden = keras.layers.Dense(8, "relu")(joined)
    model = keras.Model(inputs, keras.layers.Dense(1, "sigmoid")(hidden))
    model.compile(keras.optimizers.Adam(0.02), "binary_crossentropy")
    model.fit(data, steps_per_epoch=fn_args.train_steps, shuffle=False, verbose=0)
    model.features = transform.transform_features_layer()
    signature = [tf.TensorSpec([None], tf.string, name="examples")]

    @tf.function(input_signature=signature)
    def serve(examples):
        spec = transform.raw_feature_spec()
        spec.pop(LABEL)
        return {"outputs": model(model.features(tf.io.parse_example(examples, spec)))}

    @tf.function(input_signature=signature)
    def transform_features(examples):
        return model.features(tf.io.parse_example(examples, transform.raw_feature_spec()))

    signatures = {"serving_default": serve, "transform_features": transform_features}
    tf.saved_model.save(model, fn_args.serving_model_dir, signatures=signatures)
