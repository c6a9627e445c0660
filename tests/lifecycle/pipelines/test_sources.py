"""Where examples and artifacts come from: Parquet, SQL, `Importer`, `Resolver`."""

from __future__ import annotations

import datetime
import decimal
import sqlite3
from pathlib import Path

import pytest

import tidefall as tf
from tests.lifecycle.pipelines import steps
from tidefall import pipelines as tfx
from tidefall.io.records.tfrecord import read_records

artifacts = tfx.types.standard_artifacts
one_split = tfx.proto.Output(
    split_config=tfx.proto.SplitConfig(
        splits=[tfx.proto.SplitConfig.Split(name="all", hash_buckets=1)]
    )
)


def run(root, *nodes):
    pipeline = tfx.dsl.Pipeline("sources", str(root), components=nodes, enable_cache=True)
    return tfx.orchestration.LocalDagRunner(view="none").run(pipeline)


def rows(result, node):
    """The features of all examples, as Python values."""
    (examples,) = result.outputs[node]["examples"]
    (path,) = Path(examples.path(split="all")).iterdir()
    found = []
    for record in read_records(str(path), "GZIP"):
        features = tf.train.Example.FromString(record).features.feature
        kinds = {name: one.WhichOneof("kind") for name, one in features.items()}
        found.append(
            {k: list(getattr(features[k], v).value) if v else [] for k, v in kinds.items()}
        )
    return found


def parquet_file(path, **columns):
    import pyarrow
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.table(columns), path)


def test_parquet_rows_become_examples(tmp_path):
    parquet_file(
        tmp_path / "a.parquet",
        number=[1, None],
        share=[0.5, 2.0],
        price=[decimal.Decimal("1.25"), decimal.Decimal("3.00")],
        name=["Ann", "Bö"],
        raw=[b"\xff", b""],
        yes=[True, False],
        many=[[1, 2], []],
        day=[datetime.date(2026, 1, 2), datetime.date(1969, 12, 31)],
    )
    generated = tfx.components.ParquetExampleGen(str(tmp_path), output_config=one_split)
    assert rows(run(tmp_path / "root", generated), "ParquetExampleGen") == [
        {"number": [1], "share": [0.5], "price": [1.25], "name": [b"Ann"], "raw": [b"\xff"],
         "yes": [1], "many": [1, 2], "day": [b"2026-01-02"]},
        {"number": [], "share": [2.0], "price": [3.0], "name": ["Bö".encode()], "raw": [b""],
         "yes": [0], "many": [], "day": [b"1969-12-31"]},
    ]  # fmt: skip


def nested(folder):
    parquet_file(folder / "a.parquet", inner=[{"a": 1}])


def with_gaps(folder):
    parquet_file(folder / "a.parquet", inner=[[1, None]])


def too_large(folder):
    import numpy as np

    parquet_file(folder / "a.parquet", inner=np.array([2**63], "uint64"))


def no_parquet(folder):
    (folder / "a.parquet").write_text("a,b\n1,2\n")


def other_columns(folder):
    parquet_file(folder / "a.parquet", a=[1])
    parquet_file(folder / "b.parquet", b=[1])


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (nested, tf.errors.InvalidArgumentError, "column 'inner' holds dict"),
        (with_gaps, tf.errors.InvalidArgumentError, "column 'inner' holds NoneType, int"),
        (too_large, tf.errors.InvalidArgumentError, "'inner' has an integer that 64 bits"),
        (no_parquet, tf.errors.DataLossError, "a.parquet cannot be read as a Parquet file"),
        (other_columns, tf.errors.InvalidArgumentError, r"b.parquet has other columns"),
        (lambda _: None, tf.errors.NotFoundError, "no file is like"),
    ],
)
def test_parquet_files_that_are_no_examples_are_refused(tmp_path, make, error, message):
    data = tmp_path / "data"
    data.mkdir()
    make(data)
    with pytest.raises(error, match=message):
        run(tmp_path / "root", tfx.components.ParquetExampleGen(str(data)))


def duckdb_database(path):
    import duckdb

    with duckdb.connect(str(path)) as connection:
        connection.execute("create table t as select 1 as a, 'x' as b union all select 2, null")


def sqlite_database(path):
    with sqlite3.connect(path) as connection:
        connection.execute("create table t (a integer, b text)")
        connection.executemany("insert into t values (?, ?)", [(1, "x"), (2, None)])
    connection.close()


@pytest.mark.parametrize("make", [duckdb_database, sqlite_database])
def test_the_rows_of_a_query_become_examples(tmp_path, make):
    path = tmp_path / "data.db"
    make(path)
    query = "select a, b, a + 0.5 as c from t order by a"
    generated = tfx.components.SqlExampleGen(query, str(path), one_split)
    result = run(tmp_path / "root", generated)
    assert rows(result, "SqlExampleGen") == [
        {"a": [1], "b": [b"x"], "c": [1.5]}, {"a": [2], "b": [], "c": [2.5]},
    ]  # fmt: skip


def test_a_query_over_files_runs_again_when_its_rows_change(tmp_path):
    path = tmp_path / "a.parquet"
    states = []
    for values in ([1, 2], [1, 2], [1, 3]):
        parquet_file(path, a=values)
        generated = tfx.components.SqlExampleGen(f"select * from '{path}'", None, one_split)
        result = run(tmp_path / "root", generated)
        assert [row["a"] for row in rows(result, "SqlExampleGen")] == [[one] for one in values]
        states.append(result.states["SqlExampleGen"])
    assert states == ["done", "cached", "done"]


@pytest.mark.parametrize(
    ("query", "database", "error", "message"),
    [
        ("selct 1", None, tf.errors.InvalidArgumentError, "query 'selct 1'"),
        ("select 1 as a, 2 as a", None, tf.errors.InvalidArgumentError, "several columns of one"),
        ("select 1 where false", None, tf.errors.InvalidArgumentError, "the input has no row"),
        ("select 1", "absent.db", tf.errors.NotFoundError, "no database absent.db"),
        ("select 1", __file__, tf.errors.DataLossError, "no database of DuckDB or SQLite"),
    ],
)
def test_queries_that_cannot_be_are_refused(tmp_path, query, database, error, message):
    with pytest.raises(error, match=message):
        run(tmp_path / "root", tfx.components.SqlExampleGen(query, database))


# --- Importer and Resolver ------------------------------------------------------------------------


def imported(uri, **arguments):
    return tfx.dsl.Importer(str(uri), artifacts.Examples, **arguments).with_id("imported")


def test_what_is_imported_is_known_again_while_its_content_is_the_same(tmp_path):
    data = tmp_path / "data"
    (data / "Split-train").mkdir(parents=True)
    record = data / "Split-train" / "a"
    record.write_text("1")
    properties = {"split_names": '["train"]', "span": 3}

    def ask(**arguments):
        result = run(tmp_path / "root", imported(data, properties=properties, **arguments))
        return result.outputs["imported"]["result"][0]

    first = ask()
    assert (first.uri, first.splits, first.span) == (str(data), ["train"], 3)
    assert ask().id == first.id
    again = ask(reimport=True)
    assert again.id > first.id
    record.write_text("2")
    changed = ask()
    assert changed.id > again.id
    assert changed.custom_properties["content_digest"] != first.custom_properties["content_digest"]


def test_imported_examples_are_read_by_components(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.csv").write_text("x\n1\n2\n3\n")
    generated = tfx.components.CsvExampleGen(str(tmp_path / "data"), output_config=one_split)
    made = run(tmp_path / "first", generated).outputs["CsvExampleGen"]["examples"][0]
    node = imported(made.uri, properties={"split_names": made.split_names})
    statistics = tfx.components.StatisticsGen(examples=node.outputs["result"])
    result = run(tmp_path / "second", node, statistics)
    (found,) = result.outputs["StatisticsGen"]["statistics"]
    loaded = tf.io.read_file(f"{found.path(split='all')}/FeatureStats.pb").numpy()
    assert b"x" in loaded


def test_what_cannot_be_imported_is_refused(tmp_path):
    with pytest.raises(tf.errors.NotFoundError, match=r"nothing at .*absent to import"):
        run(tmp_path / "root", imported(tmp_path / "absent"))
    with pytest.raises(tf.errors.InvalidArgumentError, match="Examples has no property 'spam'"):
        imported(tmp_path, properties={"spam": 1})


def test_a_resolver_gives_the_newest_of_a_node_and_nothing_at_first(tmp_path):
    def resolver(**channel):
        channels = {"number": tfx.dsl.Channel(artifacts.Integer, **channel)}
        strategy = tfx.dsl.experimental.LatestArtifactStrategy
        return tfx.dsl.Resolver(strategy, **channels).with_id("newest")

    def newest(node):
        return [one.read() for one in run(tmp_path, node).outputs["newest"]["number"]]

    of_number = {"producer_component_id": "Number", "output_key": "number"}
    assert newest(resolver(**of_number)) == []
    for value in (5, 6):
        run(tmp_path, steps.Number(value=value))
    number = steps.Number(value=3)
    run(tmp_path, number, steps.Square(number=number.outputs["number"]))
    # Square's output is of the same type, and newer.
    assert newest(resolver()) == [9]
    assert newest(resolver(**of_number)) == [3]
    assert newest(resolver(producer_component_id="Square", output_key="square")) == [9]
    read = resolver(**of_number)
    square = steps.Square(number=read.outputs["number"])
    result = run(tmp_path, read, square)
    assert result.outputs["Square"]["square"][0].read() == 9


def test_a_resolver_that_finds_nothing_leaves_a_needed_input_empty(tmp_path):
    strategy = tfx.dsl.experimental.LatestArtifactStrategy
    read = tfx.dsl.Resolver(strategy, number=tfx.dsl.Channel(artifacts.Integer))
    square = steps.Square(number=read.outputs["number"])
    with pytest.raises(tf.errors.NotFoundError, match="nothing is in its input 'number'"):
        run(tmp_path, read, square)


def test_a_resolver_gives_the_newest_blessed_model_and_its_blessing(tmp_path):
    def resolver():
        return tfx.dsl.Resolver(
            tfx.dsl.experimental.LatestBlessedModelStrategy,
            model=tfx.dsl.Channel(artifacts.Model),
            blessing=tfx.dsl.Channel(artifacts.ModelBlessing),
        ).with_id("blessed")

    assert run(tmp_path, resolver()).outputs["blessed"] == {"model": [], "blessing": []}
    for value, good in ((1, 1), (2, 1), (3, 0)):
        number = steps.Number(value=value)
        square = steps.Square(number=number.outputs["number"])
        judge = steps.Judge(model=square.outputs["model"], good=good)
        result = run(tmp_path, number, square, judge)
        if value == 2:
            wanted = {"model": result.outputs["Square"]["model"][0].id,
                      "blessing": result.outputs["Judge"]["blessing"][0].id}  # fmt: skip
    found = run(tmp_path, resolver()).outputs["blessed"]
    assert {key: one.id for key, (one,) in found.items()} == wanted


def test_a_resolver_gives_a_range_of_spans(tmp_path):
    for span in (1, 2, 3):
        folder = tmp_path / "data" / f"span-{span}"
        folder.mkdir(parents=True)
        (folder / "a.csv").write_text(f"x\n{span}\n")
        config = tfx.proto.Input(
            splits=[tfx.proto.Input.Split(name="all", pattern="span-{SPAN}/*.csv")]
        )
        generated = tfx.components.CsvExampleGen(str(tmp_path / "data"), input_config=config)
        run(tmp_path / "root", generated)
    for kind, wanted in (
        ({"rolling_range": tfx.proto.RollingRange(num_spans=2)}, [3, 2]),
        ({"static_range": tfx.proto.StaticRange(start_span_number=1, end_span_number=2)}, [2, 1]),
    ):
        resolver = tfx.dsl.Resolver(
            tfx.dsl.experimental.SpanRangeStrategy,
            {"range_config": tfx.proto.RangeConfig(**kind)},
            examples=tfx.dsl.Channel(artifacts.Examples, producer_component_id="CsvExampleGen"),
        ).with_id("spans")
        found = run(tmp_path / "root", resolver).outputs["spans"]["examples"]
        assert [one.span for one in found] == wanted
