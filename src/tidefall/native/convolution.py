"""Convolution and its two gradients by oneDNN (native/convolution.cc).

Images are `[batch, *spatial, channels]`, or with the channels second; filters are
`[*window, channels / groups, filters]`; there are one to three spatial dimensions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from tidefall.native.library import Ints, Run


class Windows(Protocol):
    """Windows over an image, per spatial dimension."""

    @property
    def sizes(self) -> Ints: ...
    @property
    def windows(self) -> Ints: ...
    @property
    def strides(self) -> Ints: ...
    @property
    def dilations(self) -> Ints: ...
    @property
    def before(self) -> Ints: ...
    @property
    def after(self) -> Ints: ...
    @property
    def outs(self) -> Ints: ...


def _image(batch: int, sizes: Ints, channels: int, channels_first: bool) -> Ints:
    return (batch, channels, *sizes) if channels_first else (batch, *sizes, channels)


def _settings(g: Windows, groups: int, channels_first: bool) -> Ints:
    return (groups, int(channels_first), *g.strides, *g.dilations, *g.before, *g.after)


def convolve(
    run: Run,
    x: Any,
    w: Any,
    g: Windows,
    groups: int,
    channels_first: bool,
    others: Sequence[Any] = (),
    after: Ints = (),
) -> Any:
    """The convolution of `x` with `w`, and the steps `after` it, which take the `others`."""
    shape = _image(x.shape[0], g.outs, w.shape[-1], channels_first)
    how = (*_settings(g, groups, channels_first), *after)
    return run("convolution", [x, w, *others], [(shape, x.dtype)], how)[0]


def convolve_input_gradient(
    run: Run, dy: Any, w: Any, g: Windows, groups: int, channels_first: bool
) -> Any:
    """Its gradient with respect to the input."""
    shape = _image(dy.shape[0], g.sizes, w.shape[-2] * groups, channels_first)
    how = _settings(g, groups, channels_first)
    return run("convolution_input_gradient", [dy, w], [(shape, dy.dtype)], how)[0]


def convolve_filter_gradient(
    run: Run, x: Any, dy: Any, g: Windows, groups: int, channels_first: bool
) -> Any:
    """Its gradient with respect to the filter."""
    axis = 1 if channels_first else -1
    shape = (*g.windows, x.shape[axis] // groups, dy.shape[axis])
    how = _settings(g, groups, channels_first)
    return run("convolution_filter_gradient", [x, dy], [(shape, dy.dtype)], how)[0]
