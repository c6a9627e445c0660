"""Pipelines over files, which each of them writes first."""

from __future__ import annotations

import gzip
import sqlite3
import tempfile
from pathlib import Path
from typing import Any

from tests.data.pipelines.tables import FAILING, PIPELINES, add

RIVERS = 'name,length,note\nElbe,1094,"a, ""b"""\nWeser,,x\nEms,371,"two\nlines"\n'
NUMBERS = "id,half,name,big\n" + "".join(
    f"{i},{i / 2},n{i if i % 3 else ''},{2**40 + i}\n" for i in range(7)
)


def written(name: str, content: str | bytes) -> str:
    """The path of a new file."""
    path = Path(tempfile.mkdtemp()) / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def listed(tf: Any, **options: Any) -> Any:
    folder = Path(tempfile.mkdtemp())
    for i in range(8):
        (folder / f"{i}.txt").write_text("text")
    return tf.data.Dataset.list_files(f"{folder}/*.txt", **options).map(
        lambda path: tf.strings.substr(path, -5, 5)
    )


def records(tf: Any, kind: str = "") -> str:
    path = written("records", "")
    with tf.io.TFRecordWriter(path, kind) as writer:
        for i in range(5):
            writer.write(b"x" * i)
    return path


def examples(tf: Any) -> str:
    path = written("examples", "")
    train, feature = tf.train, tf.train.Feature
    with tf.io.TFRecordWriter(path) as writer:
        for i in range(5):
            features = {
                "x": feature(float_list=train.FloatList(value=[i, i + 0.5])),
                "n": feature(int64_list=train.Int64List(value=range(i))),
                "s": feature(bytes_list=train.BytesList(value=[b"s%d" % i])),
            }
            message = train.Example(features=train.Features(feature=features))
            writer.write(message.SerializeToString())
    return path


def features(tf: Any) -> dict[str, Any]:
    return {
        "x": tf.io.FixedLenFeature([2], tf.float32),
        "s": tf.io.FixedLenFeature([], tf.string),
    }


def database() -> str:
    path = written("database", b"")
    with sqlite3.connect(path) as connection:
        connection.execute("create table t (i integer, s text, f real, b blob)")
        rows = [(1, "x", 1.5, b"\0"), (2**33, None, -2.0, b""), (None, "7z", None, None)]
        connection.executemany("insert into t values (?, ?, ?, ?)", rows)
    connection.close()
    return path


def sql(tf: Any, columns: str, *types: Any) -> Any:
    query = f"select {columns} from t"
    return tf.data.experimental.SqlDataset("sqlite", database(), query, types)


def csv(tf: Any, content: str, *arguments: Any, **options: Any) -> Any:
    return tf.data.experimental.CsvDataset(written("a.csv", content), *arguments, **options)


def batches(tf: Any, **options: Any) -> Any:
    options = {"shuffle": False, "num_epochs": 1, **options}
    path = written("a.csv", options.pop("content", NUMBERS))
    return tf.data.experimental.make_csv_dataset(path, 3, **options)


add(
    PIPELINES,
    files_listed=lambda tf, d: listed(tf, shuffle=False),
    files_listed_shuffled=lambda tf, d: listed(tf, seed=5),
    files_records=lambda tf, d: tf.data.TFRecordDataset(records(tf)),
    files_records_zlib=lambda tf, d: tf.data.TFRecordDataset(records(tf, "ZLIB"), "ZLIB"),
    files_records_by_turns=lambda tf, d: tf.data.TFRecordDataset(
        [records(tf), records(tf)], num_parallel_reads=2
    ),
    files_lines=lambda tf, d: tf.data.TextLineDataset(written("t", "a\n\nb\r\nc")).batch(3),
    files_fixed=lambda tf, d: tf.data.FixedLengthRecordDataset(written("f", "hhaabbccf"), 2, 2, 1),
    files_fixed_gzip=lambda tf, d: tf.data.FixedLengthRecordDataset(
        written("f", gzip.compress(b"hhaabbccf")), 2, 2, 1, compression_type="GZIP"
    ),
    files_csv=lambda tf, d: csv(tf, RIVERS, [tf.string, [-1], tf.string], header=True),
    files_csv_batch=lambda tf, d: csv(tf, RIVERS, ["", [0.5], ""], header=True).batch(2),
    files_csv_selected=lambda tf, d: csv(
        tf, RIVERS, [tf.string, tf.string], header=True, select_cols=[0, 2]
    ),
    files_csv_excluded=lambda tf, d: csv(
        tf, RIVERS, [tf.string, tf.string], header=True, exclude_cols=[1]
    ),
    files_csv_delimiter=lambda tf, d: csv(
        tf, "1|'a\nNA|b\n", [[5], ""], field_delim="|", na_value="NA"
    ),
    files_csv_no_quotes=lambda tf, d: csv(tf, '1,"a\n2,b"c\n', [[0], ""], use_quote_delim=False),
    files_csv_blank_line=lambda tf, d: csv(tf, "1\n\n2\n", [[5]]),
    files_csv_batches=lambda tf, d: batches(tf),
    files_csv_batches_label=lambda tf, d: batches(tf, label_name="half"),
    files_csv_batches_shuffled=lambda tf, d: batches(
        tf, shuffle=True, shuffle_seed=3, num_epochs=2
    ),
    files_csv_batches_selected=lambda tf, d: batches(tf, select_columns=["name", "id"]),
    files_csv_batches_defaults=lambda tf, d: batches(
        tf, column_defaults=[tf.string, tf.float64, "none", 0.0]
    ),
    files_csv_batches_gaps=lambda tf, d: batches(tf, content="a,b,c\n1,2,\n,,\n4,5.5,\n"),
    files_csv_batches_no_header=lambda tf, d: batches(
        tf, content="1,2\n3,4\n", column_names=["p", "q"], header=False
    ),
    files_csv_batches_kinds=lambda tf, d: batches(
        tf, content="a,b,c,d\n1,3000000000,1e50,nan\n2,1,1,1\n"
    ),
    files_csv_batches_all_rows=lambda tf, d: batches(
        tf, content="a\n1\n2.5\nx\n", num_rows_for_inference=None
    ),
    files_sql=lambda tf, d: sql(tf, "i, s, f, b", tf.int64, tf.string, tf.float64, tf.string),
    files_sql_converted=lambda tf, d: sql(
        tf, "i, i, s, f", tf.string, tf.float64, tf.int32, tf.int8
    ),
    files_sql_narrow=lambda tf, d: sql(tf, "i, i, f", tf.int32, tf.bool, tf.string),
    files_examples=lambda tf, d: (
        tf.data.TFRecordDataset(examples(tf))
        .batch(2)
        .map(lambda batch: tf.io.parse_example(batch, features(tf)))
    ),
    files_examples_single=lambda tf, d: (
        tf.data.TFRecordDataset(examples(tf))
        .map(lambda record: tf.io.parse_single_example(record, features(tf)))
        .batch(2)
    ),
    files_examples_parsed=lambda tf, d: (
        tf.data.TFRecordDataset(examples(tf))
        .batch(2)
        .apply(
            tf.data.experimental.parse_example_dataset(
                {"n": tf.io.RaggedFeature(tf.int64), "s": tf.io.VarLenFeature(tf.string)}
            )
        )
    ),
    files_examples_batched=lambda tf, d: tf.data.experimental.make_batched_features_dataset(
        examples(tf), 2, features(tf), label_key="s", shuffle=False, num_epochs=1
    ),
    files_examples_shuffled=lambda tf, d: tf.data.experimental.make_batched_features_dataset(
        examples(tf), 2, features(tf), shuffle_seed=3, num_epochs=2
    ),
)


def loaded(tf: Any, dataset: Any, **options: Any) -> Any:
    path = tempfile.mkdtemp()
    dataset.save(path, **options)
    return tf.data.Dataset.load(
        path,
        compression=options.get("compression"),
        reader_func=lambda shards: shards.flat_map(lambda shard: shard),
    )


add(
    PIPELINES,
    files_saved=lambda tf, d: loaded(tf, d.range(5)),
    files_saved_gzip=lambda tf, d: loaded(
        tf, d.from_tensor_slices((["x", "yy"], [[1.0], [2.0]])), compression="GZIP"
    ),
    files_saved_shards=lambda tf, d: loaded(tf, d.range(7), shard_func=lambda x: x % 3),
    files_saved_ragged=lambda tf, d: loaded(
        tf, d.from_tensor_slices(tf.ragged.constant([[1, 2], [], [3]]))
    ),
    files_snapshot=lambda tf, d: d.range(5).shuffle(5, seed=2).snapshot(tempfile.mkdtemp()),
    files_snapshot_shards=lambda tf, d: d.range(6).snapshot(
        tempfile.mkdtemp(), "GZIP", shard_func=lambda x: x % 2
    ),
    files_cached=lambda tf, d: d.range(6).shuffle(6, seed=2).cache(tempfile.mkdtemp() + "/c"),
)

add(
    FAILING,
    files_no_match=lambda tf, d: d.list_files("/no/such/*"),
    files_of_numbers=lambda tf, d: d.list_files(3),
    files_fixed_rest=lambda tf, d: tf.data.FixedLengthRecordDataset(written("f", "abcde"), 2),
    files_fixed_rest_gzip=lambda tf, d: tf.data.FixedLengthRecordDataset(
        written("f", gzip.compress(b"abcde")), 2, compression_type="GZIP"
    ),
    files_fixed_no_bytes=lambda tf, d: tf.data.FixedLengthRecordDataset(written("f", "ab"), 0),
    files_csv_required=lambda tf, d: csv(tf, RIVERS, [tf.string, tf.int32, tf.string], header=True),
    files_csv_no_number=lambda tf, d: csv(tf, RIVERS, [tf.string, tf.int32, tf.string]),
    files_csv_fewer=lambda tf, d: csv(tf, "1\n", [[0], [0]]),
    files_csv_more=lambda tf, d: csv(tf, "1,2,3\n", [[0], [0]]),
    files_csv_order=lambda tf, d: csv(tf, "1,2,3\n", [[0], [0]], select_cols=[1, 0]),
    files_csv_select_one=lambda tf, d: csv(tf, "1,2,3\n", [[0], [0]], select_cols=[1]),
    files_csv_select_beyond=lambda tf, d: csv(tf, "1,2\n", [[0], [0]], select_cols=[1, 7]),
    files_csv_quote=lambda tf, d: csv(tf, '1,a"b\n', [[0], ""]),
    files_csv_open_quote=lambda tf, d: csv(tf, '1,"ab\n', [[0], ""]),
    files_csv_no_header=lambda tf, d: csv(tf, "", [[0]], header=True),
    files_csv_bool=lambda tf, d: csv(tf, "1\n", [tf.bool]),
    files_csv_long_delimiter=lambda tf, d: csv(tf, "1\n", [[0]], field_delim=",,"),
    files_csv_missing=lambda tf, d: tf.data.experimental.CsvDataset("/no/such/file", [[0]]),
    files_csv_batches_label=lambda tf, d: batches(tf, label_name="none"),
    files_csv_batches_twice=lambda tf, d: batches(tf, select_columns=["id", "id"]),
    files_csv_batches_column=lambda tf, d: batches(tf, select_columns=["none"]),
    files_csv_batches_unnamed=lambda tf, d: batches(tf, header=False),
    files_csv_batches_same_names=lambda tf, d: batches(tf, column_names=list("aabc")),
    files_csv_batches_uneven=lambda tf, d: batches(tf, content="a,b\n1,2\n3\n"),
    files_csv_batches_missing=lambda tf, d: tf.data.experimental.make_csv_dataset("/no/file", 3),
    files_sql_columns=lambda tf, d: sql(tf, "i, s", tf.int64),
    files_sql_query=lambda tf, d: sql(tf, "none", tf.int64),
    files_sql_type=lambda tf, d: sql(tf, "i", tf.float32),
    files_sql_driver=lambda tf, d: tf.data.experimental.SqlDataset("no", "", "", (tf.int64,)),
    files_examples_of_scalars=lambda tf, d: d.from_tensors("").apply(
        tf.data.experimental.parse_example_dataset(features(tf))
    ),
    files_examples_no_features=lambda tf, d: tf.data.experimental.parse_example_dataset(None),
    files_examples_no_label=lambda tf, d: tf.data.experimental.make_batched_features_dataset(
        examples(tf), 2, features(tf), label_key="none"
    ),
    files_written_numbers=lambda tf, d: tf.data.experimental.TFRecordWriter("/tmp/none").write(
        d.range(3)
    ),
    files_load_missing=lambda tf, d: d.load("/no/such/folder"),
    files_saved_shard=lambda tf, d: loaded(tf, d.range(3), shard_func=lambda x: "a"),
    files_cached_in_no_folder=lambda tf, d: d.range(3).cache("/no/such/folder/c"),
)
