# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.__internal__.smart_cond`."""

from tidefall._api.__internal__.smart_cond import smart_cond as smart_cond

