"""`tf.keras`: the unmodified keras package, with Tidefall answering to `tensorflow`."""

from __future__ import annotations

import importlib
import os
import sys
from types import ModuleType

from tidefall.compat.tensorflow import Alias, refuse_real_tensorflow
from tidefall.compat.tensorflow.satellites import asks_for_keras_2


def load(version_1: bool = False) -> ModuleType:
    """Import keras on Tidefall, with the names that only `tf.keras` has, such as `losses.MSE`.

    Args:
        version_1: the Keras of `tf.compat.v1`; another one only in Keras 2.

    Raises:
        ImportError: if keras was imported before with another backend, or on real TensorFlow; or
            if Keras 2 is asked for and not installed.
    """
    if asks_for_keras_2():
        return _load_keras_2(version_1)
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


def load_legacy(name: str) -> ModuleType:
    """`tf.compat.v1.layers` or `tf.compat.v1.nn.rnn_cell`, which Keras 2 has.

    Raises:
        AttributeError: if Keras 2 is not installed.
    """
    try:
        return importlib.import_module(f"tf_keras.api._v1.keras.__internal__.legacy.{name}")
    except ModuleNotFoundError as error:
        if error.name != "tf_keras":
            raise
        raise AttributeError(
            f"`{name}` of tf.compat.v1 is part of Keras 2, whose package tf_keras is not "
            "installed. Install it, without its dependencies: `pip install --no-deps tf_keras`."
        ) from None


def _load_keras_2(version_1: bool) -> ModuleType:
    try:
        return importlib.import_module("tf_keras.api._v1.keras" if version_1 else "tf_keras")
    except ModuleNotFoundError as error:
        if error.name != "tf_keras":
            raise
        raise ImportError(
            "TF_USE_LEGACY_KERAS is set, so that tf.keras is Keras 2, whose package tf_keras is "
            "not installed. Install it, without its dependencies (`pip install --no-deps "
            "tf_keras`), or unset TF_USE_LEGACY_KERAS."
        ) from None
