"""Examples that are read together by their layout give what protobuf gives for each alone."""

import random

import numpy as np
import pytest

import tidefall as tf
from tidefall.io.parsing import example_ops
from tidefall.io.parsing.example_layout import Layout, NoLayout, groups_of
from tidefall.proto import Example

FEATURES = {
    "x": tf.io.FixedLenFeature([3], tf.float32, [1.0, 2.0, 3.0]),
    "n": tf.io.RaggedFeature(tf.int64),
    "one": tf.io.FixedLenFeature([], tf.int64, 7),
    "s": tf.io.VarLenFeature(tf.string),
    "t": tf.io.FixedLenSequenceFeature([], tf.float32, allow_missing=True),
}


def example(draw):
    message = Example()
    feature = message.features.feature
    if draw.random() < 0.8:
        feature["x"].float_list.value.extend(draw.uniform(-1, 1) for _ in range(3))
    if draw.random() < 0.8:
        many = [
            draw.choice([0, 5, 127, 128, -1, 2**62, -(2**63)]) for _ in range(draw.randint(0, 3))
        ]
        feature["n"].int64_list.value.extend(many)
    if draw.random() < 0.9:
        feature["one"].int64_list.value.append(draw.randint(-3, 300))
    if draw.random() < 0.9:
        feature["s"].bytes_list.value.extend(
            bytes(draw.randint(0, 2)) for _ in range(draw.randint(0, 2))
        )
    if draw.random() < 0.9:
        feature["t"].float_list.value.extend([0.5] * draw.randint(0, 2))
    if draw.random() < 0.1:
        feature["empty"].SetInParent()
    return message.SerializeToString()


def parsed(strings):
    found = tf.io.parse_example(strings, FEATURES)
    return [
        [np.asarray(v).tolist() for v in (value.values, value.row_splits)]
        if isinstance(value, tf.RaggedTensor)
        else [np.asarray(v).tolist() for v in (value.indices, value.values, value.dense_shape)]
        if isinstance(value, tf.SparseTensor)
        else value.numpy().tolist()
        for _, value in sorted(found.items())
    ]


@pytest.mark.parametrize("seed", range(20))
def test_by_layout_as_one_by_one(seed, monkeypatch):
    draw = random.Random(seed)
    kinds = [example(draw) for _ in range(5)]
    strings = [draw.choice(kinds) for _ in range(30)] + [example(draw) for _ in range(30)]
    draw.shuffle(strings)
    together = parsed(strings)
    monkeypatch.setattr(example_ops, "groups_of", lambda s: ([], list(range(len(s)))))
    assert together == parsed(strings)


def test_most_are_read_together():
    strings = [_labelled(i) for i in range(200)]
    groups, rest = groups_of(strings)
    assert not rest
    assert sum(len(group.indices) for group in groups) == 200


def _labelled(i):
    message = Example()
    message.features.feature["label"].int64_list.value.append(i)
    return message.SerializeToString()


@pytest.mark.parametrize("place", range(len(_labelled(3))))
@pytest.mark.parametrize("bit", [1, 0x80])
def test_damaged_examples_fail_as_they_do_alone(place, bit, monkeypatch):
    damaged = bytearray(_labelled(3))
    damaged[place] ^= bit
    strings = [_labelled(1), bytes(damaged), _labelled(2)]

    def outcome():
        try:
            feature = tf.io.FixedLenFeature([], tf.int64, -1)
            return tf.io.parse_example(strings, {"label": feature})["label"].numpy().tolist()
        except tf.errors.InvalidArgumentError as error:
            return error.message

    together = outcome()
    monkeypatch.setattr(example_ops, "groups_of", lambda s: ([], list(range(len(s)))))
    assert together == outcome()


@pytest.mark.parametrize("data", [b"\x0a", b"\x12\x00", b"\x0a\x03\x0a\x01x", b"\x0a\x00\x0a\x00"])
def test_what_has_no_layout(data):
    with pytest.raises(NoLayout):
        Layout(data)


def test_mapped_parser_works_on_whole_batches():
    strings = [_labelled(i) for i in range(10)]
    feature = {"label": tf.io.FixedLenFeature([], tf.int64)}

    def raw(s):
        return tf.raw_ops.ParseSingleExample(
            serialized=s,
            dense_defaults=[tf.zeros([0], tf.int64)],
            num_sparse=0,
            sparse_keys=[],
            dense_keys=["label"],
            sparse_types=[],
            dense_shapes=[[]],
        ).dense_values[0]

    for parse in (lambda s: tf.io.parse_single_example(s, feature)["label"], raw):
        dataset = tf.data.Dataset.from_tensor_slices(strings).map(parse)
        assert dataset._node.function.one_by_one == ""
        assert next(iter(dataset.batch(10))).numpy().tolist() == list(range(10))
