"""Saved datasets and snapshots: what is written, read, left alone, and refused."""

import errno
import itertools
import os
import shutil

import numpy as np
import pytest

import tidefall as tf
from tidefall.io.records import snappy_stream, snapshot_files

D = tf.data.Dataset
COMPRESSIONS = [None, "GZIP", "SNAPPY"]


def numbers(dataset):
    return [int(x) for x in dataset]


def files(path):
    return sorted(
        os.path.relpath(os.path.join(folder, name), path)
        for folder, _, names in os.walk(path)
        for name in names
    )


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_saved_elements_come_back(tmp_path, compression):
    path = str(tmp_path / "saved")
    dataset = D.from_tensor_slices(
        {
            "f": np.arange(6, dtype=np.float32).reshape(3, 2),
            "s": ["a", "", "ccc"],
            "h": tf.cast([1, 2, 3], tf.bfloat16),
            "r": tf.ragged.constant([[[1], [2, 3]], [], [[4]]]),
            "p": tf.sparse.from_dense([[1, 0], [0, 2], [0, 0]]),
        }
    )
    dataset.save(path, compression=compression)
    loaded = D.load(path, compression=compression)
    assert loaded.element_spec == dataset.element_spec
    assert int(loaded.cardinality()) == 3
    for one, two in zip(dataset, loaded, strict=True):
        assert one["r"].to_list() == two["r"].to_list()
        np.testing.assert_array_equal(tf.sparse.to_dense(one["p"]), tf.sparse.to_dense(two["p"]))
        for key in "fsh":
            np.testing.assert_array_equal(one[key].numpy(), two[key].numpy())


def test_shards_are_read_by_turns_or_as_one_likes(tmp_path, monkeypatch):
    monkeypatch.setattr("multiprocessing.cpu_count", lambda: 2)
    path = str(tmp_path / "saved")
    D.range(10).save(path, shard_func=lambda x: x % 3)
    assert numbers(D.load(path)) == [0, 1, 3, 4, 6, 7, 9, 2, 5, 8]
    one_by_one = D.load(path, reader_func=lambda shards: shards.flat_map(lambda shard: shard))
    assert numbers(one_by_one) == [0, 3, 6, 9, 1, 4, 7, 2, 5, 8]


def test_saving_again_replaces(tmp_path):
    path = str(tmp_path / "saved")
    D.range(4).save(path)
    D.from_tensors("text").save(path)
    assert [x.numpy() for x in D.load(path)] == [b"text"]


def test_saving_in_a_function(tmp_path):
    path = str(tmp_path / "saved")

    @tf.function
    def save():
        D.range(3).save(path)

    save()
    assert numbers(D.load(path)) == [0, 1, 2]


@pytest.mark.parametrize("shard", [lambda x: (x, x), lambda x: "a", lambda x: tf.stack([x])])
def test_shard_functions_return_a_number(tmp_path, shard):
    path = str(tmp_path / "saved")
    with pytest.raises(tf.errors.InvalidArgumentError, match="must return a scalar int64"):
        D.range(4).save(path, shard_func=shard)
    assert files(path) == []
    with pytest.raises(tf.errors.InvalidArgumentError, match="must return a scalar int64"):
        list(D.range(4).snapshot(path, shard_func=shard))
    assert files(path) == []


def test_what_is_not_there(tmp_path):
    path = str(tmp_path / "none")
    with pytest.raises(tf.errors.NotFoundError, match=r"none/dataset_spec.pb"):
        D.load(path)
    with pytest.raises(tf.errors.NotFoundError, match="metadata file"):
        D.load(path, element_spec=tf.TensorSpec([], tf.int64))
    D.range(4).save(path)
    with pytest.raises(tf.errors.InvalidArgumentError, match="expected int32 but got int64"):
        list(D.load(path, element_spec=tf.TensorSpec([], tf.int32)))
    D.range(4).save(path, compression="GZIP")
    with pytest.raises(tf.errors.DataLossError, match="Is this a TFRecord file"):
        list(D.load(path))
    with pytest.raises(tf.errors.InvalidArgumentError, match="Unknown compression 'LZ'"):
        D.range(4).save(path, compression="LZ")


def test_a_failing_pipeline_leaves_the_old_elements(tmp_path):
    path = str(tmp_path / "saved")
    D.range(4).save(path)
    before = files(path)
    failing = D.range(4).map(
        lambda x: tf.debugging.check_numerics(1 / tf.cast(2 - x, tf.float32), "")
    )
    with pytest.raises(tf.errors.InvalidArgumentError):
        failing.save(path)
    assert files(path) == before
    assert numbers(D.load(path)) == [0, 1, 2, 3]


def full_after(monkeypatch, module, size):
    """A disk with room for so many bytes."""

    class Full:
        def __init__(self, file):
            self._file = file
            self._left = size

        def write(self, data):
            self._left -= len(data)
            if self._left < 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return self._file.write(data)

        def __getattr__(self, name):
            return getattr(self._file, name)

    def opened(path, mode="r", **options):
        file = open(path, mode, **options)  # noqa: SIM115
        return Full(file) if "x" in mode or "w" in mode else file

    monkeypatch.setattr(module, "open", opened, raising=False)


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_a_full_disk_leaves_no_half_file(tmp_path, monkeypatch, compression):
    path = str(tmp_path / "saved")
    elements = D.from_tensors(np.random.default_rng(0).bytes(600_000)).repeat(3)
    full_after(monkeypatch, snapshot_files, 1_000_000)
    with pytest.raises(tf.errors.ResourceExhaustedError, match="No space left"):
        elements.save(path, compression=compression)
    assert files(path) == []
    dataset = elements.snapshot(path, compression=compression)
    with pytest.raises(tf.errors.ResourceExhaustedError, match="No space left"):
        list(dataset)
    assert files(path) == []
    monkeypatch.undo()
    assert len(list(dataset)) == 3
    assert files(path)


# ---- snapshots ----


@pytest.mark.parametrize("compression", ["AUTO", *COMPRESSIONS])
def test_a_snapshot_is_read_from_the_second_iteration_on(tmp_path, compression):
    path = str(tmp_path / "snapshot")
    calls = itertools.count()

    def generate():
        next(calls)
        yield from range(5)

    def build():
        source = D.from_generator(generate, output_signature=tf.TensorSpec([], tf.int64))
        return source.shuffle(5, seed=1).snapshot(path, compression)

    order = numbers(build())
    assert numbers(build()) == numbers(build()) == order
    assert next(calls) == 1
    assert int(D.range(3).snapshot(path).cardinality()) == 3


def test_snapshots_of_other_pipelines_lie_beside(tmp_path):
    path = str(tmp_path)
    for start, step in ((1, 1), (1, 2), (2, 2)):
        expected = [x * step + start for x in range(3)]
        for _ in range(2):
            dataset = D.range(3).map(lambda x: x * step + start)  # noqa: B023
            assert numbers(dataset.snapshot(path)) == expected
    for seed in (1, 2):
        shuffled = D.range(30).shuffle(30, seed=seed)
        assert numbers(D.range(30).shuffle(30, seed=seed).snapshot(path)) == numbers(shuffled)


def test_an_iteration_that_stops_leaves_nothing(tmp_path):
    path = str(tmp_path)
    dataset = D.range(300).snapshot(path)
    iterator = iter(dataset)
    assert int(next(iterator)) == 0
    del iterator
    assert files(path) == []
    assert numbers(dataset) == numbers(dataset) == list(range(300))


def test_state_while_writing_and_while_reading(tmp_path):
    path = str(tmp_path)
    for _ in range(2):
        dataset = D.range(6).snapshot(path)
        iterator = iter(dataset)
        taken = [int(next(iterator)) for _ in range(2)]
        state = iterator._resource.save()
        resumed = iter(dataset)
        resumed._resource.restore(state)
        assert taken + numbers(resumed) == list(range(6))
        assert numbers(dataset) == list(range(6))


def test_damaged_files_are_told(tmp_path):
    path = str(tmp_path / "saved")
    D.range(100).save(path)
    (record,) = [name for name in files(path) if name.endswith(".snapshot")]
    for name, error in ((record, "the record at byte 0"), ("snapshot.metadata", "damaged")):
        copy = str(tmp_path / "copy")
        shutil.copytree(path, copy, dirs_exist_ok=True)
        with open(os.path.join(copy, name), "r+b") as file:
            file.truncate(11)
        with pytest.raises(tf.errors.DataLossError, match=error):
            list(D.load(copy))


def test_an_element_cut_in_two(tmp_path):
    path = str(tmp_path / "saved")
    D.from_tensors((1, 2)).save(path)
    (name,) = [name for name in files(path) if name.endswith(".snapshot")]
    with open(os.path.join(path, name), "r+b") as file:
        file.truncate(os.path.getsize(os.path.join(path, name)) // 2)
    with pytest.raises(tf.errors.DataLossError, match="1 of 2 components"):
        list(D.load(path))


# ---- Snappy ----


@pytest.mark.parametrize("data", [b"", b"a", b"tide" * 100_000, bytes(range(256)) * 300])
def test_snappy_with_and_without_the_library(data, monkeypatch):
    blocks = [snappy_stream.compress(data)]
    monkeypatch.setattr(snappy_stream, "_library", lambda: None)
    blocks.append(snappy_stream.compress(data))
    assert [snappy_stream.decompress(block) for block in blocks] == [data, data]
    monkeypatch.undo()
    assert [snappy_stream.decompress(block) for block in blocks] == [data, data]
