"""Graph models of TensorFlow.js: any function, as a graph whose constants lie in shards."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from tidefall import __version__
from tidefall.base import errors
from tidefall.export.sources import chosen, sources_of
from tidefall.export.tfjs.folding import fold_channels
from tidefall.export.tfjs.weights import SHARD_BYTES, Quantization, write_model


def save_graph_model(
    model: Any,
    folder: str | os.PathLike[str],
    *,
    signature: str | None = None,
    input_signature: Sequence[Any] | None = None,
    quantize: Quantization | None = None,
    shard_bytes: int = SHARD_BYTES,
    metadata: dict[str, Any] | None = None,
) -> dict[str, int]:
    """Write a graph model of TensorFlow.js.

    `tf.loadGraphModel` of TensorFlow.js 4 reads it, and so does `load_graph_model`.

    Args:
        model: the folder of a SavedModel, a `.keras` file, a built Keras model, a `tf.function` or
            a concrete function.
        folder: to write; it is there whole or not at all, and replaces one with a `model.json`.
        signature: which signature of a SavedModel; the only one or `serving_default` by default.
        input_signature: `tf.TensorSpec`s of the arguments of a function without a signature.
        quantize: from "float16", "uint8" or "uint16" to patterns of names of weights that are kept
            in that; `{"uint8": "*"}` for all.
        shard_bytes: the most that a file of weights holds.
        metadata: kept in `model.json` as `userDefinedMetadata`.

    Returns:
        How many of each op there are.

    Raises:
        UnimplementedError: TensorFlow.js lacks ops of the model; all are named, each with its line
            in the user's program, and nothing is written.
        AlreadyExistsError: the folder is there and is no model.

    >>> import tempfile
    >>> import tidefall as tf
    >>> from tidefall.export.tfjs import load_graph_model, save_graph_model
    >>> spec = tf.TensorSpec([None, 2], name="x")
    >>> double = tf.function(lambda x: {"y": x * 2.0}, input_signature=[spec])
    >>> folder = tempfile.mkdtemp() + "/web"
    >>> save_graph_model(double, folder)
    {'Const': 1, 'Identity': 1, 'Mul': 1, 'Placeholder': 1}
    >>> load_graph_model(folder)(x=tf.constant([[1.0, 2.0]]))["y"].numpy()
    array([[2., 4.]], dtype=float32)
    """
    target = os.path.abspath(os.fspath(folder))
    check_target(target)
    sources, alive = sources_of(model, signature, input_signature)
    source = chosen(sources, signature)
    message, signature_of = _retraced(source)
    del alive
    weights = _constants(message)
    ends = {info["name"].split(":")[0] for info in signature_of["outputs"].values()}
    fold_channels(message, weights, ends)
    topology = _topology(message, weights)
    about = {
        "format": "graph-model",
        "generatedBy": f"Tidefall {__version__}",
        "convertedBy": f"Tidefall {__version__}",
        "signature": signature_of,
        "modelTopology": topology,
    }
    if metadata:
        about["userDefinedMetadata"] = metadata
    place(target, lambda made: write_model(made, about, weights, quantize, shard_bytes))
    counts: dict[str, int] = {}
    for node in message.node:
        counts[node.op] = counts.get(node.op, 0) + 1
    return dict(sorted(counts.items()))


def check_target(target: str) -> None:
    """See that a folder may be written.

    Raises:
        AlreadyExistsError: it is there, and is no model of TensorFlow.js.
    """
    if not os.path.exists(target) or os.path.exists(os.path.join(target, "model.json")):
        return
    if not os.path.isdir(target) or os.listdir(target):
        raise errors.AlreadyExistsError(
            None, None, f"{target} is there, and is no model of TensorFlow.js"
        )


def place(target: str, write: Any) -> None:
    """Have a folder written beside its place, and then put there."""
    parent = os.path.dirname(target)
    os.makedirs(parent, exist_ok=True)
    temporary = tempfile.mkdtemp(prefix=".tfjs-", dir=parent)
    try:
        made = os.path.join(temporary, "model")
        os.mkdir(made)
        write(made)
        if os.path.isdir(target):
            os.rename(target, os.path.join(temporary, "old"))
        os.rename(made, target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@cache
def supported_ops() -> frozenset[str]:
    """The names of the ops that TensorFlow.js 4.22 runs."""
    return frozenset((files("tidefall.export.tfjs") / "ops.txt").read_text().split())


def _retraced(source: Any) -> tuple[Any, dict[str, Any]]:
    """The GraphDef of a function in TensorFlow.js' ops, and its signature as JSON."""
    import tidefall as tf
    from tidefall.export.tfjs.retracing import Retracing
    from tidefall.export.tfjs.rewrites import RULES
    from tidefall.graph.codec.graph_def import graph_to_proto
    from tidefall.graph.passes.common_subexpressions import merge_common
    from tidefall.graph.passes.dead_code import remove_dead_code

    retracing = Retracing(supported_ops(), RULES)
    inputs: dict[str, Any] = {}

    def body() -> list[Any]:
        for name, argument in zip(source.inputs, source.arguments, strict=True):
            node_name = "".join(c if c.isalnum() or c in "_./-" else "_" for c in name)
            inputs[name] = tf.compat.v1.placeholder(argument.dtype, argument.shape, node_name)
        graph = source.function.graph
        found = retracing.run(graph, [*inputs.values(), *source.function.captured_inputs])
        if retracing.obstacles:
            return []
        return [retracing.constant(value) for value in found]

    wrapped = tf.compat.v1.wrap_function(body, [])
    if retracing.obstacles:
        lines = "\n".join(f"  {obstacle}" for obstacle in retracing.obstacles)
        raise errors.UnimplementedError(
            None, None, f"{len(retracing.obstacles)} ops have no form in TensorFlow.js:\n{lines}"
        )
    graph = wrapped.graph
    outputs = list(graph.outputs)
    merge_common(graph)
    remove_dead_code(graph)
    message = graph_to_proto(graph, all_attrs=True)  # its readers know no defaults
    there = {node.name for node in message.node}
    for tensor in inputs.values():  # also those that nothing reads
        if tensor.op.name not in there:
            message.node.append(tensor.op.node_def)
    signature = {
        "inputs": {name: _info(tensor) for name, tensor in inputs.items()},
        "outputs": {
            name: _info(tensor) for name, tensor in zip(source.outputs, outputs, strict=True)
        },
    }
    return message, signature


def _info(tensor: Any) -> dict[str, Any]:
    sizes = tensor.shape.as_list() if tensor.shape.rank is not None else None
    shape: dict[str, Any] = {"unknownRank": True}
    if sizes is not None:
        shape = {"dim": [{"size": str(-1 if size is None else size)} for size in sizes]}
    return {
        "name": tensor.name, "dtype": f"DT_{_words(tensor.dtype)}", "tensorShape": shape,
    }  # fmt: skip


def _words(dtype: Any) -> str:
    from tidefall.proto import DataType

    return DataType.Name(dtype.as_datatype_enum).removeprefix("DT_")


def _constants(message: Any) -> dict[str, np.ndarray]:
    import tidefall as tf

    return {
        node.name: tf.make_ndarray(node.attr["value"].tensor)
        for node in message.node
        if node.op == "Const"
    }


def _topology(message: Any, weights: dict[str, np.ndarray]) -> dict[str, Any]:
    """A GraphDef as JSON, without the values of its constants."""
    from google.protobuf import json_format

    nodes = []
    for node in message.node:
        if node.op == "Const":
            tensor = node.attr["value"].tensor
            dtype = tensor.dtype
            tensor.Clear()
            tensor.dtype = dtype
            for size in weights[node.name].shape:
                tensor.tensor_shape.dim.add(size=size)
        for name in [key for key in node.attr if key.startswith("_")]:
            del node.attr[name]
        nodes.append(json_format.MessageToDict(node))
    return {
        "node": nodes, "library": {},
        "versions": json_format.MessageToDict(message.versions),
    }  # fmt: skip
