"""Holds the function that Keras puts here; the exporter folds constants by itself."""

from __future__ import annotations

from typing import Any


def rewrite_constant_fold(graph: Any, ops: Any) -> Any:
    """Return the ops as they are: the exporter has folded constants before."""
    del graph
    return ops
