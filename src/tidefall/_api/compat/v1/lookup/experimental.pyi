# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.lookup.experimental`."""

from tidefall._api.lookup.experimental import DenseHashTable as DenseHashTable
from tidefall._api.lookup.experimental import MutableHashTable as MutableHashTable

