"""The default scheme: 8 bits as TensorFlow Lite computes with them.

Which layers are known, what of each is quantized, and where several layers become one operator, so
that nothing is rounded between them. https://ai.google.dev/edge/litert/models/quantization_spec
"""

from __future__ import annotations

import abc
from itertools import pairwise
from typing import Any

import keras

from tidefall.lite.optimize.models import is_graph
from tidefall.lite.optimize.quantization.keras.config import (
    Default8BitOutputQuantizeConfig,
    Default8BitQuantizeConfig,
    NoOpQuantizeConfig,
    QuantizeConfig,
)
from tidefall.lite.optimize.quantization.keras.wrapper import QuantizeLayer, activation_name

layers = keras.layers


class QuantizeRegistry(abc.ABC):
    """What of which layers is quantized."""

    @abc.abstractmethod
    def supports(self, layer: Any) -> bool:
        """Whether a layer is known."""

    @abc.abstractmethod
    def get_quantize_config(self, layer: Any) -> QuantizeConfig:
        """How a known layer is quantized."""


class QuantizeLayoutTransform(abc.ABC):
    """How a model is changed before its layers are wrapped."""

    @abc.abstractmethod
    def apply(self, model: Any, layer_quantize_map: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """The changed model and map.

        Args:
            model: Sequential or functional, without wrappers.
            layer_quantize_map: by name of each layer to be quantized `{"quantize_config": ...}`.
        """


class QuantizeScheme(abc.ABC):
    """A way to quantize models."""

    @abc.abstractmethod
    def get_layout_transformer(self) -> QuantizeLayoutTransform:
        """How models are changed."""

    @abc.abstractmethod
    def get_quantize_registry(self) -> QuantizeRegistry:
        """What of which layers is quantized."""


_KERNELS = {"Conv2D": True, "DepthwiseConv2D": True, "Conv2DTranspose": False, "Dense": False}
"""Layers with weights, and whether each output channel has a scale."""
_OUTPUTS = (
    "ReLU LeakyReLU Concatenate UpSampling2D AveragePooling1D AveragePooling2D Add "
    "GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D BatchNormalization"
)
_NOTHING = (
    "Softmax Cropping1D Cropping2D Cropping3D ZeroPadding1D ZeroPadding2D ActivityRegularization "
    "Dropout Flatten Permute Reshape SpatialDropout1D SpatialDropout2D SpatialDropout3D "
    "GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D MaxPooling2D MaxPooling1D Identity"
)
_RELU_FUSED = (layers.Add, layers.BatchNormalization)
_OUTPUT_TYPES = tuple(getattr(layers, n) for n in _OUTPUTS.split())
_NOTHING_TYPES = tuple(getattr(layers, n) for n in _NOTHING.split())


class Default8BitQuantizeRegistry(QuantizeRegistry):
    """The layers of Keras that the default scheme knows.

    Args:
        disable_per_axis: one scale for all channels of convolutions.
    """

    def __init__(self, disable_per_axis: bool = False):
        self.disable_per_axis = disable_per_axis

    def supports(self, layer: Any) -> bool:
        kind = type(layer)
        return (
            (kind.__name__ in _KERNELS and kind is getattr(layers, kind.__name__))
            or kind in _OUTPUT_TYPES
            or kind in _NOTHING_TYPES
            or kind is layers.Activation
        )

    def get_quantize_config(self, layer: Any) -> QuantizeConfig:
        """How a layer is quantized.

        Raises:
            ValueError: for layers that are not known.
        """
        if not self.supports(layer):
            raise ValueError(
                f"The layer {layer.name!r} of type {type(layer).__name__} is not known. Ask "
                "supports() first, or use a QuantizeConfig of your own."
            )
        name = type(layer).__name__
        if name in _KERNELS:
            per_axis = _KERNELS[name] and not self.disable_per_axis
            return self.kernel_config(["kernel"], ["activation"], False, per_axis)
        if name == "Activation":
            return Default8BitOutputQuantizeConfig(_rounds(layer.activation))
        if isinstance(layer, _OUTPUT_TYPES):
            return Default8BitOutputQuantizeConfig()
        return NoOpQuantizeConfig()

    kernel_config: Any = Default8BitQuantizeConfig
    """The config of layers with weights."""


def _rounds(activation: Any) -> bool:
    name = activation_name(activation)
    if name in ("relu", "relu6", "silu", "swish", "gelu", "leaky_relu", "elu"):
        return True
    if name in ("linear", "softmax", "sigmoid", "tanh"):
        return False
    raise ValueError(
        f"The activation {name!r} of an Activation layer is not one that is quantized."
    )


class Default8BitQuantizeLayoutTransform(QuantizeLayoutTransform):
    """Inputs are quantized, separable convolutions divided, and fused layers seen as one."""

    def __init__(self, registry: QuantizeRegistry | None = None):
        self.registry = registry or Default8BitQuantizeRegistry()

    def apply(self, model: Any, layer_quantize_map: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """The model with layers for its inputs, and configs for all layers that are known."""
        found = dict(layer_quantize_map)
        model = _rebuilt(model, found)
        by_name = {layer.name: layer for layer in model.layers}
        fixed = {n for n, v in found.items() if v.get("quantize_config") is not None}
        for name, entry in found.items():
            layer = by_name.get(name)
            if name not in fixed and layer is not None and self.registry.supports(layer):
                found[name] = {**entry, "quantize_config": self.registry.get_quantize_config(layer)}
        following = _following(model)
        for name in found:
            layer = by_name.get(name)
            if layer is not None and name not in fixed:
                self._fuse(layer, following, found, fixed)
        return model, found

    def _fuse(self, layer: Any, following: Any, found: dict[str, Any], fixed: set[str]) -> None:
        """Round nothing between layers that become one operator."""

        def only(layer: Any) -> Any:
            after = following.get(layer.name, [])
            one = after[0] if len(after) == 1 else None
            return one if one is not None and one.name in found and one.name not in fixed else None

        def silence(layer: Any) -> None:
            config = found[layer.name].get("quantize_config")
            if isinstance(config, Default8BitQuantizeConfig):
                linear = activation_name(getattr(layer, "activation", None)) == "linear"
                found[layer.name] = {"quantize_config": config.without_output(linear)}

        after = only(layer)
        if type(layer).__name__ in _KERNELS and _is_linear(layer):
            if after is not None and isinstance(after, layers.Reshape):
                after = only(after)  # of a separable convolution in one dimension
            if isinstance(after, layers.BatchNormalization):
                silence(layer)
                then = only(after)
                if then is not None and _is_relu(then):
                    silence(after)
            elif after is not None and _is_relu(after):
                silence(layer)
        if isinstance(layer, _RELU_FUSED) and after is not None and _is_relu(after):
            silence(layer)
        if isinstance(after, layers.Concatenate) and type(layer).__name__ not in _KERNELS:
            silence(layer)


class Default8BitQuantizeScheme(QuantizeScheme):
    """8 bits: weights symmetric, by channel in convolutions; activations in a range of their own.

    Args:
        disable_per_axis: one scale for all channels of convolutions.
    """

    registry: type[Default8BitQuantizeRegistry] = Default8BitQuantizeRegistry

    def __init__(self, disable_per_axis: bool = False):
        self._registry = self.registry(disable_per_axis)

    def get_layout_transformer(self) -> QuantizeLayoutTransform:
        return Default8BitQuantizeLayoutTransform(self._registry)

    def get_quantize_registry(self) -> QuantizeRegistry:
        return self._registry


def _is_linear(layer: Any) -> bool:
    return activation_name(getattr(layer, "activation", None)) == "linear"


def _is_relu(layer: Any) -> bool:
    if isinstance(layer, layers.Activation):
        return activation_name(layer.activation) in ("relu", "relu6")
    return isinstance(layer, layers.ReLU) and not layer.negative_slope and not layer.threshold


def _following(model: Any) -> dict[str, list[Any]]:
    """The layers that the output of each goes into; a model's outputs count as one more."""
    found: dict[str, list[Any]] = {}
    if isinstance(model, keras.Sequential):
        for a, b in pairwise(model.layers):
            found[a.name] = [b]
        return found
    # A layer may have other nodes, of models that it came from.
    for node in (n for nodes in model._nodes_by_depth.values() for n in nodes):
        for parent in node.parent_nodes:
            found.setdefault(parent.operation.name, []).append(node.operation)
    for tensor in model.outputs:
        found.setdefault(tensor._keras_history.operation.name, []).append(_Out())
    return found


class _Out:
    name = ""


def _rebuilt(model: Any, found: dict[str, Any]) -> Any:
    """The model with `QuantizeLayer` after its inputs, and separable convolutions in two."""
    assert is_graph(model)
    if isinstance(model, keras.Sequential):
        made: list[Any] = [keras.Input(batch_shape=model.input_shape, dtype=model.inputs[0].dtype)]
        if model.layers and model.layers[0].name in found:
            made.append(QuantizeLayer(name="quantize_layer"))
        for layer in model.layers:
            made += _divided(layer, found)
        return keras.Sequential(made, name=model.name)
    quantized: dict[int, Any] = {}

    def enter(tensor: Any) -> Any:
        history = getattr(tensor, "_keras_history", None)
        if history is None or not isinstance(history.operation, layers.InputLayer):
            return tensor
        if id(tensor) not in quantized:
            name = "quantize_layer" if not quantized else f"quantize_layer_{len(quantized)}"
            quantized[id(tensor)] = QuantizeLayer(name=name)(tensor)
        return quantized[id(tensor)]

    parts: dict[str, list[Any]] = {}

    def call(layer: Any, *args: Any, **kwargs: Any) -> Any:
        if layer.name in found or layer.name in parts:
            entered: Any = keras.tree.map_structure(enter, (args, kwargs))
            args, kwargs = entered
        out = layer(*args, **kwargs)
        for more in parts.get(layer.name, []):
            out = more(out)
        return out

    def change(layer: Any) -> Any:
        if not isinstance(layer, layers.Layer):
            return layer
        first, *rest = _divided(layer, found)
        parts[first.name] = rest
        return first

    return keras.models.clone_model(model, clone_function=change, call_function=call)


def _divided(layer: Any, found: dict[str, Any]) -> list[Any]:
    """A separable convolution as the two that it is made of; another layer as it is."""
    if type(layer) is not layers.SeparableConv2D or layer.name not in found:
        return [layer]
    if found[layer.name].get("quantize_config") is not None:
        return [layer]
    depthwise = layers.DepthwiseConv2D(
        layer.kernel_size, layer.strides, layer.padding, layer.depth_multiplier, layer.data_format,
        layer.dilation_rate, use_bias=False, name=f"{layer.name}_depthwise",
    )  # fmt: skip
    pointwise = layers.Conv2D(
        layer.filters, 1, data_format=layer.data_format, activation=layer.activation,
        use_bias=layer.use_bias, name=f"{layer.name}_pointwise",
    )  # fmt: skip
    built: Any = layer.get_build_config()
    inputs = built["input_shape"]
    depthwise.build(inputs)
    pointwise.build(depthwise.compute_output_shape(inputs))
    weights = layer.get_weights()
    depthwise.set_weights(weights[:1])
    pointwise.set_weights(weights[1:])
    del found[layer.name]
    found[depthwise.name] = {"quantize_config": None}
    found[pointwise.name] = {"quantize_config": None}
    return [depthwise, pointwise]
