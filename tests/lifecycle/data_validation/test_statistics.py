"""Statistics of tables, as TensorFlow Data Validation tells them."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from google.protobuf import json_format, text_format

import tidefall as tf
import tidefall.data_validation as tfdv
from tests.lifecycle.data_validation.statistics_cases import TABLES, arrow_batch
from tests.lifecycle.data_validation.test_rules import assert_close
from tidefall.base import errors
from tidefall.io.records.tfrecord import encode_record
from tidefall.lifecycle.data_validation.sources.examples import examples_to_batch
from tidefall.lifecycle.data_validation.sources.parquet_files import ParquetSource
from tidefall.lifecycle.data_validation.statistics.scan import scan
from tidefall.lifecycle.data_validation.statistics.table import TableStatistics
from tidefall.proto import Example, metadata
from tidefall.proto.registry import pool

pa = pytest.importorskip("pyarrow")

_CONTENT = Path(__file__).with_name("statistics_of_tfdv.json.gz").read_bytes()
RECORDED = json.loads(gzip.decompress(_CONTENT))
FILES = {
    "taxi": "taxi_records/data_tfrecord-00000-of-00012.gz",
    "penguin": "penguin_records/data_tfrecord-00000-of-00001.gz",
    "sequence": "sequence_records/data_tfrecord_eval.gz",
}


def options_of(table):
    options = dict(table.options)
    if "schema" in options:
        schema = text_format.Parse(options["schema"], metadata.Schema(), descriptor_pool=pool())
        options["schema"] = schema
    return tfdv.StatsOptions(**options)


def comparable(message):
    """Statistics by feature, without order."""
    told = json_format.MessageToDict(message) if not isinstance(message, dict) else message
    for dataset in told["datasets"]:
        dataset.pop("name", None)
        dataset["features"] = {".".join(f["path"]["step"]): f for f in dataset["features"]}
    return told


@pytest.mark.parametrize("table", TABLES, ids=[table.name for table in TABLES])
def test_statistics_are_those_of_tfdv(table):
    statistics = tfdv.generate_statistics_in_memory(arrow_batch(table), options_of(table))
    expected = RECORDED[table.name]
    assert_close(comparable(statistics), comparable(dict(expected["statistics"])))
    schema = tfdv.infer_schema(statistics)
    assert_close(json_format.MessageToDict(schema), expected["schema"])


@pytest.mark.parametrize("name", FILES)
def test_genuine_records_end_to_end(name, interop_genuine):
    statistics = tfdv.generate_statistics_from_tfrecord(interop_genuine / FILES[name])
    ours, theirs = comparable(statistics), comparable(RECORDED[name]["statistics"])
    if name == "sequence":
        # TFDV's sketch takes its 4501 distinct strings to be more frequent than they are.
        for told in (ours, theirs):
            strings = told["datasets"][0]["features"]["##SEQUENCE##.s"]["stringStats"]
            del strings["topValues"], strings["rankHistogram"]
    assert_close(ours, theirs)
    schema = tfdv.infer_schema(statistics)
    assert not tfdv.validate_statistics(statistics, schema).anomaly_info
    if name != "sequence":
        assert_close(json_format.MessageToDict(schema), RECORDED[name]["schema"])


@pytest.mark.parametrize("parts", [2, 7, 100])
@pytest.mark.parametrize("table", TABLES, ids=[table.name for table in TABLES])
def test_merged_shards_are_one_pass(table, parts):
    batch, options = arrow_batch(table), options_of(table)
    whole, merged = TableStatistics(options), TableStatistics(options)
    whole.add(batch)
    for rows in np.array_split(np.arange(batch.num_rows), parts):
        part = TableStatistics(options)
        part.add(batch.slice(rows[0] if len(rows) else 0, len(rows)))
        again = TableStatistics(options)
        again.restore(part.state())
        merged.merge(again)
    assert_close(comparable(merged.message()), comparable(whole.message()))


def test_many_rows_are_within_the_stated_errors():
    random = np.random.default_rng(0)
    values, ids = random.gamma(2.0, 3.0, 400_000), random.zipf(1.2, 400_000) % 90_000
    options = tfdv.StatsOptions(exact_values=5000)
    table = TableStatistics(options)
    for at in np.array_split(np.arange(len(values)), 40):
        names = pa.array(ids[at]).cast(pa.string())
        table.add(pa.record_batch({"value": pa.array(values[at]), "id": names}))
    value, name = table.message().datasets[0].features
    errors_of = table.errors()
    assert 0 < errors_of["value"]["quantiles"] <= options.epsilon
    ordered = np.sort(values)
    for i, bucket in enumerate(value.num_stats.histograms[1].buckets):
        rank = np.searchsorted(ordered, bucket.high_value) / len(ordered)
        assert abs(rank - (i + 1) / 10) <= errors_of["value"]["quantiles"] + 1e-5
    assert value.num_stats.mean == pytest.approx(values.mean(), rel=1e-12)
    assert value.num_stats.std_dev == pytest.approx(values.std(), rel=1e-9)
    counts = np.bincount(ids)
    assert name.string_stats.unique == pytest.approx((counts > 0).sum(), rel=0.04)
    assert errors_of["id"]["counts"] > 0
    for top in name.string_stats.top_values:
        true = counts[int(top.value)]
        assert true - errors_of["id"]["counts"] <= top.frequency <= true


def test_slices():
    table = pa.table({"city": ["A", "B", "A", None], "fare": [1.0, 2.0, 3.0, 9.0]})
    options = tfdv.StatsOptions(slicing_config=tfdv.SlicingConfig([tfdv.SlicingSpec(["city"])]))
    found = tfdv.generate_statistics_from_arrow(table, options)
    rows = {dataset.name: dataset.num_examples for dataset in found.datasets}
    assert rows == {"All Examples": 4, "city_A": 2, "city_B": 1}
    view = tfdv.DatasetListView(found)
    fare = view.get_slice("city_A").get_feature("fare").numeric_statistics()
    assert fare.mean == 2.0
    assert view.get_default_slice().proto().num_examples == 4
    assert tfdv.get_slice_stats(found, "city_B").datasets[0].num_examples == 1
    with pytest.raises(ValueError, match="city_C"):
        tfdv.get_slice_stats(found, "city_C")


def test_slices_by_value_and_of_lists():
    table = pa.table({"tags": [["x", "y"], ["y"], []], "n": [1, 2, 2]})
    slicer = tfdv.experimental_get_feature_value_slicer({"tags": ["y"], "n": [2]})
    options = tfdv.StatsOptions(slice_functions=[slicer])
    found = tfdv.generate_statistics_from_arrow(table, options)
    assert [d.name for d in found.datasets] == ["All Examples", "n_2_tags_y"]


def test_cross_features():
    random = np.random.default_rng(1)
    x = random.normal(size=1000)
    table = pa.table({"x": x, "y": 3 * x + 1, "z": random.normal(size=1000), "s": ["a"] * 1000})
    found = tfdv.generate_statistics_from_arrow(table, tfdv.StatsOptions(cross_features=True))
    view = tfdv.DatasetListView(found).get_default_slice()
    assert len(view.list_cross_features()) == 3
    cross = view.get_cross_feature("x", "y").proto().num_cross_stats
    assert cross.correlation == pytest.approx(1.0)
    assert cross.covariance == pytest.approx(3 * x.var(), rel=1e-5)


def test_samples_are_the_same_each_time():
    table = pa.table({"x": np.arange(20_000)})
    options = tfdv.StatsOptions(sample_rate=0.1, seed=7)
    found = [tfdv.generate_statistics_from_arrow(table, options) for _ in range(2)]
    assert found[0] == found[1]
    assert 1700 < found[0].datasets[0].num_examples < 2300


def test_natural_language_images_and_times_are_found():
    random = np.random.default_rng(0)
    words = ["river", "house", "small", "walks", "green"]
    texts = [" ".join(random.choice(words, 6)) for _ in range(150)]
    table = pa.table(
        {
            "text": texts,
            "picture": pa.array([b"\x89PNG\r\n\x1a\n" + bytes([i]) for i in range(150)]),
            "day": [f"2024-01-{1 + i % 28:02}" for i in range(150)],
            "time": [1_700_000_000 + i for i in range(150)],
            "other": [f"id{i}" for i in range(150)],
        }
    )
    options = tfdv.StatsOptions(enable_semantic_domain_stats=True)
    schema = tfdv.infer_schema(tfdv.generate_statistics_from_arrow(table, options))
    assert {f.name: f.WhichOneof("domain_info") for f in schema.feature} == {
        "text": "natural_language_domain",
        "picture": "image_domain",
        "day": "time_domain",
        "time": "time_domain",
        "other": None,
    }


def test_language_is_held_against_a_vocabulary(tmp_path):
    vocabulary = tmp_path / "words.txt"
    vocabulary.write_text("the\ncat\nsat\n")
    schema = text_format.Parse(
        "feature { name: 'text' type: BYTES natural_language_domain { vocabulary: 'words' "
        "coverage { min_coverage: 0.9 oov_string_tokens: 'UNK' } "
        "token_constraints { string_value: 'cat' min_per_sequence: 1 } } }",
        metadata.Schema(),
        descriptor_pool=pool(),
    )
    table = pa.table({"text": [["the", "cat"], ["UNK", "sat"]]})
    options = tfdv.StatsOptions(schema=schema, vocab_paths={"words": str(vocabulary)})
    found = tfdv.generate_statistics_from_arrow(table, options)
    (info,) = tfdv.validate_statistics(found, schema).anomaly_info.values()
    assert [info.Type.Name(reason.type) for reason in info.reason] == [
        "FEATURE_COVERAGE_TOO_LOW",
        "SEQUENCE_VALUE_TOO_FEW_OCCURRENCES",
    ]


# --- sources --------------------------------------------------------------------------------------


def test_sources_agree(tmp_path):
    pd, parquet = pytest.importorskip("pandas"), pytest.importorskip("pyarrow.parquet")
    frame = pd.DataFrame({"n": [1, 2, 3, 4], "x": [0.5, 1.5, 2.5, 4.0], "s": list("abca")})
    frame.to_csv(tmp_path / "d.csv", index=False)
    frame.to_parquet(tmp_path / "d.parquet", row_group_size=2)
    found = {
        "csv": tfdv.generate_statistics_from_csv(tmp_path / "d.csv"),
        "parquet": tfdv.generate_statistics_from_parquet(tmp_path / "d.parquet"),
        "frame": tfdv.generate_statistics_from_dataframe(frame, n_jobs=-1),
        "arrow": tfdv.generate_statistics_from_arrow(parquet.read_table(tmp_path / "d.parquet")),
        "dataset": tfdv.generate_statistics_from_dataset(
            tf.data.Dataset.from_tensor_slices(dict(frame))
        ),
    }
    if pytest.importorskip("duckdb"):
        query = f"select * from '{tmp_path}/d.parquet'"
        found["sql"] = tfdv.generate_statistics_from_sql(query)
    expected = comparable(found.pop("csv"))
    for name, statistics in found.items():
        assert_close(comparable(statistics), expected, name)


def test_wide_parquet_files_in_parts_of_their_columns(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    random, rows = np.random.default_rng(0), 6000
    words = np.array(["red", "green", "bl\N{LATIN SMALL LETTER U WITH DIAERESIS}"])
    columns = {f"x{i}": random.normal(size=rows) for i in range(40)}
    columns["few"] = pa.array(words[random.integers(0, 3, rows)], mask=random.random(rows) < 0.1)
    columns["many"] = [f"id {i}" for i in range(rows)]
    columns["bytes"] = [b"\xff" if i % 3 else b"ok" for i in range(rows)]
    columns["lists"] = [list(words[: i % 4]) if i % 5 else None for i in range(rows)]
    columns["struct"] = [{"a": i, "b": "same"} for i in range(rows)]
    table = pa.table(columns)
    path = tmp_path / "wide.parquet"
    parquet.write_table(table, path, row_group_size=2500)
    options = tfdv.StatsOptions(threads=2)
    source = ParquetSource(path, batch_bytes=1 << 18, by_columns=True)
    shards = [*source.shards()]
    assert len(shards) > 3
    assert [shard.counts_rows for shard in shards].count(True) == 3
    expected = comparable(tfdv.generate_statistics_from_arrow(table, options))
    assert expected["datasets"][0]["numExamples"] == str(rows)
    assert_close(comparable(scan(source, options).message()), expected)
    assert_close(comparable(tfdv.generate_statistics_from_parquet(path, options)), expected)
    crossed = options.replace(cross_features=[("x0", "x39")], weight_feature="x0")
    assert not crossed.columns_are_independent
    allowed = options.replace(feature_allowlist=["few"])
    assert len(tfdv.generate_statistics_from_parquet(path, allowed).datasets[0].features) == 1


def test_a_query_that_is_refused():
    pytest.importorskip("duckdb")
    with pytest.raises(errors.InvalidArgumentError, match="select nothing from nowhere"):
        tfdv.generate_statistics_from_sql("select nothing from nowhere")


def test_a_frame_with_mixed_objects():
    pd = pytest.importorskip("pandas")
    with pytest.raises(errors.InvalidArgumentError, match="'odd'"):
        tfdv.generate_statistics_from_dataframe(pd.DataFrame({"odd": [1, "a", object()]}))
    with pytest.raises(TypeError, match="Must be a pandas DataFrame"):
        tfdv.generate_statistics_from_dataframe([1])


def test_truth_values_of_a_frame():
    pd = pytest.importorskip("pandas")
    found = tfdv.generate_statistics_from_dataframe(pd.DataFrame({"b": [True, False, True]}))
    schema = tfdv.infer_schema(found)
    assert schema.feature[0].type == metadata.FeatureType.INT
    top = found.datasets[0].features[0].string_stats.top_values[0]
    assert (top.value, top.frequency) == ("1", 2)


def test_datasets_of_batches_ragged_and_labels():
    rows = tf.data.Dataset.from_tensor_slices(({"x": [[1.0, 2.0], [3.0, 4.0]]}, [0, 1]))
    for dataset in (rows, rows.batch(2)):
        found = tfdv.generate_statistics_from_dataset(dataset)
        x, label = found.datasets[0].features
        assert (x.num_stats.common_stats.max_num_values, label.path.step[0]) == (2, "label")
    ragged = tf.data.Dataset.from_tensors(tf.ragged.constant([[1, 2], [3], []]))
    found = tfdv.generate_statistics_from_dataset(ragged, batched=True)
    common = found.datasets[0].features[0].num_stats.common_stats
    assert (common.num_non_missing, common.min_num_values, common.max_num_values) == (3, 0, 2)


def example(**features):
    message = Example()
    for name, values in features.items():
        kind = "int64_list" if isinstance(values[0], int) else "bytes_list"
        getattr(message.features.feature[name], kind).value.extend(values)
    return message.SerializeToString()


def test_records_of_all_layouts():
    records = [
        example(a=[1], s=[b"x"]),
        example(a=[2], s=[b"y"]),
        example(a=[3, 300]),
        example(s=[b""]),
    ]
    batch = examples_to_batch(records * 3)
    assert batch.column("a").to_pylist() == [[1], [2], [3, 300], None] * 3
    assert batch.column("s").to_pylist() == [[b"x"], [b"y"], None, [b""]] * 3


@pytest.mark.parametrize(
    "records, error, match",
    [
        ([example(a=[1]), b"\xff\xff\xff"], errors.DataLossError, "record 1.*no.*Example|record 1"),
        ([example(a=[1]), example(a=[b"x"])], errors.InvalidArgumentError, "'a' holds strings"),
    ],
)
def test_records_that_are_wrong(tmp_path, records, error, match):
    path = tmp_path / "data.tfrecord"
    path.write_bytes(b"".join(map(encode_record, records)))
    with pytest.raises(error, match=match) as raised:
        tfdv.generate_statistics_from_tfrecord(path)
    assert str(path) in str(raised.value)


def test_a_file_of_records_that_is_cut_short(tmp_path):
    path = tmp_path / "data.tfrecord"
    path.write_bytes(encode_record(example(a=[1])) + encode_record(example(a=[2]))[:-3])
    with pytest.raises(errors.DataLossError, match="record 1"):
        tfdv.generate_statistics_from_tfrecord(path)


def test_no_parquet(tmp_path):
    path = tmp_path / "data.parquet"
    path.write_bytes(b"something else")
    with pytest.raises(errors.DataLossError, match=str(path)):
        tfdv.generate_statistics_from_parquet(path)


# --- files of messages ----------------------------------------------------------------------------


def test_files_both_ways(tmp_path):
    table = pa.table({"x": [1, 2]})
    found = tfdv.generate_statistics_from_arrow(table)
    schema = tfdv.infer_schema(found)
    anomalies = tfdv.validate_statistics(found, schema)
    for write, load, message in (
        (tfdv.write_stats_text, tfdv.load_stats_text, found),
        (tfdv.write_schema_text, tfdv.load_schema_text, schema),
        (tfdv.write_anomalies_text, tfdv.load_anomalies_text, anomalies),
    ):
        write(message, tmp_path / "file.pbtxt")
        assert load(tmp_path / "file.pbtxt") == message
        with pytest.raises(TypeError, match="should be a"):
            write(metadata.Path(), tmp_path / "file.pbtxt")
    (tmp_path / "stats.pb").write_bytes(found.SerializeToString())
    (tmp_path / "stats.tfrecord").write_bytes(encode_record(found.SerializeToString()))
    tfdv.write_stats_text(found, tmp_path / "stats.pbtxt")
    for name in ("stats.pb", "stats.tfrecord", "stats.pbtxt"):
        assert tfdv.load_statistics(tmp_path / name) == found


def test_a_schema_with_unknown_fields(tmp_path):
    path = tmp_path / "schema.pbtxt"
    path.write_text("feature {\n  name: 'a'\n  colour: 'red'\n}\n")
    with pytest.raises(errors.DataLossError, match=r"schema\.pbtxt.*3:3.*colour"):
        tfdv.load_schema_text(path)


def test_parts_of_sparse_features_are_compared_in_structures_as_well():
    schema = text_format.Parse(
        """feature { name: 'p' type: STRUCT struct_domain {
            feature { name: 'v' type: INT } feature { name: 'i' type: INT }
            sparse_feature {
              name: 's' index_feature { name: 'i' } value_feature { name: 'v' } } } }""",
        metadata.Schema(),
    )
    rows = [
        # Two places: in one the index lacks, in the other it is longer by one.
        [{"v": [1, 2], "i": None}, {"v": [1], "i": [0, 1]}],
        None,
        [{"v": None, "i": [3]}],
        [{"v": [], "i": []}],  # Both are there, and empty.
    ]
    lists = pa.list_(pa.int64())
    column = pa.array(rows, pa.list_(pa.struct([("v", lists), ("i", lists)])))
    options = tfdv.StatsOptions(schema=schema)
    (data,) = tfdv.generate_statistics_from_arrow(pa.table({"p": column}), options).datasets
    found = tfdv.get_feature_stats(data, tfdv.FeaturePath(["p", "s"])).custom_stats
    told = {
        one.name: [b.sample_count for b in one.rank_histogram.buckets] or one.num for one in found
    }
    assert told == {
        "missing_value": 1,
        "missing_index": [1],
        "max_length_diff": [1],
        "min_length_diff": [-2],
    }
