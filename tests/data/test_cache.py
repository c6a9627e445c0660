"""Caching: the input is asked once, unless an iteration stops early."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tidefall as tf
from tidefall.io.bundles.bundle_writer import BundleWriter
from tidefall.io.file_systems.os_errors import errors_from_os

Dataset = tf.data.Dataset


def counting(filename=""):
    calls = []

    def generate():
        for i in range(4):
            calls.append(i)
            yield i

    spec = tf.TensorSpec([], tf.int32)
    return Dataset.from_generator(generate, output_signature=spec).cache(filename), calls


def test_elements_are_made_once():
    cached, calls = counting()
    for _ in range(3):
        assert [int(x) for x in cached] == [0, 1, 2, 3]
    assert len(calls) == 4
    assert [int(x) for x in cached.repeat(2)] == [0, 1, 2, 3] * 2
    assert len(calls) == 4


def test_iteration_that_stops_early_keeps_nothing():
    cached, calls = counting()
    for x in cached:
        if int(x) == 1:
            break
    assert [int(x) for x in cached] == [0, 1, 2, 3]
    assert calls == [0, 1, 0, 1, 2, 3]


# ---- in files ----

FILES = ["c.data-00000-of-00001", "c.index"]


def test_files_serve_later_pipelines(tmp_path):
    path = str(tmp_path / "c")
    source, calls = counting(path)
    assert [int(x) for x in source] == [0, 1, 2, 3]
    assert sorted(os.listdir(tmp_path)) == FILES
    other = counting(path)[0]
    for _ in range(2):
        assert [int(x) for x in other.repeat(2)] == [0, 1, 2, 3] * 2
    assert next(iter(other.batch(4))).numpy().tolist() == [0, 1, 2, 3]
    assert calls == [0, 1, 2, 3]


def every_kind():
    return Dataset.from_tensor_slices(
        {
            "f": [[1.5, 2.0], [3.0, 4.0]],
            "s": ["a", ""],
            "h": tf.cast([1, 2], tf.bfloat16),
            "r": tf.ragged.constant([[[1], [2, 3]], []]),
            "p": tf.sparse.from_dense([[1, 0], [0, 2]]),
        }
    )


def same(one, other):
    for a, b in zip(one, other, strict=True):
        assert a["r"].to_list() == b["r"].to_list()
        np.testing.assert_array_equal(tf.sparse.to_dense(a["p"]), tf.sparse.to_dense(b["p"]))
        for key in "fsh":
            np.testing.assert_array_equal(a[key].numpy(), b[key].numpy())


def test_elements_of_every_kind(tmp_path):
    cached = every_kind().cache(str(tmp_path / "c"))
    for _ in range(2):
        same(cached, every_kind())


def test_files_of_tensorflow():
    folder = Path(__file__).with_name("files_of_tensorflow")
    empty = every_kind().take(0)
    same(empty.cache(str(folder / "cache")), every_kind())
    for compression in (None, "GZIP", "SNAPPY"):
        path = str(folder / f"saved_{compression}".lower())
        loaded = Dataset.load(path, compression=compression)
        assert loaded.element_spec == every_kind().element_spec
        same(loaded, every_kind())


def test_an_iteration_that_stops_leaves_no_files(tmp_path):
    source, _ = counting(str(tmp_path / "c"))
    iterator = iter(source)
    next(iterator)
    assert "c_0.lockfile" in os.listdir(tmp_path)
    del iterator
    assert os.listdir(tmp_path) == []
    assert [int(x) for x in source] == [0, 1, 2, 3]


def test_only_one_iterator_writes(tmp_path):
    source, _ = counting(str(tmp_path / "c"))
    first, second = iter(source), iter(source)
    next(first)
    with pytest.raises(tf.errors.AlreadyExistsError, match="cache lockfile already exists"):
        next(second)
    assert [int(x) for x in first] == [1, 2, 3]
    assert [int(x) for x in source] == [0, 1, 2, 3]
    assert sorted(os.listdir(tmp_path)) == FILES


@pytest.mark.process
def test_a_killed_process_poisons_nothing(tmp_path):
    program = f"""
import os, signal
import tidefall as tf
iterator = iter(tf.data.Dataset.range(9).cache({str(tmp_path / "c")!r}))
next(iterator)
os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", program], check=False)
    assert "c_0.lockfile" in os.listdir(tmp_path)
    source, _ = counting(str(tmp_path / "c"))
    assert [int(x) for x in source] == [0, 1, 2, 3]
    assert sorted(os.listdir(tmp_path)) == FILES


def test_a_lock_of_somebody_else_is_respected(tmp_path):
    (tmp_path / "c_0.lockfile").write_text("Created at: 1")
    with pytest.raises(tf.errors.AlreadyExistsError, match="Lockfile contents: Created at: 1"):
        list(counting(str(tmp_path / "c"))[0])
    assert list(counting(str(tmp_path / "c"))[0].ignore_errors()) == []


def test_a_full_disk_leaves_no_files(tmp_path, monkeypatch):
    source, _ = counting(str(tmp_path / "c"))

    def full(self, data):
        raise errors_from_os(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), self.prefix)

    monkeypatch.setattr(BundleWriter, "_append", full)
    with pytest.raises(tf.errors.ResourceExhaustedError, match="No space left"):
        list(source)
    assert os.listdir(tmp_path) == []
    monkeypatch.undo()
    assert [int(x) for x in source] == [0, 1, 2, 3]


def test_a_pipeline_that_fails_leaves_no_files(tmp_path):
    cached = Dataset.range(4).map(lambda x: tf.debugging.check_numerics(1 / (2 - x), ""))
    with pytest.raises(tf.errors.InvalidArgumentError):
        list(cached.cache(str(tmp_path / "c")))
    assert os.listdir(tmp_path) == []


def test_damaged_files_and_files_of_others(tmp_path):
    path = str(tmp_path / "c")
    list(counting(path)[0])
    with pytest.raises(tf.errors.InvalidArgumentError, match="expected string but got int32"):
        list(Dataset.from_tensors("text").cache(path))
    for name in FILES:
        data = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(data[:9])
        with pytest.raises(tf.errors.DataLossError, match="c"):
            list(counting(path)[0])
        (tmp_path / name).write_bytes(data)
    with pytest.raises(tf.errors.NotFoundError):
        list(Dataset.range(3).cache(str(tmp_path / "none" / "c")))


def test_state_while_writing_and_while_reading(tmp_path):
    cached = Dataset.range(6).cache(str(tmp_path / "c"))
    for _ in range(2):
        iterator = iter(cached)
        taken = [int(next(iterator)) for _ in range(2)]
        state = iterator._resource.save()
        del iterator
        resumed = iter(cached)
        resumed._resource.restore(state)
        assert taken + [int(x) for x in resumed] == list(range(6))
        assert [int(x) for x in cached] == list(range(6))
