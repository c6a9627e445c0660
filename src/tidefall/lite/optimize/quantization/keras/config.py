"""What of a layer is quantized, and how."""

from __future__ import annotations

import abc
from typing import Any

from tidefall.lite.optimize.quantization.keras.quantizers import (
    PACKAGE,
    FixedQuantizer,
    Quantizer,
    activations_8bit,
    register,
    weights_8bit,
)


class QuantizeConfig(abc.ABC):
    """Which weights, activations and outputs of a layer are quantized; subclass it for your own."""

    @abc.abstractmethod
    def get_weights_and_quantizers(self, layer: Any) -> list[tuple[Any, Quantizer]]:
        """The variables that are quantized, each with its quantizer."""

    @abc.abstractmethod
    def get_activations_and_quantizers(self, layer: Any) -> list[tuple[Any, Quantizer]]:
        """The activation functions around which is quantized, each with its quantizer."""

    @abc.abstractmethod
    def set_quantize_weights(self, layer: Any, quantize_weights: list[Any]) -> None:
        """Set quantized weights as attributes.

        Layers of Keras 3 do not let their variables be replaced. They read the quantized values by
        themselves, and this is not called.
        """

    @abc.abstractmethod
    def set_quantize_activations(self, layer: Any, quantize_activations: list[Any]) -> None:
        """Set the functions that quantize as attributes, in the order in which they were given."""

    @abc.abstractmethod
    def get_output_quantizers(self, layer: Any) -> list[Quantizer]:
        """The quantizer of the layer's output in a list; an empty list for none."""

    @abc.abstractmethod
    def get_config(self) -> dict[str, Any]:
        """The arguments."""

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The config of its arguments."""
        return cls(**config)


@register(PACKAGE, "Default8BitQuantizeConfig")
class Default8BitQuantizeConfig(QuantizeConfig):
    """Weights, activations and outputs by attribute, in 8 bits.

    Args:
        weight_attrs: names of attributes that are weights.
        activation_attrs: names of attributes that are activation functions.
        quantize_output: whether the output is quantized beside.
        per_axis: whether each output channel of weights has a scale of its own.
    """

    def __init__(
        self,
        weight_attrs: Any,
        activation_attrs: Any,
        quantize_output: bool,
        per_axis: bool = False,
    ):
        self.weight_attrs, self.activation_attrs = list(weight_attrs), list(activation_attrs)
        self.quantize_output, self.per_axis = quantize_output, per_axis
        self.weight_quantizer: Quantizer = weights_8bit(per_axis)
        self.activation_quantizer: Quantizer = activations_8bit()

    def get_weights_and_quantizers(self, layer: Any) -> list[tuple[Any, Quantizer]]:
        return [(getattr(layer, name), self.weight_quantizer) for name in self.weight_attrs]

    def get_activations_and_quantizers(self, layer: Any) -> list[tuple[Any, Quantizer]]:
        return [(getattr(layer, name), self.activation_quantizer) for name in self.activation_attrs]

    def set_quantize_weights(self, layer: Any, quantize_weights: list[Any]) -> None:
        for name, value in zip(self.weight_attrs, quantize_weights, strict=True):
            setattr(layer, name, value)

    def set_quantize_activations(self, layer: Any, quantize_activations: list[Any]) -> None:
        for name, value in zip(self.activation_attrs, quantize_activations, strict=True):
            setattr(layer, name, value)

    def get_output_quantizers(self, layer: Any) -> list[Quantizer]:
        return [self.activation_quantizer] if self.quantize_output else []

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        names = ("weight_attrs", "activation_attrs", "quantize_output", "per_axis")
        return {n: getattr(self, n) for n in names}

    def without_output(self, linear: bool = True) -> Default8BitQuantizeConfig:
        """The same, but what comes out is quantized by what comes next.

        Args:
            linear: whether the layer's activation does nothing, so that it is left out too.
        """
        changed = {"activation_attrs": [] if linear else self.activation_attrs}
        return type(self)(**{**self.get_config(), **changed, "quantize_output": False})


@register(PACKAGE, "Default8BitOutputQuantizeConfig")
class Default8BitOutputQuantizeConfig(Default8BitQuantizeConfig):
    """Only the output, in 8 bits."""

    def __init__(self, quantize_output: bool = True):
        super().__init__([], [], quantize_output)

    def get_config(self) -> dict[str, Any]:
        """The argument."""
        return {"quantize_output": self.quantize_output}

    def without_output(self, linear: bool = True) -> Default8BitQuantizeConfig:
        """Nothing."""
        return type(self)(False)


@register(PACKAGE, "NoOpQuantizeConfig")
class NoOpQuantizeConfig(Default8BitOutputQuantizeConfig):
    """Nothing of the layer."""

    def __init__(self) -> None:
        super().__init__(False)

    def get_config(self) -> dict[str, Any]:
        """No arguments."""
        return {}


class _Around(QuantizeConfig):
    """What another config says of weights and activations, and an output of its own."""

    def __init__(self, quantize_config: QuantizeConfig):
        self.quantize_config = quantize_config

    def get_weights_and_quantizers(self, layer: Any) -> list[tuple[Any, Quantizer]]:
        return self.quantize_config.get_weights_and_quantizers(layer)

    def get_activations_and_quantizers(self, layer: Any) -> list[tuple[Any, Quantizer]]:
        return self.quantize_config.get_activations_and_quantizers(layer)

    def set_quantize_weights(self, layer: Any, quantize_weights: list[Any]) -> None:
        self.quantize_config.set_quantize_weights(layer, quantize_weights)

    def set_quantize_activations(self, layer: Any, quantize_activations: list[Any]) -> None:
        self.quantize_config.set_quantize_activations(layer, quantize_activations)

    def get_output_quantizers(self, layer: Any) -> list[Quantizer]:
        return self.quantize_config.get_output_quantizers(layer)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        import keras

        inner = keras.saving.deserialize_keras_object(config["quantize_config"])
        return cls(**{**config, "quantize_config": inner})

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        import keras

        return {"quantize_config": keras.saving.serialize_keras_object(self.quantize_config)}


@register(PACKAGE, "OutputOnlyConfig")
class OutputOnlyConfig(_Around):
    """The output of a layer that is not quantized itself, for one after it that is."""

    def get_weights_and_quantizers(self, layer: Any) -> list[tuple[Any, Quantizer]]:
        return []

    def get_activations_and_quantizers(self, layer: Any) -> list[tuple[Any, Quantizer]]:
        return []

    def set_quantize_weights(self, layer: Any, quantize_weights: list[Any]) -> None:
        """Nothing to set."""

    def set_quantize_activations(self, layer: Any, quantize_activations: list[Any]) -> None:
        """Nothing to set."""

    def get_output_quantizers(self, layer: Any) -> list[Quantizer]:
        return [activations_8bit()]


@register(PACKAGE, "FixedQuantizeConfig")
class FixedQuantizeConfig(_Around):
    """Another config, but for an output in a range that is given."""

    def __init__(
        self,
        quantize_config: QuantizeConfig,
        num_bits: int,
        init_min: float,
        init_max: float,
        narrow_range: bool,
    ):
        super().__init__(quantize_config)
        self.quantizer = FixedQuantizer(num_bits, init_min, init_max, narrow_range)

    def get_activations_and_quantizers(self, layer: Any) -> list[tuple[Any, Quantizer]]:
        return [(f, self.quantizer) for f, _ in super().get_activations_and_quantizers(layer)]

    def get_output_quantizers(self, layer: Any) -> list[Quantizer]:
        return [self.quantizer] if super().get_output_quantizers(layer) else []

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return {**super().get_config(), **self.quantizer.get_config()}
