"""Datasets of TensorFlow 1: classes of their own, with iterators as methods."""

import pytest

import tidefall as tf

v1 = tf.compat.v1
V1 = v1.data.Dataset


def drained(session, element):
    found = []
    while True:
        try:
            found.append(session.run(element).tolist())
        except tf.errors.OutOfRangeError:
            return found


def test_every_dataset_made_of_one_is_one():
    made = {
        "map": V1.range(3).map(lambda x: x + 1),
        "zip": V1.zip((V1.range(2), V1.range(2))),
        "apply": V1.range(3).apply(v1.data.experimental.unique()),
        "slices": V1.from_tensor_slices([1, 2]),
        "counter": v1.data.experimental.Counter(),
        "lines": v1.data.TextLineDataset(["a"]),
        "legacy": V1.range(3).map_with_legacy_function(lambda x: x),
    }
    for name, dataset in made.items():
        assert isinstance(dataset, V1), name
        assert isinstance(dataset, tf.data.Dataset), name
    assert not isinstance(tf.data.Dataset.range(3), V1)
    assert repr(made["map"]).startswith("<_MapDataset ")


def test_legacy_attributes():
    dataset = V1.from_tensor_slices({"a": [1.0, 2.0]})
    assert dataset.output_types == {"a": tf.float32}
    assert dataset.output_shapes == {"a": tf.TensorShape([])}
    assert dataset.output_classes == {"a": tf.Tensor}


def test_iterators_are_methods():
    with tf.Graph().as_default(), v1.Session() as session:
        # Recorded from TensorFlow.
        dataset = V1.from_tensor_slices([1, 2, 3]).shuffle(3, seed=1).repeat(2)
        one_shot = dataset.filter_with_legacy_function(lambda x: x < 3).make_one_shot_iterator()
        assert drained(session, one_shot.get_next()) == [2, 1, 2, 1]
        iterator = dataset.make_initializable_iterator()
        element = iterator.get_next()
        for _ in range(2):
            session.run(iterator.initializer)
            assert drained(session, element) == [2, 3, 1, 2, 1, 3]
    assert [int(x) for x in V1.range(3).make_one_shot_iterator()] == [0, 1, 2]
    with pytest.raises(RuntimeError, match="eager"):
        V1.range(3).make_initializable_iterator()


def test_rows_of_sparse_tensors():
    rows = tf.sparse.from_dense([[0, 5, 6], [0, 0, 0], [7, 0, 0]])
    dataset = V1.from_sparse_tensor_slices(rows)
    assert dataset.element_spec == (
        tf.TensorSpec([None, 1], tf.int64),
        tf.TensorSpec([None], tf.int32),
        tf.TensorSpec([1], tf.int64),
    )
    parts = [[part.numpy().tolist() for part in row] for row in dataset]
    assert parts == [[[[1], [2]], [5, 6], [3]], [[], [], [3]], [[[0]], [7], [3]]]
    with pytest.raises(TypeError, match="sparse_tensor"):
        V1.from_sparse_tensor_slices([1, 2])
