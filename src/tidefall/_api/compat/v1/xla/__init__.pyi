# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.xla`."""

from tidefall._api.compat.v1.xla import experimental as experimental

