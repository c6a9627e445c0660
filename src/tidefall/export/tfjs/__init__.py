"""TensorFlow.js: models for the browser and Node, written and read.

A SavedModel, a Keras model or a function enters `graph_model.py`, and a folder leaves: `model.json`
and shards of weights. The graph is traced again on the way (`retracing.py`): constants are
computed, calls entered, loops of a known length unrolled, and ops that TensorFlow.js lacks said in
others (`rewrites.py`). `reading.py` reads graphs back, `layers_model.py` has its form of Keras
models, `weights.py` the shards of both.

Formats: https://github.com/tensorflow/tfjs, tfjs-converter and tfjs-layers 4.22.
"""

from __future__ import annotations

from tidefall.base.exports import lazy_names

__getattr__, __dir__, __all__ = lazy_names(
    __name__,
    {
        ".graph_model": ("save_graph_model",),
        ".reading": ("load_graph_model",),
        ".layers_model": ("load_layers_model", "save_layers_model"),
    },
)
