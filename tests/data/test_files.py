"""Datasets of records and lines in files."""

import gzip
import tracemalloc
import zlib

import pytest

import tidefall as tf
from tidefall.data.state.state_codec import encode
from tidefall.io.records.crc import masked_crc32c
from tidefall.io.records.tfrecord import RecordWriter

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
    with pytest.raises(tf.errors.DataLossError, match=r"0.tfrecord: the record at byte 0"):
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


# ---- records of one length ----


@pytest.mark.parametrize(
    "compression, pack", [("", bytes), ("GZIP", gzip.compress), ("ZLIB", zlib.compress)]
)
def test_records_of_one_length(tmp_path, compression, pack):
    path = tmp_path / "file"
    path.write_bytes(pack(b"HHabcdefghiF"))
    dataset = tf.data.FixedLengthRecordDataset(
        [path, path], 3, 2, 1, compression_type=compression, num_parallel_reads=2
    )
    assert elements(dataset) == ["abc", "abc", "def", "def", "ghi", "ghi"]


@pytest.mark.parametrize(
    "compression, pack, error",
    [
        ("", bytes, tf.errors.InvalidArgumentError),
        ("GZIP", gzip.compress, tf.errors.DataLossError),
    ],
)
def test_no_whole_number_of_records(tmp_path, compression, pack, error):
    path = tmp_path / "file"
    path.write_bytes(pack(b"HHabcdefghF"))
    dataset = tf.data.FixedLengthRecordDataset(path, 3, 2, 1, compression_type=compression)
    with pytest.raises(error, match='file" has body length 8 bytes'):
        list(dataset)


@pytest.mark.parametrize("sizes", [(0,), (-1,), (3, -1), (3, 0, -1)])
def test_sizes_that_cannot_be(tmp_path, sizes):
    with pytest.raises(tf.errors.InvalidArgumentError, match="must be >"):
        list(tf.data.FixedLengthRecordDataset(tmp_path / "file", *sizes))


# ---- damage, and places in files ----


def outcomes(dataset, count):
    iterator, found = iter(dataset), []
    for _ in range(count):
        try:
            found.append(next(iterator).numpy().decode())
        except (tf.errors.OpError, StopIteration) as error:
            found.append(type(error).__name__)
    return found


@pytest.mark.parametrize("cut", [5, 12, 14, 17, 18, 22, 37])
def test_a_record_cut_short_is_never_dropped_silently(records, cut):
    with open(records[0], "rb") as file:
        data = file.read()
    with open(records[0], "wb") as file:
        file.write(data[:cut])
    before = cut // 19
    found = outcomes(tf.data.TFRecordDataset(records[:2]), before + 4)
    assert found == [*ALL[:before], "DataLossError", "1-0", "1-1", "1-2"]


@pytest.mark.parametrize("place", range(38))
def test_every_damaged_byte_is_found(records, place):
    with open(records[0], "r+b") as file:
        file.seek(place)
        byte = file.read(1)[0]
        file.seek(place)
        file.write(bytes([byte ^ 4]))
    before = place // 19
    found = outcomes(tf.data.TFRecordDataset(records[:2]), before + 5)
    assert found == [*ALL[:before], "DataLossError", "1-0", "1-1", "1-2", "StopIteration"]


def test_a_missing_file_is_left_for_the_next(records, tmp_path):
    for make, path, expected in (
        (tf.data.TFRecordDataset, records[0], ["0-0", "0-1"]),
        (tf.data.TextLineDataset, __file__, ['"""Datasets of records and lines in files."""', ""]),
    ):
        found = outcomes(make([str(tmp_path / "none"), path]), 3)
        assert found == ["NotFoundError", *expected]


def test_a_folder_is_no_file(tmp_path):
    for make in (tf.data.TFRecordDataset, tf.data.TextLineDataset):
        with pytest.raises(tf.errors.FailedPreconditionError, match="Is a directory"):
            list(make(str(tmp_path)))


def test_a_false_length_does_not_take_its_memory(tmp_path):
    path = tmp_path / "file"
    length = (2**60).to_bytes(8, "little")
    path.write_bytes(length + masked_crc32c(length).to_bytes(4, "little") + b"data")
    with pytest.raises(tf.errors.DataLossError, match="needs 1152921504606846980 bytes"):
        list(tf.data.TFRecordDataset(str(path)))


@pytest.mark.parametrize("compression", ["", "GZIP"])
def test_state_is_a_place_in_a_file(tmp_path, compression):
    path = tmp_path / "file"
    with RecordWriter(path, compression) as writer:
        for i in range(3000):
            writer.write(f"{i:0200}")
    dataset = tf.data.TFRecordDataset(path, compression)
    iterator = iter(dataset)
    for _ in range(2000):
        next(iterator)
    state = iterator._resource.save()
    assert len(encode(state)) < 1000
    resumed = iter(dataset)
    resumed._resource.restore(state)
    assert [int(x.numpy()) for x in resumed] == list(range(2000, 3000))


def test_readers_stream(tmp_path):
    path = tmp_path / "file"
    with open(path, "wb") as file:
        file.truncate(1 << 33)
    tracemalloc.start()
    dataset = tf.data.FixedLengthRecordDataset(path, 1 << 20)
    assert sum(len(x.numpy()) for x in dataset.take(100)) == 100 << 20
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20


@pytest.mark.parametrize("kind", ["records", "lines", "gzip"])
def test_memory_does_not_grow_with_the_file(tmp_path, kind):
    path, line = tmp_path / "file", b"x" * 1000
    compression = "GZIP" if kind == "gzip" else ""
    if kind == "lines":
        path.write_bytes((line + b"\n") * 30_000)
        dataset = tf.data.TextLineDataset(path)
    else:
        with RecordWriter(path, compression) as writer:
            for _ in range(30_000):
                writer.write(line)
        dataset = tf.data.TFRecordDataset(path, compression)
    tracemalloc.start()
    count = sum(len(batch) for batch in dataset.batch(1000).as_numpy_iterator())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 30_000
    assert peak < 8 << 20


# ---- names of files ----


@pytest.fixture
def folder(tmp_path):
    tf.random.set_seed(None)
    for i in range(12):
        (tmp_path / f"f{i:02}.txt").write_text("text")
    return str(tmp_path)


def names(dataset):
    return [int(path[-6:-4]) for path in elements(dataset)]


def test_listed_files_come_in_tensorflows_order(folder):
    listed = tf.data.Dataset.list_files
    assert names(listed(f"{folder}/*.txt", shuffle=False)) == list(range(12))
    first = [1, 0, 7, 11, 9, 10, 3, 5, 4, 8, 6, 2]
    seeded = listed(f"{folder}/*.txt", seed=5)
    assert names(seeded) == first
    assert names(seeded) == [8, 1, 3, 4, 7, 6, 10, 11, 0, 9, 2, 5]
    assert sorted(names(listed(f"{folder}/*.txt"))) == list(range(12))
    several = [f"{folder}/f1*.txt", f"{folder}/f00*", f"{folder}/f1*", f"{folder}/none*"]
    assert names(listed(several, shuffle=False)) == [0, 10, 10, 11, 11]
    assert int(seeded.cardinality()) == 12


def test_no_listed_file(folder):
    listed = tf.data.Dataset.list_files
    with pytest.raises(tf.errors.InvalidArgumentError, match="No files matched pattern: a, b"):
        listed(["a", "b"])
    with pytest.raises(TypeError):
        listed(3)


def test_listed_files_in_a_function(folder):
    @tf.function
    def last():
        dataset = tf.data.Dataset.list_files(f"{folder}/*.txt", seed=5)
        return dataset.reduce(tf.constant(""), lambda _, name: name)

    assert last().numpy().decode().endswith("f02.txt")
