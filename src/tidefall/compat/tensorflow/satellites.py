"""Names of packages around TensorFlow, and the modules of Tidefall that answer to them."""

from __future__ import annotations

import importlib.util

SATELLITES = {
    "tensorflow_data_validation": "tidefall.lifecycle.data_validation",
    "tensorflow_model_analysis": "tidefall.lifecycle.model_analysis",
    "tensorflow_model_optimization": "tidefall.lite.optimize",
    "tensorflow_transform": "tidefall.lifecycle.transform",
}

_TOOLKIT = "tensorflow_model_optimization.python"
_RENAMED = {
    # The toolkit's guides take Keras from here.
    _TOOLKIT: "tidefall.lite.optimize",
    f"{_TOOLKIT}.core": "tidefall.lite.optimize",
    f"{_TOOLKIT}.core.keras": "tidefall.lite.optimize",
    f"{_TOOLKIT}.core.keras.compat": "tidefall.lite.optimize.models",
    "tensorflow_transform.beam.impl": "tidefall.lifecycle.transform.beam",
    "tensorflow_transform.tf_metadata.dataset_metadata": "tidefall.lifecycle.transform.features",
    "tensorflow_transform.tf_metadata.schema_utils": "tidefall.lifecycle.transform.features",
}


def answered_by(name: str) -> str | None:
    """The module that answers to a name; None if there is none.

    >>> answered_by("tensorflow_model_optimization.sparsity.keras")
    'tidefall.lite.optimize.sparsity.keras'
    """
    first, dot, rest = name.partition(".")
    if first not in SATELLITES:
        return None
    found = _RENAMED.get(name, SATELLITES[first] + dot + rest)
    return found if importlib.util.find_spec(found) is not None else None


def is_satellite(name: str) -> bool:
    """Whether a module's name is below one of them."""
    return name.partition(".")[0] in SATELLITES
