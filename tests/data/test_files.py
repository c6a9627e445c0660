"""Datasets of records and lines in files."""

import gzip
import zlib

import pytest

import tidefall as tf
from tidefall.io.tfrecord import RecordWriter

TEXT = b"a\rb\r\n\nlast\r\n\r\nend\r"
LINES = [b"ab", b"", b"last", b"", b"end"]  # what TensorFlow makes of it


@pytest.fixture
def records(tmp_path):
    """Three files with 2, 3 and 4 records."""
    paths = []
    for i in range(3):
        path = tmp_path / f"{i}.tfrecord"
        with RecordWriter(path) as writer:
            for j in range(i + 2):
                writer.write(f"{i}-{j}")
        paths.append(str(path))
    return paths


def elements(dataset):
    return [x.decode() for x in dataset.as_numpy_iterator()]


ALL = ["0-0", "0-1", "1-0", "1-1", "1-2", "2-0", "2-1", "2-2", "2-3"]


def test_records_of_files_one_after_the_other(records):
    dataset = tf.data.TFRecordDataset(records)
    assert isinstance(dataset, tf.data.Dataset)
    assert dataset.element_spec == tf.TensorSpec([], tf.string)
    assert elements(dataset) == elements(dataset) == ALL


@pytest.mark.parametrize(
    "reads, expected",
    [
        (2, ["0-0", "1-0", "0-1", "1-1", "1-2", "2-0", "2-1", "2-2", "2-3"]),
        (5, ["0-0", "1-0", "2-0", "0-1", "1-1", "2-1", "1-2", "2-2", "2-3"]),
    ],
)
def test_records_of_several_files_by_turns(records, reads, expected):
    assert elements(tf.data.TFRecordDataset(records, num_parallel_reads=reads)) == expected


def test_names_of_files_in_every_form(records, tmp_path):
    path = tmp_path / "0.tfrecord"
    forms = [str(path), path, [path], tf.constant(str(path)), tf.constant([[str(path)]])]
    for form in [*forms, tf.data.Dataset.from_tensor_slices([str(path)])]:
        assert elements(tf.data.TFRecordDataset(form)) == ["0-0", "0-1"]


@pytest.mark.parametrize("compression", ["GZIP", "ZLIB"])
def test_compressed_records(tmp_path, compression):
    path = tmp_path / "file"
    with RecordWriter(path, compression) as writer:
        writer.write("text")
    dataset = tf.data.TFRecordDataset(path, compression_type=compression)
    assert elements(dataset.batch(1).unbatch()) == ["text"]


def test_damaged_record_names_file_and_place(records):
    with open(records[0], "r+b") as file:
        file.seek(14)
        file.write(b"?")
    dataset = tf.data.TFRecordDataset(records)
    with pytest.raises(tf.errors.DataLossError, match=r"0.tfrecord: record 0 at byte 0"):
        list(dataset)


def test_missing_file_is_missed_when_it_is_read(records, tmp_path):
    iterator = iter(tf.data.TFRecordDataset([records[0], str(tmp_path / "none")]))
    assert [next(iterator).numpy() for _ in range(2)] == [b"0-0", b"0-1"]
    with pytest.raises(tf.errors.NotFoundError, match="none; No such file or directory"):
        next(iterator)


@pytest.mark.parametrize("buffer_size", [None, 1, 3, 1000])
@pytest.mark.parametrize(
    "compression, pack", [("", bytes), ("GZIP", gzip.compress), ("ZLIB", zlib.compress)]
)
def test_lines(tmp_path, compression, pack, buffer_size):
    path = tmp_path / "text"
    path.write_bytes(pack(TEXT))
    dataset = tf.data.TextLineDataset(path, compression, buffer_size)
    assert list(dataset.as_numpy_iterator()) == LINES


def test_lines_of_several_files(tmp_path):
    full, empty = tmp_path / "full", tmp_path / "empty"
    full.write_bytes(TEXT)
    empty.write_bytes(b"")
    dataset = tf.data.TextLineDataset([full, empty, full])
    assert list(dataset.as_numpy_iterator()) == LINES * 2


def test_plain_text_is_no_gzip(tmp_path):
    path = tmp_path / "text"
    path.write_bytes(TEXT)
    with pytest.raises(tf.errors.DataLossError, match="text: the compressed stream is damaged"):
        list(tf.data.TextLineDataset(path, "GZIP"))


def test_unknown_compression(tmp_path):
    path = tmp_path / "text"
    path.write_bytes(TEXT)
    with pytest.raises(tf.errors.InvalidArgumentError, match="'LZ'"):
        list(tf.data.TextLineDataset(path, "LZ"))
