"""`tf.keras`: the unmodified keras package, with Tidefall answering to `tensorflow`."""

from __future__ import annotations

import os
import sys
from types import ModuleType

from tidefall.compat.tensorflow import enable


def load() -> ModuleType:
    """Import keras on Tidefall, with the names that only `tf.keras` has, such as `losses.MSE`.

    Raises:
        ImportError: if keras was imported before with another backend, or real TensorFlow is
            already loaded.
    """
    present = sys.modules.get("keras")
    if present is None:
        os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    enable()
    import keras
    import keras._tf_keras.keras as tf_keras

    if keras.config.backend() != "tensorflow":
        raise ImportError(
            f"Keras runs on its {keras.config.backend()} backend in this process, so that tf.keras "
            "is not available. Unset KERAS_BACKEND, or import tidefall's Keras first: "
            "`import tidefall as tf; keras = tf.keras`."
        )
    return tf_keras
