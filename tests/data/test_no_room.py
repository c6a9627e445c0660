"""Files that cannot be written or read: the error names them, and nothing is taken for whole."""

import contextlib
import os
import shutil
import sys
import tempfile

import numpy as np
import pytest

import tidefall as tf

resource = pytest.importorskip("resource")
D = tf.data.Dataset
ROWS = np.random.default_rng(0).integers(0, 255, [12, 1500], np.uint8)


@contextlib.contextmanager
def room(size):
    """No file may grow beyond so many bytes."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


def rows():
    return D.from_tensor_slices(ROWS)


def three_shards(row):
    return tf.cast(row[0] % 3, tf.int64)


def count(dataset):
    return sum(1 for _ in dataset)


def cached(path):
    return count(rows().cache(path))


def cached_by_threads(path):
    return count(rows().cache(path).prefetch(2))


def snapshot(compression):
    return lambda path: count(
        rows().snapshot(path, compression=compression, shard_func=three_shards)
    )


def saved(compression):
    def save(path):
        rows().save(path, compression=compression, shard_func=three_shards)
        return count(D.load(path, compression=compression))

    return save


def records(compression):
    def write(path):
        writer = tf.data.experimental.TFRecordWriter(path, compression)
        writer.write(rows().map(tf.io.serialize_tensor))
        return count(tf.data.TFRecordDataset(path, compression))

    return write


WRITERS = {
    "cache": cached,
    "cache by threads": cached_by_threads,
    "snapshot": snapshot(None),
    "snapshot, Snappy": snapshot("SNAPPY"),
    "snapshot, GZIP": snapshot("GZIP"),
    "save": saved(None),
    "save, Snappy": saved("SNAPPY"),
    "save, GZIP": saved("GZIP"),
    "records": records(""),
    "records, GZIP": records("GZIP"),
}


def files(folder):
    return [name for _, _, names in os.walk(folder) for name in names]


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("size", [0, 20, 1000, 4500])
def test_without_room_nothing_is_left_and_with_room_all_is_written(name, size, tmp_path):
    path = str(tmp_path / "written")
    with room(size), pytest.raises(tf.errors.OpError, match="File too large") as caught:
        WRITERS[name](path)
    assert str(tmp_path) in caught.value.message
    assert files(tmp_path) == []
    assert WRITERS[name](path) == len(ROWS)
    assert WRITERS[name](path) == len(ROWS)


@pytest.mark.parametrize("name", ["save", "records"])
def test_without_room_what_was_there_stays(name, tmp_path):
    path = str(tmp_path / "written")
    WRITERS[name](path)
    before = sorted(files(tmp_path))
    with room(1000), pytest.raises(tf.errors.OpError, match="File too large"):
        WRITERS[name](path)
    assert sorted(files(tmp_path)) == before


@pytest.mark.parametrize("compression", ["", "GZIP"])
def test_writer_of_records_says_it_once(compression, tmp_path):
    path = str(tmp_path / "records")
    writer = tf.io.TFRecordWriter(path, compression)
    writer.write(ROWS[0].tobytes())
    with room(1000), pytest.raises(tf.errors.OpError, match=f"{path}; File too large"):
        writer.flush()
    with room(1000):
        writer.close()
    with pytest.raises(tf.errors.DataLossError, match=path):
        list(tf.data.TFRecordDataset(path, compression))


def test_checkpoint_without_room_for_the_index_keeps_the_old_one(tmp_path):
    variables = {str(i): tf.Variable(i) for i in range(200)}
    path = tf.train.Checkpoint(**variables).write(str(tmp_path / "model"))
    before = {name: (tmp_path / name).read_bytes() for name in os.listdir(tmp_path)}
    for variable in variables.values():
        variable.assign_add(1)
    with room(len(before["model.index"]) - 1), pytest.raises(tf.errors.OpError, match="large"):
        tf.train.Checkpoint(**variables).write(path)
    assert {name: (tmp_path / name).read_bytes() for name in os.listdir(tmp_path)} == before


# ---- permissions ----


@pytest.fixture
def nobody():
    """A folder, and a user who is not its owner."""
    folder = tempfile.mkdtemp()
    os.chmod(folder, 0o777)
    saved(None)(f"{folder}/saved")  # imports what that user may not be allowed to read
    if os.geteuid() == 0:
        os.seteuid(65534)
        try:
            yield folder
        finally:
            os.seteuid(0)
    else:
        yield folder
    for name in os.listdir(folder):
        os.chmod(os.path.join(folder, name), 0o700)
    shutil.rmtree(folder)


def as_owner(act):
    """Do something as the user that runs the tests."""
    effective = os.geteuid()
    os.seteuid(os.getuid())
    act()
    os.seteuid(effective)


READERS = {
    "text": tf.data.TextLineDataset,
    "records": tf.data.TFRecordDataset,
    "compressed": lambda path: tf.data.TFRecordDataset(path, "GZIP"),
    "fixed": lambda path: tf.data.FixedLengthRecordDataset(path, 1),
    "csv": lambda path: tf.data.experimental.CsvDataset(path, [tf.string]),
    "ahead": lambda path: tf.data.TextLineDataset(path).prefetch(1),
    "in map": lambda path: D.from_tensors(path).map(tf.io.read_file),
    "in interleave": lambda path: D.from_tensors(path).interleave(
        tf.data.TextLineDataset, cycle_length=1, num_parallel_calls=1
    ),
}
BAD_PATHS = {
    "secret": (tf.errors.PermissionDeniedError, "Permission denied"),
    "folder": (tf.errors.FailedPreconditionError, "Is a directory"),
    "missing": (tf.errors.NotFoundError, "No such file or directory"),
    "dangling": (tf.errors.NotFoundError, "No such file or directory"),
    "file/inside": (tf.errors.FailedPreconditionError, "Not a directory"),
    "loop": (tf.errors.UnknownError, "Too many levels of symbolic links"),
    "x" * 300: (tf.errors.InvalidArgumentError, "File name too long"),
}


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such permissions")
@pytest.mark.parametrize("kind", READERS)
def test_files_that_cannot_be_read(kind, nobody):
    """The classes are TensorFlow's."""

    def prepare():
        for name in ("file", "secret"):
            with open(f"{nobody}/{name}", "w") as file:
                file.write("text\n")
        os.mkdir(f"{nobody}/folder")
        os.symlink(f"{nobody}/gone", f"{nobody}/dangling")
        os.symlink(f"{nobody}/loop", f"{nobody}/loop")
        os.chmod(f"{nobody}/secret", 0)

    as_owner(prepare)
    try:
        for name, (error, reason) in BAD_PATHS.items():
            path = f"{nobody}/{name}"
            with pytest.raises(error) as caught:
                list(READERS[kind](path))
            assert f"{path}; {reason}" in caught.value.message
    finally:
        as_owner(lambda: [os.unlink(f"{nobody}/{name}") for name in ("dangling", "loop")])


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such permissions")
def test_files_that_must_not_be_written_stay(nobody):
    def prepare():
        with open(f"{nobody}/file", "w") as file:
            file.write("old")
        os.chmod(f"{nobody}/file", 0o444)
        os.mkdir(f"{nobody}/folder", 0o555)

    as_owner(prepare)
    for path in (f"{nobody}/file", f"{nobody}/folder/new"):
        for write in (WRITERS["records"], lambda path: tf.io.write_file(path, "new")):
            with pytest.raises(tf.errors.PermissionDeniedError, match=f"{path}; Permission"):
                write(path)
    for kind in ("cache", "snapshot", "save"):
        with pytest.raises(tf.errors.PermissionDeniedError, match=f"{nobody}/folder/new"):
            WRITERS[kind](f"{nobody}/folder/new")
    assert os.listdir(f"{nobody}/folder") == []
    with open(f"{nobody}/file") as file:
        assert file.read() == "old"


def test_no_database_is_made_by_reading_one(tmp_path):
    path = str(tmp_path / "database")
    query = "select * from t"
    dataset = tf.data.experimental.SqlDataset("sqlite", path, query, (tf.string,))
    with pytest.raises(tf.errors.UnknownError, match=f"Failed to open {path}: No such file"):
        list(dataset)
    assert not os.path.exists(path)
