# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.experimental.dlpack`."""

from tidefall._api.experimental.dlpack import from_dlpack as from_dlpack
from tidefall._api.experimental.dlpack import to_dlpack as to_dlpack

