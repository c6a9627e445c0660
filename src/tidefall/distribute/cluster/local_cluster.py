"""`tf.test.create_local_cluster`: the tasks of a cluster as servers of this process."""

from __future__ import annotations

from typing import Any

from tidefall.base.exports import export
from tidefall.distribute.cluster.server import Server
from tidefall.distribute.cluster_spec import ClusterSpec
from tidefall.distribute.launch.processes import free_addresses


@export("test.create_local_cluster")
def create_local_cluster(
    num_workers: int,
    num_ps: int,
    protocol: str = "grpc",
    worker_config: Any = None,
    ps_config: Any = None,
) -> tuple[list[Server], list[Server]]:
    """Start the tasks of a cluster in this process, each with a free port of this machine.

    Args:
        num_workers: how many workers.
        num_ps: how many parameter servers.
        protocol: "grpc".
        worker_config, ps_config: a `tf.compat.v1.ConfigProto` for either kind.

    Returns:
        The servers of the workers and those of the parameter servers.

    >>> import tidefall as tf
    >>> workers, servers = tf.test.create_local_cluster(num_workers=1, num_ps=1)
    >>> [server.server_def.job_name for server in workers + servers]
    ['worker', 'ps']
    >>> cluster = tf.train.ClusterSpec(workers[0].server_def.cluster)
    >>> resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(cluster)
    """
    addresses = free_addresses(num_workers + num_ps, "localhost")
    jobs = {"worker": addresses[:num_workers], "ps": addresses[num_workers:]}
    cluster = ClusterSpec({job: tasks for job, tasks in jobs.items() if tasks})

    def servers(job: str, config: Any) -> list[Server]:
        return [Server(cluster, job, i, protocol, config) for i in range(len(jobs[job]))]

    return servers("worker", worker_config), servers("ps", ps_config)
