"""`tf.keras`: the unmodified keras package, with Tidefall answering to `tensorflow`."""

from __future__ import annotations

import os
import sys
from types import ModuleType

from tidefall.compat.tensorflow import Alias, refuse_real_tensorflow


def load() -> ModuleType:
    """Import keras on Tidefall, with the names that only `tf.keras` has, such as `losses.MSE`.

    Raises:
        ImportError: if keras was imported before with another backend, or on real TensorFlow.
    """
    if sys.modules.get("keras") is None:
        os.environ.setdefault("KERAS_BACKEND", "tensorflow")
        refuse_real_tensorflow()
    import keras
    import keras._tf_keras.keras as tf_keras

    if keras.config.backend() != "tensorflow":
        raise ImportError(
            f"Keras runs on its {keras.config.backend()} backend in this process, so that tf.keras "
            "is not available. Unset KERAS_BACKEND, or import tidefall's Keras first: "
            "`import tidefall as tf; keras = tf.keras`."
        )
    from keras.src.backend.tensorflow import core

    if not isinstance(core.tf, Alias):
        refuse_real_tensorflow()
    return tf_keras
