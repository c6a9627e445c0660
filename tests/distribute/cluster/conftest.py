"""A cluster of tasks in this process, and the connection to it."""

from __future__ import annotations

import pytest

import tidefall as tf
from tidefall.distribute.cluster import tasks


@pytest.fixture(scope="module")
def cluster():
    """Two workers and two parameter servers, which this process is connected to."""
    workers, _ = tf.test.create_local_cluster(num_workers=2, num_ps=2)
    spec = tf.train.ClusterSpec(workers[0].server_def.cluster)
    tf.config.experimental_connect_to_cluster(spec, job_name="chief")
    yield spec
    tasks.disconnect()
