"""Tensor bundles: TensorFlow's bytes, round trips, partitions, shards, damage."""

import dataclasses
import hashlib

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tidefall.base import errors
from tidefall.io.bundles import bundle_format
from tidefall.proto import tensors
from tidefall.saving.checkpoint.bundle import BundleReader, BundleWriter, merge_bundles


def objects(*strings):
    array = np.empty(len(strings), dtype=object)
    array[:] = strings
    return array


# What the recorder saved as `plain`, in its order.
PLAIN = {
    "zz": np.float32([1, 2]),
    "a": objects(b"hi", b"", b"x" * 130),
    "b": np.array(5, np.int64),
    "empty": np.zeros([0, 3], np.float32),
    "bf": np.array([1, 2], ml_dtypes.bfloat16),
    "h": np.array([True, False]),
    "s": objects(b"scalar").reshape(()),
    "no_strings": objects(),
    "c": np.complex64([[1 + 2j], [3 - 4j]]),
}
UPPER, LOWER = np.float32([[1, 2], [3, 4]]), np.float32([[5, 6], [7, 8]])


def same(first, second):
    assert first.dtype == second.dtype
    assert first.shape == second.shape
    assert first.tolist() == second.tolist()


def files(folder, name):
    return {path.name: path.read_bytes() for path in folder.glob(f"{name}.*")}


@pytest.fixture
def recorded(bundle_files):
    """The recorded files of one bundle."""

    def of(name):
        return {key: value for key, value in bundle_files.items() if key.startswith(f"{name}.")}

    return of


def test_reads_what_tensorflow_wrote(genuine):
    with BundleReader(genuine / "plain") as reader:
        assert reader.keys() == sorted(PLAIN)
        assert reader.num_shards == 1
        for name, value in PLAIN.items():
            same(reader.read(name), value)
            assert reader.entry(name).shape == value.shape
            assert reader.entry(name).dtype == value.dtype
            assert name in reader
        assert "zzz" not in reader
        assert len(reader) == len(PLAIN)


def test_writes_the_bytes_tensorflow_writes(tmp_path, recorded):
    with BundleWriter(tmp_path / "plain") as writer:
        for name, value in PLAIN.items():
            writer.add(name, value)
    assert files(tmp_path, "plain") == recorded("plain")


def test_reads_every_type(genuine, recorded_wire_formats):
    reader = BundleReader(genuine / "every")
    numbers = {
        entry["dtype"]: entry
        for entry in recorded_wire_formats["tensor_protos"]
        if entry["shape"] == [2, 2]
    }
    assert len(reader) == 20
    for name in reader:
        entry = reader.entry(name)
        value = reader.read(name)
        assert tensors.dtype_name(entry.dtype_enum) == name
        data = numbers[entry.dtype_enum]["data"]
        if name == "string":
            assert [string.hex() for string in value] == data
        else:
            assert value.tobytes().hex() == data


def test_writes_every_type_alike(genuine, tmp_path, recorded):
    reader = BundleReader(genuine / "every")
    in_file_order = sorted(reader.entries(), key=lambda entry: entry.offset)
    (tmp_path / "out").mkdir()
    with BundleWriter(tmp_path / "out" / "every") as writer:
        for entry in in_file_order:
            writer.add(entry.name, reader.read(entry.name), entry.dtype_enum)
    assert files(tmp_path / "out", "every") == recorded("every")


def test_quantised_types_are_their_integer_base(genuine, tmp_path):
    reader = BundleReader(genuine / "quantized")
    for name, dtype in [("qint8", "i1"), ("quint8", "u1"), ("qint32", "i4")]:
        same(reader.read(name), np.array([1, 2, 3], dtype))
        assert tensors.dtype_name(reader.entry(name).dtype_enum) == name


def test_an_index_of_several_blocks_is_the_one_tensorflow_writes(tmp_path, recorded_wire_formats):
    with BundleWriter(tmp_path / "many") as writer:
        for i in range(12000):
            writer.add(f"layer_{i // 100}/kernel_{i % 100}", np.float32([i]))
    index = (tmp_path / "many.index").read_bytes()
    assert hashlib.sha256(index).hexdigest() == recorded_wire_formats["many_keys_sha256"]
    reader = BundleReader(tmp_path / "many")
    assert reader.read("layer_119/kernel_7").tolist() == [11907.0]


def test_genuine_checkpoints_are_read_whole(interop_genuine):
    indexes = sorted(interop_genuine.glob("*/**/*.index"))
    assert len(indexes) >= 20
    for index in indexes:
        reader = BundleReader(index.with_suffix(""))
        for name in reader:
            entry = reader.entry(name)
            same_shape = reader.read(name)
            assert (same_shape.shape, same_shape.dtype) == (entry.shape, entry.dtype)


def test_values_map_the_file_and_are_read_only(genuine):
    value = BundleReader(genuine / "plain").read("zz")
    assert not value.flags.writeable
    assert not value.flags.owndata


def test_values_outlive_the_reader(genuine):
    with BundleReader(genuine / "plain") as reader:
        value = reader.read("zz")
    del reader
    assert value.tolist() == [1.0, 2.0]


class TestPartitions:
    """Tensors saved in parts."""

    def test_parts_are_written_as_tensorflow_writes_them(self, tmp_path, recorded):
        with BundleWriter(tmp_path / "upper") as writer:
            writer.add_slice("w", [4, 2], [(0, 2), (0, -1)], UPPER)
        with BundleWriter(tmp_path / "lower") as writer:
            writer.add_slice("w", [4, 2], [(2, 2), (0, 2)], LOWER)
        assert files(tmp_path, "upper") == recorded("upper")
        assert files(tmp_path, "lower") == recorded("lower")

    def test_merging_gives_the_bundle_tensorflow_merges(self, genuine, tmp_path, recorded):
        (tmp_path / "out").mkdir()
        merge_bundles([genuine / "upper", genuine / "lower"], tmp_path / "out" / "merged")
        assert files(tmp_path / "out", "merged") == recorded("merged")
        assert not list(genuine.glob("upper*"))
        assert not list(genuine.glob("lower*"))

    def test_parts_are_joined_over_two_data_files(self, genuine):
        reader = BundleReader(genuine / "merged")
        assert reader.num_shards == 2
        assert reader.keys() == ["w"]
        assert reader.entry("w").shape == (4, 2)
        same(reader.read("w"), np.concatenate([UPPER, LOWER]))

    def test_string_parts_are_joined(self, tmp_path):
        with BundleWriter(tmp_path / "b") as writer:
            writer.add_slice("t", [3], [(1, 2)], [b"y", b"z"])
            writer.add_slice("t", [3], [(0, 1)], [b"x"])
        same(BundleReader(tmp_path / "b").read("t"), objects(b"x", b"y", b"z"))

    def test_an_incomplete_tensor_is_data_loss(self, genuine):
        with pytest.raises(errors.DataLossError, match="do not cover"):
            BundleReader(genuine / "upper").read("w")

    def test_overlapping_parts_are_data_loss(self, tmp_path):
        with BundleWriter(tmp_path / "b") as writer:
            writer.add_slice("t", [3], [(0, 2)], np.int32([1, 2]))
            writer.add_slice("t", [3], [(1, 2)], np.int32([2, 3]))
        with pytest.raises(errors.DataLossError, match="overlap"):
            BundleReader(tmp_path / "b").read("t")

    @pytest.mark.parametrize(
        ("shape", "extents", "value"),
        [
            ([4, 2], [(0, 2)], UPPER),
            ([4, 2], [(0, 3), (0, 2)], UPPER),
            ([5, 2], [(0, 2), (0, -1)], UPPER),  # the first part said 4
            ([4, 2], [(0, 2), (0, -1)], UPPER.astype(np.int32)),
        ],
    )
    def test_parts_that_do_not_fit_are_refused(self, tmp_path, shape, extents, value):
        writer = BundleWriter(tmp_path / "b")
        writer.add_slice("w", [4, 2], [(2, 2), (0, -1)], LOWER)
        with pytest.raises(errors.InvalidArgumentError, match="'w'"):
            writer.add_slice("w", shape, extents, value)
        writer.discard()

    def test_merging_the_same_tensor_twice_is_refused(self, tmp_path):
        for name in "ab":
            with BundleWriter(tmp_path / name) as writer:
                writer.add("t", [1])
        with pytest.raises(errors.InvalidArgumentError, match="'t'"):
            merge_bundles([tmp_path / "a", tmp_path / "b"], tmp_path / "c")
        assert BundleReader(tmp_path / "a").read("t").tolist() == [1]  # nothing was moved

    def test_merged_shards_are_merged_again(self, tmp_path):
        for name in "abc":
            with BundleWriter(tmp_path / name) as writer:
                writer.add(name, [ord(name)])
        merge_bundles([tmp_path / "a", tmp_path / "b"], tmp_path / "ab")
        merge_bundles([tmp_path / "c", tmp_path / "ab"], tmp_path / "all")
        reader = BundleReader(tmp_path / "all")
        assert reader.num_shards == 3
        assert [reader.read(name).tolist() for name in "abc"] == [[97], [98], [99]]


@pytest.mark.parametrize(
    ("value", "encoded"),
    [(0, "80"), (-1, "7f"), (63, "bf"), (64, "c040"), (-64, "40"), (-65, "3fbf")]
    + [(8191, "dfff"), (8192, "e02000"), (2**62, "ffc040" + "00" * 7)],
)
def test_ordered_integers_are_tensorflows(value, encoded):
    # The keys that SaveV2 gives to parts which start there.
    assert bundle_format._ordered_signed(value).hex() == encoded


@given(st.lists(st.integers(-(2**63), 2**63 - 1)))
def test_ordered_integers_sort_as_numbers(values):
    assert sorted(values, key=bundle_format._ordered_signed) == sorted(values)


class TestWriter:
    """What the writer refuses, and what it leaves behind."""

    @pytest.mark.parametrize("name", ["t", ""])
    def test_names_are_new_and_not_empty(self, tmp_path, name):
        writer = BundleWriter(tmp_path / "b")
        writer.add("t", [1])
        with pytest.raises(errors.InvalidArgumentError, match="tensor name"):
            writer.add(name, [2])
        writer.discard()

    def test_a_failed_block_leaves_nothing(self, tmp_path):
        with pytest.raises(TypeError), BundleWriter(tmp_path / "b") as writer:
            writer.add("t", object())
        assert list(tmp_path.iterdir()) == []

    def test_nothing_has_its_name_before_finish(self, tmp_path):
        writer = BundleWriter(tmp_path / "b")
        writer.add("t", [1])
        assert not list(tmp_path.glob("b*"))
        writer.finish()
        names = sorted(path.name for path in tmp_path.iterdir())
        assert names == ["b.data-00000-of-00001", "b.index"]

    def test_a_finished_bundle_takes_no_more(self, tmp_path):
        writer = BundleWriter(tmp_path / "b")
        writer.finish()
        with pytest.raises(errors.FailedPreconditionError, match="finished"):
            writer.add("t", [1])
        assert BundleReader(tmp_path / "b").keys() == []

    def test_an_older_bundle_is_replaced(self, tmp_path):
        for value in (1, 2):
            with BundleWriter(tmp_path / "b") as writer:
                writer.add("t", [value])
        assert BundleReader(tmp_path / "b").read("t").tolist() == [2]

    def test_a_missing_folder_is_not_found(self, tmp_path):
        with pytest.raises(errors.NotFoundError, match="No such file"):
            BundleWriter(tmp_path / "no" / "b")

    def test_types_tensorflow_lacks_are_type_errors(self, tmp_path):
        with pytest.raises(TypeError, match="datetime64"), BundleWriter(tmp_path / "b") as writer:
            writer.add("t", np.array(["2020"], "M8[Y]"))


arrays = st.sampled_from(["f4", "f8", "i4", "u1", "i8", "?", "c8", "f2"]).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, min_side=0, max_side=3))
) | hnp.arrays(object, hnp.array_shapes(min_dims=0, min_side=0, max_side=3), elements=st.binary())


@settings(deadline=None)
@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8"), min_size=1, max_size=8), arrays, max_size=5
    )
)
def test_round_trip(tmp_path_factory, values):
    prefix = tmp_path_factory.mktemp("bundle") / "b"
    with BundleWriter(prefix) as writer:
        for name, value in values.items():
            writer.add(name, value)
    reader = BundleReader(prefix)
    assert reader.keys() == sorted(values, key=str.encode)
    for name, value in values.items():
        back = reader.read(name)
        assert (back.dtype, back.shape) == (value.dtype, value.shape)
        if value.dtype == object:
            assert back.tolist() == value.tolist()
        else:
            assert back.tobytes() == value.tobytes()


def test_entries_are_values(genuine):
    entry = BundleReader(genuine / "plain").entry("c")
    assert entry.count == 2
    assert dataclasses.replace(entry) == entry
