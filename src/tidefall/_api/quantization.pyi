# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.quantization`."""

import tidefall as tf
from tidefall._api._types import DTypeLike
from tidefall._api._types import TensorLike
from typing import Any

def dequantize(input: TensorLike, min_range: Any, max_range: Any, mode: str = 'MIN_COMBINED', name: str | None = None, axis: int | None = None, narrow_range: bool = False, dtype: DTypeLike = tf.float32) -> tf.Tensor:
    """The floating-point numbers that integers of a quantized dtype stand for."""
def fake_quant_with_min_max_args(inputs: TensorLike, min: float = -6, max: float = 6, num_bits: int = 8, narrow_range: bool = False, name: str | None = None) -> tf.Tensor:
    """Numbers rounded to what `num_bits` bits can tell apart between two fixed limits."""
def fake_quant_with_min_max_args_gradient(gradients: TensorLike, inputs: Any, min: float = -6, max: float = 6, num_bits: int = 8, narrow_range: bool = False, name: str | None = None) -> tf.Tensor:
    """Gradient of `fake_quant_with_min_max_args`: that of the elements within the limits."""
def fake_quant_with_min_max_vars(inputs: TensorLike, min: Any, max: Any, num_bits: int = 8, narrow_range: bool = False, name: str | None = None) -> tf.Tensor:
    """Numbers rounded to what `num_bits` bits can tell apart between limits that may be learned."""
def fake_quant_with_min_max_vars_gradient(gradients: TensorLike, inputs: Any, min: Any, max: Any, num_bits: int = 8, narrow_range: bool = False, name: str | None = None) -> tf.raw_ops._FakeQuantWithMinMaxVarsGradient:
    """Gradients of `fake_quant_with_min_max_vars`."""
def fake_quant_with_min_max_vars_per_channel(inputs: TensorLike, min: TensorLike, max: TensorLike, num_bits: int = 8, narrow_range: bool = False, name: str | None = None) -> tf.Tensor:
    """Numbers rounded to what `num_bits` bits can tell apart, with limits for each channel."""
def fake_quant_with_min_max_vars_per_channel_gradient(gradients: TensorLike, inputs: Any, min: Any, max: Any, num_bits: int = 8, narrow_range: bool = False, name: str | None = None) -> tf.raw_ops._FakeQuantWithMinMaxVarsPerChannelGradient:
    """Gradients of `fake_quant_with_min_max_vars_per_channel`."""
def quantize(input: TensorLike, min_range: TensorLike, max_range: TensorLike, T: Any, mode: str = 'MIN_COMBINED', round_mode: str = 'HALF_AWAY_FROM_ZERO', name: str | None = None, narrow_range: bool = False, axis: int | None = None, ensure_minimum_range: float = 0.01) -> tf.raw_ops._QuantizeV2:
    """Floating-point numbers as integers of a quantized dtype."""
def quantize_and_dequantize(input: TensorLike, input_min: TensorLike, input_max: TensorLike, signed_input: bool = True, num_bits: int = 8, range_given: bool = False, round_mode: str = 'HALF_TO_EVEN', name: str | None = None, narrow_range: bool = False, axis: int | None = None) -> tf.Tensor:
    """Numbers rounded to what `num_bits` bits can tell apart; the gradient passes unchanged."""
def quantize_and_dequantize_v2(input: TensorLike, input_min: Any, input_max: Any, signed_input: bool = True, num_bits: int = 8, range_given: bool = False, round_mode: str = 'HALF_TO_EVEN', name: str | None = None, narrow_range: bool = False, axis: int | None = None) -> tf.Tensor:
    """Numbers rounded to what `num_bits` bits can tell apart; outside the range no gradient passes."""
def quantized_concat(concat_dim: Any, values: TensorLike, input_mins: Any, input_maxes: Any, name: str | None = None) -> tf.raw_ops._QuantizedConcat:
    """Join quantized tensors along a dimension, in one range that holds all of theirs."""
