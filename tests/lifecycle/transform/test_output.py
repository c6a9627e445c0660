"""The output directory, the layer inside of models, and the forms that data come in."""

from __future__ import annotations

import json

import numpy as np
import pytest

import tidefall as tf
from tidefall import transform as tft
from tidefall.lifecycle.transform import beam as tft_beam

SPEC = {
    "x": tf.io.FixedLenFeature([], tf.float32),
    "s": tf.io.VarLenFeature(tf.string),
    "y": tf.io.FixedLenFeature([], tf.int64),
}
COLUMNS = {
    "x": np.array([1.0, 2.0, 6.0], np.float32),
    "s": [["a", "b"], [], ["a"]],
    "y": np.array([1, 0, 1]),
}


def preprocessing_fn(inputs):
    return {
        "x": tft.scale_to_z_score(inputs["x"]),
        "s": tft.compute_and_apply_vocabulary(inputs["s"], vocab_filename="my words"),
        "y": inputs["y"],
    }


@pytest.fixture
def output(tmp_path):
    folder = str(tmp_path / "out")
    return tft.analyze_and_transform(COLUMNS, preprocessing_fn, folder, SPEC).output


def test_what_the_output_says(output, tmp_path):
    assert output.vocabulary_by_name("my words") == [b"a", b"b"]
    assert output.vocabulary_size_by_name("my words") == 2
    assert output.vocabulary_file_by_name("my words").endswith("assets/my-words")
    assert output.vocabulary_file_by_name("others") is None
    with pytest.raises(ValueError, match="no vocabulary 'others'"):
        output.vocabulary_size_by_name("others")
    assert output.raw_feature_spec() == SPEC
    assert output.transformed_feature_spec() == {
        "x": tf.io.FixedLenFeature([], tf.float32),
        "s": tf.io.VarLenFeature(tf.int64),
        "y": tf.io.FixedLenFeature([], tf.int64),
    }
    domain = output.transformed_domains()["s"]
    assert (domain.min, domain.max, domain.is_categorical) == (-1, 1, True)
    with pytest.raises(ValueError, match="begin at -1"):
        output.num_buckets_for_transformed_feature("s")
    assert json.loads((tmp_path / "out/transformed_metadata/asset_map").read_text()) == {
        "my words": "my-words"
    }


def test_what_depends_on_missing_features_is_left_out(output):
    served = output.transform_raw_features({"x": tf.constant([2.0])})
    assert sorted(served) == ["x"]
    assert served.pop("y") is None
    with pytest.raises(tf.errors.InvalidArgumentError, match="none of the features"):
        output.transform_raw_features({"z": tf.constant([2.0])})
    with pytest.raises(tf.errors.InvalidArgumentError, match="'x' should be float32, got string"):
        output.transform_raw_features({"x": tf.constant(["2"])})


def test_in_graph_and_out_of_graph_are_equal_bit_by_bit(tmp_path):
    rng = np.random.default_rng(0)
    columns = {"x": rng.lognormal(size=3000).astype(np.float32), "k": ["a", "b", "c"] * 1000}
    spec = {
        "x": tf.io.FixedLenFeature([], tf.float32), "k": tf.io.FixedLenFeature([], tf.string)
    }  # fmt: skip

    def function(inputs):
        x = inputs["x"]
        return {
            "z": tft.scale_to_z_score(x), "01": tft.scale_to_0_1(x),
            "range": tft.scale_by_min_max(x, -3, 7), "b": tft.bucketize(x, 9),
            "key": tft.scale_to_z_score_per_key(x, inputs["k"]),
            "bkey": tft.bucketize_per_key(x, inputs["k"], 5),
            "place": tft.apply_buckets_with_interpolation(x, tft.quantiles(x, 10, 0.01)),
        }  # fmt: skip

    analysis = tft.analyze_and_transform(columns, function, str(tmp_path / "o"), spec)
    eager = next(analysis.batches())
    raw = {name: tf.constant(value) for name, value in columns.items()}
    layer = analysis.output.transform_features_layer()
    inside = tf.function(lambda raw: layer(raw))(raw)
    mapped = tf.data.Dataset.from_tensor_slices(raw).batch(700).map(layer)
    pieces = list(mapped)
    for name, value in eager.items():
        np.testing.assert_array_equal(inside[name], value, err_msg=name)
        joined = np.concatenate([piece[name] for piece in pieces])
        np.testing.assert_array_equal(joined, value, err_msg=name)


def test_one_model_takes_raw_records(output, tmp_path):
    model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
    model.build([None, 1])
    model.transform = output.transform_features_layer()
    raw_spec = {"x": SPEC["x"]}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def serve(records):
        features = model.transform(tf.io.parse_example(records, raw_spec))
        return {"score": model(features["x"][:, None])}

    folder = str(tmp_path / "model")
    tf.saved_model.save(model, folder, signatures={"serving_default": serve})
    example = tf.train.Example()
    example.features.feature["x"].float_list.value.append(6.0)
    records = tf.constant([example.SerializeToString()])
    loaded = tf.saved_model.load(folder).signatures["serving_default"](records)
    np.testing.assert_array_equal(loaded["score"], serve(records)["score"])


ROWS = [{"x": 1.0, "s": "a"}, {"x": 0.0, "s": "b"}, {"x": 3.0, "s": "a"}]
METADATA = {
    "x": tf.io.FixedLenFeature([], tf.float32), "s": tf.io.FixedLenFeature([], tf.string)
}  # fmt: skip


def test_the_words_of_beam(tmp_path):
    metadata = tft.DatasetMetadata.from_feature_spec(METADATA)

    def function(inputs):
        return {"scaled": tft.scale_by_min_max_per_key(inputs["x"], inputs["s"])}

    with tft_beam.Context(temp_dir=str(tmp_path)):
        (rows, shown), transform_fn = (ROWS, metadata) | tft_beam.AnalyzeAndTransformDataset(
            function
        )
        assert [row["scaled"] for row in rows] == [0.0, 0.5, 1.0]
        assert [f.name for f in shown.schema.feature] == ["scaled"]
        encoded = (rows, shown) | "encode" >> tft_beam.EncodeTransformedDataset()
        parsed = tf.io.parse_example(encoded, {"scaled": tf.io.FixedLenFeature([], tf.float32)})
        assert parsed["scaled"].numpy().tolist() == [0.0, 0.5, 1.0]
        transform_fn | tft_beam.WriteTransformFn(str(tmp_path / "written"))
        read = None | tft_beam.ReadTransformFn(str(tmp_path / "written"))
        again, _ = ((ROWS[2:], metadata), read) | tft_beam.TransformDataset()
        assert again == [{"scaled": 1.0}]
        only = (ROWS, metadata) | tft_beam.AnalyzeDataset(function)
        assert only.output.transformed_feature_spec().keys() == {"scaled"}


def test_the_name_of_tensorflow_transform():
    import subprocess
    import sys

    program = (
        "from tidefall.compat import tensorflow as a; a.enable();"
        "import tensorflow_transform as tft, tensorflow_transform.beam as tft_beam;"
        "from tensorflow_transform.tf_metadata import dataset_metadata, schema_utils;"
        "from tensorflow_transform.tf_metadata.dataset_metadata import DatasetMetadata;"
        "print(tft.scale_to_z_score.__module__, tft_beam.Context.__name__,"
        " dataset_metadata.DatasetMetadata is tft.DatasetMetadata,"
        " schema_utils.schema_as_feature_spec.__name__)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert ran.stdout.split()[1:] == ["Context", "True", "schema_as_feature_spec"]


def test_forms_of_data(tmp_path):
    import pandas as pd
    import pyarrow as pa
    from pyarrow import parquet

    x, s = [1.0, 2.0, 6.0], ["a", "b", "a"]
    frame = pd.DataFrame({"x": x, "s": s})
    table = pa.table({"x": x, "s": s})
    frame.to_csv(tmp_path / "d.csv", index=False)
    parquet.write_table(table, tmp_path / "d.parquet")
    with tf.io.TFRecordWriter(str(tmp_path / "d.tfrecord")) as writer:
        for value, word in zip(x, s, strict=True):
            example = tf.train.Example()
            example.features.feature["x"].float_list.value.append(value)
            example.features.feature["s"].bytes_list.value.append(word.encode())
            writer.write(example.SerializeToString())
    forms = {
        "dict": {"x": x, "s": s},
        "rows": [{"x": v, "s": w} for v, w in zip(x, s, strict=True)],
        "frame": frame,
        "table": table,
        "batch": table.to_batches()[0],
        "dataset": tf.data.Dataset.from_tensor_slices({"x": np.array(x, np.float32), "s": s}).batch(
            2
        ),
        "csv": str(tmp_path / "d.csv"),
        "parquet": str(tmp_path / "d.parquet"),
        "tfrecord": str(tmp_path / "d.tf*"),
    }

    def function(inputs):
        return {
            "x": tft.scale_to_0_1(inputs["x"]),
            "s": tft.compute_and_apply_vocabulary(inputs["s"]),
        }

    for name, data in forms.items():
        analysis = tft.analyze_and_transform(data, function, str(tmp_path / "o"), METADATA)
        batches = list(analysis.batches())
        got = {key: np.concatenate([b[key] for b in batches]).tolist() for key in ("x", "s")}
        assert got["s"] == [0, 1, 0], name
        assert got["x"] == pytest.approx([0, 0.2, 1.0]), name


def test_taxi(interop_genuine, tmp_path):
    from tests.lifecycle.transform import taxi

    files = sorted(str(path) for path in (interop_genuine / "taxi_records").glob("*.gz"))
    spec = taxi.feature_spec()
    analysis = tft.analyze_and_transform(files, taxi.preprocessing_fn, str(tmp_path / "o"), spec)
    assert analysis.passes == 1
    (batch,) = analysis.batches()
    raw = tf.io.parse_example(list(tf.data.TFRecordDataset(files, compression_type="GZIP")), spec)
    fare = tf.sparse.to_dense(raw["fare"]).numpy()[:, 0].astype(np.float64)
    np.testing.assert_allclose(batch["fare_xf"], (fare - fare.mean()) / fare.std(), atol=1e-5)
    place = tf.sparse.to_dense(raw["pickup_latitude"]).numpy()[:, 0]
    edges = np.sort(place)[np.arange(1, 10) * 424 // 10]
    wanted = np.searchsorted(edges, place, side="right")
    np.testing.assert_array_equal(batch["pickup_latitude_xf"], wanted)
    assert analysis.output.num_buckets_for_transformed_feature("payment_type_xf") == 10 + len(
        analysis.output.vocabulary_by_name("payment_type")
    )
    examples = tmp_path / "examples.gz"
    assert analysis.write_examples(str(examples)) == 424
    records = list(tf.data.TFRecordDataset(str(examples), compression_type="GZIP"))
    parsed = tf.io.parse_example(records, analysis.output.transformed_feature_spec())
    np.testing.assert_array_equal(parsed["company_xf"], batch["company_xf"])


def test_compiled_and_not_are_equal_bit_by_bit(tmp_path):
    x = np.random.default_rng(0).lognormal(size=2000).astype(np.float32)

    def function(inputs):
        x = inputs["x"]
        return {"z": tft.scale_to_z_score(x), "01": tft.scale_to_0_1(x), "b": tft.bucketize(x, 9)}

    spec = {"x": METADATA["x"]}
    analysis = tft.analyze_and_transform({"x": x}, function, str(tmp_path / "o"), spec)
    layer = analysis.output.transform_features_layer()
    raw = {"x": tf.constant(x)}
    compiled = tf.function(lambda raw: dict(layer(raw)), jit_compile=True)(raw)
    for name, value in layer(raw).items():
        np.testing.assert_array_equal(compiled[name], value, err_msg=name)


def test_a_model_trains_behind_the_layer(output, tmp_path):
    class Model(tf.keras.Model):
        def __init__(self):
            super().__init__()
            self.transform = output.transform_features_layer()
            self.dense = tf.keras.layers.Dense(1)

        def call(self, raw):
            return self.dense(self.transform(raw)["x"][:, None])

    model = Model()
    model.compile("sgd", "mse")
    raw = {"x": COLUMNS["x"]}
    labels = COLUMNS["x"][:, None]
    model.fit(tf.data.Dataset.from_tensors((raw, labels)), shuffle=False, verbose=0)
    signature = [{"x": tf.TensorSpec([None], tf.float32, name="x")}]
    model.export(str(tmp_path / "m"), input_signature=signature, verbose=False)
    served = tf.saved_model.load(str(tmp_path / "m")).serve({"x": COLUMNS["x"]})
    np.testing.assert_allclose(served, model({"x": tf.constant(COLUMNS["x"])}), rtol=1e-6)


def test_objects_assets_and_columns(tmp_path):
    def function(inputs):
        dense = tft.make_and_track_object(
            lambda: tf.keras.layers.Dense(1, kernel_initializer="ones"), "dense"
        )
        tft.annotate_asset("alias", "words")
        numbers = tft.compute_and_apply_vocabulary(inputs["s"], vocab_filename="words")
        return {"y": dense(inputs["x"][:, None]), "s": numbers}

    data = {"x": [1.0, 2.0], "s": ["a", "a"], "unused": [1.0, 2.0]}
    spec = {**METADATA, "unused": METADATA["x"]}
    analysis = tft.analyze_and_transform(data, function, str(tmp_path / "o"), spec)
    assert next(analysis.batches())["y"].numpy().tolist() == [[1.0], [2.0]]
    assert analysis.output.vocabulary_by_name("alias") == [b"a"]
    assert tft.get_analyze_input_columns(function, spec) == ["s"]
    assert tft.get_transform_input_columns(function, spec) == ["s", "x"]
