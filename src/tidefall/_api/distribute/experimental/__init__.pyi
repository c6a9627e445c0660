# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.distribute.experimental`."""

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import AbstractContextManager
import enum
import tidefall as tf
from tidefall._api.distribute import ParameterServerStrategy as ParameterServerStrategy
from tidefall._api.distribute.experimental import coordinator as coordinator
from tidefall._api.distribute.experimental import partitioners as partitioners
from typing import Any

class CentralStorageStrategy(tf.distribute.Strategy):
    """Keep all variables on one device of this machine, and compute on several."""
    def __init__(self, compute_devices: Sequence[str] | None = None, parameter_device: str | None = None) -> None: ...
class CollectiveCommunication(enum.Enum):
    """Which library carries collectives between workers."""
    AUTO = 'AUTO'
    RING = 'RING'
    NCCL = 'NCCL'
class CollectiveHints:
    """The older name of `CommunicationOptions`, which this returns."""
    @staticmethod
    def __new__(cls, bytes_per_pack: int = 0, timeout_seconds: float | None = None) -> tf.distribute.experimental.CommunicationOptions: ...
    def __init__(self, bytes_per_pack: int = 0, timeout_seconds: float | None = None) -> None:
        """Never called: `__new__` returns another class."""
CommunicationImplementation = tf.distribute.experimental.CollectiveCommunication
class CommunicationOptions:
    """How values are brought together."""
    bytes_per_pack: int
    timeout_seconds: float | None
    implementation: Any
    def __init__(self, bytes_per_pack: int = 0, timeout_seconds: float | None = None, implementation: Any = tf.distribute.experimental.CollectiveCommunication.AUTO) -> None: ...
class MultiWorkerMirroredStrategy(tf.distribute.MultiWorkerMirroredStrategy):
    """The older form of `tf.distribute.MultiWorkerMirroredStrategy`."""
    def __init__(self, communication: tf.distribute.experimental.CollectiveCommunication = tf.distribute.experimental.CollectiveCommunication.AUTO, cluster_resolver: tf.distribute.cluster_resolver.ClusterResolver | None = None) -> None: ...
class PreemptionCheckpointHandler:
    """Saves a checkpoint and exits when the process is about to be ended."""
    def __init__(self, cluster_resolver: Any, checkpoint_or_checkpoint_manager: Any, checkpoint_dir: Any = None, termination_config: tf.distribute.experimental.TerminationConfig | None = None) -> None: ...
    @property
    def total_run_calls(self) -> int:
        """How many times `run` was called, those before the last restart included."""
    def run(self, distributed_train_function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run a training step; if the end is near, save a checkpoint and exit first."""
    def save_checkpoint_if_preempted(self, *args: Any, **kwargs: Any) -> None:
        """Save a checkpoint and exit, if the end is near: call it after each step, or use `run`."""
    def watch_preemption_scope(self) -> AbstractContextManager[None]:
        """A block of `run`s, for programs written for TPUs; here `run` itself saves and exits."""
class PreemptionWatcher:
    """Knows whether the TPUs of a program were preempted: here never, as there are none."""
    def __init__(self) -> None: ...
    @property
    def preemption_message(self) -> str | None:
        """What the preempted worker said; None if no worker was preempted."""
    def block_until_worker_exit(self) -> None:
        """Wait until preempted workers are gone."""
class TPUStrategy(tf.distribute.Strategy):
    """The older name of `tf.distribute.TPUStrategy`; it cannot be made either."""
    def __init__(self, tpu_cluster_resolver: tf.distribute.cluster_resolver.TPUClusterResolver | None = None, device_assignment: Any = None) -> None: ...
class TerminationConfig:
    """How `PreemptionCheckpointHandler` notices the end, and what it does then."""
    termination_watcher_fn: Callable[[], bool] | None
    exit_fn: Callable[[], Any] | None
    grace_period: float | None
    save_fn: Callable[..., Any] | None
    def __init__(self, termination_watcher_fn: Callable[[], bool] | None = None, exit_fn: Callable[[], Any] | None = None, grace_period: float | None = None, save_fn: Callable[..., Any] | None = None) -> None: ...
class ValueContext:
    """For which replica a value is made."""
    replica_id_in_sync_group: int
    num_replicas_in_sync: int
    def __init__(self, replica_id_in_sync_group: int = 0, num_replicas_in_sync: int = 1) -> None: ...
