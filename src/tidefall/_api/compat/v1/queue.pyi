# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.queue`."""

from tidefall._api.queue import FIFOQueue as FIFOQueue
from tidefall._api.queue import PaddingFIFOQueue as PaddingFIFOQueue
from tidefall._api.queue import PriorityQueue as PriorityQueue
from tidefall._api.queue import QueueBase as QueueBase
from tidefall._api.queue import RandomShuffleQueue as RandomShuffleQueue

