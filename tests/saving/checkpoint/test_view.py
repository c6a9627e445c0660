"""`tf.train.CheckpointView`."""

import numpy as np
import pytest

import tidefall as tf
from tidefall.saving.checkpoint.bundle import BundleWriter


def test_a_checkpoint_and_a_program(tmp_path):
    module = tf.Module()
    module.v = tf.Variable(1.0)
    checkpoint = tf.train.Checkpoint(m=module, d={"a": module.v})
    path = checkpoint.save(tmp_path / "ckpt")
    view = tf.train.CheckpointView(path)
    assert view.children(0) == {"d": 1, "m": 2, "save_counter": 3}
    assert view.children(2) == {"v": 4}
    assert view.descendants() == [0, 1, 2, 3, 4]
    assert view.match(checkpoint)[4] is module.v
    other = tf.train.Checkpoint(x=tf.Variable(2.0))
    assert other.save_counter.numpy() == 0
    matched, nodes, objects = view.diff(other)
    assert list(matched) == [0, 3]
    assert nodes == [1, 2, 4]
    assert [obj is other.x for obj in objects] == [True]


def test_a_checkpoint_without_an_object_graph(tmp_path):
    with BundleWriter(tmp_path / "ckpt") as writer:
        writer.add("v", np.float32(1))
    with pytest.raises(tf.errors.NotFoundError, match="does not have an object graph"):
        tf.train.CheckpointView(tmp_path / "ckpt")


def test_the_root_object_is_among_its_own_children(tmp_path):
    module = tf.Module()
    module.v = tf.Variable(1.0)
    path = tf.train.Checkpoint(module).save(tmp_path / "ckpt")
    # As TensorFlow's: the name `root` leads back to it.
    assert tf.train.CheckpointView(path).children(0) == {"v": 1, "root": 0, "save_counter": 2}
