"""`Dataset.list_files`: the names of files that match patterns."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.data.dataset import DatasetV2, dataset_op, source
from tidefall.data.engine.node import Node
from tidefall.data.sources.file_sources import strings, texts
from tidefall.data.sources.slices import SlicesNode, from_tensor_slices
from tidefall.data.transformations.shuffle import shuffle as shuffled
from tidefall.graph.control_dependencies import control_dependencies
from tidefall.io.file_systems.file_ops import matching_files
from tidefall.io.file_systems.file_system import match_pattern
from tidefall.op import raw
from tidefall.ops.debugging.assertions import assert_
from tidefall.tensor.conversion import convert_to_tensor


def _matching(patterns: Any) -> Node:
    found = sorted(path for pattern in texts(patterns) for path in match_pattern(pattern))
    return SlicesNode([strings([path.encode("utf-8", "surrogateescape") for path in found])])


matching_files_dataset_op = dataset_op("MatchingFilesDataset", _matching)
dataset_op("ExperimentalMatchingFilesDataset", _matching)


@source("list_files")
def list_files(
    file_pattern: Any, shuffle: Any = None, seed: Any = None, name: str | None = None
) -> DatasetV2:
    """The names of all files that match patterns.

    Args:
        file_pattern: a pattern, a list or a tensor of them, as for `tf.io.gfile.glob`.
        shuffle: whether to give the names in random order, another one in each iteration; True by
            default. Otherwise they are sorted.
        seed: makes the random order repeatable.
        name: accepted for TensorFlow's sake.

    Raises:
        tf.errors.InvalidArgumentError: nothing matches any of the patterns.

    >>> import os, tempfile
    >>> import tidefall as tf
    >>> folder = tempfile.mkdtemp()
    >>> for name in ("b.txt", "a.txt"):
    ...     tf.io.write_file(os.path.join(folder, name), "text")
    >>> dataset = tf.data.Dataset.list_files(folder + "/*.txt", shuffle=False)
    >>> [os.path.basename(path).decode() for path in dataset.as_numpy_iterator()]
    ['a.txt', 'b.txt']
    """
    patterns = raw.Reshape(convert_to_tensor(file_pattern, dtypes.string), [-1])
    matching = matching_files(patterns)
    count = raw.Size(matching, out_type=dtypes.int64)
    shown = raw.ReduceJoin(patterns, 0, separator=", ")
    message = raw.StringJoin(["No files matched pattern: ", shown])
    check = assert_(count > 0, [message], summarize=1, name="assert_not_empty")
    with control_dependencies([] if check is None else [check]):
        matching = raw.Identity(matching)
    dataset = from_tensor_slices(matching)
    if shuffle is None or shuffle:
        dataset = shuffled(dataset, raw.Maximum(count, np.int64(1)), seed=seed)
    return dataset
