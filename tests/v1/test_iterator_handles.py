"""Iterators over datasets that sessions run: handles, structures, one-shot iterators."""

import pytest

import tidefall as tf

v1 = tf.compat.v1
D = tf.data.Dataset


def values(session, element, count):
    return [int(session.run(element)) for _ in range(count)]


def test_one_shot_iterator_needs_no_initializer():
    with tf.Graph().as_default(), v1.Session() as session:
        iterator = v1.data.make_one_shot_iterator(D.range(6).map(lambda x: 2 * x).batch(4))
        element = iterator.get_next()
        assert session.run(element).tolist() == [0, 2, 4, 6]
        assert session.run(element).tolist() == [8, 10]
        with pytest.raises(tf.errors.OutOfRangeError):
            session.run(element)
        with pytest.raises(ValueError, match="does not have an initializer"):
            _ = iterator.initializer


def test_one_shot_iterator_takes_no_placeholder():
    with tf.Graph().as_default():
        size = v1.placeholder(tf.int64, [])
        with pytest.raises(ValueError, match="make_initializable_iterator"):
            v1.data.make_one_shot_iterator(D.range(size))


def test_one_shot_iterator_is_an_iterator_in_eager_code():
    assert [int(x) for x in v1.data.make_one_shot_iterator(D.range(3))] == [0, 1, 2]


def test_reinitializable_iterator_changes_its_dataset():
    with tf.Graph().as_default(), v1.Session() as session:
        iterator = v1.data.Iterator.from_structure(tf.int64, [])
        element = iterator.get_next()
        first = iterator.make_initializer(D.range(3))
        second = iterator.make_initializer(D.range(10, 13))
        session.run(first)
        assert values(session, element, 2) == [0, 1]
        session.run(second)
        assert values(session, element, 3) == [10, 11, 12]
        with pytest.raises(tf.errors.OutOfRangeError):
            session.run(element)


def test_initializer_refuses_other_elements():
    with tf.Graph().as_default():
        iterator = v1.data.Iterator.from_structure(tf.int64, [])
        with pytest.raises(TypeError, match="Expected a dataset"):
            iterator.make_initializer(D.from_tensors("a"))
        with pytest.raises(TypeError, match="Expected a dataset"):
            iterator.make_initializer(D.range(4).batch(2))


def test_string_handle_chooses_the_iterator():
    with tf.Graph().as_default(), v1.Session() as session:
        some = v1.data.make_one_shot_iterator(D.range(5))
        others = v1.data.make_initializable_iterator(D.range(100, 105))
        session.run(others.initializer)
        handles = [session.run(one.string_handle()) for one in (some, others)]
        handle = v1.placeholder(tf.string, [])
        element = v1.data.Iterator.from_string_handle(
            handle, v1.data.get_output_types(some), v1.data.get_output_shapes(some)
        ).get_next()
        taken = [int(session.run(element, {handle: handles[i]})) for i in (0, 1, 0, 1)]
        assert taken == [0, 100, 1, 101]


def test_structures_of_datasets_and_iterators():
    dataset = D.zip({"a": D.range(3), "b": D.from_tensors([1.0, 2.0])})
    assert v1.data.get_output_types(dataset) == {"a": tf.int64, "b": tf.float32}
    assert v1.data.get_output_shapes(iter(dataset)) == {"a": tf.TensorShape([]), "b": [2]}
    assert v1.data.get_output_classes(dataset) == {"a": tf.Tensor, "b": tf.Tensor}
