"""What a program sees of pipelines, files and messages."""

import os
import tempfile
from collections.abc import Iterator
from typing import Any, assert_type

import tidefall as tf

dataset = tf.data.Dataset.from_tensor_slices(([1.0, 2.0], [0, 1]))
dataset = dataset.map(lambda a, b: (a + 1, b), num_parallel_calls=tf.data.AUTOTUNE)
dataset = dataset.shuffle(2, seed=1).batch(2, drop_remainder=True).repeat().prefetch(1)
assert_type(dataset, tf.data.Dataset)
assert_type(iter(dataset), Iterator[Any])
assert_type(dataset.cardinality(), tf.Tensor)
assert_type(tf.data.Dataset.range(3).as_numpy_iterator(), tf.data.NumpyIterator)
for features, labels in dataset.take(1):
    print(features, labels)

options = tf.data.Options()
options.deterministic = False
options.threading.private_threadpool_size = 1
assert_type(dataset.with_options(options), tf.data.Dataset)

folder = tempfile.mkdtemp()
path = os.path.join(folder, "data.tfrecord")
with tf.io.TFRecordWriter(path) as writer:
    feature = tf.train.Feature(int64_list=tf.train.Int64List(value=[1, 2]))
    example = tf.train.Example(features=tf.train.Features(feature={"a": feature}))
    writer.write(example.SerializeToString())
assert_type(example.SerializeToString(), bytes)
assert_type(tf.data.TFRecordDataset([path]).take(1), tf.data.Dataset)
assert_type(tf.io.read_file(path), tf.Tensor)
assert_type(tf.io.gfile.exists(path), bool)
spec = {"a": tf.io.FixedLenFeature([2], tf.int64)}
parsed = tf.io.parse_single_example(example.SerializeToString(), spec)
assert_type(tf.io.decode_raw(b"ab", tf.uint8), tf.Tensor)

checkpoint = tf.train.Checkpoint(v=tf.Variable(1))
assert_type(checkpoint.save(os.path.join(folder, "ckpt")), str)
manager = tf.train.CheckpointManager(checkpoint, folder, max_to_keep=1)
module = tf.Module()
module.v = tf.Variable(1)
tf.saved_model.save(module, os.path.join(folder, "model"))
assert_type(tf.saved_model.load(os.path.join(folder, "model")), Any)

old = tf.compat.v1
with old.Graph().as_default(), old.Session() as session:
    place = old.placeholder(tf.float32, [])
    assert_type(place, tf.Tensor)
    assert_type(session, old.Session)
    print(session.run(place + 1, {place: 2.0}))
