"""Narrow floats (float16, bfloat16, float8): computed in float32 and rounded once."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

Kernel = Callable[..., Any]


def is_narrow(dtype: Any) -> bool:
    """True for NumPy dtypes of floats with 16 bits or fewer."""
    return dtype.kind == "V" or dtype.char == "e"


def widened(kernel: Kernel) -> Kernel:
    """Let a host kernel see float32 in place of narrow floats; all inputs share one dtype."""

    @functools.wraps(kernel)
    def run(*arrays: Any) -> Any:
        dtype = arrays[0].dtype
        if dtype.kind == "V" or dtype.char == "e":
            return kernel(*[a.astype(np.float32) for a in arrays]).astype(dtype)
        return kernel(*arrays)

    return run


def widened_xla(kernel: Kernel) -> Kernel:
    """The same for a lowering."""

    def run(*arrays: Any) -> Any:
        dtype = arrays[0].dtype
        if is_narrow(dtype):
            return kernel(*[a.astype(np.float32) for a in arrays]).astype(dtype)
        return kernel(*arrays)

    return run
