"""Each failure that data really have, as serialized Examples, at every door."""

import base64
import json
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import numpy as np
import pytest

import tidefall as tf
import tidefall.data_validation as tfdv
from tidefall.base import errors
from tidefall.io.records.tfrecord import encode_record
from tidefall.proto import Example
from tidefall.serving import ModelServer

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
    with ModelServer({"counter": folder.parent}) as running:
        running.wait_until_available(30)
        yield running


def bad_rows(name):
    return [i for i in range(ROWS) if i % 10 < 3] if name in FAILURES else []


@pytest.mark.parametrize("name", [*FAILURES, "fine"])
class TestDoors:
    def data(self, name):
        return FAILURES.get(name, ("fare", rows(1)))

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
        kinds = {"key": tf.string, "fare": tf.float32, "city": tf.string}
        if name == "type":
            kinds["fare"] = tf.string
            records = [row for row in records if isinstance(row["fare"][0], str)]
        spec = {column: tf.io.VarLenFeature(kind) for column, kind in kinds.items()}
        examples = tf.data.Dataset.from_tensor_slices([serialized(row) for row in records])
        parsed = examples.batch(64).map(lambda batch: tf.io.parse_example(batch, spec))
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

    def test_the_server(self, server, name):
        feature, records = self.data(name)
        for number in (0, 5):
            encoded = base64.b64encode(serialized(records[number])).decode()
            body = json.dumps({"inputs": [{"b64": encoded}]}).encode()
            request = Request(f"{server.url}/v1/models/counter:predict", body)
            if number in bad_rows(name):
                with pytest.raises(HTTPError) as raised:
                    urlopen(request, timeout=30)
                assert raised.value.code == 400
                assert f"'{feature}'" in raised.value.read().decode()
            else:
                assert urlopen(request, timeout=30).status == 200


@pytest.mark.parametrize("name", ["domain", "units"])
def test_skew_and_drift(trained, tmp_path, name):
    statistics, schema = trained
    feature, records = FAILURES[name]
    served = tfdv.generate_statistics_from_tfrecord(write(tmp_path / "served.tfrecord", records))
    skewed = tfdv.validate_statistics(statistics, schema, serving_statistics=served)
    assert set(skewed.anomaly_info) == {feature}
    same = tfdv.generate_statistics_from_tfrecord(write(tmp_path / "same.tfrecord", rows(2)))
    assert not tfdv.validate_statistics(statistics, schema, None, same, same).anomaly_info
