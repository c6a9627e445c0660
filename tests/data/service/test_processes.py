"""What becomes of an iteration when processes die, freeze and come back."""

import os
import signal
import time

import numpy as np
import pytest

import tidefall as tf
from tests.data.service.servers import dispatcher_process, end, service, worker_of, worker_process

pytestmark = pytest.mark.process


def slowly(dataset):
    def wait(x):
        rows = tf.zeros([200_000])
        return x + tf.cast(tf.reduce_sum(tf.sort(rows)), tf.int64)

    return dataset.map(wait)


@pytest.fixture
def dispatcher():
    server = service.DispatchServer(service.DispatcherConfig(worker_timeout_ms=1500))
    yield server
    server.stop()


def test_killed_worker_loses_at_most_what_it_had(dispatcher):
    worker = worker_of(dispatcher)
    process, _ = worker_process(dispatcher)
    try:
        dataset = slowly(tf.data.Dataset.range(300)).apply(
            service.distribute("distributed_epoch", dispatcher.target, max_outstanding_requests=4)
        )
        found = []
        for x in dataset:
            found.append(int(x))
            if len(found) == 40:
                os.kill(process.pid, signal.SIGKILL)
        assert len(found) == len(set(found))  # none twice
        assert 290 <= len(found) <= 300
    finally:
        end(process)
        worker.stop()


def test_frozen_worker_does_not_hold_up_the_others(dispatcher):
    worker = worker_of(dispatcher)
    process, _ = worker_process(dispatcher)
    try:
        dataset = slowly(tf.data.Dataset.range(200)).apply(
            service.distribute("distributed_epoch", dispatcher.target)
        )
        found, longest, before = [], 0.0, time.monotonic()
        for x in dataset:
            found.append(int(x))
            now = time.monotonic()
            longest, before = max(longest, now - before), now
            if len(found) == 20:
                os.kill(process.pid, signal.SIGSTOP)
        longest = max(longest, time.monotonic() - before)
        assert len(found) == len(set(found)) >= 180
        assert longest < 5
    finally:
        os.kill(process.pid, signal.SIGCONT)
        end(process)
        worker.stop()


def test_worker_that_joins_later_takes_part(dispatcher):
    iterator = iter(
        slowly(tf.data.Dataset.range(20).repeat()).apply(
            service.distribute("parallel_epochs", dispatcher.target)
        )
    )
    first = worker_of(dispatcher)
    next(iterator)
    second = worker_of(dispatcher)
    deadline = time.monotonic() + 20
    while not second._num_tasks() and time.monotonic() < deadline:
        next(iterator)
    assert second._num_tasks() == 1
    first.stop()
    for _ in range(30):
        next(iterator)  # the second one alone
    second.stop()


def test_dispatcher_that_is_killed_goes_on(tmp_path):
    process, target = dispatcher_process(0, tmp_path)
    port = int(target.rpartition(":")[2])
    worker = worker_of(target)
    try:
        name = service.register_dataset(target, tf.data.Dataset.range(7))
        dataset = slowly(tf.data.Dataset.range(300)).apply(
            service.distribute("distributed_epoch", target, job_name="shared")
        )
        found = []
        for x in dataset:
            found.append(int(x))
            if len(found) == 30:
                end(process)
                process, _ = dispatcher_process(port, tmp_path)
        assert sorted(found) == list(range(300))
        again = service.from_dataset_id("parallel_epochs", target, name)
        assert [int(x) for x in again] == list(range(7))
    finally:
        end(process)
        worker.stop()


def test_snapshot_is_whole_though_a_worker_is_killed(tmp_path):
    dispatcher = service.DispatchServer(
        service.DispatcherConfig(
            fault_tolerant_mode=True, work_dir=str(tmp_path / "work"), worker_timeout_ms=1000
        )
    )
    process, _ = worker_process(dispatcher)
    worker = worker_of(dispatcher)
    try:
        path = str(tmp_path / "saved")
        dataset = slowly(tf.data.Dataset.range(400))
        tf.data.experimental.distributed_save(dataset, path, dispatcher.target.split("://")[1])
        time.sleep(0.3)
        os.kill(process.pid, signal.SIGKILL)
        loaded = tf.data.Dataset.load(path, wait=True)
        found = np.sort(list(loaded.as_numpy_iterator()))
        np.testing.assert_array_equal(found, np.arange(400))
        assert int(loaded.cardinality()) == 400
    finally:
        end(process)
        worker.stop()
        dispatcher.stop()
