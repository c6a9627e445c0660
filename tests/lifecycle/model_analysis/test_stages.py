"""Extractors, evaluators and writers of one's own; attributions, which need one."""

import numpy as np
import pandas as pd
import pytest

import tidefall as tf
from tidefall.base import errors
from tidefall.lifecycle import model_analysis as tfma
from tidefall.lifecycle.model_analysis.stages import Evaluator, Extractor, Writer

pytest.importorskip("pyarrow")
LAST = tfma.LAST_EXTRACTOR_STAGE_NAME


def frame(rows=60):
    random = np.random.default_rng(0)
    return pd.DataFrame(
        {"x": random.random(rows), "y": random.integers(0, 2, rows).astype(float),
         "p": random.random(rows), "w": random.random(rows), "g": random.choice(["a", "b"], rows)}
    )  # fmt: skip


def config_of(*metrics, slices=(), **spec):
    config = tfma.EvalConfig(
        model_specs=[tfma.ModelSpec(label_key="y", prediction_key="p", **spec)],
        slicing_specs=[tfma.SlicingSpec(), *slices],
    )
    config.metrics_specs.extend(tfma.metrics.specs_from_metrics(list(metrics)))
    return config


def saved_model(folder, slope):
    class Model(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, name="x")])
        def serve(self, x):
            return {"score": slope * x}

    model = Model()
    tf.saved_model.save(model, str(folder), signatures=model.serve)
    return str(folder)


def overall(result, name):
    return result.get_metrics_for_slice(())[name]["doubleValue"]


def test_the_default_stages_give_what_is_given_without():
    data = frame()
    config = config_of(tfma.metrics.AUC(), slices=[tfma.SlicingSpec(feature_keys=["g"])])
    wanted = tfma.analyze_raw_data(data, config)
    found = tfma.analyze_raw_data(
        data, config, extractors=tfma.default_extractors(),
        evaluators=tfma.default_evaluators(), writers=tfma.default_writers(),
    )  # fmt: skip
    assert found.slicing_metrics == wanted.slicing_metrics and len(found.slicing_metrics) == 3


def test_an_extractor_changes_predictions_weights_and_slices():
    def change(extracts):
        features = {**extracts["features"], "big": extracts["features"]["x"] > 0.5}
        flipped = 1 - extracts["predictions"]
        return {
            **extracts, "features": features, "predictions": flipped,
            "example_weights": extracts["features"]["w"],
        }  # fmt: skip

    data = frame()
    config = config_of(
        tfma.metrics.MeanPrediction(), slices=[tfma.SlicingSpec(feature_keys=["big"])],
        example_weight_key="x",
    )  # fmt: skip
    stages = [*tfma.default_extractors(), Extractor("Flip", change)]
    result = tfma.analyze_raw_data(data, config, extractors=stages)
    wanted = np.average(1 - data.p, weights=data.w)
    assert overall(result, "mean_prediction") == pytest.approx(wanted)
    big = result.get_metrics_for_slice((("big", 1),))
    rows = data[data.x > 0.5]
    assert big["example_count"]["doubleValue"] == len(rows)
    assert big["mean_prediction"]["doubleValue"] == pytest.approx(
        np.average(1 - rows.p, weights=rows.w)
    )


def test_an_extractor_before_the_model_changes_what_it_sees(tmp_path):
    data = frame().drop(columns="p")
    model = tfma.default_eval_shared_model(saved_model(tmp_path / "m", 1.0))
    config = tfma.EvalConfig(model_specs=[tfma.ModelSpec(label_key="y")])
    config.metrics_specs.extend(tfma.metrics.specs_from_metrics([tfma.metrics.MeanPrediction()]))
    features, predictions = tfma.default_extractors()

    def halve(extracts):
        x = extracts["features"]["x"] / 2
        return {**extracts, "features": {**extracts["features"], "x": x}}

    plain = tfma.run_model_analysis(model, config, data)
    halved = tfma.run_model_analysis(
        model, config, data, extractors=[features, Extractor("Halve", halve), predictions]
    )
    assert overall(plain, "mean_prediction") == pytest.approx(data.x.mean(), abs=1e-6)
    assert overall(halved, "mean_prediction") == pytest.approx(data.x.mean() / 2, abs=1e-6)


class LongestText:
    """Adds up as Beam's `CombineFn`s do."""

    def create_accumulator(self):
        return ""

    def add_input(self, accumulator, extracts):
        return max([accumulator, *extracts["features"]["g"]])

    def extract_output(self, accumulator):
        return {"longest": accumulator}


def test_evaluators_and_writers_of_ones_own(tmp_path):
    seen = {}
    result = tfma.analyze_raw_data(
        frame(), config_of(tfma.metrics.AUC()), str(tmp_path / "out"),
        evaluators=[
            *tfma.default_evaluators(), Evaluator("Longest", "ExtractFeatures", LongestText())
        ],
        writers=[*tfma.default_writers(), Writer("Keep", seen.update)],
    )  # fmt: skip
    assert seen["longest"] == "b"
    ((key, metrics),) = seen["metrics"]
    assert key == () and {k.name for k in metrics} >= {"auc", "example_count"}
    assert overall(result, "auc") == next(v for k, v in metrics.items() if k.name == "auc")
    only = tfma.analyze_raw_data(
        frame(), config_of(tfma.metrics.AUC()), str(tmp_path / "none"),
        writers=[Writer("Keep", seen.update)],
    )  # fmt: skip
    assert only.slicing_metrics == [] and not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("stages", "error", "words"),
    [
        ({"extractors": [lambda e: e]}, TypeError, "expected Extractors"),
        ({"extractors": [Extractor("X", "beam.Map")]}, TypeError, "no Beam"),
        ({"extractors": [Extractor("X", lambda e: None)]}, TypeError, "extractor X returned None"),
        ({"evaluators": [Evaluator("E", LAST, print)]}, TypeError, "CombineFn"),
        ({"evaluators": [Evaluator("E", "Y", LongestText())]}, ValueError, "run_after=Y"),
        ({"evaluators": [Evaluator(n, LAST, LongestText()) for n in "ab"]}, ValueError, "longest"),
    ],
)
def test_stages_that_are_refused(stages, error, words):
    with pytest.raises(error, match=words):
        tfma.analyze_raw_data(frame(), config_of(tfma.metrics.AUC()), **stages)


def test_an_extractor_that_gives_too_few_values_is_told_so():
    def cut(extracts):
        return {**extracts, "predictions": extracts["predictions"][:3]}

    stages = [*tfma.default_extractors(), Extractor("Cut", cut)]
    with pytest.raises(errors.InvalidArgumentError, match=r"predictions of shape \(3,\), of 60"):
        tfma.analyze_raw_data(frame(), config_of(tfma.metrics.AUC()), extractors=stages)


def explained(extracts):
    features = extracts["features"]
    several = np.stack([features["x"], -features["p"], features["w"]], axis=1)
    return {**extracts, "attributions": {"x": features["x"] - 0.5, "many": several}}


ATTRIBUTIONS = {
    "total_attributions": (lambda v, w: (v * w).sum(0)),
    "total_absolute_attributions": (lambda v, w: (abs(v) * w).sum(0)),
    "mean_attributions": (lambda v, w: (v * w).sum(0) / w.sum()),
    "mean_absolute_attributions": (lambda v, w: (abs(v) * w).sum(0) / w.sum()),
}


@pytest.mark.parametrize("weight", ["", "w"])
def test_attributions_are_sums_and_means_by_feature(tmp_path, weight):
    data = frame()
    names = ("TotalAttributions", "TotalAbsoluteAttributions", "MeanAttributions",
             "MeanAbsoluteAttributions")  # fmt: skip
    config = config_of(
        *(getattr(tfma.metrics, name)() for name in names),
        slices=[tfma.SlicingSpec(feature_keys=["g"])], example_weight_key=weight,
    )  # fmt: skip
    stages = [*tfma.default_extractors(), Extractor("Explain", explained)]
    tfma.analyze_raw_data(data, config, str(tmp_path), extractors=stages)
    result = tfma.load_eval_result(str(tmp_path))
    for key in ((), (("g", "a"),)):
        rows = data if key == () else data[data.g == "a"]
        weights = (rows[weight] if weight else rows.x * 0 + 1).to_numpy()
        many = np.stack([rows.x, -rows.p, rows.w], axis=1)
        for name, wanted in ATTRIBUTIONS.items():
            found = result.get_attributions_for_slice(key, name)
            assert found["x"]["doubleValue"] == pytest.approx(
                wanted(rows.x.to_numpy() - 0.5, weights)
            )
            np.testing.assert_allclose(
                found["many"]["arrayValue"]["float64Values"], wanted(many, weights[:, None])
            )
    with pytest.raises(errors.InvalidArgumentError, match="metric_name"):
        result.get_attributions_for_slice(())
    view = tfma.view.render_slicing_attributions(result, "g", metric_name="mean_attributions")
    assert list(view.figures) == ["x"] and [row.name for row in view.rows] == ["g:a", "g:b"]
    with pytest.raises(ValueError, match="total_attributions"):
        tfma.view.render_slicing_attributions(result)


@pytest.mark.parametrize(
    ("options", "key", "wanted"),
    [
        ({"class_ids": {"values": [2]}}, {"class_id": 2}, lambda m: m[:, 2].sum()),
        ({"k_list": {"values": [1]}}, {"k": 1}, lambda m: m.max(axis=1).sum()),
        ({"top_k_list": {"values": [2]}}, {"top_k": 2}, lambda m: -np.sort(-m)[:, :2].sum(0)),
    ],
)
def test_attributions_of_classes_and_ranks(options, key, wanted):
    data = frame()
    config = config_of()
    config.metrics_specs.add(
        metrics=[tfma.MetricConfig(class_name="TotalAttributions")],
        binarize=tfma.BinarizationOptions(**options),
    )

    def explain(extracts):
        many = explained(extracts)["attributions"]["many"]
        return {**extracts, "attributions": {"many": many}}

    stages = [*tfma.default_extractors(), Extractor("Explain", explain)]
    result = tfma.analyze_raw_data(data, config, extractors=stages)
    found = result.get_attributions_for_slice((), **key)["many"]
    many = np.stack([data.x, -data.p, data.w], axis=1)
    value = found.get("doubleValue") or found["arrayValue"]["float64Values"]
    np.testing.assert_allclose(value, wanted(many))


def test_attributions_of_models_and_outputs_by_name():
    data = frame()
    config = tfma.EvalConfig(
        model_specs=[
            tfma.ModelSpec(name=name, label_key="y", prediction_key="p", is_baseline=name == "old")
            for name in ("old", "new")
        ]
    )
    config.metrics_specs.extend(
        tfma.metrics.specs_from_metrics([tfma.metrics.MeanAttributions()], output_names=["o"])
    )

    def explain(extracts):
        x = extracts["features"]["x"]
        return {**extracts, "attributions": {"old": {"o": {"x": x}}, "new": {"o": {"x": 2 * x}}}}

    stages = [*tfma.default_extractors(), Extractor("Explain", explain)]
    results = tfma.run_model_analysis(None, config, data, extractors=stages).get_results()
    found = [
        one.get_attributions_for_slice((), output_name="o")["x"]["doubleValue"] for one in results
    ]
    np.testing.assert_allclose(found, [data.x.mean(), 2 * data.x.mean()])


def test_attributions_without_an_extractor_say_what_is_missing():
    with pytest.raises(errors.InvalidArgumentError, match="an extractor of your own"):
        tfma.analyze_raw_data(frame(), config_of(tfma.metrics.MeanAttributions()))


def test_several_models_and_several_data(tmp_path):
    data = frame().drop(columns="p")
    places = [saved_model(tmp_path / str(slope), slope) for slope in (1.0, 2.0)]
    config = tfma.EvalConfig(model_specs=[tfma.ModelSpec(label_key="y")])
    config.metrics_specs.extend(tfma.metrics.specs_from_metrics([tfma.metrics.MeanPrediction()]))
    models = tfma.multiple_model_analysis(
        places, data, eval_config=config, output_path=str(tmp_path / "out")
    )
    assert models.get_mode() == tfma.MODEL_CENTRIC_MODE
    assert sorted(one.name for one in (tmp_path / "out").iterdir()) == ["0", "1"]
    first, second = (overall(one, "mean_prediction") for one in models.get_results())
    assert 2 * first == pytest.approx(second)
    halves = tfma.multiple_data_analysis(places[0], [data[:30], data[30:]], eval_config=config)
    assert halves.get_mode() == tfma.DATA_CENTRIC_MODE
    assert np.mean([overall(one, "mean_prediction") for one in halves.get_results()]) == (
        pytest.approx(first)
    )
