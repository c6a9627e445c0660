# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.autograph.experimental`."""

from tidefall._api.autograph.experimental import Feature as Feature
from tidefall._api.autograph.experimental import do_not_convert as do_not_convert
from tidefall._api.autograph.experimental import set_loop_options as set_loop_options

