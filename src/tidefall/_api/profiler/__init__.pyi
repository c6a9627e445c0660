# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.profiler`."""

from tidefall._api.profiler import experimental as experimental

