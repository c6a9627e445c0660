"""Layers that compute as their integer forms will."""

from __future__ import annotations

from typing import Any

import keras

from tidefall.lite.optimize.models import Wrapped, uncast
from tidefall.lite.optimize.quantization.keras.config import QuantizeConfig
from tidefall.lite.optimize.quantization.keras.quantizers import (
    PACKAGE,
    AllValuesQuantizer,
    Quantizer,
    register,
)

BEFORE = frozenset({"softmax", "sigmoid", "tanh", "gelu"})
"""Activations that are operators of their own, whose input is quantized; the scale of their output
is prescribed by the format, but for gelu."""
AFTER = frozenset({"linear", "relu", "relu6", "silu", "swish", "gelu", "leaky_relu", "elu"})
"""Activations whose output is quantized."""


def activation_name(activation: Any) -> str:
    """The name of an activation function."""
    return getattr(activation, "__name__", type(activation).__name__)


@register(PACKAGE, "QuantizeAnnotate")
class QuantizeAnnotate(Wrapped):
    """A layer that `quantize_apply` is to quantize; until then it is as it was.

    Args:
        layer: the layer.
        quantize_config: how; None for the scheme's way.
    """

    def __init__(self, layer: Any, quantize_config: QuantizeConfig | None = None, **kwargs: Any):
        super().__init__(layer, **kwargs)
        self.quantize_config = quantize_config

    def call(self, inputs: Any, training: bool | None = None, **kwargs: Any) -> Any:
        return self.call_layer(inputs, training, kwargs)

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return {**super().get_config(), **_serialized(self.quantize_config)}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """The wrapper of a config."""
        return cls(**_deserialized(config, custom_objects))

    def get_quantize_config(self) -> QuantizeConfig | None:
        """How the layer is to be quantized."""
        return self.quantize_config


@register(PACKAGE, "QuantizeWrapperV2")
class QuantizeWrapper(Wrapped):
    """A layer whose weights, activations and outputs are rounded as its config says.

    Args:
        layer: the layer.
        quantize_config: what and how.
        name_prefix: what goes before the layer's name.

    Raises:
        ValueError: for a model, or without a config.
    """

    def __init__(
        self,
        layer: Any,
        quantize_config: QuantizeConfig,
        name_prefix: str = "quant_",
        **kwargs: Any,
    ):
        if not isinstance(layer, keras.layers.Layer) or isinstance(layer, keras.Model):
            raise ValueError(
                "`layer` can only be a `keras.layers.Layer` instance. You passed an instance of "
                f"type: {type(layer).__name__}."
            )
        if quantize_config is None:
            raise ValueError("quantize_config cannot be None. It is needed to quantize a layer.")
        kwargs.setdefault("name", f"{name_prefix}{layer.name}")
        super().__init__(layer, **kwargs)
        self.quantize_config = quantize_config
        self.quantized_weights: list[tuple[Any, Quantizer, Any]] = []
        self._around: list[tuple[Any, Quantizer, Any, Any]] = []
        self._output: tuple[Quantizer, Any] | None = None

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        config = self.quantize_config
        self.optimizer_step = self.add_weight(
            name="optimizer_step", shape=(), dtype="int32", trainable=False,
            initializer=keras.initializers.Constant(-1),
        )  # fmt: skip
        for weight, quantizer in config.get_weights_and_quantizers(self.layer):
            made = quantizer.build(weight.shape, weight.name, self)
            if isinstance(quantizer, Quantizer):  # else it is one of another's own
                quantizer.take(weight, made)
            self.quantized_weights.append((weight, quantizer, made))
        for function, quantizer in config.get_activations_and_quantizers(self.layer):
            name = activation_name(function)
            if name not in BEFORE | AFTER:
                raise ValueError(
                    f"The activation {name!r} of {self.layer.name!r} is not one that can be "
                    f"quantized: {', '.join(sorted(BEFORE | AFTER))}. Pass a QuantizeConfig of "
                    "your own to quantize_annotate_layer."
                )
            before = quantizer.build(None, "pre_activation", self) if name in BEFORE else None
            after = quantizer.build(None, "post_activation", self) if name in AFTER else None
            self._around.append((function, quantizer, before, after))
        found = config.get_output_quantizers(self.layer)
        if found:
            self._output = found[0], found[0].build(None, "output", self)

    def call(self, inputs: Any, training: bool | None = None, **kwargs: Any) -> Any:
        functions = [self._quantized(training, *each) for each in self._around]
        if functions:
            self.quantize_config.set_quantize_activations(self.layer, functions)
        try:
            outputs = self._call_with_weights(inputs, training, kwargs)
        finally:
            if functions:
                originals = [each[0] for each in self._around]
                self.quantize_config.set_quantize_activations(self.layer, originals)
        if self._output is None:
            return outputs
        if isinstance(outputs, (list, tuple)):
            raise ValueError(f"{self.layer.name!r} has several outputs, which are not quantized.")
        quantizer, variables = self._output
        return quantizer(outputs, bool(training), weights=variables)

    def with_config(self, config: QuantizeConfig) -> QuantizeWrapper:
        """The same layer, quantized otherwise; what both quantize keeps its range."""
        made = QuantizeWrapper(self.layer, config, name=self.name)
        made.build(None)
        kept = {v.name: v for v in self.non_trainable_variables}
        for variable in made.non_trainable_variables:
            if variable.name in kept:
                variable.assign(kept[variable.name])
        return made

    def _quantized(
        self, training: bool | None, function: Any, quantizer: Quantizer, before: Any, after: Any
    ) -> Any:
        """A function that rounds what goes into an activation and what comes out of it."""
        name = activation_name(function)

        def activation(x: Any, *args: Any, **kwargs: Any) -> Any:
            if name in BEFORE:
                x = quantizer(x, bool(training), weights=before)
            x = function(x, *args, **kwargs)
            return quantizer(x, bool(training), weights=after) if name in AFTER else x

        return activation

    def _call_with_weights(self, inputs: Any, training: Any, kwargs: dict[str, Any]) -> Any:
        """Call the layer, which reads rounded values where it reads its variables."""
        if not self.quantized_weights:
            return self.call_layer(inputs, training, kwargs)
        rounded = [
            (weight, quantizer(uncast(weight), bool(training), weights=made))
            for weight, quantizer, made in self.quantized_weights
        ]
        return self.call_with(rounded, inputs, training, kwargs)

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return {**super().get_config(), **_serialized(self.quantize_config)}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """The wrapper of a config."""
        return cls(**_deserialized(config, custom_objects))


QuantizeWrapperV2 = QuantizeWrapper


@register(PACKAGE, "QuantizeLayer")
class QuantizeLayer(keras.layers.Layer):
    """Rounds an input of a model.

    Args:
        quantizer: how; in the range of all values seen by default.
    """

    def __init__(self, quantizer: Quantizer | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.quantizer = quantizer or AllValuesQuantizer(8, False, False, False)

    def build(self, input_shape: Any) -> None:
        """Make the quantizer's variables."""
        self._kept = self.quantizer.build(None, self.name, self)
        self.built = True

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        return self.quantizer(inputs, bool(training), weights=self._kept)

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        saved = keras.saving.serialize_keras_object(self.quantizer)
        return {**super().get_config(), "quantizer": saved}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The layer of a config."""
        quantizer = keras.saving.deserialize_keras_object(config["quantizer"])
        return cls(**{**config, "quantizer": quantizer})


def _serialized(config: QuantizeConfig | None) -> dict[str, Any]:
    saved = None if config is None else keras.saving.serialize_keras_object(config)
    return {"quantize_config": saved}


def _deserialized(config: dict[str, Any], custom_objects: Any) -> dict[str, Any]:
    made = dict(config)
    made["layer"] = keras.saving.deserialize_keras_object(config["layer"], custom_objects)
    if config["quantize_config"] is not None:
        made["quantize_config"] = keras.saving.deserialize_keras_object(
            config["quantize_config"], custom_objects
        )
    return made
