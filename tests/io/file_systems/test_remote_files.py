"""Files behind URLs: what fsspec opens is read and written like local files."""

import uuid

import pytest

import tidefall as tf
from tidefall.io.file_systems import open_file

pytest.importorskip("fsspec")
gfile = tf.io.gfile


@pytest.fixture
def folder():
    """A folder in fsspec's file system in memory, which lives as long as the process."""
    url = f"memory://{uuid.uuid4().hex}"
    gfile.makedirs(url)
    yield url
    gfile.rmtree(url)


def test_written_and_read(folder):
    path = f"{folder}/notes.txt"
    with gfile.GFile(path, "w") as file:
        file.write("one\ntwo\n")
    with gfile.GFile(path) as file:
        assert file.size() == 8
        assert list(file) == ["one\n", "two\n"]
        file.seek(4)
        assert file.read() == "two\n"
    assert tf.io.read_file(path).numpy() == b"one\ntwo\n"
    found = gfile.stat(path)
    assert (found.length, found.is_directory) == (8, False)
    assert gfile.stat(folder).is_directory


def test_folders(folder, tmp_path):
    for name in ("a.txt", "b.txt", "sub/c.txt"):
        tf.io.write_file(f"{folder}/{name}", name)
    assert sorted(gfile.listdir(folder)) == ["a.txt", "b.txt", "sub"]
    assert gfile.glob(f"{folder}/*.txt") == [f"{folder}/a.txt", f"{folder}/b.txt"]
    assert gfile.isdir(f"{folder}/sub")
    assert [(sorted(d), sorted(f)) for _, d, f in gfile.walk(folder)] == [
        (["sub"], ["a.txt", "b.txt"]),
        ([], ["c.txt"]),
    ]
    gfile.rename(f"{folder}/a.txt", f"{folder}/d.txt")
    assert not gfile.exists(f"{folder}/a.txt")
    gfile.copy(f"{folder}/d.txt", str(tmp_path / "local"))
    gfile.copy(str(tmp_path / "local"), f"{folder}/e.txt")
    assert tf.io.read_file(f"{folder}/e.txt").numpy() == b"a.txt"
    gfile.remove(f"{folder}/e.txt")
    assert not gfile.exists(f"{folder}/e.txt")


def test_errors_are_tensorflows(folder):
    missing = f"{folder}/none"
    for use in (gfile.remove, gfile.stat, gfile.listdir, gfile.rmtree, tf.io.read_file):
        with pytest.raises(tf.errors.NotFoundError, match="none"):
            use(missing)
    tf.io.write_file(f"{folder}/a", "")
    tf.io.write_file(f"{folder}/b", "")
    for use in (gfile.copy, gfile.rename):
        with pytest.raises(tf.errors.AlreadyExistsError):
            use(f"{folder}/a", f"{folder}/b")
    with pytest.raises(tf.errors.UnimplementedError, match="scheme 'nowhere' not implemented"):
        gfile.exists("nowhere://a")
    with pytest.raises(tf.errors.NotFoundError, match="none"):
        list(tf.data.TextLineDataset(missing))


def test_without_fsspec_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "fsspec.core", None)
    with pytest.raises(tf.errors.UnimplementedError, match=r"tidefall\[remote\]"):
        open_file.open_file("memory://a")


@pytest.mark.parametrize("compression", ["", "GZIP"])
def test_datasets_of_urls(folder, compression):
    for i in range(2):
        with tf.io.TFRecordWriter(f"{folder}/{i}.tfrecord", compression) as writer:
            for j in range(3):
                writer.write(f"{i}{j}")
    files = tf.data.Dataset.list_files(f"{folder}/*.tfrecord", shuffle=False)
    records = tf.data.TFRecordDataset(files, compression)
    expected = [b"00", b"01", b"02", b"10", b"11", b"12"]
    assert list(records.as_numpy_iterator()) == expected
    iterator = iter(records)
    next(iterator)
    resumed = iter(records)
    resumed._resource.restore(iterator._resource.save())
    assert [x.numpy() for x in resumed] == expected[1:]


def test_lines_and_fixed_records_of_urls(folder):
    path = f"{folder}/text"
    tf.io.write_file(path, "ab\ncd\n")
    assert list(tf.data.TextLineDataset(path).as_numpy_iterator()) == [b"ab", b"cd"]
    assert list(tf.data.FixedLengthRecordDataset(path, 3).as_numpy_iterator()) == [b"ab\n", b"cd\n"]
