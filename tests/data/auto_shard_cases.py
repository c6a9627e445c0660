"""Pipelines that are shared out among workers, over files of three records each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np


class Files:
    """Four files of records and four of lines in a folder."""

    def __init__(self, tf: Any, folder: Path):
        self.tf = tf
        self.D = tf.data.Dataset
        self.records = [str(folder / f"{i}.tfrecord") for i in range(4)]
        self.texts = [str(folder / f"{i}.txt") for i in range(4)]
        for i in range(4):
            contents = [f"{i}{j}" for j in range(3)]
            Path(self.texts[i]).write_text("".join(f"{line}\n" for line in contents))
            with tf.io.TFRecordWriter(self.records[i]) as writer:
                for line in contents:
                    writer.write(line.encode())


def hinted(dataset: Any, f: Files) -> Any:
    hint = f.tf.data.experimental.SHARD_HINT
    return dataset.shard(hint, hint)


CASES: dict[str, Callable[[Files], Any]] = {
    "range": lambda f: f.D.range(10),
    "batches": lambda f: f.D.range(10).shuffle(10, seed=1).batch(3).prefetch(2),
    "map": lambda f: f.D.from_tensor_slices(list(range(7))).map(lambda x: x + 1).batch(2),
    "repeat": lambda f: f.D.range(3).repeat().take(7),
    "generator": lambda f: f.D.from_generator(
        lambda: iter(range(5)), output_signature=f.tf.TensorSpec([], f.tf.int64)
    ),
    "shard of a shard": lambda f: f.D.range(10).shard(2, 1),
    "windows": lambda f: f.D.range(8).window(2).flat_map(lambda w: w.batch(2)),
    "hint": lambda f: hinted(f.D.range(10), f).map(lambda x: x * 2),
    "two hints": lambda f: hinted(hinted(f.D.range(10), f).batch(2), f),
    "hint for one number": lambda f: f.D.range(5).shard(f.tf.data.experimental.SHARD_HINT, 0),
    "records": lambda f: f.tf.data.TFRecordDataset(f.records),
    "records after": lambda f: (
        f.tf.data.TFRecordDataset(f.records)
        .filter(lambda x: True)
        .take(5)
        .skip(1)
        .shuffle(3, seed=1)
        .batch(2)
    ),
    "parallel reads": lambda f: f.tf.data.TFRecordDataset(f.records, num_parallel_reads=2),
    "lines": lambda f: f.tf.data.TextLineDataset(f.texts).cache(),
    "interleave": lambda f: f.D.from_tensor_slices(f.records).interleave(
        f.tf.data.TFRecordDataset, cycle_length=2
    ),
    "shuffled files": lambda f: (
        f.D.from_tensor_slices(f.records)
        .map(lambda x: x)
        .shuffle(4, seed=2, reshuffle_each_iteration=False)
        .map(lambda x: x + "")
        .interleave(f.tf.data.TFRecordDataset, cycle_length=2)
        .shuffle(5, seed=1)
    ),
    "files shuffled twice": lambda f: (
        f.D.from_tensor_slices(f.records)
        .shuffle(4, seed=2)
        .shuffle(4, seed=5)
        .interleave(f.tf.data.TFRecordDataset, cycle_length=2)
    ),
    "repeated files": lambda f: (
        f.D.from_tensor_slices(f.records)
        .shuffle(4, seed=2)
        .repeat(2)
        .interleave(f.tf.data.TFRecordDataset, cycle_length=2)
    ),
    "nested": lambda f: f.D.from_tensor_slices(f.records).flat_map(
        lambda x: f.D.from_tensors(x).flat_map(f.tf.data.TFRecordDataset)
    ),
    "batches of files": lambda f: (
        f.D.from_tensor_slices(f.records).batch(2).flat_map(f.tf.data.TFRecordDataset)
    ),
    "zip of files": lambda f: f.D.zip(
        f.tf.data.TFRecordDataset(f.records), f.tf.data.TextLineDataset(f.texts)
    ),
    "concatenated files": lambda f: f.tf.data.TFRecordDataset(f.records[:2]).concatenate(
        f.tf.data.TFRecordDataset(f.records[2:])
    ),
    "files read in a map": lambda f: f.D.from_tensor_slices(f.texts).map(f.tf.io.read_file),
    "one file": lambda f: f.tf.data.TFRecordDataset(f.records[:1]),
}
WORKERS = [(1, 0), (2, 0), (2, 1), (3, 2), (5, 0), (5, 3), (5, 4), (0, 0), (2, 2), (2, -1)]
POLICIES = ["OFF", "AUTO", "FILE", "DATA", "HINT"]


def outcome(files: Files, auto_shard: Any, name: str, policy: str, count: int, index: int) -> Any:
    """The elements at a worker, or the name of the error."""
    options = files.tf.data.Options()
    policies = files.tf.data.experimental.AutoShardPolicy
    options.experimental_distribute.auto_shard_policy = getattr(policies, policy)
    try:
        dataset = CASES[name](files).with_options(options)
        return [plain(x) for x in auto_shard(dataset, count, index).as_numpy_iterator()]
    except files.tf.errors.OpError as error:
        return type(error).__name__


def plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [plain(one) for one in value]
    if isinstance(value, bytes):
        return value.decode()
    return plain_list(np.asarray(value).tolist())


def plain_list(value: Any) -> Any:
    if isinstance(value, list):
        return [plain_list(one) for one in value]
    return value.decode() if isinstance(value, bytes) else value


def outcomes(files: Files, auto_shard: Any) -> dict[str, Any]:
    """What all cases give."""
    return {
        f"{name}, {policy}, {index} of {count}": outcome(
            files, auto_shard, name, policy, count, index
        )
        for name in CASES
        for policy in POLICIES
        for count, index in (WORKERS if name in ("batches", "records") else [(2, 1)])
    }
