"""The zero frequency moved to the middle of a spectrum, and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.exports import export
from tidefall.ops.array.ranges import range as range_
from tidefall.ops.array.reversing import roll
from tidefall.ops.array.shapes_of import rank, shape
from tidefall.ops.common import known_value
from tidefall.ops.slices.gathering import gather
from tidefall.tensor.conversion import convert_to_tensor


def _shift(x: Any, axes: Any, by: Callable[[Any], Any]) -> Any:
    x = convert_to_tensor(x)
    if axes is None:
        axes = range_(rank(x)) if x.shape.rank is None else np.arange(x.shape.rank, dtype=np.int32)
    places = convert_to_tensor(axes, dtypes.int32)
    known = known_value(places)
    if known is not None and x.shape.is_fully_defined() and not (known >= x.shape.rank).any():
        dims = np.array(x.shape.as_list(), np.int32)
        return roll(x, by(dims[known]), known)
    count = rank(x)
    return roll(x, by(gather(shape(x), (places + count) % count)), places)


@export("signal.fftshift")
def fftshift(x: Any, axes: Any = None, name: str | None = None) -> Any:
    """Move the zero frequency to the middle.

    Args:
        x: tensor of any dtype.
        axes: the axes to shift: an integer or a vector; None for all.
        name: unused.

    Returns:
        A tensor like `x`, rolled by half of its size.

    Raises:
        InvalidArgumentError: if an axis is out of range.

    >>> import tidefall as tf
    >>> tf.signal.fftshift([0, 1, 2, -2, -1]).numpy().tolist()
    [-2, -1, 0, 1, 2]
    """
    return _shift(x, axes, lambda sizes: sizes // 2)


@export("signal.ifftshift")
def ifftshift(x: Any, axes: Any = None, name: str | None = None) -> Any:
    """Undo `fftshift`; they differ for odd sizes.

    Args:
        x: tensor of any dtype.
        axes: the axes to shift: an integer or a vector; None for all.
        name: unused.

    Returns:
        A tensor like `x`.

    Raises:
        InvalidArgumentError: if an axis is out of range.

    >>> import tidefall as tf
    >>> tf.signal.ifftshift([-2, -1, 0, 1, 2]).numpy().tolist()
    [0, 1, 2, -2, -1]
    """
    return _shift(x, axes, lambda sizes: -(sizes // 2))
