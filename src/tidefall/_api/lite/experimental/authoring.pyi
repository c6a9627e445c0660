# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.lite.experimental.authoring`."""

import tidefall as tf
from typing import Any

def compatible(target: Any = None, converter_target_spec: tf.lite.TargetSpec | None = None, **kwargs: Any) -> Any:
    """Check a `tf.function`, when it is first called, for ops that LiteRT does not have."""
