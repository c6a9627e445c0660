"""What Keras makes of the tensors and arrays that `fit` and `predict` are given."""

from __future__ import annotations

import pytest


@pytest.mark.process
def test_tensors_are_known_as_tensors_of_tensorflow(run_python):
    run_python(
        """
import numpy as np
import tidefall as tf

keras = tf.keras
from keras.src.trainers.data_adapters.data_adapter_utils import is_tensorflow_tensor

assert is_tensorflow_tensor(tf.constant(1.0)) and is_tensorflow_tensor(tf.constant("a"))
assert not is_tensorflow_tensor(np.ones(3))
words = keras.Input((), dtype="string")
layer = keras.layers.StringLookup(vocabulary=["b", "c"])
model = keras.Model(words, layer(words))
for x in (tf.constant(["c", "b", "?"]), np.array(["c", "b", "?"], object)):
    assert model.predict(x, verbose=0).tolist() == [2, 1, 0]
"""
    )
