"""`tf.data.experimental` under its own names; and values that are no datasets, put into one."""

from __future__ import annotations

import os
import tempfile
from typing import Any

import numpy as np

from tests.data.pipelines.tables import PIPELINES, add, pipeline


def folder() -> str:
    return tempfile.mkdtemp()


def attributes(value: Any) -> list[tuple[str, str]]:
    return [(name, str(getattr(value, name))) for name in sorted(dir(value)) if name[0] != "_"]


add(
    PIPELINES,
    named_counter=lambda tf, d: tf.data.experimental.Counter(5, -2, tf.int32).take(3),
    named_cardinality=lambda tf, d: d.from_tensor_slices(
        [tf.data.experimental.cardinality(x) for x in (d.range(3), d.counter(), d.range(0))]
    ),
    named_enumerate=lambda tf, d: d.range(3).apply(tf.data.experimental.enumerate_dataset(4)),
    named_from_list=lambda tf, d: tf.data.experimental.from_list([(1, "a"), (2, "b")]),
    named_variant=lambda tf, d: tf.data.experimental.from_variant(
        tf.data.experimental.to_variant(d.range(3)),
        tf.data.experimental.get_structure(d.range(3)),
    ),
    named_optional=lambda tf, d: d.from_tensors(
        tf.data.experimental.get_next_as_optional(iter(d.range(7, 9))).get_value()
    ),
    named_single=lambda tf, d: d.from_tensors(
        tf.data.experimental.get_single_element(d.range(5).skip(4))
    ),
    named_resample=lambda tf, d: d.range(12).apply(
        tf.data.experimental.rejection_resample(
            lambda x: tf.cast(x % 2, tf.int32), [0.5, 0.5], [0.5, 0.5], seed=3
        )
    ),
    named_scan=lambda tf, d: d.range(4).apply(
        tf.data.experimental.scan(np.int64(1), lambda s, x: (s + x, s * x))
    ),
    named_shuffle_and_repeat=lambda tf, d: d.range(5).apply(
        tf.data.experimental.shuffle_and_repeat(3, 2, seed=4)
    ),
    named_take_while=lambda tf, d: d.range(9).apply(
        tf.data.experimental.take_while(lambda x: x < 4)
    ),
    named_unbatch=lambda tf, d: d.range(5).batch(2).apply(tf.data.experimental.unbatch()),
    named_snapshot=lambda tf, d: d.range(3).apply(
        tf.data.experimental.snapshot(folder(), shard_func=lambda x: np.int64(0))
    ),
    named_dataset_spec=lambda tf, d: d.from_tensors(
        str(tf.data.DatasetSpec({"a": tf.TensorSpec([None], tf.int32)}, [2]))
    ),
    named_iterator_spec=lambda tf, d: d.from_tensors(
        [
            isinstance(iter(d.range(3)), tf.data.Iterator),
            tf.data.IteratorSpec(tf.TensorSpec([], tf.int64)).is_compatible_with(iter(d.range(3))),
            tf.data.IteratorSpec(tf.TensorSpec([], tf.int32)).is_compatible_with(iter(d.range(3))),
        ]
    ),
    named_numpy_iterator=lambda tf, d: d.from_tensor_slices(
        list(tf.data.NumpyIterator(d.range(4)))
    ),
    named_records=lambda tf, d: _records(tf, d),
    named_policies=lambda tf, d: d.from_tensors(
        [
            f"{kind.__name__}: {[(member.name, member.value) for member in kind]}"
            for kind in (
                tf.data.experimental.AutoShardPolicy,
                tf.data.experimental.AutotuneAlgorithm,
                tf.data.experimental.ExternalStatePolicy,
            )
        ]
    ),
    named_options=lambda tf, d: d.from_tensors(
        [
            f"{kind.__name__}: {attributes(kind())}"
            for kind in (
                tf.data.ThreadingOptions,
                tf.data.experimental.AutotuneOptions,
                tf.data.experimental.DistributeOptions,
                tf.data.experimental.OptimizationOptions,
                tf.data.experimental.ServiceOptions,
                tf.data.experimental.ThreadingOptions,
            )
        ]
    ),
)


def _records(tf: Any, d: Any) -> Any:
    path = os.path.join(folder(), "records")
    tf.data.experimental.TFRecordWriter(path, "GZIP").write(d.from_tensor_slices(["a", "", "bc"]))
    return tf.data.TFRecordDataset(path, "GZIP")


@pipeline
def named_saved(tf: Any) -> Any:
    d = tf.data.Dataset
    path = os.path.join(folder(), "saved")
    tf.data.experimental.save(d.range(4), path)
    return tf.data.experimental.load(path, tf.TensorSpec([], tf.int64))


@pipeline
def named_tables(tf: Any) -> Any:
    d = tf.data.Dataset
    pairs = d.zip((d.from_tensor_slices(["a", "b"]), d.range(5, 7)))
    by_key = tf.data.experimental.table_from_dataset(pairs, default_value=-1, key_dtype=tf.string)
    by_place = tf.data.experimental.index_table_from_dataset(d.from_tensor_slices(["x", "y"]))
    initializer = tf.data.experimental.DatasetInitializer(pairs)
    static = tf.lookup.StaticHashTable(initializer, default_value=tf.constant(-2, tf.int64))
    words = d.from_tensor_slices(["a", "y", "b", "z"])
    return words.map(lambda w: (by_key.lookup(w), by_place.lookup(w), static.lookup(w)))
