"""What public functions do with ragged tensors; importing this registers all of it."""

from __future__ import annotations

from tidefall.ops.ragged import (
    arrays,
    elementwise,
    gathering,
    matmul,
    reductions,
    shapes,
    splitting,
)
from tidefall.ops.strings import ragged as ragged_strings

__all__ = [
    "arrays",
    "elementwise",
    "gathering",
    "matmul",
    "ragged_strings",
    "reductions",
    "shapes",
    "splitting",
]
