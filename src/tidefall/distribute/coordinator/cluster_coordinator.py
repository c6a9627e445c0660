"""`tf.distribute.coordinator.ClusterCoordinator`."""

from __future__ import annotations

import threading
import weakref
from typing import Any

from tidefall.base import nest
from tidefall.base.exports import export
from tidefall.distribute.coordinator.cluster import Cluster
from tidefall.distribute.coordinator.per_worker_dataset import PerWorkerDataset, per_worker_dataset
from tidefall.distribute.coordinator.remote_value import RemoteValue

_creation = threading.Lock()


@export(
    "distribute.coordinator.ClusterCoordinator",
    "distribute.experimental.coordinator.ClusterCoordinator",
)
class ClusterCoordinator:
    """Runs functions on the workers of a cluster, as they are free, whatever becomes of some.

    `schedule` queues functions and returns at once; workers take them from the queue. A function
    whose worker is lost goes to another one, so that parts of it may be run twice. A worker that is
    back gets its datasets made anew and takes part again. A parameter server that is lost takes its
    variables with it: `tf.errors.UnavailableError` is raised, and the program is to be started
    again, from a checkpoint.

    There is one coordinator for a strategy: making it again gives the same.

    Args:
        strategy: a `tf.distribute.ParameterServerStrategy`.

    Raises:
        ValueError: for another strategy.

    >>> import tidefall as tf
    >>> tf.distribute.coordinator.ClusterCoordinator(tf.distribute.OneDeviceStrategy("/cpu:0"))
    Traceback (most recent call last):
    ValueError: Only `tf.distribute.experimental.ParameterServerStrategy` is supported ...
    """

    _cluster: Cluster

    def __new__(cls, strategy: Any) -> ClusterCoordinator:
        if not hasattr(strategy, "_is_parameter_server_strategy_v2"):
            raise ValueError(
                "Only `tf.distribute.experimental.ParameterServerStrategy` is supported to work "
                "with `tf.distribute.experimental.coordinator.ClusterCoordinator` currently. "
                f"Received: {type(strategy).__name__}"
            )
        with _creation:
            made = strategy._cluster_coordinator
            if made is None:
                made = super().__new__(cls)
                made._cluster = _connected_cluster()
                weakref.finalize(made, made._cluster.stop)
                strategy._cluster_coordinator = made
            return made

    def __init__(self, strategy: Any):
        self._strategy = strategy

    @property
    def strategy(self) -> Any:
        """The strategy."""
        return self._strategy

    def schedule(self, fn: Any, args: Any = None, kwargs: Any = None) -> RemoteValue:
        """Have a function run by whichever worker is free, and do not wait for it.

        It is traced here, in the scope of the strategy, when a function with such arguments comes
        for the first time. When 262,144 functions are queued, it waits until there are fewer.

        Args:
            fn: a `tf.function` or a concrete function.
            args, kwargs: its arguments; of `PerWorkerValues` it gets its worker's.

        Returns:
            A `RemoteValue` of what the function returns.

        Raises:
            TypeError: for other functions.
            ValueError: if a `RemoteValue` is an argument.
            Exception: what a function that was scheduled before raised; all that had not begun to
                run by then are cancelled, this one as well, and nothing is running any more.
        """
        with self._strategy.scope():
            return self._cluster.schedule(fn, args, kwargs)

    def join(self) -> None:
        """Wait until all functions have run.

        Raises:
            Exception: what a scheduled function raised; see `schedule`.
        """
        self._cluster.join()

    def done(self) -> bool:
        """Whether all functions have run.

        Raises:
            Exception: what a scheduled function raised; see `schedule`.
        """
        return self._cluster.done()

    def create_per_worker_dataset(self, dataset_fn: Any) -> PerWorkerDataset:
        """Let each worker have a dataset of its own.

        `iter` of what is returned is an argument for scheduled functions: `next` of it, in the
        function, gives elements of the dataset of the worker that runs it. Datasets should repeat
        for ever, in an order of their own on each worker, as which worker runs which function is
        not known, and a worker that is back begins anew.

        Args:
            dataset_fn: a function that returns a dataset, usually that of
                `strategy.distribute_datasets_from_function`; or a dataset.

        Raises:
            ValueError: if it is neither, or makes variables.
        """
        with self._strategy.scope():
            return per_worker_dataset(dataset_fn, self._cluster)

    def fetch(self, val: Any) -> Any:
        """Wait for values, and return them as NumPy arrays.

        Args:
            val: a nest of `RemoteValue`s; other things in it are returned as they are.

        Raises:
            tf.errors.CancelledError: a function was not run, as another one failed.
            Exception: what a function raised.
        """
        return nest.map_structure(
            lambda item: item.fetch() if isinstance(item, RemoteValue) else item, val
        )


def _connected_cluster() -> Cluster:
    from tidefall.distribute.cluster.tasks import ps_tasks, worker_tasks

    return Cluster(worker_tasks(), ps_tasks())
