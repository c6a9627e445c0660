"""Rows that come in once, are joined with their labels, and go for good when asked."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from tidefall import monitoring
from tidefall.base import errors
from tidefall.lifecycle.monitoring.manifest import EVENTS
from tidefall.serving.inference import Call, Outcome
from tidefall.serving.operations.event_log import EventLog

DAY = 86_400.0
START = 1_700_000_000.0


@pytest.fixture
def store(tmp_path):
    return monitoring.open_store(tmp_path / "store")


def rows(store, model="m", **options):
    return [row for batch in store.read(model, **options) for row in batch.to_pylist()]


def add(store, ids, start=START, model="m", version=1, **inputs):
    values = inputs or {"x": np.arange(len(ids), dtype=np.float32)}
    outputs = {"y": np.zeros(len(ids))}
    times = start + np.arange(len(ids))
    return store.add_predictions(model, version, values, outputs, ids=ids, times=times)


def log_of(folder, count, **options):
    """What a server logs of requests r0, r1, ..."""
    log = EventLog(folder, **options)
    for n in range(count):
        call = Call("m", headers={"x-request-id": f"r{n}"})
        log.observe(
            Outcome(
                call,
                START + n,
                0.001,
                version=1,
                inputs={"x": np.float32([n]), "name": np.array([b"secret"], object)},
                outputs={"y": np.float32([2 * n])},
            )
        )
    log.stop()
    return log


# --- what comes in --------------------------------------------------------------------------------


def test_rows_come_back_as_they_were(store):
    given = {
        "number": np.float32([1, 2]),
        "whole": np.int64([2**60, -1]),
        "truth": np.array([True, False]),
        "text": np.array([b"a", "\u00e9"], object),
        "image": np.arange(24, dtype=np.uint8).reshape(2, 3, 4),
    }
    add(store, ["a", "b"], **given)
    first, second = rows(store)
    assert (first["id"], first["time"], first["status"]) == ("a", int(START * 1e6), "OK")
    assert [first[f"input.{n}"] for n in ("number", "whole", "truth", "text")] == [
        1.0, 2**60, True, "a",
    ]  # fmt: skip
    assert second["input.text"] == "\u00e9"
    assert second["input.image"] == list(range(12, 24))


def test_windows_and_versions_choose_rows(store):
    add(store, ["a", "b"], version=1)
    add(store, ["c"], START + 3 * DAY, version=2)
    assert store.models() == {"m": [1, 2]}
    assert [r["id"] for r in rows(store, window=monitoring.Window(version=2))] == ["c"]
    window = monitoring.Window(START + 1, START + 2)
    assert [r["id"] for r in rows(store, window=window)] == ["b"]
    assert rows(store, window=monitoring.Window(START + 10, START + 20)) == []
    assert store.span("m").end == pytest.approx(START + 3 * DAY, abs=1e-3)


def test_labels_join_by_id_and_the_latest_counts(store):
    store.add_labels("m", ["b"], [1.0], times=START + 50)  # Before its prediction.
    add(store, ["a", "b", "c"])
    store.add_labels("m", ["a", "b"], [1.0, 0.0], times=START + 100, outcomes={"paid": [5.0, 6.0]})
    store.add_labels("m", ["a"], outcomes={"paid": [7.0]}, times=START + 200)
    found = {r["id"]: r for r in rows(store, labels=True)}
    assert {i: found[i]["label"] for i in "abc"} == {"a": 1.0, "b": 0.0, "c": None}
    assert {i: found[i]["outcome.paid"] for i in "abc"} == {"a": 7.0, "b": 6.0, "c": None}
    assert found["b"]["label_time"] == int((START + 50) * 1e6)


def test_labels_that_nobody_sent_are_null(store):
    add(store, ["a"])
    [row] = rows(store, columns=["id"], labels=True)
    assert row == {"id": "a", "label": None, "label_time": None}


def test_redacted_fields_are_never_on_the_disk(tmp_path):
    folder, log = tmp_path / "store", tmp_path / "log"
    log_of(log, 3, redact=["input.name"])
    assert b"secret" not in b"".join(p.read_bytes() for p in log.iterdir())
    log_of(log, 3)  # A server that was not told: the store does not take it either.
    store = monitoring.open_store(folder, redact=["input.name"])
    store.ingest(log)
    assert len(rows(store)) == 6
    assert all("input.name" not in row for row in rows(store))
    # Who opens it later is bound by it.
    add(monitoring.open_store(folder), ["a"], name=np.array(["secret"]))
    assert all("input.name" not in row for row in rows(store))


# --- what goes ------------------------------------------------------------------------------------


def test_rows_are_deleted_from_everywhere_and_stay_away(tmp_path, store):
    log = tmp_path / "log"
    log_of(log, 4)
    store.ingest(log, keep=True)
    store.add_labels("m", ["r1", "r2"], [1.0, 0.0])
    incident = _incident(store)
    assert {s["id"] for s in incident.samples} >= {"r1"}
    assert store.delete("m", ["r1"]) == 2
    assert [r["id"] for r in rows(store)] == ["r0", "r2", "r3"]
    assert store.count("m", "labels") == 1
    [kept] = store.incidents()
    assert "r1" not in {s["id"] for s in kept.samples}
    on_disk = [p for p in store.folder.rglob("*") if p.suffix in (".parquet", ".html")]
    assert not any(b"r1" in p.read_bytes() for p in on_disk)
    store.manifest.replace([], sources={f"log:{p.resolve()}": 0 for p in log.iterdir()})
    store.ingest(log)  # The whole log once more.
    assert "r1" not in {r["id"] for r in rows(store)}


def _incident(store):
    from tidefall.lifecycle.monitoring.reports import Finding
    from tidefall.lifecycle.monitoring.watch import Rules, open_incident

    finding = Finding("m", 1, "input", "input.x", "", "psi", 1.0, 0.1, is_alert=True)
    window = monitoring.Window(START, START + 100, 1)
    return open_incident(store, Rules("m"), window, [finding], [], START + 100)[0]


def test_deletion_before_a_time(store):
    add(store, ["a", "b", "c"])
    assert store.delete("m", before=START + 1.5) == 2
    assert [r["id"] for r in rows(store)] == ["c"]


def test_retention_and_size_are_kept(store):
    for day in range(4):
        add(store, [f"{day}"], START + day * DAY)
    size = store.size() // 4
    store.configure(retention_days=2.5)
    store.maintain(now=START + 4 * DAY)
    assert [r["id"] for r in rows(store)] == ["2", "3"]
    store.configure(max_bytes=size + size // 2)
    store.maintain(now=START + 4 * DAY)
    assert [r["id"] for r in rows(store)] == ["3"]
    assert len(list(store.folder.rglob("*.parquet"))) == 1


def test_compaction_leaves_the_same_rows_and_those_who_read(store):
    for n in range(10):
        add(store, [f"{n}"], START + n)
    reading = store.read("m", rows=1)
    first = next(reading).to_pylist()
    assert store.compact() == 10
    assert [r["id"] for r in [*first, *(r for b in reading for r in b.to_pylist())]] == [
        str(n) for n in range(10)
    ]
    assert [r["id"] for r in rows(store)] == [str(n) for n in range(10)]
    assert len(store.manifest.parts(EVENTS)) == 1
    store.maintain(now=time.time() + 2 * DAY)
    assert len(list(store.folder.rglob("*.parquet"))) == 1


# --- who is killed --------------------------------------------------------------------------------

_WRITER = """
import sys
import numpy as np
from tidefall import monitoring
store = monitoring.open_store(sys.argv[1])
for n in range(1000):
    ids = [f"{n}-{k}" for k in range(3)]
    store.add_predictions("m", 1, {"x": np.arange(3.0)}, {}, ids=ids, times=1.7e9 + n)
    store.add_labels("m", ids, np.ones(3))
    print(n, flush=True)
"""


@pytest.mark.process
def test_a_writer_that_is_killed_loses_nothing_and_leaves_nothing_twice(tmp_path, store):
    for seconds in (0.05, 0.21, 0.33):
        writer = subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(store.folder)], stdout=subprocess.PIPE, text=True
        )
        told = [writer.stdout.readline()]
        time.sleep(seconds)
        os.kill(writer.pid, signal.SIGKILL)
        told += writer.stdout.read().splitlines()
        writer.stdout.close()
        writer.wait()
        found = [row["id"] for row in rows(store, columns=["id"])]
        done = len([line for line in told if line.strip()])
        # Three runs number their rows alike: each run's rows are told by its count alone.
        assert len(found) % 3 == 0
        assert len(found) in (3 * done, 3 * (done + 1))
        assert store.count("m", "labels") in (len(found), len(found) - 3)
        store.delete("m", before=2e9)
        store.manifest.replace([], [p.path for p in store.manifest.parts("labels")])
        with store.manifest.transaction() as connection:
            connection.execute("DELETE FROM deleted")
        store.maintain()
        assert not list(store.folder.rglob("*.parquet"))


_DIES = """
import os, sys
from tidefall import monitoring
from tidefall.lifecycle.monitoring import ingest, manifest
ingest._COMMIT_ROWS = 40
store = monitoring.open_store(sys.argv[1])
if sys.argv[3] == "before":
    manifest.Manifest.replace = lambda *a, **k: os._exit(9)
elif sys.argv[3] == "after":
    real = manifest.Manifest.replace
    manifest.Manifest.replace = lambda *a, **k: (real(*a, **k), os._exit(9))
store.ingest(sys.argv[2])
"""


@pytest.mark.process
def test_taking_in_a_log_goes_on_where_it_was_killed(tmp_path, store):
    log = tmp_path / "log"
    log_of(log, 100)
    for when, have in (("before", 0), ("after", 100), ("before", 100), ("never", 100)):
        command = [sys.executable, "-c", _DIES, str(store.folder), str(log), when]
        subprocess.run(command, check=False, timeout=60)
        assert store.count("m") == have, when
    assert sorted(r["id"] for r in rows(store)) == sorted(f"r{n}" for n in range(100))
    assert list(log.iterdir()) == []
    store.maintain()
    known = store.manifest.named()
    assert {
        p.relative_to(store.folder).as_posix() for p in store.folder.rglob("*.parquet")
    } == known


def test_a_record_that_is_half_written_waits(tmp_path, store):
    log = tmp_path / "log"
    log_of(log, 5)
    [path] = log.iterdir()
    whole = path.read_bytes()
    path.write_bytes(whole[:-7])
    assert store.ingest(log, keep=True) == 0
    path.write_bytes(whole)
    assert store.ingest(log, keep=True) == 5
    assert store.ingest(log) == 0
    assert not path.exists()


@pytest.mark.parametrize("place", [0, 9, 40, -3])
def test_a_damaged_log_is_put_aside(tmp_path, store, place, caplog):
    log = tmp_path / "log"
    log_of(log, 3)
    [path] = log.iterdir()
    data = bytearray(path.read_bytes())
    data[place] ^= 0xFF
    path.write_bytes(data)
    good = log_of(log, 2)
    assert good.written == 2
    assert store.ingest(log) == 2
    assert [p.suffix for p in log.iterdir()] in ([".damaged"], [])
    assert store.count("m") == 2


def test_a_recording_for_replay_is_no_log(tmp_path, store, caplog):
    from tidefall.io.records.tfrecord import encode_record
    from tidefall.proto.serving import PredictionLog

    log = tmp_path / "log"
    log.mkdir()
    (log / "a.tfrecord").write_bytes(encode_record(PredictionLog().SerializeToString()))
    assert store.ingest(log) == 0
    assert "recording for replay" in caplog.text


# --- what is given wrongly ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda s: s.add_predictions("m", 1, {}, {}), "no rows"),
        (lambda s: s.add_predictions("", 1, {"x": np.ones(1)}, {}), "needs a name"),
        (
            lambda s: s.add_predictions("m", 1, {"x": np.ones(2)}, {"y": np.ones(3)}),
            r"shape \(3,\)",
        ),
        (lambda s: s.add_predictions("m", 1, {"x": np.ones(1)}, {}, times=np.inf), "finite"),
        (lambda s: s.add_predictions("m", 1, {"x": np.ones(1)}, {}, times=[1, 2]), "times have"),
        (lambda s: s.add_predictions("m", 1, {"x": np.ones(1, complex)}, {}), "complex128"),
        (lambda s: s.add_labels("m", ["a"]), "labels or outcomes"),
        (lambda s: s.add_labels("m", ["a"], [1.0, 2.0]), r"shape \[2\]"),
        (lambda s: s.add_labels("m", ["a"], [1j]), "complex128"),
        (lambda s: s.add_labels("m", ["a"], outcomes={"x": ["b"]}), "expected numbers"),
        (lambda s: s.configure(redact=["name"]), "input.NAME"),
        (lambda s: s.configure(retention_days=-1), "0 or more"),
        (lambda s: s.delete("m"), "give ids"),
        (lambda s: s.silence("m", 5.0, begin=6.0), "end after it begins"),
        (lambda s: list(s.read("m", columns=["input.z"])), "no column 'input.z'"),
        (lambda s: list(s.read("m", monitoring.Window(2.0, 1.0))), "begin before it ends"),
        (lambda s: list(s.read("m", monitoring.Window(float("nan"), 1.0))), "finite"),
    ],
)
def test_what_makes_no_sense_is_refused(store, call, message):
    add(store, ["a"])
    before = store.manifest.named()
    with pytest.raises(errors.InvalidArgumentError, match=message):
        call(store)
    assert store.manifest.named() == before


@pytest.mark.parametrize(
    "call, kind, message",
    [
        (lambda s: list(s.read("other")), errors.NotFoundError, "the store has m"),
        (lambda s: s.span("m", 7), errors.NotFoundError, "version 7"),
        (lambda s: s.ingest("nowhere"), errors.NotFoundError, "no log"),
        (
            lambda s: monitoring.open_store(s.folder / "x", must_exist=True),
            errors.NotFoundError,
            "no monitoring store",
        ),
    ],
)
def test_what_is_not_there_is_named(store, call, kind, message):
    add(store, ["a"])
    with pytest.raises(kind, match=message):
        call(store)


def test_a_damaged_file_is_named(store):
    add(store, ["a"])
    [part] = store.manifest.parts(EVENTS)
    (store.folder / part.path).write_bytes(b"PAR1 nothing PAR1")
    with pytest.raises(errors.DataLossError, match=part.path):
        rows(store)


def test_a_folder_that_holds_something_else(tmp_path):
    (tmp_path / "manifest.db").write_bytes(b"no database" * 100)
    with pytest.raises(errors.DataLossError, match=r"manifest\.db"):
        monitoring.open_store(tmp_path)


def test_names_of_models_stay_inside_the_store(store):
    add(store, ["a"], model="../../evil/..")
    assert [r["id"] for r in rows(store, "../../evil/..")] == ["a"]
    [path] = store.folder.rglob("*.parquet")
    assert path.resolve().is_relative_to(store.folder.resolve())


# --- labels in files ------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_a_file_of_labels_counts_once(tmp_path, store, suffix):
    import pyarrow as pa
    import pyarrow.parquet as pq

    add(store, ["a", "b"])
    path = tmp_path / f"labels{suffix}"
    if suffix == ".csv":
        path.write_text("key,truth,paid\na,1,2.5\nb,0,3\n")
    elif suffix == ".jsonl":
        found = [{"key": "a", "truth": 1, "paid": 2.5}, {"key": "b", "truth": 0, "paid": 3}]
        path.write_text("".join(json.dumps(each) + "\n" for each in found))
    else:
        pq.write_table(pa.table({"key": ["a", "b"], "truth": [1, 0], "paid": [2.5, 3.0]}), path)
    names = {"id_column": "key", "label_column": "truth", "outcomes": ["paid"]}
    assert monitoring.add_label_file(store, "m", path, **names) == 2
    assert monitoring.add_label_file(store, "m", path, **names) == 0
    found = {r["id"]: (r["label"], r["outcome.paid"]) for r in rows(store, labels=True)}
    assert found == {"a": (1.0, 2.5), "b": (0.0, 3.0)}


@pytest.mark.parametrize(
    "name, text, message",
    [
        ("a.csv", "id,other\na,1\n", "no column 'label'"),
        ("a.csv", 'id,label\n,1\n"""', "csv"),
        ("a.jsonl", "{", "jsonl"),
        ("a.parquet", "no", "parquet"),
        ("a.txt", "", "labels come in"),
        ("a.jsonl", '{"id": null, "label": 1}\n', "no id"),
        ("a.jsonl", '{"id": "a", "label": [1]}\n', "holds list"),
    ],
)
def test_bad_files_of_labels_add_nothing(tmp_path, store, name, text, message):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(errors.InvalidArgumentError, match=message):
        monitoring.add_label_file(store, "m", path)
    assert store.count("m", "labels") == 0
