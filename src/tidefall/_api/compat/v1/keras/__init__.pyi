# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.keras`."""

from tidefall._api.compat.v1.keras import backend as backend

