# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.train.experimental`."""

from tidefall._api.train.experimental import MaxShardSizePolicy as MaxShardSizePolicy
from tidefall._api.train.experimental import PythonState as PythonState
from tidefall._api.train.experimental import ShardByTaskPolicy as ShardByTaskPolicy
from tidefall._api.train.experimental import ShardableTensor as ShardableTensor
from tidefall._api.train.experimental import ShardingCallback as ShardingCallback

