# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.profiler`."""

from tidefall._api.compat.v1.profiler import experimental as experimental

