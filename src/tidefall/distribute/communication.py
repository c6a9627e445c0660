"""What users say about how replicas communicate."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any, NamedTuple

from tidefall.base.exports import export


@export(
    "distribute.experimental.CommunicationImplementation",
    "distribute.experimental.CollectiveCommunication",
)
class CommunicationImplementation(enum.Enum):
    """Which library carries collectives between workers.

    AUTO chooses; RING is for CPUs; NCCL is for GPUs.
    """

    AUTO = "AUTO"
    RING = "RING"
    NCCL = "NCCL"


@export("distribute.experimental.CommunicationOptions")
@dataclass(frozen=True)
class CommunicationOptions:
    """How values are brought together.

    Args:
        bytes_per_pack: values are sent in packs of about that many bytes; 0 chooses.
        timeout_seconds: an error is raised for a collective that takes longer; None for 5 s without
            a sign of life of the others.
        implementation: a `CommunicationImplementation`, or its name.

    Raises:
        ValueError: for a negative size.

    >>> import tidefall as tf
    >>> tf.distribute.experimental.CommunicationOptions(bytes_per_pack=1 << 20).bytes_per_pack
    1048576
    """

    bytes_per_pack: int = 0
    timeout_seconds: float | None = None
    implementation: Any = CommunicationImplementation.AUTO

    def __post_init__(self) -> None:
        if self.bytes_per_pack < 0:
            raise ValueError(
                f"Argument `bytes_per_pack` must be >=0, Received {self.bytes_per_pack}."
            )
        if isinstance(self.implementation, str):
            chosen = CommunicationImplementation(self.implementation.upper())
            object.__setattr__(self, "implementation", chosen)
        elif not isinstance(self.implementation, CommunicationImplementation):
            raise ValueError(
                "Argument `implementation` must be instance of "
                f"`tf.distribute.experimental.CommunicationImplementation`: {self.implementation!r}"
            )


@export("distribute.experimental.CollectiveHints")
class CollectiveHints:
    """The older name of `CommunicationOptions`, which this returns."""

    def __new__(  # type: ignore[misc]  # TensorFlow's returns the newer class, too
        cls, bytes_per_pack: int = 0, timeout_seconds: float | None = None
    ) -> CommunicationOptions:
        return CommunicationOptions(bytes_per_pack, timeout_seconds)

    def __init__(self, bytes_per_pack: int = 0, timeout_seconds: float | None = None):
        """Never called: `__new__` returns another class."""


@export("distribute.InputReplicationMode")
class InputReplicationMode(enum.Enum):
    """How often an input function is called: once for each worker, or for each replica."""

    PER_WORKER = "PER_WORKER"
    PER_REPLICA = "PER_REPLICA"


@export("distribute.InputOptions")
class InputOptions(NamedTuple):
    """How a dataset is spread.

    Args:
        experimental_fetch_to_device: whether elements are brought to the devices beforehand.
        experimental_replication_mode: an `InputReplicationMode`.
        experimental_place_dataset_on_device: whether the dataset itself stands on the devices.
        experimental_per_replica_buffer_size: elements kept ready on each device.

    >>> import tidefall as tf
    >>> tf.distribute.InputOptions().experimental_per_replica_buffer_size
    1
    """

    experimental_fetch_to_device: bool = True
    experimental_replication_mode: InputReplicationMode = InputReplicationMode.PER_WORKER
    experimental_place_dataset_on_device: bool = False
    experimental_per_replica_buffer_size: int = 1


@export("distribute.RunOptions")
class RunOptions(NamedTuple):
    """How a function is run on the replicas.

    Args:
        experimental_enable_dynamic_batch_size: whether batches may differ in size.
        experimental_bucketizing_dynamic_shape: for TPUs.
        experimental_xla_options: for TPUs.
    """

    experimental_enable_dynamic_batch_size: bool = True
    experimental_bucketizing_dynamic_shape: bool = False
    experimental_xla_options: Any = None


@export("distribute.experimental.ValueContext")
@dataclass(frozen=True)
class ValueContext:
    """For which replica a value is made.

    Args:
        replica_id_in_sync_group: the replica, from 0 on.
        num_replicas_in_sync: how many there are.

    >>> import tidefall as tf
    >>> tf.distribute.experimental.ValueContext(1, 2).replica_id_in_sync_group
    1
    """

    replica_id_in_sync_group: int = 0
    num_replicas_in_sync: int = 1


@export("distribute.InputContext")
class InputContext:
    """What an input function knows about its place among the pipelines.

    Args:
        num_input_pipelines: how many pipelines there are, one for each worker.
        input_pipeline_id: which of them this is.
        num_replicas_in_sync: how many replicas there are in all.

    >>> import tidefall as tf
    >>> tf.distribute.InputContext(2, 0, 4).get_per_replica_batch_size(32)
    8
    """

    def __init__(
        self,
        num_input_pipelines: int = 1,
        input_pipeline_id: int = 0,
        num_replicas_in_sync: int = 1,
    ):
        self._num_input_pipelines = num_input_pipelines
        self._input_pipeline_id = input_pipeline_id
        self._num_replicas_in_sync = num_replicas_in_sync

    @property
    def num_input_pipelines(self) -> int:
        """How many pipelines there are."""
        return self._num_input_pipelines

    @property
    def input_pipeline_id(self) -> int:
        """Which of them this is."""
        return self._input_pipeline_id

    @property
    def num_replicas_in_sync(self) -> int:
        """How many replicas there are in all."""
        return self._num_replicas_in_sync

    def get_per_replica_batch_size(self, global_batch_size: int) -> int:
        """Batch size of one replica.

        Raises:
            ValueError: if the global batch does not divide evenly.
        """
        if global_batch_size % self._num_replicas_in_sync:
            raise ValueError(
                f"The `global_batch_size` {global_batch_size} is not divisible by "
                f"`num_replicas_in_sync` {self._num_replicas_in_sync} "
            )
        return global_batch_size // self._num_replicas_in_sync

    def __repr__(self) -> str:
        return (
            f"tf.distribute.InputContext(input pipeline id {self._input_pipeline_id}, total: "
            f"{self._num_input_pipelines})"
        )
