# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.test.experimental`."""


def sync_devices() -> None:
    """Wait until all devices have finished what they were given."""
