"""`tf.data.experimental.service.DispatchServer` and `WorkerServer`."""

from __future__ import annotations

from tidefall.base.exports import export
from tidefall.data.service.configs import DispatcherConfig, WorkerConfig
from tidefall.data.service.dispatcher import Dispatcher
from tidefall.data.service.rpc import check_protocol
from tidefall.data.service.worker import Worker


@export("data.experimental.service.DispatchServer")
class DispatchServer:
    """The server of a tf.data service that workers register with and clients turn to.

    It ends with `stop`, or when nothing refers to it any more.

    Args:
        config: a `DispatcherConfig`; by default one with a free port.
        start: start it at once.

    Raises:
        ValueError: fault tolerant mode without `work_dir`.
        tf.errors.UnavailableError: the port is taken.
        tf.errors.NotFoundError: the protocol is another one than "grpc".

    >>> import tidefall as tf
    >>> service = tf.data.experimental.service
    >>> dispatcher = service.DispatchServer()
    >>> worker = service.WorkerServer(
    ...     service.WorkerConfig(dispatcher_address=dispatcher.target.split("://")[1]))
    >>> dataset = tf.data.Dataset.range(3).apply(
    ...     service.distribute("distributed_epoch", dispatcher.target))
    >>> [int(x) for x in dataset]
    [0, 1, 2]
    """

    _server: Dispatcher | None = None

    def __init__(self, config: DispatcherConfig | None = None, start: bool = True):
        config = config or DispatcherConfig()
        if config.fault_tolerant_mode and not config.work_dir:
            raise ValueError(
                "Cannot enable fault tolerant mode without configuring a work dir. Make sure to "
                "set `work_dir` in the `config` object passed to `DispatcherServer`."
            )
        check_protocol(config.protocol)
        self._config = config
        self._server = Dispatcher(config)
        if start:
            self.start()

    def start(self) -> None:
        """Begin to answer."""
        assert self._server is not None
        self._server.start()

    def join(self) -> None:
        """Wait until the server has been stopped."""
        assert self._server is not None
        self._server.join()

    def stop(self) -> None:
        """End the server. Workers and clients wait for another one at its address."""
        if self._server is not None:
            self._server.stop()

    def __del__(self) -> None:
        self.stop()

    @property
    def target(self) -> str:
        """What clients connect to: "grpc://localhost:5050"."""
        return f"{self._config.protocol}://{self._address}"

    @property
    def _address(self) -> str:
        assert self._server is not None
        return f"localhost:{self._server.port}"

    def _num_workers(self) -> int:
        assert self._server is not None
        return self._server.worker_count()


@export("data.experimental.service.WorkerServer")
class WorkerServer:
    """A server of a tf.data service that makes elements.

    It ends with `stop`, or when nothing refers to it any more.

    Args:
        config: a `WorkerConfig`.
        start: start it at once.

    Raises:
        ValueError: the config names no dispatcher.
        tf.errors.UnavailableError: the port is taken, or the dispatcher cannot be reached within
            `dispatcher_timeout_ms`.
        tf.errors.NotFoundError: the protocol is another one than "grpc".

    >>> import tidefall as tf
    >>> service = tf.data.experimental.service
    >>> dispatcher = service.DispatchServer()
    >>> config = service.WorkerConfig(dispatcher_address=dispatcher.target.split("://")[1])
    >>> workers = [service.WorkerServer(config) for _ in range(2)]
    >>> dataset = tf.data.Dataset.range(3).apply(
    ...     service.distribute("parallel_epochs", dispatcher.target))
    >>> sorted(int(x) for x in dataset)
    [0, 0, 1, 1, 2, 2]
    """

    _server: Worker | None = None

    def __init__(self, config: WorkerConfig, start: bool = True):
        if config.dispatcher_address is None:
            raise ValueError(
                "Must specify a `dispatcher_address` in the `config` passed to `WorkerServer`."
            )
        check_protocol(config.protocol)
        self._server = Worker(config)
        if start:
            self.start()

    def start(self) -> None:
        """Register with the dispatcher, and begin to answer."""
        assert self._server is not None
        self._server.start()

    def join(self) -> None:
        """Wait until the server has been stopped."""
        assert self._server is not None
        self._server.join()

    def stop(self) -> None:
        """End the server. What it was working on is lost."""
        if self._server is not None:
            self._server.stop()

    def __del__(self) -> None:
        self.stop()

    @property
    def _address(self) -> str:
        assert self._server is not None
        return f"localhost:{self._server.port}"

    def _num_tasks(self) -> int:
        assert self._server is not None
        return self._server.task_count()
