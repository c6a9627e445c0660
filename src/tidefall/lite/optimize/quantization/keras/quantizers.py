"""Quantizers: how a tensor's range is found, and what it becomes in that range."""

from __future__ import annotations

import abc
from typing import Any

import keras

from tidefall.lite.optimize.models import uncast
from tidefall.ops.quantization.fake_quant import (
    fake_quant_with_min_max_args,
    fake_quant_with_min_max_vars,
    fake_quant_with_min_max_vars_per_channel,
)

ops: Any = keras.ops
PACKAGE = "tidefall"
register = keras.saving.register_keras_serializable


class Quantizer(abc.ABC):
    """Rounds a tensor as integers will; subclass it for a way of your own."""

    @abc.abstractmethod
    def build(self, tensor_shape: Any, name: str, layer: Any) -> Any:
        """Make the variables it needs with `layer.add_weight`.

        Args:
            tensor_shape: of what is quantized; None where it does not matter.
            name: what names of variables begin with.
            layer: the wrapper that keeps them.

        Returns:
            A dict of them by name, or None.
        """

    def take(self, weight: Any, made: Any) -> None:  # noqa: B027 - most need nothing of it
        """Look at the weight that is quantized, once its variables are made.

        Args:
            weight: the layer's variable.
            made: what `build` returned.
        """

    @abc.abstractmethod
    def __call__(self, inputs: Any, training: Any, weights: Any, **kwargs: Any) -> Any:
        """The rounded tensor; in training the range is taken note of first.

        Args:
            inputs: a float tensor.
            training: bool.
            weights: what `build` returned.
        """

    @abc.abstractmethod
    def get_config(self) -> dict[str, Any]:
        """The arguments."""

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The quantizer of a config."""
        return cls(**config)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.get_config() == other.get_config()  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash(type(self))


class _Ranged(Quantizer):
    """With a range that is learned: the variables `min_var` and `max_var`.

    Args:
        num_bits: 2 to 16.
        per_axis: whether each slice along the last dimension has a range of its own.
        symmetric: whether zero is in the middle of the range.
        narrow_range: leave out the lowest integer: -127 to 127 for 8 bits.
    """

    first = (-6.0, 6.0)
    """The range before anything was seen."""

    def __init__(self, num_bits: int, per_axis: bool, symmetric: bool, narrow_range: bool):
        self.num_bits, self.per_axis = num_bits, per_axis
        self.symmetric, self.narrow_range = symmetric, narrow_range

    def build(self, tensor_shape: Any, name: str, layer: Any) -> dict[str, Any]:
        shape = (tensor_shape[-1],) if self.per_axis and tensor_shape is not None else ()
        made: dict[str, Any] = {}
        for end, value in zip(("min", "max"), self.first, strict=True):
            made[f"{end}_var"] = layer.add_weight(
                name=f"{name}_{end}", shape=shape, trainable=False, dtype="float32", autocast=False,
                initializer=keras.initializers.Constant(value),
            )  # fmt: skip
        return made

    def __call__(self, inputs: Any, training: Any, weights: Any, **kwargs: Any) -> Any:
        x = ops.cast(inputs, "float32")
        low, high = weights["min_var"], weights["max_var"]
        if training:
            new_low, new_high = self.seen(x, uncast(low), uncast(high))
            low.assign(new_low)
            high.assign(new_high)
        quantize = fake_quant_with_min_max_vars
        per_channel = self.per_axis and len(low.shape) == 1
        if per_channel:
            quantize = fake_quant_with_min_max_vars_per_channel
        rounded = quantize(x, uncast(low), uncast(high), self.num_bits, self.narrow_range)
        return ops.cast(rounded, inputs.dtype)

    def seen(self, x: Any, low: Any, high: Any) -> tuple[Any, Any]:
        """The new range, after a tensor with another one."""
        raise NotImplementedError

    def batch_range(self, x: Any) -> tuple[Any, Any]:
        """The range of a tensor, widened to hold zero."""
        axes = tuple(range(len(x.shape) - 1)) if self.per_axis else None
        low, high = ops.min(x, axis=axes), ops.max(x, axis=axes)
        if not self.symmetric:
            return ops.minimum(low, 0.0), ops.maximum(high, 0.0)
        steps = 2**self.num_bits
        ratio = -1.0 if self.narrow_range else -(steps - 2) / steps
        return ops.minimum(low, high / ratio), ops.maximum(high, low * ratio)

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        names = ("num_bits", "per_axis", "symmetric", "narrow_range")
        return {n: getattr(self, n) for n in names}


@register(PACKAGE, "LastValueQuantizer")
class LastValueQuantizer(_Ranged):
    """In the range of the last tensor, as weights are quantized.

    Arguments as `AllValuesQuantizer`.
    """

    def seen(self, x: Any, low: Any, high: Any) -> tuple[Any, Any]:
        return self.batch_range(x)


@register(PACKAGE, "MovingAverageQuantizer")
class MovingAverageQuantizer(_Ranged):
    """In a range that follows those of batches slowly, by a thousandth of the way each time.

    Arguments as `AllValuesQuantizer`.
    """

    decay = 0.999

    def build(self, tensor_shape: Any, name: str, layer: Any) -> dict[str, Any]:
        return super().build(tensor_shape if self.per_axis else None, name, layer)

    def seen(self, x: Any, low: Any, high: Any) -> tuple[Any, Any]:
        batch_low, batch_high = self.batch_range(x)
        rate = 1.0 - self.decay
        return low - (low - batch_low) * rate, high - (high - batch_high) * rate


@register(PACKAGE, "AllValuesQuantizer")
class AllValuesQuantizer(_Ranged):
    """In the range of all that was ever seen, as inputs are quantized.

    Args:
        num_bits: 2 to 16.
        per_axis: taken for symmetry with the others; there is one range.
        symmetric: whether zero is in the middle of the range.
        narrow_range: leave out the lowest integer: -127 to 127 for 8 bits.
    """

    first = (0.0, 0.0)

    def build(self, tensor_shape: Any, name: str, layer: Any) -> dict[str, Any]:
        return super().build(None, name, layer)

    def batch_range(self, x: Any) -> tuple[Any, Any]:
        shared = LastValueQuantizer(self.num_bits, False, self.symmetric, self.narrow_range)
        return shared.batch_range(x)

    def seen(self, x: Any, low: Any, high: Any) -> tuple[Any, Any]:
        batch_low, batch_high = self.batch_range(x)
        return (
            ops.minimum(ops.minimum(low, batch_low), 0.0),
            ops.maximum(ops.maximum(high, batch_high), 0.0),
        )


@register(PACKAGE, "FixedQuantizer")
class FixedQuantizer(Quantizer):
    """In a range that is given.

    Args:
        num_bits: 2 to 16.
        init_min, init_max: the range.
        narrow_range: leave out the lowest integer.
    """

    def __init__(self, num_bits: int, init_min: float, init_max: float, narrow_range: bool):
        self.num_bits, self.init_min, self.init_max = num_bits, init_min, init_max
        self.narrow_range = narrow_range

    def build(self, tensor_shape: Any, name: str, layer: Any) -> None:
        """Nothing to make."""

    def __call__(self, inputs: Any, training: Any, weights: Any, **kwargs: Any) -> Any:
        x = ops.cast(inputs, "float32")
        rounded = fake_quant_with_min_max_args(
            x, self.init_min, self.init_max, self.num_bits, self.narrow_range
        )
        return ops.cast(rounded, inputs.dtype)

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        names = ("num_bits", "init_min", "init_max", "narrow_range")
        return {n: getattr(self, n) for n in names}


@register(PACKAGE, "NoQuantizer")
class NoQuantizer(Quantizer):
    """Leaves tensors as they are."""

    def build(self, tensor_shape: Any, name: str, layer: Any) -> None:
        """Nothing to make."""

    def __call__(self, inputs: Any, training: Any, weights: Any, **kwargs: Any) -> Any:
        return inputs

    def get_config(self) -> dict[str, Any]:
        """No arguments."""
        return {}


def weights_8bit(per_axis: bool) -> LastValueQuantizer:
    """How the format wants weights: symmetric, from -127 to 127."""
    return LastValueQuantizer(8, per_axis, symmetric=True, narrow_range=True)


def activations_8bit() -> MovingAverageQuantizer:
    """How the format wants activations: one range with zero anywhere in it."""
    return MovingAverageQuantizer(8, False, symmetric=False, narrow_range=False)
