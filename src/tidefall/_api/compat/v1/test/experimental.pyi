# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.test.experimental`."""

from tidefall._api.test.experimental import sync_devices as sync_devices

