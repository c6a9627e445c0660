# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.types`."""

from tidefall._api.types import experimental as experimental

