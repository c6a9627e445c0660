"""TFRecordWriter, training examples and write_graph as TensorFlow code uses them."""

from pathlib import Path

import pytest
from google.protobuf import text_format

import tidefall as tf
from tests.ids import without_address
from tidefall.proto import GraphDef


@pytest.mark.parametrize("options", [None, "", "GZIP", tf.io.TFRecordOptions("ZLIB", mem_level=1)])
def test_records_come_back(options, tmp_path):
    path = tmp_path / "r"
    with tf.io.TFRecordWriter(path, options) as writer:
        writer.write(b"abc")
        writer.flush()
        writer.write("text")
    assert list(tf.compat.v1.io.tf_record_iterator(path, options)) == [b"abc", b"text"]


def test_a_closed_writer_refuses(tmp_path):
    writer = tf.io.TFRecordWriter(str(tmp_path / "r"))
    writer.close()
    writer.close()
    for use in (lambda: writer.write(b"a"), writer.flush):
        with pytest.raises(tf.errors.FailedPreconditionError, match="closed"):
            use()


NAMES = [
    (None, ""),
    ("ZLIB", "ZLIB"),
    (2, "GZIP"),
    (0, ""),
    (tf.io.TFRecordOptions("GZIP"), "GZIP"),
]


@pytest.mark.parametrize("given, expected", NAMES, ids=without_address)
def test_names_of_compressions(given, expected):
    assert tf.io.TFRecordOptions.get_compression_type_string(given) == expected
    assert tf.io.TFRecordOptions(given).compression_type == expected


def test_bad_options(tmp_path):
    for make in (tf.io.TFRecordOptions, lambda kind: tf.io.TFRecordWriter("r", kind)):
        with pytest.raises(ValueError, match='Not a valid compression_type: "foo"'):
            make("foo")
    options = tf.io.TFRecordOptions("ZLIB", window_bits=99)
    with pytest.raises(tf.errors.InvalidArgumentError, match="zlib does not take"):
        tf.io.TFRecordWriter(str(tmp_path / "r"), options)
    with pytest.raises(tf.errors.NotFoundError, match="No such file"):
        tf.io.TFRecordWriter(str(tmp_path / "no" / "r"))
    with pytest.raises(TypeError, match="bytes or str"):
        tf.io.TFRecordWriter(str(tmp_path / "r")).write(3)


def test_an_example_is_the_bytes_tensorflow_writes():
    example = tf.train.Example(
        features=tf.train.Features(
            feature={"a": tf.train.Feature(int64_list=tf.train.Int64List(value=[1]))}
        )
    )
    assert example.SerializeToString() == b"\n\x0c\n\n\n\x01a\x12\x05\x1a\x03\n\x01\x01"
    assert tf.train.Example.FromString(example.SerializeToString()) == example
    assert tf.train.Example().features.feature["x"].WhichOneof("kind") is None


def test_a_sequence_example():
    words = [tf.train.Feature(bytes_list=tf.train.BytesList(value=[w])) for w in (b"a", b"b")]
    example = tf.train.SequenceExample(
        context=tf.train.Features(
            feature={"w": tf.train.Feature(float_list=tf.train.FloatList(value=[0.5]))}
        ),
        feature_lists=tf.train.FeatureLists(
            feature_list={"words": tf.train.FeatureList(feature=words)}
        ),
    )
    back = tf.train.SequenceExample.FromString(example.SerializeToString())
    found = back.feature_lists.feature_list["words"].feature
    assert [f.bytes_list.value[0] for f in found] == [b"a", b"b"]
    assert back.context.feature["w"].float_list.value[0] == 0.5


def test_write_graph(tmp_path):
    graph = tf.Graph()
    with graph.as_default():
        tf.constant(1, name="c")
    path = tf.io.write_graph(graph, str(tmp_path / "new"), "g.pbtxt")
    assert path == str(tmp_path / "new" / "g.pbtxt")
    found = text_format.Parse(Path(path).read_text(), GraphDef())
    assert [node.name for node in found.node] == ["c"]
    binary = tf.io.write_graph(found, str(tmp_path), "g.pb", as_text=False)
    assert GraphDef.FromString(Path(binary).read_bytes()) == found
    with pytest.raises(TypeError, match="Received: 3"):
        tf.io.write_graph(3, str(tmp_path), "g")
