"""Conversion by format, as the command asks for it."""

from __future__ import annotations

import json
import os
from typing import Any

from tidefall.base.errors import InvalidArgumentError, UnimplementedError
from tidefall.export.tfjs.graph_model import save_graph_model
from tidefall.export.tfjs.layers_model import load_layers_model, save_layers_model
from tidefall.export.tfjs.reading import load_graph_model
from tidefall.export.tfjs.weights import SHARD_BYTES

GRAPH, LAYERS, KERAS, SAVED = (
    "tfjs_graph_model", "tfjs_layers_model", "keras_keras", "tf_saved_model",
)  # fmt: skip


def convert(
    model: str,
    output: str,
    *,
    input_format: str | None = None,
    output_format: str | None = None,
    signature: str | None = None,
    quantize: dict[str, list[str]] | None = None,
    shard_bytes: int = SHARD_BYTES,
    metadata: str | None = None,
) -> dict[str, int]:
    """Convert a model to TensorFlow.js, or back.

    Args:
        model: what to convert.
        output: where to.
        input_format: by what is there.
        output_format: "tfjs_graph_model"; of models of TensorFlow.js by what they are.
        signature: of a SavedModel.
        quantize: from "float16", "uint8", "uint16" to patterns of names of weights.
        shard_bytes: the most that a file of weights holds.
        metadata: `KEY:FILE.json`, by commas.

    Returns:
        How many of each op a graph model has; nothing for other formats.

    Raises:
        UnimplementedError: between formats for which there is no way.
    """
    given = input_format or _format_of(model)
    wanted = output_format or (GRAPH if given in (SAVED, KERAS, "keras") else
                               SAVED if given == GRAPH else KERAS)  # fmt: skip
    if given in (SAVED, KERAS, "keras") and wanted == GRAPH:
        return save_graph_model(
            model, output, signature=signature, quantize=quantize, shard_bytes=shard_bytes,
            metadata=_metadata(metadata),
        )  # fmt: skip
    if given in (KERAS, "keras") and wanted == LAYERS:
        import keras

        loaded = keras.saving.load_model(model, compile=False)
        save_layers_model(
            loaded, output, quantize=quantize, shard_bytes=shard_bytes,
            metadata=_metadata(metadata),
        )  # fmt: skip
        return {}
    if given == LAYERS and wanted == KERAS:
        load_layers_model(model).save(output)
        return {}
    if given == LAYERS and wanted == GRAPH:
        return save_graph_model(
            load_layers_model(model), output, quantize=quantize, shard_bytes=shard_bytes
        )
    if given == GRAPH and wanted == SAVED:
        import tidefall as tf

        function = load_graph_model(model)
        tf.saved_model.save(tf.Module(), output, {"serving_default": function})
        return {}
    raise UnimplementedError(
        None, None, f"there is no way from {given} to {wanted}: a graph has no layers any more"
    )


def _format_of(path: str) -> str:
    if path.endswith((".keras", ".h5", ".hdf5")):
        return KERAS
    if os.path.exists(os.path.join(path, "saved_model.pb")):
        return SAVED
    file = os.path.join(path, "model.json") if os.path.isdir(path) else path
    if file.endswith(".json") and os.path.exists(file):
        with open(file, encoding="utf-8") as opened:
            topology = json.load(opened).get("modelTopology") or {}
        return GRAPH if "node" in topology else LAYERS
    raise InvalidArgumentError(
        None, None,
        f"{path} is neither a SavedModel, a .keras file nor a model of TensorFlow.js",
    )  # fmt: skip


def _metadata(given: str | None) -> dict[str, Any] | None:
    if not given:
        return None
    found = {}
    for one in given.split(","):
        key, colon, path = one.partition(":")
        if not colon:
            raise InvalidArgumentError(None, None, f"--metadata takes KEY:FILE.json, not {one!r}")
        with open(path, encoding="utf-8") as file:
            found[key] = json.load(file)
    return found


def size_of(path: str) -> int:
    """The bytes of a file, or of the files of a folder."""
    if os.path.isfile(path):
        return os.path.getsize(path)
    return sum(os.path.getsize(os.path.join(root, f)) for root, _, fs in os.walk(path) for f in fs)
