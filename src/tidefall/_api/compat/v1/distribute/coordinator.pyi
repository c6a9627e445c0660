# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.distribute.coordinator`."""

from tidefall._api.distribute.coordinator import ClusterCoordinator as ClusterCoordinator
from tidefall._api.distribute.coordinator import PerWorkerValue as PerWorkerValue
from tidefall._api.distribute.coordinator import RemoteValue as RemoteValue
from tidefall._api.distribute.coordinator import experimental_get_current_worker_index as experimental_get_current_worker_index

