"""The ops that parse serialized examples; values as TensorFlow gives them."""

import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tidefall as tf


def example(**features):
    message = tf.train.Example()
    for name, values in features.items():
        feature = message.features.feature[name]
        if not values:
            feature.SetInParent()
        elif isinstance(values[0], bytes):
            feature.bytes_list.value.extend(values)
        elif isinstance(values[0], int):
            feature.int64_list.value.extend(values)
        else:
            feature.float_list.value.extend(values)
    return message.SerializeToString()


A, B = example(x=[1.0, 2.0], s=[b"a"]), example(x=[3.0], n=[7])
C, EMPTY = example(y=[5.0], n=[1, 2]), example(x=[])


def parse(serialized, *, dense=(), sparse=(), ragged=()):
    """ParseExampleV2 with (key, dtype, shape, default), (key, dtype) and (key, dtype, splits)."""
    found = tf.raw_ops.ParseExampleV2(
        serialized=tf.constant(serialized, tf.string),
        names=tf.constant([], tf.string),
        sparse_keys=tf.constant([key for key, _ in sparse], tf.string),
        dense_keys=tf.constant([key for key, *_ in dense], tf.string),
        ragged_keys=tf.constant([key for key, *_ in ragged], tf.string),
        dense_defaults=[tf.constant(d, t) for _, t, _, d in dense],
        num_sparse=len(sparse),
        sparse_types=[t for _, t in sparse],
        ragged_value_types=[t for _, t, _ in ragged],
        ragged_split_types=[t for *_, t in ragged],
        dense_shapes=[s for _, _, s, _ in dense],
    )
    return [[t.numpy().tolist() for t in part] for part in found]


def test_dense_features():
    dense = [("y", tf.float32, [], 7.0), ("n", tf.int64, [1], [0])]
    values = parse([B, example(y=[5.0])], dense=dense)[3]
    assert values == [[7.0, 5.0], [[7], [0]]]
    assert parse(B, dense=dense)[3] == [7.0, [7]]
    assert parse([], dense=[("x", tf.float32, [2], [])])[3] == [[]]


def test_dense_features_of_any_length():
    dense = [("x", tf.float32, [None], -1.0), ("s", tf.string, [None], "")]
    values = parse([A, B, C, EMPTY], dense=dense)[3]
    assert values[0] == [[1.0, 2.0], [3.0, -1.0], [-1.0, -1.0], [-1.0, -1.0]]
    assert values[1] == [[b"a"], [b""], [b""], [b""]]
    assert parse([A], dense=[("x", tf.float32, [None, 2], 0.0)])[3] == [[[[1.0, 2.0]]]]


def test_sparse_features():
    indices, values, shapes, *_ = parse([A, B, C], sparse=[("x", tf.float32), ("n", tf.int64)])
    assert indices == [[[0, 0], [0, 1], [1, 0]], [[1, 0], [2, 0], [2, 1]]]
    assert values == [[1.0, 2.0, 3.0], [7, 1, 2]]
    assert shapes == [[3, 2], [3, 2]]
    indices, values, shapes, *_ = parse(A, sparse=[("x", tf.float32)])
    assert (indices, values, shapes) == ([[[0], [1]]], [[1.0, 2.0]], [[2]])
    assert parse([], sparse=[("x", tf.float32)])[:3] == [[[]], [[]], [[0, 0]]]


def test_ragged_features():
    *_, values, splits = parse([A, B, C], ragged=[("x", tf.float32, tf.int32)])
    assert (values, splits) == ([[1.0, 2.0, 3.0]], [[0, 2, 3, 3]])
    *_, values, splits = parse(A, ragged=[("x", tf.float32, tf.int64)])
    assert (values, splits) == ([[1.0, 2.0]], [[]])


def test_the_older_op():
    indices, values, shapes, dense = tf.raw_ops.ParseExample(
        serialized=tf.constant([A, B]),
        names=tf.constant(["first", "second"]),
        sparse_keys=[tf.constant("s")],
        dense_keys=[tf.constant("y")],
        dense_defaults=[tf.constant([9.0])],
        sparse_types=[tf.string],
        dense_shapes=[[1]],
    )
    assert [t.numpy().tolist() for t in (indices[0], values[0], shapes[0])] == [
        [[0, 0]], [b"a"], [2, 1],
    ]  # fmt: skip
    assert dense[0].numpy().tolist() == [[9.0], [9.0]]


WRONG = [
    ([A], {"dense": [("x", tf.float32, [1], [0.0])]},
     r"Number of float values != expected\.  Values size: 2 but output shape: \[1\]"),
    ([B], {"dense": [("n", tf.float32, [1], [0.0])]},
     r"Data types don't match\. Data type: int64 but expected type: float"),
    ([B], {"sparse": [("n", tf.float32)]}, r"Key: n, Index: 0\.  Data types don't match"),
    ([C], {"dense": [("x", tf.float32, [1], [])]},
     r"Feature: x \(data type: float\) is required but could not be found"),
    ([B], {"dense": [("x", tf.float32, [None, 2], 0.0)]},
     r"not a multiple of stride length\. Saw 1 values but output shape is: \[\?,2\]"),
    ([b"\xff\xff"], {"sparse": [("x", tf.float32)]}, "Could not parse example input"),
]  # fmt: skip


@pytest.mark.parametrize(("serialized", "features", "message"), WRONG)
def test_examples_that_do_not_fit(serialized, features, message):
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        parse(serialized, **features)


def test_inside_a_function():
    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def f(serialized):
        return tf.raw_ops.ParseExample(
            serialized=serialized,
            names=tf.constant([], tf.string),
            sparse_keys=[],
            dense_keys=[tf.constant("x")],
            dense_defaults=[tf.constant([0.0])],
            sparse_types=[],
            dense_shapes=[[1]],
        )[3][0]

    assert f.get_concrete_function().outputs[0].shape.as_list() == [None, 1]
    np.testing.assert_array_equal(f(tf.constant([B, C])), [[3.0], [0.0]])


FEATURES = {
    "x": tf.io.VarLenFeature(tf.float32),
    "s": tf.io.RaggedFeature(tf.string),
    "n": tf.io.FixedLenSequenceFeature([], tf.int64, allow_missing=True),
}
FEATURES_OF_CONTEXT = {key: FEATURES[key] for key in ("x", "s")}
STEPS = {"x": tf.io.VarLenFeature(tf.float32), "n": tf.io.RaggedFeature(tf.int64)}


def sequence_example():
    message = tf.train.SequenceExample()
    for values in ([1.0], [2.0, 3.0]):
        step = message.feature_lists.feature_list["x"].feature.add()
        step.float_list.value.extend(values)
    message.context.MergeFrom(tf.train.Example.FromString(A).features)
    return message.SerializeToString()


SEQUENCE = sequence_example()


@settings(max_examples=150, deadline=None)
@given(
    source=st.sampled_from([A, B, C, SEQUENCE]),
    changes=st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), max_size=4),
    cut=st.integers(0, 200),
    tail=st.binary(max_size=12),
)
def test_damaged_bytes_are_refused_or_parsed(source, changes, cut, tail):
    damaged = bytearray(source[: len(source) - cut % len(source)] + tail)
    for position, value in changes:
        if damaged:
            damaged[position % len(damaged)] = value
    for parse_one in (
        lambda s: tf.io.parse_example(s, FEATURES),
        lambda s: tf.io.parse_sequence_example(s, FEATURES_OF_CONTEXT, STEPS),
    ):
        with contextlib.suppress(tf.errors.InvalidArgumentError):
            parse_one([SEQUENCE[:0], bytes(damaged)])


@settings(max_examples=50, deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.lists(st.floats(width=32, allow_nan=False), max_size=40),
            st.lists(st.integers(-(2**63), 2**63 - 1), max_size=5),
            st.lists(st.binary(max_size=5), max_size=3),
        ),
        max_size=4,
    )
)
def test_what_is_written_is_parsed(rows):
    serialized = [example(x=x, n=n, s=s) for x, n, s in rows]
    kinds = {"x": tf.float32, "n": tf.int64, "s": tf.string}
    features = {key: tf.io.RaggedFeature(dtype) for key, dtype in kinds.items()}
    found = tf.io.parse_example(tf.constant(serialized, tf.string), features)
    for position, key in enumerate(kinds):
        assert found[key].to_list() == [row[position] for row in rows]


@pytest.mark.parametrize("file", ["penguin_records/data_tfrecord-00000-of-00001.gz",
                                  "taxi_records/data_tfrecord-00000-of-00012.gz"])  # fmt: skip
def test_genuine_records(interop_genuine, file):
    path = interop_genuine / file
    batch = next(iter(tf.data.TFRecordDataset(str(path), "GZIP").batch(1000)))
    dtypes = {"float_list": tf.float32, "int64_list": tf.int64, "bytes_list": tf.string}
    features = {}
    for message in batch.numpy():
        for key, value in tf.train.Example.FromString(message).features.feature.items():
            if kind := value.WhichOneof("kind"):
                features[key] = tf.io.RaggedFeature(dtypes[kind])
    found = tf.io.parse_example(batch, features)
    for key in features:
        messages = [tf.train.Example.FromString(m).features.feature[key] for m in batch.numpy()]
        kinds = [m.WhichOneof("kind") for m in messages]
        want = [
            list(getattr(m, k).value) if k else [] for m, k in zip(messages, kinds, strict=True)
        ]
        assert found[key].to_list() == want
