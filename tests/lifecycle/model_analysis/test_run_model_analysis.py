"""Models over files, tables and datasets, beside formulas over the same rows."""

from __future__ import annotations

import os

import numpy as np
import pytest
from google.protobuf import text_format

import tidefall as tf
from tidefall.base import errors
from tidefall.lifecycle import model_analysis as tfma

pytest.importorskip("pyarrow")
pd = pytest.importorskip("pandas")

from tests.lifecycle.model_analysis import models  # noqa: E402

NAMES = ("ExampleCount", "MeanSquaredError", "MeanPrediction", "MeanLabel", "Precision", "Recall")
SLICES = 'slicing_specs {} slicing_specs { feature_keys: "city" }'


def config_of(model: str = 'label_key: "y"', names=NAMES, more: str = SLICES):
    metrics = " ".join(f'metrics {{ class_name: "{name}" }}' for name in names)
    return text_format.Parse(
        f"model_specs {{ {model} }} metrics_specs {{ {metrics} }} {more}", tfma.EvalConfig()
    )


def formulas(y, p):
    with np.errstate(invalid="ignore"):
        return {
            "example_count": len(y),
            "mean_squared_error": np.mean((y - p) ** 2),
            "mean_prediction": p.mean(),
            "mean_label": y.mean(),
            "precision": y[p > 0.5].mean(),
            "recall": (p[y == 1] > 0.5).mean(),
        }


def check(result, data, p):
    y = data.y.to_numpy()
    for key in [(), *((("city", city),) for city in sorted(set(data.city)))]:
        rows = np.ones(len(y), bool) if not key else (data.city == key[0][1]).to_numpy()
        found = result.get_metrics_for_slice(key)
        assert found is not None
        for name, value in formulas(y[rows], p[rows]).items():
            assert found[name]["doubleValue"] == pytest.approx(value, rel=1e-4), (key, name)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    return {kind: models.save(folder / kind, kind) for kind in models.WEIGHTS}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The same rows in each kind of file, a frame and a dataset."""
    folder = tmp_path_factory.mktemp("data")
    data = models.frame()
    data.to_csv(folder / "rows.csv", index=False)
    data.to_parquet(folder / "rows.parquet")
    half = len(data) // 2
    records = [
        models.write_records(part, folder / f"rows-{place}.tfrecord")
        for place, part in enumerate((data[:half], data[half:]))
    ]
    dataset = tf.data.Dataset.from_tensor_slices(dict(data.items())).batch(64)
    return {
        "csv": str(folder / "rows.csv"),
        "parquet": str(folder / "rows.parquet"),
        "tfrecords": records,
        "pattern": str(folder / "rows-*.tfrecord"),
        "frame": data,
        "dataset": dataset,
    }


@pytest.mark.parametrize("door", ["csv", "parquet", "tfrecords", "pattern", "frame", "dataset"])
def test_every_door_gives_the_same_metrics(door, files, saved, tmp_path):
    config = config_of()
    model = tfma.default_eval_shared_model(saved["good"], eval_config=config)
    result = tfma.run_model_analysis(model, config, files[door], output_path=tmp_path / "out")
    check(result, files["frame"], models.predicted(files["frame"]))
    assert result.model_location == saved["good"]


@pytest.mark.parametrize(
    "spec",
    [
        'label_key: "y"',
        'label_key: "y" signature_name: "by_features"',
        'label_key: "y" signature_name: "by_features" prediction_key: "probabilities"',
        """label_key: "y" signature_name: "by_features"
           preprocessing_function_names: "transform_features" """,
        'label_key: "generous" preprocessing_function_names: "transform_features"',
        'label_key: "y" inference_batch_size: 7',
    ],
)
def test_signatures_take_examples_raw_and_transformed_features(spec, files, saved):
    config = config_of(spec)
    model = tfma.default_eval_shared_model(saved["good"], eval_config=config)
    result = tfma.run_model_analysis(model, config, files["tfrecords"])
    check(result, files["frame"], models.predicted(files["frame"]))


@pytest.mark.parametrize("door", ["tfrecords", "csv", "frame"])
def test_signatures_take_words_and_whole_numbers(door, files, saved):
    config = config_of('label_key: "y" signature_name: "by_words"', ("MeanPrediction",), "")
    model = tfma.default_eval_shared_model(saved["good"], eval_config=config)
    found = tfma.run_model_analysis(model, config, files[door]).get_metrics_for_slice(())
    data = files["frame"]
    wanted = (data.city.map(lambda city: len(city.encode())) + data.hour).mean()
    assert found is not None
    assert found["mean_prediction"]["doubleValue"] == pytest.approx(wanted)


def test_labels_are_those_of_transformed_features_where_both_are_there(files, saved):
    wrong = files["frame"].assign(y=0)
    config = config_of('label_key: "y" preprocessing_function_names: "transform_features"')
    model = tfma.default_eval_shared_model(saved["good"], eval_config=config)
    result = tfma.run_model_analysis(model, config, wrong)
    check(result, files["frame"], models.predicted(files["frame"]))


def test_slices_are_of_transformed_features_too(files, saved):
    config = config_of(
        'label_key: "y" preprocessing_function_names: "transform_features"',
        more='slicing_specs { feature_keys: "generous" }',
    )
    model = tfma.default_eval_shared_model(saved["good"], eval_config=config)
    result = tfma.run_model_analysis(model, config, files["frame"])
    assert set(result.get_slice_names()) == {(("generous", 0),), (("generous", 1),)}


# Keras's, when it saves.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("kind", ["file", "export", "memory"])
def test_keras_models_are_called_with_features(kind, files, tmp_path):
    keras_model, config = models.keras_model(), config_of()
    path, loader = tmp_path / "model", None
    if kind == "file":
        path = tmp_path / "model.keras"
        keras_model.save(path)
    elif kind == "export":
        keras_model.export(str(path), verbose=False)
    else:
        loader = tfma.ModelLoader(lambda: keras_model)
    model = tfma.default_eval_shared_model(path, eval_config=config, custom_model_loader=loader)
    result = tfma.run_model_analysis(model, config, files["csv"])
    check(result, files["frame"], models.predicted(files["frame"]))


def test_outputs_have_metrics_of_their_own(files, saved):
    data = files["frame"]
    config = text_format.Parse(
        """model_specs {
             signature_name: "by_features"
             label_keys { key: "probabilities" value: "y" }
             label_keys { key: "twice" value: "tip" }
           }
           metrics_specs {
             output_names: ["probabilities", "twice"] metrics { class_name: "MeanSquaredError" }
           }""",
        tfma.EvalConfig(),
    )
    model = tfma.default_eval_shared_model(saved["good"], eval_config=config)
    result = tfma.run_model_analysis(model, config, data)
    p = models.predicted(data)
    for output, error in (("probabilities", data.y - p), ("twice", data.tip - 2 * p)):
        found = result.get_metrics_for_slice((), output_name=output)
        assert found is not None
        assert found["mean_squared_error"]["doubleValue"] == pytest.approx((error**2).mean(), 1e-5)


def test_predictions_can_be_columns(files):
    data = files["frame"].assign(p=models.predicted(files["frame"]))
    config = config_of('label_key: "y" prediction_key: "p"')
    check(tfma.run_model_analysis(eval_config=config, data_location=data), data, data.p.to_numpy())


def test_rows_of_large_row_groups_keep_all_their_columns(tmp_path):
    rows = 900_000
    data = pd.DataFrame({"y": np.ones(rows), "p": np.full(rows, 0.25), "c": np.arange(rows) % 3})
    data.to_parquet(tmp_path / "large.parquet", row_group_size=rows)
    config = config_of(
        'label_key: "y" prediction_key: "p"',
        ("ExampleCount", "MeanSquaredError"),
        'slicing_specs { feature_keys: "c" }',
    )
    result = tfma.run_model_analysis(eval_config=config, data_location=tmp_path / "large.parquet")
    assert result.get_metrics_for_all_slices() == {
        (("c", c),): {
            "example_count": {"doubleValue": rows / 3},
            "mean_squared_error": {"doubleValue": 0.5625},
        }
        for c in range(3)
    }


def test_a_genuine_estimator_over_genuine_records(interop_genuine):
    """What it says by the server's way of asking, and sums of it."""
    from tidefall.io.records.tfrecord import read_records

    path = str(interop_genuine / "tfx_taxi_estimator")
    records = str(interop_genuine / "taxi_records" / "data_tfrecord-00000-of-00012.gz")
    config = config_of(
        'label_key: "tips" signature_name: "predict"',
        ("ExampleCount", "MeanSquaredError", "MeanPrediction"),
        'slicing_specs {} slicing_specs { feature_keys: "trip_start_hour" }',
    )
    result = tfma.run_model_analysis(
        tfma.default_eval_shared_model(path, eval_config=config), config, records
    )
    rows = list(read_records(records, "GZIP"))
    parsed = [tf.train.Example.FromString(row).features.feature for row in rows]
    call = tf.saved_model.load(path).signatures["predict"]
    p = call(examples=tf.constant(rows))["logistic"].numpy()[:, 0].astype(float)
    tips = np.array([f["tips"].float_list.value[0] for f in parsed])
    hours = np.array([f["trip_start_hour"].int64_list.value[0] for f in parsed])
    assert len(result.slicing_metrics) == 1 + len(set(hours))
    for hour in (None, *sorted(set(hours))):
        at = np.ones(len(p), bool) if hour is None else hours == hour
        found = result.get_metrics_for_slice(() if hour is None else (("trip_start_hour", hour),))
        assert found is not None
        assert found["example_count"]["doubleValue"] == at.sum()
        assert found["mean_prediction"]["doubleValue"] == pytest.approx(p[at].mean(), rel=1e-5)
        wanted = ((tips[at] - p[at]) ** 2).mean()
        assert found["mean_squared_error"]["doubleValue"] == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize(
    ("spec", "data", "words"),
    [
        ('label_key: "y" signature_name: "nobody"', None, "no signature and no function 'nobody'"),
        ('label_key: "z"', None, "no column 'z'"),
        ('label_key: "y" prediction_key: "q"', None, "no output 'q'"),
        ('label_key: "y" signature_name: "by_features"', ["a"], "takes 'a'"),
        ('label_key: "y" preprocessing_function_names: "gone"', None, "function 'gone'"),
    ],
)
def test_what_a_model_lacks_is_told(spec, data, words, files, saved, tmp_path):
    rows = files["frame"].drop(columns=data or [])
    config = config_of(spec)
    model = tfma.default_eval_shared_model(saved["good"], eval_config=config)
    with pytest.raises(errors.InvalidArgumentError, match=words):
        tfma.run_model_analysis(model, config, rows, output_path=tmp_path / "out")
    assert not os.path.exists(tmp_path / "out")


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"eval_config": None}, ValueError, "eval_config"),
        ({"extractors": [1]}, TypeError, "expected Extractors"),
        ({"slice_spec": [1]}, errors.UnimplementedError, "slice_spec"),
        ({"data_location": "nowhere.csv"}, errors.NotFoundError, "nowhere.csv"),
        ({"file_format": "xml", "data_location": __file__}, errors.InvalidArgumentError, "xml"),
        (
            {"eval_shared_model": tfma.EvalSharedModel("nowhere")},
            errors.NotFoundError,
            "no model at 'nowhere'",
        ),
        ({}, errors.InvalidArgumentError, "neither a model of that name nor a prediction_key"),
    ],
)
def test_what_is_wrong_is_told(arguments, error, words, files):
    given = {"eval_config": config_of(), "data_location": files["frame"], **arguments}
    with pytest.raises(error, match=words):
        tfma.run_model_analysis(**given)


def test_a_torn_file_is_told_and_nothing_is_written(files, saved, tmp_path):
    torn = tmp_path / "torn.tfrecord"
    with open(files["tfrecords"][0], "rb") as file:
        torn.write_bytes(file.read()[:-7])
    config = config_of()
    model = tfma.default_eval_shared_model(saved["good"], eval_config=config)
    with pytest.raises(errors.DataLossError, match=r"torn\.tfrecord"):
        tfma.run_model_analysis(model, config, str(torn), output_path=tmp_path / "out")
    assert not os.path.exists(tmp_path / "out")


def test_nothing_of_an_earlier_evaluation_is_read_with_a_later_one(files, tmp_path):
    data = files["frame"].assign(p=models.predicted(files["frame"]))
    bounded = config_of('label_key: "y" prediction_key: "p"')
    bounded.metrics_specs[0].metrics[1].threshold.value_threshold.upper_bound.value = -1.0
    tfma.run_model_analysis(eval_config=bounded, data_location=data, output_path=tmp_path)
    assert not tfma.load_validation_result(str(tmp_path)).validation_ok
    # A shard as a cluster writes it, and a file that is none of ours.
    shard = tmp_path / "metrics-00001-of-00002.tfrecord"
    shard.write_bytes((tmp_path / "metrics-00000-of-00001.tfrecord").read_bytes())
    (tmp_path / "metrics_notes.txt").write_text("kept")
    plain = config_of('label_key: "y" prediction_key: "p"')
    tfma.run_model_analysis(eval_config=plain, data_location=data, output_path=tmp_path)
    assert tfma.load_validation_result(str(tmp_path)) is None
    assert not shard.exists() and (tmp_path / "metrics_notes.txt").exists()
    assert len(tfma.load_eval_result(str(tmp_path)).slicing_metrics) == 4


def test_transforms_of_beam_say_what_does_the_same():
    with pytest.raises(errors.UnimplementedError, match="run_model_analysis"):
        tfma.ExtractEvaluateAndWriteResults(eval_config=config_of())


def test_thresholds_alone_name_metrics(files, saved):
    """As in configurations that leave it to the model which metrics there are."""
    config = text_format.Parse(
        """model_specs { label_key: "y" }
           metrics_specs { per_slice_thresholds { key: "binary_accuracy" value { thresholds {
             slicing_specs {}
             threshold { value_threshold { lower_bound { value: 0.6 } } } } } } }""",
        tfma.EvalConfig(),
    )
    model = tfma.default_eval_shared_model(saved["good"], eval_config=config)
    result = tfma.run_model_analysis(model, config, files["frame"])
    data = files["frame"]
    wanted = ((models.predicted(data) > 0.5) == data.y).mean()
    found = result.get_metrics_for_slice(())
    assert found is not None
    assert found["binary_accuracy"]["doubleValue"] == pytest.approx(wanted)
