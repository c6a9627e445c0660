"""Lines of JSON for people, PredictionLogs to replay."""

import json

import numpy as np
import pytest

from tidefall.base import errors
from tidefall.io.records.tfrecord import read_records
from tidefall.proto.serving import PredictionLog
from tidefall.proto.tensors import tensor_proto_to_array
from tidefall.serving.inference import Call, Outcome
from tidefall.serving.models.config import ModelConfig, Recording
from tidefall.serving.models.manager import ModelManager
from tidefall.serving.operations.metrics import Registry
from tidefall.serving.operations.request_log import Recorder, RequestLog
from tidefall.serving.rollout.replay import read_recording

SECRET = 271828.0


def outcome(model="m", error=None, **headers) -> Outcome:
    call = Call(model, headers={"x-request-id": "r1", "authorization": "Bearer t", **headers})
    return Outcome(
        call,
        1.5e9,
        0.25,
        version=3,
        inputs={"x": np.float32([[SECRET, 2]]), "s": np.array([b"secret \xff"], object)},
        outputs=None if error else {"y": np.int64([7])},
        error=error,
    )


def lines(path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_line_says_what_but_not_the_values(tmp_path):
    log = RequestLog(str(tmp_path / "log"))
    log.observe(outcome())
    message = f"JSON Value: {SECRET}"
    log.observe(outcome(error=errors.InvalidArgumentError(None, None, message)))
    log.writer.stop()
    answered, failed = lines(tmp_path / "log")
    assert answered == {
        "time": "2017-07-14T02:40:00.000+00:00",
        "model": "m",
        "version": 3,
        "signature": "serving_default",
        "method": "predict",
        "protocol": "rest",
        "status": "OK",
        "seconds": 0.25,
        "decode_seconds": 0.0,
        "encode_seconds": 0.0,
        "x_request_id": "r1",
        "inputs": {"x": "float32 [1,2]", "s": "string [1]"},
        "outputs": {"y": "int64 [1]"},
    }
    assert failed["status"] == "INVALID_ARGUMENT"
    text = (tmp_path / "log").read_text()
    assert "271828" not in text
    assert "secret" not in text
    assert "Bearer" not in text


def test_values_are_written_where_they_are_asked_for(tmp_path):
    log = RequestLog(str(tmp_path / "log"), values=True)
    log.observe(outcome(error=errors.InternalError(None, None, "why")))
    log.writer.stop()
    (line,) = lines(tmp_path / "log")
    assert line["inputs"]["x"] == {"tensor": "float32 [1,2]", "values": [SECRET, 2.0]}
    assert line["inputs"]["s"]["values"] == ["secret \ufffd"]
    assert line["error"] == "why"


def test_hostile_names_stay_on_one_line(tmp_path):
    log = RequestLog(str(tmp_path / "log"))
    log.observe(outcome(model='a\n{"status":"OK"}\u2028\ud800' + "x" * 1000))
    log.writer.stop()
    (line,) = lines(tmp_path / "log")
    assert line["model"].startswith('a\n{"status":"OK"}')
    assert len(line["model"]) == 200


def test_the_rate_decides_how_many_are_written(tmp_path):
    draws = iter([0.1, 0.3, 0.29])
    log = RequestLog(str(tmp_path / "log"), rate=0.3, draw=lambda: next(draws))
    for _ in range(3):
        log.observe(outcome())
    log.writer.stop()
    assert len(lines(tmp_path / "log")) == 2


@pytest.fixture
def managed(tmp_path):
    def make(recording=None):
        (tmp_path / "m").mkdir()
        configs = [ModelConfig("m", tmp_path / "m", recording=recording)]
        return ModelManager(configs, None, 0)

    return make


def recorded(path) -> list:
    return [PredictionLog.FromString(record) for record in read_records(str(path))]


def counters():
    return Registry().counter("c", "help", ["model", "status"])


def test_a_recording_holds_what_the_signature_got_and_gave(tmp_path, managed):
    count = counters()
    recorder = Recorder(managed(), Recording(str(tmp_path / "rec/all")), count)
    recorder.observe(outcome())
    recorder.observe(outcome(error=errors.InternalError(None, None, "why")))
    recorder.observe(outcome(model="removed"))
    recorder.stop()
    (log,) = recorded(tmp_path / "rec/all.tfrecord")
    request, response = log.predict_log.request, log.predict_log.response
    assert request.model_spec.name == "m"
    assert request.model_spec.version.value == 3
    assert request.model_spec.signature_name == "serving_default"
    assert tensor_proto_to_array(request.inputs["x"]).tolist() == [[SECRET, 2]]
    assert tensor_proto_to_array(request.inputs["s"]).tolist() == [b"secret \xff"]
    assert tensor_proto_to_array(response.outputs["y"]).tolist() == [7]
    assert log.log_metadata.timestamp_secs == 1_500_000_000
    assert count.of("m", "OK").value == 1


def test_a_recording_is_what_replays_read(tmp_path, managed):
    recorder = Recorder(managed(), Recording(str(tmp_path / "all")), counters())
    for _ in range(3):
        recorder.observe(outcome())
    recorder.stop()
    replayed = list(read_recording(tmp_path / "all.tfrecord"))
    assert [(one.kind, one.model, one.signature_name) for one in replayed] == [
        ("predict_log", "m", "serving_default")
    ] * 3
    assert replayed[0].inputs["x"].tolist() == [[SECRET, 2]]
    assert replayed[0].outputs["y"].tolist() == [7]


def test_a_model_may_say_how_it_is_recorded(tmp_path, managed):
    draws = iter([0.5, 0.4])
    manager = managed(Recording(str(tmp_path / "own"), 0.5))
    default = Recording(str(tmp_path / "default"))
    recorder = Recorder(manager, default, counters(), lambda: next(draws))
    for _ in range(2):
        recorder.observe(outcome())
    recorder.stop()
    assert len(recorded(tmp_path / "own.tfrecord")) == 1
    assert not (tmp_path / "default.tfrecord").exists()


def test_nothing_is_recorded_unless_asked_for(tmp_path, managed):
    recorder = Recorder(managed(), None, counters())
    recorder.observe(outcome())
    recorder.stop()
    assert [path.name for path in tmp_path.iterdir()] == ["m"]
