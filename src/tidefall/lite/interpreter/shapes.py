"""Shapes that are computed, and checked before something of that size is made."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import errors
from tidefall.lite.interpreter.tensors import MAX_ELEMENTS


def checked_shape(shape: Any, what: str) -> tuple[int, ...]:
    """A shape to make, which must be possible.

    Args:
        shape: integers, as an array or a sequence.
        what: what the error calls the one that makes it.

    Raises:
        tf.errors.InvalidArgumentError: if a dimension is negative, or it is larger than any model
            has use for.
    """
    found = tuple(int(each) for each in np.asarray(shape).reshape(-1))
    count = 1
    for each in found:
        count *= each
    if any(each < 0 for each in found) or count > MAX_ELEMENTS:
        raise errors.InvalidArgumentError(
            None, None, f"{what} cannot be given the shape {list(found)}."
        )
    return found
