"""How servers of the tf.data service are set up, and how elements are split among workers."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Any, NamedTuple

from tidefall.base.exports import export


@export("data.experimental.service.ShardingPolicy")
class ShardingPolicy(enum.IntEnum):
    """How the elements of a dataset are split among the workers of a tf.data service.

    OFF: not at all; each worker gives all elements.

    DYNAMIC: the elements of the sources (numbers, rows, names of files) are handed out to whichever
    worker asks for the next one. Each is visited at most once: what a worker had when it died is
    lost.

    FILE, DATA, FILE_OR_DATA, HINT: as of `tf.data.experimental.AutoShardPolicy`. These need
    `DispatcherConfig.worker_addresses`, and a client reads from the worker of its own process.

    >>> import tidefall as tf
    >>> tf.data.experimental.service.ShardingPolicy.DYNAMIC
    <ShardingPolicy.DYNAMIC: 1>
    """

    OFF = 0
    DYNAMIC = 1
    FILE = 2
    DATA = 3
    FILE_OR_DATA = 4
    HINT = 5

    @property
    def is_static(self) -> bool:
        """Whether each worker has its part from the beginning."""
        return self > ShardingPolicy.DYNAMIC


_MODES = {"parallel_epochs": ShardingPolicy.OFF, "distributed_epoch": ShardingPolicy.DYNAMIC}


def sharding_policy(processing_mode: Any) -> ShardingPolicy:
    """The policy of a processing mode, which may be a string; ValueError for what is none."""
    if isinstance(processing_mode, ShardingPolicy):
        return processing_mode
    if isinstance(processing_mode, str) and processing_mode in _MODES:
        return _MODES[processing_mode]
    raise ValueError(
        "tf.data service processing mode should be a `tf.data.experimental.service.ShardingPolicy`,"
        f' `"parallel_epochs"`, or `"distributed_epoch"`. Got {processing_mode!r}.'
    )


@export("data.experimental.service.CrossTrainerCache")
class CrossTrainerCache:
    """Asks workers to keep elements, for training programs that run at the same time to share.

    Args:
        trainer_id: the name of the training program; each sees an element once.

    Raises:
        ValueError: `trainer_id` is empty.

    >>> import tidefall as tf
    >>> tf.data.experimental.service.CrossTrainerCache(trainer_id="first").trainer_id
    'first'
    """

    def __init__(self, trainer_id: str):
        if not trainer_id:
            raise ValueError("tf.data service cross-trainer cache requires a non-empty trainer ID.")
        self.trainer_id = trainer_id


def _milliseconds(value: int | None) -> int:
    """A time as servers take it: 0 stands for their default, and so None is 0 and 0 is 1."""
    return 0 if value is None else value or 1


class _DispatcherFields(NamedTuple):
    port: int
    protocol: str
    work_dir: str | None
    fault_tolerant_mode: bool
    worker_addresses: Sequence[str] | None
    job_gc_check_interval_ms: int
    job_gc_timeout_ms: int
    worker_timeout_ms: int | None
    worker_max_concurrent_snapshots: int


@export("data.experimental.service.DispatcherConfig")
class DispatcherConfig(_DispatcherFields):
    """How a dispatcher is set up.

    Args:
        port: the port to listen on; 0 for a free one.
        protocol: "grpc".
        work_dir: a folder for its journal and the datasets.
        fault_tolerant_mode: write down all changes, so that a dispatcher that is started again goes
            on where this one stopped; needs `work_dir`.
        worker_addresses: the addresses of the workers, in the order of their parts, for sharding
            policies that are static: "host:port", "host:%port%" for any port, or "host".
        job_gc_check_interval_ms: how often to look for jobs nobody reads any more.
        job_gc_timeout_ms: how long to keep a job without readers, 5 minutes by default; -1 for
            ever.
        worker_timeout_ms: how long a worker may be silent before others do without it, 4 seconds by
            default (a minute in TensorFlow).
        worker_max_concurrent_snapshots: how many parts of a snapshot a worker writes at a time; 0
            for any number.

    >>> import tidefall as tf
    >>> tf.data.experimental.service.DispatcherConfig(port=5050).protocol
    'grpc'
    """

    __slots__ = ()

    def __new__(
        cls,
        port: int = 0,
        protocol: str | None = None,
        work_dir: str | None = None,
        fault_tolerant_mode: bool = False,
        worker_addresses: Sequence[str] | None = None,
        job_gc_check_interval_ms: int | None = None,
        job_gc_timeout_ms: int | None = None,
        worker_timeout_ms: int | None = None,
        worker_max_concurrent_snapshots: int = 0,
    ) -> DispatcherConfig:
        return super().__new__(
            cls,
            port,
            protocol or "grpc",
            work_dir,
            fault_tolerant_mode,
            worker_addresses,
            _milliseconds(job_gc_check_interval_ms),
            _milliseconds(job_gc_timeout_ms),
            worker_timeout_ms,
            worker_max_concurrent_snapshots,
        )


class _WorkerFields(NamedTuple):
    dispatcher_address: str
    worker_address: str
    port: int
    protocol: str
    heartbeat_interval_ms: int
    dispatcher_timeout_ms: int
    data_transfer_protocol: str | None
    data_transfer_address: str


@export("data.experimental.service.WorkerConfig")
class WorkerConfig(_WorkerFields):
    """How a worker is set up.

    Args:
        dispatcher_address: the dispatcher's "host:port".
        worker_address: how clients reach this worker; "%port%" stands for its port.
        port: the port to listen on; 0 for a free one.
        protocol: "grpc".
        heartbeat_interval_ms: how often to tell the dispatcher that it is there, half a second by
            default (30 seconds in TensorFlow).
        dispatcher_timeout_ms: how long to try to reach the dispatcher, an hour by default.
        data_transfer_protocol: None or "grpc".
        data_transfer_address: accepted; elements travel over the worker's address.

    >>> import tidefall as tf
    >>> tf.data.experimental.service.WorkerConfig("localhost:5050").worker_address
    'localhost:%port%'
    """

    __slots__ = ()

    def __new__(
        cls,
        dispatcher_address: str,
        worker_address: str | None = None,
        port: int = 0,
        protocol: str | None = None,
        heartbeat_interval_ms: int | None = None,
        dispatcher_timeout_ms: int | None = None,
        data_transfer_protocol: str | None = None,
        data_transfer_address: str | None = None,
    ) -> WorkerConfig:
        return super().__new__(
            cls,
            dispatcher_address,
            worker_address or "localhost:%port%",
            port,
            protocol or "grpc",
            _milliseconds(heartbeat_interval_ms),
            _milliseconds(dispatcher_timeout_ms),
            data_transfer_protocol,
            data_transfer_address or "localhost:%dts_port%",
        )
