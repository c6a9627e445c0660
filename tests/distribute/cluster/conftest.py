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
    listed = addresses(4)
    spec = tf.train.ClusterSpec({"worker": listed[:2], "ps": listed[2:]})
    for job in spec.jobs:
        for index in range(2):
            tf.distribute.Server(spec, job_name=job, task_index=index)
    tf.config.experimental_connect_to_cluster(spec, job_name="chief")
    yield spec
    tasks.disconnect()
