"""The schema at every door, and what is wrong beyond it: the failures that data really have."""

import json

import numpy as np
import pytest

import tidefall as tf
import tidefall.data_validation as tfdv
from tidefall.base import errors
from tidefall.io.records.tfrecord import encode_record
from tidefall.lifecycle.data_validation.cli import main
from tidefall.lifecycle.data_validation.parity import compare_with_server
from tidefall.lifecycle.data_validation.sources.csv_files import CsvSource
from tidefall.lifecycle.data_validation.statistics.scan import scan
from tidefall.proto import Example, metadata
from tidefall.serving import ModelServer

pa = pytest.importorskip("pyarrow")


def table(rows=500, seed=0, **changes):
    """Trips: a key, a fare, miles, a city, a label."""
    random = np.random.default_rng(seed)
    columns = {
        "key": [f"k{i}" for i in range(rows)],
        "fare": random.gamma(2.0, 8.0, rows).round(2).tolist(),
        "miles": random.gamma(2.0, 3.0, rows).tolist(),
        "city": random.choice(["A", "B", "C"], rows).tolist(),
        "label": random.integers(0, 2, rows).tolist(),
    }
    for name, change in changes.items():
        columns[name] = [change(value, i) for i, value in enumerate(columns[name])]
    return pa.table({name: pa.array(values) for name, values in columns.items()})


@pytest.fixture(scope="module")
def trained():
    """The statistics of the day of training, and the schema agreed on."""
    options = tfdv.StatsOptions(cross_features=True)
    statistics = tfdv.generate_statistics_from_arrow(table(), options)
    schema = tfdv.infer_schema(statistics)
    schema.default_environment.extend(["TRAINING", "SERVING"])
    tfdv.get_feature(schema, "label").not_in_environment.append("SERVING")
    fare = tfdv.get_feature(schema, "fare")
    fare.float_domain.min = 0.0
    fare.drift_comparator.jensen_shannon_divergence.threshold = 0.2
    tfdv.get_feature(schema, "city").skew_comparator.infinity_norm.threshold = 0.15
    return statistics, schema


def changed(**changes):
    return table(seed=1, **changes)


FAILURES = {
    "missing": (changed(fare=lambda v, i: None if i % 10 < 3 else v), "fare", "LOW_FRACTION"),
    "type": (changed(fare=lambda v, i: f"{v} EUR"), "fare", "UNEXPECTED_DATA_TYPE"),
    "domain": (changed(city=lambda v, i: "Z" if i == 7 else v), "city", "UNEXPECTED_STRING"),
    "range": (changed(fare=lambda v, i: -v if i == 9 else v), "fare", "SMALL_FLOAT"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_statistics_catch_what_goes_wrong(trained, name):
    data, feature, kind = FAILURES[name]
    anomalies = tfdv.validate_statistics(tfdv.generate_statistics_from_arrow(data), trained[1])
    info = anomalies.anomaly_info[feature]
    assert any(kind in info.Type.Name(reason.type) for reason in info.reason)


@pytest.mark.parametrize("name", FAILURES)
def test_rows_are_refused_one_by_one(trained, name):
    data, feature, _ = FAILURES[name]
    found = list(tfdv.RowContract(trained[1]).refusals(data.to_batches()[0]))
    assert {refusal.feature for refusal in found} == {feature}
    expected = {"missing": 150, "type": 500, "domain": 1, "range": 1}[name]
    assert len({refusal.row for refusal in found}) == expected
    assert not list(tfdv.RowContract(trained[1]).refusals(table().to_batches()[0]))


def test_units_drift_and_skew(trained):
    statistics, schema = trained
    cents = tfdv.generate_statistics_from_arrow(changed(fare=lambda v, i: v * 100))
    anomalies = tfdv.validate_statistics(cents, schema, previous_statistics=statistics)
    assert "Jensen-Shannon" in anomalies.anomaly_info["fare"].short_description
    hints = tfdv.find_hints(cents, statistics)
    assert set(hints.anomaly_info) == {"fare"}
    assert "cents" in hints.anomaly_info["fare"].description
    same = tfdv.generate_statistics_from_arrow(changed())
    assert not tfdv.find_hints(same, statistics).anomaly_info
    served = tfdv.generate_statistics_from_arrow(changed(city=lambda v, i: "A"))
    anomalies = tfdv.validate_statistics(statistics, schema, serving_statistics=served)
    assert set(anomalies.anomaly_info) == {"city"}
    (one,) = tfdv.explain_anomalies(anomalies, statistics, serving_statistics=served)
    assert one.value > one.threshold > one.noise > 0
    assert one.contributors[0][0] == "A"
    assert "skew_comparator" in one.advice
    assert "A: " in str(one)


def test_each_segment_has_its_own_baseline(trained):
    slices = tfdv.SlicingConfig([tfdv.SlicingSpec(["city"])])
    options = tfdv.StatsOptions(slicing_config=slices)
    before = tfdv.generate_statistics_from_arrow(table(3000), options)

    def only_in_b(fare, row):
        return fare * 4 if cities[row] == "B" else fare

    cities = table(3000, seed=1)["city"].to_pylist()
    now = tfdv.generate_statistics_from_arrow(table(3000, seed=1, fare=only_in_b), options)
    anomalies = tfdv.validate_corresponding_slices(now, trained[1], None, before)
    drifted = {
        name
        for name, info in anomalies.anomaly_info.items()
        if any("COMPARATOR_JENSEN" in info.Type.Name(reason.type) for reason in info.reason)
    }
    # The city is the third part of all rows: in all of them together the change drowns.
    assert drifted == {"'slice(city_B)::fare'"}


def test_noise_is_no_drift():
    # Two samples of one distribution lie within the band 95 times of 100.
    random = np.random.default_rng(0)
    from tidefall.lifecycle.data_validation.anomalies.explain import noise_band

    inside = 0
    for seed in range(60):
        p, q = (random.multinomial(400, [0.5, 0.3, 0.2]).astype(float) for _ in range(2))
        inside += np.abs(p - q).max() / 400 <= noise_band(p, q, "L_INFTY", seed)
    assert 50 <= inside <= 60


def test_other_hints(trained):
    statistics, _ = trained
    options = tfdv.StatsOptions(cross_features=True)
    random = np.random.default_rng(0)
    label = random.normal(size=200)
    leaking = pa.table({"label": label, "answer": label * 2 + 1, "noise": random.normal(size=200)})
    for how in (options, tfdv.StatsOptions(label_feature="label")):
        leaky = tfdv.generate_statistics_from_arrow(leaking, how)
        assert set(tfdv.find_hints(leaky, label="label").anomaly_info) == {"answer"}
    assert len(leaky.datasets[0].cross_features) == 2
    stale = tfdv.generate_statistics_from_arrow(pa.table({"time": [1000, 2000]}))
    arguments = {"time_feature": "time", "now": 9000.0}
    assert tfdv.find_hints(stale, max_age_seconds=3600, **arguments).anomaly_info
    assert not tfdv.find_hints(stale, max_age_seconds=8000, **arguments).anomaly_info
    twice = tfdv.generate_statistics_from_arrow(pa.concat_tables([table(50), table(50)]))
    assert set(tfdv.find_hints(twice, key_feature="key").anomaly_info) == {"key"}
    assert not tfdv.find_hints(statistics, key_feature="key").anomaly_info
    few = tfdv.generate_statistics_from_arrow(table(100))
    assert "0.2 times" in tfdv.find_hints(few, statistics).dataset_anomaly_info.description


def test_rows_out_of_order_are_counted_over_shards(tmp_path):
    times = [*range(5000), 10, 11, *range(5000, 9000), 20]
    path = tmp_path / "d.csv"
    path.write_text("time,x\n" + "".join(f"{time},1\n" for time in times))
    options = tfdv.StatsOptions(order_features=["time"], threads=2)
    for size in (1 << 10, 1 << 20):
        source = CsvSource(path, chunk_size=size)
        for _ in range(2):  # The second time from what was kept.
            found = scan(source, options, None, tmp_path / "work").message()
            (told,) = found.datasets[0].features[0].custom_stats
            assert (told.name, told.num) == ("num_out_of_order", 2)
    (info,) = tfdv.find_hints(found, time_feature="time").anomaly_info.values()
    assert info.short_description == "Rows out of order"
    ordered = tfdv.generate_statistics_from_arrow(pa.table({"time": [1, 2, 2, None, 3]}), options)
    assert not tfdv.find_hints(ordered, time_feature="time").anomaly_info


# --- pipelines ------------------------------------------------------------------------------------


def rows_of(data):
    columns = {n: data[n].to_numpy(zero_copy_only=False) for n in ("fare", "city")}
    columns["city"] = columns["city"].astype(object)
    return tf.data.Dataset.from_tensor_slices(columns)


@pytest.fixture
def fare_and_city(trained):
    schema = metadata.Schema()
    schema.CopyFrom(trained[1])
    del schema.feature[:]
    schema.feature.extend(f for f in trained[1].feature if f.name in ("fare", "city"))
    return schema


@pytest.mark.parametrize("batch", [0, 64])
@pytest.mark.parametrize("name", ["domain", "range"])
def test_pipelines(fare_and_city, tmp_path, name, batch):
    data, feature, kind = FAILURES[name]
    dataset = rows_of(data).batch(batch) if batch else rows_of(data)

    def count(dataset):
        return sum(len(e["fare"]) if batch else 1 for e in dataset)

    assert count(dataset.validate(fare_and_city, "drop")) == 499
    path = tmp_path / "refused" / "rows.jsonl"
    kept = dataset.validate(fare_and_city, "quarantine", quarantine_path=path)
    assert count(kept) == 499
    (row,) = tfdv.read_quarantine(path)
    assert row["reasons"][0]["feature"] == feature
    assert row["features"][feature] in ("Z", data["fare"][9].as_py())
    assert kept.validation["refused"] == 1
    assert kept.validation["rows"] == 500
    assert any(kind in reason for reason in kept.validation["reasons"])
    with pytest.raises(errors.InvalidArgumentError, match=f"row {7 if name == 'domain' else 9}, "):
        count(dataset.validate(fare_and_city))
    fine = rows_of(table()).batch(10).validate(fare_and_city)
    assert sum(1 for _ in fine) == 50


def test_pipelines_that_cannot_be_validated(fare_and_city):
    dataset = rows_of(table())
    with pytest.raises(errors.InvalidArgumentError, match="on_error"):
        dataset.validate(fare_and_city, "ignore")
    with pytest.raises(errors.InvalidArgumentError, match="quarantine_path"):
        dataset.validate(fare_and_city, "quarantine")
    with pytest.raises(errors.InvalidArgumentError, match="drop_remainder"):
        dataset.batch(8, drop_remainder=True).validate(fare_and_city, "drop", batched=True)
    with pytest.raises(TypeError, match="should be a Schema"):
        dataset.validate(metadata.Path())
    nested = tf.data.Dataset.from_tensors({"x": tf.data.Dataset.range(3)})
    with pytest.raises(errors.UnimplementedError, match="'x'"):
        nested.validate(fare_and_city)


def tags_of(value):
    dense = value.to_list() if isinstance(value, tf.RaggedTensor) else None
    if dense is None and isinstance(value, tf.SparseTensor):
        value = tf.sparse.to_dense(value)
    found = np.asarray(value).tolist() if dense is None else dense
    rows = found if found and isinstance(found[0], list) else [found]
    return [[tag for tag in row if tag] for row in rows]


TAGS = tf.ragged.constant([["a"], ["a", "b"], ["z"], [], ["a", "b", "a"]])


@pytest.mark.parametrize("batch", [0, 1, 3, 5])
@pytest.mark.parametrize("kind", ["ragged", "sparse"])
def test_ragged_and_sparse_components(tmp_path, kind, batch):
    schema = metadata.Schema()
    tags = schema.feature.add(name="tags", type=metadata.FeatureType.BYTES)
    tags.value_count.min, tags.value_count.max = 1, 2
    tags.presence.min_fraction = 1.0
    tags.string_domain.value.extend(["a", "b"])
    value = TAGS if kind == "ragged" else TAGS.to_sparse()
    dataset = tf.data.Dataset.from_tensor_slices({"id": list(range(5)), "tags": value})
    dataset = dataset.batch(batch) if batch else dataset
    path = tmp_path / "refused.jsonl"
    kept = dataset.validate(schema, "quarantine", quarantine_path=path, batched=bool(batch))
    elements = list(kept.map(lambda row: row))
    assert [int(i) for e in elements for i in np.ravel(e["id"])] == [0, 1]
    assert [row for e in elements for row in tags_of(e["tags"])] == [[b"a"], [b"a", b"b"]]
    assert kept.element_spec == dataset.element_spec
    refused = {
        row["features"]["id"]: row["reasons"][0]["type"] for row in tfdv.read_quarantine(path)
    }
    lacking = "LOW_NUMBER_VALUES" if kind == "ragged" else "LOW_FRACTION_PRESENT"
    assert refused == {
        2: "ENUM_TYPE_UNEXPECTED_STRING_VALUES",
        3: f"FEATURE_TYPE_{lacking}",
        4: "FEATURE_TYPE_HIGH_NUMBER_VALUES",
    }


def test_fit_stops_at_a_bad_row(fare_and_city):
    data, *_ = FAILURES["range"]
    dataset = rows_of(data).batch(100).validate(fare_and_city).map(lambda row: (row["fare"], 0.0))
    model = tf.keras.Sequential([tf.keras.layers.Input((1,)), tf.keras.layers.Dense(1)])
    model.compile("sgd", "mse", run_eagerly=True)
    with pytest.raises(errors.InvalidArgumentError, match="'fare'"):
        model.fit(dataset, verbose=0, shuffle=False)


# --- files ----------------------------------------------------------------------------------------


def test_examples_that_break_the_schema(trained, tmp_path):
    from pyarrow import csv

    data, *_ = FAILURES["domain"]
    csv.write_csv(data, tmp_path / "d.csv")
    options = tfdv.StatsOptions(schema=trained[1])
    found, rows = tfdv.validate_examples_in_csv(tmp_path / "d.csv", options, num_sampled_examples=3)
    assert [d.name for d in found.datasets] == ["city_ENUM_TYPE_UNEXPECTED_STRING_VALUES"]
    assert found.datasets[0].num_examples == 1
    assert rows["city_ENUM_TYPE_UNEXPECTED_STRING_VALUES"]["key"].tolist() == ["k7"]
    with pytest.raises(ValueError, match="schema"):
        tfdv.validate_examples_in_csv(tmp_path / "d.csv", tfdv.StatsOptions())


# --- models and servers ---------------------------------------------------------------------------


def example(x):
    message = Example()
    message.features.feature["x"].float_list.value.append(x)
    return message.SerializeToString()


@pytest.fixture
def model(tmp_path):
    class Doubler(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
        def serve(self, examples):
            spec = {"x": tf.io.FixedLenFeature([1], tf.float32)}
            x = tf.io.parse_example(examples, spec)["x"]
            return {"doubled": 2 * x, "negated": -x}

    folder = tmp_path / "doubler" / "1"
    module = Doubler()
    tf.saved_model.save(module, str(folder), signatures={"serving_default": module.serve})
    schema = metadata.Schema()
    feature = schema.feature.add(name="x", type=metadata.FeatureType.FLOAT)
    feature.presence.min_fraction, feature.float_domain.min = 1.0, 0.0
    tfdv.attach_schema(schema, folder)
    return folder


def test_the_schema_travels_with_the_model(model, tmp_path):
    assert tfdv.attached_schema(model).feature[0].float_domain.HasField("min")
    assert tf.saved_model.load(str(model)) is not None
    with pytest.raises(errors.NotFoundError, match="no SavedModel"):
        tfdv.attach_schema(metadata.Schema(), tmp_path)
    with pytest.raises(errors.NotFoundError):
        tfdv.attached_schema(tmp_path)


def test_the_server_refuses_and_parity_is_seen(model, tmp_path, capsys):
    records = tmp_path / "fine.tfrecord"
    records.write_bytes(b"".join(encode_record(example(float(x))) for x in range(20)))
    with ModelServer({"doubler": model.parent}) as server:
        server.wait_until_available(30)
        arguments = ["parity", str(model), "--server", server.url]
        assert main([*arguments, str(records)]) == 0
        assert "agree" in capsys.readouterr().out
        bad = tmp_path / "bad.tfrecord"
        bad.write_bytes(encode_record(example(-1.0)))
        # The server refuses what breaks the model's schema.
        assert main([*arguments, str(bad)]) == 2
        assert "400" in capsys.readouterr().err


def test_parity_tells_what_differs(model):
    records = [example(float(x)) for x in range(-1, 4)]

    def predict(inputs):
        x = np.array([[float(v)] for v in range(-1, 4)])
        return {"doubled": 2 * x + (x == 2) * 0.5, "negated": -x}

    found = compare_with_server(str(model), records, predict)
    assert found.differences == {"doubled": (1, 0.5)}
    assert found.refusals == {"x: FLOAT_TYPE_SMALL_FLOAT": 1}
    assert not found.is_equal
    assert json.dumps(found.__dict__)


def test_a_pipeline_that_fails_on_bad_rows_has_as_many_elements_as_before():
    rows = tf.data.Dataset.range(10).map(lambda x: {"x": x})
    schema = metadata.Schema()
    assert int(rows.validate(schema).cardinality()) == 10
    assert int(rows.validate(schema, "drop").cardinality()) == tf.data.UNKNOWN_CARDINALITY
    endless = rows.repeat().validate(schema, "drop")
    assert int(endless.cardinality()) == tf.data.INFINITE_CARDINALITY
