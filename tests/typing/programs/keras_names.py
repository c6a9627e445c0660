"""`tf.keras` is the keras package; its types are Keras's own."""

from typing import assert_type

import keras

import tidefall as tf

layer = tf.keras.layers.Dense(3)
assert_type(layer, keras.layers.Dense)
assert_type(tf.keras.losses.MeanSquaredError(), keras.losses.MeanSquaredError)
assert_type(tf.optimizers.Adam(), keras.optimizers.Adam)
model = tf.keras.Sequential([layer])
print(model.predict)
tf.keras.layers.Dence(3)  # error: "Dence" is not a known attribute
tf.metrics.Acuracy()  # error: "Acuracy" is not a known attribute
