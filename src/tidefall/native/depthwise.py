"""The filter's gradient of a depthwise convolution (native/depthwise.cc)."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.native.convolution import Windows, convolve_filter_gradient
from tidefall.native.library import Ints, Run

WIDEST = 3
"""Windows for which oneDNN is fast; of 5x5 it takes four to eight times as long as our kernel."""


def depthwise_filter_gradient(
    run: Run, x: Any, dy: Any, shape: Ints, g: Windows, channels_first: bool
) -> Any:
    """The gradient with respect to the filter, `[height, width, channels, multiplier]`."""
    channels, multiplier = shape[-2:]
    own = multiplier == 1 and not channels_first and dy.dtype == np.float32
    if not own or max(g.windows) <= WIDEST:
        return convolve_filter_gradient(run, x, dy, g, channels, channels_first).reshape(shape)
    how = (*g.strides, *g.dilations, *g.before)
    return run("depthwise_filter_gradient", [x, dy], [(shape, dy.dtype)], how)[0]
