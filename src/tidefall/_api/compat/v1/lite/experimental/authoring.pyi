# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.lite.experimental.authoring`."""

from tidefall._api.lite.experimental.authoring import compatible as compatible

