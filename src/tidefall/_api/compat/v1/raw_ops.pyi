# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.raw_ops`."""


