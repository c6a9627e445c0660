"""The taxi example from raw records to a running server: features and predictions are the same."""

import json

import numpy as np
import pytest

import tidefall as tf
import tidefall.data_validation as tfdv
from tests.lifecycle.transform import taxi
from tidefall import transform as tft
from tidefall.io.records.tfrecord import encode_record, read_records
from tidefall.lifecycle.data_validation.cli import main
from tidefall.proto import Example
from tidefall.serving import ModelServer

pytest.importorskip("pyarrow")
USED = ("trip_miles_xf", "fare_xf", "trip_seconds_xf")
LABEL = "tips"


class Taxi(tf.Module):
    """A model of raw records, with the signatures that TFX gives its models."""

    def __init__(self, output):
        super().__init__()
        self.transform = output.transform_features_layer()
        self.weights = tf.Variable([[0.5], [-0.25], [1.0]])
        spec = output.raw_feature_spec()
        self._spec = {name: one for name, one in spec.items() if name != LABEL}

    def _features(self, examples):
        return self.transform(tf.io.parse_example(examples, self._spec))

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def serve(self, examples):
        features = self._features(examples)
        columns = tf.stack([features[name] for name in USED], axis=1)
        return {"score": tf.squeeze(columns @ self.weights, axis=1)}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def features(self, examples):
        return dict(self._features(examples))


@pytest.fixture
def records(interop_genuine, tmp_path):
    """The taxi records, not compressed."""
    (path,) = (interop_genuine / "taxi_records").glob("*.gz")
    plain = tmp_path / "taxi.tfrecord"
    plain.write_bytes(b"".join(map(encode_record, read_records(str(path), "GZIP"))))
    return plain


def test_from_records_to_a_server(records, tmp_path, capsys):
    statistics = tfdv.generate_statistics_from_tfrecord(records)
    schema = tfdv.infer_schema(statistics)
    schema.default_environment.extend(["TRAINING", "SERVING"])
    tfdv.get_feature(schema, LABEL).not_in_environment.append("SERVING")
    tfdv.get_feature(schema, "fare").float_domain.min = 0.0

    out, other = str(tmp_path / "out"), str(tmp_path / "other")
    tft.analyze_and_transform(str(records), taxi.preprocessing_fn, out, taxi.feature_spec())
    model = Taxi(tft.TFTransformOutput(out))
    folder = tmp_path / "taxi" / "1"
    tf.saved_model.save(
        model, str(folder), {"serving_default": model.serve, "transform_features": model.features}
    )
    tfdv.attach_schema(schema, folder)
    # Half the records: other means, so other features.
    half = tmp_path / "half.tfrecord"
    half.write_bytes(b"".join(map(encode_record, list(read_records(str(records), ""))[:200])))
    tft.analyze_and_transform(str(half), taxi.preprocessing_fn, other, taxi.feature_spec())

    with ModelServer({"taxi": folder.parent}) as server:
        server.wait_until_available(30)
        command = ["parity", str(folder), str(records), "--server", server.url, "--json"]
        assert main([*command, "--transform", out, "--tolerance", "0"]) == 0
        said = json.loads(capsys.readouterr().out)
        assert said["equal"]
        assert said["records"] == 424
        assert said["compared"] == ["score"]
        # All features but the label, which is not known in serving.
        names = {f"{name}_xf" for name in taxi.feature_spec()} - {"tips_xf"}
        assert set(said["features"]["compared"]) == names

        assert main([*command, "--transform", other]) == 1
        said = json.loads(capsys.readouterr().out)
        assert said["differences"] == {}
        assert set(USED) <= set(said["features"]["differences"])

        free = Example.FromString(next(read_records(str(records), "")))
        free.features.feature["fare"].float_list.value[:] = [-1.0]
        refused = tmp_path / "refused.tfrecord"
        refused.write_bytes(encode_record(free.SerializeToString()))
        assert main(["parity", str(folder), str(refused), "--server", server.url]) == 2
        error = capsys.readouterr().err
        assert "'fare'" in error
        assert "-1" in error
    assert main(["parity", str(folder), str(records), "--server", "http://localhost:1"]) == 2
    assert "http://localhost:1/v1/models/taxi" in capsys.readouterr().err


def test_weights_of_another_version_are_seen(records, tmp_path):
    from tidefall.lifecycle.data_validation.parity import compare_with_server

    out = str(tmp_path / "out")
    tft.analyze_and_transform(str(records), taxi.preprocessing_fn, out, taxi.feature_spec())
    model = Taxi(tft.TFTransformOutput(out))
    folder = str(tmp_path / "model")
    tf.saved_model.save(model, folder, {"serving_default": model.serve})
    served = tf.saved_model.load(folder).signatures["serving_default"]
    chosen = list(read_records(str(records), ""))[:50]

    def newer(inputs):
        (examples,) = inputs.values()
        return np.asarray(served(examples=tf.constant(examples))["score"]) + 0.25

    found = compare_with_server(folder, chosen, newer)
    assert found.differences["score"][0] == 50
    assert found.differences["score"][1] == pytest.approx(0.25, rel=1e-4)
