"""tf.test.TestCase: what it accepts and what it refuses."""

import os

import numpy as np
import pytest

import tidefall as tf
from tidefall.proto import TensorShapeProto

case = tf.test.TestCase()
ACCEPTED = [
    lambda: case.assertAllEqual(tf.constant([1, 2]), [1, 2]),
    lambda: case.assertAllEqual([np.nan], tf.constant([np.nan])),
    lambda: case.assertAllEqual(["a"], tf.constant(["a"])),
    lambda: case.assertAllEqual([tf.constant(1), 2], np.array([1, 2])),
    lambda: case.assertNotAllEqual([1], [2]),
    lambda: case.assertNotAllEqual([1], [1, 1]),
    lambda: case.assertAllClose(tf.Variable(1.0), 1 + 1e-7),
    lambda: case.assertAllClose({"a": [1.0]}, {"a": tf.constant([1.0])}),
    lambda: case.assertAllClose([[1.0], [1.0, 2.0]], [[1.0], tf.constant([1.0, 2.0])]),
    lambda: case.assertAllClose(1.0, 1.1, rtol=0.2),
    lambda: case.assertNotAllClose(1.0, 1.1),
    lambda: case.assertAllCloseAccordingToType(tf.constant(1.0, tf.bfloat16), 1.005),
    lambda: case.assertAllInRange([0, 1], 0, 1),
    lambda: case.assertAllInSet([0, 1], {0, 1}),
    lambda: case.assertAllGreater([1, 2], 0),
    lambda: case.assertAllLessEqual([1, 2], 2),
    lambda: case.assertShapeEqual(tf.zeros([2]), np.zeros(2)),
    lambda: case.assertDTypeEqual(tf.zeros([2]), np.float32),
    lambda: case.assertDeviceEqual("/cpu:0", "CPU:0"),
    lambda: case.assertProtoEquals("dim { size: 1 }", _shape(1)),
    lambda: case.assertArrayNear([1, 2], [1.01, 2], 0.1),
    lambda: case.assertLen([1], 1),
    lambda: case.assertBetween(1, 0, 2),
]
REFUSED = [
    lambda: case.assertAllEqual([1, 2], [1, 3]),
    lambda: case.assertAllEqual([1, 2], [1]),
    lambda: case.assertAllEqual([np.nan], [1.0]),
    lambda: case.assertNotAllEqual([1], [1]),
    lambda: case.assertAllClose(1.0, 1.1),
    lambda: case.assertAllClose({"a": 1.0}, {"b": 1.0}),
    lambda: case.assertAllClose([[1.0], [1.0, 2.0]], [[1.0], [1.0, 3.0]]),
    lambda: case.assertNotAllClose(1.0, 1.0),
    lambda: case.assertAllInRange([0, 1], 0, 1, open_lower_bound=True),
    lambda: case.assertAllInSet([0, 2], {0, 1}),
    lambda: case.assertAllGreater([0, 1], 0),
    lambda: case.assertShapeEqual(tf.zeros([2]), np.zeros(3)),
    lambda: case.assertDeviceEqual("/cpu:0", "CPU:1"),
    lambda: case.assertProtoEquals("dim { size: 2 }", _shape(1)),
    lambda: case.assertArrayNear([1, 2], [1.2, 2], 0.1),
]


def _shape(size):
    message = TensorShapeProto()
    message.dim.add(size=size)
    return message


@pytest.mark.parametrize("call", ACCEPTED)
def test_accepted(call):
    call()


@pytest.mark.parametrize("call", REFUSED)
def test_refused(call):
    with pytest.raises(AssertionError):
        call()


def test_evaluate():
    found = case.evaluate({"a": tf.constant([1]), "b": (tf.Variable(2.0), 3)})
    assert found["a"].tolist() == [1]
    assert found["b"] == (2.0, 3)


class TestInside(tf.test.TestCase):
    def test_a_folder_and_errors(self):
        assert os.path.isdir(self.get_temp_dir())
        assert self.get_temp_dir() == self.get_temp_dir()
        with self.assertRaisesOpError("No such file"):
            tf.io.read_file("/no/such/file")
        with self.assertRaisesWithPredicateMatch(ValueError, lambda e: "x" in str(e)):
            raise ValueError("x")


def test_the_build():
    assert tf.test.is_built_with_xla()
    assert not tf.test.is_built_with_cuda()
    assert tf.test.is_gpu_available() == bool(tf.config.list_physical_devices("GPU"))
