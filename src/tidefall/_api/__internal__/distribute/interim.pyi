# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.__internal__.distribute.interim`."""

from collections.abc import Callable
import tidefall as tf
from typing import Any

def maybe_merge_call(fn: Callable[..., Any], strategy: tf.distribute.Strategy, *args: Any, **kwargs: Any) -> Any:
    """Run `fn(strategy, ...)` once for all replicas, from a replica or a cross-replica context."""
