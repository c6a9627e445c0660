# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.experimental.extension_type`."""

import tidefall as tf
from typing import Any

def as_dict(value: tf.experimental.ExtensionType) -> dict[str, Any]:
    """The fields of an extension type's value, by name."""
