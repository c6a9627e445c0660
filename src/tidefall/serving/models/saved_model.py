"""SavedModels as servables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tidefall.serving.models.servable import Arrays, Signature, TensorInfo


class SavedModelServable:
    """A SavedModel loaded from its directory.

    Args:
      path: the directory with `saved_model.pb` in it.

    Raises:
      OpError: the directory holds no SavedModel, or a damaged one.
    """

    def __init__(self, path: Path) -> None:
        # Loading the API here lets a server listen, and a client import, without it.
        import tidefall as tf

        self._model: Any = tf.saved_model.load(str(path))
        self._signatures = {
            name: _signature(tf, function) for name, function in self._model.signatures.items()
        }

    @property
    def signatures(self) -> Mapping[str, Signature]:
        """The model's functions by signature name."""
        return self._signatures

    def close(self) -> None:
        """Lets go of the model, so that its variables are freed."""
        self._signatures = {}
        self._model = None


def load_saved_model(path: Path) -> SavedModelServable:
    """Loads the SavedModel in a version directory."""
    return SavedModelServable(path)


def _signature(tf: Any, function: Any) -> Signature:
    _, specs = function.structured_input_signature
    dtypes = {name: spec.dtype for name, spec in specs.items()}

    def run(arrays: Arrays) -> dict[str, np.ndarray]:
        tensors = {name: tf.constant(array, dtypes[name]) for name, array in arrays.items()}
        return {name: value.numpy() for name, value in function(**tensors).items()}

    return Signature(
        inputs={name: _info(spec) for name, spec in sorted(specs.items())},
        outputs={name: _info(spec) for name, spec in sorted(function.structured_outputs.items())},
        run=run,
    )


def _info(spec: Any) -> TensorInfo:
    shape = None if spec.shape.rank is None else tuple(spec.shape.as_list())
    return TensorInfo(spec.dtype.name, shape)
