"""`tensorflow.python.framework.config`: the few functions public code calls."""

from __future__ import annotations

from tidefall.runtime.xla.switches import (
    disable_op_determinism,
    enable_op_determinism,
    is_op_determinism_enabled,
)

__all__ = ["disable_op_determinism", "enable_op_determinism", "is_op_determinism_enabled"]
