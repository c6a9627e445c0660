# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.tpu`."""

from tidefall._api.compat.v1.tpu import experimental as experimental
from tidefall._api.tpu import XLAOptions as XLAOptions

