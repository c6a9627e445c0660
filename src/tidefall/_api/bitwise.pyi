# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.bitwise`."""

import tidefall as tf
from tidefall._api._types import TensorLike
from typing import Any

def bitwise_and(x: TensorLike, y: TensorLike, name: str | None = None) -> tf.Tensor:
    """Bits set in both inputs, elementwise."""
def bitwise_or(x: TensorLike, y: TensorLike, name: str | None = None) -> tf.Tensor:
    """Bits set in at least one input, elementwise."""
def bitwise_xor(x: TensorLike, y: TensorLike, name: str | None = None) -> tf.Tensor:
    """Bits set in exactly one input, elementwise."""
def invert(x: TensorLike, name: str | None = None) -> tf.Tensor:
    """Every bit flipped, elementwise."""
def left_shift(x: TensorLike, y: Any, name: str | None = None) -> tf.Tensor:
    """Bits moved up by `y` places, elementwise."""
def right_shift(x: TensorLike, y: Any, name: str | None = None) -> tf.Tensor:
    """Bits moved down by `y` places, elementwise; signed numbers keep their sign."""
