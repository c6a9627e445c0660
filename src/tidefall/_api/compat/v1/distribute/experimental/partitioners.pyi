# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.distribute.experimental.partitioners`."""

from tidefall._api.distribute.experimental.partitioners import FixedShardsPartitioner as FixedShardsPartitioner
from tidefall._api.distribute.experimental.partitioners import MaxSizePartitioner as MaxSizePartitioner
from tidefall._api.distribute.experimental.partitioners import MinSizePartitioner as MinSizePartitioner
from tidefall._api.distribute.experimental.partitioners import Partitioner as Partitioner

