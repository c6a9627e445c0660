"""Benchmarks and checks of gradients of `tf.test`; values are TensorFlow's."""

import base64

import numpy as np
import pytest

import tidefall as tf


class Reporting(tf.test.Benchmark):
    def benchmark_a(self):
        self.report_benchmark(
            iters=3, cpu_time=1.0, wall_time=2.0, throughput=3.0, extras={"b": "x", "a": 1},
            name="nm", metrics=[{"name": "m", "value": 1.0}],
        )  # fmt: skip

    def benchmark_bad(self):
        self.report_benchmark(extras={"a": [1]})


REPORT = (
    "ClMKDFJlcG9ydGluZy5ubRADGQAAAAAAAPA/IQAAAAAAAABAKQAAAAAAAAhAMggKAWISAxIBeDIOCgFhEgkJAAAA"
    "AAAA8D86DAoBbREAAAAAAADwPw=="
)


def test_reports_are_written_as_tensorflow_writes_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TEST_REPORT_FILE_PREFIX", "r_")
    Reporting().benchmark_a()
    data = (tmp_path / "r_Reporting.nm").read_bytes()
    assert data == base64.b64decode(REPORT)
    with pytest.raises(OSError, match="exists already"):
        Reporting().benchmark_a()


def test_extras_are_numbers_or_texts():
    with pytest.raises(TypeError, match="'a' is"):
        Reporting().benchmark_bad()


def test_only_the_base_class_is_abstract():
    assert tf.test.Benchmark.is_abstract()
    assert not Reporting.is_abstract()


def test_a_session_is_measured():
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        y = tf.constant(1.0) + 2.0

        class Measuring(tf.test.Benchmark):
            def benchmark_y(self):
                return self.run_op_benchmark(session, y, min_iters=3, mbs=1, extras={"q": 2})

        found = Measuring().benchmark_y()
    assert sorted(found) == ["extras", "iters", "name", "throughput", "wall_time"]
    assert found["name"] == "benchmark_y"
    assert found["iters"] == 3


GRADIENTS = {
    "square": (
        lambda x: x * x, [tf.constant([[1.0, 2.0], [3.0, 4.0]])],
        [np.diag([2.0, 4.0, 6.0, 8.0])], [np.diag([2.0, 4.0, 6.0, 7.99951171875])],
    ),
    "sine": (
        tf.sin, [tf.constant([1.0, 2.0], tf.float64)],
        [np.diag([0.5403023058681398, -0.4161468365471424])],
        [np.diag([0.5403022199893712, -0.4161467704024062])],
    ),
    "half": (
        tf.square, [tf.constant([1.0, 2.0], tf.float16)],
        [np.diag([2.0, 4.0])], [np.diag([2.0, 2.0])],
    ),
    "complex": (
        tf.abs, [tf.constant([1 + 2j], tf.complex64)],
        [[[0.4472135901451111, 0.8944271802902222]]], [[[0.4471435546875, 0.89453125]]],
    ),
    "two-arguments": (
        lambda x, y: tf.reduce_sum(x * y, 1),
        [tf.constant([[1.0, 2.0], [3.0, 4.0]]), tf.constant([2.0, 3.0])],
        *[[[[2.0, 3.0, 0.0, 0.0], [0.0, 0.0, 2.0, 3.0]], [[1.0, 2.0], [3.0, 4.0]]]] * 2,
    ),
    "slices": (
        lambda x: tf.gather(x, [0, 2]), [[1.0, 2.0, 3.0]],
        *[[[[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]]] * 2,
    ),
    "stopped": (
        tf.stop_gradient, [[1.0, 2.0]], [np.zeros([2, 2])], [np.eye(2)],
    ),
    "empty": (tf.square, [tf.zeros([0])], [np.zeros([0, 0])], [np.zeros([0, 0])]),
}  # fmt: skip


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients_beside_differences(name):
    function, arguments, theory, numbers = GRADIENTS[name]
    found = tf.test.compute_gradient(function, arguments)
    for ours, theirs, near in zip(found, (theory, numbers), (1e-6, 1e-3), strict=True):
        assert isinstance(ours, tuple)
        for one, other in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(one, other, rtol=near, atol=near)


def test_arguments_are_a_list_of_floats():
    with pytest.raises(ValueError, match="must be a list or tuple"):
        tf.test.compute_gradient(tf.square, tf.constant([1.0]))
    with pytest.raises(AssertionError, match="unsupported type int32 of argument 0"):
        tf.test.compute_gradient(lambda x: x * 2, [tf.constant([1])])


def test_compatibility_is_a_matter_of_dates():
    assert tf.compat.forward_compatible(2026, 1, 1)
    assert not tf.compat.forward_compatible(2030, 1, 1)
    with tf.compat.forward_compatibility_horizon(2031, 1, 1):
        assert tf.compat.forward_compatible(2030, 1, 1)
        assert not tf.compat.forward_compatible(2032, 1, 1)
