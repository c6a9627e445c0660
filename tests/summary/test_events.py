"""Event files and summaries: TensorFlow's bytes, TensorBoard's reader, damage."""

import json
import os
import re
import socket
from pathlib import Path

import numpy as np
import pytest
from tensorboard.backend.event_processing import event_accumulator
from tensorboard.util import tensor_util

from tidefall.base import errors
from tidefall.io.records import tfrecord
from tidefall.proto import Event, GraphDef, Summary, tensors
from tidefall.summary.events import event_file, values

RECORDED = json.loads(
    (Path(__file__).parents[1] / "oracle" / "wire_formats.json").read_text(encoding="utf-8")
)["summaries"]

WRITTEN = {
    "scalar": values.scalar_value("loss", 0.5),
    "described": values.scalar_value("acc", np.float64(1.5), description="**hi**"),
    "histogram": values.histogram_value("h", [1.0, 2.0, 3.0], buckets=3),
    "text": values.text_value("t", "héllo"),
    "table": values.text_value("t2", [["a", "b"]]),
    "audio": values.audio_value("a", np.zeros([5, 3, 2], np.float32), 44100),
    "raw": values.tensor_value("raw", np.float32([1, 2])),
}


def write_run(folder, *found):
    with event_file.EventFileWriter(folder) as writer:
        for event in found:
            writer.write(event)
    return writer.path


@pytest.mark.parametrize("kind", RECORDED)
def test_summaries_are_the_bytes_tensorflow_writes(kind):
    genuine = Summary.Value.FromString(bytes.fromhex(RECORDED[kind]))
    if kind == "histogram":  # its edges may differ in the last bit
        theirs = tensors.tensor_proto_to_array(genuine.tensor)
        ours = tensors.tensor_proto_to_array(WRITTEN[kind].tensor)
        np.testing.assert_allclose(ours, theirs, rtol=1e-15)
        genuine.tensor.CopyFrom(WRITTEN[kind].tensor)
    assert WRITTEN[kind] == genuine


def test_pictures_are_width_height_and_png():
    value = values.image_value("i", np.zeros([5, 2, 3, 1], np.uint8), max_outputs=2)
    strings = value.tensor.string_val
    assert strings[:2] == [b"3", b"2"]
    assert len(strings) == 4
    assert all(string.startswith(b"\x89PNG") for string in strings[2:])
    assert value.metadata.plugin_data.plugin_name == "images"


def test_no_pictures_leave_width_and_height():
    assert values.image_value("i", np.zeros([0, 2, 3, 1])).tensor.string_val == [b"3", b"2"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: values.scalar_value("s", [1.0, 2.0]), r"scalar, got the shape \[2\]"),
        (lambda: values.image_value("i", np.zeros([2, 2, 3])), "height"),
        (lambda: values.image_value("i", np.zeros([1, 2, 2, 5])), "channels"),
        (lambda: values.audio_value("a", np.zeros([2, 2]), 8000), "frames"),
    ],
)
def test_wrong_shapes_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_text_must_be_text():
    with pytest.raises(TypeError, match="int"):
        values.text_value("t", 3)


def test_a_file_begins_with_its_version(tmp_path):
    path = write_run(
        tmp_path / "new" / "logs", event_file.summary_event([WRITTEN["scalar"]], step=7)
    )
    first, second = event_file.read_events(path)
    assert first.file_version == "brain.Event:2"
    assert first.source_metadata.writer == "tensorflow.core.util.events_writer"
    assert second.step == 7
    assert second.summary.value == [WRITTEN["scalar"]]
    assert second.wall_time >= first.wall_time > 1.6e9


def test_file_names_are_told_apart(tmp_path):
    paths = [write_run(tmp_path), write_run(tmp_path), write_run(tmp_path)]
    host = re.escape(socket.gethostname())
    pattern = rf"events\.out\.tfevents\.\d{{10}}\.{host}\.{os.getpid()}\.\d+\.v2"
    assert len(set(paths)) == 3
    assert all(re.fullmatch(pattern, os.path.basename(path)) for path in paths)
    assert event_file.EventFileWriter(tmp_path, filename_suffix=".profile").path.endswith(
        ".profile"
    )


def test_the_version_is_there_before_the_first_flush(tmp_path):
    writer = event_file.EventFileWriter(tmp_path)
    assert len(list(event_file.read_events(writer.path))) == 1
    writer.write(event_file.summary_event([WRITTEN["text"]], step=1))
    writer.flush()
    assert len(list(event_file.read_events(writer.path))) == 2
    writer.close()
    writer.close()
    with pytest.raises(errors.FailedPreconditionError, match="already closed"):
        writer.write(event_file.summary_event([], step=2))


def test_a_forgotten_writer_loses_nothing(tmp_path):
    writer = event_file.EventFileWriter(tmp_path)
    path = writer.path
    writer.write(event_file.summary_event([WRITTEN["text"]], step=1))
    del writer
    assert len(list(event_file.read_events(path))) == 2


def test_serialized_events_are_written_as_they_are(tmp_path):
    event = event_file.summary_event([WRITTEN["raw"]], step=3, wall_time=12.5)
    path = write_run(tmp_path, event.SerializeToString())
    assert list(event_file.read_events(path))[1] == event


def test_tensorboard_reads_every_kind(tmp_path):
    graph = GraphDef()
    graph.node.add(name="x", op="NoOp")
    write_run(
        tmp_path,
        *[event_file.summary_event([value], step=4, wall_time=99.0) for value in WRITTEN.values()],
        event_file.graph_event(graph.SerializeToString()),
    )
    board = event_accumulator.EventAccumulator(str(tmp_path)).Reload()
    assert board.Tags()["tensors"] == ["loss", "acc", "h", "t", "t2", "a", "raw"]
    assert board.Tags()["graph"] is True
    assert board.Graph().node[0].name == "x"
    (loss,) = board.Tensors("loss")
    assert (loss.step, loss.wall_time) == (4, 99.0)
    assert tensor_util.make_ndarray(loss.tensor_proto) == np.float32(0.5)
    assert board.SummaryMetadata("acc").plugin_data.plugin_name == "scalars"
    assert board.SummaryMetadata("acc").summary_description == "**hi**"
    buckets = tensor_util.make_ndarray(board.Tensors("h")[0].tensor_proto)
    assert buckets.shape == (3, 3)
    assert tensor_util.make_ndarray(board.Tensors("t")[0].tensor_proto).item() == "héllo".encode()


def test_genuine_event_files_are_read(interop_genuine):
    (path,) = interop_genuine.glob("taxi_events/*")
    found = list(event_file.read_events(path))
    assert found[0].file_version == "brain.Event:2"
    assert any(event.HasField("graph_def") for event in found)
    tags = {value.tag for event in found for value in event.summary.value}
    assert "loss" in tags


def test_a_file_cut_short_gives_its_whole_events_then_data_loss(tmp_path):
    path = Path(
        write_run(tmp_path, *[event_file.summary_event([WRITTEN["raw"]], step=s) for s in (1, 2)])
    )
    whole = path.read_bytes()
    path.write_bytes(whole[:-3])
    reader = event_file.read_events(path)
    assert [next(reader).step for _ in range(2)] == [0, 1]
    with pytest.raises(errors.DataLossError, match=r"tfevents.*record 2 at byte \d+"):
        next(reader)


def test_a_record_that_is_no_event_is_data_loss(tmp_path):
    path = tmp_path / "file"
    with tfrecord.RecordWriter(path) as writer:
        writer.write(Event(step=1).SerializeToString())
        writer.write(b"\xff")
    reader = event_file.read_events(path)
    assert next(reader).step == 1
    with pytest.raises(errors.DataLossError, match="file: record 1 is not an Event"):
        next(reader)


def test_missing_files_and_folders_are_errors(tmp_path):
    with pytest.raises(errors.NotFoundError, match="nowhere"):
        next(event_file.read_events(tmp_path / "nowhere"))
    (tmp_path / "file").touch()
    with pytest.raises(errors.OpError, match="file"):
        event_file.EventFileWriter(tmp_path / "file")
