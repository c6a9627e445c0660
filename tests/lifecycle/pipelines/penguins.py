"""The user's functions for genuine penguin records: features and a small Keras model."""

from __future__ import annotations

import keras

import tidefall as tf
from tidefall import transform as tft

KEYS = ("culmen_length_mm", "culmen_depth_mm", "flipper_length_mm", "body_mass_g")


def preprocessing_fn(inputs):
    outputs = {f"{key}_xf": tft.scale_to_z_score(inputs[key]) for key in KEYS}
    return {**outputs, "species_xf": inputs["species"]}


def run_fn(fn_args):
    keras.utils.set_random_seed(1)
    transform = tft.TFTransformOutput(fn_args.transform_output)
    from tidefall.lifecycle.pipelines.components.fn_args import TensorFlowDatasetOptions

    data = fn_args.data_accessor.tf_dataset_factory(
        fn_args.train_files,
        TensorFlowDatasetOptions(batch_size=20, label_key="species_xf", shuffle_seed=1),
        transform.transformed_metadata.schema,
    )
    inputs = {f"{key}_xf": keras.Input((1,), name=f"{key}_xf") for key in KEYS}
    joined = keras.layers.concatenate(list(inputs.values()))
    hidden = keras.layers.Dense(8, activation="relu")(joined)
    model = keras.Model(inputs, keras.layers.Dense(3)(hidden))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss)
    model.fit(data, steps_per_epoch=fn_args.train_steps, shuffle=False, verbose=0)
    model.tft_layer = transform.transform_features_layer()

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def serve(examples):
        spec = transform.raw_feature_spec()
        spec.pop("species")
        return {"outputs": model(model.tft_layer(tf.io.parse_example(examples, spec)))}

    tf.saved_model.save(model, fn_args.serving_model_dir, signatures={"serving_default": serve})
