"""Tensor bundles that are missing, cut short, changed, or false with true checksums."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidefall.base import errors
from tidefall.io.bundles import bundle_format, table
from tidefall.io.records import crc
from tidefall.proto import BundleEntryProto, BundleHeaderProto, TensorSliceProto
from tidefall.saving.checkpoint.bundle import BundleReader


def read_all(prefix):
    reader = BundleReader(prefix)
    return {name: reader.read(name).tolist() for name in reader}


class TestDamagedFiles:
    """Missing, cut and changed files."""

    def test_a_missing_bundle_is_not_found(self, tmp_path):
        with pytest.raises(errors.NotFoundError, match=r"no file .*nowhere\.index"):
            BundleReader(tmp_path / "nowhere")

    def test_an_unknown_tensor_is_not_found(self, genuine):
        with pytest.raises(errors.NotFoundError, match="Key nothing not found in checkpoint"):
            BundleReader(genuine / "plain").read("nothing")

    def test_a_missing_data_file_is_not_found(self, genuine):
        (genuine / "plain.data-00000-of-00001").unlink()
        reader = BundleReader(genuine / "plain")
        assert reader.entry("zz").shape == (2,)
        with pytest.raises(errors.NotFoundError, match="data-00000-of-00001; No such file"):
            reader.read("zz")
        assert reader.read("empty").shape == (0, 3)  # it has no bytes

    @pytest.mark.parametrize("bit", [1, 0x80])
    def test_every_flipped_bit_of_the_data_is_data_loss(self, genuine, bit):
        path = genuine / "plain.data-00000-of-00001"
        original = path.read_bytes()
        for position in range(len(original)):
            damaged = bytearray(original)
            damaged[position] ^= bit
            path.write_bytes(damaged)
            with pytest.raises(errors.DataLossError, match=r"data-00000-of-00001: .* at byte \d+"):
                read_all(genuine / "plain")

    def test_every_cut_of_the_data_is_data_loss(self, genuine):
        path = genuine / "plain.data-00000-of-00001"
        original = path.read_bytes()
        for size in range(len(original)):
            path.write_bytes(original[:size])
            with pytest.raises(errors.DataLossError, match=f"the file has {size} bytes"):
                read_all(genuine / "plain")

    def test_every_cut_of_the_index_is_data_loss(self, genuine):
        path = genuine / "plain.index"
        original = path.read_bytes()
        for size in range(len(original)):
            path.write_bytes(original[:size])
            with pytest.raises(errors.DataLossError, match=r"plain\.index: at byte"):
                BundleReader(genuine / "plain")

    def test_a_flipped_bit_of_the_index_never_gives_wrong_values(self, genuine):
        path = genuine / "plain.index"
        original = path.read_bytes()
        expected = read_all(genuine / "plain")
        for position in range(len(original)):
            damaged = bytearray(original)
            damaged[position] ^= 1 << position % 8
            path.write_bytes(damaged)
            try:
                values = read_all(genuine / "plain")
            except errors.DataLossError:
                continue
            assert values == expected


def write_bundle(prefix, entries, data=b"", header=None):
    """A bundle whose index holds true checksums and any entries."""
    header = header or BundleHeaderProto(num_shards=1)
    with open(f"{prefix}.index", "wb") as file:
        writer = table.TableWriter(file)
        writer.add(b"", header if isinstance(header, bytes) else header.SerializeToString())
        for key, entry in sorted(entries.items()):
            writer.add(key, entry if isinstance(entry, bytes) else entry.SerializeToString())
        writer.finish()
    Path(f"{prefix}.data-00000-of-00001").write_bytes(data)


def entry_proto(dtype=1, shape=(1,), data=bytes(4), **fields):
    proto = BundleEntryProto(
        dtype=dtype, crc32c=crc.masked_crc32c(data), **{"size": len(data), **fields}
    )
    for size in shape:
        proto.shape.dim.add(size=size)
    return proto


def part(*extents):
    return TensorSliceProto(
        extent=[{"start": start, "length": length} for start, length in extents]
    )


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (b"\xff\xff", "not a BundleEntryProto"),
        (entry_proto(shape=(-1,)), r"shape \[-1\]"),
        (entry_proto(shape=(2**62, 2**62)), "shape"),
        (entry_proto(shape=(0, 2**62)), "shape"),
        (entry_proto(shape=(1,) * 65), "shape"),
        (entry_proto(shard_id=1), "data file 1"),
        (entry_proto(shard_id=-1), "data file -1"),
        (entry_proto(offset=-1), "at byte -1"),
        (entry_proto(size=-4), "-4 bytes"),
        (entry_proto(shape=(2,)), "takes 8 bytes, not 4"),
        (entry_proto(shape=(2**40,)), "takes 4398046511104 bytes, not 4"),
        (entry_proto(shape=(2**40,), size=2**42), "the file has 4 bytes"),
        (entry_proto(offset=2**62), "the file has 4 bytes"),
        (entry_proto(dtype=10, shape=(4,), data=b"\0\1\2\0"), "other than 0 and 1"),
        (entry_proto(dtype=7, shape=(2**40,)), "takes 1099511627776 bytes"),
        (entry_proto(dtype=7, shape=(2**40,), size=2**41), "the file has 4 bytes"),
        (entry_proto(dtype=7, shape=(4,)), "strings of 0 bytes in all end at byte 8"),
        (entry_proto(dtype=7, shape=(0,)), "checksum of the string lengths"),
        (entry_proto(dtype=7, shape=(0,), data=b"\0" * 3), "end at byte 4"),
        (entry_proto(slices=[part((0, 2))]), "has a part at"),
        (entry_proto(slices=[part((0, 1), (0, 1))]), "has a part at"),
        (entry_proto(slices=[part((-1, 1))]), "has a part at"),
        (entry_proto(slices=[part((2**62, 2**62))]), "has a part at"),
        (entry_proto(slices=[part((0, -5))]), "has a part at"),
        (entry_proto(shape=(2**40,), slices=[part((0, 2**40))]), "more than the 4 bytes"),
        (entry_proto(shape=(2,), slices=[part((0, 1))]), "Key .* not found"),
        (entry_proto(dtype=20), "resource"),
        (entry_proto(dtype=21), "variant"),
        (entry_proto(dtype=99), "unknown type 99"),
        (entry_proto(dtype=101), "float32_ref"),
    ],
)
def test_false_entries_with_true_checksums_are_errors(tmp_path, entry, message):
    kind = (errors.DataLossError, errors.NotFoundError, errors.UnimplementedError)
    data = b"\0\1\2\0" if "other than" in message else bytes(4)
    write_bundle(tmp_path / "b", {b"t": entry}, data=data)
    with pytest.raises(kind, match=message) as caught:
        BundleReader(tmp_path / "b").read("t")
    assert str(tmp_path / "b") in caught.value.message


@pytest.mark.parametrize(
    ("header", "kind", "message"),
    [
        (b"\xff", errors.DataLossError, "the header is not a BundleHeaderProto"),
        (BundleHeaderProto(num_shards=-1), errors.DataLossError, "-1 data files"),
        (
            BundleHeaderProto(num_shards=1, version={"min_consumer": 2}),
            errors.InvalidArgumentError,
            "format 2",
        ),
        (
            BundleHeaderProto(num_shards=1, version={"bad_consumers": [1]}),
            errors.InvalidArgumentError,
            "this one reads 1",
        ),
    ],
)
def test_bad_headers_are_errors(tmp_path, header, kind, message):
    write_bundle(tmp_path / "b", {}, header=header)
    with pytest.raises(kind, match=message):
        BundleReader(tmp_path / "b")


def test_a_table_without_header_is_data_loss(tmp_path):
    with open(tmp_path / "b.index", "wb") as file:
        table.TableWriter(file).finish()
    with pytest.raises(errors.DataLossError, match="no header"):
        BundleReader(tmp_path / "b")


def test_big_endian_bundles_are_read(tmp_path):
    numbers = np.array([1.5, -2], ">f4").tobytes()
    lengths = np.array([1, 2], ">u4").tobytes()
    length_crc = crc.crc32c(lengths)
    stored = crc.mask(length_crc).to_bytes(4, "big")
    text = b"\1\2" + stored + b"abb"
    text_crc = crc.mask(crc.crc32c(b"abb", crc.crc32c(stored, length_crc)))
    entries = {
        b"n": entry_proto(shape=(2,), data=numbers),
        b"t": entry_proto(dtype=7, shape=(2,), data=text, offset=8),
    }
    entries[b"t"].crc32c = text_crc
    header = BundleHeaderProto(num_shards=1, endianness=BundleHeaderProto.BIG)
    write_bundle(tmp_path / "b", entries, numbers + text, header)
    reader = BundleReader(tmp_path / "b")
    assert reader.read("n").tolist() == [1.5, -2]
    assert reader.read("t").tolist() == [b"a", b"bb"]


def test_names_of_any_bytes_are_kept(tmp_path):
    write_bundle(tmp_path / "b", {b"\xfe\xff": entry_proto()}, data=bytes(4))
    (name,) = BundleReader(tmp_path / "b").keys()
    assert bundle_format.encode_name(name) == b"\xfe\xff"
    assert BundleReader(tmp_path / "b").read(name).tolist() == [0.0]


@given(st.binary(max_size=40), st.binary(max_size=20))
def test_any_entry_is_read_or_a_clear_error(tmp_path_factory, serialized, data):
    prefix = tmp_path_factory.mktemp("bundle") / "b"
    write_bundle(prefix, {b"t": serialized}, data)
    try:
        BundleReader(prefix).read("t")
    except (errors.DataLossError, errors.UnimplementedError, errors.NotFoundError):
        pass
