"""Checkpoints of the format before bundles: what TensorFlow wrote, damage."""

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidefall.base import errors
from tidefall.io.bundles import bundle_format, table
from tidefall.proto import SavedTensorSlices
from tidefall.saving.checkpoint.bundle import (
    BundleReader,
    SliceCheckpointReader,
    SliceCheckpointWriter,
    open_checkpoint,
)

# What the recorder saved.
SAVED = {
    "f": np.float32([[1, 2], [3, 4]]),
    "i": np.int64([-1, 5]),
    "s": np.array([b"a", b"bc"], dtype=object),
    "b": np.array([True, False]),
    "h": np.float16([1, 2]),
    "c": np.complex64([1 + 2j]),
    "u8": np.uint8([1, 255]),
    "e": np.zeros([0, 2], np.float32),
    "same": np.float32([3, 3, 3]),
    "sc": np.array(b"one", dtype=object),
}


def test_reads_what_tensorflow_wrote(genuine):
    reader = SliceCheckpointReader(genuine / "v1")
    assert list(reader) == sorted(SAVED)
    assert len(reader) == len(SAVED)
    for name, value in SAVED.items():
        found = reader.read(name)
        assert (found.dtype, found.shape) == (value.dtype, value.shape)
        assert found.tolist() == value.tolist()
        assert (reader.entry(name).dtype, reader.entry(name).shape) == (value.dtype, value.shape)
        assert name in reader


def test_slices_are_joined_over_two_files(genuine):
    reader = SliceCheckpointReader(genuine / "v1-?????-of-00002")
    assert reader.keys() == ["w"]
    assert reader.read("w").tolist() == [[1, 2], [3, 4], [5, 6], [7, 8]]


def test_missing_slices_are_data_loss(genuine):
    with pytest.raises(errors.DataLossError, match="'w' do not cover it"):
        SliceCheckpointReader(genuine / "v1-00000-of-00002").read("w")


def test_a_checkpoint_of_either_format_is_opened(genuine):
    assert isinstance(open_checkpoint(genuine / "plain"), BundleReader)
    assert open_checkpoint(genuine / "v1").read("i").tolist() == [-1, 5]
    assert open_checkpoint(genuine / "v1-*").read("w").shape == (4, 2)
    with pytest.raises(errors.NotFoundError, match="nowhere"):
        open_checkpoint(genuine / "nowhere")


def test_a_genuine_file_is_read(interop_genuine):
    reader = SliceCheckpointReader(interop_genuine / "v1_format_ckpt" / "export")
    assert {name: reader.read(name).tolist() for name in reader} == {
        "Variable": 0.5,
        "Variable_1": 2.0,
    }


def test_missing_things_are_not_found(genuine):
    with pytest.raises(errors.NotFoundError, match="nowhere"):
        SliceCheckpointReader(genuine / "nowhere")
    with pytest.raises(errors.NotFoundError, match="Key nothing not found"):
        SliceCheckpointReader(genuine / "v1").read("nothing")


def test_every_changed_bit_is_data_loss_or_changes_nothing(genuine):
    path = genuine / "v1"
    original = path.read_bytes()
    for position in range(0, len(original), 3):
        damaged = bytearray(original)
        damaged[position] ^= 1 << position % 8
        path.write_bytes(damaged)
        try:
            reader = SliceCheckpointReader(path)
            values = {name: reader.read(name).tolist() for name in reader}
        except errors.DataLossError:
            continue
        assert values == {name: value.tolist() for name, value in SAVED.items()}


WHOLE = [(0, bundle_format.FULL_EXTENT)]


def slices_of(name="t", dtype=1, shape=(2,), extents=((),), repeat=1):
    message = SavedTensorSlices()
    tensor = message.meta.tensor.add(name=name, type=dtype)
    for size in shape:
        tensor.shape.dim.add(size=size)
    for _ in range(repeat):
        part = tensor.slice.add()
        for extent in extents:
            part.extent.add(**dict(zip(("start", "length"), extent, strict=False)))
    return message.SerializeToString()


def write(path, listing, **values):
    message = SavedTensorSlices()
    for field, value in values.items():
        getattr(message.data.data, field).extend(value)
    entries = {b"": listing, bundle_format.slice_key("t", WHOLE): message.SerializeToString()}
    with open(path, "wb") as file:
        writer = table.TableWriter(file)
        for key, value in sorted(entries.items()):
            if value is not None:
                writer.add(key, value)
        writer.finish()


@pytest.mark.parametrize(
    ("listing", "message"),
    [
        (None, "does not list its tensors"),
        (b"\xff", "not a SavedTensorSlices"),
        (slices_of(shape=(-1,)), "shape"),
        (slices_of(shape=(2**62, 4)), "shape"),
        (slices_of(extents=((0, 3),)), "shape"),
        (slices_of(extents=((0, 1), (0, 1))), "shape"),
        (slices_of(extents=()), "shape"),
        (slices_of(extents=((0, 1),)), "has no slice"),
        (slices_of(shape=(2**40,)), "it has 2 elements"),
        (slices_of(shape=(3,), repeat=1000), "it has 2 elements"),
        (slices_of(repeat=0), "do not cover"),
        (slices_of(dtype=3), "it has 0 elements"),
        (slices_of(dtype=21), "variant"),
        (slices_of(dtype=77), "unknown type 77"),
    ],
)
def test_false_checkpoints_with_true_checksums_are_errors(tmp_path, listing, message):
    write(tmp_path / "ckpt", listing, float_val=[1, 2])
    with pytest.raises((errors.DataLossError, errors.UnimplementedError), match=message) as caught:
        SliceCheckpointReader(tmp_path / "ckpt").read("t")
    assert str(tmp_path / "ckpt") in caught.value.message


def test_files_that_disagree_are_data_loss(tmp_path):
    write(tmp_path / "ckpt-0", slices_of(shape=(2,)), float_val=[1, 2])
    write(tmp_path / "ckpt-1", slices_of(shape=(3,)), float_val=[1, 2, 3])
    with pytest.raises(errors.DataLossError, match="ckpt-1"):
        SliceCheckpointReader(tmp_path / "ckpt-*")


@given(st.binary(max_size=40))
def test_any_listing_is_read_or_a_clear_error(tmp_path_factory, listing):
    path = tmp_path_factory.mktemp("v1") / "ckpt"
    write(path, listing, float_val=[1.0])
    try:
        reader = SliceCheckpointReader(path)
        for name in reader:
            reader.read(name)
    except (errors.DataLossError, errors.UnimplementedError):
        pass


def test_writes_what_tensorflow_wrote(genuine, tmp_path):
    with SliceCheckpointWriter(tmp_path / "v1") as writer:
        for name in sorted(SAVED):
            writer.add(name, SAVED[name])
    assert (tmp_path / "v1").read_bytes() == (genuine / "v1").read_bytes()


def test_a_writer_that_is_left_with_an_error_writes_nothing(tmp_path):
    def write():
        with SliceCheckpointWriter(tmp_path / "v1") as writer:
            writer.add("fine", np.float32([1]))
            writer.add("young", np.zeros(2, ml_dtypes.bfloat16))

    with pytest.raises(errors.UnimplementedError, match="bfloat16"):
        write()
    assert not list(tmp_path.iterdir())
