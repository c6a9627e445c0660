# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.data.experimental.service`."""

from tidefall._api.data.experimental.service import CrossTrainerCache as CrossTrainerCache
from tidefall._api.data.experimental.service import DispatchServer as DispatchServer
from tidefall._api.data.experimental.service import DispatcherConfig as DispatcherConfig
from tidefall._api.data.experimental.service import ShardingPolicy as ShardingPolicy
from tidefall._api.data.experimental.service import WorkerConfig as WorkerConfig
from tidefall._api.data.experimental.service import WorkerServer as WorkerServer
from tidefall._api.data.experimental.service import distribute as distribute
from tidefall._api.data.experimental.service import from_dataset_id as from_dataset_id
from tidefall._api.data.experimental.service import register_dataset as register_dataset

