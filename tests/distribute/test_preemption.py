"""Preemption: notices, the checkpoint, and how the process ends, as in TensorFlow 2.21."""

import os
import signal
import subprocess
import sys
import time

import pytest

import tidefall as tf
from tidefall.distribute.launch.processes import cluster_of
from tidefall.distribute.launch.supervisor import Limits, Supervisor
from tidefall.distribute.preemption import agreement

Handler = tf.distribute.experimental.PreemptionCheckpointHandler
Config = tf.distribute.experimental.TerminationConfig
Simple = tf.distribute.cluster_resolver.SimpleClusterResolver


class Training:
    """A step that counts, and a switch that says that the end is near."""

    def __init__(self, folder, **config):
        self.step = tf.Variable(0)
        self.exits = []
        self.notice = False
        self.checkpoint = tf.train.Checkpoint(step=self.step)
        config.setdefault("exit_fn", lambda: self.exits.append(int(self.step)))
        config = Config(termination_watcher_fn=lambda: self.notice, **config)
        self.handler = Handler(None, self.checkpoint, folder, config)

    def run(self):
        return int(self.handler.run(lambda: self.step.assign_add(1)))

    def warn(self):
        self.notice = True
        for _ in range(100):
            if self.handler._watcher.noticed_at is not None:
                return
            time.sleep(0.05)
        raise AssertionError("the watcher was not asked")


def test_the_checkpoint_comes_after_the_next_step(tmp_path):
    training = Training(tmp_path)
    assert (training.run(), training.handler.total_run_calls) == (1, 1)
    training.warn()
    assert (training.run(), os.listdir(tmp_path), training.exits) == (2, [], [])
    assert (training.run(), training.exits) == (3, [2])
    path = tf.train.latest_checkpoint(tmp_path)
    names = [name for name, _ in tf.train.list_variables(path)]
    assert names == [
        "_CHECKPOINTABLE_OBJECT_GRAPH",
        "checkpointed_runs/.ATTRIBUTES/VARIABLE_VALUE",
        "save_counter/.ATTRIBUTES/VARIABLE_VALUE",
        "step/.ATTRIBUTES/VARIABLE_VALUE",
    ]
    assert tf.train.load_variable(path, names[1]) == 2
    assert [training.run(), training.run()] == [4, 5]
    assert training.exits == [2]
    again = Training(tmp_path)
    assert (again.handler.total_run_calls, int(again.step)) == (2, 2)


def test_saving_between_steps(tmp_path):
    saved = []
    training = Training(tmp_path, save_fn=lambda *args, **kwargs: saved.append((args, kwargs)))
    training.handler.save_checkpoint_if_preempted()
    training.warn()
    for _ in range(3):
        training.handler.save_checkpoint_if_preempted(7, options=None)
    assert saved == [((7,), {"options": None})]
    assert training.exits == [0]


def test_the_grace_period_is_used(tmp_path):
    training = Training(tmp_path, grace_period=1.0)
    with training.handler.watch_preemption_scope():
        training.run()
        training.warn()
        for _ in range(3):
            training.run()
        assert len(os.listdir(tmp_path)) == 3
        assert training.exits == []
        end = time.time() + 30
        while not training.exits and time.time() < end:
            training.run()
            time.sleep(0.01)
    (at,) = training.exits
    path = tf.train.latest_checkpoint(tmp_path)
    assert path.endswith("ckpt-2")
    assert tf.train.load_variable(path, "step/.ATTRIBUTES/VARIABLE_VALUE") == at


PROGRAM = """
import os, signal, sys
import tidefall as tf
step = tf.Variable(0)
manager = tf.train.CheckpointManager(tf.train.Checkpoint(step=step), sys.argv[1], max_to_keep=2)
handler = tf.distribute.experimental.PreemptionCheckpointHandler(None, manager)
print(int(step), flush=True)
for _ in range(5):
    handler.run(lambda: step.assign_add(1))
    if int(step) == 2:
        os.kill(os.getpid(), signal.SIGTERM)
print("done")
"""


@pytest.mark.process
def test_sigterm(tmp_path):
    command = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    first = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (first.returncode, first.stdout) == (42, "0\n"), first.stderr
    second = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (second.returncode, second.stdout) == (0, "3\ndone\n"), second.stderr


def test_wrong_arguments(tmp_path, monkeypatch):
    checkpoint = tf.train.Checkpoint()
    with pytest.raises(tf.errors.InvalidArgumentError, match="checkpoint_dir must be passed"):
        Handler(None, checkpoint)
    with pytest.raises(TypeError, match="got 3"):
        Handler(None, 3, tmp_path)
    servers = Simple(tf.train.ClusterSpec({"ps": ["a:1"]}))
    with pytest.raises(NotImplementedError, match="ParameterServerStrategy"):
        Handler(servers, checkpoint, tmp_path)
    workers = Simple(tf.train.ClusterSpec({"worker": ["a:1", "b:1"]}), "worker", 0)
    config = Config(termination_watcher_fn=lambda: False)
    monkeypatch.setattr(agreement, "worker_group", lambda: None)  # whoever made a strategy before
    with pytest.raises(tf.errors.FailedPreconditionError, match="several workers"):
        Handler(workers, checkpoint, tmp_path, config).run(lambda: None)


WORKER = """
import os, signal, sys
import tidefall as tf

strategy = tf.distribute.MultiWorkerMirroredStrategy()
resolver = strategy.cluster_resolver
with strategy.scope():
    step = tf.Variable(0, aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA)
folder = os.path.join(sys.argv[1], str(resolver.task_id))
manager = tf.train.CheckpointManager(tf.train.Checkpoint(step=step), folder, max_to_keep=2)
handler = tf.distribute.experimental.PreemptionCheckpointHandler(resolver, manager)
begin = int(step)


def train():
    ranks = strategy.reduce("sum", strategy.run(lambda: tf.constant(1)), axis=None)
    assert ranks == 2, ranks
    step.assign_add(1)


for _ in range(begin, 8):
    handler.run(train)
    if begin == 0 and resolver.task_id == 1 and int(step) == 3:
        os.kill(os.getpid(), signal.SIGTERM)
print("result", resolver.task_id, begin, int(step))
"""


@pytest.mark.process
def test_all_workers_save_after_one_step_when_one_is_to_be_ended(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(WORKER)
    lines = []
    outcomes = Supervisor(
        [sys.executable, str(path), str(tmp_path)],
        cluster_of({"worker": 2}),
        Limits(restarts=1),
        lambda task, line: lines.append(line),
    ).run()
    assert [(o.status, o.restarts) for o in outcomes.values()] == [(0, 1), (0, 1)], lines
    results = sorted(line for line in lines if line.startswith("result"))
    assert results == ["result 0 4 8", "result 1 4 8"], lines


def test_one_worker_needs_no_agreement(tmp_path):
    before = signal.getsignal(signal.SIGTERM)
    try:
        alone = Simple(tf.train.ClusterSpec({"worker": ["a:1"]}))
        assert Handler(alone, tf.train.Checkpoint(), tmp_path).total_run_calls == 0
        assert signal.getsignal(signal.SIGTERM) is not before
    finally:
        signal.signal(signal.SIGTERM, before)


def test_the_watcher_of_tpus():
    watcher = tf.distribute.experimental.PreemptionWatcher()
    assert watcher.preemption_message is None
    assert watcher.block_until_worker_exit() is None


@pytest.mark.process
def test_backup_and_restore_of_keras(run_python, tmp_path):
    run_python(
        """
import os, sys
os.environ["KERAS_BACKEND"] = "tensorflow"
import tidefall as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
import numpy as np
keras = tf.keras
x, y = np.ones([8, 2], "float32"), np.ones([8, 1], "float32")

class Interrupt(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 2:
            raise KeyboardInterrupt

def fit(*callbacks):
    strategy = tf.distribute.MirroredStrategy(["cpu:0", "cpu:1"])
    with strategy.scope():
        layer = keras.layers.Dense(1, kernel_initializer="ones")
        model = keras.Sequential([keras.Input([2]), layer])
        model.compile("adam", "mse")
    backup = keras.callbacks.BackupAndRestore(sys.argv[1])
    history = model.fit(x, y, 4, epochs=4, verbose=0, callbacks=[backup, *callbacks])
    return model, history

try:
    fit(Interrupt())
except KeyboardInterrupt:
    pass
else:
    raise AssertionError
model, history = fit()
assert history.epoch == [2, 3], history.epoch
assert int(model.optimizer.iterations) == 8
""",
        str(tmp_path / "backup"),
    )
