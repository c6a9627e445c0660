# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.xla`."""

from tidefall._api.xla import experimental as experimental

