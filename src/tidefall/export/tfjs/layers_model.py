"""Layers models of TensorFlow.js: Keras models, which go on training in the page.

Their configurations are those of Keras 2: `batch_input_shape`, dtypes as texts, `inbound_nodes` as
nested lists. Source: tfjs-layers 4.22, src/layers and src/models.ts.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from tidefall import __version__
from tidefall.base import errors
from tidefall.export.tfjs.graph_model import check_target, place
from tidefall.export.tfjs.weights import SHARD_BYTES, Quantization, read_model, write_model


@cache
def supported_layers() -> frozenset[str]:
    """The classes of layers that TensorFlow.js 4.22 has, of those that Keras 3 has."""
    return frozenset((files("tidefall.export.tfjs") / "layers.txt").read_text().split())


def save_layers_model(
    model: Any,
    folder: str | os.PathLike[str],
    *,
    quantize: Quantization | None = None,
    shard_bytes: int = SHARD_BYTES,
    metadata: dict[str, Any] | None = None,
) -> None:
    """Write a Keras model as a layers model of TensorFlow.js, which can be trained further there.

    `tf.loadLayersModel` of TensorFlow.js 4 reads it, and so does `load_layers_model`.

    Args:
        model: a built Sequential or functional model of Keras 3.
        folder: to write; it is there whole or not at all, and replaces one with a `model.json`.
        quantize: from "float16", "uint8" or "uint16" to patterns of names of weights.
        shard_bytes: the most that a file of weights holds.
        metadata: kept in `model.json` as `userDefinedMetadata`.

    Raises:
        UnimplementedError: TensorFlow.js lacks layers of the model; all are named, and nothing is
            written. `save_graph_model` takes any model.
        AlreadyExistsError: the folder is there and is no model.
    """
    target = os.path.abspath(os.fspath(folder))
    check_target(target)
    kind = type(model).__name__
    if kind not in ("Sequential", "Functional"):
        raise errors.UnimplementedError(
            None, None, f"{model.name} is a {kind}: TensorFlow.js has Sequential and functional "
            "models of layers. Write it as a graph model"
        )  # fmt: skip
    obstacles = list(dict.fromkeys(_obstacles(model)))
    if obstacles:
        lines = "\n".join(f"  {each}" for each in obstacles)
        raise errors.UnimplementedError(
            None, None,
            f"TensorFlow.js lacks layers of {model.name}:\n{lines}\nWrite it as a graph model, "
            "which takes all.",
        )  # fmt: skip
    topology = {
        "keras_version": "tfjs-layers 4.22.0", "backend": "tensorflow",
        "model_config": {"class_name": kind, "config": _plain(model.get_config())},
    }  # fmt: skip
    about = {
        "format": "layers-model",
        "generatedBy": f"Tidefall {__version__}",
        "convertedBy": f"Tidefall {__version__}",
        "modelTopology": topology,
    }
    if metadata:
        about["userDefinedMetadata"] = metadata
    weights = {name: np.asarray(variable) for name, variable in _named(model).items()}
    place(target, lambda made: write_model(made, about, weights, quantize, shard_bytes))


def _obstacles(model: Any) -> list[str]:
    found = []
    for layer in _all_layers(model):
        kind = type(layer).__name__
        if kind not in supported_layers():
            found.append(f"{kind} in {layer.name}")
            continue
        config = layer.get_config()
        if config.get("reset_after"):
            found.append(f"{kind} in {layer.name}: only with reset_after=False")
        for (of, key), only in _ONLY.items():
            if of in ("", kind) and config.get(key, only) not in (only, None):
                found.append(f"{kind} in {layer.name}: only with {key}={only}")
        for key in ("activation", "recurrent_activation"):
            name = config.get(key, "linear")
            if name not in _ACTIVATIONS:
                shown = name if isinstance(name, str) else "a function"
                found.append(f"{kind} in {layer.name}: {key} {shown}")
    return found


def _all_layers(model: Any) -> Iterator[Any]:
    """The layers of a model, and those inside of them."""
    for layer in getattr(model, "layers", ()):
        yield layer
        yield from _all_layers(layer)
        for name in ("layer", "forward_layer", "backward_layer"):
            inner = getattr(layer, name, None)
            if inner is not None:
                yield inner


_ACTIVATIONS = frozenset(
    {"elu", "gelu", "linear", "mish", "relu", "relu6", "selu", "sigmoid", "silu", "softmax",
     "softplus", "softsign", "tanh", None}
)  # fmt: skip
"""Activations that both have. Of hard_sigmoid both have one, with other slopes."""
_ONLY = {
    ("", "groups"): 1, ("", "rms_scaling"): False, ("ELU", "alpha"): 1.0,
    ("ReLU", "threshold"): 0.0, ("ReLU", "negative_slope"): 0.0,
}  # fmt: skip
"""Settings of layers, or of any, that TensorFlow.js refuses or passes over."""


def _plain(value: Any) -> Any:
    """A configuration of Keras 3 as one of Keras 2."""
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if not isinstance(value, dict):
        return value
    if value.get("class_name") == "DTypePolicy":
        return value["config"]["name"]
    if "class_name" in value and "config" in value:
        made = {"class_name": value["class_name"], "config": _plain(value["config"])}
        if "name" in value:
            made["name"] = value["name"]
        if value["class_name"] == "LeakyReLU":
            made["config"]["alpha"] = made["config"].pop("negative_slope")
        if "inbound_nodes" in value:
            made["inbound_nodes"] = [_inbound(node) for node in value["inbound_nodes"]]
        return made
    made = {key: _plain(each) for key, each in value.items()}
    for key in ("activation", "recurrent_activation"):
        if made.get(key) == "silu":
            made[key] = "swish"
    if "batch_shape" in made:
        made["batch_input_shape"] = made.pop("batch_shape")
    for key in ("input_layers", "output_layers"):
        if key in made and made[key] and not isinstance(made[key][0], list):
            made[key] = [made[key]]
    for key in ("build_config", "compile_config", "module", "registered_name"):
        made.pop(key, None)
    return made


def _inbound(node: Any) -> list[Any]:
    """What a call of a layer was given: `[layer, node, tensor, keywords]` for each tensor."""
    if not isinstance(node, dict):
        return node
    words = {k: v for k, v in node["kwargs"].items() if k != "training" and _is_plain(v)}
    return [[*history, words] for history in _histories(node["args"])]


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, (bool, int, float, str))


def _histories(value: Any) -> list[Any]:
    if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        return [list(value["config"]["keras_history"])]
    if isinstance(value, (list, tuple)):
        return [history for each in value for history in _histories(each)]
    return []


def _named(model: Any) -> dict[str, Any]:
    """The variables of a model by the names that TensorFlow.js gives them."""
    found: dict[str, Any] = {}
    for layer in model.layers:
        kind = type(layer).__name__
        if kind in ("Sequential", "Functional"):
            found.update(_named(layer))
        elif kind == "Bidirectional":
            for way in ("forward", "backward"):
                inner = getattr(layer, f"{way}_layer")
                for variable in _lasting(inner):
                    name = f"{layer.name}/{way}_{layer.forward_layer.name}/{variable.name}"
                    found[name] = variable
        elif kind == "TimeDistributed":
            for variable in _lasting(layer.layer):
                found[f"{layer.name}/{variable.name}"] = variable
        else:
            for variable in _lasting(layer):
                name = _RENAMED.get((kind, variable.name), variable.name)
                found[f"{layer.name}/{name}"] = variable
    return found


_RENAMED = {("DepthwiseConv2D", "kernel"): "depthwise_kernel"}
"""Weights that were called otherwise in Keras 2."""


def _lasting(layer: Any) -> list[Any]:
    """Variables without the states of random generators."""
    return [v for v in layer.weights if v.name != "seed_generator_state"]


def load_layers_model(path: str | os.PathLike[str]) -> Any:
    """Return a layers model of TensorFlow.js as a Keras model.

    Args:
        path: its `model.json`, or the folder of that.

    Raises:
        DataLossError: a file is damaged, or weights lack.
        InvalidArgumentError: it is another kind of model.
    """
    from keras.src.legacy.saving.saving_utils import model_from_config

    where = os.fspath(path)
    about, weights = read_model(where)
    topology = about.get("modelTopology") or {}
    config = topology.get("model_config", topology)
    if not isinstance(config, dict) or "class_name" not in config:
        raise errors.InvalidArgumentError(
            None, None,
            f"{where} is no layers model: its format is {about.get('format')!r}. Graph models are "
            "read by load_graph_model",
        )  # fmt: skip
    try:
        model = model_from_config(_nested(config))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise errors.DataLossError(None, None, f"{where}: {error}") from error
    short = {_short(name): array for name, array in weights.items()}
    for name, variable in _named(model).items():
        array = weights.get(name, short.get(_short(name)))
        if array is None or tuple(array.shape) != tuple(variable.shape):
            got = "is not there" if array is None else f"is of shape {array.shape}"
            raise errors.DataLossError(
                None, None,
                f"{where}: the weight {name!r} of shape {tuple(variable.shape)} {got}",
            )  # fmt: skip
        variable.assign(array)
    return model


def _nested(config: dict[str, Any]) -> dict[str, Any]:
    """The layers of a Sequential model were once a plain list."""
    if config["class_name"] == "Sequential" and isinstance(config["config"], list):
        config = {"class_name": "Sequential", "config": {"layers": config["config"]}}
    if config["class_name"] == "Model":
        config = {**config, "class_name": "Functional"}
    return _found_again(config)


def _found_again(value: Any) -> Any:
    """A configuration in which Keras 3 finds layers inside of others."""
    if isinstance(value, list):
        return [_found_again(each) for each in value]
    if not isinstance(value, dict):
        return value
    made = {key: _found_again(each) for key, each in value.items()}
    if made.get("class_name") == "Sequential":
        made["config"]["layers"] = _with_input(made["config"]["layers"])
    for key in ("activation", "recurrent_activation"):
        if made.get(key) == "hard_sigmoid":
            made[key] = _hard_sigmoid()
    if made.get("class_name") == "LeakyReLU" and "alpha" in made["config"]:
        made["config"]["negative_slope"] = made["config"].pop("alpha")
    for key in ("layer", "backward_layer"):
        if isinstance(made.get(key), dict) and "class_name" in made[key]:
            made[key] = {"module": "keras.layers", "registered_name": None, **made[key]}
    for key in ("input_layers", "output_layers"):
        if isinstance(made.get(key), list) and len(made[key]) == 1:
            (made[key],) = made[key]  # so that the model takes and gives a tensor, not a list
    return made


@cache
def _hard_sigmoid() -> dict[str, Any]:
    """Keras 2's, which TensorFlow.js has kept: Keras 3's is flatter."""
    import keras

    @keras.saving.register_keras_serializable("tfjs")
    def hard_sigmoid(x: Any) -> Any:
        return keras.ops.clip(0.2 * x + 0.5, 0.0, 1.0)

    return keras.saving.serialize_keras_object(hard_sigmoid)


def _with_input(stack: list[Any]) -> list[Any]:
    """The layers of a Sequential model, whose first one may say what comes in."""
    shape = None
    for layer in stack:
        if layer["class_name"] != "InputLayer":
            given = layer["config"].pop("batch_input_shape", None)
            shape = shape or given
    if (stack and stack[0]["class_name"] == "InputLayer") or shape is None:
        return stack
    first = stack[0]["config"]
    config = {"batch_shape": shape, "dtype": "float32", "name": f"{first['name']}_input"}
    return [{"class_name": "InputLayer", "config": config}, *stack]


def _short(name: str) -> str:
    """A name without what stands between the layer and its weight, nor a number behind it."""
    first, *between, last = name.split("/")
    way = next((each.split("_")[0] for each in between if each.startswith(_WAYS)), "")
    return f"{first}/{way}/{last.split(':')[0]}"


_WAYS = ("forward_", "backward_")
