# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.bitwise`."""

from collections.abc import Sequence
import tidefall as tf
from tidefall._api._types import TensorLike
from typing import Any
from typing import overload

@overload
def bitwise_and(x: TensorLike, y: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def bitwise_and(x: TensorLike | tf.__internal__.CompositeTensor, y: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Bits set in both inputs, elementwise."""
@overload
def bitwise_or(x: TensorLike, y: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def bitwise_or(x: TensorLike | tf.__internal__.CompositeTensor, y: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Bits set in at least one input, elementwise."""
@overload
def bitwise_xor(x: TensorLike, y: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def bitwise_xor(x: TensorLike | tf.__internal__.CompositeTensor, y: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Bits set in exactly one input, elementwise."""
@overload
def invert(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def invert(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Every bit flipped, elementwise."""
@overload
def left_shift(x: TensorLike, y: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def left_shift(x: TensorLike | tf.__internal__.CompositeTensor, y: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Bits moved up by `y` places, elementwise."""
@overload
def right_shift(x: TensorLike, y: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def right_shift(x: TensorLike | tf.__internal__.CompositeTensor, y: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Bits moved down by `y` places, elementwise; signed numbers keep their sign."""
