# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.__internal__.smart_cond`."""

from typing import Any

def smart_cond(pred: Any, true_fn: Any = None, false_fn: Any = None, name: str | None = None) -> Any:
    """`tf.cond` that builds only one branch when the condition is known while tracing."""
