"""Each failure that data really have, as serialized Examples, at every door."""

import base64
import json
import time
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import numpy as np
import pytest

import tidefall as tf
import tidefall.data_validation as tfdv
from tidefall.base import errors
from tidefall.io.records.tfrecord import encode_record, read_records
from tidefall.proto import Example
from tidefall.proto.serving import PredictionLog
from tidefall.serving import ModelServer
from tidefall.serving.models.config import Recording
from tidefall.serving.operations.settings import OperationsSettings

pytest.importorskip("pyarrow")
ROWS = 200


def rows(seed=0):
    random = np.random.default_rng(seed)
    return [
        {
            "key": [f"k{i}"],
            "fare": [5 + 40 * random.random()],
            "city": [str(random.choice(list("ABC")))],
        }
        for i in range(ROWS)
    ]


def changed(change):
    return [row | change(row) if number % 10 < 3 else row for number, row in enumerate(rows(1))]


# Three rows of ten are spoiled: a third of a key feature lacks, types, domains and units change.
FAILURES = {
    "missing": ("fare", changed(lambda row: {"fare": []})),
    "type": ("fare", changed(lambda row: {"fare": [f"{row['fare'][0]:.2f} EUR"]})),
    "domain": ("city", changed(lambda row: {"city": ["Z"]})),
    "units": ("fare", changed(lambda row: {"fare": [row["fare"][0] * 100]})),
}


def serialized(row):
    message = Example()
    for name, values in row.items():
        if values and isinstance(values[0], str):
            message.features.feature[name].bytes_list.value.extend(v.encode() for v in values)
        elif values:
            message.features.feature[name].float_list.value.extend(values)
    return message.SerializeToString()


def write(path, records):
    path.write_bytes(b"".join(encode_record(serialized(row)) for row in records))
    return path


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The statistics and the schema of good data."""
    path = write(tmp_path_factory.mktemp("train") / "train.tfrecord", rows())
    statistics = tfdv.generate_statistics_from_tfrecord(path)
    schema = tfdv.infer_schema(statistics)
    tfdv.get_feature(schema, "fare").float_domain.max = 100.0
    tfdv.get_feature(schema, "fare").drift_comparator.jensen_shannon_divergence.threshold = 0.1
    tfdv.get_feature(schema, "fare").skew_comparator.jensen_shannon_divergence.threshold = 0.1
    tfdv.get_feature(schema, "city").skew_comparator.infinity_norm.threshold = 0.2
    return statistics, schema


@pytest.fixture(scope="module")
def server(trained, tmp_path_factory):
    class Counter(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
        def serve(self, examples):
            return {"length": tf.strings.length(examples)}

    folder = tmp_path_factory.mktemp("models") / "counter" / "1"
    module = Counter()
    tf.saved_model.save(module, str(folder), signatures={"serving_default": module.serve})
    tfdv.attach_schema(trained[1], folder)
    files = tmp_path_factory.mktemp("operations")
    operations = OperationsSettings(
        quarantine=str(files / "refused.jsonl"), recording=Recording(str(files / "answered"))
    )
    with ModelServer({"counter": folder.parent}, operations=operations) as running:
        running.wait_until_available(30)
        yield running, files


def predict(server, row):
    """The status and the text of the answer to a row."""
    encoded = base64.b64encode(serialized(row)).decode()
    body = json.dumps({"inputs": [{"b64": encoded}]}).encode()
    try:
        with urlopen(Request(f"{server.url}/v1/models/counter:predict", body), timeout=30) as found:
            return found.status, found.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


def bad_rows(name):
    return [i for i in range(ROWS) if i % 10 < 3] if name in FAILURES else []


@pytest.mark.parametrize("name", [*FAILURES, "fine"])
class TestDoors:
    def data(self, name):
        return FAILURES.get(name, ("fare", rows(1)))

    def parsed(self, name, records):
        """Batches of rows as a pipeline reads them."""
        kinds = {"key": tf.string, "fare": tf.float32, "city": tf.string}
        if name == "type":
            kinds["fare"] = tf.string
            records = [row for row in records if isinstance(row["fare"][0], str)]
        spec = {column: tf.io.VarLenFeature(kind) for column, kind in kinds.items()}
        examples = tf.data.Dataset.from_tensor_slices([serialized(row) for row in records])
        return examples.batch(64).map(lambda batch: tf.io.parse_example(batch, spec))

    def test_statistics(self, trained, tmp_path, name):
        feature, records = self.data(name)
        path = write(tmp_path / "data.tfrecord", records)
        if name == "type":
            # Within one file the reader itself says so; see below for a file of its own.
            with pytest.raises(errors.InvalidArgumentError, match=r"data.tfrecord.*'fare'"):
                tfdv.generate_statistics_from_tfrecord(path)
            path = write(path, [row for row in records if isinstance(row["fare"][0], str)])
        anomalies = tfdv.validate_statistics(
            tfdv.generate_statistics_from_tfrecord(path), trained[1]
        )
        assert set(anomalies.anomaly_info) == ({feature} if name in FAILURES else set())

    def test_files(self, trained, tmp_path, name):
        feature, records = self.data(name)
        if name == "type":
            records = [row for row in records if isinstance(row["fare"][0], str)]
        path = write(tmp_path / "data.tfrecord", records)
        found = tfdv.validate_examples_in_tfrecord(path, tfdv.StatsOptions(schema=trained[1]))
        assert all(dataset.name.startswith(f"{feature}_") for dataset in found.datasets)
        assert {d.num_examples for d in found.datasets} == ({60} if name in FAILURES else set())

    def test_pipelines(self, trained, tmp_path, name):
        feature, records = self.data(name)
        if name == "type":
            records = [row for row in records if isinstance(row["fare"][0], str)]
        parsed = self.parsed(name, records)
        path = tmp_path / "refused.jsonl"
        kept = parsed.validate(trained[1], "quarantine", quarantine_path=path, batched=True)
        passed = sum(int(batch["key"].dense_shape[0]) for batch in kept)
        refused = list(tfdv.read_quarantine(path)) if path.exists() else []
        # Nothing is lost: what does not pass is there with its reason.
        assert passed + len(refused) == len(records)
        assert len(refused) == len(bad_rows(name))
        assert {reason["feature"] for row in refused for reason in row["reasons"]} <= {feature}
        if refused:
            with pytest.raises(errors.InvalidArgumentError, match=f"'{feature}'"):
                list(parsed.validate(trained[1], batched=True))

    def test_fit(self, trained, name):
        feature, records = self.data(name)
        door = self.parsed(name, records).validate(trained[1], batched=True)
        rows = door.map(
            lambda batch: (tf.sparse.to_dense(batch["fare"]), tf.sparse.to_dense(batch["fare"]))
        )
        model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
        model.compile("sgd", "mse", run_eagerly=True)
        if name in FAILURES:
            with pytest.raises(errors.InvalidArgumentError, match=f"feature '{feature}'"):
                model.fit(rows, verbose=0, shuffle=False)
            assert door.validation["rows"] <= 64  # The first batch already.
        else:
            assert model.fit(rows, verbose=0, shuffle=False).history["loss"]

    def test_batch_scoring(self, trained, tmp_path, name):
        feature, records = self.data(name)
        path = tmp_path / "refused.jsonl"
        door = tfdv.RecordDoor(trained[1], None, "quarantine", path)
        given = [serialized(row) for row in records]
        passed = [
            one for first in range(0, ROWS, 64) for one in door.admitted(given[first : first + 64])
        ]
        refused = list(tfdv.read_quarantine(path)) if path.exists() else []
        assert [row["number"] for row in refused] == bad_rows(name)
        # Nothing is lost, and nothing is changed.
        kept = [row["features"]["record"] for row in refused]
        assert sorted(passed + kept) == sorted(given)
        assert {reason["feature"] for row in refused for reason in row["reasons"]} <= {feature}

    def test_the_server(self, server, name):
        feature, records = self.data(name)
        path = server[1] / "refused.jsonl"
        before = len(list(tfdv.read_quarantine(path))) if path.exists() else 0
        for number in (0, 5):
            status, text = predict(server[0], records[number])
            if number in bad_rows(name):
                assert status == 400 and f"'{feature}'" in text
            else:
                assert status == 200
        refused = list(tfdv.read_quarantine(path))[before:] if path.exists() else []
        assert [row["features"]["examples"] for row in refused] == [
            [serialized(records[0])] for _ in bad_rows(name)[:1]
        ]
        assert {reason["feature"] for row in refused for reason in row["reasons"]} <= {feature}


@pytest.mark.parametrize("name", ["domain", "units"])
def test_skew_and_drift(trained, tmp_path, name):
    statistics, schema = trained
    feature, records = FAILURES[name]
    served = tfdv.generate_statistics_from_tfrecord(write(tmp_path / "served.tfrecord", records))
    skewed = tfdv.validate_statistics(statistics, schema, serving_statistics=served)
    assert set(skewed.anomaly_info) == {feature}
    same = tfdv.generate_statistics_from_tfrecord(write(tmp_path / "same.tfrecord", rows(2)))
    assert not tfdv.validate_statistics(statistics, schema, None, same, same).anomaly_info


# What each row by itself keeps to, and all together do not: served fares are in another unit.
def skewed_rows():
    return [row | {"fare": [row["fare"][0] / 10], "city": ["A"]} for row in rows(3)]


@pytest.mark.parametrize("door", ["pipeline", "scoring", "server"])
@pytest.mark.parametrize("is_skewed", [True, False])
def test_skew_is_seen_in_what_passes_each_door(trained, server, tmp_path, door, is_skewed):
    statistics, schema = trained
    records = skewed_rows() if is_skewed else rows(3)
    given = [serialized(row) for row in records]
    if door == "pipeline":
        spec = {"fare": tf.io.VarLenFeature(tf.float32), "city": tf.io.VarLenFeature(tf.string),
                "key": tf.io.VarLenFeature(tf.string)}  # fmt: skip
        data = tf.data.Dataset.from_tensor_slices(given).batch(64)
        data = data.map(lambda batch: tf.io.parse_example(batch, spec))
        passed = data.validate(schema, batched=True)
        served = tfdv.generate_statistics_from_dataset(passed, batched=True)
    elif door == "scoring":
        served = tfdv.generate_statistics_from_tfrecord(
            recorded(tmp_path, tfdv.RecordDoor(schema).admitted(given))
        )
    else:
        running, files = server
        seen = len(answered(files))
        assert {predict(running, row)[0] for row in records} == {200}
        deadline = time.monotonic() + 30
        while len(found := answered(files)[seen:]) < ROWS and time.monotonic() < deadline:
            time.sleep(0.05)
        assert sorted(found) == sorted(given)
        served = tfdv.generate_statistics_from_tfrecord(recorded(tmp_path, found))
    anomalies = tfdv.validate_statistics(statistics, schema, serving_statistics=served)
    assert set(anomalies.anomaly_info) == ({"fare", "city"} if is_skewed else set())


def recorded(folder, records):
    path = folder / "served.tfrecord"
    path.write_bytes(b"".join(map(encode_record, records)))
    return path


def answered(files):
    """The Examples that the server has answered, as it recorded them."""
    path = files / "answered.tfrecord"
    logs = map(PredictionLog.FromString, read_records(path)) if path.exists() else ()
    return [log.predict_log.request.inputs["examples"].string_val[0] for log in logs]
