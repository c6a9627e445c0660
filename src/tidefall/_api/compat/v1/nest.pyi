# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.nest`."""

from tidefall._api.nest import assert_same_structure as assert_same_structure
from tidefall._api.nest import flatten as flatten
from tidefall._api.nest import is_nested as is_nested
from tidefall._api.nest import map_structure as map_structure
from tidefall._api.nest import pack_sequence_as as pack_sequence_as

