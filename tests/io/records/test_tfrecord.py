"""TFRecord files: genuine bytes, round trips, damage."""

import errno
import gzip
import io
import os
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidefall.base import errors
from tidefall.io.records import crc, tfrecord

COMPRESSIONS = ("", "GZIP", "ZLIB")

# tf.io.TFRecordWriter of TensorFlow 2.21 wrote these for RECORDS.
RECORDS = [b"hello", b"", b"x" * 20]
FILES = {
    "": "0500000000000000eab2043e68656c6c6fbb1f1c19000000000000000029039807d8ea82a2"
    "14000000000000005e3d291578787878787878787878787878787878787878780d2dd320",
    "GZIP": "1f8b080000000000000363658080579b58ec32527372f277cbcb4842c518349967b0df78d5b448"
    "04ca8fb3d514adc00278752f2b0000d2b917b249000000",
    "ZLIB": "789c63658080579b58ec32527372f277cbcb4842c518349967b0df78d5b44804ca8fb3d514adc0"
    "0278752f2b000064d21432",
}
PLAIN = bytes.fromhex(FILES[""])


def read_all(source, compression=""):
    """The records read before the end or the error, and the error."""
    found = []
    try:
        for record in tfrecord.read_records(source, compression):
            found.append(record)
    except errors.OpError as error:
        return found, error
    return found, None


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_reads_what_tensorflow_wrote(compression):
    assert read_all(bytes.fromhex(FILES[compression]), compression) == (RECORDS, None)


@pytest.mark.parametrize("compression", ["", "ZLIB", "GZIP"])
def test_writes_the_bytes_tensorflow_writes(tmp_path, compression):
    path = tmp_path / "records"
    with tfrecord.RecordWriter(path, compression) as writer:
        for record in RECORDS:
            writer.write(record)
    written, expected = path.read_bytes(), bytes.fromhex(FILES[compression])
    if compression:
        # Another zlib may deflate to other bytes; what they inflate to is the format.
        bits = 31 if compression == "GZIP" else 15
        written, expected = zlib.decompress(written, bits), zlib.decompress(expected, bits)
    assert written == expected


@pytest.mark.parametrize(
    ("name", "compression", "count"),
    [
        ("penguin_records/data_tfrecord-00000-of-00001.gz", "GZIP", None),
        ("taxi_records/data_tfrecord-00000-of-00012.gz", "GZIP", None),
        ("sequence_records/data_tfrecord_eval.gz", "GZIP", None),
        ("grain_records/morris_sequence_first_5.tfrecord", "", 5),
        ("taxi_events/events.out.tfevents.1646034751.jiyongjung.c.googlers.com", "", None),
    ],
)
def test_reads_genuine_files(interop_genuine, name, compression, count):
    path = interop_genuine / name
    records, error = read_all(path, compression)
    assert error is None
    raw = path.read_bytes()
    plain = gzip.decompress(raw) if compression else raw
    assert b"".join(map(tfrecord.encode_record, records)) == plain
    assert count is None or len(records) == count


@given(st.lists(st.binary(max_size=200)), st.sampled_from(COMPRESSIONS))
def test_round_trip(tmp_path_factory, records, compression):
    path = tmp_path_factory.mktemp("records") / "file"
    with tfrecord.RecordWriter(path, compression) as writer:
        for record in records:
            writer.write(record)
    assert list(tfrecord.read_records(path, compression)) == records


@pytest.mark.parametrize("as_source", [bytes, bytearray, memoryview, io.BytesIO])
def test_reads_buffers_and_open_files(as_source):
    assert read_all(as_source(PLAIN)) == (RECORDS, None)


def test_an_open_file_stays_open():
    stream = io.BytesIO(PLAIN)
    list(tfrecord.read_records(stream))
    assert not stream.closed


def test_compressed_members_follow_each_other():
    twice = bytes.fromhex(FILES["GZIP"]) * 2
    assert read_all(twice, "GZIP") == (RECORDS * 2, None)


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_an_empty_file_has_no_records(compression):
    assert read_all(b"", compression) == ([], None)


# Where each of the three records begins in PLAIN, and its end.
STARTS = [0, 21, 37, len(PLAIN)]


@pytest.mark.parametrize("size", range(len(PLAIN)))
def test_a_file_cut_short_gives_its_whole_records_then_data_loss(size):
    whole = sum(end <= size for end in STARTS[1:])
    found, error = read_all(PLAIN[:size])
    assert found == RECORDS[:whole]
    if size in STARTS:
        assert error is None
    else:
        assert isinstance(error, errors.DataLossError)
        assert f"<buffer>: record {whole} at byte {STARTS[whole]} " in error.message


@pytest.mark.parametrize("position", range(len(PLAIN)))
def test_a_flipped_bit_is_data_loss_in_its_record(position):
    damaged = bytearray(PLAIN)
    damaged[position] ^= 1 << (position % 8)
    index = sum(end <= position for end in STARTS[1:])
    found, error = read_all(damaged)
    assert found == RECORDS[:index]
    assert isinstance(error, errors.DataLossError)
    assert f"record {index} at byte {STARTS[index]} " in error.message


def test_an_absurd_length_with_a_true_checksum_is_data_loss():
    length = struct.pack("<Q", 2**63)
    damaged = length + struct.pack("<I", crc.masked_crc32c(length)) + b"data"
    found, error = read_all(damaged)
    assert found == []
    assert isinstance(error, errors.DataLossError)
    assert "4 are left" in error.message


@pytest.mark.parametrize("compression", ["GZIP", "ZLIB"])
def test_a_damaged_compressed_file_never_yields_a_wrong_record(compression):
    genuine = bytes.fromhex(FILES[compression])
    for position in range(len(genuine)):
        damaged = bytearray(genuine)
        damaged[position] ^= 0x10
        found, error = read_all(damaged, compression)
        assert found == RECORDS[: len(found)]
        assert error is None or isinstance(error, errors.DataLossError)
    for size in range(1, len(genuine)):
        found, error = read_all(genuine[:size], compression)
        assert found == RECORDS[: len(found)]
        assert isinstance(error, errors.DataLossError)


@pytest.mark.parametrize(("stored", "asked"), [("", "GZIP"), ("GZIP", ""), ("ZLIB", "GZIP")])
def test_the_wrong_compression_is_data_loss(stored, asked):
    found, error = read_all(bytes.fromhex(FILES[stored]), asked)
    assert found == []
    assert isinstance(error, errors.DataLossError)


@given(st.binary(), st.sampled_from(COMPRESSIONS))
def test_any_bytes_give_records_or_data_loss(data, compression):
    _, error = read_all(data, compression)
    assert error is None or isinstance(error, errors.DataLossError)


def test_a_missing_file_is_not_found(tmp_path):
    with pytest.raises(errors.NotFoundError, match="nowhere; No such file"):
        list(tfrecord.read_records(tmp_path / "nowhere"))
    with pytest.raises(errors.NotFoundError):
        tfrecord.RecordWriter(tmp_path / "no" / "file")


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOENT, errors.NotFoundError),
        (errno.EACCES, errors.PermissionDeniedError),
        (errno.ENOSPC, errors.ResourceExhaustedError),
        (errno.EISDIR, errors.FailedPreconditionError),
        (errno.EIO, errors.UnknownError),
    ],
)
def test_errors_of_the_operating_system_have_tensorflows_classes(number, kind):
    error = tfrecord.errors_from_os(OSError(number, os.strerror(number)), "the/file")
    assert type(error) is kind
    assert error.message == f"the/file; {os.strerror(number)}"


def test_a_folder_is_not_a_file(tmp_path):
    with pytest.raises(errors.FailedPreconditionError, match="Is a directory"):
        list(tfrecord.read_records(tmp_path))


def test_unknown_compression_is_named(tmp_path):
    with pytest.raises(errors.InvalidArgumentError, match="LZMA"):
        tfrecord.RecordWriter(tmp_path / "file", "LZMA")
    with pytest.raises(errors.InvalidArgumentError, match="LZMA"):
        list(tfrecord.read_records(tmp_path / "file", "LZMA"))


@pytest.mark.parametrize("compression", ["GZIP", "ZLIB", ""])
def test_flushed_records_can_be_read_before_close(tmp_path, compression):
    path = tmp_path / "file"
    writer = tfrecord.RecordWriter(path, compression)
    writer.write(b"early")
    writer.flush()
    assert read_all(path, compression)[0] == [b"early"]
    writer.close()


def test_a_closed_writer_says_so(tmp_path):
    writer = tfrecord.RecordWriter(tmp_path / "file")
    writer.close()
    writer.close()
    with pytest.raises(errors.FailedPreconditionError, match="already closed"):
        writer.write(b"late")
    with pytest.raises(errors.FailedPreconditionError, match="already closed"):
        writer.flush()


def test_text_is_written_as_utf8_and_other_things_are_refused():
    assert tfrecord.encode_record("é") == tfrecord.encode_record(b"\xc3\xa9")
    with pytest.raises(TypeError, match="not int"):
        tfrecord.encode_record(3)


def test_a_full_disk_is_told(tmp_path):
    class Full:
        name = "full.tfrecord"

        def write(self, data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        def close(self):
            pass

    with pytest.raises(errors.ResourceExhaustedError, match=r"full.tfrecord; No space left"):
        tfrecord.RecordWriter(Full()).write(b"record")
