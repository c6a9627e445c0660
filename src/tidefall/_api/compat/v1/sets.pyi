# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.sets`."""

import tidefall as tf
from tidefall._api.sets import difference as difference
from tidefall._api.sets import intersection as intersection
from tidefall._api.sets import size as size
from tidefall._api.sets import union as union

set_difference = tf.sets.difference
set_intersection = tf.sets.intersection
set_size = tf.sets.size
set_union = tf.sets.union
