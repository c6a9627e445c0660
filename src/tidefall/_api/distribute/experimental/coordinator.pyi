# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.distribute.experimental.coordinator`."""

import tidefall as tf
from tidefall._api.distribute.coordinator import ClusterCoordinator as ClusterCoordinator
from tidefall._api.distribute.coordinator import RemoteValue as RemoteValue

PerWorkerValues = tf.distribute.coordinator.PerWorkerValue
