"""What public functions do with ragged tensors; importing this registers all of it."""

from __future__ import annotations

from tidefall.ops import (
    ragged_arrays,
    ragged_elementwise,
    ragged_gathering,
    ragged_matmul,
    ragged_reductions,
    ragged_shapes,
    ragged_splitting,
)
from tidefall.ops.strings import ragged as ragged_strings

__all__ = [
    "ragged_arrays",
    "ragged_elementwise",
    "ragged_gathering",
    "ragged_matmul",
    "ragged_reductions",
    "ragged_shapes",
    "ragged_splitting",
    "ragged_strings",
]
