"""What kernels do with their results in place (native/post_ops.h)."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from enum import IntEnum

from tidefall.native.library import Ints


class PostOp(IntEnum):
    """A step, by the number that the kernels know it by.

    The last three take an array each: MUL and BIAS_ADD a vector for the channels, ADD one like the
    result.
    """

    RELU = 0
    RELU6 = 1
    ELU = 2
    LEAKY_RELU = 3
    SIGMOID = 4
    TANH = 5
    SWISH = 6
    MUL = 7
    BIAS_ADD = 8
    ADD = 9


def post_ops(steps: Sequence[PostOp], alpha: float = 0.0) -> Ints:
    """The settings for some steps, in order; `alpha` is for LEAKY_RELU."""
    bits = struct.unpack("q", struct.pack("d", alpha))[0]
    return tuple(setting for step in steps for setting in (int(step), bits))
