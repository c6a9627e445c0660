# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.__internal__.nest`."""

from tidefall._api.__internal__.nest import flatten_up_to as flatten_up_to
from tidefall._api.__internal__.nest import list_to_tuple as list_to_tuple
from tidefall._api.__internal__.nest import map_structure_up_to as map_structure_up_to
from tidefall._api.__internal__.nest import yield_flat_paths as yield_flat_paths

