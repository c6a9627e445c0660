"""Lowerings that differ on a CPU, where some of XLA's loops are slow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tidefall.ops.common import lax


def on_cpu(cpu: Callable[..., Any], elsewhere: Callable[..., Any], *arrays: Any) -> Any:
    """Lower one way for a CPU and another way for accelerators."""
    return lax.platform_dependent(*arrays, cpu=cpu, default=elsewhere)
