# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.types`."""

from tidefall._api.compat.v1.types import experimental as experimental

