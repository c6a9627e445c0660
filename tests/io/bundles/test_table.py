"""Sorted string tables: round trips, TensorFlow's bytes, damage."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidefall.base import errors
from tidefall.io.bundles.table import FOOTER_SIZE, TableReader, TableWriter
from tidefall.io.records import crc
from tidefall.proto import varint

MAGIC = bytes.fromhex("57fb808b247547db")


def table(entries, **options):
    file = io.BytesIO()
    writer = TableWriter(file, **options)
    for key, value in entries:
        writer.add(key, value)
    writer.finish()
    return file.getvalue()


def entries_of(data):
    return list(TableReader(data, "TABLE").items())


entry_lists = st.dictionaries(st.binary(max_size=12), st.binary(max_size=40), max_size=60).map(
    lambda found: sorted(found.items())
)


@given(entry_lists, st.integers(1, 300), st.integers(1, 5))
def test_round_trip(entries, block_size, restart_interval):
    data = table(entries, block_size=block_size, restart_interval=restart_interval)
    reader = TableReader(data, "TABLE")
    assert list(reader.items()) == entries
    for key, value in entries:
        assert reader.get(key) == value
    assert reader.get(b"\xff" * 13) is None


def test_an_absent_key_is_none():
    reader = TableReader(table([(b"b", b"1"), (b"d", b"2")]), "TABLE")
    assert [reader.get(key) for key in (b"", b"a", b"b", b"c", b"d", b"e")] == [
        None,
        None,
        b"1",
        None,
        b"2",
        None,
    ]


def test_an_empty_table_is_the_one_tensorflow_reads():
    data = table([])
    assert entries_of(data) == []
    assert data[-8:] == MAGIC


def test_genuine_tables_are_read_and_written_alike(interop_genuine):
    plain = 0
    paths = sorted(interop_genuine.glob("*/**/*.index"))
    for path in paths:
        entries = list(TableReader.open(path).items())
        assert entries[0][0] == b""
        # Those that differ are compressed.
        plain += table(entries) == path.read_bytes()
    assert plain >= 15
    assert len(paths) - plain >= 3


@pytest.mark.parametrize("keys", [[b"b", b"a"], [b"a", b"a"]])
def test_keys_must_ascend(keys):
    with pytest.raises(ValueError, match="ascend"):
        table([(key, b"") for key in keys])


def damaged_table():
    return table([(b"key%03d" % i, b"v" * i) for i in range(40)], block_size=200)


def test_every_flipped_byte_of_a_block_is_data_loss():
    genuine = damaged_table()
    unread = []
    for position in range(len(genuine) - FOOTER_SIZE):
        data = bytearray(genuine)
        data[position] ^= 1
        try:
            assert entries_of(data) == entries_of(genuine)
            unread.append(position)
        except errors.DataLossError:
            pass
    # Only the metaindex (8 bytes and the 5 after a block) is of no use to anybody.
    assert len(unread) == unread[-1] - unread[0] + 1 == 13


@pytest.mark.parametrize("flip", [1, 0x80, 0xFF])
def test_a_damaged_footer_is_data_loss_or_changes_nothing(flip):
    genuine = damaged_table()
    for position in range(len(genuine) - FOOTER_SIZE, len(genuine)):
        data = bytearray(genuine)
        data[position] ^= flip
        try:
            assert entries_of(data) == entries_of(genuine)  # the padding may say anything
        except errors.DataLossError:
            pass


def test_a_table_cut_short_is_data_loss():
    genuine = damaged_table()
    for size in range(len(genuine)):
        with pytest.raises(errors.DataLossError):
            entries_of(genuine[:size])


def sealed(*blocks, kind=0):
    """A table of hand-made blocks with true checksums; the last block is the index."""
    data = b""
    for content in blocks:
        offset, size = len(data), len(content)
        typed = content + bytes([0 if content is blocks[-1] else kind])
        data += typed + crc.masked_crc32c(typed).to_bytes(4, "little")
    handles = b"".join(varint.encode(number) for number in (0, 0, offset, size))
    return data + handles.ljust(40, b"\0") + MAGIC


def block(*entries, restarts=b"\0\0\0\0\1\0\0\0"):
    body = b"".join(
        varint.encode(shared) + varint.encode(len(key)) + varint.encode(len(value)) + key + value
        for shared, key, value in entries
    )
    return body + restarts


DATA = block((0, b"a", b"1"), (1, b"b", b"2"))


def index(*handles):
    return block(*[(0, key, varint.encode(o) + varint.encode(s)) for key, o, s in handles])


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        ((b"",), "no restart points"),
        ((b"\xff\xff\xff\xff",), "4294967295 restart points"),
        ((block((3, b"k", b"")),), "runs past the end"),
        ((b"\0\x7f\0k" + b"\0\0\0\0\1\0\0\0",), "runs past the end"),
        ((b"\xff\xff\xff\xff\xff\xff" + b"\0\0\0\0\1\0\0\0",), "varint"),
        ((block((0, b"k", b"\xff")),), "bad index entry"),
        ((DATA, index((b"z", 2**62, 10))), "runs past the end"),
        ((DATA, index((b"z", 0, 2**62))), "runs past the end"),
        ((DATA, index((b"z", 0, len(DATA)), (b"y", 0, len(DATA)))), "not sorted"),
        # One block named again and again must not multiply its entries.
        ((DATA, index((b"x", 0, len(DATA)), (b"y", 0, len(DATA)))), "follows"),
        ((block((0, b"b", b""), (0, b"a", b"")), index((b"c", 0, 16))), "follows"),
    ],
)
def test_false_tables_with_true_checksums_are_data_loss(blocks, message):
    with pytest.raises(errors.DataLossError, match=message):
        entries_of(sealed(*blocks))


def test_compressed_blocks_are_read():
    literal = varint.encode(len(DATA)) + bytes([len(DATA) - 1 << 2]) + DATA
    data = sealed(literal, index((b"z", 0, len(literal))), kind=1)
    assert entries_of(data) == [(b"a", b"1"), (b"ab", b"2")]
    with pytest.raises(errors.DataLossError, match="a literal runs past"):
        entries_of(sealed(literal[:-1], index((b"z", 0, len(literal) - 1)), kind=1))


def test_an_unknown_compression_is_data_loss():
    with pytest.raises(errors.DataLossError, match="compression type 7"):
        entries_of(sealed(DATA, index((b"z", 0, len(DATA))), kind=7))


def test_a_missing_file_is_not_found(tmp_path):
    with pytest.raises(errors.NotFoundError, match="nowhere"):
        TableReader.open(tmp_path / "nowhere")


@given(st.binary(max_size=60))
@settings(max_examples=50)
def test_any_bytes_with_a_footer_are_a_table_or_data_loss(data):
    tail = data[:40].ljust(40, b"\0") + MAGIC
    try:
        entries_of(data + tail)
    except errors.DataLossError:
        pass
