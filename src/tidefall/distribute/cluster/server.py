"""`tf.distribute.Server`: this process as a task of a cluster."""

from __future__ import annotations

import threading
from typing import Any

import tidefall.proto
from tidefall.base.errors import (
    InternalError,
    InvalidArgumentError,
    NotFoundError,
    UnavailableError,
    UnknownError,
)
from tidefall.base.exports import export
from tidefall.data.service.rpc import Listener
from tidefall.distribute.cluster.host import Host
from tidefall.distribute.cluster.task import SERVICE, task_name
from tidefall.distribute.cluster.tasks import Tasks
from tidefall.distribute.cluster_spec import ClusterSpec

_running: list[Any] = []
"""The servers of this process: like TensorFlow's, they do not end before it."""


@export("distribute.Server", "compat.v1.train.Server", "compat.v1.distribute.Server")
class Server:
    """This process as a task of a cluster, which keeps resources and runs functions for others.

    A process may have several. Connections are not encrypted, and whoever reaches the port may run
    functions: it belongs in a network of its own.

    Args:
        server_or_cluster_def: a `tf.train.ServerDef`, a `tf.train.ClusterSpec`, or what makes one.
        job_name: which job the task is of; needed unless a ServerDef says it, or there is only one.
        task_index: which task of the job; 0 if the job has only one.
        protocol: "grpc".
        config: a `tf.compat.v1.ConfigProto`; kept in `server_def`.
        start: start it at once.

    Raises:
        ValueError: the cluster does not say which task this is.
        tf.errors.InternalError: it has no such task.
        tf.errors.UnknownError: the port is taken.

    >>> import tidefall as tf
    >>> server = tf.distribute.Server.create_local_server()
    >>> server.target[:17]
    'grpc://localhost:'
    """

    def __init__(
        self,
        server_or_cluster_def: Any,
        job_name: str | None = None,
        task_index: int | None = None,
        protocol: str | None = None,
        config: Any = None,
        start: bool = True,
    ):
        self._server_def = definition = _server_def(
            server_or_cluster_def, job_name, task_index, protocol, config
        )
        if definition.protocol != "grpc":
            raise NotFoundError(
                None,
                None,
                "No server factory registered for the given ServerDef: "
                f"protocol {definition.protocol!r}. The available server factories are: [ grpc ]",
            )
        cluster = ClusterSpec(definition.cluster)
        jobs = {job: dict(enumerate_tasks(cluster, job)) for job in cluster.jobs}
        job, index = definition.job_name, definition.task_index
        if index not in jobs.get(job, {}):
            raise InternalError(
                None, None, f"Task {index} was not defined in job {job!r} of {cluster!r}"
            )
        address = jobs[job][index]
        port = address.rpartition(":")[2]
        name = task_name(job, index)
        self._tasks = Tasks(jobs, own=name)
        self._host = Host(name, self._tasks)
        try:
            self._listener = Listener(int(port), self._host.methods(), SERVICE)
        except ValueError:
            raise InvalidArgumentError(
                None, None, f"Could not parse port for local server from {address!r}."
            ) from None
        except UnavailableError as error:
            raise UnknownError(
                None, None, f"{name} cannot listen at {address}: {error.message}"
            ) from None
        self._started = False
        self._ended = threading.Event()
        if start:
            self.start()

    def start(self) -> None:
        """Begin to answer, until the process ends, also when nobody holds the server any more."""
        if not self._started:
            self._listener.start()
            self._started = True
            _running.append(self)

    def join(self) -> None:
        """Wait until the server ends: for ever, as it does so only with its process."""
        self._ended.wait()

    @property
    def server_def(self) -> Any:
        """The `tf.train.ServerDef` of this server."""
        return self._server_def

    @property
    def target(self) -> str:
        """What others connect to: "grpc://localhost:2222"."""
        return f"grpc://localhost:{self._listener.port}"

    @staticmethod
    def create_local_server(config: Any = None, start: bool = True) -> Server:
        """A server that is a cluster by itself, with a free port.

        Args:
            config: a `tf.compat.v1.ConfigProto`.
            start: start it at once.
        """
        return Server({"localhost": ["localhost:0"]}, protocol="grpc", config=config, start=start)


def enumerate_tasks(cluster: ClusterSpec, job: str) -> list[tuple[int, str]]:
    """The tasks of a job with their addresses."""
    return [(index, cluster.task_address(job, index)) for index in cluster.task_indices(job)]


def _server_def(given: Any, job: Any, index: Any, protocol: Any, config: Any) -> Any:
    made = tidefall.proto.ServerDef()
    if isinstance(given, tidefall.proto.ServerDef):
        made.CopyFrom(given)
        if job is not None:
            made.job_name = job
        if index is not None:
            made.task_index = index
    else:
        cluster = ClusterSpec(given)
        if job is None:
            if len(cluster.jobs) != 1:
                raise ValueError("Must specify an explicit `job_name`.")
            (job,) = cluster.jobs
        if index is None:
            if job in cluster.jobs and cluster.num_tasks(job) != 1:
                raise ValueError("Must specify an explicit `task_index`.")
            index = cluster.task_indices(job)[0] if job in cluster.jobs else 0
        made.cluster.CopyFrom(cluster.as_cluster_def())
        made.job_name, made.task_index = job, index
    if protocol is not None or not made.protocol:
        made.protocol = protocol or "grpc"
    if config is not None:
        made.default_session_config.MergeFrom(config)
    return made
