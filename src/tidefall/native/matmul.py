"""Products of two matrices of float32, bfloat16 or int8 by oneDNN (native/matmul.cc)."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.native.library import Run

FEWEST_MULTIPLICATIONS = 1 << 20
"""What is worth a call of the kernel."""
FEWEST_WHEN_TRANSPOSED = 1 << 16
"""The same of float32 with a transposed first matrix, which XLA multiplies in one thread."""


def multiply(run: Run, a: Any, b: Any, transpose_a: bool, transpose_b: bool) -> Any:
    """`a @ b`, either of them transposed first; int32 of int8 matrices.

    Args:
        run: `library.call` or `library.lowered`.
        a: `[rows, inner]`.
        b: `[inner, columns]`.
        transpose_a: whether `a` is given as `[inner, rows]`.
        transpose_b: whether `b` is given as `[columns, inner]`.
    """
    shape = (a.shape[1 if transpose_a else 0], b.shape[0 if transpose_b else 1])
    dtype = np.dtype(np.int32) if a.dtype == np.int8 else a.dtype
    return run("matmul", [a, b], [(shape, dtype)], (int(transpose_a), int(transpose_b)))[0]
