"""Models that are trained as they will compute in integers."""

from __future__ import annotations

import warnings
from itertools import pairwise
from typing import Any

import keras

from tidefall.lite.optimize.models import exchange, is_graph
from tidefall.lite.optimize.quantization.keras import config as configs
from tidefall.lite.optimize.quantization.keras import default_8bit, quantizers, wrapper
from tidefall.lite.optimize.quantization.keras.config import OutputOnlyConfig, QuantizeConfig
from tidefall.lite.optimize.quantization.keras.default_8bit import (
    Default8BitQuantizeScheme,
    QuantizeScheme,
)
from tidefall.lite.optimize.quantization.keras.wrapper import (
    QuantizeAnnotate,
    QuantizeLayer,
    QuantizeWrapper,
)


def quantize_scope(*args: Any) -> Any:
    """A scope in which models with quantized layers are read and copied.

    Args:
        *args: dicts of your own classes by name.
    """
    known: dict[str, Any] = {
        "QuantizeWrapperV2": QuantizeWrapper,
        "QuantizeWrapper": QuantizeWrapper,
    }
    for module in (configs, default_8bit, quantizers, wrapper):
        known.update((n, c) for n, c in vars(module).items() if isinstance(c, type) and n[0] != "_")
    for given in args:
        known.update(given)
    return keras.saving.custom_object_scope(known)


def quantize_model(to_quantize: Any, quantized_layer_name_prefix: str = "quant_") -> Any:
    """A copy of a model that computes as it will in integers of 8 bits; train it on.

    Args:
        to_quantize: a built Sequential or functional model.
        quantized_layer_name_prefix: what goes before names of layers.

    Returns:
        A model with the same weights, which are its own. Give it to a `tf.lite.TFLiteConverter`
        with `optimizations = [tf.lite.Optimize.DEFAULT]`: the integers are those that it was
        trained with, and no representative dataset is needed.

    Raises:
        ValueError: for subclassed models, and those that are not built.
        RuntimeError: for layers that the default scheme does not know.

    >>> import tidefall as tf
    >>> import keras
    >>> import tidefall.lite.optimize as optimize
    >>> model = keras.Sequential([keras.Input([4]), keras.layers.Dense(3, activation="relu")])
    >>> quantized = optimize.quantization.keras.quantize_model(model)
    >>> [layer.name[:9] for layer in quantized.layers]
    ['quantize_', 'quant_den']
    """
    _check_graph(to_quantize, "to_quantize")
    return quantize_apply(
        quantize_annotate_model(to_quantize),
        quantized_layer_name_prefix=quantized_layer_name_prefix,
    )


def quantize_annotate_layer(
    to_annotate: Any, quantize_config: QuantizeConfig | None = None
) -> QuantizeAnnotate:
    """A layer that `quantize_apply` will quantize.

    Args:
        to_annotate: the layer.
        quantize_config: how; None for the scheme's way.

    Raises:
        ValueError: for anything but a layer, or another kind of config.
    """
    if not isinstance(to_annotate, keras.layers.Layer) or isinstance(to_annotate, keras.Model):
        raise ValueError(
            "`to_annotate` can only be a `keras.layers.Layer` instance. You passed an instance of "
            f"type: {type(to_annotate).__name__}."
        )
    if quantize_config is not None and not isinstance(quantize_config, QuantizeConfig):
        raise ValueError(
            "`quantize_config` can only be a `quantization.keras.QuantizeConfig` instance. You "
            f"passed an instance of type: {type(quantize_config).__name__}."
        )
    return QuantizeAnnotate(to_annotate, quantize_config)


def quantize_annotate_model(to_annotate: Any) -> Any:
    """A model all of whose layers `quantize_apply` will quantize.

    Layers annotated before keep their configs. Lambda layers are left as they are, with a warning.

    Raises:
        ValueError: for subclassed models, and models inside of a model.
    """
    _check_graph(to_annotate, "to_annotate")
    if any(isinstance(layer, keras.Model) for layer in to_annotate.layers):
        raise ValueError("Quantizing a keras Model inside another keras Model is not supported.")

    def annotate(layer: Any) -> Any:
        if isinstance(layer, (QuantizeAnnotate, keras.layers.InputLayer)):
            return layer
        if isinstance(layer, keras.layers.Lambda):
            warnings.warn(
                f"The Lambda layer {layer.name!r} is not quantized: what it does is not known. "
                "Make it a layer of your own with a QuantizeConfig.",
                stacklevel=2,
            )
            return layer
        return QuantizeAnnotate(layer)

    return exchange(to_annotate, annotate)


def quantize_apply(
    model: Any,
    scheme: QuantizeScheme | None = None,
    quantized_layer_name_prefix: str = "quant_",
) -> Any:
    """A copy of an annotated model that computes as it will in integers.

    Args:
        model: a built Sequential or functional model with annotated layers.
        scheme: how layers are quantized that have no config of their own; 8 bits by default.
        quantized_layer_name_prefix: what goes before names of layers.

    Returns:
        As `quantize_model`.

    Raises:
        ValueError: for subclassed models, those not built, and those with nothing annotated.
        RuntimeError: for annotated layers that the scheme does not know.
    """
    _check_graph(model, "model")
    if not any(isinstance(layer, QuantizeAnnotate) for layer in model.layers):
        raise ValueError(
            "`model` must contain at least one layer which has been annotated with "
            "`quantize_annotate*`. There are no layers to quantize."
        )
    if not model.built:
        raise ValueError("`model` must be a built model: call `model.build(input_shape)` first.")
    scheme = scheme or Default8BitQuantizeScheme()
    found: dict[str, Any] = {}
    entering = _entering(model)

    def unwrap(layer: Any) -> Any:
        if not isinstance(layer, QuantizeAnnotate):
            return _copied(layer)
        found[layer.layer.name] = {"quantize_config": layer.quantize_config}
        return _copied(layer.layer)

    plain = exchange(model, unwrap)
    plain, found = scheme.get_layout_transformer().apply(plain, found)
    registry = scheme.get_quantize_registry()
    prefix = quantized_layer_name_prefix or ""

    def wrap(layer: Any) -> Any:
        if isinstance(layer, (QuantizeLayer, QuantizeWrapper, keras.layers.InputLayer)):
            return layer
        if layer.name in found:
            config = found[layer.name].get("quantize_config")
            if config is None and registry.supports(layer):
                config = registry.get_quantize_config(layer)
            if config is None:
                raise RuntimeError(
                    f"Layer {layer.name}:{type(layer)} is not supported. You can quantize this "
                    "layer by passing a `quantization.keras.QuantizeConfig` instance to the "
                    "`quantize_annotate_layer` API."
                )
        elif layer.name in entering and registry.supports(layer):
            config = OutputOnlyConfig(registry.get_quantize_config(layer))
        else:
            return layer
        return QuantizeWrapper(layer, config, prefix)

    return exchange(plain, wrap)


def fix_input_output_range(
    model: Any,
    num_bits: int = 8,
    input_min: float = 0.0,
    input_max: float = 1.0,
    output_min: float = 0.0,
    output_max: float = 1.0,
    narrow_range: bool = False,
) -> Any:
    """A quantized model whose inputs and outputs have ranges that are known beforehand.

    Args:
        model: what `quantize_apply` made.
        num_bits: of inputs and outputs.
        input_min, input_max, output_min, output_max: the ranges.
        narrow_range: leave out the lowest integer.

    Returns:
        A model with the same weights. Only outputs that are quantized get the range.
    """
    _check_graph(model, "model")
    if isinstance(model, keras.Sequential):
        last = {model.layers[-1].name}
    else:
        last = {t._keras_history.operation.name for t in model.outputs}

    def fix(layer: Any) -> Any:
        if isinstance(layer, QuantizeLayer):
            quantizer = quantizers.FixedQuantizer(num_bits, input_min, input_max, narrow_range)
            return QuantizeLayer(quantizer, name=layer.name)
        if isinstance(layer, QuantizeWrapper) and layer.name in last:
            config = configs.FixedQuantizeConfig(
                layer.quantize_config, num_bits, output_min, output_max, narrow_range
            )
            return layer.with_config(config)
        return layer

    return exchange(model, fix)


def remove_input_range(model: Any) -> Any:
    """A quantized model whose inputs are left as they are.

    Args:
        model: what `quantize_apply` made.

    Returns:
        A model with the same weights.
    """
    _check_graph(model, "model")

    def remove(layer: Any) -> Any:
        if isinstance(layer, QuantizeLayer):
            return QuantizeLayer(quantizers.NoQuantizer(), name=layer.name)
        return layer

    return exchange(model, remove)


def _entering(model: Any) -> set[str]:
    """Layers that are not annotated, but whose outputs go into such a one alone."""
    found: set[str] = set()
    layers = model.layers
    if isinstance(model, keras.Sequential):
        for a, b in pairwise(layers):
            if isinstance(b, QuantizeAnnotate) and not isinstance(a, QuantizeAnnotate):
                found.add(a.name)
        return found
    for layer in layers:
        if isinstance(layer, QuantizeAnnotate) and layer._inbound_nodes:
            parents = [n.operation for n in layer._inbound_nodes[-1].parent_nodes]
            if len(parents) == 1 and not isinstance(parents[0], QuantizeAnnotate):
                found.add(parents[0].name)
    return found


def _copied(layer: Any) -> Any:
    """A layer of its own with the same weights."""
    try:
        made = type(layer).from_config(layer.get_config())
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"The layer {layer.name!r} cannot be copied ({error}). If it is made of classes or "
            "functions of your own, name them in `quantize_scope`."
        ) from error
    if layer.built and layer.weights:
        made.build_from_config(layer.get_build_config())
        made.set_weights(layer.get_weights())
    return made


def _check_graph(model: Any, name: str) -> None:
    if model is None:
        raise ValueError(f"`{name}` cannot be None")
    if not is_graph(model):
        raise ValueError(
            f"`{name}` can only either be a keras Sequential or Functional model. You passed an "
            f"instance of type: {type(model).__name__}."
        )
