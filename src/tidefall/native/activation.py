"""Activations that kernels apply to their results in place (native/activation.h)."""

from __future__ import annotations

import struct

from tidefall.native.library import Ints

_NAMES = ("", "Relu", "Relu6", "Elu", "LeakyRelu", "Sigmoid", "Tanh")
"""TensorFlow's ops, by the number that the kernels know them by."""


def activation(name: str = "", alpha: float = 0.0) -> Ints:
    """The settings for an activation; for none without a name."""
    return _NAMES.index(name), struct.unpack("q", struct.pack("d", alpha))[0]
