"""The store answers as ML Metadata does, reads its files, and writes what it reads."""

import math
import os
import sqlite3
import subprocess
from pathlib import Path

import pytest

from tidefall.base import errors
from tidefall.lifecycle.metadata import ArtifactSpec, ListOptions, MetadataStore, publish
from tidefall.lifecycle.metadata.listing import OrderByField
from tidefall.proto import mlmd

GENUINE = Path(__file__).with_name("mlmd_1_17.sql")


@pytest.fixture
def store(tmp_path):
    with MetadataStore(tmp_path / "metadata.db") as opened:
        yield opened


@pytest.fixture
def types(store):
    """The ids of a type of each kind."""
    properties = {"a": mlmd.PropertyType.INT, "b": mlmd.PropertyType.STRING}
    return (
        store.put_artifact_type(mlmd.ArtifactType(name="A", properties=properties)),
        store.put_execution_type(mlmd.ExecutionType(name="E")),
        store.put_context_type(mlmd.ContextType(name="C")),
    )


def _genuine(path):
    connection = sqlite3.connect(path)
    connection.executescript(GENUINE.read_text())
    connection.close()
    return path


def _layout(path):
    """Columns and indices of each table, without the project's own."""
    connection = sqlite3.connect(path)
    found = {}
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    for (table,) in tables:
        indices = []
        for _, name, unique, _, partial in connection.execute(f"PRAGMA index_list({table})"):
            columns = [row[2] for row in connection.execute(f"PRAGMA index_info({name})")]
            shown = "" if name.startswith("sqlite_autoindex") else name
            if not name.startswith("idx_tidefall"):
                indices.append((shown, unique, partial, columns))
        found[table] = (
            connection.execute(f"PRAGMA table_info({table})").fetchall(),
            sorted(indices),
        )
    connection.close()
    return {name: table for name, table in found.items() if not name.startswith("Tidefall")}


def test_schema_is_ml_metadatas(store, tmp_path):
    genuine = _genuine(tmp_path / "genuine.db")
    assert _layout(tmp_path / "metadata.db") == _layout(genuine)
    names = [(t.id, t.name) for t in [*store.get_artifact_types(), *store.get_execution_types()]]
    connection = sqlite3.connect(genuine)
    assert names == connection.execute("SELECT id, name FROM Type WHERE id < 10").fetchall()
    connection.close()


def test_genuine_file_is_read(tmp_path):
    with MetadataStore(_genuine(tmp_path / "genuine.db")) as store:
        (data,) = store.get_artifacts_by_external_ids(["ext-1"])
        assert (data.type, data.name, data.uri) == ("Examples", "census", "/data/1")
        assert data.state == mlmd.Artifact.LIVE
        read = data.properties
        assert read["n"].int_value == -(2**40)
        assert read["x"].double_value == 0.1
        assert read["s"].string_value == "größe"
        assert read["b"].WhichOneof("value") == "bool_value" and not read["b"].bool_value
        assert read["d"].struct_value["a"][1] == "b"
        link = mlmd.ParentContext()
        assert read["m"].proto_value.Unpack(link) and (link.child_id, link.parent_id) == (3, 4)
        assert data.custom_properties["split"].string_value == "train"
        found = store.get_artifact_type("Examples", "2")
        assert found.base_type == mlmd.ArtifactType.DATASET and found.description == "records"
        (execution,) = store.get_executions_by_type("Trainer")
        events = store.get_events_by_execution_ids([execution.id])
        assert [(e.artifact_id, e.type) for e in events] == [(1, 3), (2, 4)]
        assert [(s.key, s.index) for s in events[0].path.steps] == [("examples", 0), ("", 0)]
        assert [c.name for c in store.get_contexts_by_execution(1)] == ["taxi", "taxi.1"]
        assert [c.name for c in store.get_children_contexts_by_context(1)] == ["taxi.1"]
        assert [c.name for c in store.get_parent_contexts_by_context(2)] == ["taxi"]


def test_values_are_stored_as_ml_metadata_stores_them(tmp_path):
    path = _genuine(tmp_path / "genuine.db")
    with MetadataStore(path) as store:
        (data,) = store.get_artifacts_by_external_ids(["ext-1"])
        again = mlmd.Artifact()
        again.CopyFrom(data)
        again.ClearField("id")
        again.name, again.external_id = "again", "ext-2"
        (copy,) = store.put_artifacts([again])
        sql = (
            "SELECT name, is_custom_property, int_value, double_value, string_value, "
            "CAST(proto_value AS TEXT), bool_value FROM ArtifactProperty WHERE artifact_id = ? "
            "ORDER BY name"
        )
        rows = store.database.rows
        assert rows(sql, [copy]) == rows(sql, [data.id])


_OLD = {
    # The columns of properties that later versions than these have.
    9: ["proto_value", "bool_value"],
    7: ["byte_value"],
}


@pytest.mark.parametrize("version", [9, 7])
def test_older_schemas_are_brought_up_to_date(tmp_path, version):
    path = _genuine(tmp_path / "old.db")
    layout = _layout(path)
    connection = sqlite3.connect(path)
    for column in [c for v, some in _OLD.items() if v >= version for c in some]:
        for table in ("Artifact", "Execution", "Context"):
            connection.execute(f"ALTER TABLE {table}Property DROP COLUMN {column}")
    connection.execute("UPDATE MLMDEnv SET schema_version = ?", [version])
    connection.commit()
    connection.close()
    with MetadataStore(path) as store:
        assert store.get_artifacts_by_id([1])[0].properties["s"].string_value == "größe"
        assert len(store.get_events_by_artifact_ids([1, 2])) == 2
    assert _layout(path) == layout


@pytest.mark.parametrize("version", [5, 11])
def test_unknown_schemas_are_refused_and_stay(tmp_path, version):
    path = _genuine(tmp_path / "other.db")
    connection = sqlite3.connect(path)
    connection.execute("UPDATE MLMDEnv SET schema_version = ?", [version])
    connection.commit()
    connection.close()
    with pytest.raises(errors.FailedPreconditionError, match=f"of version {version}"):
        MetadataStore(path)


def _artifact(**fields):
    return mlmd.Artifact(**fields)


_BAD = {
    "properties left out": (
        lambda s, _: s.put_artifact_type(mlmd.ArtifactType(name="A", properties={"a": 1})),
        errors.AlreadyExistsError, "can_omit_fields",
    ),
    "properties added": (
        lambda s, _: s.put_artifact_type(
            mlmd.ArtifactType(name="A", properties={"a": 1, "b": 3, "c": 1})
        ),
        errors.AlreadyExistsError, "can_add_fields",
    ),
    "property of another type": (
        lambda s, _: s.put_artifact_type(mlmd.ArtifactType(name="A", properties={"a": 3, "b": 3})),
        errors.AlreadyExistsError, "another type",
    ),
    "type without a name": (
        lambda s, _: s.put_artifact_type(mlmd.ArtifactType()),
        errors.InvalidArgumentError, "needs a name",
    ),
    "unknown property type": (
        lambda s, _: s.put_artifact_type(mlmd.ArtifactType(name="Q", properties={"a": 0})),
        errors.InvalidArgumentError, "UNKNOWN",
    ),
    "no type": (
        lambda s, _: s.put_artifacts([_artifact()]), errors.InvalidArgumentError, "type_id",
    ),
    "no such type": (
        lambda s, _: s.put_artifacts([_artifact(type_id=99)]), errors.NotFoundError, "99",
    ),
    "no such node": (
        lambda s, t: s.put_artifacts([_artifact(type_id=t[0], id=99)]),
        errors.InvalidArgumentError, "id 99",
    ),
    "no such property": (
        lambda s, t: s.put_artifacts(
            [_artifact(type_id=t[0], properties={"z": mlmd.Value(int_value=1)})]
        ),
        errors.InvalidArgumentError, "no property 'z'; it has",
    ),
    "wrong property": (
        lambda s, t: s.put_artifacts(
            [_artifact(type_id=t[0], properties={"a": mlmd.Value(string_value="1")})]
        ),
        errors.InvalidArgumentError, "is INT, and STRING was given",
    ),
    "empty property": (
        lambda s, t: s.put_artifacts([_artifact(type_id=t[0], properties={"a": mlmd.Value()})]),
        errors.InvalidArgumentError, "is INT, and UNKNOWN was given",
    ),
    "not a number": (
        lambda s, t: s.put_artifacts(
            [_artifact(type_id=t[0], custom_properties={"x": mlmd.Value(double_value=math.nan)})]
        ),
        errors.InvalidArgumentError, "NaN",
    ),
    "name taken": (
        lambda s, t: s.put_artifacts([_artifact(type_id=t[0], name="m")] * 2),
        errors.AlreadyExistsError, "UNIQUE",
    ),
    "context without a name": (
        lambda s, t: s.put_contexts([mlmd.Context(type_id=t[2])]),
        errors.InvalidArgumentError, "needs a name",
    ),
    "event of nothing": (
        lambda s, _: s.put_events([mlmd.Event(artifact_id=9, execution_id=1, type=3)]),
        errors.InvalidArgumentError, "no artifact with id 9",
    ),
    "attribution to nothing": (
        lambda s, _: s.put_attributions_and_associations(
            [mlmd.Attribution(artifact_id=9, context_id=9)], []
        ),
        errors.InvalidArgumentError, "with id 9",
    ),
    "type that is not there": (
        lambda s, _: s.get_artifact_type("zz"), errors.NotFoundError, "'zz'",
    ),
    "filter": (
        lambda s, _: s.get_artifacts(ListOptions(filter_query="id = 1")),
        errors.UnimplementedError, "filter_query",
    ),
    "limit": (
        lambda s, _: s.get_artifacts(ListOptions(limit=0)), errors.InvalidArgumentError, "limit",
    ),
    "state": (
        lambda s, _: publish(s, "E", state="DONE"), errors.InvalidArgumentError, "COMPLETE",
    ),
    "property of no kind": (
        lambda s, _: publish(s, "E", properties={"x": object()}),
        errors.InvalidArgumentError, "is a object",
    ),
    "too large": (
        lambda s, _: publish(s, "E", properties={"x": 2**63}),
        errors.InvalidArgumentError, "64 bits",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", _BAD)
def test_bad_input(store, types, name):
    call, error, words = _BAD[name]
    with pytest.raises(error, match=words):
        call(store, types)
    assert store.get_artifacts() == store.get_executions() == store.get_contexts() == []


def test_events_are_stored_once(store, types):
    store.put_artifacts([mlmd.Artifact(type_id=types[0])])
    store.put_executions([mlmd.Execution(type_id=types[1])])
    event = mlmd.Event(artifact_id=1, execution_id=1, type=mlmd.Event.INPUT)
    store.put_events([event])
    with pytest.raises(errors.AlreadyExistsError, match="already"):
        store.put_events([event])
    again = [(mlmd.Artifact(id=1), mlmd.Event(type=mlmd.Event.INPUT))]
    store.put_execution(mlmd.Execution(id=1), again, [])
    assert len(store.get_events_by_artifact_ids([1])) == 1


def test_an_update_replaces_what_is_stored(store, types):
    first = mlmd.Artifact(type_id=types[0], name="m", uri="u")
    first.properties["a"].int_value = 1
    store.put_artifacts([first])
    before = store.get_artifacts_by_id([1])[0]
    store.put_artifacts([before])
    assert store.get_artifacts_by_id([1])[0] == before
    store.put_artifacts([mlmd.Artifact(id=1, type_id=types[0])])
    after = store.get_artifacts_by_id([1])[0]
    assert (after.name, after.uri, dict(after.properties)) == ("m", "", {})
    assert after.create_time_since_epoch == before.create_time_since_epoch


def test_a_failed_execution_leaves_nothing(store, types):
    bad = mlmd.Artifact(type_id=types[0], properties={"z": mlmd.Value(int_value=1)})
    good = mlmd.Artifact(type_id=types[0])
    event = mlmd.Event(type=mlmd.Event.OUTPUT)
    with pytest.raises(errors.InvalidArgumentError):
        store.put_execution(
            mlmd.Execution(type_id=types[1]),
            [(good, event), (bad, event)],
            [mlmd.Context(type_id=types[2], name="run")],
        )
    assert store.get_artifacts() == store.get_executions() == store.get_contexts() == []


def test_publishing_by_plain_values(store):
    data = ArtifactSpec("Examples", "/data", {"rows": 10, "ratio": 0.5, "ok": True, "d": {"a": 1}})
    first = publish(store, "Gen", outputs={"examples": [data, data]}, contexts=[("run", "1")])
    assert first.outputs == {"examples": [1, 2]}
    second = publish(
        store,
        "Train",
        inputs={"examples": [1, ArtifactSpec(id=2)]},
        outputs={"model": [ArtifactSpec("Model", "/model", name="m")]},
        contexts=[("run", "1")],
        state="RUNNING",
        name="train-1",
    )
    assert second.inputs == {"examples": [1, 2]} and second.contexts == first.contexts
    publish(store, "Train", execution_id=second.execution, properties={"loss": 0.25})
    execution = store.get_execution_by_type_and_name("Train", "train-1")
    assert execution.last_known_state == mlmd.Execution.COMPLETE
    assert execution.custom_properties["loss"].double_value == 0.25
    assert [a.id for a in store.get_artifacts_by_context(1)] == [1, 2, 3]
    newest = ListOptions(limit=2, order_by=OrderByField.ID, is_asc=False)
    assert [a.id for a in store.get_artifacts(newest)] == [3, 2]


@pytest.mark.skipif(
    "TIDEFALL_MLMD" not in os.environ,
    reason="TIDEFALL_MLMD does not name a Python that has ml-metadata",
)
@pytest.mark.process
def test_ml_metadata_reads_what_is_written(store, tmp_path):
    data = ArtifactSpec("Examples", "/data", {"rows": 10, "d": {"a": [1]}, "b": True})
    publish(store, "Gen", outputs={"examples": [data]}, contexts=[("run", "1")])
    store.close()
    script = (
        "import sys; from ml_metadata import metadata_store as m\n"
        "from ml_metadata.proto import metadata_store_pb2 as pb\n"
        "c = pb.ConnectionConfig(); c.sqlite.filename_uri = sys.argv[1]\n"
        "s = m.MetadataStore(c)\n"
        "(a,) = s.get_artifacts_by_context(s.get_contexts()[0].id)\n"
        "print(a.uri, a.custom_properties['rows'].int_value, a.custom_properties['b'].bool_value,\n"
        "      a.custom_properties['d'].struct_value['a'][0],\n"
        "      [x.key for x in s.get_events_by_artifact_ids([a.id])[0].path.steps])\n"
        "s.put_artifacts([pb.Artifact(type_id=a.type_id, uri='/theirs')])\n"
    )
    run = subprocess.run(
        [os.environ["TIDEFALL_MLMD"], "-c", script, str(tmp_path / "metadata.db")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.stdout.strip() == "/data 10 True 1.0 ['examples', '']", run.stderr
    with MetadataStore(tmp_path / "metadata.db") as again:
        assert [a.uri for a in again.get_artifacts()] == ["/data", "/theirs"]
