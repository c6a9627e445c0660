"""What kernels do with their results in place (native/post_ops.h)."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from tidefall.native.library import Ints

_NAMES = (
    *("Relu", "Relu6", "Elu", "LeakyRelu", "Sigmoid", "Tanh", "Swish"),
    *("Mul", "BiasAdd", "Add"),
)
"""By the number that the kernels know them by. Those of the second line take an array each: `Mul`
and `BiasAdd` a vector for the channels, `Add` one like the result."""


def post_ops(names: Sequence[str], alpha: float = 0.0) -> Ints:
    """The settings for some steps, in order; `alpha` is for LeakyRelu."""
    bits = struct.unpack("q", struct.pack("d", alpha))[0]
    return tuple(setting for name in names for setting in (_NAMES.index(name), bits))
