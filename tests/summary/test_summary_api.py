"""The public tf.summary: what it writes, where, when, and what it refuses."""

import io

import numpy as np
import pytest
from PIL import Image

import tidefall as tf
from tidefall.proto import Event, GraphDef, RunMetadata, Summary, SummaryMetadata
from tidefall.proto.tensors import tensor_proto_to_array
from tidefall.summary.events.buckets import histogram_buckets


@pytest.fixture
def writer(tmp_path):
    writer = tf.summary.create_file_writer(str(tmp_path))
    yield writer
    writer.close()


@pytest.fixture(autouse=True)
def _no_default_step():
    yield
    tf.summary.experimental.set_step(None)


def _values(events):
    return [
        (e.step, v.tag, tensor_proto_to_array(v.tensor)) for e in events for v in e.summary.value
    ]


# ---- the dashboards ----


def test_a_scalar_is_written_as_tensorflow_writes_it(writer, written):
    with writer.as_default():
        assert bool(tf.summary.scalar("loss", 2, step=3, description="what it is"))
    expected = Summary.Value(tag="loss")
    expected.tensor.dtype = 1
    expected.tensor.tensor_shape.SetInParent()
    expected.tensor.tensor_content = b"\0\0\0@"
    expected.metadata.plugin_data.plugin_name = "scalars"
    expected.metadata.summary_description = "what it is"
    (event,) = written()
    assert event.step == 3
    assert list(event.summary.value) == [expected]


SCALARS = [0.5, 2, True, np.float64(0.25), 1 + 2j]


@pytest.mark.parametrize("value", SCALARS, ids=repr)
def test_scalars_of_any_number_type_become_float32(value, writer, written):
    with writer.as_default(step=1):
        tf.summary.scalar("x", value)
    ((_, _, found),) = _values(written())
    assert found.dtype == np.float32
    assert found == np.float32(np.real(value))


DATA = [
    [1.0, 2.0, 2.5, 3.0],
    [[4, 4], [4, 4]],
    [],
    [True, False, True],
    [1.0, float("inf")],
    np.linspace(-3, 5, 100),
]


@pytest.mark.parametrize("buckets", [None, 1, 4, 0])
@pytest.mark.parametrize("data", DATA, ids=str)
def test_a_histogram_in_a_function_is_the_eager_one(data, buckets, writer, written):
    data = tf.constant(data)

    @tf.function
    def record(x):
        tf.summary.histogram("h", x, buckets=buckets)

    with writer.as_default(step=1):
        tf.summary.histogram("h", data, buckets=buckets)
        record(data)
    (_, _, eager), (_, _, traced) = _values(written())
    np.testing.assert_array_equal(eager, histogram_buckets(data.numpy(), buckets))
    np.testing.assert_allclose(traced, eager)


def test_text_keeps_its_shape(writer, written):
    with writer.as_default(step=1):
        tf.summary.text("t", [["a", "ä"]])
        tf.summary.text("t", tf.constant("b"))
    (_, _, table), (_, _, plain) = _values(written())
    assert table.tolist() == [[b"a", "ä".encode()]]
    assert plain.item() == b"b"


PIXELS = [
    np.arange(24, dtype=np.uint8).reshape(2, 2, 3, 2)[..., :1] * 9,
    np.linspace(-0.1, 1.1, 36, dtype=np.float32).reshape(2, 3, 2, 3),
    np.linspace(0, 1, 32).reshape(2, 2, 2, 4),
    np.arange(-8, 8, dtype=np.int8).reshape(4, 2, 2, 1) * 15,
    np.arange(16, dtype=np.int32).reshape(2, 4, 2, 1) * 10**8,
    np.arange(8, dtype=np.uint16).reshape(2, 2, 2, 1) * 9000,
]


@pytest.mark.parametrize("images", PIXELS, ids=lambda x: str(x.dtype))
def test_images_in_a_function_are_the_eager_ones(images, writer, written):
    @tf.function
    def record(x):
        tf.summary.image("i", x, max_outputs=1)

    with writer.as_default(step=1):
        tf.summary.image("i", images, max_outputs=1)
        record(tf.constant(images))
    (_, _, eager), (_, _, traced) = _values(written())
    assert eager.tolist() == traced.tolist()
    width, height, png = eager
    assert (int(height), int(width)) == images.shape[1:3]
    assert Image.open(io.BytesIO(png)).size == (int(width), int(height))


@pytest.mark.parametrize("clips", [0, 1, 2])
def test_audio_in_a_function_is_the_eager_one(clips, writer, written):
    audio = np.linspace(-1, 1, clips * 10, dtype=np.float32).reshape(clips, 5, 2)

    @tf.function(input_signature=[tf.TensorSpec([None, None, None])])
    def record(x):
        tf.summary.audio("a", x, 8000)

    with writer.as_default(step=1):
        tf.summary.audio("a", audio, 8000)
        record(audio)
    (_, _, eager), (_, _, traced) = _values(written())
    assert eager.tolist() == traced.tolist()
    assert eager.shape == (clips, 2)


def test_any_tensor_under_any_plugin(writer, written):
    metadata = SummaryMetadata()
    metadata.plugin_data.plugin_name = "graph_keras_model"
    with writer.as_default(step=4):
        assert bool(tf.summary.write("tag", "json", metadata=metadata))
        assert bool(tf.summary.write("tag", lambda: tf.constant([1, 2])))
        assert bool(tf.summary.write("tag", [1, 2], metadata=metadata.SerializeToString()))
    first, second, third = (e.summary.value[0] for e in written())
    assert tensor_proto_to_array(first.tensor).item() == b"json"
    assert first.metadata == third.metadata == metadata
    assert not second.HasField("metadata")
    assert tensor_proto_to_array(second.tensor).tolist() == [1, 2]


def test_raw_summaries(writer, written):
    summary = Summary()
    summary.value.add(tag="r", simple_value=1.5)
    with writer.as_default():
        tf.summary.experimental.write_raw_pb(summary.SerializeToString(), step=3)
    (event,) = written()
    assert event.step == 3
    assert event.summary == summary


# ---- the step, the scope, the condition ----


def test_a_step_is_needed(writer):
    with writer.as_default(), pytest.raises(ValueError, match="No step set"):
        tf.summary.scalar("a", 1.0)


def test_steps_nest(writer, written):
    tf.summary.experimental.set_step(4)
    with writer.as_default(step=7):
        assert tf.summary.experimental.get_step() == 7
        tf.summary.scalar("a", 1.0)
        tf.summary.scalar("a", 1.0, step=9)
    assert tf.summary.experimental.get_step() == 4
    with writer.as_default():
        tf.summary.scalar("a", 1.0)
    assert [e.step for e in written()] == [7, 9, 4]


def test_a_step_set_inside_stays_unless_the_scope_gave_one(writer):
    with writer.as_default():
        tf.summary.experimental.set_step(5)
    assert tf.summary.experimental.get_step() == 5


def test_a_step_variable_is_read_each_time(writer, written):
    step = tf.Variable(0, dtype=tf.int64)

    @tf.function
    def record():
        tf.summary.scalar("a", 1.0)

    tf.summary.experimental.set_step(step)
    with writer.as_default():
        for number in (3, 8):
            step.assign(number)
            record()
    assert [e.step for e in written()] == [3, 8]


STEPS = [
    (1.5, TypeError, "Cannot convert 1.5"),
    ("a", TypeError, "Cannot convert 'a'"),
    ([1, 2], ValueError, r"must be a scalar. Received step with shape \(2,\)"),
    (np.int32(3), None, ""),
]


@pytest.mark.parametrize("step, error, match", STEPS, ids=str)
def test_steps_are_integers(step, error, match, writer):
    with writer.as_default():
        if error is None:
            assert bool(tf.summary.scalar("a", 1.0, step=step))
        else:
            with pytest.raises(error, match=match):
                tf.summary.scalar("a", 1.0, step=step)


def test_tags_stand_behind_name_scopes(writer, written):
    with writer.as_default(step=1), tf.name_scope("model"), tf.name_scope("dense"):
        tf.summary.scalar("a b", 1.0)
    assert written()[0].summary.value[0].tag == "model/dense/a b"


SCOPES = [
    ("n", "n", "n/"),
    ("n&^ y/z", "n&^ y/z", "ny/z/"),
    ("&^", "&^", "def/"),
    ("", "def", "def/"),
    (None, "def", "def/"),
]


@pytest.mark.parametrize("name, tag, scope", SCOPES, ids=str)
def test_summary_scope(name, tag, scope):
    with tf.summary.experimental.summary_scope(name, "def") as found:
        assert found == (tag, scope)


def test_nothing_is_recorded_without_a_writer_or_against_the_condition(writer, written):
    assert not bool(tf.summary.should_record_summaries())
    assert not bool(tf.summary.scalar("a", 1.0))
    with writer.as_default(step=1):
        assert bool(tf.summary.should_record_summaries())
        for condition in (False, lambda: False, tf.constant(False)):
            with tf.summary.record_if(condition):
                assert not bool(tf.summary.should_record_summaries())
                assert not bool(tf.summary.scalar("no", 1.0))
        with tf.summary.record_if(lambda: True):
            assert bool(tf.summary.scalar("yes", 1.0))
    assert [v[1] for v in _values(written())] == ["yes"]


def test_a_condition_on_a_tensor_is_decided_in_the_function(writer, written):
    @tf.function
    def record(step):
        with tf.summary.record_if(step % 2 == 0):
            return tf.summary.scalar("a", 1.0, step=step)

    with writer.as_default():
        done = [bool(record(tf.constant(step, tf.int64))) for step in range(4)]
    assert done == [True, False, True, False]
    assert [e.step for e in written()] == [0, 2]


def test_a_noop_writer_leaves_the_default_alone(writer, written):
    with writer.as_default(step=1), tf.summary.create_noop_writer().as_default():
        assert bool(tf.summary.scalar("a", 1.0))
    assert len(written()) == 1


# ---- writers ----


def test_set_as_default(tmp_path, written):
    saved = tf.summary.create_noop_writer()
    writer = tf.summary.create_file_writer(tmp_path, filename_suffix=".mine")
    scope = writer.as_default(step=2)
    with scope:
        writer.set_as_default(5)
        tf.summary.scalar("a", 1.0)
        tf.summary.flush()
    assert saved.init() is None
    assert [e.step for e in written()] == [5]
    assert next(tmp_path.iterdir()).name.endswith(".mine")


def test_events_are_flushed_when_too_many_wait(tmp_path, written):
    writer = tf.summary.create_file_writer(str(tmp_path), max_queue=2)
    writer_scope = writer.as_default(step=1)
    with writer_scope:
        for _ in range(2):
            tf.summary.scalar("a", 1.0)
        assert len(written()) == 0
        tf.summary.scalar("a", 1.0)
        assert len(written()) == 3
    writer.close()


def test_a_closed_writer_is_refused(writer):
    writer.close()
    assert writer.close() is None
    assert writer.flush() is None
    for use in (writer.as_default, writer.set_as_default, writer.init):
        with pytest.raises(RuntimeError, match="is already closed"):
            use()


def test_a_writer_closed_inside_its_own_block_loses_nothing_silently(writer):
    with writer.as_default(step=1):
        writer.close()
        with pytest.raises(tf.errors.NotFoundError, match="summary writer does not exist"):
            tf.summary.scalar("a", 1.0)


def test_folders_that_cannot_be(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(tf.errors.FailedPreconditionError, match="file; Not a directory"):
        tf.summary.create_file_writer(str(tmp_path / "file"))
    with pytest.raises(ValueError, match="cannot be None"):
        tf.summary.create_file_writer(None)
    with pytest.raises(TypeError, match="Cannot convert 3"):
        tf.summary.create_file_writer(3)


def test_functions_share_the_writer_they_were_traced_with(tmp_path, written):
    writer = tf.summary.create_file_writer(str(tmp_path))

    @tf.function
    def record(x, step):
        with writer.as_default():
            tf.summary.scalar("a", x, step=step)
        return x

    record(tf.constant(1.0), tf.constant(3, tf.int64))
    record(tf.constant(2.0), tf.constant(4, tf.int64))
    assert [(s, v.item()) for s, _, v in _values(written())] == [(3, 1.0), (4, 2.0)]


def test_compiled_functions_cannot_write(writer):
    @tf.function(jit_compile=True)
    def record(x):
        tf.summary.scalar("a", x, step=1)
        return x

    with (
        writer.as_default(),
        pytest.raises(tf.errors.InvalidArgumentError, match=r"WriteSummary.*test_summary_api"),
    ):
        record(tf.constant(1.0))


# ---- bad input ----


BAD = [
    (lambda: tf.summary.scalar("a", [1.0, 2.0]), ValueError, "Expected scalar shape"),
    (lambda: tf.summary.scalar("a", "x"), tf.errors.UnimplementedError, "Cast string"),
    (lambda: tf.summary.text("a", 3), TypeError, "must be of type tf.string"),
    (lambda: tf.summary.image("a", tf.zeros([2, 3, 1])), ValueError, "must have rank 4"),
    (
        lambda: tf.summary.image("a", tf.zeros([1, 2, 2, 5])),
        tf.errors.InvalidArgumentError,
        "1, 2, 3, or 4 channels, got 5",
    ),
    (
        lambda: tf.summary.image("a", tf.zeros([1, 2, 2, 1]), max_outputs=-1),
        tf.errors.InvalidArgumentError,
        "at least 0",
    ),
    (lambda: tf.summary.audio("a", tf.zeros([2, 3]), 8000), ValueError, "must have rank 3"),
    (
        lambda: tf.summary.audio("a", tf.zeros([1, 2, 1]), 8000, encoding="mp3"),
        ValueError,
        "Unknown encoding: 'mp3'",
    ),
    (lambda: tf.summary.histogram("a", [1.0], buckets=2.5), TypeError, "buckets"),
    (lambda: tf.summary.histogram("a", ["x"]), tf.errors.UnimplementedError, "Cast string"),
    (lambda: tf.summary.write(3, 1.0), TypeError, "Cannot convert 3"),
    (lambda: tf.summary.write("a", 1.0, metadata=3), TypeError, "Cannot convert 3"),
    (
        lambda: tf.summary.experimental.write_raw_pb(b"\xff\xff\xff"),
        tf.errors.DataLossError,
        "serialized Summary",
    ),
    (lambda: tf.summary.graph(3), ValueError, "not tf.Graph or tf.compat.v1.GraphDef"),
]


@pytest.mark.parametrize("call, error, match", BAD)
def test_bad_values(call, error, match, writer):
    with writer.as_default(step=1), pytest.raises(error, match=match):
        call()


# ---- graphs ----


def test_the_graph_of_a_function(writer, written):
    traced = tf.function(lambda x: x + 1).get_concrete_function(tf.constant(1))
    with writer.as_default():
        assert bool(tf.summary.graph(traced.graph))
        assert bool(tf.summary.graph(traced.graph.as_graph_def()))
    for event in written():
        assert event.step == 0
        assert "AddV2" in [node.op for node in GraphDef.FromString(event.graph_def).node]


def test_graphs_are_not_written_inside_functions(writer):
    @tf.function
    def record():
        tf.summary.graph(GraphDef())

    with writer.as_default(), pytest.raises(ValueError, match="inside a graph context"):
        record()


def test_a_trace_holds_the_functions_that_ran(writer, written):
    twice, thrice = tf.function(lambda x: x * 2.0), tf.function(lambda x: x * 3.0)
    twice(tf.constant(1.0))
    tf.summary.trace_on()
    thrice(tf.constant(1.0))
    with writer.as_default():
        tf.summary.trace_export("run", step=5)
    thrice(tf.constant(1.0))
    (event,) = written()
    (value,) = event.summary.value
    assert (event.step, value.tag) == (5, "run")
    assert value.metadata.plugin_data.plugin_name == "graph_run_metadata_graph"
    assert value.metadata.plugin_data.content == b"1"
    metadata = RunMetadata.FromString(tensor_proto_to_array(value.tensor).item())
    assert len(metadata.function_graphs) == 1
    assert "Mul" in [node.op for node in metadata.function_graphs[0].pre_optimization_graph.node]


def test_a_trace_must_be_on_to_be_exported(writer, caplog):
    with pytest.raises(ValueError, match="Must enable trace before export"):
        tf.summary.trace_export("run", step=5)
    tf.summary.trace_on()
    tf.summary.trace_on()
    tf.summary.trace_off()
    tf.summary.trace_off()
    assert "Trace already enabled" in caplog.text


# ---- ops of older programs ----


def test_ops_take_events_and_scalars(writer, written):
    resource = writer._resource
    tf.raw_ops.WriteScalarSummary(writer=resource, step=1, tag="old", value=3)
    event = Event(step=4)
    event.summary.value.add(tag="e", simple_value=2)
    tf.raw_ops.ImportEvent(writer=resource, event=event.SerializeToString())
    tf.raw_ops.FlushSummaryWriter(writer=resource)
    first, second = written()
    assert (first.step, first.summary.value[0].simple_value) == (1, 3.0)
    assert second.summary == event.summary
    for name in ("ImportEvent", "WriteGraphSummary"):
        key = "event" if name == "ImportEvent" else "tensor"
        step = {} if name == "ImportEvent" else {"step": 1}
        with pytest.raises(tf.errors.DataLossError):
            getattr(tf.raw_ops, name)(writer=resource, **step, **{key: b"\xff\xff"})
