"""Pipelines over serialized examples: `parse_example_dataset`, `make_batched_features_dataset`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tidefall.base import dtypes
from tidefall.base.exports import export
from tidefall.data.dataset import DatasetV2
from tidefall.data.engine.node import AUTOTUNE
from tidefall.data.sources.epochs import read_files, shuffled_epochs
from tidefall.data.sources.list_files import list_files
from tidefall.data.sources.tfrecord_dataset import TFRecordDatasetV2
from tidefall.data.transformations.batching.batch import batch
from tidefall.data.transformations.map import map_
from tidefall.data.transformations.prefetch import prefetch
from tidefall.io.parsing.functions import parse_example
from tidefall.tensor.specs import TensorSpec


@export("data.experimental.parse_example_dataset")
def parse_example_dataset(
    features: Any, num_parallel_calls: Any = 1, deterministic: bool | None = None
) -> Callable[[DatasetV2], DatasetV2]:
    """A transformation that parses batches of serialized `tf.train.Example` messages.

    Args:
        features: dict of keys and features, as for `tf.io.parse_example`.
        num_parallel_calls: how many batches are parsed at a time.
        deterministic: keep the order; by default as the dataset's options say.

    Returns:
        A function for `Dataset.apply`: from a dataset of string vectors to one of dicts.

    Raises:
        ValueError: without features.
        TypeError: the dataset is of something else.

    >>> import tidefall as tf
    >>> value = tf.train.Feature(int64_list=tf.train.Int64List(value=[3]))
    >>> example = tf.train.Example(features=tf.train.Features(feature={"n": value}))
    >>> dataset = tf.data.Dataset.from_tensors([example.SerializeToString()])
    >>> features = {"n": tf.io.FixedLenFeature([], tf.int64)}
    >>> parse = tf.data.experimental.parse_example_dataset(features)
    >>> list(dataset.apply(parse).as_numpy_iterator())
    [{'n': array([3])}]
    """
    if features is None:
        raise ValueError("Argument `features` is required, but not specified.")

    def apply(dataset: DatasetV2) -> DatasetV2:
        spec = dataset.element_spec
        vectors = TensorSpec([None], dtypes.string)
        if not isinstance(spec, TensorSpec) or not spec.is_compatible_with(vectors):
            raise TypeError(
                f"Input dataset should be a dataset of vectors of strings. Instead it is `{spec}`."
            )
        return map_(
            dataset, lambda batch: parse_example(batch, features), num_parallel_calls, deterministic
        )

    return apply


@export("data.experimental.make_batched_features_dataset")
def make_batched_features_dataset(
    file_pattern: Any,
    batch_size: Any,
    features: Any,
    reader: Any = None,
    label_key: Any = None,
    reader_args: Any = None,
    num_epochs: Any = None,
    shuffle: bool = True,
    shuffle_buffer_size: Any = 10000,
    shuffle_seed: Any = None,
    prefetch_buffer_size: Any = None,
    reader_num_threads: Any = None,
    parser_num_threads: Any = None,
    sloppy_ordering: bool = False,
    drop_final_batch: bool = False,
) -> DatasetV2:
    """Batches of parsed `tf.train.Example` messages from files.

    Args:
        file_pattern: a pattern, or a list of them, as for `Dataset.list_files`.
        batch_size: examples in a batch.
        features: dict of keys and features, as for `tf.io.parse_example`.
        reader: takes the name of a file and returns a dataset of strings, or of keys and strings;
            `tf.data.TFRecordDataset` by default.
        label_key: a feature that comes beside the dict, as the second part of a tuple.
        reader_args: further arguments of `reader`.
        num_epochs: how often to go over the files; without end by default, and then without a last
            batch that is smaller.
        shuffle: whether to mix files and examples.
        shuffle_buffer_size, shuffle_seed: as for `Dataset.shuffle`.
        prefetch_buffer_size: batches to prepare ahead.
        reader_num_threads: how many files to read by turns; 1 by default.
        parser_num_threads: how many batches to parse at a time.
        sloppy_ordering: accepted; the order is always the same.
        drop_final_batch: leave out the last batch if it is smaller.

    Raises:
        ValueError: `label_key` is no feature.
        tf.errors.InvalidArgumentError: no file matches.

    >>> import tempfile
    >>> import tidefall as tf
    >>> age = tf.train.Feature(int64_list=tf.train.Int64List(value=[41]))
    >>> example = tf.train.Example(features=tf.train.Features(feature={"age": age}))
    >>> path = tempfile.mkdtemp() + "/train.tfrecord"
    >>> with tf.io.TFRecordWriter(path) as writer:
    ...     writer.write(example.SerializeToString())
    >>> dataset = tf.data.experimental.make_batched_features_dataset(
    ...     path, 1, {"age": tf.io.FixedLenFeature([], tf.int64)}, num_epochs=1
    ... )
    >>> [batch["age"].numpy().tolist() for batch in dataset]
    [[41]]
    """
    if label_key and label_key not in features:
        raise ValueError(
            f"The `label_key` provided ({label_key}) must be one of the `features` keys: "
            f"{features.keys()}."
        )
    make = TFRecordDatasetV2 if reader is None else reader
    arguments = [] if reader_args is None else list(reader_args)
    files = list_files(file_pattern, shuffle, shuffle_seed)
    dataset = read_files(files, lambda name: make(name, *arguments), reader_num_threads or 1)
    if isinstance(dataset.element_spec, tuple):
        dataset = map_(dataset, lambda _, value: value)
    dataset = shuffled_epochs(dataset, num_epochs, shuffle, shuffle_buffer_size, shuffle_seed)
    dataset = batch(dataset, batch_size, drop_remainder=drop_final_batch or num_epochs is None)
    dataset = parse_example_dataset(features, parser_num_threads or 2)(dataset)
    if label_key:
        dataset = map_(dataset, lambda parsed: (_without(parsed, label_key), parsed[label_key]))
    return prefetch(dataset, AUTOTUNE if prefetch_buffer_size is None else prefetch_buffer_size)


def _without(parsed: dict[Any, Any], key: Any) -> dict[Any, Any]:
    return {name: value for name, value in parsed.items() if name != key}
