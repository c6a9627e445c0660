"""Convolutions of floats by oneDNN, where the native kernels are there.

They are called from NumPy kernels by ctypes, and from programs that XLA compiles as custom calls.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tidefall.lite.interpreter.registry import namespace
from tidefall.lite.schema import ActivationFunctionType

Ints = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Windows:
    """Windows over an image, per spatial dimension."""

    sizes: Ints
    windows: Ints
    strides: Ints
    dilations: Ints
    before: Ints
    after: Ints
    outs: Ints


def pointwise(rows: int) -> Windows:
    """Windows of one place over an image of one column."""
    ones, zeros = (1, 1), (0, 0)
    return Windows((rows, 1), ones, ones, ones, zeros, zeros, (rows, 1))


@functools.cache
def available() -> bool:
    """Whether there are native kernels."""
    from tidefall.native.library import enabled

    return enabled()


def convolve(
    x: Any,
    weights: Any,
    bias: Any,
    windows: Windows,
    groups: int,
    activation: ActivationFunctionType = ActivationFunctionType.NONE,
) -> Any:
    """A convolution, what is added to it, and its activation.

    Args:
        x: `[batch, *spatial, channels]`, float32.
        weights: `[*window, channels / groups, filters]`, float32.
        bias: `[filters]`, float32, or None.
        windows: where the windows are.
        groups: how many parts the channels fall into.
        activation: NONE, RELU or RELU6.
    """
    from tidefall.native.convolution import convolve as native
    from tidefall.native.library import call, lowered
    from tidefall.native.post_ops import PostOp, post_ops

    steps = []
    others: Sequence[Any] = ()
    if bias is not None:
        steps.append(PostOp.BIAS_ADD)
        others = [bias]
    if activation != ActivationFunctionType.NONE:
        steps.append(PostOp[activation.name])
    run = call if namespace(x, weights) is np else lowered
    return native(run, x, weights, windows, groups, False, others, post_ops(steps))


def takes(x: Any, weights: Any, bias: Any, activation: ActivationFunctionType) -> bool:
    """Whether the kernel can do a convolution."""
    arrays = [x, weights] if bias is None else [x, weights, bias]
    return (
        activation
        in (
            ActivationFunctionType.NONE, ActivationFunctionType.RELU, ActivationFunctionType.RELU6,
        )
        and all(each.dtype == np.float32 and 0 not in each.shape for each in arrays)
        and available()
    )  # fmt: skip
