"""Each row is scored once: whole, after kills, with more files, in files and in databases."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import tidefall as tf
from tidefall import data_validation as tfdv
from tidefall.lifecycle.scoring.cli import main
from tidefall.proto import metadata
from tidefall.scoring import score

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")
ROWS, GROUP = 1000, 100
GENUINE = Path(__file__).resolve().parents[4] / "shared" / "interop_genuine"


@tf.function(
    input_signature=[
        tf.TensorSpec([None], tf.float32, name="x"), tf.TensorSpec([None, 1], tf.int64, name="n"),
    ]
)  # fmt: skip
def by_columns(x, n):
    n = tf.cast(n, tf.float32)
    return {"sum": x[:, None] + n, "both": tf.concat([x[:, None], n], 1)}


@tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
def by_examples(examples):
    spec = {"fare": tf.io.FixedLenFeature([], tf.float32, -1.0)}
    return {"double": 2 * tf.io.parse_example(examples, spec)["fare"]}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = str(tmp_path_factory.mktemp("model"))
    signatures = {"serving_default": by_columns, "examples": by_examples}
    tf.saved_model.save(tf.Module(), folder, signatures)
    return folder


def table(rows=ROWS, first=0):
    ids = np.arange(first, first + rows)
    return pa.table({"id": ids, "x": (ids / 8).astype("float32"), "n": ids % 7})


@pytest.fixture
def rows(tmp_path):
    path = tmp_path / "rows.parquet"
    pq.write_table(table(), path, row_group_size=GROUP)
    return path


def expected(ids):
    return ids / 8 + ids % 7


def check(found, rows=ROWS):
    ids = np.sort(found["id"].to_numpy())
    np.testing.assert_array_equal(ids, np.arange(rows))
    np.testing.assert_array_equal(found["sum"].to_numpy(), expected(found["id"].to_numpy()))


def test_every_row_of_every_row_group(model, rows, tmp_path):
    found = score(model, rows, tmp_path / "out", batch_size=64)
    assert found[:4] == (ROWS, 0, ROWS // GROUP, 0)
    scores = pq.read_table(tmp_path / "out")
    assert scores.column_names == ["id", "x", "n", "both", "sum"]
    check(scores)
    assert scores["both"][3].as_py() == [scores["x"][3].as_py(), scores["n"][3].as_py()]
    done = json.loads((tmp_path / "out" / "_SUCCESS").read_text())
    assert done == {"rows": ROWS, "refused": 0, "parts": ROWS // GROUP}


@pytest.mark.parametrize("kind", ["csv", "tfrecord", "sql", "examples"])
def test_other_inputs(model, rows, tmp_path, kind):
    signature, keep = "serving_default", ["id"]
    if kind == "csv":
        data = tmp_path / "rows.csv"
        from pyarrow import csv

        csv.write_csv(table(), data)
    elif kind == "sql":
        pytest.importorskip("duckdb")
        data = f"sql:SELECT * FROM '{rows}' WHERE id < 500 ORDER BY id"
    else:
        score(model, rows, tmp_path / "records", output_format="tfrecord", keep=["id", "x", "n"])
        data = str(tmp_path / "records" / "*.gz")
    if kind == "examples":
        signature = "examples"
    found = score(model, data, tmp_path / "out", signature=signature, keep=keep, data_format=""
                  if kind != "examples" else "tfrecord")  # fmt: skip
    assert found.rows == (500 if kind == "sql" else ROWS)
    scores = pq.read_table(tmp_path / "out")
    if kind == "examples":
        assert scores["double"].to_pylist() == [-2.0] * ROWS  # there is no fare in them
    else:
        check(scores, found.rows)


def test_genuine_records(model, tmp_path):
    records = GENUINE / "taxi_records"
    if not records.is_dir():
        pytest.skip(f"{records} is not there")
    files = [str(each) for each in sorted(records.glob("*.gz"))]
    raw = [each.numpy() for each in tf.data.TFRecordDataset(files, "GZIP")]
    spec = {"fare": tf.io.FixedLenFeature([], tf.float32)}
    fares = tf.io.parse_example(raw, spec)["fare"].numpy()
    found = score(model, files, tmp_path / "out", signature="examples", keep=["fare"])
    assert found.rows == len(raw)
    scores = pq.read_table(tmp_path / "out")
    np.testing.assert_array_equal(scores["double"], 2 * fares)


PROGRAM = """
import sys, time
from tidefall.lifecycle.scoring import folders, job, model
answers = model.ScoringModel.answers
def slow(self, batch, place):
    time.sleep(0.02)
    return answers(self, batch, place)
model.ScoringModel.answers = slow
print("ready", flush=True)
job.score(sys.argv[1], sys.argv[2], sys.argv[3], batch_size=50)
"""


@pytest.mark.process
@pytest.mark.parametrize("to", ["folder", "sqlite"])
def test_a_killed_job_goes_on(model, rows, tmp_path, to):
    out = str(tmp_path / "out")
    target = out if to == "folder" else f"sqlite:///{out}"
    random = np.random.default_rng(5)
    kills = 0
    while True:
        with subprocess.Popen(
            [sys.executable, "-c", PROGRAM, model, str(rows), target], stdout=subprocess.PIPE
        ) as job:
            assert job.stdout.readline() == b"ready\n"
            wait = float(random.uniform(0.05, 0.6))
            try:
                job.wait(30 if kills == 4 else wait)
            except subprocess.TimeoutExpired:
                os.kill(job.pid, signal.SIGKILL)
                kills += 1
                continue
        assert job.returncode == 0
        break
    found = score(model, rows, target)
    assert (found.rows, found.parts, found.kept) == (ROWS, ROWS // GROUP, ROWS // GROUP)
    if to == "folder":
        check(pq.read_table(out))
        assert not [name for name in os.listdir(Path(out) / "_parts") if name.endswith(".tmp")]
        return
    with sqlite3.connect(out) as database:
        sums = database.execute("SELECT id, sum FROM predictions ORDER BY id").fetchall()
    assert sums == [(i, expected(i)) for i in range(ROWS)]


def test_files_that_come_go_and_change(model, tmp_path):
    data, out = tmp_path / "data", tmp_path / "out"
    data.mkdir()
    for number in range(3):
        pq.write_table(table(10, 10 * number), data / f"{number}.parquet")
    assert score(model, data, out)[:4] == (30, 0, 3, 0)
    times = {each.name: each.stat().st_mtime_ns for each in out.glob("part-*")}
    pq.write_table(table(10, 30), data / "3.parquet")
    assert score(model, data, out)[:4] == (40, 0, 4, 3)
    assert all((out / name).stat().st_mtime_ns == value for name, value in times.items())
    (data / "1.parquet").unlink()
    time.sleep(0.01)
    pq.write_table(table(20, 40), data / "2.parquet")
    assert score(model, data, out)[:4] == (40, 0, 3, 2)
    ids = sorted(pq.read_table(out)["id"].to_pylist())
    assert ids == [*range(10), *range(30, 60)]


def test_rows_that_break_the_schema_are_put_aside(model, rows, tmp_path):
    guarded = shutil.copytree(model, tmp_path / "guarded")
    schema = metadata.Schema()
    feature = schema.feature.add(name="n", type=metadata.FeatureType.INT)
    feature.int_domain.max = 5
    label = schema.feature.add(name="label", type=metadata.FeatureType.INT)
    label.presence.min_fraction = 1.0
    label.not_in_environment.append("SERVING")
    tfdv.attach_schema(schema, guarded)
    bad = sum(i % 7 > 5 for i in range(ROWS))
    assert score(guarded, rows, tmp_path / "out")[:2] == (ROWS - bad, bad)
    refused = [
        row
        for path in (tmp_path / "out" / "_refused").iterdir()
        for row in tfdv.read_quarantine(path)
    ]
    scored = pq.read_table(tmp_path / "out")["id"].to_pylist()
    assert len(refused) == bad and len(scored) == ROWS - bad
    assert score(guarded, rows, tmp_path / "all", check_schema=False).rows == ROWS
    with pytest.raises(tf.errors.InvalidArgumentError, match="quarantine"):
        score(guarded, rows, f"sqlite:///{tmp_path}/s.db")


def test_a_table_of_postgresql(model, rows, postgresql_url):
    import psycopg

    assert score(model, rows, postgresql_url, table="lists").rows == ROWS
    found = score(model, rows, postgresql_url, signature="examples", keep=["id"], table="scores")
    assert found.rows == ROWS
    again = score(model, rows, postgresql_url, signature="examples", keep=["id"], table="scores")
    assert again.kept == again.parts
    with psycopg.connect(postgresql_url) as connection:
        lists = connection.execute('SELECT "both" FROM lists WHERE id = 8').fetchall()
        read = connection.execute("SELECT id, double FROM scores ORDER BY id").fetchall()
    assert [json.loads(row[0]) for row in lists] == [[1.0, 1.0]]
    assert read == [(i, -2.0) for i in range(ROWS)]


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ({"signature": "absent"}, tf.errors.InvalidArgumentError, "no signature 'absent'"),
        ({"keep": ["absent"]}, tf.errors.InvalidArgumentError, "'absent' is to be kept"),
        ({"data": "nowhere.parquet"}, tf.errors.NotFoundError, "nowhere"),
        ({"model": "nowhere"}, OSError, "nowhere"),
        ({"output_format": "xml"}, tf.errors.InvalidArgumentError, "xml"),
        ({"output_format": "csv"}, tf.errors.InvalidArgumentError, "no lists.*both"),
        ({"output": "oracle://host/db"}, tf.errors.InvalidArgumentError, "oracle"),
        ({"on": "moon"}, tf.errors.InvalidArgumentError, "moon"),
        ({"batch_size": 0}, tf.errors.InvalidArgumentError, "batch_size"),
    ],
)
def test_what_cannot_be_done(model, rows, tmp_path, change, error, text):
    arguments = {"model": model, "data": rows, "output": tmp_path / "out"} | change
    with pytest.raises(error, match=text):
        score(**arguments)
    assert not list((tmp_path / "out").glob("part-*"))


def test_columns_that_do_not_fit(model, tmp_path):
    for columns, text in (
        ({"x": ["a", "b"], "n": [1, 2]}, "column 'x' is no float32"),
        ({"x": [1.0, None], "n": [1, 2]}, "'x' has 0 values in row 1"),
        ({"n": [1, 2]}, r"columns \['x'\] are not there"),
    ):
        pq.write_table(pa.table(columns), tmp_path / "rows.parquet")
        with pytest.raises(tf.errors.InvalidArgumentError, match=text):
            score(model, tmp_path / "rows.parquet", tmp_path / "out")
        shutil.rmtree(tmp_path / "out")


def test_outputs_of_another_model_stay(model, rows, tmp_path):
    score(model, rows, tmp_path / "out")
    with pytest.raises(tf.errors.FailedPreconditionError, match="signature differ"):
        score(model, rows, tmp_path / "out", signature="examples")
    with pytest.raises(tf.errors.FailedPreconditionError, match="none of them are scores"):
        score(model, rows, tmp_path)
    with pytest.raises(tf.errors.InvalidArgumentError, match="twice"):
        score(model, [rows, rows], tmp_path / "twice")
    check(pq.read_table(tmp_path / "out"))


def test_a_damaged_file_leaves_what_was_scored(model, rows, tmp_path):
    content = bytearray(rows.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 200] = bytes(200)
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(content)
    with pytest.raises(tf.errors.OpError):
        score(model, broken, tmp_path / "out", threads=1)
    assert not (tmp_path / "out" / "_SUCCESS").exists()
    for part in (tmp_path / "out").glob("part-*"):
        assert pq.read_table(part).num_rows == GROUP


@pytest.mark.process
def test_files_are_followed_until_interrupted(model, tmp_path):
    data, out = tmp_path / "data", tmp_path / "out"
    data.mkdir()
    arguments = [model, str(data), str(out), "--follow", "0.05", "--json"]
    command = [sys.executable, "-m", "tidefall", "score", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as job:
        seen = []
        for number in range(3):
            pq.write_table(table(10, 10 * number), data / f".{number}.tmp")
            (data / f".{number}.tmp").rename(data / f"{number}.parquet")
            seen.append(json.loads(job.stdout.readline()))
        job.send_signal(signal.SIGINT)
        job.wait(30)
    assert [(each["rows"], each["kept"]) for each in seen] == [(10, 0), (20, 1), (30, 2)]
    check(pq.read_table(out), 30)


def test_the_command(model, rows, tmp_path, capsys):
    arguments = [model, str(rows), str(tmp_path / "out"), "--keep", "id"]
    assert main(arguments) == 0
    assert f"{ROWS:,} rows in 10 parts: " in capsys.readouterr().out
    assert main([*arguments, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["rows"], found["kept"]) == (ROWS, 10)
