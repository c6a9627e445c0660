# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.bitwise`."""

from tidefall._api.bitwise import bitwise_and as bitwise_and
from tidefall._api.bitwise import bitwise_or as bitwise_or
from tidefall._api.bitwise import bitwise_xor as bitwise_xor
from tidefall._api.bitwise import invert as invert
from tidefall._api.bitwise import left_shift as left_shift
from tidefall._api.bitwise import right_shift as right_shift

