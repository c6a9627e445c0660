# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.experimental.extension_type`."""

from tidefall._api.experimental.extension_type import as_dict as as_dict

