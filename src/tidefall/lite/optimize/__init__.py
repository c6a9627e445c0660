"""`tidefall.lite.optimize`: smaller models by training: pruning, clustering, quantization.

Keras models enter, and come back with wrapped layers that are trained on; what is stripped or
converted afterwards is small. It has the public API of TensorFlow's model optimization toolkit,
whose name `tidefall.compat.tensorflow.enable` answers too. Read `sparsity/keras/wrapper.py` first.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.8.1"
"""Of the toolkit whose API this is."""
_ROOMS = ("clustering", "experimental", "quantization", "sparsity")


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_ROOMS})
