"""tf.device and tf.DeviceSpec."""

import pytest

import tidefall as tf
from tidefall.base.config import config

NAMES = [
    ("cpu", "/device:CPU:*"),
    ("/cpu:0", "/device:CPU:0"),
    ("GPU:1", "/device:GPU:1"),
    ("/device:TPU:2", "/device:TPU:2"),
    ("/job:a/task:1", "/job:a/task:1"),
    ("", ""),
]


@pytest.mark.parametrize("name, full", NAMES)
def test_nodes_carry_the_device(name, full):
    with tf.Graph().as_default(), tf.device(name):
        assert tf.constant(1).op.device == full
        with tf.device("/device:CPU:0"):
            assert tf.constant(1).op.device.endswith("/device:CPU:0")
        with tf.device(None):
            assert tf.constant(1).op.device == ""
        assert tf.constant(1).op.device == full


def test_what_a_name_leaves_open_is_taken_from_around():
    with tf.Graph().as_default(), tf.device("gpu:1"), tf.device("/job:w"):
        assert tf.constant(1).op.device == "/job:w/device:GPU:1"


def test_a_device_of_eager_code_is_not_that_of_a_function():
    with tf.device("cpu:0"):
        traced = tf.function(lambda: tf.constant(1)).get_concrete_function()
    assert {node.device for node in traced.graph.get_operations()} == {""}


@pytest.mark.parametrize("name", ["cpu", "GPU:0", "/cpu:5", None, "/job:localhost"])
def test_eager_code_runs_where_it_can(name):
    with tf.device(name) as nothing:
        assert nothing is None
        assert tf.constant(1).device == "/job:localhost/replica:0/task:0/device:CPU:0"


def test_other_forms():
    with tf.device(tf.config.list_logical_devices("CPU")[0]), tf.Graph().as_default():
        pass
    with tf.Graph().as_default(), tf.device(tf.DeviceSpec(device_type="cpu", device_index=3)):
        assert tf.constant(1).op.device == "/device:CPU:3"


ERRORS = [
    ("foo", ValueError, "Unknown attribute 'foo' is encountered while parsing the device spec"),
    (3, ValueError, r"Expecting a string device name. Got <class 'int'>\(3\)"),
    ("/job:worker/task:0/cpu:0", tf.errors.InvalidArgumentError, "unknown device"),
]


@pytest.mark.parametrize("name, error, match", ERRORS, ids=str)
def test_bad_devices(name, error, match):
    with pytest.raises(error, match=match), tf.device(name):
        tf.constant(1)


def test_a_missing_device_without_soft_placement():
    assert tf.config.get_soft_device_placement()
    with config.override(soft_placement=True):
        tf.config.set_soft_device_placement(False)
        with tf.device("cpu:0"):
            pass
        missing = pytest.raises(tf.errors.InvalidArgumentError, match="Could not satisfy device")
        with missing, tf.device("TPU:0"):
            tf.add(1, 2)


def test_device_specs():
    spec = tf.DeviceSpec.from_string("/job:a/replica:1/task:2/device:GPU:3")
    assert (spec.job, spec.replica, spec.task) == ("a", 1, 2)
    assert (spec.device_type, spec.device_index) == ("GPU", 3)
    assert spec.replace(job=None).to_string() == "/replica:1/task:2/device:GPU:3"
    merged = spec.make_merged_spec(tf.DeviceSpec(device_type="CPU", device_index=0))
    assert merged == tf.DeviceSpec.from_string("/job:a/replica:1/task:2/cpu:0")
    assert hash(merged) != hash(spec)
