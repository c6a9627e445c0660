"""`tf.train.CheckpointManager`: rotation, recovery after a restart, intervals."""

import copy
import os

import pytest

import tidefall as tf
from tidefall.saving.checkpoint import manager as checkpoint_manager


@pytest.fixture
def checkpoint():
    return tf.train.Checkpoint(v=tf.Variable(1.0))


def numbers(paths):
    return [int(path.rpartition("-")[2]) for path in paths]


def on_disk(folder):
    return sorted(
        int(name[5:-6]) for name in os.listdir(folder) if name.endswith(".index")
    )  # fmt: skip


@pytest.mark.parametrize(("keep", "left"), [(1, [4]), (2, [3, 4]), (9, [1, 2, 3, 4])])
def test_old_checkpoints_go(tmp_path, checkpoint, keep, left):
    manager = tf.train.CheckpointManager(checkpoint, tmp_path, max_to_keep=keep)
    assert manager.latest_checkpoint is None
    paths = [manager.save() for _ in range(4)]
    assert manager.latest_checkpoint == paths[-1] == tf.train.latest_checkpoint(tmp_path)
    assert numbers(manager.checkpoints) == left == on_disk(tmp_path)
    assert len(os.listdir(tmp_path)) == 2 * len(left) + 1


def test_all_are_kept_without_a_limit(tmp_path, checkpoint):
    manager = tf.train.CheckpointManager(checkpoint, tmp_path, max_to_keep=None)
    for _ in range(3):
        manager.save()
    assert numbers(manager.checkpoints) == [1, 2, 3]


def test_a_restarted_program_goes_on(tmp_path, checkpoint):
    manager = tf.train.CheckpointManager(checkpoint, tmp_path, max_to_keep=2)
    for _ in range(3):
        manager.save()
    again = tf.train.CheckpointManager(
        tf.train.Checkpoint(v=tf.Variable(0.0)), tmp_path, max_to_keep=2
    )
    assert again.checkpoints == manager.checkpoints
    assert again.restore_or_initialize() == manager.latest_checkpoint
    assert again.checkpoint.v.numpy() == 1.0
    again.save()
    assert numbers(again.checkpoints) == [3, 4] == on_disk(tmp_path)


def test_a_number_of_its_own(tmp_path, checkpoint):
    manager = tf.train.CheckpointManager(checkpoint, tmp_path, 2, checkpoint_name="model")
    path = manager.save(checkpoint_number=tf.Variable(100))
    assert path == str(tmp_path / "model-100")
    assert manager.save(checkpoint_number=100) == path
    assert manager.checkpoints == [path]


def test_an_interval(tmp_path, checkpoint):
    step = tf.Variable(0)
    manager = tf.train.CheckpointManager(
        checkpoint, tmp_path, 5, step_counter=step, checkpoint_interval=3
    )
    saved = []
    for _ in range(8):
        saved.append(manager.save() is not None)
        step.assign_add(1)
    assert saved == [True, False, False, True, False, False, True, False]
    assert manager.save(check_interval=False) is not None


def test_initialization_without_a_checkpoint(tmp_path, checkpoint):
    manager = tf.train.CheckpointManager(
        checkpoint, tmp_path, 1, init_fn=lambda: checkpoint.v.assign(7.0)
    )
    assert manager.restore_or_initialize() is None
    assert checkpoint.v.numpy() == 7.0


def test_some_are_kept_for_longer(tmp_path, checkpoint, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(checkpoint_manager.time, "time", lambda: clock[0])
    manager = tf.train.CheckpointManager(
        checkpoint, tmp_path, max_to_keep=1, keep_checkpoint_every_n_hours=1.0
    )
    for hours in (0.5, 1.5, 1.9, 2.6, 3.0):
        clock[0] = hours * 3600
        manager.save()
    assert numbers(manager.checkpoints) == [5]
    assert on_disk(tmp_path) == [2, 4, 5]


@pytest.mark.parametrize("keep", [0, -1])
def test_a_limit_below_one(tmp_path, checkpoint, keep):
    with pytest.raises(
        ValueError, match=f"positive integer or `None` for `max_to_keep`, got {keep}"
    ):
        tf.train.CheckpointManager(checkpoint, tmp_path, max_to_keep=keep)


def test_an_interval_without_a_counter(tmp_path, checkpoint):
    with pytest.raises(ValueError, match="`step_counter` should be passed"):
        tf.train.CheckpointManager(checkpoint, tmp_path, 1, checkpoint_interval=2)


def test_the_last_good_one_stays_when_saving_fails(tmp_path, checkpoint, monkeypatch):
    manager = tf.train.CheckpointManager(checkpoint, tmp_path, max_to_keep=1)
    path = manager.save()

    def full(*args, **kwargs):
        raise OSError("full")

    monkeypatch.setattr(checkpoint, "_write", full)
    with pytest.raises(OSError, match="full"):
        manager.save()
    assert tf.train.latest_checkpoint(tmp_path) == path
    checkpoint.read(path).expect_partial()


def test_checkpoints_iterator(tmp_path, checkpoint):
    manager = tf.train.CheckpointManager(checkpoint, tmp_path, max_to_keep=2)
    first = manager.save()
    found = []
    for path in tf.train.checkpoints_iterator(tmp_path, timeout=0):
        found.append(path)
        if len(found) == 1:
            found.append(manager.save())
    assert found == [first, tf.train.latest_checkpoint(tmp_path)] + found[1:2]


def test_intervals_in_a_graph_of_version_1(tmp_path):
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        value, steps = v1.Variable(1.0), v1.Variable(0)
        session.run([value.initializer, steps.initializer])
        manager = tf.train.CheckpointManager(
            tf.train.Checkpoint(v=value), tmp_path, None, step_counter=steps, checkpoint_interval=2
        )
        saved = []
        for _ in range(3):
            saved.append(manager.save() is not None)
            session.run(steps.assign_add(1))
        assert saved == [True, False, True]


def test_a_copy_of_options_has_callbacks_of_its_own():
    options = tf.train.CheckpointOptions(experimental_write_callbacks=[repr])
    copied = copy.copy(options)
    copied.experimental_write_callbacks.append(str.upper)
    assert options.experimental_write_callbacks == [repr]
