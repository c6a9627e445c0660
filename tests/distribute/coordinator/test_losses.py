"""Workers and parameter servers that die, freeze and come back while functions are run."""

import logging
import random
import time

import pytest

import tidefall as tf
from tests.distribute.coordinator.local_tasks import LocalTask, LocalWorker
from tidefall.distribute.coordinator import liveness
from tidefall.distribute.coordinator import worker as workers_thread
from tidefall.distribute.coordinator.cluster import Cluster
from tidefall.distribute.coordinator.per_worker_dataset import per_worker_dataset


class Training:
    """Two workers, a parameter server, a dataset on each worker, and a count of what was run."""

    def __init__(self):
        self.server = LocalTask("/job:ps/replica:0/task:0")
        self.workers = [LocalWorker(i, [self.server]) for i in range(2)]
        self.cluster = Cluster(self.workers, [self.server])
        count = self.count = tf.Variable(0)
        self.iterator = iter(per_worker_dataset(tf.data.Dataset.range(1000), self.cluster))

        @tf.function
        def step(iterator):
            count.assign_add(1)
            return next(iterator)

        self._step = step

    def schedule(self, count):
        return [self.cluster.schedule(self._step, (self.iterator,), None) for _ in range(count)]


@pytest.fixture
def training(monkeypatch):
    monkeypatch.setattr(liveness, "PERIOD_SECONDS", 0.1)
    monkeypatch.setattr(workers_thread, "MAX_POLL_SECONDS", 0.3)
    made = Training()
    yield made
    for task in (*made.workers, made.server):
        task.thaw()
        task.restart()
    made.cluster.stop()


def wait_for(condition, seconds=60.0):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_what_a_lost_worker_was_running_is_run_by_another(training, caplog):
    lost, other = training.workers
    lost.seconds, other.seconds = 60.0, 0.01
    values = training.schedule(30)
    assert lost.began.wait(10)
    lost.kill()
    training.cluster.join()
    assert training.count.numpy() == 30 == other.ran
    assert sorted(int(v.fetch()) for v in values) == list(range(30))
    assert "/job:worker/replica:0/task:0 is lost" in caplog.text


def test_a_worker_that_is_back_takes_part_with_new_datasets(training, caplog):
    lost, other = training.workers
    lost.seconds = other.seconds = 0.002
    training.schedule(40)
    training.cluster.join()
    lost.kill()
    wait_for(lambda: training.schedule(1) and f"{lost.name} is lost" in caplog.text)
    training.cluster.join()
    lost.restart()
    wait_for(lambda: f"{lost.name} is back" in caplog.text)
    lost.ran, other.seconds = 0, 0.05
    values = training.schedule(50)
    training.cluster.join()
    assert lost.ran > 25
    assert min(int(v.fetch()) for v in values) == 0


def test_a_worker_that_was_started_again_unnoticed_gets_new_datasets(training, caplog):
    for worker in training.workers:
        worker.seconds = 0.002
    training.schedule(20)
    training.cluster.join()
    for worker in training.workers:
        worker.restart()
    values = training.schedule(20)
    training.cluster.join()
    assert 0 in [int(v.fetch()) for v in values]
    assert "was started again" in caplog.text


def test_all_workers_may_be_gone_for_a_while(training):
    training.schedule(5)
    training.cluster.join()
    for worker in training.workers:
        worker.kill()
    training.schedule(20)
    time.sleep(0.3)
    assert not training.cluster.done()
    for worker in training.workers:
        worker.restart()
    training.cluster.join()
    assert training.count.numpy() == 25


def test_a_missing_worker_is_asked_seldom(training):
    lost, _ = training.workers
    lost.kill()
    training.schedule(20)
    training.cluster.join()
    time.sleep(0.5)
    assert lost.asked < 8


def test_a_frozen_worker_is_noticed_and_a_slow_one_is_not_taken_for_it(training, caplog):
    frozen, slow = training.workers
    frozen.seconds = slow.seconds = 0.8
    value = training.schedule(2)[0]
    wait_for(lambda: slow.began.is_set() and frozen.began.is_set())
    frozen.freeze()
    started = time.monotonic()
    value.fetch()
    training.cluster.join()
    assert time.monotonic() - started < 5
    assert slow.ran == 2
    assert "task:0 is lost" in caplog.text and "task:1 is lost" not in caplog.text

    frozen.seconds = 0.0
    slow.seconds = 0.05
    frozen.thaw()
    wait_for(lambda: "task:0 is back" in caplog.text)
    before = frozen.ran
    training.schedule(30)
    training.cluster.join()
    assert frozen.ran > before + 5


def test_a_function_that_keeps_its_worker_from_answering_is_run_in_the_end(training, caplog):
    deaf, other = training.workers
    other.kill()
    deaf.is_deaf_while_running, deaf.seconds = True, 0.7
    training.schedule(1)
    training.cluster.join()
    assert training.count.numpy() >= 1
    assert f"{deaf.name} is lost" in caplog.text
    lost = caplog.text.count(f"{deaf.name} is lost")
    training.schedule(1)
    training.cluster.join()
    assert caplog.text.count(f"{deaf.name} is lost") == lost


@pytest.mark.parametrize("error", [tf.errors.UnavailableError, tf.errors.AbortedError])
def test_an_error_that_names_a_worker_is_its_loss(training, error):
    lost = training.workers[0]
    lost.fails_with = [error(None, None, f"{lost.name}: Connection reset by peer")]
    training.schedule(10)
    training.cluster.join()
    assert training.count.numpy() == 10


def test_a_functions_own_unavailable_error_is_raised(training):
    error = tf.errors.UnavailableError(None, None, "no such shop")
    training.workers[0].fails_with = [error]
    training.workers[1].fails_with = [error]
    training.schedule(1)
    with pytest.raises(tf.errors.UnavailableError, match="no such shop"):
        training.cluster.join()


@pytest.mark.parametrize("seed", range(2))
def test_everything_is_run_whatever_happens_to_workers(training, seed):
    dice = random.Random(seed)
    values, until = [], time.monotonic() + 1.0
    for worker in training.workers:
        worker.seconds = 0.001
    while time.monotonic() < until:
        values += training.schedule(dice.randrange(30))
        task = dice.choice(training.workers)
        dice.choice([task.kill, task.restart, task.restart, task.freeze, task.thaw, task.thaw])()
        time.sleep(dice.random() * 0.1)
    for task in training.workers:
        task.thaw()
        task.restart()
    training.cluster.join()
    assert all(value.fetch() >= 0 for value in values)
    assert training.count.numpy() >= len(values) > 100


# ---- parameter servers ----


def unreachable(worker):
    return tf.errors.UnavailableError(
        None, None, "GRPC error information from remote target /job:ps/replica:0/task:0: reset"
    )


def test_transient_failures_of_a_server_are_borne(training):
    training.workers[0].fails_with = [unreachable(0)]
    training.workers[1].fails_with = [unreachable(0)]
    training.schedule(10)
    training.cluster.join()
    assert training.count.numpy() == 10


@pytest.mark.parametrize(("setting", "borne"), [("1", 0), ("2", 1), ("4", 3)])
def test_how_many_are_borne_is_set(monkeypatch, setting, borne):
    monkeypatch.setenv("TF_COORDINATOR_IGNORE_TRANSIENT_PS_FAILURES", setting)
    training = Training()
    used = training.workers[1]
    training.workers[0].kill()
    for failures, fails in ((borne, False), (1, True)):
        used.fails_with = [unreachable(0)] * failures
        training.schedule(5)
        if fails:
            with pytest.raises(tf.errors.UnavailableError, match="/job:ps"):
                training.cluster.join()
        else:
            training.cluster.join()
    training.cluster.stop()


@pytest.mark.parametrize("wait", ["join", "schedule", "done"])
def test_a_lost_server_is_an_error(training, wait):
    training.schedule(5)
    training.cluster.join()
    training.server.kill()
    value = training.schedule(1)[0]
    with pytest.raises(tf.errors.UnavailableError, match="/job:ps/replica:0/task:0"):
        value.fetch()
    calls = {"join": training.cluster.join, "done": training.cluster.done}
    with pytest.raises(tf.errors.UnavailableError, match="/job:ps/replica:0/task:0"):
        calls.get(wait, lambda: training.schedule(1))()


def test_a_server_that_was_started_again_lost_its_variables(training):
    training.server.restart()
    for worker in training.workers:
        worker.fails_with = [tf.errors.NotFoundError(None, None, "Resource w does not exist")]
    training.schedule(2)
    with pytest.raises(tf.errors.UnavailableError, match="was started again, and the variables"):
        training.cluster.join()


def test_a_frozen_server_is_noticed(training, monkeypatch):
    for worker in training.workers:
        monkeypatch.setattr(worker, "_servers", [Stuck()])
    training.server.freeze()
    value = training.schedule(1)[0]
    started = time.monotonic()
    with pytest.raises(tf.errors.UnavailableError, match="/job:ps/replica:0/task:0 is lost"):
        value.fetch()
    assert time.monotonic() - started < 10
    with pytest.raises(tf.errors.UnavailableError):
        training.cluster.join()


class Stuck:
    """A server that is waited for without end."""

    @staticmethod
    def incarnation():
        time.sleep(60)


def test_a_server_that_is_not_there_is_told_at_once():
    server = LocalTask("/job:ps/replica:0/task:0")
    server.kill()
    with pytest.raises(tf.errors.UnavailableError, match="/job:ps"):
        Cluster([], [server])


def test_losses_are_in_the_log_once(training, caplog):
    caplog.set_level(logging.WARNING)
    training.workers[0].kill()
    wait_for(lambda: training.schedule(1) and "is lost" in caplog.text)
    training.cluster.join()
    time.sleep(0.5)
    training.workers[0].restart()
    wait_for(lambda: "is back" in caplog.text)
    assert caplog.text.count("is lost") == caplog.text.count("is back") == 1
