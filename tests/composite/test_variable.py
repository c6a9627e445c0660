"""tf.Variable: creation, reading, assignment, and what it refuses."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import tidefall as tf


def test_attributes_follow_the_initial_value():
    v = tf.Variable([[1.0, 2.0]], name="weights", trainable=False)
    assert (v.name, v.dtype, v.shape.as_list(), v.trainable) == (
        "weights:0",
        tf.float32,
        [1, 2],
        False,
    )
    assert repr(v) == (
        "<tf.Variable 'weights:0' shape=(1, 2) dtype=float32, "
        "numpy=array([[1., 2.]], dtype=float32)>"
    )


def test_initial_value_may_be_a_function():
    assert int(tf.Variable(lambda: tf.constant(3))) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "initial_value must be specified"),
        ({"initial_value": [1.0], "shape": [2]}, "not compatible with the explicitly supplied"),
        ({"initial_value": 1.0, "constraint": 3}, "must be a callable"),
    ],
)
def test_bad_creation(arguments, message):
    with pytest.raises(ValueError, match=message):
        tf.Variable(**arguments)


def test_assignments():
    v = tf.Variable([1.0, 2.0])
    assert v.assign([3.0, 4.0]) is v
    np.testing.assert_array_equal(v, [3.0, 4.0])
    np.testing.assert_array_equal(v.assign_add([1.0, 1.0]), [4.0, 5.0])
    np.testing.assert_array_equal(v.assign_sub([4.0, 5.0]), [0.0, 0.0])
    assert v.assign([9.0, 9.0], read_value=False) is None


@pytest.mark.parametrize("method", ["assign", "assign_add", "assign_sub"])
@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([1.0], "shape"),
        (tf.constant([1, 2]), "requested dtype float32"),
    ],
)
def test_assignments_that_do_not_fit(method, value, message):
    v = tf.Variable([1.0, 2.0])
    with pytest.raises(ValueError, match=message):
        getattr(v, method)(value)
    np.testing.assert_array_equal(v, [1.0, 2.0])


def test_a_read_value_does_not_follow_the_variable():
    v = tf.Variable([1.0])
    before = v.read_value()
    v.assign([2.0])
    np.testing.assert_array_equal(before, [1.0])


def test_the_callers_array_is_copied():
    array = np.array([1.0], np.float32)
    v, t = tf.Variable(array), tf.constant(array)
    array[0] = 5.0
    assert (float(v[0]), float(t[0])) == (1.0, 1.0)


def test_shape_may_be_wider_than_the_value():
    v = tf.Variable([1.0], shape=[None])
    v.assign([1.0, 2.0, 3.0])
    assert v.shape.as_list() == [None]
    assert v.numpy().shape == (3,)


def test_rows_can_be_scattered():
    v = tf.Variable([1.0, 2.0, 3.0])
    v.scatter_add(tf.IndexedSlices(tf.constant([10.0, 20.0]), tf.constant([0, 2])))
    np.testing.assert_array_equal(v, [11.0, 2.0, 23.0])
    v.scatter_update(tf.IndexedSlices(tf.constant([7.0]), tf.constant([1])))
    np.testing.assert_array_equal(v, [11.0, 7.0, 23.0])
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"not in \[0, 3\)"):
        v.scatter_add(tf.IndexedSlices(tf.constant([1.0]), tf.constant([5])))
    with pytest.raises(TypeError, match="IndexedSlices"):
        v.scatter_add([1.0])


def test_operators_read_the_value():
    v = tf.Variable([1.0, 2.0])
    np.testing.assert_array_equal((1.0 + v * 2.0)[1:], [5.0])
    np.testing.assert_array_equal(v == tf.constant([1.0, 0.0]), [True, False])
    assert float(tf.reduce_sum(v)) == 3.0


def test_variables_are_compared_by_reference_in_sets():
    v, w = tf.Variable(1.0), tf.Variable(1.0)
    with pytest.raises(TypeError, match="unhashable"):
        hash(v)
    assert len({v.ref(), v.ref(), w.ref()}) == 2
    assert v.ref().deref() is v


def test_copies_are_independent():
    v = tf.Variable([1.0], name="original")
    twin = copy.deepcopy(v)
    thawed = pickle.loads(pickle.dumps(v))
    v.assign([5.0])
    assert (float(twin[0]), float(thawed[0]), twin.name) == (1.0, 1.0, "original:0")


def test_creators_take_part():
    made = []

    def doubled(next_creator, **kwargs):
        made.append(kwargs["initial_value"])
        kwargs["initial_value"] = 2.0 * kwargs["initial_value"]
        return next_creator(**kwargs)

    with tf.variable_creator_scope(doubled):
        v = tf.Variable(3.0)
    assert (made, float(v)) == ([3.0], 6.0)


def test_a_variable_without_value_says_so():
    v = tf.Variable.uninitialized("late", tf.float32, [])
    assert not v.is_initialized()
    with pytest.raises(tf.errors.FailedPreconditionError, match="late"):
        v.read_value()
    v.assign(1.0)
    assert float(v) == 1.0


class _Copies(tf.Variable):
    """A variable of several components that are kept the same."""

    def __init__(self, count, value):
        self._setup("copies", tf.float32, tf.TensorShape([len(value)]), trainable=True)
        self.components = [tf.Variable(value) for _ in range(count)]

    def value(self):
        return self.components[0].value()

    def numpy(self):
        return self.components[0].numpy()

    def gather(self, indices, name=None):
        return self.components[0].gather(indices, name)

    def gather_nd(self, indices, name=None):
        return self.components[0].gather_nd(indices, name)

    def _each(self, method, *args, **kwargs):
        for component in self.components:
            getattr(component, method)(*args, **kwargs)
        return self

    def assign(self, value, use_locking=False, name=None, read_value=True):
        return self._each("assign", value)

    def _update(self, *args):
        return self._each("_update", *args)

    def _scatter(self, *args):
        return self._each("_scatter", *args)

    def _scatter_nd(self, *args):
        return self._each("_scatter_nd", *args)

    def _strided_slice_assign(self, *args, **masks):
        return self._each("_strided_slice_assign", *args, **masks)


def test_a_subclass_says_how_its_value_is_read_and_written(tmp_path):
    v, plain = _Copies(2, [1.0, 2.0, 3.0]), tf.Variable([1.0, 2.0, 3.0])
    rows = tf.IndexedSlices(tf.constant([10.0, 4.0]), tf.constant([0, 2]))
    changes = [lambda v: v.assign_add([1.0, 2.0, 3.0]), lambda v: v.assign_sub([0.5, 0.0, 1.0])]
    for how in ("add", "sub", "mul", "div", "max", "min", "update"):
        changes.append(lambda v, how=how: getattr(v, f"scatter_{how}")(rows))
    for how in ("update", "add", "sub", "max", "min"):
        changes.append(lambda v, how=how: getattr(v, f"scatter_nd_{how}")([[1]], [5.0]))
    changes += [lambda v: v.batch_scatter_update(rows), lambda v: v[1:].assign([6.0, 7.0])]
    for change in changes:
        change(plain)
        assert change(v) is v
        for component in v.components:
            np.testing.assert_array_equal(component, plain)
    np.testing.assert_array_equal(v + 1.0, plain + 1.0)
    np.testing.assert_array_equal(tf.gather(v, [2, 0]), tf.gather(plain, [2, 0]))
    np.testing.assert_array_equal(np.asarray(v), plain)
    path = tf.train.Checkpoint(v=v).write(str(tmp_path / "v"))
    tf.train.Checkpoint(v=plain).read(path).assert_consumed()
    v.assign([0.0, 0.0, 0.0])
    tf.train.Checkpoint(v=v).read(path).assert_consumed()
    np.testing.assert_array_equal(v.components[1], plain)
