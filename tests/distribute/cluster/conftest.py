"""A cluster of tasks in this process, and the connection to it."""

from __future__ import annotations

import socket

import pytest

import tidefall as tf
from tidefall.distribute.cluster import tasks


def addresses(count):
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    found = [f"127.0.0.1:{each.getsockname()[1]}" for each in held]
    for each in held:
        each.close()
    return found


@pytest.fixture(scope="module")
def cluster():
    """Two workers and two parameter servers, which this process is connected to."""
    workers, _ = tf.test.create_local_cluster(num_workers=2, num_ps=2)
    spec = tf.train.ClusterSpec(workers[0].server_def.cluster)
    tf.config.experimental_connect_to_cluster(spec, job_name="chief")
    yield spec
    tasks.disconnect()
