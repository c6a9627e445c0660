"""The log for monitoring: rows of many requests in one record, within bounds."""

import os

import numpy as np
import pytest

from tidefall.base import errors
from tidefall.io.records.tfrecord import read_records
from tidefall.proto.serving import PredictionLog
from tidefall.proto.tensors import tensor_proto_to_array
from tidefall.serving.inference import Call, Outcome
from tidefall.serving.operations.event_log import EventLog, open_event_log


def outcome(name="r", inputs=None, outputs=None, version=1, error=None):
    headers = {"x-request-id": name} if name else {}
    inputs = {"x": np.float32([[1, 2], [3, 4]])} if inputs is None else inputs
    outputs = {"y": np.int64([5, 6])} if outputs is None else outputs
    return Outcome(
        Call("m", headers=headers), 1.5e9, 0.25, version=version, inputs=inputs,
        outputs=None if error else outputs, error=error,
    )  # fmt: skip


def logs(folder):
    found = []
    for path in sorted(folder.iterdir()):
        for record in read_records(path):
            log = PredictionLog.FromString(record).predict_log
            inputs = {n: tensor_proto_to_array(t) for n, t in log.request.inputs.items()}
            outputs = {n: tensor_proto_to_array(t) for n, t in log.response.outputs.items()}
            found.append((inputs, outputs))
    return found


def test_requests_share_a_record(tmp_path):
    log = EventLog(tmp_path)
    for n in range(50):
        log.observe(outcome(f"r{n}"))
    log.stop()
    assert (log.written, log.dropped) == (50, 0)
    found = logs(tmp_path)
    assert len(found) <= 2
    assert sum(len(inputs["x"]) for inputs, _ in found) == 100
    inputs, outputs = found[0]
    assert inputs["x"][:2].tolist() == [[1, 2], [3, 4]]
    assert outputs["event/id"][:3].tolist() == [b"r0/0", b"r0/1", b"r1/0"]
    assert outputs["event/status"].tolist() == [b"OK"]


@pytest.mark.parametrize(
    "inputs, outputs, ids",
    [
        ({"x": np.ones(2)}, {"y": np.ones(2)}, [b"r/0", b"r/1"]),
        ({"x": np.ones(1)}, {"y": np.ones(1)}, [b"r"]),
        ({"x": np.float64(1)}, {"y": np.ones(3)}, [b"r"]),
        ({"x": np.ones(2)}, {"y": np.ones(3)}, [b"r"]),
        ({"key": np.array([b"a", "b"], object)}, {"y": np.ones(2)}, [b"a", b"b"]),
    ],
)
def test_rows_and_their_names(tmp_path, inputs, outputs, ids):
    log = EventLog(tmp_path, id_input="key")
    log.observe(outcome("r", inputs, outputs))
    log.stop()
    [(_, found)] = logs(tmp_path)
    assert found["event/id"].tolist() == ids


def test_failures_leave_their_status_and_strangers_nothing(tmp_path):
    log = EventLog(tmp_path)
    log.observe(outcome(error=errors.InvalidArgumentError(None, None, "secret")))
    log.observe(outcome(version=None, error=errors.NotFoundError(None, None, "no such model")))
    log.stop()
    [(inputs, outputs)] = logs(tmp_path)
    assert inputs == {} and outputs["event/status"].tolist() == [b"INVALID_ARGUMENT"]
    assert b"secret" not in b"".join(p.read_bytes() for p in tmp_path.iterdir())


def test_all_servers_choose_the_same_requests(tmp_path):
    names = [f"r{n}" for n in range(400)]
    chosen = []
    for server in ("a", "b"):
        log = EventLog(tmp_path / server, rate=0.25)
        for name in names:
            log.observe(outcome(name, {"x": np.ones(1)}, {"y": np.ones(1)}))
        log.stop()
        chosen.append({i for _, o in logs(tmp_path / server) for i in o["event/id"].tolist()})
    assert chosen[0] == chosen[1]
    assert 60 < len(chosen[0]) < 140
    none = EventLog(tmp_path / "none", rate=0.25, draw=lambda: 0.5)
    none.observe(outcome(""))
    none.stop()
    assert none.written == 0


def test_a_full_folder_drops_what_is_new_and_says_so(tmp_path, caplog):
    log = EventLog(tmp_path, max_bytes=4000)
    log.observe(outcome("first"))
    log.stop()
    log = EventLog(tmp_path, max_bytes=4000)
    for n in range(3):
        log.observe(outcome(f"r{n}", {"x": np.zeros((1, 500))}, {"y": np.ones(1)}))
    log.stop()
    assert (log.written, log.dropped) == (0, 3)
    assert "monitor ingest" in caplog.text
    assert sum(p.stat().st_size for p in tmp_path.iterdir()) <= 4000
    assert logs(tmp_path)[0][1]["event/id"].tolist()[0] == b"first/0"


def test_what_comes_too_fast_is_counted(tmp_path):
    log = EventLog(tmp_path)
    big = np.zeros((1, 40_000_000 // 8))
    for _ in range(3):
        log.observe(outcome("r", {"x": big}, {"y": np.ones(1)}))
    log.stop()
    assert log.written + log.dropped == 3
    assert log.dropped >= 1


def test_settings_that_make_no_sense(tmp_path):
    with pytest.raises(errors.InvalidArgumentError, match=r"input\.NAME"):
        EventLog(tmp_path, redact=["name"])
    (tmp_path / "file").write_text("")
    with pytest.raises(errors.InvalidArgumentError, match="monitoring_log"):
        open_event_log(os.fspath(tmp_path / "file" / "log"), 1.0, (), "", 1000)
