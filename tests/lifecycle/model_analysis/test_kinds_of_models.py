"""Lite models, models that name their classes, ragged inputs and outputs, several outputs."""

import numpy as np
import pandas as pd
import pytest

import tidefall as tf
from tidefall.base import errors
from tidefall.lifecycle import model_analysis as tfma

pa = pytest.importorskip("pyarrow")
WORDS = np.array(["cat", "dog", "emu"])


def config_of(*metrics, spec=None, **settings):
    config = tfma.EvalConfig(model_specs=[tfma.ModelSpec(label_key="y", **(spec or {}))])
    config.metrics_specs.extend(
        tfma.metrics.specs_from_metrics(list(metrics), include_example_count=False,
                                        include_weighted_example_count=False, **settings)
    )  # fmt: skip
    return config


def run(folder, data, config):
    model = tfma.default_eval_shared_model(str(folder), eval_config=config)
    result = tfma.run_model_analysis(model, config, data)
    found = result.get_metrics_for_slice(())
    return {name: value["doubleValue"] for name, value in found.items()}


def frame(rows=200):
    random = np.random.default_rng(0)
    x = random.normal(size=rows).astype(np.float32)
    z = random.normal(size=rows).astype(np.float32)
    return pd.DataFrame({"x": x, "z": z, "y": (x + z > 0).astype(np.int64)})


class Linear(tf.Module):
    def __init__(self):
        self.w = tf.Variable([[1.0], [0.5]])

    @tf.function(input_signature=[tf.TensorSpec([None, 1], tf.float32, n) for n in ("x", "z")])
    def serve(self, x, z):
        return {"score": tf.sigmoid(tf.matmul(tf.concat([x, z], 1), self.w))}


def converted(folder, quantized):
    model = Linear()
    tf.saved_model.save(model, str(folder / "saved"), signatures=model.serve)
    converter = tf.lite.TFLiteConverter.from_saved_model(str(folder / "saved"))
    if quantized:
        data = frame()
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: (
            {"x": np.full((1, 1), x), "z": np.full((1, 1), z)}
            for x, z in zip(data.x, data.z, strict=True)
        )
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.int8
    (folder / "model.tflite").write_bytes(converter.convert())
    return folder / "model.tflite"


@pytest.mark.parametrize("quantized", [False, True])
def test_a_lite_model_is_what_its_saved_model_is(tmp_path, quantized):
    metrics = tfma.metrics.AUC(), tfma.metrics.MeanPrediction()
    place = converted(tmp_path, quantized)
    wanted = run(tmp_path / "saved", frame(), config_of(*metrics))
    found = run(place, frame(), config_of(*metrics, spec={"model_type": "tf_lite"}))
    assert found == pytest.approx(wanted, abs=2e-2 if quantized else 1e-5)
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "tflite").write_bytes(place.read_bytes())
    spec = {"model_type": "tf_lite", "inference_batch_size": 7}
    assert run(folder, frame(), config_of(*metrics, spec=spec)) == pytest.approx(found)


def test_a_lite_model_without_signatures_goes_by_its_tensors(tmp_path):
    from tidefall.lite.schema import (
        Buffer,
        BuiltinOperator,
        Model,
        Operator,
        OperatorCode,
        SubGraph,
        Tensor,
        write_model,
    )

    names = "serving_default_x:0", "out"
    tensors = [Tensor(name=n, shape=[1], shape_signature=[-1]) for n in names]
    graph = SubGraph(
        tensors=tensors, inputs=[0], outputs=[1], operators=[Operator(inputs=[0], outputs=[1])]
    )
    content = write_model(
        Model(version=3, operator_codes=[OperatorCode(builtin_code=BuiltinOperator.EXP)],
              subgraphs=[graph], buffers=[Buffer()])
    )  # fmt: skip
    (tmp_path / "exp.tflite").write_bytes(content)
    found = run(tmp_path / "exp.tflite", frame(), config_of(tfma.metrics.MeanPrediction()))
    assert found["mean_prediction"] == pytest.approx(np.exp(frame().x).mean(), rel=1e-6)


@pytest.mark.parametrize(
    ("make", "spec", "error", "words"),
    [
        (lambda p: None, {"model_type": "tf_lite"}, errors.NotFoundError, "no TensorFlow Lite"),
        (lambda p: (p / "m.tflite").write_bytes(b"no"), {}, ValueError, "tflite"),
        (lambda p: [(p / f"{n}.tflite").touch() for n in "ab"], {"model_type": "tf_lite"},
         errors.InvalidArgumentError, "several"),
        (lambda p: None, {"model_type": "tf_js"}, errors.UnimplementedError, "tf_js"),
    ],
)  # fmt: skip
def test_models_that_are_refused(tmp_path, make, spec, error, words):
    make(tmp_path)
    one = tmp_path / "m.tflite"
    with pytest.raises(error, match=words):
        run(one if one.exists() else tmp_path, frame(), config_of(tfma.metrics.AUC(), spec=spec))


class Animals(tf.Module):
    """A classifier whose signature names all classes beside their scores."""

    def __init__(self, output):
        self.output = output
        self.w = tf.constant([[2.0, -1.0, 0.5]])
        self.words = tf.constant(WORDS)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, "x")])
    def serve(self, x):
        scores = tf.nn.softmax(x[:, None] * self.w)
        words = tf.broadcast_to(self.words, tf.shape(scores))
        return {"scores": scores, self.output: words}


@pytest.mark.parametrize("output", ["classes", "all_classes"])
def test_words_are_the_classes_that_the_model_names(tmp_path, output):
    model = Animals(output)
    tf.saved_model.save(model, str(tmp_path), signatures=model.serve)
    data = frame().drop(columns="y")
    ids = np.random.default_rng(1).integers(0, 3, len(data))
    metrics = [
        tfma.metrics.CategoricalCrossEntropy(), tfma.metrics.Precision(top_k=1, name="top"),
        tfma.metrics.AUC(class_id=1, name="dogs"),
        tf.keras.metrics.SparseCategoricalAccuracy(name="right"),
    ]  # fmt: skip
    spec = {"prediction_key": "scores"}
    wanted = run_all(tmp_path, data.assign(y=ids), config_of(*metrics, spec=spec))
    found = run_all(tmp_path, data.assign(y=WORDS[ids]), config_of(*metrics, spec=spec))
    assert found == pytest.approx(wanted) and len(found) == 4
    # A word that the model does not know is in no class.
    words = np.where(ids == 2, "gnu", WORDS[ids])
    config = config_of(tfma.metrics.Recall(top_k=1, name="top"), spec=spec)
    right = (np.outer(data.x, [2.0, -1.0, 0.5]).argmax(1) == ids) & (ids < 2)
    found = run_all(tmp_path, data.assign(y=words), config)
    assert found["top"] == pytest.approx(right.sum() / (ids < 2).sum())


def run_all(folder, data, config):
    model = tfma.default_eval_shared_model(str(folder), eval_config=config)
    (sliced,) = tfma.run_model_analysis(model, config, data).slicing_metrics
    return {
        name: value["doubleValue"]
        for by_key in sliced.metrics.values()
        for values in by_key.values()
        for name, value in values.items()
    }


class Bag(tf.Module):
    """A model of ragged numbers, that makes a ragged feature of them, too."""

    @tf.function(input_signature=[{"n": tf.RaggedTensorSpec([None, None], tf.float32, 1)}])
    def features(self, given):
        return {"sum": tf.reduce_sum(given["n"], axis=1), "twice": given["n"] * 2.0}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, "sum")])
    def serve(self, sum):
        return {"score": sum}


def test_ragged_inputs_and_features(tmp_path):
    model = Bag()
    tf.saved_model.save(model, str(tmp_path), signatures=model.serve)
    rows = [[1.0, 2.0], [], [4.0], None]
    data = pa.table({"n": rows, "y": [0.0, 0.0, 1.0, 1.0]})
    spec = {"preprocessing_function_names": ["features"]}
    found = run(tmp_path, data, config_of(tfma.metrics.MeanPrediction(), spec=spec))
    assert found["mean_prediction"] == pytest.approx(7 / 4)
    config = config_of(tfma.metrics.MeanPrediction(), spec=spec)
    config.slicing_specs.add(feature_keys=["twice"])
    shared = tfma.default_eval_shared_model(str(tmp_path))
    names = tfma.run_model_analysis(shared, config, data).get_slice_names()
    assert sorted(names) == [(("twice", value),) for value in (2.0, 4.0, 8.0)]


def test_padding_makes_rows_of_one_length():
    data = pa.table({"y": [[1, 0], [1], []], "p": [[0.9], [0.2, 0.8], [0.7]]})
    spec = {
        "prediction_key": "p",
        "padding_options": tfma.PaddingOptions(label_int_padding=0, prediction_float_padding=0.25),
    }
    config = config_of(tfma.metrics.MeanPrediction(), tfma.metrics.MeanLabel(), spec=spec)
    found = tfma.analyze_raw_data(data, config).get_metrics_for_slice(())
    padded = np.array([[0.9, 0.25], [0.2, 0.8], [0.7, 0.25]])
    assert found["mean_prediction"]["doubleValue"] == pytest.approx(padded.mean())
    assert found["mean_label"]["doubleValue"] == pytest.approx(2 / 6)
    config.model_specs[0].ClearField("padding_options")
    with pytest.raises(errors.InvalidArgumentError, match="as many in each row"):
        tfma.analyze_raw_data(data, config)


def test_output_weights_average_over_outputs():
    random = np.random.default_rng(2)
    columns = {f"{k}_{o}": random.random(50) for k in "yp" for o in ("a", "b")}
    config = tfma.EvalConfig(
        model_specs=[
            tfma.ModelSpec(
                label_keys={o: f"y_{o}" for o in "ab"}, prediction_keys={o: f"p_{o}" for o in "ab"}
            )
        ]
    )
    config.metrics_specs.extend(
        tfma.metrics.specs_from_metrics(
            [tfma.metrics.MeanSquaredError()], output_names=["a", "b"],
            output_weights={"a": 1.0, "b": 3.0}, include_example_count=False,
            include_weighted_example_count=False,
        )
    )  # fmt: skip
    bound = config.metrics_specs[0].thresholds["mean_squared_error"].value_threshold
    bound.upper_bound.value = 0.0
    result = tfma.run_model_analysis(None, config, pa.table(columns))
    each = [((columns[f"y_{o}"] - columns[f"p_{o}"]) ** 2).mean() for o in "ab"]
    for output, wanted in (("a", each[0]), ("b", each[1]), ("", np.average(each, weights=[1, 3]))):
        found = result.get_metrics_for_slice((), output_name=output)
        assert found["mean_squared_error"]["doubleValue"] == pytest.approx(wanted)
