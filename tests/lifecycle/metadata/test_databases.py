"""The same store over SQLite and PostgreSQL; what goes wrong with databases."""

import math
import sqlite3
import sys

import pytest

from tidefall.base import errors
from tidefall.lifecycle.metadata import ArtifactSpec, Database, MetadataStore, publish
from tidefall.lifecycle.metadata.dialects import dialect_for
from tidefall.lifecycle.registry import Registry
from tidefall.lifecycle.track.records import Metric, Records
from tidefall.lifecycle.track.search import search_runs
from tidefall.proto import mlmd


def test_the_store_is_the_same_everywhere(database_url):
    with MetadataStore(database_url) as store:
        properties = {"n": -(2**40), "x": 0.1, "s": "größe %s ?", "b": False, "d": {"a": [1]}}
        data = ArtifactSpec("Examples", "/data", properties, name="census")
        made = publish(store, "Gen", outputs={"examples": [data]}, contexts=[("run", "1")])
        with pytest.raises(errors.AlreadyExistsError):
            publish(store, "Gen", outputs={"examples": [data]})
        read = publish(store, "Train", inputs={"examples": made.outputs["examples"]})
        assert len(store.get_executions()) == 2
    with MetadataStore(database_url) as store:
        found = store.get_artifact_by_type_and_name("Examples", "census")
        assert found.custom_properties["n"].int_value == -(2**40)
        assert found.custom_properties["x"].double_value == 0.1
        assert found.custom_properties["s"].string_value == "größe %s ?"
        assert found.custom_properties["b"].WhichOneof("value") == "bool_value"
        assert found.custom_properties["d"].struct_value["a"][0] == 1
        events = store.get_events_by_artifact_ids([found.id])
        assert [(e.execution_id, e.type) for e in events] == [
            (made.execution, 4),
            (read.execution, 3),
        ]
        assert [(s.key, s.index) for s in events[0].path.steps] == [("examples", 0), ("", 0)]
        base = mlmd.ArtifactType(name="D", base_type=mlmd.ArtifactType.DATASET)
        store.put_artifact_type(base)
        assert store.get_artifact_type("D").base_type == mlmd.ArtifactType.DATASET


def test_runs_are_the_same_everywhere(database_url):
    with Database(database_url) as database:
        records = Records(database)
        runs = [records.create_run(records.default, params={"p": str(n)}) for n in range(4)]
        for n, run in enumerate(runs):
            values = [Metric("loss", n - s / 10, s, 1000 + s) for s in (1, 0, 2)]
            records.log(run.id, values, tags={"t": "ab"[n % 2]})
        odd = {"nan": math.nan, "inf": math.inf, "low": -math.inf, "large": 1.7e308}
        records.log(runs[0].id, [Metric(name, value) for name, value in odd.items()])
        found = records.run(runs[0].id)
        assert math.isnan(found.metrics["nan"].value)
        assert [found.metrics[name].value for name in ("inf", "low", "large")] == [*odd.values()][
            1:
        ]
        assert found.metrics["loss"] == Metric("loss", -0.2, 2, 1002)
        assert [m.step for m in records.history(runs[1].id, "loss")] == [0, 1, 2]

        def search(text, order=()):
            keys = search_runs(records, [records.default], text, order)
            return [run.params["p"] for run in records.runs(keys)]

        assert search("metrics.loss > 0.5 and tags.t = 'b'") == ["3", "1"]
        assert search("", ["metrics.loss ASC"]) == ["0", "1", "2", "3"]
        assert search("params.p IN ('1', '2')", ["params.p DESC"]) == ["2", "1"]
        records.change_run(runs[3].id, status="FINISHED", end=5000, is_deleted=True)
        assert search("status = 'RUNNING'") == ["2", "1", "0"]
        assert search("end_time > 1") == []


def test_models_are_the_same_everywhere(database_url, tmp_path, small_model):
    with Registry(tmp_path / "store", database=database_url) as registry:
        assert registry.register("half", small_model).number == 1
        assert registry.register("half", small_model).number == 2
        registry.transition("half", 2, "Production")
        registry.set_alias("half", "champion", 1)
        assert registry.version("half", "champion").number == 1
        assert registry.version("half", "Production").number == 2
        assert registry.verify() == []


@pytest.mark.parametrize(
    ("url", "error", "words"),
    [
        ("oracle://host/db", errors.InvalidArgumentError, "postgresql:// or mysql://"),
        ("/dev/null/x/metadata.db", errors.NotFoundError, "unable to open"),
        ("postgresql://u:secret@127.0.0.1:1/db", errors.UnavailableError, "u@127.0.0.1:1/db"),
        ("mysql://u:secret@127.0.0.1:1/db", errors.UnavailableError, "u@127.0.0.1:1/db"),
    ],
)
def test_databases_that_are_not_there(url, error, words):
    with pytest.raises(error, match=words) as caught:
        Database(url)
    assert "secret" not in str(caught.value)


def test_a_driver_that_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(errors.FailedPreconditionError, match=r"pip install 'tidefall\[metadata\]'"):
        Database("postgresql://localhost/db")


def test_other_files_are_refused_and_stay(tmp_path):
    path = tmp_path / "metadata.db"
    path.write_bytes(b"not a database, but long enough to be looked at" * 30)
    with pytest.raises(errors.DataLossError, match="not a database"):
        Database(path)
    assert path.read_bytes().startswith(b"not a database")
    other = tmp_path / "other.db"
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE Artifact (id INTEGER)")
    connection.commit()
    connection.close()
    with pytest.raises(errors.FailedPreconditionError, match="no MLMDEnv"):
        Database(other)


@pytest.mark.parametrize("url", ["x.db", "sqlite:///x.db", "postgresql://h/d", "mysql://h/d"])
def test_upserts_change_what_is_not_a_key(url):
    sql = dialect_for(url).upsert("T", ("a", "b"), ("a",))
    assert sql.startswith("INSERT INTO T (a, b) VALUES (?, ?) ON") and sql.count("b") == 3


def test_a_closed_store_says_so(tmp_path):
    store = MetadataStore(tmp_path / "metadata.db")
    store.close()
    with pytest.raises(errors.FailedPreconditionError, match="is closed"):
        store.get_artifacts()
