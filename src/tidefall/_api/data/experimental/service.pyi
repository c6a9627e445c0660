# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.data.experimental.service`."""

from collections.abc import Callable
import enum
import tidefall as tf
from typing import Any
from typing import NamedTuple

class CrossTrainerCache:
    """Asks workers to keep elements, for training programs that run at the same time to share."""
    trainer_id: str
    def __init__(self, trainer_id: str) -> None: ...
class DispatchServer:
    """The server of a tf.data service that workers register with and clients turn to."""
    def __init__(self, config: tf.data.experimental.service.DispatcherConfig | None = None, start: bool = True) -> None: ...
    def start(self) -> None:
        """Begin to answer."""
    def join(self) -> None:
        """Wait until the server has been stopped."""
    def stop(self) -> None:
        """End the server. Workers and clients wait for another one at its address."""
    @property
    def target(self) -> str:
        """What clients connect to: "grpc://localhost:5050"."""
class DispatcherConfig(NamedTuple):
    """How a dispatcher is set up."""
    port: Any = 0
    protocol: Any = None
    work_dir: Any = None
    fault_tolerant_mode: Any = False
    worker_addresses: Any = None
    job_gc_check_interval_ms: Any = None
    job_gc_timeout_ms: Any = None
    worker_timeout_ms: Any = None
    worker_max_concurrent_snapshots: Any = 0
class ShardingPolicy(enum.IntEnum):
    """How the elements of a dataset are split among the workers of a tf.data service."""
    @property
    def is_static(self) -> bool:
        """Whether each worker has its part from the beginning."""
    OFF = 0
    DYNAMIC = 1
    FILE = 2
    DATA = 3
    FILE_OR_DATA = 4
    HINT = 5
class WorkerConfig(NamedTuple):
    """How a worker is set up."""
    dispatcher_address: Any
    worker_address: Any = None
    port: Any = 0
    protocol: Any = None
    heartbeat_interval_ms: Any = None
    dispatcher_timeout_ms: Any = None
    data_transfer_protocol: Any = None
    data_transfer_address: Any = None
class WorkerServer:
    """A server of a tf.data service that makes elements."""
    def __init__(self, config: tf.data.experimental.service.WorkerConfig, start: bool = True) -> None: ...
    def start(self) -> None:
        """Register with the dispatcher, and begin to answer."""
    def join(self) -> None:
        """Wait until the server has been stopped."""
    def stop(self) -> None:
        """End the server. What it was working on is lost."""
def distribute(processing_mode: Any, service: Any, job_name: Any = None, consumer_index: Any = None, num_consumers: Any = None, max_outstanding_requests: Any = None, data_transfer_protocol: str | None = None, compression: str | None = 'AUTO', cross_trainer_cache: tf.data.experimental.service.CrossTrainerCache | None = None, target_workers: str = 'AUTO') -> Callable[[tf.data.Dataset], tf.data.Dataset]:
    """Have the workers of a tf.data service make the elements of a dataset."""
def from_dataset_id(processing_mode: Any, service: Any, dataset_id: Any, element_spec: Any = None, job_name: Any = None, consumer_index: Any = None, num_consumers: Any = None, max_outstanding_requests: Any = None, data_transfer_protocol: str | None = None, cross_trainer_cache: tf.data.experimental.service.CrossTrainerCache | None = None, target_workers: str = 'AUTO') -> tf.data.Dataset:
    """The elements of a dataset that was registered with a tf.data service."""
def register_dataset(service: Any, dataset: tf.data.Dataset, compression: str | None = 'AUTO', dataset_id: Any = None) -> Any:
    """Send a dataset to a tf.data service, for `from_dataset_id`, perhaps in another process."""
