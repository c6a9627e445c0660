"""Softmax along the last axis (native/softmax.cc)."""

from __future__ import annotations

import math
from typing import Any

from tidefall.native.library import Run

FEWEST_ROWS, FEWEST_ELEMENTS = 4, 1024


def has_rows(x: Any) -> bool:
    """Whether `x` has enough of them for the kernel, whose threads take whole rows."""
    elements = math.prod(x.shape)
    return elements >= FEWEST_ELEMENTS and elements // x.shape[-1] >= FEWEST_ROWS


def softmax(run: Run, x: Any) -> Any:
    """The softmax of each row of `x`, `[..., columns]`."""
    return run("softmax", [x], [(x.shape, x.dtype)], ())[0]
