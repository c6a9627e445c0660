"""Recorded requests, run on another version."""

import numpy as np
import pytest

from tidefall.base import errors
from tidefall.io.records.tfrecord import encode_record
from tidefall.proto.serving import PredictionLog
from tidefall.proto.tensors import make_tensor_proto
from tidefall.serving.rollout.replay import Replays


def predict_log(x, y=None, model="half", signature=""):
    log = PredictionLog()
    request = log.predict_log.request
    request.model_spec.name, request.model_spec.signature_name = model, signature
    request.inputs["x"].CopyFrom(make_tensor_proto(np.float32(x)))
    if y is not None:
        log.predict_log.response.outputs["y"].CopyFrom(make_tensor_proto(np.float32(y)))
    return log


@pytest.fixture
def record(tmp_path):
    def write(*logs, name="day.tfrecord"):
        (tmp_path / name).write_bytes(
            b"".join(encode_record(log.SerializeToString()) for log in logs)
        )

    return write


@pytest.fixture
def replays(server, tmp_path):
    replays = Replays(server.manager, server.audit, tmp_path)
    yield replays
    replays.stop()


def run(replays, **document):
    replays.start("half", {"recording": "day.tfrecord", **document}, "ann")
    replays.join()
    return replays.get("half").as_json()


def test_answers_are_compared_with_those_recorded(replays, record, server):
    record(predict_log([2], [2]), predict_log([4, 6], [4, 5]))
    found = run(replays, version=1)
    assert (found["status"], found["requests"], found["equal"]) == ("done", 2, 1)
    difference = {"output": "y", "reason": "values", "values": 2, "share": 1.0, "largest": 1.0}
    assert found["examples"] == [{"request": 2, "differences": [difference]}]
    assert set(found["latency_ms"]) == {"p50", "p90", "p99"}
    assert server.audit.entries()[0]["action"] == "replay"


def test_answers_are_compared_with_another_version(replays, record):
    record(predict_log([2]), predict_log([4], [0]))
    found = run(replays, version=2, against=1)
    assert (found["requests"], found["equal"]) == (2, 0)
    assert found["outputs"]["y"]["largest"] == 1.0


def test_what_is_not_compared_is_counted_by_reason(replays, record):
    classify = PredictionLog()
    classify.classify_log.request.model_spec.name = "half"
    classify.log_metadata.model_spec.name = "half"
    record(predict_log([2]), predict_log([2], [3], model="other"), classify)
    assert run(replays, version=1)["skipped"] == {
        "recorded without an answer": 1,
        "of another model": 1,
        "classify_log cannot be replayed": 1,
    }


def test_failures_of_the_version_are_counted(replays, record):
    record(predict_log([2], [3], signature="failing"), predict_log([2], [3], signature="no"))
    found = run(replays, version=1)
    assert (found["requests"], found["errors"]) == (2, 2)
    assert "the model is out of order" in found["examples"][0]["error"]


def test_a_limit(replays, record):
    record(*[predict_log([2], [3])] * 5)
    assert run(replays, version=1, limit=2)["requests"] == 2


def test_a_damaged_recording(replays, record, tmp_path):
    record(predict_log([2], [3]))
    path = tmp_path / "day.tfrecord"
    path.write_bytes(path.read_bytes() + b"\x01\x02")
    found = run(replays, version=1)
    assert (found["status"], found["requests"]) == ("failed", 1)
    assert found["error"].startswith("DATA_LOSS: ")
    path.write_bytes(encode_record(b"\xff\xff"))
    assert "record 0 is no PredictionLog" in run(replays, version=1)["error"]


@pytest.mark.parametrize(
    ("document", "kind", "message"),
    [
        ([], errors.InvalidArgumentError, "a replay is an object with against, limit"),
        ({"file": "a"}, errors.InvalidArgumentError, "a replay is an object"),
        ({"recording": 5, "version": 1}, errors.InvalidArgumentError, "recording: expected"),
        ({"recording": "a"}, errors.InvalidArgumentError, "version: expected a whole number"),
        ({"recording": "a", "version": True}, errors.InvalidArgumentError, "version: expected"),
        ({"recording": "a", "version": 1, "limit": -1}, errors.InvalidArgumentError, "limit: "),
        ({"recording": "../a", "version": 1}, errors.InvalidArgumentError, "without a folder"),
        ({"recording": "..", "version": 1}, errors.InvalidArgumentError, "without a folder"),
        ({"recording": "none", "version": 1}, errors.NotFoundError, "no recording 'none'"),
        ({"recording": "day.tfrecord", "version": 9}, errors.NotFoundError, "half, 9"),
    ],
)
def test_what_cannot_be_replayed(replays, record, document, kind, message):
    record(predict_log([2], [3]))
    with pytest.raises(kind, match=message):
        replays.start("half", document, "ann")
    with pytest.raises(errors.NotFoundError, match="no requests were replayed"):
        replays.get("half")


def test_one_at_a_time(server, replays, record):
    gate = server.block(1)
    record(predict_log([2], [2]))
    document = {"recording": "day.tfrecord", "version": 1}
    replays.start("half", document, "ann")
    with pytest.raises(errors.FailedPreconditionError, match="running already"):
        replays.start("half", document, "ann")
    gate.set()
    replays.join()
    assert replays.start("half", document, "ann").version == 1


def test_without_a_folder_there_are_no_recordings(server):
    with pytest.raises(errors.FailedPreconditionError, match="without a folder of recordings"):
        Replays(server.manager, server.audit, None).start(
            "half", {"recording": "day.tfrecord", "version": 1}, "ann"
        )
