"""Graph models of TensorFlow.js as functions."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from tidefall.base import dtypes, errors
from tidefall.export.tfjs.weights import read_model


def load_graph_model(path: str | os.PathLike[str]) -> Any:
    """Return a graph model of TensorFlow.js as a function.

    Args:
        path: its `model.json`, or the folder of that.

    Returns:
        A concrete function of the inputs by name, which returns a dict of the outputs; of graphs
        with loops of TensorFlow 1 an object that is called like one.

    Raises:
        DataLossError: a file is damaged.
        InvalidArgumentError: it is another kind of model.
        UnimplementedError: it uses ops that are not there.
    """
    from google.protobuf import json_format

    import tidefall as tf
    from tidefall.proto import GraphDef

    where = os.fspath(path)
    model, weights = read_model(where)
    topology = model.get("modelTopology")
    if not isinstance(topology, dict) or "node" not in topology:
        raise errors.InvalidArgumentError(
            None, None,
            f"{where} is no graph model: its format is {model.get('format')!r}. "
            "Models of layers are read by load_layers_model",
        )  # fmt: skip
    try:
        graph_def = json_format.ParseDict(topology, GraphDef(), ignore_unknown_fields=True)
    except json_format.ParseError as error:
        raise errors.DataLossError(None, None, f"{where}: {error}") from error
    for node in graph_def.node:
        if node.op == "Const":
            _fill(node, weights, node.name, where)
    for function in graph_def.library.function:
        prefix = f"{function.signature.name}/"
        for node in function.node_def:
            if node.op == "Const":
                _fill(node, weights, node.name, where, prefix)
        _without_prefix(function, prefix)
    _expand_fused(graph_def)
    inputs, outputs = _ends(model, graph_def)
    if any(node.op == "Enter" for node in graph_def.node):
        return OldLoops(graph_def, inputs, outputs)
    whole = tf.compat.v1.wrap_function(lambda: tf.import_graph_def(graph_def, name=""), [])
    graph = whole.graph
    feeds = {key: graph.get_tensor_by_name(name) for key, name in inputs.items()}
    fetches = {key: graph.get_tensor_by_name(name) for key, name in outputs.items()}
    pruned = whole.prune(list(feeds.values()), fetches)
    specs = {key: tf.TensorSpec(t.shape, t.dtype, key) for key, t in feeds.items()}

    @tf.function(autograph=False)
    def call(**given: Any) -> Any:
        return pruned(*[given[key] for key in feeds])

    return call.get_concrete_function(**specs)


def _fill(
    node: Any, weights: dict[str, np.ndarray], name: str, path: str, prefix: str = ""
) -> None:
    import tidefall as tf

    value = weights.get(name, weights.get(f"{prefix}{name}"))
    tensor = node.attr["value"].tensor
    if value is None:
        if not tensor.ByteSize() or (tensor.tensor_shape.dim and not tensor.tensor_content):
            raise errors.DataLossError(None, None, f"{path}: there are no weights {node.name!r}")
        return
    dtype = dtypes.as_dtype(tensor.dtype or node.attr["dtype"].type)
    if dtype != dtypes.string:
        value = value.astype(dtype.as_numpy_dtype)
    tensor.CopyFrom(tf.make_tensor_proto(value, dtype, list(value.shape)))


def _ends(model: dict[str, Any], graph_def: Any) -> tuple[dict[str, str], dict[str, str]]:
    """Names of the tensors that are inputs and outputs, by key."""
    signature = model.get("signature") or (model.get("userDefinedMetadata") or {}).get("signature")
    if signature and signature.get("outputs"):
        return tuple(  # type: ignore[return-value]
            {key: _tensor(info.get("name") or key) for key, info in signature.get(end, {}).items()}
            for end in ("inputs", "outputs")
        )
    read = {name.split(":")[0].lstrip("^") for node in graph_def.node for name in node.input}
    inputs = {n.name: f"{n.name}:0" for n in graph_def.node if n.op == "Placeholder"}
    outputs = {
        n.name: f"{n.name}:0"
        for n in graph_def.node
        if n.name not in read and n.op not in ("Placeholder", "Const", "NoOp")
    }
    return inputs, outputs


def _tensor(name: str) -> str:
    return name if ":" in name else f"{name}:0"


def _without_prefix(function: Any, prefix: str) -> None:
    """Nodes of functions have the function's name before theirs, which no node can have."""

    def plain(name: str) -> str:
        control = "^" if name.startswith("^") else ""
        return control + name.removeprefix("^").removeprefix(prefix)

    for node in function.node_def:
        node.name = plain(node.name)
        node.input[:] = [plain(name) for name in node.input]
    for key, value in function.ret.items():
        function.ret[key] = plain(value)


def _expand_fused(graph_def: Any) -> None:
    """Write out what only TensorFlow.js has: depthwise convolutions with bias and activation."""
    made = []
    for node in graph_def.node:
        if node.op == "Prelu":
            made += _prelu(node)
            continue
        if node.op != "FusedDepthwiseConv2dNative":
            made.append(node)
            continue
        fused = [name.decode() for name in node.attr["fused_ops"].list.s]
        names = [f"{node.name}/{place}" for place in range(len(fused))] + [node.name]
        first = type(node)(name=names[0], op="DepthwiseConv2dNative", input=node.input[:2])
        for key in ("T", "strides", "padding", "data_format", "dilations"):
            if key in node.attr:
                first.attr[key].CopyFrom(node.attr[key])
        made.append(first)
        arguments = list(node.input[2:])
        for place, op in enumerate(fused):
            step = type(node)(name=names[place + 1], op=op, input=[names[place]])
            step.attr["T"].CopyFrom(node.attr["T"])
            if op in ("BiasAdd", "Prelu"):
                step.input.append(arguments.pop(0))
            made += _prelu(step) if op == "Prelu" else [step]
    del graph_def.node[:]
    graph_def.node.extend(made)


def _prelu(node: Any) -> list[Any]:
    """relu(x) - slope * relu(-x)."""
    x, slope = node.input
    steps = [
        ("Neg", "negated", [x]), ("Relu", "below", [f"{node.name}/negated"]),
        ("Mul", "slope", [slope, f"{node.name}/below"]), ("Relu", "above", [x]),
        ("Sub", "", [f"{node.name}/above", f"{node.name}/slope"]),
    ]  # fmt: skip
    made = []
    for op, suffix, inputs in steps:
        name = f"{node.name}/{suffix}" if suffix else node.name
        made.append(type(node)(name=name, op=op, input=inputs))
        made[-1].attr["T"].CopyFrom(node.attr["T"])
    return made


class OldLoops:
    """A graph with loops of TensorFlow 1 as a function; a session runs it.

    Args:
        graph_def: the graph.
        inputs, outputs: names of tensors by key.

    Attributes:
        structured_input_signature: as a concrete function has it.
    """

    def __init__(self, graph_def: Any, inputs: dict[str, str], outputs: dict[str, str]):
        import tidefall as tf

        graph = tf.Graph()
        with graph.as_default():
            tf.import_graph_def(graph_def, name="")
        self._session = tf.compat.v1.Session(graph=graph)
        self._inputs, self._outputs = inputs, outputs
        found = {key: graph.get_tensor_by_name(name) for key, name in inputs.items()}
        specs = {key: tf.TensorSpec(t.shape, t.dtype, key) for key, t in found.items()}
        self.structured_input_signature: tuple[tuple[()], dict[str, Any]] = ((), specs)

    def __call__(self, **given: Any) -> dict[str, Any]:
        """Run it on tensors by key."""
        import tidefall as tf

        feeds = {self._inputs[key]: np.asarray(value) for key, value in given.items()}
        return {
            key: tf.constant(value)
            for key, value in self._session.run(self._outputs, feeds).items()
        }
