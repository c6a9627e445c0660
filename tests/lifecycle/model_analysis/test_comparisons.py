"""A candidate beside a baseline on the same rows, slices beside slices, shards beside one pass."""

from __future__ import annotations

import itertools
import tempfile

import numpy as np
import pytest
from google.protobuf import text_format

from tidefall.base import errors
from tidefall.lifecycle import model_analysis as tfma
from tidefall.lifecycle.model_analysis.engine import Evaluation
from tidefall.lifecycle.model_analysis.evaluate import inputs_of
from tidefall.lifecycle.model_analysis.plan import plan_of
from tidefall.lifecycle.model_analysis.rows import rows_of, table_of

pytest.importorskip("pyarrow")
pd = pytest.importorskip("pandas")

from tests.lifecycle.model_analysis import models  # noqa: E402

BOTH = """
model_specs { name: "candidate" label_key: "y" prediction_key: "new" }
model_specs { name: "baseline" label_key: "y" prediction_key: "old" is_baseline: true }
"""


def frame(rows: int = 500, seed: int = 0):
    random = np.random.default_rng(seed)
    y = random.random(rows)
    return pd.DataFrame(
        {
            "y": y,
            "new": y + random.normal(0, 0.1, rows),
            "old": y + random.normal(0, 0.2, rows),
            "w": random.random(rows),
            "c": random.choice(["a", "b", "z"], rows),
            "q": random.integers(0, 40, rows),
        }
    )


def squares(data):
    """Errors of the candidate and the baseline."""
    return [float(((data.y - data[name]) ** 2).mean()) for name in ("new", "old")]


def config_of(text: str, metrics: str = 'metrics { class_name: "MeanSquaredError" }'):
    return text_format.Parse(
        f'{BOTH} slicing_specs {{}} slicing_specs {{ feature_keys: "c" }} '
        f"metrics_specs {{ {metrics} {text} }}",
        tfma.EvalConfig(),
    )


def test_both_models_and_their_difference_are_there_by_slice(tmp_path):
    data = frame()
    results = tfma.run_model_analysis(
        eval_config=config_of(""), data_location=data, output_path=tmp_path
    )
    assert results.get_mode() == tfma.MODEL_CENTRIC_MODE
    candidate, baseline = results.get_results()
    for key, part in [((), data), *(((("c", v),), data[data.c == v]) for v in "abz")]:
        new, old = squares(part)
        found = candidate.get_metrics_for_slice(key)
        assert found is not None
        assert found["mean_squared_error"]["doubleValue"] == pytest.approx(new)
        assert found["mean_squared_error_diff"]["doubleValue"] == pytest.approx(new - old)
        assert baseline.get_metrics_for_slice(key) == {
            "mean_squared_error": {"doubleValue": pytest.approx(old)}
        }
    loaded = tfma.load_eval_results([str(tmp_path)], model_name="candidate")
    assert loaded.get_results()[0].slicing_metrics == candidate.slicing_metrics
    made = tfma.make_eval_results([candidate, baseline], tfma.DATA_CENTRIC_MODE)
    assert made.get_results() == [candidate, baseline]


def validation(config, data):
    with tempfile.TemporaryDirectory() as folder:
        tfma.run_model_analysis(eval_config=config, data_location=data, output_path=folder)
        return tfma.load_validation_result(folder)


LOWER, HIGHER = "LOWER_IS_BETTER", "HIGHER_IS_BETTER"


@pytest.mark.parametrize("direction", [LOWER, HIGHER])
@pytest.mark.parametrize("kind", ["absolute", "relative"])
@pytest.mark.parametrize("slack", [-1e-3, 1e-3])
def test_change_thresholds_are_kept_up_to_their_bound(direction, kind, slack):
    data = frame()
    new, old = squares(data)
    change = new - old if kind == "absolute" else (new - old) / old
    # Above the change is enough where lower is better, below it where higher is better.
    bound = change + slack
    kept = slack > 0 if direction == LOWER else slack < 0
    threshold = (
        f'thresholds {{ key: "mean_squared_error" value {{ change_threshold {{ '
        f"direction: {direction} {kind} {{ value: {bound} }} }} }} }}"
    )
    result = validation(config_of(threshold), data)
    assert result.validation_ok is kept
    if kept:
        assert not result.metric_validations_per_slice
        return
    (failed,) = result.metric_validations_per_slice
    (failure,) = failed.failures
    assert failure.metric_key.is_diff and failure.metric_key.model_name == "candidate"
    assert failure.metric_value.double_value.value == pytest.approx(new - old)
    assert f"{change:.6g}" in failure.message and f"{bound:.6g}" in failure.message
    told = failure.metric_threshold.change_threshold.direction
    assert told == tfma.MetricDirection.Value(direction)


def test_slices_that_fail_are_named_with_what_is_lacking():
    data = frame()
    data.loc[data.c == "b", "new"] = data[data.c == "b"].y + 2.0
    result = validation(
        config_of(
            """per_slice_thresholds { key: "mean_squared_error" value { thresholds {
                 slicing_specs { feature_keys: "c" } slicing_specs {}
                 threshold { value_threshold { upper_bound { value: 3.0 } } } } } }"""
        ),
        data,
    )
    assert not result.validation_ok
    (failed,) = result.metric_validations_per_slice
    (slice_key,) = failed.slice_key.single_slice_keys
    assert (slice_key.column, slice_key.bytes_value) == ("c", b"b")
    assert failed.failures[0].message == "4 is 1 above the upper bound 3"
    details = {
        str(one.slicing_spec): one.num_matching_slices
        for one in result.validation_details.slicing_details
    }
    assert details == {'feature_keys: "c"\n': 3, "": 1}
    assert tfma.validation_failures(result) == [
        ("c:b", "candidate/mean_squared_error", "4 is 1 above the upper bound 3")
    ]


def test_a_slice_that_is_missing_fails():
    threshold = """per_slice_thresholds { key: "mean_squared_error" value { thresholds {
                     slicing_specs { feature_values { key: "c" value: "none" } }
                     threshold { value_threshold { upper_bound { value: 9 } } } } } }"""
    result = validation(config_of(threshold), frame())
    assert not result.validation_ok and len(result.missing_slices) == 1
    assert tfma.validation_failures(result) == [("c:none", "", "there is no such slice")]


def test_slices_are_compared_with_slices():
    data = frame()
    text = """
      cross_slicing_specs {
        baseline_spec {} slicing_specs { feature_values { key: "c" value: "a" } }
        slicing_specs { feature_values { key: "c" value: "b" } } }
    """
    config = config_of(
        """cross_slice_thresholds { key: "mean_squared_error" value { thresholds {
             cross_slicing_specs { baseline_spec {}
               slicing_specs { feature_values { key: "c" value: "a" } } }
             threshold { value_threshold { lower_bound { value: 1.0 } } } } } }"""
    )
    text_format.Merge(text, config)
    result = validation(config, data)
    apart = squares(data)[0] - squares(data[data.c == "a"])[0]
    (failed,) = result.metric_validations_per_slice
    assert failed.cross_slice_key.comparison_slice_key.single_slice_keys[0].bytes_value == b"a"
    assert not failed.cross_slice_key.baseline_slice_key.single_slice_keys
    assert failed.failures[0].metric_value.double_value.value == pytest.approx(apart)
    ((name, *_),) = tfma.validation_failures(result)
    assert name == "Overall against c:a"
    results = tfma.run_model_analysis(eval_config=config, data_location=data).get_results()
    pairs = [key for key in results[0].get_slice_names() if key and isinstance(key[0], tuple)]
    assert (((), (("c", "b"),)) in pairs) and (((), (("c", "a"),)) in pairs)


@pytest.mark.parametrize("stamp", [True, False])
@pytest.mark.parametrize("upper", [1.0, -1.0, None])
def test_a_first_model_is_stamped_without_a_baseline(stamp, upper, tmp_path):
    """Changes are held against no one; values are."""
    value = "" if upper is None else f"value_threshold {{ upper_bound {{ value: {upper} }} }}"
    config = text_format.Parse(
        f"""model_specs {{ label_key: "y" signature_name: "by_features" }}
            metrics_specs {{ metrics {{ class_name: "MeanSquaredError" threshold {{ {value}
              change_threshold {{ direction: LOWER_IS_BETTER absolute {{ value: -1 }} }}
            }} }} }}""",
        tfma.EvalConfig(),
    )
    model = tfma.default_eval_shared_model(
        models.save(tmp_path / "m"), eval_config=config, rubber_stamp=stamp
    )
    tfma.run_model_analysis(model, config, models.frame(50), output_path=tmp_path / "out")
    result = tfma.load_validation_result(str(tmp_path / "out"))
    if upper is None and not stamp:
        assert result is None
    else:
        assert result.validation_ok is (upper != -1.0) and result.rubber_stamp is stamp


CONFIGS = {
    "one": "label_key: 'y'",
    "named": "name: 'x' label_key: 'y'",
    "two": "name: 'candidate' } model_specs { name: 'baseline' is_baseline: true",
}


@pytest.mark.parametrize(
    ("given", "has_baseline", "wanted"),
    [
        ("one", True, [("candidate", False), ("baseline", True)]),
        ("one", False, [("", False)]),
        ("named", False, [("", False)]),
        ("two", True, [("candidate", False), ("baseline", True)]),
        ("two", False, [("", False)]),
        ("two", None, [("candidate", False), ("baseline", True)]),
    ],
)
def test_defaults_add_and_remove_the_baseline(given, has_baseline, wanted):
    text = f"model_specs {{ {CONFIGS[given]} }} metrics_specs {{}}"
    config = text_format.Parse(text, tfma.EvalConfig())
    before = config.SerializeToString(deterministic=True)
    found = tfma.update_eval_config_with_defaults(config, has_baseline=has_baseline)
    assert [(spec.name, spec.is_baseline) for spec in found.model_specs] == wanted
    assert list(found.metrics_specs[0].model_names) == [name for name, _ in wanted]
    assert config.SerializeToString(deterministic=True) == before


@pytest.mark.parametrize(
    ("specs", "words"),
    [
        ("", "At least one model_spec"),
        ("model_specs { name: 'a' } model_specs {}", "name is required"),
        ("model_specs { name: 'a' } model_specs { name: 'a' }", "the same name"),
        (
            "".join(f"model_specs {{ name: '{n}' is_baseline: true }} " for n in "ab"),
            "only one model_spec may be a baseline",
        ),
        (
            "model_specs { label_key: 'a' label_keys { key: 'x' value: 'y' } }",
            "only one of label_key or label_keys",
        ),
    ],
)
def test_contradictions_are_told(specs, words):
    with pytest.raises(ValueError, match=words):
        tfma.utils.verify_eval_config(text_format.Parse(specs, tfma.EvalConfig()))


def test_an_unknown_direction_is_told():
    threshold = """thresholds { key: "mean_squared_error" value {
                     change_threshold { absolute { value: 0 } } } }"""
    with pytest.raises(errors.InvalidArgumentError, match="direction"):
        validation(config_of(threshold), frame())


EVERYTHING = " ".join(
    f'metrics {{ class_name: "{name}" }}'
    for name in (
        "ExampleCount", "MeanSquaredError", "AUC", "Precision", "CalibrationPlot",
        "SymmetricPredictionDifference", "BooleanFlipRates", "SquaredPearsonCorrelation",
    )
)  # fmt: skip


@pytest.mark.parametrize("cuts", [(), (100,), (1, 2, 499), (0, 250, 250)])
@pytest.mark.parametrize("order", [1, -1])
def test_shards_merged_are_one_pass(cuts, order):
    """Shards meet slices in different orders; some have no rows."""
    data = frame().assign(y=lambda f: (f.y > 0.5).astype(float))
    config = config_of("", EVERYTHING)
    ranked = 'metrics { class_name: "MinLabelPosition" } query_key: "q" model_names: "candidate"'
    text_format.Merge(f"metrics_specs {{ {ranked} }}", config)
    plan = plan_of(config)

    def evaluated(rows):
        found = Evaluation(plan)
        for part in rows_of(table_of(rows)):
            found.add(inputs_of(part, config, {}))
        return found

    edges = [0, *cuts, len(data)]
    shards = [evaluated(data[a:b]) for a, b in itertools.pairwise(edges)][::order]
    merged = Evaluation(plan)
    for shard in shards:
        merged.merge(shard)
    whole = {one.key: one for one in evaluated(data).values()}
    found = {one.key: one for one in merged.values()}
    assert found.keys() == whole.keys() and len(whole) == 4
    for key, one in whole.items():
        assert found[key].metrics.keys() == one.metrics.keys()
        for name, value in one.metrics.items():
            assert found[key].metrics[name] == pytest.approx(value, rel=1e-9, nan_ok=True), name
        assert found[key].plots.keys() == one.plots.keys() and one.plots


def test_evaluations_of_other_configurations_are_not_merged():
    one = Evaluation(plan_of(config_of("")))
    other = Evaluation(plan_of(config_of("", 'metrics { class_name: "AUC" }')))
    with pytest.raises(errors.InvalidArgumentError, match="different configurations"):
        one.merge(other)
