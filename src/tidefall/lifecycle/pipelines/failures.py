"""How pipelines say what is wrong."""

from __future__ import annotations

from tidefall.lifecycle.data_validation.failures import (
    damaged,
    invalid,
    missing,
    need,
    unimplemented,
)

__all__ = ["damaged", "invalid", "missing", "need", "unimplemented"]
