# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.distribute`."""

from tidefall._api.compat.v1.distribute import cluster_resolver as cluster_resolver
from tidefall._api.compat.v1.distribute import coordinator as coordinator
from tidefall._api.compat.v1.distribute import experimental as experimental
from tidefall._api.distribute import CrossDeviceOps as CrossDeviceOps
from tidefall._api.distribute import DistributedDataset as DistributedDataset
from tidefall._api.distribute import DistributedIterator as DistributedIterator
from tidefall._api.distribute import DistributedValues as DistributedValues
from tidefall._api.distribute import HierarchicalCopyAllReduce as HierarchicalCopyAllReduce
from tidefall._api.distribute import InputContext as InputContext
from tidefall._api.distribute import InputOptions as InputOptions
from tidefall._api.distribute import InputReplicationMode as InputReplicationMode
from tidefall._api.distribute import MirroredStrategy as MirroredStrategy
from tidefall._api.distribute import MultiWorkerMirroredStrategy as MultiWorkerMirroredStrategy
from tidefall._api.distribute import NcclAllReduce as NcclAllReduce
from tidefall._api.distribute import OneDeviceStrategy as OneDeviceStrategy
from tidefall._api.distribute import ParameterServerStrategy as ParameterServerStrategy
from tidefall._api.distribute import ReduceOp as ReduceOp
from tidefall._api.distribute import ReductionToOneDevice as ReductionToOneDevice
from tidefall._api.distribute import ReplicaContext as ReplicaContext
from tidefall._api.distribute import RunOptions as RunOptions
from tidefall._api.distribute import Server as Server
from tidefall._api.distribute import Strategy as Strategy
from tidefall._api.distribute import StrategyExtended as StrategyExtended
from tidefall._api.distribute import TPUStrategy as TPUStrategy
from tidefall._api.distribute import experimental_set_strategy as experimental_set_strategy
from tidefall._api.distribute import get_replica_context as get_replica_context
from tidefall._api.distribute import get_strategy as get_strategy
from tidefall._api.distribute import has_strategy as has_strategy
from tidefall._api.distribute import in_cross_replica_context as in_cross_replica_context

