# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.keras.backend`."""

from tidefall._api.compat.v1 import name_scope as name_scope

