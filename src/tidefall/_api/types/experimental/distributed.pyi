# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.types.experimental.distributed`."""

import tidefall as tf

class Mirrored(tf.distribute.DistributedValues):
    """Values of several replicas that are kept the same."""
class PerReplica(tf.distribute.DistributedValues, tf.__internal__.CompositeTensor):
    """Values of several replicas that may differ."""
