# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.debugging.experimental`."""

from tidefall._api.debugging.experimental import disable_dump_debug_info as disable_dump_debug_info
from tidefall._api.debugging.experimental import enable_dump_debug_info as enable_dump_debug_info

