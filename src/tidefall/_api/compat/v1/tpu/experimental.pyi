# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.tpu.experimental`."""

from tidefall._api.tpu.experimental import TPUSystemMetadata as TPUSystemMetadata
from tidefall._api.tpu.experimental import initialize_tpu_system as initialize_tpu_system
from tidefall._api.tpu.experimental import shutdown_tpu_system as shutdown_tpu_system

